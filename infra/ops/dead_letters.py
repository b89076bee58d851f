"""List what failed five times, with its cause, and send it to the ingest queue again.

    python -m infra.ops.dead_letters --queue-url URL                          list
    python -m infra.ops.dead_letters --queue-url URL --log-group NAME         list with the cause that classify logged
    python -m infra.ops.dead_letters --queue-url URL --redrive-to URL         list and send again

URLs are those of the dead-letter queue and of the ingest queue. Interrupted, nothing is lost: a message leaves the
dead-letter queue only after the other queue took it, and what comes twice changes nothing.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infra.ops.command import exit_status
from photo_library.aws import client
from photo_library.errors import EventError, QueueUnavailable
from photo_library.events import parse_events
from photo_library.queue.sqs import send

# Nobody else sees a message meanwhile; what a broken-off listing took is to be seen again after it.
HIDDEN_S = 600

Message = dict[str, Any]


def dead_letters(sqs: Any, queue_url: str) -> Iterator[Message]:
    """The messages of a queue, each once, as a boto3 `sqs` client gives them; they stay hidden for HIDDEN_S.

    Raises QueueUnavailable.
    """
    while True:
        try:
            answer = sqs.receive_message(
                QueueUrl=queue_url,
                MaxNumberOfMessages=10,
                WaitTimeSeconds=2,  # without waiting SQS asks only some of its servers
                VisibilityTimeout=HIDDEN_S,
                AttributeNames=["All"],
            )
        except (BotoCoreError, ClientError) as error:
            raise QueueUnavailable(f"SQS: {error}") from error
        messages: list[Message] = answer.get("Messages", [])
        if not messages:
            return
        yield from messages


def described(message: Message) -> str:
    """When a message was first sent, and what it speaks of."""
    try:
        events = [f"{event.key} {event.kind}" for event in parse_events(message["Body"])]
    except EventError as error:
        events = [str(error)]
    return f"{_sent(message):%Y-%m-%d %H:%M:%S}  {', '.join(events) or 'nothing of ours'}"


def cause(logs: Any, group: str, message: Message) -> str:
    """Why a message last failed, from classify's log, read with a boto3 `logs` client. Raises QueueUnavailable."""
    # A message keeps its id when it goes to the dead-letter queue.
    wanted = {"logGroupName": group, "filterPattern": f'"{message["MessageId"]}"'}
    since = int(_sent(message).timestamp() * 1000)
    try:
        pages = logs.get_paginator("filter_log_events").paginate(**wanted, startTime=since)
        lines = [event["message"] for page in pages for event in page["events"]]
    except (BotoCoreError, ClientError) as error:
        raise QueueUnavailable(f"the log group {group} cannot be read: {error}") from error
    for line in reversed(lines):
        try:
            logged = json.loads(line)
            return str(logged["exception"]).splitlines()[-1]
        except (ValueError, KeyError, TypeError, IndexError):
            continue
    return "not in the log: the function was killed, or the log is gone"


def redrive(sqs: Any, from_url: str, to_url: str, message: Message) -> None:
    """Send a message to the other queue, then delete it here. Raises QueueUnavailable."""
    send(sqs, to_url, [message["Body"]])
    try:
        sqs.delete_message(QueueUrl=from_url, ReceiptHandle=message["ReceiptHandle"])
    except (BotoCoreError, ClientError) as error:
        raise QueueUnavailable(f"SQS: {error}") from error


def _show_again(sqs: Any, queue_url: str, message: Message) -> None:
    try:
        sqs.change_message_visibility(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
    except (BotoCoreError, ClientError) as error:
        raise QueueUnavailable(f"SQS: {error}") from error


def _sent(message: Message) -> datetime:
    return datetime.fromtimestamp(int(message["Attributes"]["SentTimestamp"]) / 1000, UTC)


def run(
    sqs: Any, queue_url: str, redrive_to: str | None, why: Callable[[Message], str], say: Callable[[str], None]
) -> int:
    """List, or redrive, all of a queue; returns how many messages there were. Raises QueueUnavailable."""
    listed: list[Message] = []
    count = 0
    try:
        for message in dead_letters(sqs, queue_url):
            if redrive_to:
                redrive(sqs, queue_url, redrive_to, message)
            else:
                listed.append(message)
            count += 1
            say(f"{described(message)}{why(message)}")
    finally:
        for message in listed:
            _show_again(sqs, queue_url, message)
    say(f"{count:,} {'sent again' if redrive_to else 'in the dead-letter queue'}")
    return count


def main() -> int:
    """List or redrive what the command line names; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m infra.ops.dead_letters", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--queue-url", required=True, help="the dead-letter queue")
    parser.add_argument("--redrive-to", metavar="URL", help="the ingest queue, to send everything there again")
    parser.add_argument("--log-group", metavar="NAME", help="classify's log group, to show each message's cause")
    arguments = parser.parse_args()
    logs = client("logs") if arguments.log_group else None

    def why(message: Message) -> str:
        return f"  {cause(logs, arguments.log_group, message)}" if logs else ""

    def say(line: str) -> None:
        print(line, flush=True)

    return exit_status(lambda: run(client("sqs"), arguments.queue_url, arguments.redrive_to, why, say))


if __name__ == "__main__":
    sys.exit(main())
