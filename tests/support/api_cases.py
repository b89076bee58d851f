"""Requests made from the API's description by schemathesis, and what is checked of each answer.

Only what uses it imports this module, when it does: schemathesis takes more than a second to import.
"""

from collections.abc import Iterator
from typing import Any

import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import booleans
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.config import GenerationConfig
from schemathesis.generation.hypothesis.examples import generate_one
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from photo_library.formats import CONTENT_TYPES

# Without positive_data_acceptance: a schema can't say that /search needs a filter, that a cursor must come from an
# earlier answer, or which file names are those of pictures.
_CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
    allow_header_conformance,
]


@schemathesis.serializer(*CONTENT_TYPES)
def _as_bytes(_: "schemathesis.SerializationContext", value: Any) -> Any:
    """A picture in a request, which is what it was generated as."""
    return value if isinstance(value, bytes) else str(value).encode()


def description(url: str) -> schemathesis.BaseSchema:
    """The description at this URL: its operations by path and method."""
    return schemathesis.openapi.from_url(url)


def ask(operation: Any, mode: str, known: str) -> None:
    """Send random requests that the description allows ("positive") or not ("negative"), and check the answers.

    `known`: the id of an existing photo, which half of the reading requests name.
    """

    @settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=GenerationMode(mode)), of_known=booleans())
    def ask_one(case: "schemathesis.Case[Any]", of_known: bool) -> None:
        if of_known and case.path_parameters and operation.method.upper() == "GET":
            case.path_parameters["id"] = known
        case.call_and_validate(checks=_CHECKS)

    ask_one()


def ask_at_the_edges(operation: Any) -> int:
    """Send what the phases `examples` and `coverage` of `st run` do; returns how many requests that were."""
    cases = list(_cases(operation))
    for case in cases:
        case.call_and_validate(checks=[*_CHECKS, negative_data_rejection])
    return len(cases)


def _cases(operation: Any) -> Iterator["schemathesis.Case[Any]"]:
    yield from map(generate_one, operation.get_strategies_from_examples())
    yield from operation.schema.iter_coverage_cases(
        operation, generation_modes=[*GenerationMode], generation_config=GenerationConfig()
    )
