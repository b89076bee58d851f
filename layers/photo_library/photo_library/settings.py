"""Settings: read from environment variables once, at init, and validated, into one typed object for each function.

A setting's description becomes part of docs/deploy.md (`make docs`). Credentials are not settings: they come from the
one secret whose id is a setting.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from photo_library.errors import SettingsError

MaxPhotoBytes = Annotated[int, "largest upload in bytes: search refuses larger ones, and classify rejects them unread"]
PhotoBucket = Annotated[str, "name of the bucket"]
IngestQueueUrl = Annotated[str, "URL of the queue through which photos are processed again"]
ModelDir = Annotated[Path, "folder with `manifest.json` and `saved_model/`"]
MinProbability = Annotated[float, "types with a lower probability are left out; from 0 to 1"]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a function needs to reach the stores."""

    stores_secret: Annotated[
        str, "id or ARN of the secret with `MONGODB_URI`, `TIGERGRAPH_HOST` and `TIGERGRAPH_SECRET`"
    ]
    mongodb_database: Annotated[str, "name of the MongoDB database"]
    tigergraph_graph: Annotated[str, "name of the TigerGraph graph"]


@dataclass(frozen=True, kw_only=True)
class ClassifySettings(Settings):
    """What classify needs in addition."""

    model_dir: ModelDir
    min_probability: MinProbability
    max_photo_bytes: MaxPhotoBytes


@dataclass(frozen=True, kw_only=True)
class DescribeSettings:
    """What describe needs, which reaches no store."""

    model_dir: ModelDir
    min_probability: MinProbability


@dataclass(frozen=True, kw_only=True)
class SearchSettings(Settings):
    """What search needs in addition."""

    photo_bucket: PhotoBucket
    ingest_queue_url: IngestQueueUrl
    max_photo_bytes: MaxPhotoBytes
    graph_timeout_ms: Annotated[int, "milliseconds that a search waits for TigerGraph before MongoDB answers it"]


@dataclass(frozen=True, kw_only=True)
class ReconcileSettings(Settings):
    """What reconcile needs in addition."""

    photo_bucket: PhotoBucket
    ingest_queue_url: IngestQueueUrl
    graph_check_hours: Annotated[float, "hours between two comparisons of TigerGraph with MongoDB"]


@dataclass(frozen=True, kw_only=True)
class StoreCredentials:
    """The secret's content: a JSON object with the keys MONGODB_URI, TIGERGRAPH_HOST and TIGERGRAPH_SECRET."""

    mongodb_uri: str = field(repr=False)
    tigergraph_host: str
    tigergraph_secret: str = field(repr=False)


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Raises SettingsError, which names the variable."""
    return Settings(
        stores_secret=read_text(environ, "STORES_SECRET"),
        mongodb_database=read_text(environ, "MONGODB_DATABASE"),
        tigergraph_graph=read_text(environ, "TIGERGRAPH_GRAPH"),
    )


def read_describe_settings(environ: Mapping[str, str]) -> DescribeSettings:
    """Raises SettingsError, which names the variable."""
    return DescribeSettings(
        model_dir=Path(read_text(environ, "MODEL_DIR")),
        min_probability=read_number(environ, "MIN_PROBABILITY", 0, 1),
    )


def read_classify_settings(environ: Mapping[str, str]) -> ClassifySettings:
    """Raises SettingsError, which names the variable."""
    return ClassifySettings(
        **vars(read_settings(environ)),
        **vars(read_describe_settings(environ)),
        max_photo_bytes=int(read_number(environ, "MAX_PHOTO_BYTES", 1, 1e9)),
    )


def read_search_settings(environ: Mapping[str, str]) -> SearchSettings:
    """Raises SettingsError, which names the variable."""
    return SearchSettings(
        **vars(read_settings(environ)),
        photo_bucket=read_text(environ, "PHOTO_BUCKET"),
        ingest_queue_url=read_text(environ, "INGEST_QUEUE_URL"),
        max_photo_bytes=int(read_number(environ, "MAX_PHOTO_BYTES", 1, 1e9)),
        graph_timeout_ms=int(read_number(environ, "GRAPH_TIMEOUT_MS", 100, 10_000)),
    )


def read_reconcile_settings(environ: Mapping[str, str]) -> ReconcileSettings:
    """Raises SettingsError, which names the variable."""
    return ReconcileSettings(
        **vars(read_settings(environ)),
        photo_bucket=read_text(environ, "PHOTO_BUCKET"),
        ingest_queue_url=read_text(environ, "INGEST_QUEUE_URL"),
        graph_check_hours=read_number(environ, "GRAPH_CHECK_HOURS", 1, 720),
    )


def read_text(environ: Mapping[str, str], name: str) -> str:
    """Raises SettingsError when the variable is missing or empty."""
    value = environ.get(name, "").strip()
    if not value:
        raise SettingsError(f"the environment variable {name} is missing or empty")
    return value


def read_number(environ: Mapping[str, str], name: str, low: float, high: float) -> float:
    """Raises SettingsError when the variable is missing or not a number from `low` to `high`."""
    value = read_text(environ, name)
    try:
        number = float(value)
    except ValueError:
        number = float("nan")
    if not low <= number <= high:
        raise SettingsError(f"the environment variable {name} must be a number from {low:g} to {high:g}, not {value!r}")
    return number


def read_credentials(secrets_manager: Any, secret_id: str) -> StoreCredentials:
    """Read the stores' credentials with a botocore `secretsmanager` client.

    Raises SettingsError, which names the key but never shows a value.
    """
    try:
        text = secrets_manager.get_secret_value(SecretId=secret_id)["SecretString"]
    except Exception as error:  # botocore makes its exception classes at run time; all of them stop the start
        raise SettingsError(f"the secret {secret_id} cannot be read: {error}") from error
    return parse_credentials(text, secret_id)


def parse_credentials(text: str, source: str) -> StoreCredentials:
    """Raises SettingsError when `text` is not the JSON object that StoreCredentials describes."""
    try:
        values = json.loads(text)
    except ValueError:
        values = None  # the parser's message would quote the secret
    if not isinstance(values, dict):
        raise SettingsError(f"{source} is not a JSON object")
    for name in ("MONGODB_URI", "TIGERGRAPH_HOST", "TIGERGRAPH_SECRET"):
        if not isinstance(values.get(name), str) or not values[name].strip():
            raise SettingsError(f"{source} has no {name}")
    host = urlsplit(values["TIGERGRAPH_HOST"])
    if host.scheme != "https" and (host.scheme, host.hostname) not in (("http", "127.0.0.1"), ("http", "localhost")):
        raise SettingsError(f"TIGERGRAPH_HOST in {source} must start with https:// (http:// only for 127.0.0.1)")
    return StoreCredentials(
        mongodb_uri=values["MONGODB_URI"],
        tigergraph_host=values["TIGERGRAPH_HOST"],
        tigergraph_secret=values["TIGERGRAPH_SECRET"],
    )
