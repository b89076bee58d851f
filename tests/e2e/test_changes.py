"""Uploads, deletes and corrections through the API, with everything behind it."""

import io
from pathlib import Path
from typing import Any

import requests
from PIL import Image

from infra.ops.corrections import export, fetch_object
from photo_library.catalog.mongodb import connect_catalog
from tests.support.site import Site, upload, wait_for


def correct(site: Site, id_: str, *types: str) -> dict[str, Any]:
    answer = requests.put(f"{site.cloud.api_url}/photos/{id_}/types", json={"types": types}, timeout=30)
    assert answer.status_code == 200, answer.text
    corrected: dict[str, Any] = answer.json()
    return corrected


def test_a_file_sent_by_the_form_becomes_a_photo_with_its_title(site: Site, shirt: bytes) -> None:
    id_ = upload(site, shirt, name="Hemd + Hose 1.jpg", title="Grünes Hemd <b>&</b> 👕")
    photo = site.photo(id_)
    assert (photo["status"], photo["title"]) == ("classified", "Grünes Hemd <b>&</b> 👕")
    assert requests.get(photo["url"], timeout=10).content == shirt
    saved = requests.get(photo["download_url"], timeout=10)
    assert saved.content == shirt


def test_what_a_person_said_stays_whatever_has_the_photo_looked_at_again(
    site: Site, shirt: bytes, tmp_path: Path
) -> None:
    id_ = upload(site, shirt, name="shirt.jpg")
    (best, *_) = site.photo(id_)["types"]
    wait_for(lambda: id_ in site.found_by(best))
    shown = correct(site, id_, "bag")
    assert (shown["types"], shown["types_source"]) == ({"Bag": 1.0}, "person")
    assert id_ in site.found_by("Bag", 1)
    assert id_ not in site.found_by(best)

    # The same file under the same key is a new event, and the same bytes.
    catalog = connect_catalog(site.cloud.credentials.mongodb_uri, site.cloud.database, timeout_s=10)
    before = catalog.find([id_])[id_]
    site.s3.put_object(Bucket=site.cloud.bucket, Key=before.key, Body=shirt)
    after = wait_for(lambda: catalog.find([id_])[id_].sequencer > before.sequencer and catalog.find([id_])[id_])
    assert (after.types, after.types_source, after.version_id != before.version_id) == ({"Bag": 1.0}, "person", True)

    export(catalog, lambda photo: fetch_object(site.s3, photo), tmp_path, lambda _: None)
    assert (tmp_path / "bag" / f"{id_}.jpg").read_bytes() == shirt
    catalog.close()


def thumbnails(site: Site, id_: str) -> list[str]:
    """The keys of the photo's thumbnails."""
    answer = site.s3.list_objects_v2(Bucket=site.cloud.bucket, Prefix=f"thumbnails/{id_}/")
    return [one["Key"] for one in answer.get("Contents", [])]


def test_a_photo_has_one_thumbnail_that_browsers_may_keep(site: Site, prefix: str, shirt: bytes) -> None:
    id_ = site.put(f"{prefix}/shirt.jpg", shirt)
    photo = site.photo(id_)
    answer = requests.get(photo["thumbnail_url"], timeout=10)
    assert answer.headers["Content-Type"] == "image/webp"
    assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    with Image.open(io.BytesIO(answer.content)) as small:
        assert (small.format, max(small.size)) == ("WEBP", 480)
    before = thumbnails(site, id_)
    site.put(f"{prefix}/shirt.jpg", shirt + b"\0")
    wait_for(lambda: len(after := thumbnails(site, id_)) == 1 and after != before)
    assert site.photo(id_)["thumbnail_url"] != photo["thumbnail_url"]


def test_a_photo_deleted_by_the_api_is_gone(site: Site, shirt: bytes) -> None:
    id_ = upload(site, shirt, name="shirt.jpg")
    (best, *_) = site.photo(id_)["types"]
    assert len(thumbnails(site, id_)) == 1
    wait_for(lambda: id_ in site.found_by(best))
    answer = requests.delete(f"{site.cloud.api_url}/photos/{id_}", timeout=30)
    assert answer.status_code == 202
    wait_for(lambda: site.get(f"/photos/{id_}").status_code == 404)
    wait_for(lambda: id_ not in site.found_by(best))
    wait_for(lambda: not thumbnails(site, id_))
    assert requests.delete(f"{site.cloud.api_url}/photos/{id_}", timeout=30).status_code == 404
