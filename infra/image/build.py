"""What goes into the classify image: packages without what is never touched, and how large each part of it is.

    python3 build.py tensorflow REQUIREMENTS FOLDER    only the libraries that classify loads, made quick to load
    python3 build.py packages FOLDER REQUIREMENTS…     everything else, with bytecode
    python3 build.py sizes FOLDER…                     the size of each part

The Dockerfile runs it with the base image's Python, so it imports nothing beyond the standard library.
"""

import compileall
import json
import shutil
import struct
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from py_compile import PycInvalidationMode
from typing import Any, NamedTuple

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
    """Install what the files name into `folder`, with bytecode, without what only developers use."""
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
    warnings.simplefilter("ignore", SyntaxWarning)  # of others' code
    # Never compared with its source at a start: nothing in an image changes.
    compileall.compile_dir(folder, quiet=1, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)


def endpoints(known: dict[str, Any]) -> dict[str, Any]:
    """What botocore reads of AWS's regions at each start, for AWS_SERVICES alone."""
    for partition in known["partitions"]:
        partition["services"] = {
            name: partition["services"][name] for name in AWS_SERVICES if name in partition["services"]
        }
    return known


def pip_install(folder: Path, *arguments: str) -> None:
    """pip install into a folder; raises CalledProcessError."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    subprocess.run([*command, "--no-cache-dir", "--target", str(folder), *arguments], check=True)


# Names and numbers of https://refspecs.linuxfoundation.org/elf/elf.pdf and https://gitlab.com/x86-psABIs/x86-64-ABI.
PT_LOAD, PT_DYNAMIC = 1, 2
DT_SYMTAB, DT_RELA, DT_RELASZ, DT_RELACOUNT = 6, 7, 8, 0x6FFFFFF9
R_X86_64_64, R_X86_64_GLOB_DAT, R_X86_64_RELATIVE = 1, 6, 8
SHN_UNDEF, SHN_LORESERVE = 0, 0xFF00
BOUND_BINDINGS, BOUND_TYPES = (1, 2), (0, 1, 2)  # STB_GLOBAL and _WEAK; STT_NOTYPE, _OBJECT and _FUNC


class Segment(NamedTuple):
    """A program header."""

    type: int
    flags: int
    offset: int
    address: int
    physical: int
    size: int
    memory: int
    alignment: int


def read_elf(file: Path) -> tuple[bytearray, list[Segment]]:
    """A library's bytes and program headers. Raises ValueError for what is no 64-bit ELF file."""
    elf = bytearray(file.read_bytes())
    if elf[:6] != b"\x7fELF\x02\x01":
        raise ValueError(f"{file} is not a 64-bit little-endian ELF file")
    (place,) = struct.unpack_from("<Q", elf, 0x20)
    size, count = struct.unpack_from("<HH", elf, 0x36)
    return elf, [Segment(*struct.unpack_from("<IIQQQQQQ", elf, place + number * size)) for number in range(count)]


def strip(library: Path) -> None:
    """Cut off what is behind an ELF library's loaded segments: symbols for debuggers, a quarter of TensorFlow's.

    What `strip` does, where there are no binutils.
    """
    elf, segments = read_elf(library)
    end = max(segment.offset + segment.size for segment in segments)
    struct.pack_into("<Q", elf, 0x28, 0)  # e_shoff: there is no table of sections any more,
    struct.pack_into("<HH", elf, 0x3C, 0, 0)  # e_shnum, e_shstrndx
    library.write_bytes(elf[:end])


def bind(library: Path) -> None:
    """Look up now what each start would look up: the symbols that an x86-64 library finds in itself.

    TensorFlow has 300,000 such references, by names of 82 MB, which take three quarters of the time that loading
    takes. The loader would find them in the library too: it is opened with RTLD_LOCAL, and so searched before those
    that it needs. Only what the program itself exports would come first; Python and libc have none of these names.
    """
    elf, segments = read_elf(library)

    def place(address: int) -> int:
        loaded = (one for one in segments if one.type == PT_LOAD and 0 <= address - one.address < one.size)
        segment = next(loaded)
        return address - segment.address + segment.offset

    dynamic = next(segment for segment in segments if segment.type == PT_DYNAMIC)
    values: dict[int, int] = {}
    places: dict[int, int] = {}
    for entry in range(dynamic.offset, dynamic.offset + dynamic.size, 16):
        tag, value = struct.unpack_from("<qQ", elf, entry)
        values.setdefault(tag, value)
        places.setdefault(tag, entry + 8)
    table, symbols = place(values[DT_RELA]), place(values[DT_SYMTAB])
    bound: list[tuple[int, int, int]] = []
    other: list[tuple[int, int, int]] = []
    for offset, kind, addend in struct.iter_unpack("<QQq", elf[table : table + values[DT_RELASZ]]):
        if kind & 0xFFFFFFFF in (R_X86_64_64, R_X86_64_GLOB_DAT):
            info, section, value = struct.unpack_from("<4xBxHQ", elf, symbols + 24 * (kind >> 32))
            own = SHN_UNDEF < section < SHN_LORESERVE
            if own and info >> 4 in BOUND_BINDINGS and info & 15 in BOUND_TYPES:
                bound.append((offset, R_X86_64_RELATIVE, value + addend))
                continue
        (bound if kind == R_X86_64_RELATIVE else other).append((offset, kind, addend))
    rows = [*sorted(bound), *other]  # the loader takes the first DT_RELACOUNT as relative without looking
    elf[table : table + values[DT_RELASZ]] = b"".join(struct.pack("<QQq", *row) for row in rows)
    struct.pack_into("<Q", elf, places[DT_RELACOUNT], len(bound))
    library.write_bytes(elf)


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
