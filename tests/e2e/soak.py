"""A soak: thousands of photos come, change and go while one thing after another fails, and nothing is lost.

    python -m tests.e2e.soak [--photos 2000] [--faults 40] [--pictures 2100] [--seed N] [--graph-away]

    uploader   puts, overwrites, deletes, undeletes; remembers what each key then holds        (the model)
    postman    S3's events on their way to the queue: duplicated, out of order, repeated late
    faults     one at a time, each until it was met and then a little longer; or, with --graph-away, no TigerGraph for
               four fifths of the run, which must not fail a single message

At the end catalog and type graph hold exactly what the uploader remembers, document by document, edge by edge. Then
pictures that are damaged at random are ingested: tests.support.fuzz.
"""

import argparse
import hashlib
import io
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Any

import pillow_heif
from PIL import Image

from classify.saved_model import SavedModel
from infra.local.cloud import LocalCloud
from infra.local.template import ROOT
from infra.ops.dead_letters import redrive
from infra.samples.drawing import draw_samples
from model.predict import predict
from photo_library.bucket.s3 import S3PhotoBucket
from photo_library.catalog.mongodb import connect_catalog
from photo_library.events import parse_events
from photo_library.photo import THUMBNAILS, photo_id
from photo_library.queue.sqs import send
from reconcile.run import Reconciler
from tests.support.faults import FAULTS, KILLS, FaultyCloud, documents, edges, faulty_cloud, queue_length, type_graph
from tests.support.site import wait_for

Say = Callable[[str], None]
# A batch's size changes the last digits of a probability.
TOLERANCE = 2e-4
MIN_PROBABILITY = 0.1
_BACKLOG = 150  # messages that may wait before the uploader does


@dataclass(frozen=True)
class Content:
    """What may be uploaded, and what becomes of it."""

    data: bytes
    types: Mapping[str, float] | None  # None: rejected
    reason: str | None = None


@dataclass
class Version:
    """One version of a key; a delete marker has no content."""

    id: str
    content: Content | None


@dataclass
class Report:
    """What a soak did."""

    photos: int = 0
    operations: Counter[str] = field(default_factory=Counter)
    events: int = 0
    delivered: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    redriven: int = 0
    pending: int = 0  # photos that the graph lacked when it came back
    seconds: float = 0

    def __str__(self) -> str:
        done = ", ".join(f"{count:,} {name}" for name, count in sorted(self.operations.items()))
        faults = ", ".join(f"{count} × {name}" for name, count in sorted(self.faults.items()))
        return (
            f"{self.photos:,} photos ({done}); {self.events:,} events delivered {self.delivered:,} times; "
            f"{self.faults.total()} faults of {len(self.faults)} kinds ({faults}); "
            f"{self.redriven} messages redriven; {self.pending} photos pending when the graph came back; "
            f"{self.seconds:.0f} s"
        )


