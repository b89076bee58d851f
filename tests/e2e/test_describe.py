"""`POST /classify` through the API and Lambda's own runtime: what is answered, and that nothing of it is kept."""

import base64
import io

import jsonschema
import pytest
import requests
from PIL import ExifTags, Image

from photo_library.formats import FORMATS, MAX_BYTES_IN_REQUEST
from photo_library.likeness import from_text
from search.operations import REFUSAL
from tests.support.api import check_described
from tests.support.examples import a_picture
from tests.support.site import Site

WORDS = "Bought-in-Lisbon-1987"  # in the picture's EXIF data


def classify(site: Site, data: bytes, content_type: str = "image/jpeg") -> requests.Response:
    """The answer, which is as openapi.json says."""
    headers = {"Content-Type": content_type}
    answer = requests.post(f"{site.cloud.api_url}/classify", data, headers=headers, timeout=60)
    check_described("POST", "/classify", answer.status_code, answer.json())
    return answer


def saved(data: bytes, format_: str, **save: object) -> bytes:
    """The picture in another format."""
    with io.BytesIO() as file:
        Image.open(io.BytesIO(data)).save(file, format_, **save)
        return file.getvalue()


@pytest.mark.parametrize("format_", FORMATS, ids=lambda one: one.code)
def test_a_picture_is_described_in_every_format(site: Site, shirt: bytes, format_: object) -> None:
    code, content_types = format_.code, format_.content_types  # type: ignore[attr-defined]
    answer = classify(site, saved(shirt, code), next(iter(content_types)))
    assert answer.status_code == 200, answer.text
    assert (answer.json()["format"], next(iter(answer.json()["types"]))) == (code, "Shirt")
    assert from_text(answer.json()["embedding"])


def test_an_incomplete_picture_is_described_as_far_as_it_goes(site: Site, shirt: bytes) -> None:
    answer = classify(site, shirt[:-33]).json()
    assert (answer["truncated"], next(iter(answer["types"]))) == (True, "Shirt")


def test_the_same_file_uploaded_shows_the_same(site: Site, shirt: bytes, prefix: str) -> None:
    photo = site.photo(site.put(f"{prefix}/shirt.jpg", shirt))
    answer = classify(site, shirt).json()
    assert (photo["types"], photo["colors"]) == (answer["types"], answer["colors"])


@pytest.mark.parametrize(
    ("data", "status", "reason"),
    [
        (b"", 400, "empty"),
        (b"no picture", 415, "unsupported_format"),
        (a_picture("JPEG")[:200], 422, "damaged"),
        (bytes(MAX_BYTES_IN_REQUEST), 415, "unsupported_format"),
        (bytes(MAX_BYTES_IN_REQUEST + 1), 413, "too_large"),
    ],
    ids=lambda one: one if isinstance(one, (str, int)) else f"{len(one)} bytes",
)
def test_anything_else_is_refused_with_the_reason(site: Site, data: bytes, status: int, reason: str) -> None:
    answer = classify(site, data)
    assert (answer.status_code, answer.json()["reason"]) == (status, reason)
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_what_lambda_would_not_take_is_refused_by_the_api(site: Site) -> None:
    answer = requests.post(f"{site.cloud.api_url}/classify", bytes(5_000_000), timeout=60)
    assert answer.status_code == 413
    jsonschema.validate(answer.json(), REFUSAL)


def test_other_methods_are_told_which_one_there_is(site: Site) -> None:
    answer = requests.get(f"{site.cloud.api_url}/classify", timeout=30)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


def test_nothing_of_a_picture_is_kept(site: Site, shirt: bytes) -> None:
    """Neither in the bucket nor in a log of a function or of the API: not the bytes, not what they show."""
    exif = Image.Exif()
    exif[ExifTags.Base.ImageDescription] = WORDS
    picture = saved(shirt, "JPEG", exif=exif)
    assert WORDS.encode() in picture
    objects = {one["Key"] for one in site.s3.list_objects_v2(Bucket=site.cloud.bucket).get("Contents", [])}

    answers = [classify(site, picture).json(), classify(site, picture[:-33]).json()]
    assert classify(site, picture[:300]).status_code == 422

    log = (site.cloud.logs / "DescribeFunction.log").read_text()
    assert '"route":"POST /classify"' in log  # it does log
    encoded = base64.b64encode(picture).decode()
    hidden = [WORDS, encoded[:40], encoded[400:440], *(answer["embedding"] for answer in answers)]
    logs = "".join(file.read_text() for file in site.cloud.logs.glob("*.log"))
    assert not [one for one in hidden if one in logs]
    assert not [one for one in ("Shirt", "blue", "white") if one in log]
    now = {one["Key"] for one in site.s3.list_objects_v2(Bucket=site.cloud.bucket).get("Contents", [])}
    assert now == objects
