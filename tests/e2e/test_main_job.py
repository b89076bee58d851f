"""The main job on the local cloud: a photo put into the bucket is found by search."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests

from model.predict import predict
from photo_library.photo import TYPES
from photo_library.type_graph.tigergraph import connect_type_graph
from tests.support.site import Site, wait_for


def test_every_sample_gets_the_types_that_prediction_gives_and_is_found_by_them(
    site: Site, prefix: str, samples: list[Path], model: Any
) -> None:
    ids = {sample: site.put(f"{prefix}/{sample.name}", sample.read_bytes()) for sample in samples}
    for sample, id_ in ids.items():
        photo = site.photo(id_)
        expected = {name: value for name, value in predict(model, sample.read_bytes()).items() if value >= 0.1}
        # A batch may differ from a single photo in the last digit.
        assert photo["types"] == pytest.approx(expected, abs=2e-4)
        assert photo["title"] == sample.name
        assert photo["size"] == sample.stat().st_size
        assert (photo["width"], photo["height"]) == (480, 480)
    for name in TYPES:
        expected_ids = {id_ for id_ in ids.values() if site.photo(id_)["types"].get(name, 0) >= 0.5}
        wait_for(partial(_finds, site, name, expected_ids))


def _finds(site: Site, type_name: str, ids: set[str]) -> bool:
    return ids <= site.found_by(type_name, 0.5)


def test_both_stores_hold_the_same_types(site: Site, prefix: str, shirt: bytes) -> None:
    id_ = site.put(f"{prefix}/shirt.jpg", shirt)
    photo = site.photo(id_)
    cloud = site.cloud
    graph = connect_type_graph(
        cloud.credentials.tigergraph_host, cloud.graph_name, cloud.credentials.tigergraph_secret, timeout_s=5, retries=0
    )
    assert wait_for(lambda: graph.types_of(id_)) == photo["types"]


def test_the_presigned_url_gives_the_photo(site: Site, prefix: str, shirt: bytes) -> None:
    photo = site.photo(site.put(f"{prefix}/shirt.jpg", shirt))
    assert requests.get(photo["url"], timeout=10).content == shirt


@pytest.mark.parametrize("name", ["a b.jpg", "a+b.jpg", "100%.jpg", "grün 👕.jpg", "a&b=c?.jpg"])
def test_a_key_may_hold_any_character(site: Site, prefix: str, shirt: bytes, name: str) -> None:
    assert site.photo(site.put(f"{prefix}/{name}", shirt))["title"] == name


@pytest.mark.parametrize("name", ["./dot.jpg", "a/../up.jpg", "a//b.jpg", "%2e%2e/%41.jpg"])
def test_whatever_the_key_the_photo_has_a_thumbnail_and_can_be_downloaded(
    site: Site, prefix: str, shirt: bytes, name: str
) -> None:
    photo = site.photo(site.put(f"{prefix}/{name}", shirt))
    assert requests.get(photo["thumbnail_url"], timeout=10).headers["Content-Type"] == "image/webp"
    for url in (photo["url"], photo["download_url"]):
        assert requests.get(url, timeout=10).content == shirt


def test_a_title_given_with_the_upload_is_shown(site: Site, prefix: str, shirt: bytes) -> None:
    assert site.photo(site.put(f"{prefix}/x.jpg", shirt, Metadata={"title": "My shirt"}))["title"] == "My shirt"


def test_what_is_no_picture_is_shown_as_rejected(site: Site, prefix: str) -> None:
    photo = site.photo(site.put(f"{prefix}/text.jpg", b"hello"))
    assert (photo["status"], photo["reason"]) == ("rejected", "unsupported_format")


def test_a_deleted_photo_is_gone_from_both_stores(site: Site, prefix: str, shirt: bytes) -> None:
    id_ = site.put(f"{prefix}/shirt.jpg", shirt)
    (best, *_) = site.photo(id_)["types"]
    wait_for(lambda: id_ in site.found_by(best))
    site.delete(f"{prefix}/shirt.jpg")
    wait_for(lambda: site.get(f"/photos/{id_}").status_code == 404)
    wait_for(lambda: id_ not in site.found_by(best))


def test_an_undeleted_photo_is_back(site: Site, prefix: str, shirt: bytes) -> None:
    id_ = site.put(f"{prefix}/shirt.jpg", shirt)
    (best, *_) = site.photo(id_)["types"]
    key = f"uploads/{prefix}/shirt.jpg"
    marker = site.s3.delete_object(Bucket=site.cloud.bucket, Key=key)["VersionId"]
    wait_for(lambda: site.get(f"/photos/{id_}").status_code == 404)
    site.s3.delete_object(Bucket=site.cloud.bucket, Key=key, VersionId=marker)
    photo = site.photo(id_)
    wait_for(lambda: id_ in site.found_by(best))
    assert requests.get(photo["url"], timeout=10).content == shirt


def test_an_overwritten_photo_has_the_new_types_alone(site: Site, prefix: str, shirt: bytes) -> None:
    id_ = site.put(f"{prefix}/x.jpg", shirt)
    (best, *_) = site.photo(id_)["types"]
    wait_for(lambda: id_ in site.found_by(best))
    site.put(f"{prefix}/x.jpg", b"no longer a picture")
    site.photo(id_, until=lambda photo: photo["status"] == "rejected")
    wait_for(lambda: id_ not in site.found_by(best))


def test_types_counts_photos(site: Site, prefix: str, shirt: bytes) -> None:
    (best, *_) = site.photo(site.put(f"{prefix}/1.jpg", shirt))["types"]

    def count() -> Any:
        answer = site.get("/types?min_probability=0.01").json()
        assert [one["type"] for one in answer["types"]] == list(TYPES)
        return sum(one["photos"] for one in answer["types"] if one["type"] == best)

    before = wait_for(count)
    site.put(f"{prefix}/2.jpg", shirt)
    wait_for(lambda: count() == before + 1)


def test_a_problem_is_problem_json_over_http(site: Site) -> None:
    answer = site.get("/search?type=Hat")
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+json")
    assert (answer.json()["parameter"], answer.json()["allowed"]) == ("type", list(TYPES))


@pytest.mark.parametrize(
    ("request_", "status", "allow"),
    [
        ("POST /search", 405, "GET"),
        ("HEAD /search", 405, "GET"),
        ("TRACE /search", 405, "GET"),
        ("PROPFIND /types", 405, "GET"),
        ("QUERY /photos/x", 405, "GET, DELETE"),
        ("GET /nothing", 404, None),
        ("GET /search/", 404, None),
        ("LOCK /nothing", 404, None),
    ],
)
def test_what_no_route_takes_is_a_problem_too(site: Site, request_: str, status: int, allow: str | None) -> None:
    method, path = request_.split()
    answer = requests.request(method, site.cloud.api_url + path, timeout=30)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")
    assert answer.headers.get("Allow") == allow
    assert (answer.text == "") if method == "HEAD" else (answer.json()["status"] == status)


def test_s3s_test_event_and_nonsense_do_not_stop_the_queue(site: Site, prefix: str, shirt: bytes) -> None:
    sqs = site.cloud.client("sqs")
    queue = site.cloud.queue_urls["IngestQueue"]
    sqs.send_message(QueueUrl=queue, MessageBody=json.dumps({"Event": "s3:TestEvent"}))
    sqs.send_message(QueueUrl=queue, MessageBody="nonsense")
    site.photo(site.put(f"{prefix}/shirt.jpg", shirt))
    dead = site.cloud.queue_urls["IngestDeadLetterQueue"]

    def dead_letters() -> list[str]:
        received = sqs.receive_message(QueueUrl=dead, MaxNumberOfMessages=10, VisibilityTimeout=0)
        return [message["Body"] for message in received.get("Messages", [])]

    assert wait_for(dead_letters) == ["nonsense"]  # after the five tries that the template allows


def test_the_functions_run_what_the_template_says(site: Site, prefix: str, shirt: bytes) -> None:
    site.photo(site.put(f"{prefix}/shirt.jpg", shirt))
    log = site.cloud.logs / "ClassifyFunction.log"
    assert "handler=classify.app.handler" in log.read_text()
    wait_for(lambda: "Memory Size: 2048 MB" in log.read_text())
