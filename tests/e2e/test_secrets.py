"""Nothing that is nobody's business gets into a log or an answer: credentials, and where a photo was taken.

A function that works has no reason to speak of its credentials, so each is also started where they do not: with
stores that are away, that refuse them, and with a URI that cannot be read.
"""

import base64
import io
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
import requests
from PIL import ExifTags, Image
from pymongo import MongoClient

from infra.local.cloud import AWS_CREDENTIALS
from infra.local.functions import Environment, InvocationError
from photo_library.settings import StoreCredentials
from tests.support.lambda_events import BUCKET, search_request, upload
from tests.support.site import Site, wait_for

MAKER = "Kamera-4711-of-somebody"  # in the EXIF data, as a serial number would be
LATITUDE = (47.0, 22.0, 41.5678)  # degrees, minutes, seconds
TAKEN = "2024:05:17 18:30:00"
SECRET = "S3cr3t+word"  # in each credential that does not work
# Where its slash is not escaped, the digits are taken for a port, and what follows for the name of a database.
PASSWORD = f"4711/{SECRET}"


@pytest.fixture(scope="module")
def geotagged(shirt: bytes) -> bytes:
    """A photo that says where and with what it was taken."""
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = MAKER
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = TAKEN
    exif.get_ifd(ExifTags.IFD.GPSInfo).update({ExifTags.GPS.GPSLatitudeRef: "N", ExifTags.GPS.GPSLatitude: LATITUDE})
    file = io.BytesIO()
    Image.open(io.BytesIO(shirt)).save(file, "JPEG", exif=exif)
    assert MAKER.encode() in file.getvalue()
    return file.getvalue()


@pytest.fixture(scope="module")
def answers_and_logs(site: Site, geotagged: bytes) -> str:
    """All answers and all logs, after a photo has come, been looked at in every way, and gone, and after errors."""
    key = "secrets/geotagged.jpg"
    photo = site.photo(site.put(key, geotagged))
    wait_for(lambda: photo["id"] in site.found_by("Shirt"))
    paths = [f"/photos/{photo['id']}", "/search?type=Shirt", "/search?q=geotagged", "/types", "/health"]
    paths += [f"/photos/{photo['id']}/related", "/openapi.json", "/docs", "/"]
    paths += ["/search?type=Hat", "/search?cursor=x&type=Shirt", "/photos/0", "/nowhere"]
    answers = [site.get(path).text for path in paths]
    types = f"{site.cloud.api_url}/photos/{photo['id']}/types"
    for method, url, body in (
        ("PUT", types, {"types": ["Bag"]}),
        ("PUT", types, {"types": ["Hat"]}),
        ("POST", f"{site.cloud.api_url}/uploads", {"name": "shirt.jpg", "title": "My shirt"}),
        ("POST", f"{site.cloud.api_url}/uploads", {}),
    ):
        answers.append(requests.request(method, url, json=body, timeout=30).text)
    for picture in (geotagged, geotagged[:3000], b"no picture"):
        answers.append(requests.post(f"{site.cloud.api_url}/classify", picture, timeout=30).text)
    site.put("secrets/damaged.jpg", geotagged[:3000])
    site.cloud.client("sqs").send_message(QueueUrl=site.cloud.queue_urls["IngestQueue"], MessageBody="nonsense")
    site.cloud.functions["ReconcileFunction"].invoke({})
    site.delete(key)
    wait_for(lambda: site.get(f"/photos/{photo['id']}").status_code == 404)
    log = site.cloud.logs / "ClassifyFunction.log"
    wait_for(lambda: "the message will be redelivered" in log.read_text())
    return "\n".join([*answers, *(file.read_text() for file in logs(site))])


def logs(site: Site) -> list[Path]:
    files = sorted(site.cloud.logs.glob("*Function.log"))
    assert len(files) == 4
    return files


