from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from photo_library.errors import QueueUnavailable
from photo_library.queue.sqs import send


class Queue:
    """What a boto3 client is to `send`; `outcome` is raised or answered."""

    def __init__(self, outcome: Exception | dict[str, Any] | None = None) -> None:
        self.outcome = outcome
        self.calls: list[list[str]] = []

    def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, str]]) -> dict[str, Any]:
        assert QueueUrl == "queue"
        assert len({entry["Id"] for entry in Entries}) == len(Entries)
        self.calls.append([entry["MessageBody"] for entry in Entries])
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome or {}


def test_messages_go_ten_a_call() -> None:
    queue = Queue()
    bodies = [str(number) for number in range(23)]
    send(queue, "queue", bodies)
    assert [len(call) for call in queue.calls] == [10, 10, 3]
    assert [body for call in queue.calls for body in call] == bodies


def test_nothing_to_send_is_no_call() -> None:
    queue = Queue()
    send(queue, "queue", [])
    assert queue.calls == []


@pytest.mark.parametrize(
    "outcome",
    [
        EndpointConnectionError(endpoint_url="http://sqs"),
        ClientError({"Error": {"Code": "AccessDenied"}}, "SendMessageBatch"),
        {"Failed": [{"Id": "0", "Code": "InternalError"}]},
    ],
)
def test_a_message_that_was_not_taken_is_a_transient_error(outcome: Exception | dict[str, Any]) -> None:
    with pytest.raises(QueueUnavailable):
        send(Queue(outcome), "queue", ["body"])
