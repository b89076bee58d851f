"""Measure Photo Library against the plain way, side by side, and print a table of ratios.

    python -m tests.bench [--json FILE] [--only PART,…]

The parts are cold_start (with describe_start and memory), photo, batch (with limit_share), search_start, image_size and
search_growth.
What must be installed for both sides is kept in build/bench. Processes and servers end with this one.
"""

import argparse
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from infra.local.cloud import LocalCloud
from tests.bench.figures import FIGURES
from tests.bench.packages import FOLDER, Installed, install
from tests.bench.parts import PARTS, SECONDS, Bench, Part, Say, Size
from tests.support.lambda_events import BUCKET

INSTALL_SECONDS = 120


def main() -> int:
    """Run what the command line asks for; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures, and what they came from, there")
    parser.add_argument("--only", metavar="PART,…", default=",".join(PARTS), help="default: %(default)s")
    arguments = parser.parse_args()
    wanted = [name for name in PARTS if name in arguments.only.split(",")]
    if unknown := set(arguments.only.split(",")) - PARTS.keys():
        parser.error(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=120)
    about = machine()
    console.print(", ".join(f"{value}" for value in about.values()))
    estimate = sum(SECONDS[name] for name in wanted) + (0 if (FOLDER / "packages.made").exists() else INSTALL_SECONDS)
    console.print(f"about {estimate / 60:.0f} minutes on two idle cores; other work on this machine blurs the figures")
    began = time.monotonic()

    def say(line: str) -> None:
        console.print(f"{time.monotonic() - began:6.0f} s  {line}")

    parts = measure(wanted, Size(), install(say), say)
    console.print(measured(parts))
    console.print(table(figures_of(parts)))
    if "batch" in parts:
        console.print(costs(parts["batch"].details["dollars_per_million"]))
    if arguments.json:
        arguments.json.write_text(json.dumps(report(parts, about), indent=2) + "\n")
        console.print(f"written to {arguments.json}")
    return 0


def figures_of(parts: Mapping[str, Part]) -> dict[str, float]:
    """The figures of all parts, in the order of FIGURES."""
    found = {key: value for part in parts.values() for key, value in part.figures.items()}
    return {key: round(found[key], 3) for key in FIGURES if key in found}


def report(parts: Mapping[str, Part], about: Mapping[str, Any]) -> dict[str, Any]:
    """What the JSON file says: the figures by key, the machine, and every run."""
    return figures_of(parts) | {"machine": about, "runs": {name: part.details for name, part in parts.items()}}


def measure(wanted: Iterable[str], size: Size, installed: Installed, say: Say) -> dict[str, Part]:
    """Run parts of the benchmark, by name."""
    with LocalCloud() as cloud:
        cloud.client("s3").create_bucket(Bucket=BUCKET)
        return {name: PARTS[name](Bench(size, installed, cloud, partial(_say_of, say, name))) for name in wanted}


def _say_of(say: Say, name: str, line: str) -> None:
    say(f"{name}: {line}")


def table(figures: Mapping[str, float]) -> Table:
    """The figures beside what they must reach."""
    shown = Table(box=box.SIMPLE_HEAD)
    for column in ("figure", "what"):
        shown.add_column(column)
    for column in ("measured", "must", "aim", ""):
        shown.add_column(column, justify="right")
    for key, value in figures.items():
        one = FIGURES[key]
        sign = "≥" if one.more else "≤"
        reached = "reached" if one.reached(value) else "missed"
        shown.add_row(key, one.what, f"{value:.2f}", f"{sign} {one.must:g}", f"{sign} {one.aim:g}", reached)
    return shown


def measured(parts: Mapping[str, Part]) -> Table:
    """The medians that the figures came from."""
    shown = Table("part", "what", "median", box=box.SIMPLE_HEAD)
    for name, part in parts.items():
        for what, sides in part.details.items():
            if what in UNITS:
                for side, values in sides.items():
                    shown.add_row(name, f"{what.replace('_', ' ')}, {side}", UNITS[what](_middle(values)))
        for which, sizes in part.details.get("pages", {}).items():
            for size, runs in sizes.items():
                milliseconds = ", ".join(f"{one} {_middle(values) * 1000:.2f}" for one, values in runs.items())
                shown.add_row(name, f"{which} page at {size:,} photos", f"{milliseconds} ms")
    return shown


def _middle(values: Any) -> float:
    return float(statistics.median(values) if isinstance(values, list) else values)


UNITS: Mapping[str, Callable[[float], str]] = {
    "seconds": lambda seconds: f"{seconds * 1000:,.1f} ms",
    "cpu_seconds_a_photo": lambda seconds: f"{seconds * 1000:,.1f} ms",
    "wall_seconds_a_photo": lambda seconds: f"{seconds * 1000:,.1f} ms",
    "peak_bytes": lambda size: f"{size / 1e6:,.0f} MB",
    "bytes": lambda size: f"{size / 1e6:,.0f} MB",
}


def costs(dollars: Mapping[str, Mapping[str, float]]) -> Table:
    """What a million photos cost each way."""
    (some, *_) = dollars.values()
    shown = Table("dollars a million photos", *some, box=box.SIMPLE_HEAD)
    for way, found in dollars.items():
        shown.add_row(way, *(f"{value:.2f}" for value in found.values()))
    return shown


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    cpu = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": cpu[0].partition(": ")[2] if cpu else platform.machine(),
        "cores": os.process_cpu_count() if sys.version_info >= (3, 13) else os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "os": platform.freedesktop_os_release()["PRETTY_NAME"],
        "python": platform.python_version(),
    }


if __name__ == "__main__":
    sys.exit(main())
