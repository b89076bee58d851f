"""One fault at a time, at the moment when it hurts most; the soak has them all, at any moment."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from infra.local.cloud import AWS_CREDENTIALS
from infra.local.template import ROOT
from tests.support.examples import an_event
from tests.support.faults import FAULTS, FaultyCloud, documents, faulty_cloud, type_graph
from tests.support.proxy import Fault
from tests.support.site import Site, wait_for

pytestmark = pytest.mark.skipif("MONGODB_URI" in os.environ, reason="MONGODB_URI names a server that is not ours")


@pytest.fixture(scope="module")
def faulty() -> Iterator[FaultyCloud]:
    # 40 of classify's seconds belong to the stores, so two are left for the photos.
    with faulty_cloud(timeout_s=42) as faulty:
        yield faulty


@pytest.fixture
def site(faulty: FaultyCloud) -> Site:
    return Site(faulty.cloud)


def stored(faulty: FaultyCloud, id_: str) -> dict[str, Any]:
    return documents(faulty.cloud).get(id_, {})


def types_in_graph(faulty: FaultyCloud, id_: str) -> dict[str, float]:
    return type_graph(faulty.cloud).types_of(id_)


def wait_settled(faulty: FaultyCloud, id_: str) -> None:
    """Wait until the photo's messages are done, reconcile if the graph lacks it, and compare both stores."""
    wait_for(lambda: stored(faulty, id_) and faulty.waiting() == 0)
    if stored(faulty, id_)["graph"] == "pending":
        faulty.write_pending()
    assert stored(faulty, id_)["graph"] == "synced"
    assert types_in_graph(faulty, id_) == stored(faulty, id_)["types"]
    assert faulty.dead() == 0


def test_killed_between_the_two_writes_the_second_one_is_made(
    faulty: FaultyCloud, site: Site, prefix: str, shirt: bytes
) -> None:
    with faulty.proxies["tigergraph"].failing(Fault("hold")):
        id_ = site.put(f"{prefix}/shirt.jpg", shirt)
        wait_for(lambda: faulty.proxies["tigergraph"].hits)
        assert stored(faulty, id_)["graph"] == "pending"
        assert types_in_graph(faulty, id_) == {}
        assert faulty.kill_functions()
    wait_settled(faulty, id_)


@pytest.mark.parametrize("store", ["mongodb", "tigergraph"])
def test_a_write_that_was_made_and_not_confirmed_is_not_made_twice(
    faulty: FaultyCloud, site: Site, prefix: str, shirt: bytes, store: str
) -> None:
    with faulty.proxies[store].failing(Fault("lose")):
        id_ = site.put(f"{prefix}/shirt.jpg", shirt)
        wait_for(lambda: faulty.proxies[store].hits)
    wait_settled(faulty, id_)


def test_killed_while_an_overwritten_photo_changes_no_stale_edge_remains(
    faulty: FaultyCloud, site: Site, prefix: str, shirt: bytes, samples: list[Any]
) -> None:
    id_ = site.put(f"{prefix}/x", shirt)
    wait_settled(faulty, id_)
    bag = next(path for path in samples if path.name == "bag.png").read_bytes()
    with faulty.proxies["tigergraph"].failing(Fault("lose")):  # the new edges are there, the old ones too
        site.put(f"{prefix}/x", bag)
        wait_for(lambda: "Bag" in types_in_graph(faulty, id_))
        faulty.kill_functions()
    wait_for(lambda: stored(faulty, id_).get("size") == len(bag))
    wait_settled(faulty, id_)


def test_a_message_that_comes_again_repairs_what_its_broken_off_first_try_left_in_the_graph(
    faulty: FaultyCloud, site: Site, prefix: str, shirt: bytes
) -> None:
    id_ = site.put(f"{prefix}/shirt.jpg", shirt)
    wait_settled(faulty, id_)
    type_graph(faulty.cloud).write({id_: {"Bag": 1.0}})  # the first try's write, landing after a newer one's
    sequencer = stored(faulty, id_)["sequencer"]
    event = an_event(f"uploads/{prefix}/shirt.jpg", sequencer=sequencer, bucket=faulty.cloud.bucket)
    log = faulty.cloud.logs / "ClassifyFunction.log"
    failed = log.read_text().count("the message will be redelivered")
    with faulty.proxies["mongodb"].failing(Fault("cut")):
        site.cloud.client("sqs").send_message(QueueUrl=faulty.cloud.queue_urls["IngestQueue"], MessageBody=event)
        wait_for(lambda: log.read_text().count("the message will be redelivered") > failed)
    wait_for(lambda: types_in_graph(faulty, id_) == stored(faulty, id_)["types"])
    wait_settled(faulty, id_)


