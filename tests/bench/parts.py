"""The parts of the benchmark: each measures one thing, both sides in turn, and returns its figures and details.

Times are in seconds, sizes in bytes; every list holds one number a run.
"""

import json
import os
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from infra.local.cloud import LocalCloud
from infra.local.template import ROOT, Template
from tests.bench.figures import BATCH, dollars_per_million, ratio
from tests.bench.growth import search_times
from tests.bench.lambda_runs import (
    TIMEOUT_S,
    Lambda,
    check,
    children,
    cpu_seconds,
    peak_bytes,
)
from tests.bench.packages import Installed, image_bytes
from tests.bench.pictures import camera_photo
from tests.support.lambda_events import forget, picture_request, search_request, upload

Say = Callable[[str], None]
Floats = list[float]


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    starts: int = 5  # of each side
    large: tuple[int, int] = (4000, 3000)  # a camera's 12 megapixels
    small: tuple[int, int] = (1600, 1200)  # what messengers send
    photo_runs: int = 15
    batches: int = 5
    catalogs: Sequence[int] = (1_000, 10_000, 100_000, 1_000_000)  # the last is a hundred times one of the others
    page: int = 100
    search_runs: int = 5
    searches: int = 400


@dataclass(frozen=True)
class Part:
    """What a part found: its figures by key, and the numbers that they came from."""

    figures: Mapping[str, float]
    details: Mapping[str, Any]


@dataclass(frozen=True)
class Bench:
    """What the parts share."""

    size: Size
    installed: Installed
    cloud: LocalCloud
    say: Say

    @property
    def ours(self) -> Lambda:
        """The classify function."""
        return Lambda(self.cloud, self.installed.ours, "classify.app.handler")

    @property
    def describe(self) -> Lambda:
        """The function behind POST /classify, from the same image."""
        return Lambda(self.cloud, self.installed.ours, "classify.describe_app.handler", template="DescribeFunction")

    @property
    def plain(self) -> Lambda:
        """The plain way of the same."""
        settings = {"PLAIN_MODEL": str(self.installed.keras_file)}
        return Lambda(self.cloud, self.installed.plain, "tests.bench.plain_function.handler", settings)

    def photos(self, count: int, *sizes: tuple[int, int]) -> list[bytes]:
        """Different photos, of these sizes in turn."""
        return [camera_photo(*sizes[number % len(sizes)], seed=number) for number in range(count)]


def cold_start(bench: Bench) -> Part:
    """Start to first answer and peak memory of classify, for one event that tells of one large photo.

    And of describe, for a request with the same photo.
    """
    (photo,) = bench.photos(1, bench.size.large)
    ways = {"ours": bench.ours, "describe": bench.describe, "plain": bench.plain}
    starts: dict[str, list[Any]] = {name: [] for name in ways}
    for run in range(-1, bench.size.starts):  # the first, unmeasured, brings what is on disk into memory
        for name, function in ways.items():
            bench.say(f"start {run + 1} of {bench.size.starts}: {name}")
            is_request = name == "describe"
            event = picture_request(photo) if is_request else upload(bench.cloud, f"start-{name}-{run}", [photo])
            start = function.start(event)
            if run >= 0:
                starts[name].append(start)
    seconds = {name: [start.seconds for start in found] for name, found in starts.items()}
    memory = {name: [float(start.peak_bytes) for start in found] for name, found in starts.items()}
    return Part(
        {
            "cold_start": ratio(seconds["plain"], seconds["ours"]),
            "describe_start": ratio(seconds["describe"], seconds["ours"]),
            "memory": ratio(memory["ours"], memory["plain"]),
        },
        {"seconds": seconds, "peak_bytes": memory},
    )


def photo(bench: Bench) -> Part:
    """One large JPEG, from bytes to probabilities, in warm processes."""
    seconds: dict[str, Floats] = {"ours": [], "plain": []}
    with _workers(bench, bench.photos(1, bench.size.large)) as (classify, files):
        bench.say(f"{bench.size.photo_runs} photos each way")
        for run in range(-2, bench.size.photo_runs):
            for name, runs in seconds.items():
                took = classify(name, files)["wall_s"]
                if run >= 0:
                    runs.append(took)
    return Part({"photo": ratio(seconds["plain"], seconds["ours"])}, {"seconds": seconds})


