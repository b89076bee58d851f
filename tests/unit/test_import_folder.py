"""A folder's pictures are sent into the bucket: all of them, each once, whatever happens in between."""

import _thread
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from click.testing import CliRunner, Result

from infra.local.template import REGION
from infra.ops import import_folder
from infra.ops.__main__ import commands
from infra.ops.import_folder import HOPELESS, ImportFailed, Outcome, send, split, summary
from tests.support.mocked_aws import mocked_aws

BUCKET = "library"


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    with mocked_aws():
        client = boto3.client("s3", region_name=REGION)
        client.create_bucket(Bucket=BUCKET)
        client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        yield client


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = ["a.jpg", "2019/b.PNG", "2019/grün 👕+%.webp", "2019/deep/c.heic", "notes.txt", "film.mov", ".hidden.jpg"]
    for file in [*files, ".cache/d.jpg"]:
        path = tmp_path / "photos" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.encode())
    return tmp_path / "photos"


def sent_from(s3: Any, folder: Path, prefix: str = "") -> Outcome:
    return send(s3, BUCKET, folder, split(folder)[0], prefix=prefix)


def versions(s3: Any) -> dict[str, int]:
    """How often each key was written."""
    found = s3.list_object_versions(Bucket=BUCKET).get("Versions", [])
    return {key: sum(one["Key"] == key for one in found) for key in {one["Key"] for one in found}}


def test_every_picture_is_sent_with_its_path_and_content_type(s3: Any, folder: Path) -> None:
    outcome = sent_from(s3, folder)
    assert outcome == Outcome(sent=4)
    assert versions(s3) == dict.fromkeys(
        ["uploads/a.jpg", "uploads/2019/b.PNG", "uploads/2019/grün 👕+%.webp", "uploads/2019/deep/c.heic"], 1
    )
    stored = s3.get_object(Bucket=BUCKET, Key="uploads/2019/deep/c.heic")
    assert (stored["Body"].read(), stored["ContentType"]) == (b"2019/deep/c.heic", "image/heic")


def test_what_is_no_picture_is_counted_by_its_ending(folder: Path) -> None:
    _pictures, others = split(folder)
    assert list(summary(Outcome(sent=4), others, folder)) == [
        "2 skipped: not a supported picture format (1 .mov, 1 .txt): film.mov, notes.txt",
        "4 sent, 0 already in the library, 0 not sent",
    ]


def test_a_second_time_only_what_changed_is_sent(s3: Any, folder: Path) -> None:
    sent_from(s3, folder)
    (folder / "a.jpg").write_bytes(b"A.JPG")  # of the same size
    (folder / "e.gif").write_bytes(b"new")
    assert sent_from(s3, folder) == Outcome(sent=2, unchanged=3)
    assert versions(s3)["uploads/a.jpg"] == 2
    assert versions(s3)["uploads/2019/b.PNG"] == 1


def test_a_prefix_is_a_folder_below_uploads(s3: Any, folder: Path) -> None:
    sent_from(s3, folder, "old/")
    assert "uploads/old/2019/b.PNG" in versions(s3)
    assert sent_from(s3, folder, "old/") == Outcome(unchanged=4)


def test_a_file_that_cannot_be_read_keeps_no_other_from_it(s3: Any, folder: Path) -> None:
    pictures, _ = split(folder)
    (folder / "a.jpg").unlink()
    outcome = send(s3, BUCKET, folder, pictures)
    assert (outcome.sent, list(outcome.failed)) == (3, ["a.jpg"])
    assert "No such file" in next(summary(outcome, [], folder))


def test_a_file_whose_name_is_no_text_keeps_no_other_from_it(s3: Any, folder: Path) -> None:
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff.jpg")).write_bytes(b"x")
    outcome = sent_from(s3, folder)
    assert (outcome.sent, len(outcome.failed)) == (4, 1)
    assert next(summary(outcome, [], folder)).startswith("1 not sent: ?.jpg: ")
    assert all(line.encode() for line in summary(outcome, [], folder))


def test_the_causes_of_failures_are_told_once_with_the_first_files() -> None:
    failed = {f"{number}.jpg": "too slow" for number in range(5)} | {"x.jpg": "too big"}
    assert list(summary(Outcome(sent=1, failed=failed), [], Path())) == [
        "5 not sent: 0.jpg, 1.jpg, 2.jpg, …: too slow",
        "1 not sent: x.jpg: too big",
        "1 sent, 0 already in the library, 6 not sent",
    ]


class Refusing:
    """A boto3 `s3` client that may list the bucket and may not write."""

    def __init__(self, s3: Any) -> None:
        self.get_paginator = s3.get_paginator

    def put_object(self, **_: Any) -> None:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "PutObject")


def test_it_gives_up_when_nothing_can_be_sent(s3: Any, tmp_path: Path) -> None:
    for number in range(100):
        (tmp_path / f"{number}.jpg").write_bytes(b"x")
    outcome = sent_from(Refusing(s3), tmp_path)
    assert outcome.hopeless
    assert len(outcome.failed) < HOPELESS + import_folder.AT_ONCE


def test_interrupted_it_lets_arrive_what_is_on_its_way_and_goes_on_another_time(s3: Any, tmp_path: Path) -> None:
    for number in range(100):
        (tmp_path / f"{number}.jpg").write_bytes(b"x")
    interrupted = threading.Event()

    def done(outcome: Outcome) -> None:
        if outcome.sent >= 10 and not interrupted.is_set():
            interrupted.set()
            _thread.interrupt_main()

    def interrupted_send() -> None:
        send(s3, BUCKET, tmp_path, split(tmp_path)[0], done=done)
        threading.Event().wait(10)  # should the interruption come late

    # A process in the background of a shell that has no job control ignores the signal.
    usual = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            interrupted_send()
    finally:
        signal.signal(signal.SIGINT, usual)
    before = len(versions(s3))
    assert 10 <= before <= 100
    assert sent_from(s3, tmp_path) == Outcome(sent=100 - before, unchanged=before)
    assert set(versions(s3).values()) == {1}


def test_a_bucket_that_is_not_there_is_said_in_a_line(s3: Any, folder: Path) -> None:
    with pytest.raises(ImportFailed, match=r"cannot list the bucket nowhere: .*NoSuchBucket"):
        send(s3, "nowhere", folder, [])


def test_a_folder_that_is_none_is_said_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(ImportFailed, match="missing is not a folder"):
        split(tmp_path / "missing")


def run(s3: Any, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Result:
    monkeypatch.setattr(import_folder, "aws_client", lambda _service, **_options: s3)
    return CliRunner().invoke(commands, ["import", *arguments])


def test_the_command_ends_with_0_when_all_is_sent(s3: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = run(s3, monkeypatch, str(folder), "--bucket", BUCKET, "--prefix", "/old/")
    assert ran.exit_code == 0
    assert "4 sent, 0 already in the library, 0 not sent" in ran.output
    assert "uploads/old/a.jpg" in versions(s3)


def test_the_command_ends_with_1_when_something_is_missing(
    s3: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = run(Refusing(s3), monkeypatch, str(folder), "--bucket", BUCKET)
    assert ran.exit_code == 1
    assert (
        "4 not sent: 2019/b.PNG, 2019/deep/c.heic, 2019/grün 👕+%.webp, …: An error occurred (AccessDenied)"
        in ran.output
    )
    assert ran.output.endswith("run it again to send the missing pictures\n")
