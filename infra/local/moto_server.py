"""S3, SQS and Secrets Manager: moto as a server of its own, with what real S3 adds to its events.

    python -m infra.local.moto_server

Prints "listening on PORT". Real S3 puts a sequencer into each event, and a version id in a versioned bucket, and tells
of delete markers and of every version taken away; moto does none of these.
"""

import threading
import time
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.s3 import notifications
from moto.s3.models import FakeDeleteMarker, S3Backend
from werkzeug.serving import WSGIRequestHandler, make_server

from infra.local.processes import hold_lifeline

_moto_event = notifications._get_s3_event
_moto_set_delete_marker = S3Backend._set_delete_marker
_moto_delete_object = S3Backend.delete_object
_lock = threading.Lock()
_last = 0


def _s3_event(event_name: str, bucket: Any, key: Any, notification_id: str) -> dict[str, Any]:
    event: dict[str, Any] = _moto_event(event_name, bucket, key, notification_id)
    for record in event["Records"]:
        stored = record["s3"]["object"]
        seconds, nanoseconds = divmod(_next_tick(), 1_000_000_000)
        stored["sequencer"] = f"00{seconds:08X}{nanoseconds:08X}"
        if bucket.is_versioned and key.version_id:
            stored["versionId"] = key.version_id
        if isinstance(key, FakeDeleteMarker):
            del stored["size"]
    return event


def _set_delete_marker(self: Any, bucket_name: str, key_name: str) -> FakeDeleteMarker:
    marker = _moto_set_delete_marker(self, bucket_name, key_name)
    marker.etag, marker.size = "d41d8cd98f00b204e9800998ecf8427e", 0  # what S3 says of a marker: nothing's digest
    event = notifications.S3NotificationEvent.OBJECT_REMOVED_DELETE_MARKER_CREATED_EVENT
    notifications.send_event(self.account_id, event, self.get_bucket(bucket_name), marker)
    return marker


def _delete_object(
    self: Any, bucket_name: str, key_name: str, version_id: str | None = None, bypass: bool = False
) -> tuple[bool, dict[str, Any]]:
    versions = self.get_bucket(bucket_name).keys
    taken = [one for one in versions.getlist(key_name, []) if version_id and str(one.version_id) == str(version_id)]
    answer: tuple[bool, dict[str, Any]] = _moto_delete_object(self, bucket_name, key_name, version_id, bypass)
    if taken and versions.getlist(key_name, []):  # of the last version moto tells itself
        event = notifications.S3NotificationEvent.OBJECT_REMOVED_DELETE_EVENT
        notifications.send_event(self.account_id, event, self.get_bucket(bucket_name), taken[0])
    return answer


def _next_tick() -> int:
    global _last  # noqa: PLW0603
    with _lock:
        _last = max(_last + 1, time.time_ns())
        return _last


class _QuietHandler(WSGIRequestHandler):
    def log_request(self, *_: Any) -> None:
        """Nothing: what the functions ask of S3 is in their own logs."""


def main() -> None:
    """Serve until the local cloud ends."""
    hold_lifeline()
    notifications._get_s3_event = _s3_event
    S3Backend._set_delete_marker = _set_delete_marker
    S3Backend.delete_object = _delete_object
    server = make_server(
        "127.0.0.1",
        0,
        DomainDispatcherApplication(create_backend_app),
        threaded=True,
        request_handler=_QuietHandler,
    )
    print(f"listening on {server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