def batch(bench: Bench) -> Part:
    """Batches of ten new photos, five large and five small, through both functions, and the limit of ours.

    Speed is photos a second of CPU time, of which a core has one a second: all threads of the function's process,
    user and system. The stores, S3 and the emulator are not counted: they run elsewhere. The limit is decoding and
    one run of the model for the same ten, with the same code, and nothing else.
    """
    photos = bench.photos(BATCH, bench.size.large, bench.size.small)
    cpu: dict[str, Floats] = {"ours": [], "plain": [], "limit": []}
    wall: dict[str, Floats] = {"ours": [], "plain": [], "limit": []}
    with (
        _workers(bench, photos, ways=("ours",)) as (classify, files),
        bench.ours.environment() as ours,
        bench.plain.environment() as plain,
    ):
        for run in range(-1, bench.size.batches):
            bench.say(f"batch {run + 1} of {bench.size.batches}")
            for name, environment in (("ours", ours), ("plain", plain)):
                event = upload(bench.cloud, f"batch-{name}-{run}", photos)
                before, began = cpu_seconds(children(environment.pid)), time.perf_counter()
                check(environment.invoke(event, TIMEOUT_S))
                took, used = time.perf_counter() - began, cpu_seconds(children(environment.pid)) - before
                forget(bench.cloud, event)
                if run >= 0:
                    cpu[name].append(used / BATCH)
                    wall[name].append(took / BATCH)
            limit = classify("ours", files)
            if run >= 0:
                cpu["limit"].append(limit["cpu_s"] / BATCH)
                wall["limit"].append(limit["wall_s"] / BATCH)
        peak = {name: peak_bytes(children(one.pid)) for name, one in (("ours", ours), ("plain", plain))}
    memory_mb = int(Template().properties("ClassifyFunction")["MemorySize"])
    return Part(
        {"limit_share": ratio(cpu["limit"], cpu["ours"]), "batch": ratio(cpu["plain"], cpu["ours"])},
        {
            "cpu_seconds_a_photo": cpu,
            "wall_seconds_a_photo": wall,
            "peak_bytes": peak,
            "dollars_per_million": {
                name: dollars_per_million(statistics.median(wall[name]), memory_mb, puts)
                for name, puts in (("ours", 2), ("plain", 1))
            },
        },
    )


def search_start(bench: Bench) -> Part:
    """Start to first answer of search, and of a handler that imports the same clients and does nothing."""
    ways = {
        "ours": Lambda(bench.cloud, bench.installed.layer, "search.app.handler", template="SearchFunction"),
        "imports": Lambda(
            bench.cloud, bench.installed.layer, "tests.bench.imports_only.handler", template="SearchFunction"
        ),
    }
    seconds: dict[str, Floats] = {"ours": [], "imports": []}
    for run in range(-1, 2 * bench.size.starts):
        bench.say(f"start {run + 1} of {2 * bench.size.starts}")
        for name, function in ways.items():
            took = function.start(search_request("type=Shirt")).seconds
            if run >= 0:
                seconds[name].append(took)
    return Part({"search_start": ratio(seconds["ours"], seconds["imports"])}, {"seconds": seconds})


def image_size(bench: Bench) -> Part:
    """What both images hold beside the base image."""
    sizes = {"ours": image_bytes(bench.installed.ours), "plain": image_bytes(bench.installed.plain)}
    return Part({"image_size": sizes["ours"] / sizes["plain"]}, {"bytes": sizes})


def search_growth(bench: Bench) -> Part:
    """The first and a late page of a search over MongoDB, at several numbers of photos."""
    size = bench.size
    times = search_times(size.catalogs, size.page, size.search_runs, size.searches, bench.say)
    most = max(size.catalogs)
    grown = {which: ratio(found[most]["p99"], found[most // 100]["p99"]) for which, found in times.items()}
    return Part({"search_growth": max(grown.values())}, {"p99_ratio": grown, "pages": times})


PARTS: Mapping[str, Callable[[Bench], Part]] = {
    "cold_start": cold_start,
    "photo": photo,
    "batch": batch,
    "search_start": search_start,
    "image_size": image_size,
    "search_growth": search_growth,
}
# Rough seconds on two cores, for the estimate.
SECONDS = {
    "cold_start": 60,
    "photo": 25,
    "batch": 40,
    "search_start": 25,
    "image_size": 5,
    "search_growth": 90,
}


@contextmanager
def _workers(
    bench: Bench, photos: list[bytes], ways: Sequence[str] = ("ours", "plain")
) -> Iterator[tuple[Callable[[str, list[str]], dict[str, Any]], list[str]]]:
    """Warm processes (see worker.py): a function that has one of them classify files, and the photos' files."""
    sides = {
        "ours": (bench.installed.ours, str(ROOT / "model")),
        "plain": (bench.installed.plain, str(bench.installed.keras_file)),
    }
    processes = {}
    logs = {way: bench.cloud.logs / f"worker-{way}.log" for way in ways}
    for way in ways:
        packages, model = sides[way]
        with logs[way].open("w") as log:
            processes[way] = subprocess.Popen(
                [*packages.python, "-m", "tests.bench.worker", way, model],
                env=os.environ | {"PYTHONPATH": packages.path},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def classify(way: str, files: list[str]) -> dict[str, Any]:
        process = processes[way]
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps(files) + "\n")
        process.stdin.flush()
        if not (line := process.stdout.readline()):
            raise RuntimeError(f"the process that classifies the {way} way ended: {logs[way].read_text()[-2000:]}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    try:
        with TemporaryDirectory() as folder:
            files = [Path(folder, f"{number}.jpg") for number in range(len(photos))]
            for file, data in zip(files, photos, strict=True):
                file.write_bytes(data)
            for way in ways:
                classify(way, [])
            yield classify, [str(file) for file in files]
    finally:
        for process in processes.values():
            process.kill()
            process.communicate()