def contents(model: SavedModel, folder: Path) -> list[Content]:
    """Pictures in every format, and files that are rejected."""
    files = [path.read_bytes() for path in draw_samples(folder)]
    pillow_heif.register_heif_opener()
    for number, format_ in enumerate(("HEIF", "AVIF")):
        data = io.BytesIO()
        Image.open(io.BytesIO(files[number])).convert("RGB").save(data, format_)
        files.append(data.getvalue())
    good = [Content(data, predict(model, data)) for data in files]
    bad = [(b"", "empty"), (b"no picture", "unsupported_format"), (files[0][: len(files[0]) // 20], "damaged")]
    return [*good, *(Content(data, None, reason) for data, reason in bad)]


class Uploader:
    """Whoever uses the bucket, and the model of what must come of it."""

    def __init__(self, s3: Any, bucket: str, contents_: list[Content], photos: int, seed: int) -> None:
        self._s3, self._bucket, self._contents = s3, bucket, contents_
        self._random = random.Random(seed)
        self.versions: dict[str, list[Version]] = {}
        self.operations: Counter[str] = Counter()
        names = ("{}.jpg", "a b+{}%.png", "größe {}.heic", "x/{}")
        keys = [f"uploads/{self._random.choice(names).format(number)}" for number in range(photos)]
        # Each key one to five operations; those of different keys in any order.
        self.plan = [key for key in keys for _ in range(self._random.choice((1, 1, 1, 2, 2, 3, 5)))]
        self._random.shuffle(self.plan)

    def next(self, key: str) -> None:
        """Do something with a key."""
        versions = self.versions.setdefault(key, [])
        there = bool(versions) and versions[-1].content is not None
        choices = {"overwritten": 5, "deleted": 3, "versions taken away": 1} if there else {"uploaded": 1}
        if versions and not there:
            choices = {"uploaded": 2, "undeleted": 2, "deleted again": 1}
        what = self._random.choices([*choices], [*choices.values()])[0]
        self.operations[what] += 1
        if what in ("uploaded", "overwritten"):
            content = self._random.choice(self._contents)
            answer = self._s3.put_object(Bucket=self._bucket, Key=key, Body=content.data)
            versions.append(Version(answer["VersionId"], content))
        elif what in ("deleted", "deleted again"):
            answer = self._s3.delete_object(Bucket=self._bucket, Key=key)
            versions.append(Version(answer["VersionId"], None))
        else:
            which = -1 if what == "undeleted" else self._random.randrange(len(versions))
            self._s3.delete_object(Bucket=self._bucket, Key=key, VersionId=versions.pop(which).id)


class Postman:
    """Brings S3's events to the ingest queue: some twice, some late, none in order."""

    def __init__(self, sqs: Any, notices: str, ingest: str, seed: int) -> None:
        self._sqs, self._notices, self._ingest = sqs, notices, ingest
        self._random = random.Random(seed)
        self.newest: dict[str, str] = {}  # key → sequencer
        self.events = self.delivered = 0
        self._failure: BaseException | None = None
        self._last = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def finish(self) -> None:
        """Deliver what is left, then stop."""
        self._last.set()
        self._thread.join()
        if self._failure:
            raise self._failure

    def _run(self) -> None:
        try:
            self._deliver()
        except BaseException as error:  # whoever waits for the thread is told
            self._failure = error

    def _deliver(self) -> None:
        held: list[str] = []
        old: list[str] = []
        while True:
            is_last = self._last.is_set()
            taken = self._take()
            for body in taken:
                for event in parse_events(body):
                    self.events += 1
                    self.newest[event.key] = max(self.newest.get(event.key, ""), event.sequencer)
                held += [body] * self._random.choice((1, 1, 1, 1, 2, 3))
                old.append(body)
            held += self._random.choices(old, k=len(taken) // 5)  # of long ago
            self._random.shuffle(held)
            leave = len(held) if is_last else max(1, len(held) - 20)
            out, held = held[:leave], held[leave:]
            send(self._sqs, self._ingest, out)
            self.delivered += len(out)
            if is_last and not taken:
                return

    def _take(self) -> list[str]:
        messages = self._sqs.receive_message(QueueUrl=self._notices, MaxNumberOfMessages=10).get("Messages", [])
        if not messages:
            self._last.wait(0.05)
            return []
        entries = [{"Id": str(n), "ReceiptHandle": one["ReceiptHandle"]} for n, one in enumerate(messages)]
        self._sqs.delete_message_batch(QueueUrl=self._notices, Entries=entries)
        return [one["Body"] for one in messages]


def soak(
    faulty: FaultyCloud,
    photos: int,
    faults: list[str],
    seed: int,
    *,
    say: Say,
    longest_s: float = 3,
    graph_away: float = 0,
) -> Report:
    """Run it and check what came of it; AssertionError says what is wrong.

    `longest_s`: how long a fault lasts. `graph_away`: for which share of the run TigerGraph answers 502; then none of
    the faults may be TigerGraph's.
    """
    away = ExitStack()
    if graph_away:
        store, suspended = FAULTS["TigerGraph is suspended (502)"]
        away.enter_context(faulty.proxies[store].failing(suspended))
    started, report = time.monotonic(), Report(photos)
    cloud, randomly = faulty.cloud, random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        uploads = contents(SavedModel(ROOT / "model"), Path(folder))
    sqs = cloud.client("sqs")
    notices = _redirect_events(cloud.client("s3"), sqs, cloud.bucket)
    uploader = Uploader(cloud.client("s3"), cloud.bucket, uploads, photos, seed)
    postman = Postman(sqs, notices, cloud.queue_urls["IngestQueue"], seed)
    done = released = 0
    failures: list[BaseException] = []

    def upload() -> None:
        nonlocal done
        try:
            for key in uploader.plan:
                if done % 20 == 0:
                    wait_for(lambda: queue_length(sqs, notices) + faulty.waiting() < _BACKLOG, timeout_s=300)
                wait_for(lambda: done < released, timeout_s=300)  # noqa: B023
                uploader.next(key)
                done += 1
        except BaseException as error:  # the main thread is told
            failures.append(error)

    thread = threading.Thread(target=upload, daemon=True)
    thread.start()
    for number, name in enumerate(faults, 1):
        # Each fault has a share of the traffic to itself.
        released = len(uploader.plan) * number // len(faults)
        if graph_away and not report.pending and number > len(faults) * graph_away:
            wait_for(lambda: _pending(cloud) > 0, timeout_s=300)  # else nothing met the graph while it was away
            report.pending = _pending(cloud)
            away.close()
        _fail(faulty, name, randomly.uniform(0.2, 1) * longest_s)
        report.faults[name] += 1
        wait_for(lambda: done >= released or failures, timeout_s=300)  # noqa: B023
        if failures:
            raise failures[0]
        say(f"{done:,} of {len(uploader.plan):,} operations; fault {number} of {len(faults)} is over: {name}")
    thread.join()
    if failures:
        raise failures[0]
    postman.finish()
    say(f"all is delivered, {faulty.waiting()} messages wait")
    report.redriven = _drain(faulty)
    faulty.write_pending()
    report.operations, report.events, report.delivered = uploader.operations, postman.events, postman.delivered
    check(faulty, uploader.versions, postman.newest)
    report.seconds = time.monotonic() - started
    return report


def _pending(cloud: LocalCloud) -> int:
    """How many photos the graph lacks, as the catalog has it."""
    return sum(one["graph"] == "pending" for one in documents(cloud).values())


def _fail(faulty: FaultyCloud, name: str, seconds: float) -> None:
    # With too little traffic to be met, a fault is none: it lasts until it was.
    def lasts() -> bool:
        return hits() > 0 and time.monotonic() >= over

    if name == "classify is killed":
        wait_for(lambda: faulty.at_work() and faulty.kill_functions())
        return
    with faulty.failing(name) as hits:
        over = time.monotonic() + seconds
        wait_for(lasts)


def _redirect_events(s3: Any, sqs: Any, bucket: str) -> str:
    """Have S3 tell a queue of ours, from which the postman takes; returns its URL."""
    url: str = sqs.create_queue(QueueName="Notices")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    configured = s3.get_bucket_notification_configuration(Bucket=bucket)["QueueConfigurations"]
    redirected = [{"QueueArn": arn, "Events": one["Events"], "Filter": one["Filter"]} for one in configured]
    s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"QueueConfigurations": redirected}
    )
    return url


def _drain(faulty: FaultyCloud) -> int:
    """Wait until nothing is left to do, what was tried too often included; returns how many messages that were."""
    redriven = 0
    while True:
        # A batch that was taken and got lost comes again after the queue's visibility timeout.
        wait_for(lambda: faulty.waiting() == 0, timeout_s=900)
        if not faulty.dead():
            return redriven
        redriven += redrive(
            faulty.cloud.client("sqs"), faulty.cloud.queue_urls["IngestDeadLetterQueue"], lambda _: None
        )


def check(faulty: FaultyCloud, versions: Mapping[str, list[Version]], newest: Mapping[str, str]) -> None:
    """Catalog and type graph hold exactly what the model says: raises AssertionError with what does not."""
    cloud = faulty.cloud
    there = documents(cloud)
    graph = edges(type_graph(cloud))
    wrong = [
        f"{key}: {trouble}"
        for key, history in versions.items()
        if (
            trouble := _trouble(
                there.get(photo_id(cloud.bucket, key)), key, history[-1] if history else None, newest[key]
            )
        )
    ]
    assert not wrong, "\n".join(wrong)
    assert there.keys() == {photo_id(cloud.bucket, key) for key in versions}
    assert graph == {id_: one["types"] for id_, one in there.items() if one["status"] == "classified"}
    # Reconcile, which compares the three stores in its own way, finds nothing to do either.
    with closing(connect_catalog(cloud.credentials.mongodb_uri, cloud.database, timeout_s=10)) as catalog:
        compare = Reconciler(
            catalog=catalog,
            graph=type_graph(cloud),
            bucket=S3PhotoBucket(cloud.client("s3"), cloud.bucket),
            send=lambda _: None,
            dry_run=True,
            settled=timedelta(days=-1),
        )
        run = compare.run(lambda: 1000)
    pages = cloud.client("s3").get_paginator("list_objects_v2").paginate(Bucket=cloud.bucket, Prefix=THUMBNAILS)
    small = {one["Key"] for page in pages for one in page.get("Contents", [])}
    # Of a function that was killed, thumbnails may be left over; none is missing.
    run.done.pop("thumbnails of no photo deleted", None)
    assert (run.finished, run.done) == (True, {})
    assert {one["thumbnail"] for one in there.values() if one["status"] == "classified"} <= small


def _trouble(document: dict[str, Any] | None, key: str, current: Version | None, sequencer: str) -> str:
    """What is wrong with a document; nothing if it is as its key's history says."""
    content = current.content if current else None
    if document is None:
        return "no document"
    common: dict[str, Any] = {"key": key, "sequencer": sequencer, "graph": "synced"}
    if content is None:
        expected = common | {"status": "deleted", "types": {}}
        if not document.get("expires_at", datetime.min.replace(tzinfo=UTC)) > datetime.now(UTC):
            return "a tombstone that does not expire"
    else:
        assert current
        expected = common | {
            "status": "rejected" if content.types is None else "classified",
            "version_id": current.id,
            "etag": hashlib.md5(content.data, usedforsecurity=False).hexdigest(),
            "size": len(content.data),
            "title": PurePosixPath(key).name,
        }
        if content.types is None:
            expected |= {"reason": content.reason, "types": {}}
        elif not _alike(document["types"], content.types):
            return f"types {document['types']} instead of {content.types}"
    found = {name: document.get(name) for name in expected}
    return "" if found == expected else f"{json.dumps(found)} instead of {json.dumps(expected)}"


def _alike(found: Mapping[str, float], expected: Mapping[str, float]) -> bool:
    sure = {name for name, value in expected.items() if value >= MIN_PROBABILITY + TOLERANCE}
    possible = {name for name, value in expected.items() if value >= MIN_PROBABILITY - TOLERANCE}
    return sure <= found.keys() <= possible and all(abs(found[name] - expected[name]) <= TOLERANCE for name in found)


# Faults that fail no message by themselves.
WITHOUT_GRAPH = ["S3 is slow", "MongoDB is slow", "classify is killed"]


def fault_plan(count: int, seed: int) -> list[str]:
    """So many faults, of every kind before one comes again."""
    randomly = random.Random(seed)
    kinds = [*FAULTS, *KILLS]
    plan: list[str] = []
    while len(plan) < count:
        plan += randomly.sample(kinds, len(kinds))
    return plan[:count]


def main() -> int:
    """Soak; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.soak", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--photos", type=int, default=2_000)
    parser.add_argument("--faults", type=int, default=40)
    parser.add_argument("--pictures", type=int, default=2_100, help="damaged at random, when the soak is over")
    parser.add_argument("--graph-away", action="store_true", help="no TigerGraph for four fifths of the run")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    arguments = parser.parse_args()
    sys.stdout.write(f"seed {arguments.seed}\n")

    def say(line: str) -> None:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    with faulty_cloud(retry_after_s=3) as faulty:
        if arguments.graph_away:
            plan = (WITHOUT_GRAPH * arguments.faults)[: arguments.faults]
            report = soak(faulty, arguments.photos, plan, arguments.seed, say=say, graph_away=0.8)
            assert not report.redriven, report
        else:
            plan = fault_plan(arguments.faults, arguments.seed)
            report = soak(faulty, arguments.photos, plan, arguments.seed, say=say)
    say(f"both stores hold exactly what the model says: {report}")
    # In a process of its own, which a decoder may kill.
    fuzz = ["-m", "tests.support.fuzz", "--pictures", str(arguments.pictures), "--seed", str(arguments.seed)]
    return subprocess.run([sys.executable, *fuzz], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
