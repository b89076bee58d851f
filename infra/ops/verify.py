"""Provision the stores of a deployed stack, and try the deployment from end to end: the command after `sam deploy`.

It uploads a sample photo, waits until it is classified, searches for it, deletes it, and waits until it is gone. It can
be repeated at any time. It needs AWS credentials that may read the stack and its secret, write and delete objects under
uploads/ in the bucket, and call the API.
"""

import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import get_session
from rich import box
from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from infra.ops.command import aws_client, find_credentials
from infra.ops.provision import provision
from infra.ops.stack import Stack, read_stack
from infra.samples.drawing import draw_samples
from photo_library.errors import PhotoLibraryError, SettingsError, TypeGraphUnavailable
from photo_library.photo import photo_id
from photo_library.type_graph.port import TypeGraph
from photo_library.type_graph.tigergraph import connect_type_graph

# Longer than a failed message takes to be redelivered, and than a paused TigerGraph workspace takes to start. The first
# photo also starts the function: minutes, while Lambda fetches its image.
PATIENCE_S = 600


class VerificationError(PhotoLibraryError):
    """The deployment does not work as it should."""


class ApiClient:
    """Calls a stack's API with the credentials that its ApiAccess requires."""

    def __init__(self, stack: Stack, token: str | None) -> None:
        """Raises SettingsError when the credentials are missing."""
        self._url, self._access, self._token = stack.outputs["ApiUrl"], stack.parameters["ApiAccess"], token
        self._region = stack.outputs["StoresSecretArn"].split(":")[3]
        if self._access == "jwt" and not token:
            raise SettingsError("the API requires a token (ApiAccess is jwt): pass one with --token")
        credentials = get_session().get_credentials()
        if not credentials:
            raise SettingsError("no AWS credentials found: run `aws configure`, or set AWS_PROFILE")
        self._credentials = credentials

    def get(self, path: str) -> requests.Response:
        """The answer to a GET. Raises VerificationError."""
        return self._request("GET", path, headers=self._headers(path))

    def status_without_credentials(self, method: str, path: str, body: Any = None) -> int:
        """The status of the answer to a request without credentials. Raises VerificationError."""
        return self._request(method, path, json=body).status_code

    def json(self, path: str) -> Any:
        """The body of the answer to a GET. Raises VerificationError when its status is not 200."""
        answer = self.get(path)
        if not answer.ok:
            raise VerificationError(f"GET {path} answered {answer.status_code}: {answer.text[:300]}")
        return answer.json()

    def _request(self, method: str, path: str, **options: Any) -> requests.Response:
        try:
            return requests.request(method, self._url + path, timeout=40, **options)
        except requests.RequestException as error:
            raise VerificationError(f"the API does not answer: {error}") from error

    def _headers(self, path: str) -> dict[str, str]:
        if self._access == "public":
            return {}
        if self._access == "jwt":
            return {"Authorization": f"Bearer {self._token}"}
        request = AWSRequest("GET", self._url + path)
        SigV4Auth(self._credentials, "execute-api", self._region).add_auth(request)
        return dict(request.headers)


