"""A real `sam deploy` of the built template into an account that moto plays, and what is in it afterwards."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from infra.local.cloud import AWS_CREDENTIALS
from infra.local.processes import Process
from infra.local.template import ROOT
from tests.support.sam import CHOICES, IMAGE

STACK = "photo-library"
NAMED = {"aws_access_key_id": "local", "aws_secret_access_key": "local", "region_name": "us-east-1"}


class Account:
    """Clients for the services of the account that the stack was deployed into."""

    def __init__(self, url: str) -> None:
        self.url = url

    def client(self, service: str) -> Any:
        return boto3.client(service, endpoint_url=self.url, **NAMED)  # type: ignore[call-overload]

    def functions(self) -> dict[str, Any]:
        """The functions by their logical names, which are in their physical ones."""
        found = self.client("lambda").list_functions()["Functions"]
        return {one["FunctionName"].split("-")[2]: one for one in found}

    def queue(self, logical: str) -> dict[str, Any]:
        sqs = self.client("sqs")
        (url,) = sqs.list_queues(QueueNamePrefix=f"{STACK}-{logical}-")["QueueUrls"]
        attributes: dict[str, Any] = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        return attributes


@pytest.fixture(scope="module")
def account(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    folder = tmp_path_factory.mktemp("account")
    command = [sys.executable, "-m", "tests.support.aws_account"]
    moto = Process("account", command, folder / "log", os.environ, r"listening on (\d+)")
    try:
        # By this name moto knows itself in the template's URL.
        account = Account(f"http://localhost:{moto.wait_ready()[1]}")
        account.client("s3").create_bucket(Bucket="artefacts")
        deploy(account, built, folder)
        yield account
    finally:
        moto.stop()


def deploy(account: Account, built: Path, folder: Path) -> None:
    """As README says, but unattended, and with images that have been pushed."""
    text = (built / "template.yaml").read_text()
    image = "      PackageType: Image\n"
    assert text.count(image) == 2
    template = built / "pushed.yaml"
    template.write_text(text.replace(image, f"{image}      ImageUri: {IMAGE}\n"))
    (folder / "samconfig.toml").write_text("version = 0.1\n")
    command = [
        *(str(Path(sys.executable).with_name("sam")), "deploy", "--template-file", str(template)),
        *("--config-file", str(folder / "samconfig.toml"), "--stack-name", STACK, "--s3-bucket", "artefacts"),
        *("--image-repository", IMAGE.partition(":")[0], "--capabilities", "CAPABILITY_IAM"),
        *("--no-confirm-changeset", "--no-progressbar"),
    ]
    environ = {**os.environ, **AWS_CREDENTIALS, "AWS_ENDPOINT_URL": account.url, "SAM_CLI_POLL_DELAY": "0.1"}
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_stack_is_complete(account: Account) -> None:
    (stack,) = account.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert {one["ParameterKey"]: one["ParameterValue"] for one in stack["Parameters"]}["ApiAccess"] == "iam"


def test_the_functions_are_there_as_declared(account: Account) -> None:
    functions = account.functions()
    classify = functions.pop("ClassifyFunction")
    assert (classify["Timeout"], classify["MemorySize"]) == (60, 2048)
    assert classify["Environment"]["Variables"]["MONGODB_DATABASE"] == "photo_library"
    describe = functions.pop("DescribeFunction")
    assert "MONGODB_DATABASE" not in describe["Environment"]["Variables"]
    for name, handler in (("SearchFunction", "search.app.handler"), ("ReconcileFunction", "reconcile.app.handler")):
        assert (functions[name]["Runtime"], functions[name]["Handler"]) == ("python3.13", handler)


def test_the_queue_feeds_classify_and_gives_up_after_five_tries(account: Account) -> None:
    (mapping,) = account.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    queue, dead = account.queue("IngestQueue"), account.queue("IngestDeadLetterQueue")
    assert mapping["EventSourceArn"] == queue["QueueArn"]
    assert mapping["FunctionArn"] == account.functions()["ClassifyFunction"]["FunctionArn"]
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert json.loads(queue["RedrivePolicy"]) == {"deadLetterTargetArn": dead["QueueArn"], "maxReceiveCount": 5}
    assert queue["VisibilityTimeout"] == "360"


def test_the_bucket_has_its_name_and_is_encrypted(account: Account) -> None:
    s3, bucket = account.client("s3"), f"{STACK}-123456789012-us-east-1"
    assert s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]


def test_each_function_has_its_role(account: Account) -> None:
    iam = account.client("iam")
    for name in ("Classify", "Describe", "Search", "Reconcile"):
        role = account.functions()[f"{name}Function"]["Role"].rpartition("/")[2]
        policy = iam.get_role_policy(RoleName=role, PolicyName=name.lower())["PolicyDocument"]
        assert f"log-group:/aws/lambda/{STACK}-{name.lower()}'" in str(policy)  # every reference was resolved
        assert "${" not in str(policy)


def test_the_dashboard_and_the_topic_are_there(account: Account) -> None:
    body = account.client("cloudwatch").get_dashboard(DashboardName=STACK)["DashboardBody"]
    assert f"alarm:{STACK}-DeadLettersAlarm" in body
    assert "${AWS" not in body
    (topic,) = account.client("sns").list_topics()["Topics"]
    assert "AlarmTopic" in topic["TopicArn"]


@pytest.mark.parametrize("choice", CHOICES)
def test_each_choice_can_be_deployed_and_its_photos_outlive_it(account: Account, choice: str) -> None:
    """With the template that `sam deploy` uploaded. moto has no HTTP APIs: test_access.py sees to who is let in."""
    parameters, name = CHOICES[choice], f"chosen-{[*CHOICES].index(choice)}"
    cloudformation, s3 = account.client("cloudformation"), account.client("s3")
    cloudformation.create_stack(
        StackName=name,
        TemplateBody=cloudformation.get_template(StackName=STACK)["TemplateBody"],
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        Capabilities=["CAPABILITY_IAM"],
    )
    (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    outputs = {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}
    assert ("ImportArn" in outputs) == ("ImportBucket" in parameters)
    if "ImportArn" in outputs:
        role = account.client("stepfunctions").describe_state_machine(stateMachineArn=outputs["ImportArn"])["roleArn"]
        policy = account.client("iam").get_role_policy(RoleName=role.rpartition("/")[2], PolicyName="import")
        assert f":s3:::{parameters['ImportBucket']}/*" in str(policy["PolicyDocument"])
    functions = account.client("lambda").list_functions()["Functions"]
    subnets = sorted(
        one.get("VpcConfig", {}).get("SubnetIds", []) for one in functions if one["FunctionName"].startswith(name)
    )
    inside = parameters["VpcSubnets"].split(",") if "VpcSubnets" in parameters else []
    assert subnets == [[], *[inside] * 3]  # describe calls nothing, so it is in no VPC

    s3.put_object(Bucket=outputs["BucketName"], Key="uploads/shirt.jpg", Body=b"shirt")
    cloudformation.delete_stack(StackName=name)
    assert not [
        one for one in account.client("lambda").list_functions()["Functions"] if one["FunctionName"].startswith(name)
    ]
    assert s3.get_object(Bucket=outputs["BucketName"], Key="uploads/shirt.jpg")["Body"].read() == b"shirt"
