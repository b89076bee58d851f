"""`sam build` makes packages that Lambda can run: complete, with bytecode, and nothing in them that is not needed."""

import hashlib
import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.local.functions import Environment
from infra.local.template import ROOT
from tests.support.lambda_events import search_request
from tests.support.site import Site

LAMBDAS_OWN = (
    "awslambdaric",
    "runtime_client",
    "simplejson",
    "snapshot_restore_py",
)  # Lambda's runtime brings these along

# Each function with what it is sent, and how to see that it did its work.
Answered = Callable[[Any], bool]
FUNCTIONS: dict[str, tuple[dict[str, Any], Answered]] = {
    "search": (search_request("type=Bag"), lambda answer: bool(answer["statusCode"] == 200)),
    "reconcile": ({}, lambda answer: bool(answer["stage"] == "")),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_built_function_is_complete_and_holds_nothing_else(built: Path, name: str) -> None:
    function, layer = built / f"{name.capitalize()}Function", built / "PhotoLibraryLayer" / "python"
    assert {path.name for path in function.iterdir()} == {name}
    for source in Path(ROOT, "functions", name).glob("*.py"):
        assert list(function.glob(f"{name}/__pycache__/{source.stem}.*.pyc"))
    for served in Path(ROOT, "functions", name).glob("*.[hj]*"):  # HTML and JSON
        assert (function / name / served.name).read_bytes() == served.read_bytes()
    assert list(layer.glob("pymongo/__pycache__/*.pyc"))
    if name == "search":
        assert (function / "search" / "page" / "index.html").exists()
    for unwanted in ("tensorflow", "PIL", "numpy"):
        assert not (layer / unwanted).exists()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_built_function_answers_from_its_build_folders_alone(
    built: Path, tmp_path: Path, site: Site, name: str
) -> None:
    runtime = tmp_path / "runtime"
    runtime.mkdir()
    for package in LAMBDAS_OWN:
        found = importlib.util.find_spec(package)
        assert found
        assert found.origin
        file = Path(found.origin)
        part = file.parent if file.stem == "__init__" else file
        (runtime / part.name).symlink_to(part)
    path = f"{built / f'{name.capitalize()}Function'}:{built / 'PhotoLibraryLayer' / 'python'}:{runtime}"
    script = tmp_path / "run.sh"
    # -S: nothing of this machine's site-packages; the script stands in the place of the local cloud's own bootstrap.
    script.write_text(f"exec {sys.executable} -S -m awslambdaric {name}.app.handler\n")
    variables = site.cloud.functions[f"{name.capitalize()}Function"].environ | {"PYTHONPATH": path}
    log = tmp_path / "log"
    environment = Environment(name, f"{name}.app.handler", variables, log, ("sh", str(script)))
    event, answered = FUNCTIONS[name]
    try:
        answer = environment.invoke(event, 60)
    finally:
        environment.stop()
    assert "errorMessage" not in answer, log.read_text()
    assert answered(answer), answer


@pytest.mark.parametrize(
    ("folder", "target"),
    [
        ("functions", "SearchFunction"),
        ("functions", "ReconcileFunction"),
        pytest.param("layers/photo_library", "PhotoLibraryLayer", marks=pytest.mark.slow),  # installs packages again
    ],
)
def test_the_same_code_builds_the_same_bytes_in_another_folder(
    built: Path, tmp_path: Path, folder: str, target: str
) -> None:
    source, artifacts = tmp_path / "elsewhere", tmp_path / "artifacts"
    shutil.copytree(ROOT / folder, source, ignore=shutil.ignore_patterns("__pycache__"))
    artifacts.mkdir()
    command = ["make", "--directory", str(source), f"build-{target}", f"ARTIFACTS_DIR={artifacts}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    first, second = digests(built / target), digests(artifacts)
    assert first == second
    assert any(name.endswith(".pyc") for name in first)


def digests(folder: Path) -> dict[str, str]:
    """The SHA-256 digest of each file below a folder, by its path there."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