def encoded(secret: str, *before: str) -> set[str]:
    """A secret as it may be written, `before` being what it is sent behind."""
    several = [secret, *(f"{one}:{secret}" for one in before)]
    return {secret, quote(secret, safe=""), *(base64.b64encode(one.encode()).decode() for one in several)}


def test_no_credential_is_answered_or_logged(site: Site, answers_and_logs: str) -> None:
    credentials = site.cloud.credentials
    hidden = encoded(credentials.tigergraph_secret, "__GSQL__secret")
    hidden |= encoded(AWS_CREDENTIALS["AWS_SECRET_ACCESS_KEY"])
    user = urlsplit(credentials.mongodb_uri)
    hidden |= encoded(user.password, user.username or "") if user.password else set()
    assert min(map(len, hidden)) > 10
    assert not [one for one in hidden if one in answers_and_logs]
    assert not re.search(r"mongodb(\+srv)?://[^\s\"']*:[^\s\"']*@", answers_and_logs)
    assert "TIGERGRAPH_SECRET" not in answers_and_logs


def test_what_was_looked_for_by_likeness_is_in_no_log_and_no_store(site: Site, shirt: bytes) -> None:
    photo = site.photo(site.put("secrets/liked.jpg", shirt))
    before = {log.name: log.stat().st_size for log in site.cloud.logs.glob("*Function.log")}

    def logged() -> str:
        """What the functions that look for photos have logged since."""
        files = {log.name: log.read_bytes() for log in site.cloud.logs.glob("*Function.log")}
        others = files.keys() - {"ClassifyFunction.log", "ReconcileFunction.log"}
        return "".join(files[name][before.get(name, 0) :].decode() for name in others)

    embedding = requests.post(f"{site.cloud.api_url}/classify", shirt, timeout=30).json()["embedding"]
    for like in (embedding, photo["id"], embedding[:-1], "f" * 24):
        site.get(f"/search?like={like}&type=Shirt&facets=true&duplicates=hide")
    # Named, since other tests may have uploaded the same picture, more often than a page has photos.
    found = site.get(f"/search?like={embedding}&q=liked").json()
    assert photo["id"] in [one["id"] for one in found["photos"]]
    assert site.get(f"/photos/{photo['id']}/related").ok
    requests.post(f"{site.cloud.api_url}/nowhere?like={embedding}", timeout=30)
    site.get("/health")
    wait_for(lambda: "GET /health" in logged())
    assert not [one for one in (embedding[:60], photo["id"], "f" * 24, "like=") if one in logged()]
    with MongoClient[dict[str, Any]](site.cloud.credentials.mongodb_uri) as client:
        for name in client.list_database_names():
            if name not in ("admin", "config", "local"):
                for collection in client[name].list_collection_names():
                    assert not [one for one in client[name][collection].find() if embedding[:60] in str(one)]


@pytest.fixture(scope="module")
def broken(site: Site) -> dict[str, StoreCredentials]:
    """Credentials that do not work, by what is wrong with them."""
    right = site.cloud.credentials
    mongod = urlsplit(right.mongodb_uri)
    address = mongod.netloc.rpartition("@")[2]
    away = replace(
        right, mongodb_uri=f"mongodb://user:{quote(PASSWORD, safe='')}@127.0.0.1:1/", tigergraph_secret=SECRET
    )
    refused = mongod._replace(netloc=f"user:{quote(PASSWORD, safe='')}@{address}").geturl()
    return {
        "MongoDB is away": away,
        "MongoDB refuses them": replace(away, mongodb_uri=refused),
        "the URI cannot be read": replace(away, mongodb_uri=f"mongodb://user:{PASSWORD}@127.0.0.1:1/"),
        "TigerGraph refuses them": replace(right, tigergraph_secret=SECRET),
    }


