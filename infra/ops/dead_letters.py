"""List the messages in the dead-letter queue with the cause of each failure, or redrive them to the ingest queue.

Listing leaves the messages where they are. --redrive has SQS move all of them back; SQS continues even if this command
is interrupted, and repeating the command follows a redrive that is still running. Redelivered events change nothing
that is up to date.
"""

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import click
from botocore.exceptions import BotoCoreError, ClientError

from infra.ops.command import aws_client, print_line
from photo_library.errors import EventError, QueueUnavailable
from photo_library.events import parse_events

# While listed, a message is hidden from other consumers; one that an interrupted listing took reappears after this.
HIDDEN_S = 600
POLL_S = 2.0  # between two looks at a redrive

Message = dict[str, Any]
Report = Callable[[str], None]


def list_messages(sqs: Any, queue_url: str, cause: Callable[[Message], str], report: Report) -> int:
    """Report every message with its cause, a line each, and return how many there are.

    `sqs` is a botocore client. Raises QueueUnavailable.
    """
    listed: list[Message] = []
    try:
        for message in receive_all(sqs, queue_url):
            listed.append(message)
            report(f"{describe(message)}{cause(message)}")
    finally:
        for message in listed:
            _make_visible(sqs, queue_url, message)
    report(f"{len(listed):,} in the dead-letter queue")
    return len(listed)


def receive_all(sqs: Any, queue_url: str) -> Iterator[Message]:
    """Receive each message of a queue once; they stay hidden for HIDDEN_S. Raises QueueUnavailable."""
    while True:
        try:
            answer = sqs.receive_message(
                QueueUrl=queue_url,
                MaxNumberOfMessages=10,
                WaitTimeSeconds=2,  # without waiting, SQS asks only some of its servers
                VisibilityTimeout=HIDDEN_S,
                AttributeNames=["All"],
            )
        except (BotoCoreError, ClientError) as error:
            raise QueueUnavailable(f"SQS: {error}") from error
        messages: list[Message] = answer.get("Messages", [])
        if not messages:
            return
        yield from messages


def describe(message: Message) -> str:
    """When a message was first sent, and the events in it."""
    try:
        events = [f"{event.key} {event.kind}" for event in parse_events(message["Body"])]
    except EventError as error:
        events = [str(error)]
    return f"{_sent_at(message):%Y-%m-%d %H:%M:%S}  {', '.join(events) or 'no upload event'}"


def logged_cause(logs: Any, group: str, message: Message) -> str:
    """Why a message last failed, from classify's log, read with a botocore `logs` client. Raises QueueUnavailable."""
    # A message keeps its id when it moves to the dead-letter queue.
    wanted = {"logGroupName": group, "filterPattern": f'"{message["MessageId"]}"'}
    since = int(_sent_at(message).timestamp() * 1000)
    try:
        pages = logs.get_paginator("filter_log_events").paginate(**wanted, startTime=since)
        lines = [event["message"] for page in pages for event in page["events"]]
    except (BotoCoreError, ClientError) as error:
        raise QueueUnavailable(f"cannot read the log group {group}: {error}") from error
    for line in reversed(lines):
        try:
            logged = json.loads(line)
            return str(logged["exception"]).splitlines()[-1]
        except (ValueError, KeyError, TypeError, IndexError):
            continue
    return "no cause in the log: the function was killed, or the log has expired"


def redrive(sqs: Any, queue_url: str, report: Report, poll_s: float = POLL_S) -> int:
    """Have SQS move a dead-letter queue's messages back to where they came from; returns how many it moved.

    Follows a redrive that is already running instead of starting another. Raises QueueUnavailable.
    """
    try:
        arn = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        if _last_task(sqs, arn).get("Status") != "RUNNING":
            sqs.start_message_move_task(SourceArn=arn)
        while (task := _last_task(sqs, arn)).get("Status") == "RUNNING":
            report(f"{_moved(task):,} of about {task.get('ApproximateNumberOfMessagesToMove', 0):,} redriven")
            time.sleep(poll_s)
    except (BotoCoreError, ClientError) as error:
        raise QueueUnavailable(f"SQS: {error}") from error
    if task.get("Status") != "COMPLETED":
        reason = task.get("FailureReason", "no reason given")
        raise QueueUnavailable(f"SQS: the redrive ended as {task.get('Status')} after {_moved(task):,}: {reason}")
    report(f"{_moved(task):,} redriven")
    return _moved(task)


def _last_task(sqs: Any, arn: str) -> dict[str, Any]:
    results: list[dict[str, Any]] = sqs.list_message_move_tasks(SourceArn=arn, MaxResults=1).get("Results", [])
    return results[0] if results else {}


def _moved(task: dict[str, Any]) -> int:
    return int(task.get("ApproximateNumberOfMessagesMoved", 0))


def _make_visible(sqs: Any, queue_url: str, message: Message) -> None:
    try:
        sqs.change_message_visibility(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
    except (BotoCoreError, ClientError) as error:
        raise QueueUnavailable(f"SQS: {error}") from error


def _sent_at(message: Message) -> datetime:
    return datetime.fromtimestamp(int(message["Attributes"]["SentTimestamp"]) / 1000, UTC)


@click.command("dead-letters", help=__doc__)
@click.option(
    "--queue-url", "dead_letter_queue_url", metavar="URL", required=True, help="URL of the dead-letter queue."
)
@click.option("--log-group", metavar="NAME", help="classify's log group; adds the cause of each failure.")
@click.option("--redrive", "redriving", is_flag=True, help="Move all messages back to the ingest queue.")
def command(dead_letter_queue_url: str, log_group: str | None, redriving: bool) -> None:
    sqs = aws_client("sqs")
    if redriving:
        redrive(sqs, dead_letter_queue_url, print_line)
        return
    logs = aws_client("logs") if log_group else None

    def cause(message: Message) -> str:
        return f"  {logged_cause(logs, log_group, message)}" if logs and log_group else ""

    list_messages(sqs, dead_letter_queue_url, cause, print_line)
