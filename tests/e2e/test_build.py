"""`sam build` makes packages that Lambda can run: complete, with bytecode, and nothing in them that is not needed."""

import subprocess
import sys
from pathlib import Path

from infra.local.template import ROOT


def test_the_built_search_function_imports_from_its_build_folders_alone(tmp_path: Path) -> None:
    sam = Path(sys.executable).with_name("sam")
    command = [
        str(sam),
        "build",
        "SearchFunction",
        "--build-dir",
        str(tmp_path),
        "--cache-dir",
        str(tmp_path / "cache"),
    ]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr

    function, layer = tmp_path / "SearchFunction", tmp_path / "PhotoLibraryLayer" / "python"
    assert {path.name for path in function.iterdir()} == {"search"}
    for module in ("search/app", "search/routes"):
        assert list(function.glob(f"{module.replace('/', '/__pycache__/')}.*.pyc"))
    assert list(layer.glob("pymongo/__pycache__/*.pyc"))
    for unwanted in ("tensorflow", "PIL", "numpy"):
        assert not (layer / unwanted).exists()
    script = (
        f"import sys; sys.path[:0] = [{str(function)!r}, {str(layer)!r}]\n"
        "import search.routes, photo_library.settings, boto3, pymongo, pyTigerGraph\n"
        "print(search.routes.__file__, boto3.__file__)"
    )
    # -I -S: no environment variable, no site-packages
    answer = subprocess.run([sys.executable, "-I", "-S", "-c", script], capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.split() == [str(function / "search/routes.py"), str(layer / "boto3/__init__.py")]
