"""The local cloud as its users see it, and waiting for what it does."""

import json
import time
from collections.abc import Callable
from typing import Any

import requests

from infra.local.cloud import LocalCloud
from photo_library.photo import photo_id

Condition = Callable[[], Any]


class Site:
    """The local cloud as a user sees it: a bucket and an HTTP API."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud = cloud
        self.s3 = cloud.client("s3")

    def put(self, key: str, data: bytes, **options: Any) -> str:
        """Put an object under uploads/ with the ordinary S3 API; returns the photo's id."""
        self.s3.put_object(Bucket=self.cloud.bucket, Key=f"uploads/{key}", Body=data, **options)
        return photo_id(self.cloud.bucket, f"uploads/{key}")

    def delete(self, key: str) -> None:
        self.s3.delete_object(Bucket=self.cloud.bucket, Key=f"uploads/{key}")

    def get(self, path: str) -> requests.Response:
        return requests.get(f"{self.cloud.api_url}{path}", timeout=30)

    def photo(self, id_: str, until: Callable[[dict[str, Any]], bool] = bool) -> dict[str, Any]:
        """The photo, once the API knows it and `until` holds."""

        def known() -> dict[str, Any] | None:
            answer = self.get(f"/photos/{id_}")
            return answer.json() if answer.ok and until(answer.json()) else None

        found: dict[str, Any] = wait_for(known)
        return found

    def found_by(self, type_name: str, min_probability: float = 0.01) -> set[str]:
        answer = self.get(f"/search?type={type_name}&min_probability={min_probability}&limit=100")
        assert answer.status_code == 200, answer.text
        return {photo["id"] for photo in answer.json()["photos"]}


def wait_for(condition: Condition, timeout_s: float = 180) -> Any:
    """What the condition gives once that is true.

    It is asked ever less often, up to five times a second: asking takes time from what it waits for.
    """
    deadline, pause = time.monotonic() + timeout_s, 0.01
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(pause)
        pause = min(1.3 * pause, 0.2)
    return found


def upload(site: Site, data: bytes, **wanted: Any) -> str:
    """Upload as a browser does; returns the photo's id."""
    begun = requests.post(f"{site.cloud.api_url}/uploads", json=wanted | {"size": len(data)}, timeout=30)
    assert begun.status_code == 201, begun.text
    form = begun.json()
    sent = requests.post(form["url"], data=form["fields"], files={"file": data}, timeout=30)
    assert sent.ok, sent.text
    return str(form["id"])


# Resources that the documents' commands look up by their logical ids.
NAMED_RESOURCES = ("ClassifyFunction", "SearchFunction", "ReconcileFunction", "ReconcileFunctionHourly")


def describe_stack(site: Site, name: str, api_url: str, import_arn: str = "none", **parameters: str) -> None:
    """Have CloudFormation describe the local cloud as a deployed stack."""
    secret = site.cloud.client("secretsmanager").describe_secret(SecretId="StoresSecret")["ARN"]
    outputs = {
        "ApiUrl": api_url,
        "BucketName": site.cloud.bucket,
        "StoresSecretArn": secret,
        "IngestQueueUrl": site.cloud.queue_urls["IngestQueue"],
        "IngestDeadLetterQueueUrl": site.cloud.queue_urls["IngestDeadLetterQueue"],
        "ImportArn": import_arn,
    }
    parameters = {
        "ApiAccess": "iam",
        "MongodbDatabase": site.cloud.database,
        "TigergraphGraph": site.cloud.graph_name,
    } | parameters
    site.cloud.client("cloudformation").create_stack(
        StackName=name,
        TemplateBody=json.dumps(
            {
                "Parameters": {one: {"Type": "String", "Default": value} for one, value in parameters.items()},
                # What commands need is that these have physical ids.
                "Resources": {resource: {"Type": "AWS::Logs::LogGroup"} for resource in NAMED_RESOURCES},
                "Outputs": {one: {"Value": value} for one, value in outputs.items()},
            }
        ),
        Parameters=[{"ParameterKey": one, "ParameterValue": value} for one, value in parameters.items()],
    )
