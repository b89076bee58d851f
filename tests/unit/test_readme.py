"""The README keeps up with what there is."""

import re

import pytest
from samtranslator.yaml_helper import yaml_parse

from infra.local.template import DEFAULT_ROUTE, ROOT, Template
from photo_library.photo import REASONS, TYPES
from search.operations import OPERATIONS

README = (ROOT / "README.md").read_text()
TEMPLATE = Template()
FUNCTIONS = TEMPLATE.of_type("AWS::Serverless::Function")
SETTINGS = {name for one in FUNCTIONS for name in TEMPLATE.properties(one)["Environment"]["Variables"]}
ROUTES = {route.key for route in TEMPLATE.routes()} - {DEFAULT_ROUTE}
PARAMETERS = yaml_parse((ROOT / "template.yaml").read_text())["Parameters"]
COMMANDS = re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_every_setting_is_explained(name: str) -> None:
    assert f"| `{name}` |" in README


@pytest.mark.parametrize("route", sorted(ROUTES))
def test_every_route_is_explained(route: str) -> None:
    assert f"| `{route}" in README


@pytest.mark.parametrize("name", sorted(PARAMETERS))
def test_every_parameter_is_explained_with_its_default(name: str) -> None:
    default = PARAMETERS[name]["Default"]
    assert re.search(rf"\| `{name}` \| {f'`?{default}`?' if default != '' else 'none'} \|", README)


@pytest.mark.parametrize("name", OPERATIONS["GET /search"].parameters)
def test_every_parameter_of_search_is_explained(name: str) -> None:
    table = README.partition("| parameter of `/search` |")[2].partition("\n\n")[0]
    assert re.search(rf"^\| [^|]*`{name}`", table, re.MULTILINE)


def test_every_type_reason_and_folder_is_named() -> None:
    assert all(name in README for name in TYPES)
    assert all(f"`{reason}`" in README for reason in REASONS)
    assert all(
        f"`{folder}/" in README
        for folder in ("functions/classify", "functions/reconcile", "functions/search", "model", "infra", "tests")
    )


def test_every_make_command_that_it_names_exists() -> None:
    named = set(re.findall(r"^make (\w+)|`make (\w+)", README, re.MULTILINE))
    assert {one or other for one, other in named} <= set(COMMANDS)


def test_modules_that_it_runs_exist() -> None:
    for module in re.findall(r"python -m ([\w.]+)", README):
        path = ROOT / module.replace(".", "/")
        assert path.with_suffix(".py").exists() or (path / "__main__.py").exists(), module
