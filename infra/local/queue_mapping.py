"""Lambda's event source mapping for SQS: batches from a queue to a function."""

import sys
import threading
from contextlib import suppress
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infra.local.functions import Function, InvocationError
from infra.local.template import REGION


class QueueMapping:
    """Lambda's event source mapping: takes batches from a queue to a function, and deletes what succeeded."""

    def __init__(
        self, function: Function, sqs: Any, queue_url: str, properties: dict[str, Any], retry_after_s: int
    ) -> None:
        """`properties` are those of the function's SQS event.

        `retry_after_s` replaces the queue's visibility timeout for messages that failed: waiting minutes for a second
        try is right in production and tiresome on a desk.
        """
        self._function, self._sqs, self._queue_url = function, sqs, queue_url
        self._queue_arn = properties["Queue"]
        self._batch_size = properties["BatchSize"]
        self._reports_failures = "ReportBatchItemFailures" in properties.get("FunctionResponseTypes", [])
        self._retry_after_s = retry_after_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                received = self._sqs.receive_message(
                    QueueUrl=self._queue_url,
                    MaxNumberOfMessages=self._batch_size,
                    WaitTimeSeconds=10,
                    AttributeNames=["All"],
                )
                if messages := received.get("Messages"):
                    self._deliver(messages)
            except (BotoCoreError, ClientError) as error:
                if not self._stopping.is_set():
                    print(f"the queue {self._queue_arn} cannot be read: {error}", file=sys.stderr)
                    self._stopping.wait(1)

    def _deliver(self, messages: list[dict[str, Any]]) -> None:
        records = [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": message["Attributes"],
                "messageAttributes": {},
                "md5OfBody": message["MD5OfBody"],
                "eventSource": "aws:sqs",
                "eventSourceARN": self._queue_arn,
                "awsRegion": REGION,
            }
            for message in messages
        ]
        try:
            answer = self._function.invoke({"Records": records})
            failed = {one["itemIdentifier"] for one in answer["batchItemFailures"]} if self._reports_failures else set()
        except (InvocationError, KeyError, TypeError):  # the function's log has it
            failed = {record["messageId"] for record in records}
        for record in records:
            where = {"QueueUrl": self._queue_url, "ReceiptHandle": record["receiptHandle"]}
            with suppress(ClientError):  # a message that is not settled is redelivered after the queue's own timeout
                if record["messageId"] in failed:
                    self._sqs.change_message_visibility(**where, VisibilityTimeout=self._retry_after_s)
                else:
                    self._sqs.delete_message(**where)

    def stop(self) -> None:
        """Receive no further batch."""
        self._stopping.set()
