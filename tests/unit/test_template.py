"""The template keeps the rules that AWS and the architecture set."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from infra.local.template import ROOT, Template

FUNCTIONS = Template().of_type("AWS::Serverless::Function")


@pytest.fixture(scope="module")
def template() -> Template:
    return Template()


def test_the_queue_hides_a_message_six_times_as_long_as_the_function_may_take(template: Template) -> None:
    queue, classify = template.properties("IngestQueue"), template.properties("ClassifyFunction")
    assert queue["VisibilityTimeout"] >= 6 * classify["Timeout"]
    assert queue["RedrivePolicy"] == {
        "deadLetterTargetArn": template.arn("IngestDeadLetterQueue"),
        "maxReceiveCount": 5,
    }
    assert classify["Events"]["Ingest"]["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert classify["Timeout"] >= 60
    assert classify["MemorySize"] >= 2048


def test_the_bucket_tells_the_queue_about_uploads_and_about_nothing_else(template: Template) -> None:
    configured = template.properties("PhotoBucket")["NotificationConfiguration"]["QueueConfigurations"]
    assert {one["Event"] for one in configured} == {"s3:ObjectCreated:*", "s3:ObjectRemoved:*"}
    assert {one["Queue"] for one in configured} == {template.arn("IngestQueue")}
    assert {str(one["Filter"]["S3Key"]["Rules"]) for one in configured} == {"[{'Name': 'prefix', 'Value': 'uploads/'}]"}


def test_only_the_bucket_may_send_to_the_queue(template: Template) -> None:
    (statement,) = template.properties("IngestQueuePolicy")["PolicyDocument"]["Statement"]
    assert statement["Condition"]["ArnEquals"]["aws:SourceArn"] == template.arn("PhotoBucket")
    assert "aws:SourceAccount" in statement["Condition"]["StringEquals"]


def test_each_function_may_do_exactly_what_it_needs(template: Template) -> None:
    def allowed(role: str) -> dict[str, tuple[list[str], str]]:
        (policy,) = template.properties(role)["Policies"]
        statements = policy["PolicyDocument"]["Statement"]
        return {one["Sid"]: (as_list(one["Action"]), one["Resource"]) for one in statements}

    uploads = f"{template.arn('PhotoBucket')}/uploads/*"
    logs = ["logs:CreateLogStream", "logs:PutLogEvents"]
    secret = (["secretsmanager:GetSecretValue"], "StoresSecret")
    signed = ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"]
    assert allowed("SearchRole") == {
        "SignReadsAndUploads": (signed, uploads),
        "DeleteUploads": (["s3:DeleteObject"], uploads),
        "ReadStoreCredentials": secret,
        "WriteLogs": (logs, template.arn("SearchLogGroup")),
    }
    assert allowed("ReconcileRole") == {
        "ListUploads": (["s3:ListBucket"], template.arn("PhotoBucket")),
        "HavePhotosLookedAtAgain": (["sqs:SendMessage"], template.arn("IngestQueue")),
        "ReadStoreCredentials": secret,
        "WriteLogs": (logs, template.arn("ReconcileLogGroup")),
    }
    assert allowed("ClassifyRole") == {
        "ReadUploads": (["s3:GetObject"], uploads),
        "TellGoneFromForbidden": (["s3:ListBucket"], template.arn("PhotoBucket")),
        "TakeEvents": (
            ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
            template.arn("IngestQueue"),
        ),
        "ReadStoreCredentials": secret,
        "WriteLogs": (logs, template.arn("ClassifyLogGroup")),
    }


@pytest.mark.parametrize(
    ("access", "reads", "writes"), [("iam", "AWS_IAM", "AWS_IAM"), ("jwt", "JWT", "JWT"), ("public", "NONE", "AWS_IAM")]
)
def test_each_route_says_who_may_use_it(access: str, reads: str, writes: str) -> None:
    template = Template(parameters={"ApiAccess": access})
    for route in template.routes():
        assert route.access == (reads if route.method == "GET" else writes), route
    assert bool(template.of_type("AWS::ApiGatewayV2::Authorizer")) == (access == "jwt")


def test_the_api_lets_nobody_in_who_does_not_sign_unless_that_is_chosen(template: Template) -> None:
    assert {route.access for route in template.routes()} == {"AWS_IAM"}


def test_the_api_takes_no_more_requests_than_it_is_told() -> None:
    template = Template(parameters={"RequestsPerSecond": "7", "RequestBurst": "9"})
    settings = template.properties("ApiStage")["DefaultRouteSettings"]
    assert (settings["ThrottlingRateLimit"], settings["ThrottlingBurstLimit"]) == (7, 9)


def test_store_connections_are_capped(template: Template) -> None:
    mapping = template.properties("ClassifyFunction")["Events"]["Ingest"]["Properties"]
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": 10}
    assert mapping["BatchSize"] == 10


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_function_logs_to_a_group_whose_logs_expire(template: Template, name: str) -> None:
    group = template.properties(name)["LoggingConfig"]["LogGroup"]
    assert template.properties(group)["RetentionInDays"] == 30


def test_no_credential_is_in_the_template() -> None:
    text = (ROOT / "template.yaml").read_text()
    assert not re.search(r"mongodb(\+srv)?://|AKIA[0-9A-Z]{16}|tgcloud\.io", text)


@pytest.mark.parametrize(
    "path",
    [
        "layers/photo_library/requirements.txt",
        "functions/classify/requirements.txt",
        "functions/classify/tensorflow.txt",
    ],
)
def test_what_is_deployed_has_the_versions_of_the_lock_file(path: str) -> None:
    locked: dict[str, set[str]] = {}
    for package in tomllib.loads((ROOT / "uv.lock").read_text())["package"]:
        locked.setdefault(package["name"], set()).add(package.get("version", ""))
    for line in Path(ROOT, path).read_text().split():
        name, version = line.split("==")
        assert version in locked[name.lower()], line


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
