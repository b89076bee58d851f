"""The local cloud as a whole: what template.yaml deploys, up and connected.

    S3, SQS, Secrets Manager   moto, one process               MongoDB      a real mongod
    Lambda                     the real runtime, one process   TigerGraph   a stand-in (infra/local/tigergraph)
                               an environment                  HTTP API     a thread in this process

Every port is a free one, so that several local clouds can run at once. Everything ends with this process.
"""

import fcntl
import json
import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3
from botocore.config import Config
from pymongo import MongoClient

from infra.local.authorizers import Authorizers
from infra.local.functions import Function
from infra.local.http_api import HttpApi
from infra.local.mongod import start_mongod
from infra.local.processes import Process
from infra.local.queue_mapping import QueueMapping
from infra.local.template import REGION, Template
from infra.ops.provision import provision
from photo_library.settings import StoreCredentials

AWS_CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local-and-no-secret",
    "AWS_DEFAULT_REGION": REGION,
}
_FOLDER_PREFIX = "photo-library-"


class LocalCloud:
    """A context manager: runs inside the `with` block, and leaves nothing behind."""

    def __init__(
        self,
        say: Callable[[str], None] = lambda _: None,
        retry_after_s: int = 1,
        reroute: Callable[[str, str], str] = lambda _, url: url,
        parameters: Mapping[str, str] | None = None,
    ) -> None:
        """`say` receives a line for each step; a failed message is redelivered after `retry_after_s` seconds.

        `reroute` may give the functions another URL for each of mongodb, tigergraph and s3: that of a proxy.
        `parameters` are the template's. If they contain ApiAccess, the API enforces it; else it is open to everyone.
        """
        self._say = say
        self._retry_after_s = retry_after_s
        self._reroute = reroute
        self._parts = ExitStack()
        parameters = parameters or {}
        self._template = Template(parameters=parameters)
        self._authorizers = Authorizers(self._template, AWS_CREDENTIALS) if "ApiAccess" in parameters else None
        self.functions: dict[str, Function] = {}

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._parts.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._parts.close()

    def _start(self) -> None:
        self.folder = self._make_folder()
        self.logs = self.folder / "logs"
        self.logs.mkdir()
        environ = dict(os.environ)
        self._say("starting S3 and SQS (moto), MongoDB and the TigerGraph stand-in")
        graph_secret = secrets.token_urlsafe(16)
        moto = self._process("moto", [sys.executable, "-m", "infra.local.moto_server"], environ)
        tigergraph = self._process(
            "tigergraph",
            [sys.executable, "-m", "infra.local.tigergraph"],
            environ | {"TIGERGRAPH_SECRET": graph_secret},
        )
        mongod, mongodb_uri = self._mongodb()
        self.mongod, self.tigergraph = mongod, tigergraph
        self.endpoint_url = f"http://127.0.0.1:{moto.wait_ready()[1]}"
        self.credentials = StoreCredentials(
            mongodb_uri=mongodb_uri,
            tigergraph_host=f"http://127.0.0.1:{tigergraph.wait_ready()[1]}",
            tigergraph_secret=graph_secret,
        )
        if mongod:
            mongod.wait_ready()
        settings = self._template.properties("SearchFunction")["Environment"]["Variables"]
        self.graph_name: str = settings["TIGERGRAPH_GRAPH"]
        provision(self.credentials, self.database, self.graph_name, lambda line: self._say(f"  {line}"))
        self._say("deploying template.yaml: bucket, queues, secret, functions, API")
        self._deploy()

    def client(self, service: str) -> Any:
        """A boto3 client for one of the local cloud's AWS services."""
        return boto3.client(
            service,  # type: ignore[call-overload]
            endpoint_url=self.endpoint_url,
            region_name=REGION,
            aws_access_key_id=AWS_CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=AWS_CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
            config=Config(max_pool_connections=20),
        )

    def _process(self, name: str, command: list[str], environ: dict[str, str]) -> Process:
        process = Process(name, command, self.logs / f"{name}.log", environ, ready=r"listening on (\d+)")
        self._parts.callback(process.stop)
        return process

    def _mongodb(self) -> tuple[Process | None, str]:
        given = os.environ.get("MONGODB_URI")
        if given:
            # A server that others may use: work in a new database, and drop it at the end.
            self.database = f"photo_library_local_{secrets.token_hex(4)}"
            self._parts.callback(_drop_database, given, self.database)
            return None, given
        self.database = self._template.properties("SearchFunction")["Environment"]["Variables"]["MONGODB_DATABASE"]
        process, uri = start_mongod(self.folder / "mongodb", self.logs / "mongod.log")
        self._parts.callback(process.stop)
        return process, uri

    def _deploy(self) -> None:
        s3, sqs = self.client("s3"), self.client("sqs")
        template = self._template
        for name in template.of_type("AWS::SecretsManager::Secret"):
            content = {
                "MONGODB_URI": self._reroute("mongodb", self.credentials.mongodb_uri),
                "TIGERGRAPH_HOST": self._reroute("tigergraph", self.credentials.tigergraph_host),
                "TIGERGRAPH_SECRET": self.credentials.tigergraph_secret,
            }
            self.client("secretsmanager").create_secret(
                Name=template.physical_name(name), SecretString=json.dumps(content)
            )
        self.queue_urls = self._create_queues(sqs)
        (bucket,) = template.of_type("AWS::S3::Bucket")
        self.bucket = template.physical_name(bucket)
        _create_bucket(s3, self.bucket, template.properties(bucket))
        environ = AWS_CREDENTIALS | {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ENDPOINT_URL_S3": self._reroute("s3", self.endpoint_url),
            "AWS_REGION": REGION,
            "PATH": os.environ.get("PATH", ""),
            "TZ": ":UTC",
        }
        for name in template.of_type("AWS::Serverless::Function"):
            properties = template.properties(name)
            variables = properties["Environment"]["Variables"]
            if "MONGODB_DATABASE" in variables:
                variables["MONGODB_DATABASE"] = self.database
            function = self.functions[name] = Function(name, properties, environ, self.logs)
            self._parts.callback(function.stop)
            for event in properties.get("Events", {}).values():
                details = event["Properties"]
                if event["Type"] == "SQS":
                    queue_url = self.queue_urls[details["Queue"].rpartition(":")[2]]
                    self._parts.callback(
                        QueueMapping(function, self.client("sqs"), queue_url, details, self._retry_after_s).stop
                    )
        api = HttpApi(
            template.routes(), self.functions, self._authorizers, template.properties("Api").get("CorsConfiguration")
        )
        self._parts.callback(api.stop)
        self.api_url = api.url

    def _create_queues(self, sqs: Any) -> dict[str, str]:
        """Create the queues, dead-letter queues first; returns their URLs by name."""
        template = self._template
        described = {name: template.properties(name) for name in template.of_type("AWS::SQS::Queue")}
        urls = {}
        for name, properties in sorted(described.items(), key=lambda one: "RedrivePolicy" in one[1]):
            attributes = {
                key: json.dumps(value) if isinstance(value, dict) else str(value) for key, value in properties.items()
            }
            physical = template.physical_name(name)
            urls[physical] = sqs.create_queue(QueueName=physical, Attributes=attributes)["QueueUrl"]
        return urls

    def _make_folder(self) -> Path:
        """A folder for data and logs, locked as long as this process runs; abandoned ones are deleted."""
        base = Path(tempfile.gettempdir())
        for old in base.glob(f"{_FOLDER_PREFIX}*"):
            if _is_abandoned(old):
                shutil.rmtree(old, ignore_errors=True)
        unlocked = Path(tempfile.mkdtemp(prefix=f".{_FOLDER_PREFIX}"))
        lock = (unlocked / "lock").open("w")
        fcntl.flock(lock, fcntl.LOCK_EX)
        # Only now does it get the name by which abandoned folders are found.
        folder = unlocked.rename(unlocked.with_name(unlocked.name[1:]))
        self._parts.callback(shutil.rmtree, folder, ignore_errors=True)
        self._parts.callback(lock.close)
        return folder


def _create_bucket(s3: Any, name: str, properties: dict[str, Any]) -> None:
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration=properties["VersioningConfiguration"])
    queues = [
        {
            "QueueArn": one["Queue"],
            "Events": [one["Event"]],
            "Filter": {"Key": {"FilterRules": one["Filter"]["S3Key"]["Rules"]}},
        }
        for one in properties["NotificationConfiguration"]["QueueConfigurations"]
    ]
    s3.put_bucket_notification_configuration(Bucket=name, NotificationConfiguration={"QueueConfigurations": queues})


def _drop_database(uri: str, database: str) -> None:
    with MongoClient[dict[str, Any]](uri, serverSelectionTimeoutMS=2_000) as client:
        client.drop_database(database)


def _is_abandoned(folder: Path) -> bool:
    try:
        with (folder / "lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return True  # its owner was stopped while clearing it away
    except OSError:
        return False
    return True
