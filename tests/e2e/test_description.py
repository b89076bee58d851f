"""Requests that the API's description allows, and some that it does not: never an error of ours, and every answer is
as described.
"""

from collections.abc import Iterator
from typing import Any

import pytest
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
from search.operations import OPERATIONS
from tests.support.site import Site

# Without positive_data_acceptance: a schema can't say that /search needs a filter, that a cursor must come from an
# earlier answer, or which file names are those of pictures.
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
    allow_header_conformance,
]
BOTH = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]

# Any bytes are a body of POST /classify as far as a schema can say.
PICTURES = "POST /classify"
# What can be asked for in a wrong way.
WITH_INPUT = sorted(
    key for key, one in OPERATIONS.items() if (one.parameters or one.body or "{" in key) and key != PICTURES
)
MODES = [(GenerationMode.POSITIVE, key) for key in sorted(OPERATIONS)] + [
    (GenerationMode.NEGATIVE, key) for key in WITH_INPUT
]


@schemathesis.serializer(*CONTENT_TYPES)
def as_bytes(_: "schemathesis.SerializationContext", value: Any) -> Any:
    """A picture in a request, which is what it was generated as."""
    return value if isinstance(value, bytes) else str(value).encode()


@pytest.fixture(scope="module")
def described(site: Site) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_url(f"{site.cloud.api_url}/openapi.json")


@pytest.fixture(scope="module")
def known(site: Site, shirt: bytes) -> str:
    """The id of a photo that is there."""
    id_ = site.put("described/shirt.jpg", shirt)
    site.photo(id_)
    return id_


@pytest.mark.parametrize(("mode", "key"), MODES)
def test_every_answer_is_as_described(
    described: schemathesis.BaseSchema, known: str, mode: GenerationMode, key: str
) -> None:
    method, path = key.split()
    operation = described[path][method]

    @settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode), of_known=booleans())
    def ask(case: "schemathesis.Case[Any]", of_known: bool) -> None:
        if of_known and case.path_parameters and method == "GET":
            case.path_parameters["id"] = known
        case.call_and_validate(checks=CHECKS)

    ask()


@pytest.mark.parametrize("key", sorted(OPERATIONS))
def test_every_answer_at_the_edges_is_as_described(described: schemathesis.BaseSchema, key: str) -> None:
    """The phases `examples` and `coverage` of `st run`: each bound, each parameter wrong or twice, other methods."""
    method, path = key.split()
    cases = list(_cases(described[path][method]))
    assert cases
    for case in cases:
        case.call_and_validate(checks=[*CHECKS, negative_data_rejection])


def _cases(operation: Any) -> Iterator["schemathesis.Case[Any]"]:
    yield from map(generate_one, operation.get_strategies_from_examples())
    yield from operation.schema.iter_coverage_cases(
        operation, generation_modes=BOTH, generation_config=GenerationConfig()
    )
