"""The template keeps the rules that AWS and the architecture set."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from infra.local.template import DEFAULT_ROUTE, ROOT, Template
from infra.ops.verify import PATIENCE_S
from photo_library.events import UPLOADS
from photo_library.photo import RESTORABLE_FOR, THUMBNAILS
from search import page_files

FUNCTIONS = Template().of_type("AWS::Serverless::Function")

# What the page needs before its user has entered a token.
PAGE = (*page_files.ROUTES, "GET /library")
READS = ("GET ", DEFAULT_ROUTE, "POST /classify")  # that one keeps nothing of what is sent


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


def test_dead_letters_are_kept_longer_than_the_messages_of_the_queue(template: Template) -> None:
    """A message keeps its time of sending when it moves, so as long a retention would delete it at once."""
    queue, dead = template.properties("IngestQueue"), template.properties("IngestDeadLetterQueue")
    day = 24 * 3600
    assert (queue["MessageRetentionPeriod"], dead["MessageRetentionPeriod"]) == (4 * day, 14 * day)


def test_verifying_waits_longer_than_a_redelivery_takes(template: Template) -> None:
    queue, classify = template.properties("IngestQueue"), template.properties("ClassifyFunction")
    assert queue["VisibilityTimeout"] + 2 * classify["Timeout"] < PATIENCE_S


def test_the_access_log_does_not_use_up_the_accounts_log_policy(template: Template) -> None:
    assert template.properties("ApiLogGroup")["LogGroupName"].startswith("/aws/vendedlogs/")


def test_the_bucket_tells_the_queue_about_uploads_and_about_nothing_else(template: Template) -> None:
    configured = template.properties("PhotoBucket")["NotificationConfiguration"]["QueueConfigurations"]
    assert {one["Event"] for one in configured} == {"s3:ObjectCreated:*", "s3:ObjectRemoved:*"}
    assert {one["Queue"] for one in configured} == {template.arn("IngestQueue")}
    assert {str(one["Filter"]["S3Key"]["Rules"]) for one in configured} == {"[{'Name': 'prefix', 'Value': 'uploads/'}]"}


def test_the_page_may_upload_to_the_bucket_and_read_files_for_a_download(template: Template) -> None:
    (rule,) = template.properties("PhotoBucket")["CorsConfiguration"]["CorsRules"]
    assert rule["AllowedMethods"] == ["GET", "POST"]


def test_the_bucket_keeps_deleted_photos_as_long_as_they_can_be_restored(template: Template) -> None:
    rules = template.properties("PhotoBucket")["LifecycleConfiguration"]["Rules"]
    days = {
        one.get("Prefix", ""): one.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays") for one in rules[:2]
    }
    assert days == {"": RESTORABLE_FOR.days, THUMBNAILS: 1}


def test_only_the_bucket_may_send_to_the_queue(template: Template) -> None:
    (statement,) = template.properties("IngestQueuePolicy")["PolicyDocument"]["Statement"]
    assert statement["Condition"]["ArnEquals"]["aws:SourceArn"] == template.arn("PhotoBucket")
    assert "aws:SourceAccount" in statement["Condition"]["StringEquals"]


def test_each_function_may_do_exactly_what_it_needs(template: Template) -> None:
    def allowed(role: str) -> dict[str, tuple[Any, ...]]:
        (policy,) = template.properties(role)["Policies"]
        statements = policy["PolicyDocument"]["Statement"]
        return {
            one["Sid"]: (as_list(one["Action"]), one["Resource"], *([one["Condition"]] if "Condition" in one else []))
            for one in statements
        }

    uploads, thumbnails = (f"{template.arn('PhotoBucket')}/{folder}/*" for folder in ("uploads", "thumbnails"))
    logs = ["logs:CreateLogStream", "logs:PutLogEvents"]
    secret = (["secretsmanager:GetSecretValue"], "StoresSecret")
    traces = (["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "*")
    signed = ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"]
    assert allowed("SearchRole") == {
        "SignReadsAndUploads": (signed, uploads),
        "SignThumbnails": (["s3:GetObject"], thumbnails),
        "DeleteUploads": (["s3:DeleteObject"], uploads),
        "RetryRejectedPhotos": (["sqs:SendMessage"], template.arn("IngestQueue")),
        "ReadStoreCredentials": secret,
        "WriteLogs": (logs, template.arn("SearchLogGroup")),
        "WriteTraces": traces,
    }
    assert allowed("DescribeRole") == {
        "WriteLogs": (logs, template.arn("DescribeLogGroup")),
        "WriteTraces": traces,
    }
    assert allowed("ReconcileRole") == {
        "ListUploadsAndThumbnails": (
            ["s3:ListBucket"],
            template.arn("PhotoBucket"),
            {"StringLike": {"s3:prefix": [f"{UPLOADS}*", f"{THUMBNAILS}*"]}},  # what photo_library/bucket/s3.py lists
        ),
        "DeleteThumbnailsOfNoPhoto": (["s3:DeleteObject"], thumbnails),
        "HavePhotosLookedAtAgain": (["sqs:SendMessage"], template.arn("IngestQueue")),
        "ReadStoreCredentials": secret,
        "WriteLogs": (logs, template.arn("ReconcileLogGroup")),
        "WriteTraces": traces,
    }
    assert allowed("ClassifyRole") == {
        "ReadUploads": (["s3:GetObject"], uploads),
        "StoreThumbnails": (["s3:PutObject", "s3:DeleteObject"], thumbnails),
        "DistinguishMissingFromForbidden": (["s3:ListBucket"], template.arn("PhotoBucket")),
        "ReceiveEvents": (
            ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
            template.arn("IngestQueue"),
        ),
        "ReadStoreCredentials": secret,
        "WriteLogs": (logs, template.arn("ClassifyLogGroup")),
        "WriteTraces": traces,
    }


@pytest.mark.parametrize(
    ("access", "reads", "writes"), [("iam", "AWS_IAM", "AWS_IAM"), ("jwt", "JWT", "JWT"), ("public", "NONE", "AWS_IAM")]
)
def test_each_route_says_who_may_use_it(access: str, reads: str, writes: str) -> None:
    template = Template(parameters={"ApiAccess": access})
    for route in template.routes():
        read = "NONE" if route.key in PAGE and access != "iam" else reads
        is_read = route.key.startswith(READS) and route.key != "GET /trash"
        assert route.access == (read if is_read else writes), route
    assert bool(template.of_type("AWS::ApiGatewayV2::Authorizer")) == (access == "jwt")


def test_the_api_lets_nobody_in_who_does_not_sign_unless_that_is_chosen(template: Template) -> None:
    assert {route.access for route in template.routes()} == {"AWS_IAM"}


def test_browsers_may_ask_whether_they_may_ask_where_origins_are_named() -> None:
    def preflights(**parameters: str) -> list[str]:
        routes = Template(parameters={"ApiAccess": "jwt", **parameters}).routes()
        return [route.access for route in routes if route.key == "OPTIONS /{proxy+}"]

    assert preflights() == []
    assert preflights(CorsOrigins="https://photos.example.com") == ["NONE"]


def test_the_api_takes_no_more_requests_than_it_is_told() -> None:
    template = Template(parameters={"RequestsPerSecond": "7", "RequestBurst": "9"})
    settings = template.properties("ApiStage")["DefaultRouteSettings"]
    assert (settings["ThrottlingRateLimit"], settings["ThrottlingBurstLimit"]) == (7, 9)


def test_fewer_pictures_than_other_requests_are_taken() -> None:
    stage = Template(parameters={"PicturesPerSecond": "3"}).properties("ApiStage")
    assert stage["RouteSettings"] == {"POST /classify": {"ThrottlingRateLimit": 3, "ThrottlingBurstLimit": 3}}


def test_describe_answers_before_the_api_stops_waiting_and_finds_what_classify_finds(template: Template) -> None:
    describe, classify = template.properties("DescribeFunction"), template.properties("ClassifyFunction")
    assert describe["Timeout"] < 30  # seconds that an HTTP API waits
    assert describe["MemorySize"] == classify["MemorySize"]
    settings, same = (one["Environment"]["Variables"] for one in (classify, describe))
    assert same == {name: settings[name] for name in same}


def test_describe_knows_of_no_store_and_of_no_network() -> None:
    template = Template(parameters={"VpcSubnets": "subnet-0a1", "VpcSecurityGroups": "sg-0a1"})
    describe, role = template.properties("DescribeFunction"), template.properties("DescribeRole")
    assert describe["Environment"]["Variables"].keys() == {
        "MODEL_DIR",
        "MIN_PROBABILITY",
        "POWERTOOLS_METRICS_NAMESPACE",
    }
    assert "VpcConfig" not in describe
    assert "ManagedPolicyArns" not in role


def test_store_connections_are_capped(template: Template) -> None:
    mapping = template.properties("ClassifyFunction")["Events"]["Ingest"]["Properties"]
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": 10}
    assert mapping["BatchSize"] == 10


def test_the_access_log_tells_the_route_and_not_what_was_asked_for(template: Template) -> None:
    format_ = template.properties("ApiStage")["AccessLogSettings"]["Format"]
    told = {"requestTime", "routeKey", "status", "responseLatency", "requestId"}
    assert set(re.findall(r"\$context\.([\w.]+)", format_)) == told
    assert set(json.loads(format_)) == {"time", "route", "status", "latency_ms", "request_id"}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_function_logs_to_a_group_whose_logs_expire(template: Template, name: str) -> None:
    group = template.properties(name)["LoggingConfig"]["LogGroup"]
    assert template.properties(group)["RetentionInDays"] == 30


def test_every_exception_from_the_scan_says_why() -> None:
    exceptions = re.findall(r"checkov:skip=(\w+)(?:: (.+))?", (ROOT / "template.yaml").read_text())
    assert len(exceptions) > 10
    assert all(len(reason.split()) > 3 for _, reason in exceptions), exceptions


def test_no_credential_is_in_the_template() -> None:
    text = (ROOT / "template.yaml").read_text()
    assert not re.search(r"mongodb(\+srv)?://|AKIA[0-9A-Z]{16}|tgcloud\.io", text)


DEPLOYED = ["layers/photo_library/requirements", "functions/classify/requirements", "functions/classify/tensorflow"]


@pytest.fixture(scope="module")
def locked() -> dict[str, list[dict[str, Any]]]:
    """What uv.lock has of each package."""
    packages: dict[str, list[dict[str, Any]]] = {}
    for package in tomllib.loads((ROOT / "uv.lock").read_text())["package"]:
        packages.setdefault(package["name"], []).append(package)
    return packages


def requirements(path: str) -> dict[str, tuple[str, set[str]]]:
    """Name → version and hashes, of a requirements file."""
    lines = Path(ROOT, path).read_text().replace("\\\n", "").splitlines()
    parts = [re.match(r"([\w.-]+)==(\S+)(.*)", line) for line in lines]
    return {one[1].lower(): (one[2], set(re.findall(r"--hash=(\S+)", one[3]))) for one in parts if one}


@pytest.mark.parametrize("path", DEPLOYED)
def test_what_is_deployed_is_what_was_locked_down_to_its_hashes(
    locked: dict[str, list[dict[str, Any]]], path: str
) -> None:
    deployed, named = requirements(f"{path}.lock"), requirements(f"{path}.txt")
    assert named.keys() <= deployed.keys(), "run make lock"
    for name, (version, hashes) in {**deployed, **{f"{one} ": named[one] for one in named}}.items():
        (package,) = [one for one in locked[name.strip()] if one["version"] == version]
        known = {file["hash"] for file in [*package["wheels"], *([package["sdist"]] if "sdist" in package else [])]}
        assert name.endswith(" ") or known <= hashes, f"{name}: run make lock"
    assert all(hashes for _, hashes in deployed.values())


@pytest.mark.parametrize("path", [one for one in DEPLOYED if not one.endswith("tensorflow")])  # it is installed alone
def test_nothing_that_is_deployed_is_left_to_be_resolved(locked: dict[str, list[dict[str, Any]]], path: str) -> None:
    deployed = requirements(f"{path}.lock")
    for name, (version, _) in deployed.items():
        (package,) = [one for one in locked[name] if one["version"] == version]
        needed = {one["name"] for one in package.get("dependencies", []) if "marker" not in one}
        assert needed <= deployed.keys(), f"{name}: run make lock"


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
