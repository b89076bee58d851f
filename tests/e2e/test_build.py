"""`sam build` makes packages that Lambda can run: complete, with bytecode, and nothing in them that is not needed."""

import subprocess
import sys
from pathlib import Path

import pytest

from infra.local.template import ROOT


@pytest.mark.parametrize("name", ["search", "reconcile"])
def test_a_built_function_imports_from_its_build_folders_alone(tmp_path: Path, name: str) -> None:
    resource = f"{name.capitalize()}Function"
    sam = Path(sys.executable).with_name("sam")
    command = [str(sam), "build", resource, "--build-dir", str(tmp_path), "--cache-dir", str(tmp_path / "cache")]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr

    function, layer = tmp_path / resource, tmp_path / "PhotoLibraryLayer" / "python"
    assert {path.name for path in function.iterdir()} == {name}
    for source in Path(ROOT, "functions", name).glob("*.py"):
        assert list(function.glob(f"{name}/__pycache__/{source.stem}.*.pyc"))
    assert list(layer.glob("pymongo/__pycache__/*.pyc"))
    for unwanted in ("tensorflow", "PIL", "numpy"):
        assert not (layer / unwanted).exists()
    modules = {"search": "search.routes", "reconcile": "reconcile.__main__, reconcile.bucket"}[name]
    script = (
        f"import sys; sys.path[:0] = [{str(function)!r}, {str(layer)!r}]\n"
        f"import {modules}, photo_library.settings, boto3, pymongo, pyTigerGraph\n"
        f"print({name}.__file__, boto3.__file__)"
    )
    # -I -S: no environment variable, no site-packages
    answer = subprocess.run([sys.executable, "-I", "-S", "-c", script], capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.split() == [str(function / f"{name}/__init__.py"), str(layer / "boto3/__init__.py")]
