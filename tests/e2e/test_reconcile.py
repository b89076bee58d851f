"""Reconcile on the local cloud: by hand, as a process, and as the function that the schedule runs."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pymongo import MongoClient

from infra.local.cloud import AWS_CREDENTIALS, LocalCloud
from infra.local.template import ROOT
from photo_library.type_graph.port import TypeGraph
from photo_library.type_graph.tigergraph import connect_type_graph
from tests.support.site import Site, wait_for


def reconcile(cloud: LocalCloud, *options: str) -> str:
    """Run the command; returns what it printed."""
    command = [sys.executable, "-m", "infra.ops", "reconcile", "--bucket", cloud.bucket, "--database", cloud.database]
    command += ["--queue-url", cloud.queue_urls["IngestQueue"], "--settled", "-1", *options]
    environ = AWS_CREDENTIALS | {
        "AWS_ENDPOINT_URL": cloud.endpoint_url,
        "MONGODB_URI": cloud.credentials.mongodb_uri,
        "TIGERGRAPH_HOST": cloud.credentials.tigergraph_host,
        "TIGERGRAPH_SECRET": cloud.credentials.tigergraph_secret,
    }
    ran = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False, timeout=300)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@contextmanager
def unnoticed(site: Site) -> Iterator[None]:
    """What happens in the bucket meanwhile is told to nobody."""
    bucket = site.cloud.bucket
    configured = site.s3.get_bucket_notification_configuration(Bucket=bucket)
    queues = {"QueueConfigurations": configured["QueueConfigurations"]}
    site.s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})
    try:
        yield
    finally:
        site.s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=queues)


@pytest.fixture
def graph(site: Site) -> TypeGraph:
    cloud = site.cloud
    host, secret = cloud.credentials.tigergraph_host, cloud.credentials.tigergraph_secret
    return connect_type_graph(host, cloud.graph_name, secret, timeout_s=5, retries=0)


def test_what_was_missed_is_made_good(site: Site, prefix: str, shirt: bytes, graph: TypeGraph) -> None:
    unknown, pending, bare, gone = f"{prefix}{0:016x}", "pending", "bare", "gone"
    ids = {name: site.put(f"{prefix}/{name}.jpg", shirt) for name in (pending, bare, gone)}
    types = {name: site.photo(id_)["types"] for name, id_ in ids.items()}
    wait_for(lambda: all(graph.types_of(ids[name]) == types[name] for name in ids))
    graph.write({unknown: {"Bag": 1.0}})
    graph.remove([ids[pending], ids[bare]])
    with MongoClient[dict[str, Any]](site.cloud.credentials.mongodb_uri) as client:
        photos = client[site.cloud.database]["photos"]
        photos.update_one({"_id": ids[pending]}, {"$set": {"graph": "pending"}})
        photos.delete_one({"_id": ids[bare]})
    with unnoticed(site):
        site.delete(f"{prefix}/gone.jpg")
        lost = site.put(f"{prefix}/lost file+.jpg", shirt)

    output = reconcile(site.cloud, "--dry-run")

    assert "would do: " in output
    assert all(
        what in output
        for what in (
            "pending photos written to the graph",
            "vertices of unknown photos deleted",
            "documents without an object processed again",
            "objects without a document processed again",
        )
    )
    assert graph.types_of(unknown)
    assert not graph.types_of(ids[pending])
    assert site.get(f"/photos/{lost}").status_code == 404

    reconcile(site.cloud, "--force")

    assert not graph.types_of(unknown)
    assert graph.types_of(ids[pending]) == types[pending]
    found = {id_: site.photo(id_)["types"] for id_ in (ids[bare], lost)}
    wait_for(lambda: all(graph.types_of(id_) == types_ for id_, types_ in found.items()))
    wait_for(lambda: site.get(f"/photos/{ids[gone]}").status_code == 404)
    wait_for(lambda: not graph.types_of(ids[gone]))


def test_the_graph_is_rebuilt_from_the_catalog(site: Site, prefix: str, shirt: bytes, graph: TypeGraph) -> None:
    id_ = site.put(f"{prefix}/shirt.jpg", shirt)
    types = site.photo(id_)["types"]
    wait_for(lambda: graph.types_of(id_) == types)
    graph.write({id_: {"Bag": 1.0}})
    assert "vertices written again" in reconcile(site.cloud, "--rebuild-graph", "--force")
    assert graph.types_of(id_) == types


def test_the_function_that_the_schedule_runs_finishes(site: Site, prefix: str, shirt: bytes, graph: TypeGraph) -> None:
    id_ = site.put(f"{prefix}/shirt.jpg", shirt)
    wait_for(lambda: graph.types_of(id_))
    graph.remove([id_])
    reconcile(site.cloud, "--force")
    graph.remove([id_])
    with MongoClient[dict[str, Any]](site.cloud.credentials.mongodb_uri) as client:
        client[site.cloud.database]["checkpoints"].delete_one({"_id": "graph_check"})  # as a day later
    answer = site.cloud.functions["ReconcileFunction"].invoke({"source": "aws.scheduler"})
    assert (answer["stage"], answer["done"]) == ("", {"missing vertices written": 1})
    assert graph.types_of(id_)