def test_mongodb_killed_under_load_loses_nothing(faulty: FaultyCloud, site: Site, prefix: str, shirt: bytes) -> None:
    ids = [site.put(f"{prefix}/{number}.jpg", shirt) for number in range(25)]
    wait_for(lambda: stored(faulty, ids[0]))
    with faulty.mongod_killed():
        pass
    for id_ in ids:
        wait_settled(faulty, id_)


def test_a_photo_for_which_there_is_no_time_is_handed_back_before_the_function_is_killed(
    faulty: FaultyCloud, site: Site, prefix: str, shirt: bytes
) -> None:
    log = faulty.cloud.logs / "ClassifyFunction.log"
    with faulty.proxies["s3"].failing(Fault("hold")):
        id_ = site.put(f"{prefix}/shirt.jpg", shirt)
        # S3's client alone would have waited for ten seconds, and said BucketUnavailable.
        wait_for(lambda: "OutOfTime" in log.read_text())
    wait_settled(faulty, id_)


def command(faulty: FaultyCloud, name: str, *options: str) -> str:
    """What a command printed."""
    cloud = faulty.cloud
    environ = AWS_CREDENTIALS | {
        "AWS_ENDPOINT_URL": cloud.endpoint_url,
        "MONGODB_URI": cloud.credentials.mongodb_uri,
        "TIGERGRAPH_HOST": cloud.credentials.tigergraph_host,
        "TIGERGRAPH_SECRET": cloud.credentials.tigergraph_secret,
    }
    ran = subprocess.run(
        [sys.executable, "-m", "infra.ops", name, *options],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_what_failed_too_often_is_listed_with_its_cause_and_redriven(
    faulty: FaultyCloud, site: Site, prefix: str, shirt: bytes
) -> None:
    store, unavailable = FAULTS["S3 refuses"]
    with faulty.proxies[store].failing(unavailable):
        id_ = site.put(f"{prefix}/shirt.jpg", shirt)
        wait_for(lambda: faulty.dead() == 1, timeout_s=600)  # five tries of the queue, each with classify's own
    ship_log(faulty)
    dead = faulty.cloud.queue_urls["IngestDeadLetterQueue"]

    listed = command(faulty, "dead-letters", "--queue-url", dead, "--log-group", "classify")
    assert f"uploads/{prefix}/shirt.jpg created  photo_library.errors.BucketUnavailable: " in listed
    assert faulty.dead() == 1

    command(faulty, "dead-letters", "--queue-url", dead, "--redrive")
    wait_settled(faulty, id_)


def test_a_graph_that_sleeps_fails_no_message_and_gets_its_photos_later(
    faulty: FaultyCloud, site: Site, prefix: str, shirt: bytes
) -> None:
    store, suspended = FAULTS["TigerGraph is suspended (502)"]
    with faulty.proxies[store].failing(suspended):
        id_ = site.put(f"{prefix}/shirt.jpg", shirt)
        wait_for(lambda: stored(faulty, id_) and faulty.waiting() == 0)
        assert (stored(faulty, id_)["graph"], faulty.dead()) == ("pending", 0)
    faulty.write_pending()
    wait_settled(faulty, id_)


def ship_log(faulty: FaultyCloud) -> None:
    """Bring classify's log to where Lambda would have."""
    logs = faulty.cloud.client("logs")
    logs.create_log_group(logGroupName="classify")
    logs.create_log_stream(logGroupName="classify", logStreamName="one")
    lines = [line for line in (faulty.cloud.logs / "ClassifyFunction.log").read_text().splitlines() if line]
    now = int(time.time() * 1000)
    events = [{"timestamp": now, "message": line[line.find("{") :] if "{" in line else line} for line in lines]
    logs.put_log_events(logGroupName="classify", logStreamName="one", logEvents=events)


def test_photos_of_another_model_are_classified_again(
    faulty: FaultyCloud, site: Site, prefix: str, shirt: bytes
) -> None:
    id_ = site.put(f"{prefix}/shirt.jpg", shirt)
    wait_settled(faulty, id_)
    before = stored(faulty, id_)
    ingest = ("--queue-url", faulty.cloud.queue_urls["IngestQueue"])
    assert "0 photos" in command(faulty, "reclassify", *ingest)
    for _ in range(2):
        assert "sent for reclassification" in command(faulty, "reclassify", *ingest, "--model", "another")
    wait_for(lambda: stored(faulty, id_)["updated_at"] > before["updated_at"])
    wait_settled(faulty, id_)
    after = stored(faulty, id_)
    # In a batch of another size the last digits of the embedding are others.
    assert after["embedding"].as_vector().data == pytest.approx(before["embedding"].as_vector().data, abs=1e-4)
    new = dict.fromkeys(("updated_at", "sequencer", "uploaded_at", "thumbnail", "embedding"))
    assert after | new == before | new
    assert json.dumps(after["types"]) == json.dumps(before["types"])
