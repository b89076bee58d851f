"""The plain way as a Lambda function: one photo after the other, one insert each, one request a vertex and edge."""

import json
import os
from typing import Any
from urllib.parse import unquote_plus

import boto3
from pymongo import MongoClient
from pyTigerGraph import TigerGraphConnection

from photo_library.photo import TYPES, photo_id
from tests.bench import plain_photo

MODEL = plain_photo.load(os.environ["PLAIN_MODEL"])
SECRET = json.loads(
    boto3.client("secretsmanager").get_secret_value(SecretId=os.environ["STORES_SECRET"])["SecretString"]
)
S3 = boto3.client("s3")
PHOTOS = MongoClient[dict[str, Any]](SECRET["MONGODB_URI"])[os.environ["MONGODB_DATABASE"]]["plain_photos"]
GRAPH = TigerGraphConnection(
    host=SECRET["TIGERGRAPH_HOST"], graphname=os.environ["TIGERGRAPH_GRAPH"], gsqlSecret=SECRET["TIGERGRAPH_SECRET"]
)
GRAPH.getToken(SECRET["TIGERGRAPH_SECRET"])


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Ingest an SQS batch of S3 events."""
    for message in event["Records"]:
        for record in json.loads(message["body"])["Records"]:
            ingest(record["s3"]["bucket"]["name"], unquote_plus(record["s3"]["object"]["key"]))
    return {"batchItemFailures": []}


def ingest(bucket: str, key: str) -> None:
    """One photo into both stores."""
    data = S3.get_object(Bucket=bucket, Key=key)["Body"].read()
    scores = zip(TYPES, plain_photo.probabilities(MODEL, data), strict=True)
    types = {name: round(score, 4) for name, score in scores if score >= float(os.environ["MIN_PROBABILITY"])}
    id_ = photo_id(bucket, key)
    PHOTOS.insert_one({"_id": id_, "bucket": bucket, "key": key, "size": len(data), "types": types})
    GRAPH.upsertVertex("Photo", id_, {})
    for name, score in types.items():
        GRAPH.upsertVertex("PhotoType", name, {})
        GRAPH.upsertEdge("Photo", id_, "PHOTO_HAS_TYPE", "PhotoType", name, {"probability": score})
