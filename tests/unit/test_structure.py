"""Tests stand alone: none imports another, and what they share imports nothing else of theirs."""

import ast
import tomllib
from pathlib import Path

from infra.local.template import ROOT

FOLDER = ROOT / "tests"
# Each takes a second to import. Every worker imports all test modules, to know which tests there are.
SLOW = ("matplotlib", "moto", "openapi_spec_validator", "samtranslator", "schemathesis", "tensorflow")


def modules_imported_by(file: Path) -> set[str]:
    """The modules below tests/ that a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.module, f"{file} imports from a dot"
            found |= {f"{node.module}.{name.name}" for name in node.names}
    return {name for name in found if name.startswith("tests.")}


def test_no_test_module_is_imported() -> None:
    for file in FOLDER.rglob("*.py"):
        for name in modules_imported_by(file):
            assert not any(part == "conftest" or part.startswith("test_") for part in name.split(".")), (file, name)


def test_what_tests_share_imports_nothing_else_of_theirs() -> None:
    for file in (FOLDER / "support").glob("*.py"):
        assert all(name.startswith("tests.support.") for name in modules_imported_by(file)), file


def test_every_test_module_is_in_a_folder_that_pytest_searches() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]
    searched = [ROOT / one for one in settings["testpaths"]]
    for file in FOLDER.rglob("test_*.py"):
        assert file.parent in searched, file


def test_what_is_slow_to_import_is_imported_where_it_is_used() -> None:
    for file in (*FOLDER.rglob("test_*.py"), *FOLDER.rglob("conftest.py")):
        for node in ast.parse(file.read_text()).body:
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in names if name.partition(".")[0] in SLOW or name == "tests.support.api_cases"]
