"""Events as Lambda hands them to the functions: an SQS batch of uploads, a request of the HTTP API."""

import base64
import json
from typing import Any

from infra.local.cloud import LocalCloud

BUCKET = "bench-photos"  # one that sends no events: the benchmark sends them itself


def upload(cloud: LocalCloud, prefix: str, photos: list[bytes]) -> dict[str, Any]:
    """Put the photos into the bucket under a prefix of their own; the SQS batch of events that tells of them."""
    s3 = cloud.client("s3")
    keys = [f"uploads/{prefix}/{number}.jpg" for number in range(len(photos))]
    for key, data in zip(keys, photos, strict=True):
        s3.put_object(Bucket=BUCKET, Key=key, Body=data)
    return {"Records": [_message(key, len(data)) for key, data in zip(keys, photos, strict=True)]}


def forget(cloud: LocalCloud, event: dict[str, Any]) -> None:
    """Take a batch's photos out of the bucket, which keeps them in memory."""
    s3 = cloud.client("s3")
    for message in event["Records"]:
        (record,) = json.loads(message["body"])["Records"]
        s3.delete_object(Bucket=BUCKET, Key=record["s3"]["object"]["key"])


def _message(key: str, size: int) -> dict[str, Any]:
    record = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "eventTime": "2026-03-01T12:00:00.000Z",
        "eventName": "ObjectCreated:Put",
        "s3": {"bucket": {"name": BUCKET}, "object": {"key": key, "size": size, "sequencer": "05"}},
    }
    return {
        "messageId": key,
        "receiptHandle": key,
        "body": json.dumps({"Records": [record]}),
        "attributes": {"ApproximateReceiveCount": "1"},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "awsRegion": "us-east-1",
    }


def picture_request(picture: bytes) -> dict[str, Any]:
    """An HTTP API event for POST /classify."""
    return {
        "version": "2.0",
        "routeKey": "POST /classify",
        "rawPath": "/classify",
        "rawQueryString": "",
        "headers": {"content-type": "image/jpeg"},
        "requestContext": {"http": {"method": "POST", "path": "/classify"}, "stage": "$default", "requestId": "bench"},
        "body": base64.b64encode(picture).decode(),
        "isBase64Encoded": True,
    }


def search_request(query: str) -> dict[str, Any]:
    """An HTTP API event for GET /search."""
    return {
        "version": "2.0",
        "routeKey": "GET /search",
        "rawPath": "/search",
        "rawQueryString": query,
        "queryStringParameters": dict(part.split("=") for part in query.split("&")),
        "headers": {},
        "requestContext": {"http": {"method": "GET", "path": "/search"}, "stage": "$default", "requestId": "bench"},
    }
