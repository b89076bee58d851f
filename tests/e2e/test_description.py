"""Requests that the API's description allows, and some that it does not: never an error of ours, and every answer is
as described.
"""

from typing import Any

import pytest

from search.operations import OPERATIONS
from tests.support.site import Site

# Any bytes are a body of POST /classify as far as a schema can say.
PICTURES = "POST /classify"
# What can be asked for in a wrong way.
WITH_INPUT = sorted(
    key for key, one in OPERATIONS.items() if (one.parameters or one.body or "{" in key) and key != PICTURES
)
MODES = [("positive", key) for key in sorted(OPERATIONS)] + [("negative", key) for key in WITH_INPUT]


@pytest.fixture(scope="module")
def described(site: Site) -> Any:
    from tests.support import api_cases

    return api_cases.description(f"{site.cloud.api_url}/openapi.json")


@pytest.fixture(scope="module")
def known(site: Site, shirt: bytes) -> str:
    """The id of an existing photo."""
    id_ = site.put("described/shirt.jpg", shirt)
    site.photo(id_)
    return id_


@pytest.mark.parametrize(("mode", "key"), MODES)
def test_every_answer_is_as_described(described: Any, known: str, mode: str, key: str) -> None:
    from tests.support.api_cases import ask

    method, path = key.split()
    ask(described[path][method], mode, known)


@pytest.mark.parametrize("key", sorted(OPERATIONS))
def test_every_answer_at_the_edges_is_as_described(described: Any, key: str) -> None:
    """Each bound, each parameter wrong or twice, other methods."""
    from tests.support.api_cases import ask_at_the_edges

    method, path = key.split()
    assert ask_at_the_edges(described[path][method]) > 0
