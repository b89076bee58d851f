"""The commands that a newcomer types, as processes: what they print, and that nothing outlives them."""

import ctypes
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from infra.local.cloud import AWS_CREDENTIALS
from infra.local.template import ROOT
from photo_library.photo import photo_id
from tests.support.site import Site, wait_for

PR_SET_CHILD_SUBREAPER = 36


@pytest.fixture
def reaper() -> Iterator[set[int]]:
    """Orphans below this process become its children, so that none can hide. Gives the processes there before."""
    if sys.platform != "linux":
        pytest.skip("orphans are found through /proc")
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1)
    yield alive()
    libc.prctl(PR_SET_CHILD_SUBREAPER, 0)


def alive() -> set[int]:
    """All descendants of this process that are running; those that have ended are cleared away."""
    parents: dict[int, int] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = status.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        pid = int(status.parent.name)
        if state != "Z":
            parents[pid] = int(parent)
        elif int(parent) == os.getpid() and pid not in started:
            os.waitpid(pid, os.WNOHANG)
    below = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in below} - below:
        below |= more
    return below - {os.getpid()}


started: set[int] = set()


def run(*command: str) -> "subprocess.Popen[str]":
    environ = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    started.add(process.pid)
    return process


def read_until(process: "subprocess.Popen[str]", text: str) -> str:
    assert process.stdout
    lines = []
    for line in process.stdout:
        lines.append(line)
        if text in line:
            return "".join(lines)
    raise AssertionError(f"{text!r} was never printed: {''.join(lines)}")


def finish(process: "subprocess.Popen[str]") -> str:
    output = process.communicate(timeout=300)[0]
    started.discard(process.pid)
    return output


def test_demo_shows_photos_with_types_and_searches_with_results(samples: list[Path], tmp_path: Path) -> None:
    for sample in samples[:2]:
        shutil.copy(sample, tmp_path)
    (tmp_path / "notes.txt").write_text("hello")
    process = run("make", "demo", f"PHOTOS={tmp_path}")
    output = finish(process)
    assert process.returncode == 0, output
    for sample in samples[:2]:
        assert re.search(rf"{re.escape(sample.name)} .*[A-Z][\w-]+ [01]\.\d\d", output)
    assert re.search(r"notes\.txt .*rejected: Only JPEG", output)
    assert re.search(r"/search\?type=Bag .*tigergraph", output)
    assert "everything has stopped" in output


@pytest.mark.parametrize(("folder", "message"), [("missing", "is not a folder"), ("empty", "contains no files")])
def test_demo_says_in_one_line_what_is_wrong(tmp_path: Path, folder: str, message: str) -> None:
    (tmp_path / "empty").mkdir()
    process = run(sys.executable, "-m", "infra.local", "demo", "--photos", str(tmp_path / folder))
    output = finish(process)
    assert process.returncode == 1
    assert output.splitlines() == [f"demo failed: {tmp_path / folder} {message}"]


def test_up_prints_lines_that_work_and_ctrl_c_ends_all_of_it(reaper: set[int]) -> None:
    process = run("make", "up")
    output = read_until(process, "Press Ctrl-C")
    endpoint, sample, bucket = re.search(  # type: ignore[union-attr]
        r"aws --endpoint-url (\S+) s3 cp (\S+) s3://(\S+)/uploads/", output
    ).groups()
    search = re.search(r"curl '(\S+/search\?type=Shirt)'", output)
    assert search
    requests.put(f"{endpoint}/{bucket}/uploads/pink-t-shirt.png", data=Path(sample).read_bytes(), timeout=10)
    photo = f"{search[1].partition('/search')[0]}/photos/{photo_id(bucket, 'uploads/pink-t-shirt.png')}"
    wait_for(lambda: requests.get(photo, timeout=10).ok)
    assert requests.get(search[1], timeout=10).status_code == 200

    os.killpg(process.pid, signal.SIGINT)  # as a terminal does

    assert "stopped" in finish(process)
    wait_for(lambda: alive() <= reaper)
    assert not Path(sample).exists()


@pytest.mark.parametrize(
    ("victim", "moment"),
    [
        # make dies and leaves Python to notice.
        ("make", "starting S3"),
        ("make", "Press Ctrl-C"),
        # Python dies and leaves what it had started by then; earlier moments are in the next test.
        ("python", "Press Ctrl-C"),
    ],
)
def test_killed_at_any_moment_nothing_is_left(reaper: set[int], moment: str, victim: str) -> None:
    process = run("make", "up") if victim == "make" else run(sys.executable, "-um", "infra.local", "up")
    read_until(process, moment)
    kill(process, reaper)


def kill(process: "subprocess.Popen[str]", reaper: set[int]) -> None:
    """Kill the process, and wait until nothing that it had started is running."""
    process.kill()
    process.wait()
    started.discard(process.pid)
    assert process.stdout
    process.stdout.close()
    wait_for(lambda: alive() <= reaper)


def test_a_folder_left_by_a_killed_one_is_cleared_away_by_the_next(
    reaper: set[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    process = run(sys.executable, "-um", "infra.local", "up")
    read_until(process, "deploying")
    kill(process, reaper)
    (left,) = tmp_path.glob("photo-library-*")
    assert (left / "mongodb").exists()
    following = run(sys.executable, "-um", "infra.local", "up")
    read_until(following, "starting S3")
    kill(following, reaper)
    assert not left.exists()


def test_import_sends_a_folder_into_the_library_once(
    site: Site, prefix: str, samples: list[Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in (AWS_CREDENTIALS | {"AWS_ENDPOINT_URL": site.cloud.endpoint_url}).items():
        monkeypatch.setenv(name, value)
    (tmp_path / "2019").mkdir()
    shutil.copy(samples[0], tmp_path / "2019")
    (tmp_path / "notes.txt").write_text("hello")
    command = ("make", "import", f"FOLDER={tmp_path}", f"BUCKET={site.cloud.bucket}", f"PREFIX={prefix}")
    first, second = finish(run(*command)), finish(run(*command))
    assert "1 skipped: not a supported picture format (1 .txt): notes.txt" in first
    assert "1 sent, 0 already in the library, 0 not sent" in first
    assert "0 sent, 1 already in the library, 0 not sent" in second
    key = f"uploads/{prefix}/2019/{samples[0].name}"
    assert site.photo(photo_id(site.cloud.bucket, key))["title"] == samples[0].name


def test_import_says_in_one_line_what_is_wrong() -> None:
    process = run(sys.executable, "-m", "infra.ops", "import", "nowhere", "--bucket", "none")
    assert finish(process) == "nowhere is not a folder\n"
    assert process.returncode == 1