@pytest.fixture(scope="module")
def messages_when_broken(
    site: Site, broken: dict[str, StoreCredentials], shirt: bytes, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[tuple[str, str], str]]:
    """Answer and log of one invocation of each function with each of them, by both."""
    folder, database = tmp_path_factory.mktemp("broken"), f"{site.cloud.database}_broken"
    one_at_a_time = Lock()
    site.s3.create_bucket(Bucket=BUCKET)
    events = {
        "classify": upload(site.cloud, "secrets", [shirt]),
        "search": search_request("type=Shirt"),
        "reconcile": {},
    }
    for what, credentials in broken.items():
        content = {name.upper(): value for name, value in asdict(credentials).items()}
        site.cloud.client("secretsmanager").create_secret(Name=what, SecretString=json.dumps(content))

    def invoked(what: str, function: str, event: dict[str, Any]) -> str:
        log = folder / f"{what} {function}.log"
        environ = site.cloud.functions[f"{function.title()}Function"].environ
        # Reconcile waits for a graph as long as its own time allows: here, once.
        own = {"STORES_SECRET": what, "MONGODB_DATABASE": database, "AWS_LAMBDA_FUNCTION_TIMEOUT": "90"}
        with one_at_a_time:  # each takes ports that were free a moment ago
            environment = Environment(function, f"{function}.app.handler", environ | own, log)
        try:
            answer = json.dumps(environment.invoke(event, timeout_s=300))
        except InvocationError as error:
            answer = str(error)
        finally:
            environment.stop()
        return answer + log.read_text()

    with ThreadPoolExecutor(6) as pool:  # they mostly wait for a server
        done = {
            (what, function): pool.submit(invoked, what, function, event)
            for what in broken
            for function, event in events.items()
        }
    yield {which: one.result() for which, one in done.items()}
    with MongoClient[dict[str, Any]](site.cloud.credentials.mongodb_uri) as client:
        client.drop_database(database)


def test_no_credential_is_answered_or_logged_by_a_function_whose_stores_fail(
    messages_when_broken: dict[tuple[str, str], str],
) -> None:
    hidden = encoded(SECRET, "__GSQL__secret") | encoded(PASSWORD, "user")
    hidden |= encoded(AWS_CREDENTIALS["AWS_SECRET_ACCESS_KEY"])
    for which, text in messages_when_broken.items():
        assert not [one for one in hidden if one in text], which
        assert SECRET[:6] not in text, which  # however the rest of it was changed


@pytest.mark.parametrize(
    ("what", "function", "of_it"),
    [
        *(("MongoDB is away", function, "Connection refused") for function in ("classify", "reconcile")),
        *(("MongoDB refuses them", function, "Authentication failed") for function in ("classify", "reconcile")),
        *(
            ("the URI cannot be read", function, "MONGODB_URI cannot be read")
            for function in ("classify", "search", "reconcile")
        ),
        ("TigerGraph refuses them", "classify", "TypeGraphUnavailable"),
        ("TigerGraph refuses them", "reconcile", "skipped, the type graph is unavailable: TigerGraph: ('Auth"),
        ("MongoDB is away", "search", '"statusCode": 503'),
        ("MongoDB refuses them", "search", '"statusCode": 503'),
        ("TigerGraph refuses them", "search", r"\"backend\": \"mongodb\""),
    ],
)
def test_they_fail_for_that_reason(
    messages_when_broken: dict[tuple[str, str], str], what: str, function: str, of_it: str
) -> None:
    assert of_it in messages_when_broken[what, function]


def test_where_and_with_what_a_photo_was_taken_is_not_told(answers_and_logs: str) -> None:
    assert MAKER not in answers_and_logs
    assert "GPSLatitude" not in answers_and_logs
    for part in ("41.5678", "47.378", "(47.0, 22.0"):  # as it is stored, and in decimal degrees
        assert part not in answers_and_logs


def test_when_a_photo_was_taken_is_told(answers_and_logs: str) -> None:
    assert '"taken_at":"2024-05-17T18:30:00"' in answers_and_logs.replace('": "', '":"')
