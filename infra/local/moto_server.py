"""S3, SQS and Secrets Manager: moto as a server of its own, with what real S3 adds to its events.

    python -m infra.local.moto_server

Prints "listening on PORT". Real S3 puts a sequencer into each event, and a version id in a versioned bucket;
moto leaves both out.
"""

import threading
import time
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.s3 import notifications
from werkzeug.serving import WSGIRequestHandler, make_server

from infra.local.processes import hold_lifeline

_moto_event = notifications._get_s3_event
_lock = threading.Lock()
_last = 0


def _s3_event(event_name: str, bucket: Any, key: Any, notification_id: str) -> dict[str, Any]:
    event: dict[str, Any] = _moto_event(event_name, bucket, key, notification_id)
    for record in event["Records"]:
        record["s3"]["object"]["sequencer"] = f"00{_next_tick():016X}"
        if bucket.is_versioned and getattr(key, "version_id", None):
            record["s3"]["object"]["versionId"] = key.version_id
    return event


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
