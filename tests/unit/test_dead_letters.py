import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra.ops.dead_letters import cause, described, run
from photo_library.errors import QueueUnavailable
from tests.support.examples import an_event


def a_message(id_: str = "m1", body: str | None = None) -> dict[str, Any]:
    attributes = {"SentTimestamp": "1772366400000"}  # noon on March 1, 2026
    return {"MessageId": id_, "Body": body or an_event(), "ReceiptHandle": f"r-{id_}", "Attributes": attributes}


class Queues:
    """What a boto3 client is to the command: a dead-letter queue and what was sent elsewhere."""

    def __init__(self, *messages: dict[str, Any]) -> None:
        self.messages = list(messages)
        self.hidden: list[dict[str, Any]] = []
        self.sent: list[str] = []
        self.refuses = False

    def receive_message(self, **options: Any) -> dict[str, Any]:
        taken = self.messages[: options["MaxNumberOfMessages"]]
        del self.messages[: len(taken)]
        self.hidden += taken
        return {"Messages": taken} if taken else {}

    def send_message_batch(self, **options: Any) -> dict[str, Any]:
        if self.refuses:
            raise ClientError({"Error": {"Code": "Throttled"}}, "SendMessageBatch")
        self.sent += [entry["MessageBody"] for entry in options["Entries"]]
        return {}

    def delete_message(self, **options: Any) -> None:
        self.hidden = [one for one in self.hidden if one["ReceiptHandle"] != options["ReceiptHandle"]]

    def change_message_visibility(self, **options: Any) -> None:
        assert options["VisibilityTimeout"] == 0
        self.messages += [one for one in self.hidden if one["ReceiptHandle"] == options["ReceiptHandle"]]
        self.delete_message(**options)


def test_a_listing_shows_every_message_once_and_leaves_them_all() -> None:
    queues = Queues(*(a_message(str(number)) for number in range(23)))
    said: list[str] = []
    assert run(queues, "dead", None, lambda message: f"  because {message['MessageId']}", said.append) == 23
    assert said[0] == "2026-03-01 12:00:00  uploads/shirt.jpg created  because 0"
    assert said[-1] == "23 in the dead-letter queue"
    assert (len(queues.messages), queues.hidden, queues.sent) == (23, [], [])


def test_a_redrive_sends_all_of_them_and_empties_the_queue() -> None:
    queues = Queues(a_message("1"), a_message("2", "nonsense"))
    assert run(queues, "dead", "ingest", lambda _: "", lambda _: None) == 2
    assert queues.sent == [an_event(), "nonsense"]
    assert (queues.messages, queues.hidden) == ([], [])


def test_what_the_other_queue_does_not_take_stays() -> None:
    queues = Queues(a_message())
    queues.refuses = True
    with pytest.raises(QueueUnavailable):
        run(queues, "dead", "ingest", lambda _: "", lambda _: None)
    assert len(queues.hidden) == 1  # to be seen again after a while


def test_what_is_no_event_is_shown_as_it_is() -> None:
    assert "nonsense" in described(a_message(body="nonsense"))


class Logs:
    """What a boto3 client for logs is to `cause`."""

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
    assert cause(Logs(older, newer, "REPORT m1"), "group", a_message()) == "TypeGraphUnavailable: TigerGraph: 502"
    assert cause(Logs(), "group", a_message()).startswith("not in the log")
