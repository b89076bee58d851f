"""Uploads, deletes and corrections through the API, with everything behind it."""

import io
from pathlib import Path
from typing import Any

import pytest
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


def test_manual_types_stay_however_the_photo_is_processed_again(site: Site, shirt: bytes, tmp_path: Path) -> None:
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
    assert requests.delete(f"{site.cloud.api_url}/photos/{id_}", timeout=30).status_code == 404


def change(site: Site, method: str, id_: str, action: str = "") -> requests.Response:
    return requests.request(method, f"{site.cloud.api_url}/photos/{id_}{action}", timeout=30)


def trash(site: Site) -> dict[str, dict[str, Any]]:
    """The photos in the trash by id."""
    return {photo["id"]: photo for photo in site.get("/trash?limit=100").json()["photos"]}


@pytest.mark.parametrize("name", ["shirt.jpg", "a +%2B ä 👕.jpg"])
def test_a_deletion_is_undone(site: Site, shirt: bytes, name: str) -> None:
    id_ = upload(site, shirt, name=name, title="Grünes Hemd")
    site.photo(id_)
    correct(site, id_, "bag")
    before = site.photo(id_)
    assert change(site, "POST", id_, "/restore").status_code == 409
    assert "restorable_until" in change(site, "DELETE", id_).json()

    gone = wait_for(lambda: trash(site).get(id_))
    assert (gone["title"], gone["types"], gone["status"]) == ("Grünes Hemd", {"Bag": 1.0}, "deleted")
    assert requests.get(gone["url"], timeout=10).content == shirt
    assert requests.get(gone["thumbnail_url"], timeout=10).ok
    assert id_ not in site.found_by("Bag", 1)

    assert change(site, "POST", id_, "/restore").status_code == 202
    assert change(site, "POST", id_, "/restore").status_code == 409
    wait_for(lambda: id_ in site.found_by("Bag", 1))
    after = site.photo(id_)
    same = ("uploaded_at", "title", "types", "types_source", "colors", "size", "width", "format")
    assert {key: after[key] for key in same} == {key: before[key] for key in same}
    assert id_ not in trash(site)
    assert requests.get(after["url"], timeout=10).content == shirt
    wait_for(lambda: len(thumbnails(site, id_)) == 1)


def test_a_deletion_is_undone_at_once(site: Site, shirt: bytes) -> None:
    id_ = upload(site, shirt, name="shirt.jpg")
    version = site.photo(id_)["url"]
    assert change(site, "DELETE", id_).status_code == 202
    assert change(site, "POST", id_, "/restore").status_code == 202
    after = wait_for(
        lambda: (found := site.get(f"/photos/{id_}")).ok and found.json()["url"] != version and found.json()
    )
    assert after["status"] == "classified"


def test_what_was_uploaded_in_the_meantime_is_not_replaced_by_a_restore(site: Site, prefix: str, shirt: bytes) -> None:
    id_ = site.put(f"{prefix}/again.jpg", shirt)
    site.photo(id_)
    assert change(site, "DELETE", id_).status_code == 202
    wait_for(lambda: id_ in trash(site))
    site.s3.put_object(Bucket=site.cloud.bucket, Key=f"uploads/{prefix}/again.jpg", Body=shirt + b"\0")
    answer = change(site, "POST", id_, "/restore")
    assert (answer.status_code, "exists" in answer.json()["detail"]) == (409, True)
    assert wait_for(lambda: (found := site.get(f"/photos/{id_}")).ok and found.json())["size"] == len(shirt) + 1


def test_a_rejected_photo_is_tried_again_deleted_and_restored(site: Site) -> None:
    id_ = upload(site, b"no picture", name="notes.jpg")

    def rejected() -> list[str]:
        return [photo["id"] for photo in site.get("/search?status=rejected&q=notes").json()["photos"]]

    assert wait_for(lambda: id_ in rejected())
    before = site.photo(id_)["updated_at"]
    assert change(site, "POST", id_, "/retry").json() == {"id": id_, "updated_at": before}
    wait_for(lambda: site.photo(id_)["updated_at"] != before)
    assert site.photo(id_)["reason"] == "unsupported_format"
    assert change(site, "DELETE", id_).status_code == 202
    wait_for(lambda: id_ in trash(site) and id_ not in rejected())
    assert trash(site)[id_]["reason"] == "unsupported_format"
    assert change(site, "POST", id_, "/restore").status_code == 202
    wait_for(lambda: id_ in rejected() and id_ not in trash(site))
