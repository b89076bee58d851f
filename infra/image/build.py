"""Install what the classify image holds: packages without the parts that are never used.

    python3 -m infra.image.build tensorflow REQUIREMENTS FOLDER    the libraries that classify loads
    python3 -m infra.image.build packages FOLDER REQUIREMENTS…     all other packages, with bytecode

The Dockerfile runs it with the base image's Python, so it imports nothing beyond the standard library.
"""

import compileall
import json
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from py_compile import PycInvalidationMode
from typing import Any

from infra.image.elf import bind, strip

TENSORFLOW_LIBRARIES = ("libtensorflow_cc.so.2", "libtensorflow_framework.so.2")
AWS_SERVICES = ("s3", "secretsmanager", "sts")
"""The services that classify calls; botocore describes about four hundred."""


def main(arguments: Sequence[str]) -> None:
    """Do what the command line asks for."""
    match list(arguments):
        case ["tensorflow", requirements, folder]:
            install_tensorflow(Path(requirements), Path(folder))
        case ["packages", folder, *requirements] if requirements:
            install_packages(Path(folder), [Path(file) for file in requirements])
        case _:
            sys.exit((__doc__ or "").strip())


def install_tensorflow(requirements: Path, folder: Path) -> None:
    """Put the libraries of the TensorFlow that `requirements` names into `folder`/tensorflow, stripped and bound."""
    with tempfile.TemporaryDirectory(dir=folder.parent) as whole:
        pip_install(Path(whole), "--no-deps", "--requirement", str(requirements))
        (folder / "tensorflow").mkdir(parents=True, exist_ok=True)
        for name in TENSORFLOW_LIBRARIES:
            strip(Path(whole, "tensorflow", name))
            bind(Path(whole, "tensorflow", name))
            shutil.move(Path(whole, "tensorflow", name), folder / "tensorflow" / name)
        for license_file in Path(whole).glob("*.dist-info/**/LICENSE*"):
            shutil.copy(license_file, folder / "tensorflow")


def install_packages(folder: Path, requirements: Iterable[Path]) -> None:
    """Install what the files name into `folder`, with bytecode, without what only developers use.

    The result depends on the requirements alone, not on where or with which Python executable it is built.
    """
    pip_install(folder, *(part for file in requirements for part in ("--requirement", str(file))))
    for tests in list(folder.glob("*/**/tests/")):
        shutil.rmtree(tests, ignore_errors=True)  # one may be below another
    for stub in list(folder.rglob("*.pyi")):
        stub.unlink()
    for service in list(folder.glob("botocore/data/*/")):
        if service.name not in AWS_SERVICES:
            shutil.rmtree(service)
    regions = folder / "botocore" / "data" / "endpoints.json"
    regions.write_text(json.dumps(endpoints(json.loads(regions.read_text()))))
    # Commands name the Python that installed them, and RECORD has their digests.
    shutil.rmtree(folder / "bin", ignore_errors=True)
    for record in list(folder.glob("*.dist-info/RECORD")):
        record.unlink()
    warnings.simplefilter("ignore", SyntaxWarning)  # in other projects' code
    # Never compared with its source at a start: nothing in an image changes.
    compileall.compile_dir(
        folder, quiet=1, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH, stripdir=folder, prependdir="/opt/python"
    )


def endpoints(known: dict[str, Any]) -> dict[str, Any]:
    """The list of AWS Regions that botocore reads at each start, reduced to AWS_SERVICES."""
    for partition in known["partitions"]:
        partition["services"] = {
            name: partition["services"][name] for name in AWS_SERVICES if name in partition["services"]
        }
    return known


def pip_install(folder: Path, *arguments: str) -> None:
    """pip install into a folder; raises CalledProcessError."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    subprocess.run([*command, "--no-cache-dir", "--target", str(folder), *arguments], check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
