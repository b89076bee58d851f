import json

import pytest

from photo_library.errors import EventError
from photo_library.events import ObjectEvent, parse_events, photo_ids
from photo_library.photo import photo_id
from tests.support.examples import an_event


def parsed(body: str) -> ObjectEvent:
    (event,) = parse_events(body)
    return event


@pytest.mark.parametrize(
    ("encoded", "key"),
    [
        ("uploads%2Fa.jpg", "uploads/a.jpg"),
        ("uploads/red+shirt.jpg", "uploads/red shirt.jpg"),
        ("uploads/a%2Bb.jpg", "uploads/a+b.jpg"),
        ("uploads/100%25.jpg", "uploads/100%.jpg"),
        ("uploads/gr%C3%BCn+%F0%9F%91%95.jpg", "uploads/grün 👕.jpg"),
    ],
)
def test_keys_are_decoded(encoded: str, key: str) -> None:
    assert parsed(an_event(encoded)).key == key


def test_an_event_says_what_happened_to_which_object() -> None:
    event = parsed(an_event(sequencer="0055aed6dcd90281e5", versionId="v1"))
    assert (event.kind, event.bucket, event.version_id) == ("created", "photos-bucket", "v1")
    assert event.time.isoformat() == "2026-03-01T12:00:00+00:00"


@pytest.mark.parametrize(
    ("older", "newer"),
    [("0055AED6DCD90281E5", "0055AED6DCD90281E6"), ("0055AED6", "0055AED601"), ("00ab", "00AC"), ("00ab00", "00ab01")],
)
def test_sequencers_compare_as_text_once_parsed_whatever_their_length_or_case(older: str, newer: str) -> None:
    assert parsed(an_event(sequencer=older)).sequencer < parsed(an_event(sequencer=newer)).sequencer


def test_sequencers_that_differ_in_trailing_zeros_alone_are_equal() -> None:
    assert parsed(an_event(sequencer="00ab")).sequencer == parsed(an_event(sequencer="00AB0")).sequencer


def test_an_event_without_a_sequencer_is_ordered_by_its_time() -> None:
    body = an_event(sequencer=None)
    earlier, later = parsed(body), parsed(body.replace("12:00:00.000Z", "12:00:00.001Z"))
    assert earlier.sequencer < later.sequencer
    # and beside real ones, which hold the time in seconds too
    assert earlier.sequencer < parsed(an_event(sequencer="0079AED6DCD90281E5")).sequencer


def test_deletes_of_objects_and_of_versions_are_told_apart() -> None:
    marker = parsed(an_event(name="ObjectRemoved:DeleteMarkerCreated", versionId="m"))
    version = parsed(an_event(name="ObjectRemoved:Delete", versionId="v"))
    plain = parsed(an_event(name="ObjectRemoved:Delete"))
    assert [event.kind for event in (marker, version, plain)] == ["removed"] * 3
    assert [event.object_may_exist for event in (marker, version, plain)] == [False, True, False]


def test_a_lifecycle_rule_removes_too() -> None:
    assert parsed(an_event(name="LifecycleExpiration:DeleteMarkerCreated")).kind == "removed"


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "b"}),
        an_event("uploads/folder/"),
        an_event("thumbnails/a.webp"),
        an_event(name="ObjectTagging:Put"),
        json.dumps({"Records": []}),
    ],
)
def test_what_is_not_about_a_photo_is_acknowledged_without_an_event(body: str) -> None:
    assert parse_events(body) == []


@pytest.mark.parametrize(
    "body",
    [
        "[" * 100_000,
        an_event("uploads/\ud800.jpg"),
        "",
        "not json",
        "[]",
        "{}",
        '{"Records": [{}]}',
        '{"Records": 3}',
        "null",
    ],
)
def test_what_is_no_event_is_an_error_that_shows_it(body: str) -> None:
    with pytest.raises(EventError) as error:
        parse_events(body)
    assert repr(body[:200]) in str(error.value)


def test_the_photos_of_a_message_are_named_for_the_log() -> None:
    assert photo_ids(an_event("uploads/red+shirt.jpg")) == [photo_id("photos-bucket", "uploads/red shirt.jpg")]
    assert photo_ids("not json") == []
