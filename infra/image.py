"""What goes into the classify image: packages without what is never touched, and how large each part of it is.

    python3 image.py tensorflow REQUIREMENTS FOLDER    only the libraries that saved_model.py loads, without symbols
    python3 image.py packages FOLDER REQUIREMENTS…     everything else, with bytecode
    python3 image.py sizes FOLDER…                     the size of each part

The Dockerfile runs it with the base image's Python, so it imports nothing beyond the standard library.
"""

import compileall
import shutil
import struct
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from py_compile import PycInvalidationMode

TENSORFLOW_LIBRARIES = ("libtensorflow_cc.so.2", "libtensorflow_framework.so.2")
AWS_SERVICES = ("s3", "secretsmanager", "sts")
"""What classify calls; botocore describes some four hundred services."""


def main(arguments: Sequence[str]) -> None:
    """Do what the command line asks for."""
    match list(arguments):
        case ["tensorflow", requirements, folder]:
            install_tensorflow(Path(requirements), Path(folder))
            shown = [folder]
        case ["packages", folder, *requirements] if requirements:
            install_packages(Path(folder), [Path(file) for file in requirements])
            shown = [folder]
        case ["sizes", *shown] if shown:
            pass
        case _:
            sys.exit((__doc__ or "").strip())
    sys.stdout.write(table(part_sizes(map(Path, shown))))


def install_tensorflow(requirements: Path, folder: Path) -> None:
    """Put the libraries of the TensorFlow that `requirements` names into `folder`/tensorflow, stripped."""
    with tempfile.TemporaryDirectory(dir=folder.parent) as whole:
        pip_install(Path(whole), "--no-deps", "--requirement", str(requirements))
        (folder / "tensorflow").mkdir(parents=True, exist_ok=True)
        for name in TENSORFLOW_LIBRARIES:
            strip(Path(whole, "tensorflow", name))
            shutil.move(Path(whole, "tensorflow", name), folder / "tensorflow" / name)
        for license_file in Path(whole).glob("*.dist-info/**/LICENSE*"):
            shutil.copy(license_file, folder / "tensorflow")


def install_packages(folder: Path, requirements: Iterable[Path]) -> None:
    """Install what the files name into `folder`, with bytecode, without what only developers use."""
    pip_install(folder, *(part for file in requirements for part in ("--requirement", str(file))))
    for tests in list(folder.glob("*/**/tests/")):
        shutil.rmtree(tests, ignore_errors=True)  # one may be below another
    for stub in list(folder.rglob("*.pyi")):
        stub.unlink()
    for service in list(folder.glob("botocore/data/*/")):
        if service.name not in AWS_SERVICES:
            shutil.rmtree(service)
    warnings.simplefilter("ignore", SyntaxWarning)  # of others' code
    # Never compared with its source at a start: nothing in an image changes.
    compileall.compile_dir(folder, quiet=1, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)


def pip_install(folder: Path, *arguments: str) -> None:
    """pip install into a folder; raises CalledProcessError."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    subprocess.run([*command, "--no-cache-dir", "--target", str(folder), *arguments], check=True)


def strip(library: Path) -> None:
    """Cut off what is behind an ELF library's loaded segments: symbols for debuggers, a quarter of TensorFlow's.

    What `strip` does, where there are no binutils. https://refspecs.linuxfoundation.org/elf/elf.pdf
    """
    with library.open("r+b") as file:
        header = bytearray(file.read(64))
        if header[:6] != b"\x7fELF\x02\x01":
            raise ValueError(f"{library} is not a 64-bit little-endian ELF file")
        (segments_at,) = struct.unpack_from("<Q", header, 0x20)
        size, count = struct.unpack_from("<HH", header, 0x36)
        file.seek(segments_at)
        segments = [struct.unpack_from("<Q16xQ", file.read(size), 8) for _ in range(count)]
        end = max(offset + length for offset, length in segments)
        struct.pack_into("<Q", header, 0x28, 0)  # e_shoff: there is no table of sections any more,
        struct.pack_into("<HH", header, 0x3C, 0, 0)  # e_shnum, e_shstrndx
        file.seek(0)
        file.write(header)
        file.truncate(end)


def part_sizes(folders: Iterable[Path]) -> dict[str, int]:
    """Bytes of each entry of the folders, the largest first; of a package and what pip keeps beside it together."""
    sizes: dict[str, int] = {}
    for folder in folders:
        for entry in folder.iterdir():
            name = entry.name.partition("-")[0].removesuffix(".libs") if entry.is_dir() else entry.name
            sizes[f"{folder / name}"] = sizes.get(f"{folder / name}", 0) + installed_bytes(entry)
    return dict(sorted(sizes.items(), key=lambda item: -item[1]))


def installed_bytes(path: Path) -> int:
    """The sum of the sizes of the files below a folder, or of one file."""
    files = path.rglob("*") if path.is_dir() and not path.is_symlink() else [path]
    return sum(file.lstat().st_size for file in files if file.is_file() and not file.is_symlink())


def table(sizes: dict[str, int]) -> str:
    """One line a part, in MB; the last says how much it is together."""
    small = sum(size for size in sizes.values() if size < 100_000)
    rows = [(name, size) for name, size in sizes.items() if size >= 100_000]
    rows += [("parts of less than 0.1 MB", small), ("together", sum(sizes.values()))]
    return "".join(f"{size / 1e6:8.1f} MB  {name}\n" for name, size in rows)


if __name__ == "__main__":
    main(sys.argv[1:])
