"""What the functions run with: their packages, installed as for a deployment, without this environment's others.

build/bench/plain       everything that classify needs, and boto3, as pip leaves it
build/bench/ours        the same as the classify image has it
build/bench/layer       search: the layer, with the runtime and boto3, which Lambda adds to it
build/bench/keras       the bundled model as the plain way reads it
"""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.local.template import ROOT

FOLDER = ROOT / "build" / "bench"
_LAYER = ROOT / "layers" / "photo_library"
_CLASSIFY = ROOT / "functions" / "classify"
_IMAGE_BUILD = [*(ROOT / "infra" / "image").glob("*.py")]
KERAS_FILE = "plain.keras"
_CODE = [ROOT / "functions", _LAYER, ROOT]


@dataclass(frozen=True)
class Packages:
    """A Python that finds the packages in one folder and our code, and nothing else."""

    folder: Path | None  # None: those of the environment that runs the benchmark

    @property
    def python(self) -> Sequence[str]:
        """The command that starts it: the interpreter below the virtual environment, which has no packages then."""
        below = f"{sys.base_prefix}/bin/python{sys.version_info.major}.{sys.version_info.minor}"
        return (sys.executable,) if self.folder is None else (below, "-S")

    @property
    def path(self) -> str:
        """Its PYTHONPATH."""
        return ":".join(map(str, _CODE if self.folder is None else [self.folder, *_CODE]))


@dataclass(frozen=True)
class Installed:
    """The packages of each way, and the model of the plain one."""

    plain: Packages
    ours: Packages
    layer: Packages
    keras_file: Path


def install(say: Callable[[str], None]) -> Installed:
    """Install all of them, as far as they are not there already for the same requirements."""
    layer, classify = _LAYER / "requirements.txt", _CLASSIFY / "requirements.txt"
    tensorflow = _CLASSIFY / "tensorflow.txt"

    locked = [_CLASSIFY / "requirements.lock", _CLASSIFY / "tensorflow.lock"]

    def make_ours(folder: Path) -> None:
        _run([sys.executable, "-m", "infra.image.build", "packages", str(folder), str(locked[0])])
        _run([sys.executable, "-m", "infra.image.build", "tensorflow", str(locked[1]), str(folder)])

    everything = [classify, layer, tensorflow]
    plain = _kept("plain", everything, lambda folder: _pip(folder, everything, ["boto3"]), say)
    ours = _kept("ours", [*locked, *_IMAGE_BUILD], make_ours, say)
    search = _kept("layer", [layer, classify], lambda folder: _pip(folder, [layer], [_runtime(), "boto3"]), say)
    model = [ROOT / "model" / "manifest.json", ROOT / "model" / "saved_model" / "saved_model.pb"]
    keras = _kept("keras", model, lambda folder: make_keras_file(folder / KERAS_FILE), say)
    return Installed(Packages(plain), Packages(ours), Packages(search), keras / KERAS_FILE)


def make_keras_file(file: Path) -> None:
    """Write the bundled model as a Keras file (see keras_model.py), in a process of its own."""
    file.parent.mkdir(parents=True, exist_ok=True)
    _run([sys.executable, "-m", "tests.bench.keras_model", str(ROOT / "model"), str(file)])


def _kept(name: str, keys: Sequence[Path], make: Callable[[Path], None], say: Callable[[str], None]) -> Path:
    """build/bench/NAME, made unless it was made from the same files by the same Python."""
    folder, stamp = FOLDER / name, FOLDER / f"{name}.made"
    digest = hashlib.sha256(sys.version.encode() + b"".join(key.read_bytes() for key in keys)).hexdigest()
    if not stamp.exists() or stamp.read_text() != digest:
        say(f"installing {folder.relative_to(ROOT)}")
        stamp.unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        make(folder)
        stamp.write_text(digest)
    return folder


def _pip(folder: Path, requirements: Sequence[Path], further: Sequence[str] = ()) -> None:
    files = [part for file in requirements for part in ("--requirement", str(file))]
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _run([*command, "--target", str(folder), *files, *further])


def _run(command: list[str]) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command[:4])} … failed: {done.stderr[-2000:]}")


def _runtime() -> str:
    """The line of the requirements that names Lambda's runtime."""
    lines = (_CLASSIFY / "requirements.txt").read_text().splitlines()
    return next(line for line in lines if line.startswith("awslambdaric"))


def image_bytes(packages: Packages) -> int:
    """What the classify image puts under /opt and /var beside its base: packages, code, model."""
    parts = [packages.folder or Path(sys.prefix), _CLASSIFY, _LAYER / "photo_library", ROOT / "model" / "saved_model"]
    return sum(installed_bytes(part) for part in parts)


def installed_bytes(path: Path) -> int:
    """The sum of the sizes of the files below a folder, or of one file."""
    files = path.rglob("*") if path.is_dir() and not path.is_symlink() else [path]
    return sum(file.lstat().st_size for file in files if file.is_file() and not file.is_symlink())