class EndToEndCheck:
    """Follows one sample photo through a deployment. Each step returns its result, or raises VerificationError."""

    def __init__(self, stack: Stack, s3: Any, api: ApiClient, graph: TypeGraph) -> None:
        self._access, self._bucket = stack.parameters["ApiAccess"], stack.outputs["BucketName"]
        self._s3, self._api, self._graph = s3, api, graph
        self._name = uuid.uuid4().hex
        self._key = f"uploads/verify/{self._name}.jpg"
        self._id = photo_id(self._bucket, self._key)
        self._photo: dict[str, Any] = {}

    def run(self, done: Callable[[str, str, float], None]) -> None:
        """Run all steps; `done` gets each with its result and its seconds. Raises VerificationError."""

        def step(what: str, work: Callable[[], str]) -> None:
            began = time.monotonic()
            try:
                result = work()
            except (BotoCoreError, ClientError, requests.RequestException) as error:
                raise VerificationError(f"{what}: {error}") from error
            done(what, result, time.monotonic() - began)

        step("no credentials", self._refuse_without_credentials)
        step("stores", self._check_stores)
        step("upload", self._upload)
        try:
            step("classify", self._wait_until_classified)
            step("search", self._search)
            step("type graph", self._check_graph)
            step("download", self._download)
        finally:
            step("delete", self._delete)
        step("gone", self._wait_until_gone)

    def _refuse_without_credentials(self) -> str:
        reading, writing = {"iam": (403, 403), "jwt": (401, 401), "public": (200, 403)}[self._access]
        # Should the second be accepted, it only creates an upload form that is never used.
        for method, path, body, expected in (
            ("GET", "/types", None, reading),
            ("POST", "/uploads", {"name": "verify.jpg"}, writing),
        ):
            status = self._api.status_without_credentials(method, path, body)
            if status != expected:
                raise VerificationError(
                    f"{method} {path} without credentials was answered {status}; "
                    f"with ApiAccess {self._access} it should be {expected}"
                )
        return f"reading: {reading}, writing: {writing}, as expected with ApiAccess {self._access}"

    def _check_stores(self) -> str:
        stores = self._api.json("/health")["stores"]
        return ", ".join(f"{name} {one['state']}, {one['latency_ms']:.0f} ms" for name, one in stores.items())

    def _upload(self) -> str:
        with tempfile.TemporaryDirectory() as folder:
            shirt = next(file for file in draw_samples(Path(folder)) if file.name == "shirt.jpg")
            self._s3.put_object(Bucket=self._bucket, Key=self._key, Body=shirt.read_bytes())
        return f"s3://{self._bucket}/{self._key}"

    def _wait_until_classified(self) -> str:
        path = f"/photos/{self._id}"

        def is_there() -> bool:
            answer = self._api.get(path)
            if not answer.ok and answer.status_code != requests.codes.not_found:
                raise VerificationError(f"GET {path} answered {answer.status_code}: {answer.text[:300]}")
            self._photo = answer.json() if answer.ok else {}
            return answer.ok

        _wait_for(is_there, "the sample was not classified: see classify's log and the dead-letter queue")
        if self._photo["status"] != "classified":
            raise VerificationError(f"the sample was rejected: {self._photo.get('detail')}")
        return ", ".join(f"{name} {value:.2f}" for name, value in list(self._photo["types"].items())[:3])

    def _search(self) -> str:
        path = f"/search?type={self._best}&q=%22{self._name}%22"
        _wait_for(lambda: bool(self._api.json(path)["photos"]), f"GET {path} does not find the sample")
        return f"found by its type, {self._best}, and by its name"

    def _check_graph(self) -> str:
        path = f"/search?type={self._best}&limit=1"
        _wait_for(lambda: self._graph.types_of(self._id) == self._photo["types"], "the type graph lacks the sample")
        _wait_for(
            lambda: bool(self._api.json(path)["backend"] == "tigergraph"), "searches are not answered by TigerGraph"
        )
        return "holds the sample's types, and answers searches"

    def _download(self) -> str:
        answer = requests.get(self._photo["url"], timeout=30)
        if not answer.ok:
            raise VerificationError(f"the photo's presigned URL answered {answer.status_code}: {answer.text[:300]}")
        return f"{len(answer.content):,} bytes from the presigned URL"

    def _delete(self) -> str:
        self._s3.delete_object(Bucket=self._bucket, Key=self._key)
        return "the object"

    def _wait_until_gone(self) -> str:
        def is_gone() -> bool:
            status = self._api.get(f"/photos/{self._id}").status_code
            return status == requests.codes.not_found and not self._graph.types_of(self._id)

        _wait_for(is_gone, "the sample was deleted but is still found")
        return "in the API and in the type graph"

    @property
    def _best(self) -> str:
        return str(next(iter(self._photo["types"])))


def _wait_for(condition: Callable[[], bool], otherwise: str, poll_s: float = 0.5) -> None:
    deadline = time.monotonic() + PATIENCE_S
    cause = ""
    while True:
        try:
            if condition():
                return
        except TypeGraphUnavailable as error:  # it may be starting
            cause = f": {error}"
        if time.monotonic() > deadline:
            raise VerificationError(f"{otherwise} (waited {PATIENCE_S} s){cause}")
        time.sleep(poll_s)


@click.command("verify", help=__doc__)
@click.option("--stack", "stack_name", metavar="NAME", required=True, help="Name of the deployed stack.")
@click.option("--token", help="Access token for the API, where ApiAccess is jwt.")
def command(stack_name: str, token: str | None) -> None:
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=120)
    table = Table(box=box.SIMPLE_HEAD)
    for column in ("step", "result", "seconds"):
        table.add_column(column, justify="right" if column == "seconds" else "left")

    def done(what: str, result: str, seconds: float) -> None:
        table.add_row(what, escape(result), f"{seconds:.1f}")

    stack = read_stack(stack_name)
    api = ApiClient(stack, token)
    credentials = find_credentials(stack.outputs["StoresSecretArn"])
    graph = stack.parameters["TigergraphGraph"]
    began = time.monotonic()
    provision(credentials, stack.parameters["MongodbDatabase"], graph, console.print)
    done("provision", "both stores", time.monotonic() - began)
    type_graph = connect_type_graph(
        credentials.tigergraph_host, graph, credentials.tigergraph_secret, timeout_s=10, retries=2
    )
    with Live(table, console=console, vertical_overflow="visible"):  # shows each step as soon as it is done
        EndToEndCheck(stack, aws_client("s3"), api, type_graph).run(done)
    console.print(f"{stack_name} works.")
