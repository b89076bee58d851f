"""The ingest queue on SQS, for callers that have photos processed again."""

import json
from collections.abc import Iterable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from photo_library.errors import QueueUnavailable

_MESSAGES_A_CALL = 10  # SQS takes no more


def send(sqs: Any, queue_url: str, bodies: Iterable[str]) -> None:
    """Send messages with a botocore `sqs` client. Raises QueueUnavailable; some may have been sent then."""
    waiting = list(bodies)
    for start in range(0, len(waiting), _MESSAGES_A_CALL):
        entries = [
            {"Id": str(number), "MessageBody": body}
            for number, body in enumerate(waiting[start : start + _MESSAGES_A_CALL])
        ]
        try:
            answer = sqs.send_message_batch(QueueUrl=queue_url, Entries=entries)
        except (BotoCoreError, ClientError) as error:
            raise QueueUnavailable(f"SQS: {error}") from error
        if refused := answer.get("Failed"):
            raise QueueUnavailable(f"SQS: {json.dumps(refused)}")
