import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra.ops.dead_letters import describe, list_messages, logged_cause, redrive
from photo_library.errors import QueueUnavailable
from tests.support.examples import an_event


def a_message(id_: str = "m1", body: str | None = None) -> dict[str, Any]:
    attributes = {"SentTimestamp": "1772366400000"}  # noon on March 1, 2026
    return {"MessageId": id_, "Body": body or an_event(), "ReceiptHandle": f"r-{id_}", "Attributes": attributes}


class Queue:
    """A boto3 `sqs` client for a dead-letter queue: its messages, and the redrives that SQS reports one by one."""

    def __init__(self, *messages: dict[str, Any]) -> None:
        self.messages = list(messages)
        self.hidden: list[dict[str, Any]] = []
        self.started = 0
        self.tasks: list[dict[str, Any]] = []

    def receive_message(self, **options: Any) -> dict[str, Any]:
        taken = self.messages[: options["MaxNumberOfMessages"]]
        del self.messages[: len(taken)]
        self.hidden += taken
        return {"Messages": taken} if taken else {}

    def change_message_visibility(self, **options: Any) -> None:
        assert options["VisibilityTimeout"] == 0
        shown = [one for one in self.hidden if one["ReceiptHandle"] == options["ReceiptHandle"]]
        self.messages += shown
        self.hidden = [one for one in self.hidden if one not in shown]

    def get_queue_attributes(self, **_options: Any) -> dict[str, Any]:
        return {"Attributes": {"QueueArn": "arn:dead"}}

    def start_message_move_task(self, **options: Any) -> None:
        assert options == {"SourceArn": "arn:dead"}  # without a destination, messages go back to where they came from
        self.started += 1

    def list_message_move_tasks(self, **options: Any) -> dict[str, Any]:
        assert options["SourceArn"] == "arn:dead"
        task = self.tasks.pop(0) if len(self.tasks) > 1 else self.tasks[0]
        return {"Results": [task] if task else []}


def a_task(status: str, moved: int, **others: Any) -> dict[str, Any]:
    return {
        "Status": status,
        "ApproximateNumberOfMessagesMoved": moved,
        "ApproximateNumberOfMessagesToMove": 9,
    } | others


def test_a_listing_shows_every_message_once_and_leaves_them_all() -> None:
    queue = Queue(*(a_message(str(number)) for number in range(23)))
    lines: list[str] = []
    assert list_messages(queue, "dead", lambda message: f"  because {message['MessageId']}", lines.append) == 23
    assert lines[0] == "2026-03-01 12:00:00  uploads/shirt.jpg created  because 0"
    assert lines[-1] == "23 in the dead-letter queue"
    assert (len(queue.messages), queue.hidden) == (23, [])


def test_a_listing_that_is_interrupted_leaves_them_all() -> None:
    queue = Queue(*(a_message(str(number)) for number in range(23)))

    def interrupted(_: dict[str, Any]) -> str:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list_messages(queue, "dead", interrupted, lambda _: None)
    assert a_message("0") in queue.messages


def test_a_redrive_is_started_and_followed_to_its_end() -> None:
    queue = Queue()
    queue.tasks = [{}, a_task("RUNNING", 0), a_task("RUNNING", 4), a_task("COMPLETED", 9)]
    lines: list[str] = []
    assert redrive(queue, "dead", lines.append, poll_s=0) == 9
    assert queue.started == 1
    assert lines == ["0 of about 9 redriven", "4 of about 9 redriven", "9 redriven"]


def test_a_redrive_that_is_already_running_is_followed_and_no_other_started() -> None:
    queue = Queue()
    queue.tasks = [a_task("RUNNING", 4), a_task("RUNNING", 5), a_task("COMPLETED", 9)]
    assert redrive(queue, "dead", lambda _: None, poll_s=0) == 9
    assert queue.started == 0


def test_a_redrive_that_failed_says_why() -> None:
    queue = Queue()
    queue.tasks = [a_task("COMPLETED", 3), a_task("FAILED", 4, FailureReason="AccessDenied")]
    with pytest.raises(QueueUnavailable, match="ended as FAILED after 4: AccessDenied"):
        redrive(queue, "dead", lambda _: None, poll_s=0)


def test_an_error_of_sqs_is_reported() -> None:
    queue = Queue()
    queue.get_queue_attributes = refuse  # type: ignore[method-assign]
    with pytest.raises(QueueUnavailable, match="NonExistentQueue"):
        redrive(queue, "dead", lambda _: None, poll_s=0)


def refuse(**_options: Any) -> dict[str, Any]:
    raise ClientError({"Error": {"Code": "NonExistentQueue"}}, "GetQueueAttributes")


def test_a_message_without_an_event_is_shown_as_it_is() -> None:
    assert "nonsense" in describe(a_message(body="nonsense"))


class Logs:
    """What a boto3 client for logs is to `logged_cause`."""

    def __init__(self, *lines: str) -> None:
        self.lines = lines

    def get_paginator(self, _name: str) -> "Logs":
        return self

    def paginate(self, **options: Any) -> list[dict[str, Any]]:
        assert options == {"logGroupName": "group", "filterPattern": '"m1"', "startTime": 1772366400000}
        return [{"events": []}, {"events": [{"message": line} for line in self.lines]}]


def test_the_cause_is_what_was_logged_last() -> None:
    older = json.dumps({"message_id": "m1", "exception": "Traceback…\nCatalogUnavailable: MongoDB: away"})
    newer = json.dumps({"message_id": "m1", "exception": "Traceback…\nTypeGraphUnavailable: TigerGraph: 502"})
    assert (
        logged_cause(Logs(older, newer, "REPORT m1"), "group", a_message()) == "TypeGraphUnavailable: TigerGraph: 502"
    )
    assert logged_cause(Logs(), "group", a_message()).startswith("no cause in the log")
