import json
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from photo_library.catalog.mongodb import connect_catalog
from photo_library.catalog.provisioning import provision_catalog
from photo_library.errors import SettingsError
from photo_library.settings import (
    parse_credentials,
    read_classify_settings,
    read_credentials,
    read_describe_settings,
    read_number,
    read_reconcile_settings,
    read_search_settings,
    read_settings,
)

SETTINGS = {"STORES_SECRET": "stores", "MONGODB_DATABASE": "library", "TIGERGRAPH_GRAPH": "photos"}
CREDENTIALS = {
    "MONGODB_URI": "mongodb://user:hunter2@host",
    "TIGERGRAPH_HOST": "https://tg.example",
    "TIGERGRAPH_SECRET": "hush",
}


@pytest.mark.parametrize("missing", list(SETTINGS))
def test_a_missing_setting_is_named(missing: str) -> None:
    with pytest.raises(SettingsError, match=missing):
        read_settings(SETTINGS | {missing: "  "})


def test_classify_has_settings_of_its_own() -> None:
    own = {"MODEL_DIR": "/var/task/model", "MIN_PROBABILITY": "0.01", "MAX_PHOTO_BYTES": "1000"}
    settings = read_classify_settings(SETTINGS | own)
    assert (str(settings.model_dir), settings.min_probability, settings.max_photo_bytes) == (
        "/var/task/model",
        0.01,
        1000,
    )
    for name in own:
        with pytest.raises(SettingsError, match=name):
            read_classify_settings(SETTINGS | own | {name: ""})


def test_describe_needs_no_setting_of_a_store() -> None:
    own = {"MODEL_DIR": "/var/task/model", "MIN_PROBABILITY": "0.1"}
    settings = read_describe_settings(own)
    assert (str(settings.model_dir), settings.min_probability) == ("/var/task/model", 0.1)
    for name in own:
        with pytest.raises(SettingsError, match=name):
            read_describe_settings(own | {name: ""})


def test_search_has_settings_of_its_own() -> None:
    own = {"PHOTO_BUCKET": "photos", "INGEST_QUEUE_URL": "https://queue", "MAX_PHOTO_BYTES": "1000"}
    own |= {"GRAPH_TIMEOUT_MS": "1500"}
    settings = read_search_settings(SETTINGS | own)
    assert (settings.photo_bucket, settings.max_photo_bytes, settings.graph_timeout_ms) == ("photos", 1000, 1500)
    for name in own:
        with pytest.raises(SettingsError, match=name):
            read_search_settings(SETTINGS | own | {name: ""})


def test_reconcile_has_settings_of_its_own() -> None:
    own = {"PHOTO_BUCKET": "photos", "INGEST_QUEUE_URL": "https://queue", "GRAPH_CHECK_HOURS": "24"}
    settings = read_reconcile_settings(SETTINGS | own)
    assert (settings.photo_bucket, settings.ingest_queue_url, settings.graph_check_hours) == (
        "photos",
        "https://queue",
        24,
    )
    for name in own:
        with pytest.raises(SettingsError, match=name):
            read_reconcile_settings(SETTINGS | own | {name: ""})


@pytest.mark.parametrize("value", ["", "x", "-1", "2", "nan"])
def test_a_number_out_of_range_is_named_with_its_range(value: str) -> None:
    with pytest.raises(SettingsError, match="MIN_PROBABILITY"):
        read_number({"MIN_PROBABILITY": value}, "MIN_PROBABILITY", 0, 1)


def test_a_number_in_range_is_read() -> None:
    assert read_number({"MIN_PROBABILITY": "0.25"}, "MIN_PROBABILITY", 0, 1) == 0.25


def test_credentials_are_read_and_never_shown() -> None:
    credentials = parse_credentials(json.dumps(CREDENTIALS), "the secret")
    assert credentials.mongodb_uri == CREDENTIALS["MONGODB_URI"]
    assert credentials.tigergraph_secret == "hush"
    assert "hunter2" not in repr(credentials)
    assert "hush" not in repr(credentials)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("hunter2", "JSON"),
        ("[]", "JSON"),
        (json.dumps(CREDENTIALS | {"MONGODB_URI": ""}), "MONGODB_URI"),
        (json.dumps(CREDENTIALS | {"TIGERGRAPH_SECRET": 5}), "TIGERGRAPH_SECRET"),
        (json.dumps(CREDENTIALS | {"TIGERGRAPH_HOST": "tg.example"}), "https://"),
        (json.dumps(CREDENTIALS | {"TIGERGRAPH_HOST": "http://tg.example"}), "https://"),
    ],
)
def test_wrong_credentials_are_named_without_being_shown(text: str, named: str) -> None:
    with pytest.raises(SettingsError, match=named) as error:
        parse_credentials(text, "the secret")
    assert "hunter2" not in str(error.value)
    assert "hush" not in str(error.value)


def test_a_secret_that_cannot_be_read_is_named() -> None:
    class SecretsManager:
        def get_secret_value(self, **_: Any) -> Any:
            raise RuntimeError("AccessDenied")

    with pytest.raises(SettingsError, match="arn:of:secret"):
        read_credentials(SecretsManager(), "arn:of:secret")


@pytest.mark.parametrize(
    "uri",
    [
        "mongodb://user:4711/hunter2@host/",  # the driver takes hunter2@host for the name of a database, and says so
        "mongodb://user:hunter2/4711@host/",
        "mongodb://user:hunter2@4711@host/",
        "mongodb://user:hunter2?4711@host/",
        "user:hunter2@host",
    ],
)
@pytest.mark.parametrize(
    "connect",
    [lambda uri: connect_catalog(uri, "library", timeout_s=1), lambda uri: provision_catalog(uri, "library", print)],
)
def test_a_uri_that_cannot_be_read_is_not_quoted(connect: Callable[[str], object], uri: str) -> None:
    with pytest.raises(SettingsError, match="MONGODB_URI cannot be read") as raised:
        connect(uri)
    assert "hunter2" not in "".join(traceback.format_exception(raised.value))
