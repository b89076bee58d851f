"""S3, SQS and Secrets Manager: moto as a server process, with the behaviour of S3 and SQS that it lacks.

    python -m infra.local.moto_server

Prints "listening on PORT". Added here: a sequencer in each S3 event, and a version id in versioned buckets; events for
delete markers and for deleted versions; copies on the condition that there is no object; redriving a dead-letter queue
(StartMessageMoveTask).
"""

import threading
import time
from typing import Any

from moto.core.responses import ActionResult
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.s3 import notifications
from moto.s3.exceptions import PreconditionFailed
from moto.s3.models import FakeDeleteMarker, S3Backend
from moto.s3.responses import S3Response
from moto.sqs.responses import SQSResponse
from werkzeug.serving import WSGIRequestHandler, make_server

from infra.local.processes import hold_lifeline

_moto_event = notifications._get_s3_event
_moto_set_delete_marker = S3Backend._set_delete_marker
_moto_delete_object = S3Backend.delete_object
_moto_copy_object = S3Response.copy_object
_lock = threading.Lock()
_last = 0
_move_tasks: list[dict[str, Any]] = []


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
    marker.etag, marker.size = "d41d8cd98f00b204e9800998ecf8427e", 0  # the MD5 digest of nothing, as in S3's events
    event = notifications.S3NotificationEvent.OBJECT_REMOVED_DELETE_MARKER_CREATED_EVENT
    notifications.send_event(self.account_id, event, self.get_bucket(bucket_name), marker)
    return marker


def _delete_object(
    self: Any, bucket_name: str, key_name: str, version_id: str | None = None, bypass: bool = False
) -> tuple[bool, dict[str, Any]]:
    versions = self.get_bucket(bucket_name).keys
    taken = [one for one in versions.getlist(key_name, []) if version_id and str(one.version_id) == str(version_id)]
    answer: tuple[bool, dict[str, Any]] = _moto_delete_object(self, bucket_name, key_name, version_id, bypass)
    if taken and versions.getlist(key_name, []):  # moto itself sends the event of the last version
        event = notifications.S3NotificationEvent.OBJECT_REMOVED_DELETE_EVENT
        notifications.send_event(self.account_id, event, self.get_bucket(bucket_name), taken[0])
    return answer


def _copy_object(self: Any) -> Any:
    if self.headers.get("If-None-Match") == "*" and self.backend.get_object(self.bucket_name, self.parse_key_name()):
        raise PreconditionFailed("If-None-Match")
    return _moto_copy_object(self)


def _start_message_move_task(self: Any) -> ActionResult:
    """Move all visible messages at once to the queue whose dead-letter queue this is: there is exactly one."""
    arn = self._get_param("SourceArn")
    queues = self.sqs_backend.queues.values()
    (source,) = [queue for queue in queues if queue.queue_arn == arn]
    (target,) = [queue for queue in queues if queue.dead_letter_queue is source]
    moving = [message for message in source._messages if message.visible]
    for message in moving:
        source._messages.remove(message)
        message.approximate_receive_count = 0
        target.add_message(message)
    task = {"SourceArn": arn, "Status": "COMPLETED", "StartedTimestamp": time.time_ns() // 1_000_000}
    counts = {"ApproximateNumberOfMessagesMoved": len(moving), "ApproximateNumberOfMessagesToMove": len(moving)}
    _move_tasks.insert(0, task | counts)
    return ActionResult({"TaskHandle": str(len(_move_tasks))})


def _list_message_move_tasks(self: Any) -> ActionResult:
    arn = self._get_param("SourceArn")
    return ActionResult({"Results": [task for task in _move_tasks if task["SourceArn"] == arn][:10]})


def _next_tick() -> int:
    global _last  # noqa: PLW0603
    with _lock:
        _last = max(_last + 1, time.time_ns())
        return _last


class _QuietHandler(WSGIRequestHandler):
    def log_request(self, *_: Any) -> None:
        """Log nothing: the functions' own logs show their requests."""


def main() -> None:
    """Serve until the local cloud ends."""
    hold_lifeline()
    notifications._get_s3_event = _s3_event
    S3Backend._set_delete_marker = _set_delete_marker
    S3Backend.delete_object = _delete_object
    S3Response.copy_object = _copy_object
    SQSResponse.start_message_move_task = _start_message_move_task
    SQSResponse.list_message_move_tasks = _list_message_move_tasks
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
