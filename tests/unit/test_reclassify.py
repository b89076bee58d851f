from typing import Any

import pytest

from infra.ops.reclassify import reclassify
from photo_library.errors import QueueUnavailable
from photo_library.events import parse_events, sequencer_after
from tests.support.examples import a_photo
from tests.support.fakes import FakeCatalog


@pytest.fixture
def catalog() -> FakeCatalog:
    catalog = FakeCatalog()
    catalog.write(
        [
            a_photo(f"uploads/{number}.jpg", model=f"m{number % 3}", embedding=(1.0,), look=b"1", digest="d")
            for number in range(30)
        ]
    )
    return catalog


def sent_keys(bodies: list[str]) -> list[str]:
    return sorted(event.key for body in bodies for event in parse_events(body))


def test_photos_of_other_models_are_sent_each_once(catalog: FakeCatalog) -> None:
    sent: list[str] = []
    messages: list[str] = []
    assert reclassify(catalog, sent.extend, "m1", messages.append, page_size=7) == 20
    expected = [photo for photo in catalog.photos.values() if photo.model != "m1"]
    assert sent_keys(sent) == sorted(photo.key for photo in expected)
    assert len(messages) == 3
    (event,) = parse_events(sent[0])
    photo = next(photo for photo in expected if photo.key == event.key)
    assert event.sequencer == sequencer_after(photo.sequencer)
    assert event.object_may_exist


def test_photos_that_were_stored_without_an_embedding_a_look_or_a_digest_are_sent_too(catalog: FakeCatalog) -> None:
    catalog.photos.clear()
    catalog.write(
        [
            a_photo("uploads/new.jpg", model="m1", embedding=(1.0,), look=b"1", digest="d"),
            a_photo("uploads/old.jpg", model="m1", embedding=(1.0,), digest="d"),
            a_photo("uploads/older.jpg", model="m1", embedding=(1.0,)),
            a_photo("uploads/oldest.jpg", model="m1"),
        ]
    )
    sent: list[str] = []
    assert reclassify(catalog, sent.extend, "m1", lambda _: None) == 3
    assert sent_keys(sent) == ["uploads/old.jpg", "uploads/older.jpg", "uploads/oldest.jpg"]


def test_photos_in_a_format_that_browsers_lack_are_sent_until_they_have_a_preview(catalog: FakeCatalog) -> None:
    catalog.photos.clear()
    classified: dict[str, Any] = {"model": "m1", "embedding": (1.0,), "look": b"1", "digest": "d"}
    catalog.write(
        [
            a_photo("uploads/a.jpg", format="JPEG", **classified),
            a_photo("uploads/old.heic", format="HEIF", **classified),
            a_photo("uploads/new.heic", format="HEIF", preview="thumbnails/1/a.webp.preview", **classified),
        ]
    )
    sent: list[str] = []
    assert reclassify(catalog, sent.extend, "m1", lambda _: None) == 1
    assert sent_keys(sent) == ["uploads/old.heic"]


def test_what_was_never_classified_is_left_alone(catalog: FakeCatalog) -> None:
    catalog.photos.clear()
    catalog.write(
        [
            a_photo("uploads/bad.jpg", status="rejected", types={}, reason="damaged"),
            a_photo("uploads/gone.jpg", status="deleted", types={}),
        ]
    )
    sent: list[str] = []
    assert reclassify(catalog, sent.extend, "m1", lambda _: None) == 0
    assert sent == []


def test_broken_off_and_repeated_it_sends_what_was_left_with_the_same_sequencers(catalog: FakeCatalog) -> None:
    sent: list[str] = []

    def breaking(bodies: list[str]) -> None:
        if sent:
            raise QueueUnavailable("down")
        sent.extend(bodies)

    with pytest.raises(QueueUnavailable):
        reclassify(catalog, breaking, "m1", lambda _: None, page_size=7)
    first = sent.copy()
    assert reclassify(catalog, sent.extend, "m1", lambda _: None, page_size=7) == 20
    sequencers = {(event.key, event.sequencer) for body in sent for event in parse_events(body)}
    assert len(first) == 7
    assert len(sequencers) == 20
