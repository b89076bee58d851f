"""Make a shared library smaller and quicker to load, without a compiler or binutils (decisions 43 and 109).

Formats: https://refspecs.linuxfoundation.org/elf/elf.pdf and https://gitlab.com/x86-psABIs/x86-64-ABI.
"""

import struct
from pathlib import Path
from typing import NamedTuple

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
    """A library's bytes and program headers. Raises ValueError for anything but a 64-bit ELF file."""
    elf = bytearray(file.read_bytes())
    if elf[:6] != b"\x7fELF\x02\x01":
        raise ValueError(f"{file} is not a 64-bit little-endian ELF file")
    (place,) = struct.unpack_from("<Q", elf, 0x20)
    size, count = struct.unpack_from("<HH", elf, 0x36)
    return elf, [Segment(*struct.unpack_from("<IIQQQQQQ", elf, place + number * size)) for number in range(count)]


def strip(library: Path) -> None:
    """Remove what follows an ELF library's loaded segments: debug symbols, a quarter of TensorFlow's libraries.

    The same as binutils' `strip`, which the base image lacks.
    """
    elf, segments = read_elf(library)
    end = max(segment.offset + segment.size for segment in segments)
    struct.pack_into("<Q", elf, 0x28, 0)  # e_shoff: the section table is gone
    struct.pack_into("<HH", elf, 0x3C, 0, 0)  # e_shnum, e_shstrndx
    library.write_bytes(elf[:end])


def bind(library: Path) -> None:
    """Resolve the symbols that an x86-64 library defines itself, which otherwise happens at each start.

    TensorFlow has 300,000 such references, by names of 82 MB in total, which take three quarters of its loading time.
    The dynamic loader would find the same definitions: the library is opened with RTLD_LOCAL, and is therefore searched
    before the libraries that it needs. Only symbols of the program itself would take precedence; neither Python nor
    libc has any of these names.
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
    rows = [*sorted(bound), *other]  # the loader assumes that the first DT_RELACOUNT rows are relative
    elf[table : table + values[DT_RELASZ]] = b"".join(struct.pack("<QQq", *row) for row in rows)
    struct.pack_into("<Q", elf, places[DT_RELACOUNT], len(bound))
    library.write_bytes(elf)
