"""A local cloud that can be made to fail: a proxy on the path to each store, and processes that can be killed."""

import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pymongo import MongoClient

from infra.local.cloud import LocalCloud
from infra.local.mongod import start_mongod
from infra.local.queue_mapping import QueueMapping
from infra.local.template import Template
from photo_library.bucket.s3 import S3PhotoBucket
from photo_library.catalog.mongodb import connect_catalog
from photo_library.type_graph.port import TypeGraph
from photo_library.type_graph.tigergraph import connect_type_graph
from reconcile.run import Reconciler
from tests.support.proxy import Fault, Proxy, http

# What is in every request that the functions make of a store, and in no greeting or heartbeat.
_MARKERS = {"mongodb": b"photos", "tigergraph": b"/restpp/graph/", "s3": b"uploads"}

_UNAUTHORIZED = '{"error":true,"message":"Access Denied because the input token has expired.","code":"REST-10016"}'
FAULTS: Mapping[str, tuple[str, Fault]] = {
    "MongoDB refuses": ("mongodb", Fault("refuse")),
    "MongoDB is slow": ("mongodb", Fault("delay", seconds=0.3)),
    "MongoDB is cut off mid-answer": ("mongodb", Fault("cut")),
    "MongoDB writes and does not say so": ("mongodb", Fault("lose")),
    "TigerGraph refuses": ("tigergraph", Fault("refuse")),
    "TigerGraph is slow": ("tigergraph", Fault("delay", seconds=0.3)),
    "TigerGraph is cut off mid-answer": ("tigergraph", Fault("cut")),
    "TigerGraph writes and does not say so": ("tigergraph", Fault("lose")),
    "TigerGraph is suspended (502)": ("tigergraph", http(502, "Bad Gateway", "")),
    "TigerGraph answers HTML": ("tigergraph", http(200, "OK", "<html>Starting your workspace</html>")),
    "TigerGraph takes no token (401)": ("tigergraph", http(401, "Unauthorized", _UNAUTHORIZED, "application/json")),
    "TigerGraph's token expires": (
        "tigergraph",
        replace(http(401, "Unauthorized", _UNAUTHORIZED, "application/json"), times=1),
    ),
    "S3 refuses": ("s3", Fault("refuse")),
    "S3 is slow": ("s3", Fault("delay", seconds=0.3)),
    "S3 is cut off mid-answer": ("s3", Fault("cut")),
    "S3 asks to slow down (503)": ("s3", http(503, "Slow Down", "<Error><Code>SlowDown</Code></Error>", "text/xml")),
}
KILLS = ("classify is killed", "MongoDB is killed")


class FaultyCloud:
    """The local cloud, with a proxy on the path from the functions to each store."""

    def __init__(self, cloud: LocalCloud, proxies: Mapping[str, Proxy]) -> None:
        self.cloud, self.proxies = cloud, proxies
        self._mongod = cloud.mongod
        self._sqs = cloud.client("sqs")  # one for all requests: a client takes longer than they do

    def kill_functions(self) -> int:
        """SIGKILL to every classify process; returns how many there were."""
        pids = [pid for one in [*self.cloud.functions["ClassifyFunction"]._all] for pid in _children(one.pid)]
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return len(pids)

    @contextmanager
    def mongod_killed(self) -> Iterator[None]:
        """SIGKILL to MongoDB; after the `with` it starts again, on the same data."""
        assert self._mongod
        os.kill(self._mongod.pid, signal.SIGKILL)
        self._mongod.stop()
        try:
            yield
        finally:
            port = urlsplit(self.cloud.credentials.mongodb_uri).port
            log = self.cloud.logs / "mongod.log"
            self._mongod, _ = start_mongod(self.cloud.folder / "mongodb", log, port=port)
            self._mongod.wait_ready()

    @contextmanager
    def failing(self, name: str) -> Iterator[Callable[[], int]]:
        """The fault of this name inside the `with`; gives how many requests, answers or processes it met so far."""
        if name in FAULTS:
            store, fault = FAULTS[name]
            proxy = self.proxies[store]
            with proxy.failing(fault):
                yield lambda: proxy.hits + proxy.spoiled
        elif name == "MongoDB is killed":
            with self.mongod_killed():
                yield lambda: 1
        else:
            killed = self.kill_functions()
            yield lambda: killed

    def waiting(self) -> int:
        """How many messages are in the ingest queue, or on their way through classify."""
        return queue_length(self._sqs, self.cloud.queue_urls["IngestQueue"])

    def at_work(self) -> bool:
        """Whether classify has messages in hand, or just had some that will come again."""
        name = "ApproximateNumberOfMessagesNotVisible"
        url = self.cloud.queue_urls["IngestQueue"]
        answer = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])
        return int(answer["Attributes"][name]) > 0

    def dead(self) -> int:
        """How many messages are in the dead-letter queue."""
        return queue_length(self._sqs, self.cloud.queue_urls["IngestDeadLetterQueue"])

    def write_pending(self) -> None:
        """Have reconcile write pending photos to the graph, without comparing the graph, which would hide mistakes."""
        cloud = self.cloud
        with closing(connect_catalog(cloud.credentials.mongodb_uri, cloud.database, timeout_s=10)) as catalog:
            catalog.store_checkpoint("graph_check", {"finished_at": datetime.now(UTC)})
            run = Reconciler(
                catalog=catalog,
                graph=type_graph(cloud),
                bucket=S3PhotoBucket(cloud.client("s3"), cloud.bucket),
                send=lambda _: None,
                graph_check_every=timedelta(days=1),
            ).run(lambda: 1000)
        assert (run.finished, run.skipped) == (True, [])

    def stop(self) -> None:
        """End what the local cloud does not know of."""
        for proxy in self.proxies.values():
            proxy.close()
        if self._mongod and self._mongod is not self.cloud.mongod:
            self._mongod.stop()


