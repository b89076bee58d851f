"""Nothing that is nobody's business gets into a log or an answer: credentials, and where a photo was taken."""

import base64
import io
import os
import re
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from PIL import ExifTags, Image

from tests.e2e.conftest import Site, wait_for

MAKER = "Kamera-4711-of-somebody"  # in the EXIF data, as a serial number would be
LATITUDE = (47.0, 22.0, 41.5678)  # degrees, minutes, seconds


@pytest.fixture(scope="module")
def geotagged(shirt: bytes) -> bytes:
    """A photo that says where and with what it was taken."""
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = MAKER
    exif.get_ifd(ExifTags.IFD.GPSInfo).update({ExifTags.GPS.GPSLatitudeRef: "N", ExifTags.GPS.GPSLatitude: LATITUDE})
    file = io.BytesIO()
    Image.open(io.BytesIO(shirt)).save(file, "JPEG", exif=exif)
    assert MAKER.encode() in file.getvalue()
    return file.getvalue()


@pytest.fixture(scope="module")
def said(site: Site, geotagged: bytes) -> str:
    """All answers and all logs, after a photo has come, been looked at in every way, and gone, and after errors."""
    key = "secrets/geotagged.jpg"
    photo = site.photo(site.put(key, geotagged))
    wait_for(lambda: photo["id"] in site.found_by("Shirt"))
    paths = [f"/photos/{photo['id']}", "/search?type=Shirt", "/search?q=geotagged", "/types", "/health"]
    paths += ["/search?type=Hat", "/search?cursor=x&type=Shirt", "/photos/0", "/nowhere"]
    answers = [site.get(path).text for path in paths]
    site.put("secrets/damaged.jpg", geotagged[:3000])
    site.cloud.client("sqs").send_message(QueueUrl=site.cloud.queue_urls["IngestQueue"], MessageBody="nonsense")
    site.cloud.functions["ReconcileFunction"].invoke({})
    site.delete(key)
    wait_for(lambda: site.get(f"/photos/{photo['id']}").status_code == 404)
    log = site.cloud.logs / "ClassifyFunction.log"
    wait_for(lambda: "the message will come again" in log.read_text())
    return "\n".join([*answers, *(file.read_text() for file in logs(site))])


def logs(site: Site) -> list[Path]:
    files = sorted(site.cloud.logs.glob("*Function.log"))
    assert len(files) == 3
    return files


def test_no_credential_is_said(site: Site, said: str) -> None:
    credentials = site.cloud.credentials
    secret = credentials.tigergraph_secret
    assert len(secret) > 10
    encoded = base64.b64encode(f"__GSQL__secret:{secret}".encode()).decode()
    hidden = {secret, quote(secret), encoded, urlsplit(credentials.mongodb_uri).password}
    if "MONGODB_URI" in os.environ:
        hidden.add(credentials.mongodb_uri)
    assert not [one for one in hidden if one and one in said]
    assert not re.search(r"mongodb(\+srv)?://[^\s\"']*:[^\s\"']*@", said)
    assert "TIGERGRAPH_SECRET" not in said


def test_where_and_with_what_a_photo_was_taken_is_not_said(said: str) -> None:
    assert MAKER not in said
    assert "GPSLatitude" not in said
    for part in ("41.5678", "47.378", "(47.0, 22.0"):  # as it is stored, and in decimal degrees
        assert part not in said
