"""`POST /classify`: what is answered about a picture in a request, and that nothing of it remains."""

import base64
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from classify.describe import describe
from classify.image import decode
from classify.photos import classified, decoded
from classify.recognition import model_input, recognized
from classify.saved_model import SavedModel
from infra.local.template import ROOT
from infra.reference.openapi import OPENAPI
from photo_library.bucket.port import FetchedObject
from photo_library.errors import PhotoRejected
from photo_library.events import parse_events
from photo_library.formats import CONTENT_TYPES, FORMATS, MAX_BYTES_IN_REQUEST
from photo_library.likeness import Look, from_text, likeness
from photo_library.photo import REASONS
from tests.support.api import check_described
from tests.support.examples import NOON, a_picture, an_event

MIN_PROBABILITY = 0.1


def a_request(picture: bytes, **changes: Any) -> dict[str, Any]:
    """An HTTP API event whose body is a picture, as API Gateway makes it."""
    request = {"routeKey": "POST /classify", "rawQueryString": "", "isBase64Encoded": bool(picture)}
    return request | ({"body": base64.b64encode(picture).decode()} if picture else {}) | changes


def described(event: dict[str, Any], model: SavedModel, **options: Any) -> tuple[int, Any]:
    """Status and content of an answer that is as openapi.json says."""
    answer = describe(event, model, MIN_PROBABILITY, **options)
    content = json.loads(answer["body"])
    check_described("POST", "/classify", answer["statusCode"], content)
    responses = json.loads(OPENAPI.read_text())["paths"]["/classify"]["post"]["responses"]
    expected = responses[str(answer["statusCode"])]
    assert answer["headers"]["Content-Type"] in expected["content"]
    assert answer["headers"]["Cache-Control"] == expected["headers"]["Cache-Control"]["schema"]["const"]
    assert answer["isBase64Encoded"] is False
    return answer["statusCode"], content


def test_a_picture_shows_what_the_same_upload_shows(model: SavedModel, samples: list[Path]) -> None:
    for sample in samples:
        data = sample.read_bytes()
        (event,) = parse_events(an_event())
        fetched = FetchedObject(data=data, size=len(data), etag="etag", modified=NOON)
        (photo,) = classified([decoded(event, fetched, decode(data), model)], model, MIN_PROBABILITY)
        status, content = described(a_request(data), model)
        assert status == 200
        assert (content["types"], tuple(content["colors"])) == (dict(photo.types), photo.colors), sample
        assert (content["format"], content["width"], content["height"]) == (photo.format, photo.width, photo.height)
        look = from_text(content["embedding"])
        assert look == Look(model.version, photo.look)
        assert likeness(look.vector, photo.look) == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("format_", FORMATS, ids=lambda one: one.code)
def test_every_format_that_can_be_uploaded_can_be_sent(model: SavedModel, format_: Any) -> None:
    status, content = described(a_request(a_picture(format_.code, size=(300, 200))), model)
    assert (status, content["format"], content["width"], content["height"]) == (200, format_.code, 300, 200)
    assert content["colors"] == ["red"]


def test_an_incomplete_picture_is_described_as_far_as_it_goes(model: SavedModel, samples: list[Path]) -> None:
    shirt = next(sample for sample in samples if sample.name == "shirt.jpg").read_bytes()
    whole, cut = (described(a_request(data), model) for data in (shirt, shirt[:-33]))
    assert "truncated" not in whole[1]
    assert (cut[0], cut[1]["truncated"]) == (200, True)
    assert cut[1]["types"].keys() == whole[1]["types"].keys()


def test_the_largest_picture_is_read_and_a_larger_one_is_not(model: SavedModel) -> None:
    sizes = []

    def note(data: bytes) -> Any:
        sizes.append(len(data))
        raise PhotoRejected("damaged", "enough is known")

    assert described(a_request(b"x" * MAX_BYTES_IN_REQUEST), model, decode=note)[0] == 422
    for more in (1, 2, 3, 1000):
        status, content = described(a_request(b"x" * (MAX_BYTES_IN_REQUEST + more)), model, decode=note)
        assert (status, content["reason"], content["allowed"]) == (413, "too_large", {"maximum": MAX_BYTES_IN_REQUEST})
        assert f"{MAX_BYTES_IN_REQUEST + more:,} bytes; the limit is {MAX_BYTES_IN_REQUEST:,}" in content["detail"]
    assert sizes == [MAX_BYTES_IN_REQUEST]


def test_what_can_be_sent_fits_into_what_lambda_takes() -> None:
    encoded = 4 * -(-MAX_BYTES_IN_REQUEST // 3)
    assert encoded + 100_000 < 6 * 2**20


@pytest.mark.parametrize(
    ("event", "status", "reason"),
    [
        (a_request(b""), 400, "empty"),
        (a_request(b"no picture at all"), 415, "unsupported_format"),
        (a_request(b"x", body="no picture", isBase64Encoded=False), 415, "unsupported_format"),
        (a_request(b"--form\r\n\r\n" + a_picture("JPEG")), 415, "unsupported_format"),
        (a_request(a_picture("JPEG")[:200]), 422, "damaged"),
        (a_request(a_picture("PNG", mode="1", color=0, size=(9000, 8000))), 422, "too_many_pixels"),
    ],
)
def test_anything_else_is_refused_with_the_reason(
    model: SavedModel, event: dict[str, Any], status: int, reason: str
) -> None:
    found, content = described(event, model)
    assert (found, content["reason"], content["parameter"]) == (status, reason, "body")
    assert reason in REASONS
    if status == 415:
        assert content["allowed"] == list(CONTENT_TYPES)
    else:
        assert content["detail"] == REASONS[reason]


def test_a_parameter_is_refused(model: SavedModel) -> None:
    status, content = described(a_request(a_picture(), rawQueryString="like=x"), model)
    assert (status, content["allowed"]) == (400, [])
    assert "no parameters" in content["detail"]


def test_nothing_of_a_picture_is_logged_or_measured(
    model: SavedModel, samples: list[Path], capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    for data in (samples[0].read_bytes(), samples[0].read_bytes()[:100], b"no picture"):
        described(a_request(data), model)
    assert capfd.readouterr() == ("", "")
    assert not caplog.records


def test_types_below_the_limit_are_left_out(model: SavedModel, samples: list[Path]) -> None:
    data = samples[0].read_bytes()
    (shows,) = recognized([model_input(decode(data), model)], model)
    assert len(shows.types) == 10
    types = described(a_request(data), model)[1]["types"]
    assert types == {name: value for name, value in shows.types.items() if value >= MIN_PROBABILITY}


def test_it_starts_without_what_reaches_the_stores() -> None:
    script = (
        "import sys, classify.describe_app\n"
        "stores = ('boto3', 'pymongo', 'pyTigerGraph', 'urllib3', 'requests')\n"
        "print([name for name in stores if name in sys.modules])"
    )
    variables = {"MODEL_DIR": str(ROOT / "model"), "MIN_PROBABILITY": "0.1", "POWERTOOLS_METRICS_NAMESPACE": "test"}
    path = f"{ROOT / 'functions'}:{ROOT / 'layers' / 'photo_library'}"
    answer = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | variables | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.stdout == "[]\n", answer.stderr