@contextmanager
def faulty_cloud(retry_after_s: int = 1, timeout_s: int | None = None) -> Iterator[FaultyCloud]:
    """A local cloud with proxies, whose queue is read by two at a time; `timeout_s` is classify's own."""
    proxies: dict[str, Proxy] = {}

    def reroute(name: str, url: str) -> str:
        port = urlsplit(url).port
        assert port
        proxies[name] = Proxy(port, _MARKERS[name])
        return url.replace(f":{port}", f":{proxies[name].port}")

    with LocalCloud(retry_after_s=retry_after_s, reroute=reroute) as cloud:
        faulty = FaultyCloud(cloud, proxies)
        # Now and then moto counts a message as taken that nobody has. It comes again after this, not six minutes.
        shorter = {"VisibilityTimeout": "90"}
        cloud.client("sqs").set_queue_attributes(QueueUrl=cloud.queue_urls["IngestQueue"], Attributes=shorter)
        classify = cloud.functions["ClassifyFunction"]
        if timeout_s:
            classify.environ["AWS_LAMBDA_FUNCTION_TIMEOUT"] = str(timeout_s)
        ingest = Template().properties("ClassifyFunction")["Events"]["Ingest"]["Properties"]
        second = QueueMapping(
            classify, cloud.client("sqs"), cloud.queue_urls["IngestQueue"], ingest, retry_after_s=retry_after_s
        )
        try:
            yield faulty
        finally:
            second.stop()
            faulty.stop()


def documents(cloud: LocalCloud) -> dict[str, dict[str, Any]]:
    """All documents of the catalog, as MongoDB has them, by id."""
    with MongoClient[dict[str, Any]](cloud.credentials.mongodb_uri, tz_aware=True) as client:
        return {document["_id"]: document for document in client[cloud.database]["photos"].find()}


def type_graph(cloud: LocalCloud) -> TypeGraph:
    """The type graph, past the proxy."""
    host, secret = cloud.credentials.tigergraph_host, cloud.credentials.tigergraph_secret
    return connect_type_graph(host, cloud.graph_name, secret, timeout_s=10, retries=0)


def edges(graph: TypeGraph) -> dict[str, dict[str, float]]:
    """All photos of the type graph with their types, by id."""
    found: dict[str, dict[str, float]] = {}
    while ids := graph.ids(max(found, default=""), 500):
        found |= {id_: graph.types_of(id_) for id_ in ids}
    return found


def queue_length(sqs: object, url: str) -> int:
    """Messages in a queue: to be had, hidden, or delayed."""
    names = [f"ApproximateNumberOfMessages{which}" for which in ("", "NotVisible", "Delayed")]
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)  # type: ignore[attr-defined]
    return sum(int(value) for value in answer["Attributes"].values())


def _children(pid: int) -> list[int]:
    """The processes that a process started."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, parent = path.read_text().rpartition(")")[2].split()[:2]
            if int(parent) == pid and state != "Z":
                found.append(int(path.parent.name))
    return found
