"""What the classify image holds: stripped and bound libraries that still load, and what classify needs of botocore."""

import importlib.util
import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from infra.image import build, elf
from infra.local.template import ROOT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the image is Linux's")


@pytest.fixture(scope="module")
def whole() -> Path:
    """The smaller of TensorFlow's libraries, as the wheel has it."""
    spec = importlib.util.find_spec("tensorflow")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return Path(spec.submodule_search_locations[0], "libtensorflow_framework.so.2")


def test_a_stripped_library_of_tensorflow_is_smaller_and_loads(whole: Path, tmp_path: Path) -> None:
    library = Path(shutil.copy(whole, tmp_path))
    elf.strip(library)
    assert library.stat().st_size < whole.stat().st_size
    script = "import ctypes, sys; print(bool(ctypes.CDLL(sys.argv[1]).TF_NewStatus))"
    answer = subprocess.run([sys.executable, "-c", script, str(library)], check=True, capture_output=True, text=True)
    assert answer.stdout == "True\n"


def relative_relocations(library: Path) -> list[tuple[int, int]]:
    """(place, what it points to), both as addresses within the library, in the order of its table."""
    content, segments = elf.read_elf(library)
    dynamic = next(one for one in segments if one.type == elf.PT_DYNAMIC)
    tags = dict(struct.iter_unpack("<qQ", content[dynamic.offset : dynamic.offset + dynamic.size]))
    first = next(one for one in segments if one.address <= tags[elf.DT_RELA] < one.address + one.size)
    start = tags[elf.DT_RELA] - first.address + first.offset
    rows = list(struct.iter_unpack("<QQq", content[start : start + 24 * tags[elf.DT_RELACOUNT]]))
    assert {kind for _, kind, _ in rows} == {elf.R_X86_64_RELATIVE}
    return [(place, target) for place, _, target in rows]


# Loads a library and prints how many of the words that the input names ("place target") the loader set to the target.
LOADED = """
import ctypes, os, sys
handle = ctypes.CDLL(sys.argv[1], os.RTLD_LOCAL | os.RTLD_LAZY)
base = min(int(line.split("-")[0], 16) for line in open("/proc/self/maps") if sys.argv[1] in line)
words = (map(int, line.split()) for line in sys.stdin)
print(sum(ctypes.c_uint64.from_address(base + place).value == base + target for place, target in words))
"""


def test_a_bound_library_says_beforehand_what_the_loader_would_find(whole: Path, tmp_path: Path) -> None:
    library = Path(shutil.copy(whole, tmp_path))
    elf.bind(library)
    bound = relative_relocations(library)
    assert len(bound) > 3 * len(relative_relocations(whole))
    places = "".join(f"{place} {target}\n" for place, target in bound)
    for either in (whole, library):
        script = [sys.executable, "-c", LOADED, str(either)]
        answer = subprocess.run(script, input=places, check=True, capture_output=True, text=True)
        assert int(answer.stdout) == len(bound)


def test_other_files_are_not_stripped(tmp_path: Path) -> None:
    file = tmp_path / "library.so.2"
    file.write_bytes(b"\x7fELF\x01" + b"\0" * 100)
    with pytest.raises(ValueError, match=r"library\.so\.2"):
        elf.strip(file)
    assert file.stat().st_size == 105


def test_without_a_task_it_prints_its_usage() -> None:
    command = [sys.executable, "-m", "infra.image.build", "sizes"]
    answer = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert answer.returncode == 1
    assert "packages FOLDER" in answer.stderr


def test_the_image_has_the_libraries_that_the_model_is_opened_with() -> None:
    loader = (ROOT / "functions" / "classify" / "tensorflow_library.py").read_text()
    assert all(name.partition(".")[0] in loader for name in build.TENSORFLOW_LIBRARIES)


def test_the_image_describes_the_aws_services_that_classify_calls() -> None:
    code = [*(ROOT / "functions" / "classify").glob("*.py"), *(ROOT / "layers").rglob("*.py")]
    called = {name for file in code for name in re.findall(r"client\(\"([a-z0-9-]+)\"", file.read_text())}
    assert called >= {"s3", "secretsmanager"}
    assert called <= set(build.AWS_SERVICES)


def test_of_the_regions_only_those_services_are_kept() -> None:
    known = {"partitions": [{"partition": "aws", "regions": {"x": {}}, "services": {"s3": {"a": 1}, "ec2": {"b": 2}}}]}
    (partition,) = build.endpoints(known)["partitions"]
    assert partition == {"partition": "aws", "regions": {"x": {}}, "services": {"s3": {"a": 1}}}
