"""What CloudFormation is given: the template after the SAM transform, for each choice that its parameters offer."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.sam import Tree, deployed, order, references, translated

VPC = {"VpcSubnets": "subnet-0a1,subnet-0b2", "VpcSecurityGroups": "sg-0a1"}
CHOICES = {
    "as it comes": {},
    "tokens": {"ApiAccess": "jwt", "JwtIssuer": "https://issuer", "JwtAudience": "page"},
    "public": {"ApiAccess": "public"},
    "in a VPC": VPC,
    "with an import": {"ImportBucket": "old-photos"},
}
# Actions for which IAM knows no resource but "*" (AWS's Service Authorization Reference).
WITHOUT_RESOURCES = {"ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"}
PSEUDO = {f"AWS::{name}" for name in ("AccountId", "Partition", "Region", "StackName", "URLSuffix")}


@pytest.fixture(scope="module")
def template() -> Tree:
    return translated()


@pytest.fixture
def resources(template: Tree) -> Tree:
    return deployed(template)


@pytest.mark.parametrize("choice", CHOICES)
def test_every_reference_is_to_something_that_is_there(template: Tree, choice: str) -> None:
    resources = deployed(template, **CHOICES[choice])
    there = {*resources, *template["Parameters"], *PSEUDO}
    for name, resource in resources.items():
        assert {*references(resource)} <= there, name
    outputs = deployed(template, "Outputs", **CHOICES[choice])
    assert {*references([one["Value"] for one in outputs.values()])} <= there


@pytest.mark.parametrize("choice", CHOICES)
def test_nothing_waits_for_itself(template: Tree, choice: str) -> None:
    resources = deployed(template, **CHOICES[choice])
    assert {*order(resources)} == {*resources}


def test_what_is_declared_is_used(template: Tree) -> None:
    used = {*references([template["Resources"], template["Outputs"], template["Conditions"]])}
    assert {*template["Parameters"]} <= used
    conditional = _conditions([template["Resources"], template["Outputs"]])
    assert {*template["Conditions"]} == {*conditional}


def _conditions(value: Any) -> Iterator[str]:
    match value:
        case {"Fn::If": [str(name), *both]}:
            yield name
            yield from _conditions(both)
        case {"Condition": str(name), **others}:
            yield name
            yield from _conditions(others)
        case dict():
            for one in value.values():
                yield from _conditions(one)
        case list():
            for one in value:
                yield from _conditions(one)


def test_an_upload_finds_its_way(resources: Tree) -> None:
    """bucket ─▶ queue, whose policy lets it in ─▶ mapping ─▶ classify, and after five tries the dead-letter queue."""

    def of(name: str) -> Tree:
        properties: Tree = resources[name]["Properties"]
        return properties

    queue = {"Fn::GetAtt": ["IngestQueue", "Arn"]}
    configured = of("PhotoBucket")["NotificationConfiguration"]["QueueConfigurations"]
    assert [one["Queue"] for one in configured] == [queue, queue]
    assert resources["PhotoBucket"]["DependsOn"] == "IngestQueuePolicy"
    policy = of("IngestQueuePolicy")
    assert policy["Queues"] == [{"Ref": "IngestQueue"}]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert (statement["Principal"], statement["Action"]) == ({"Service": "s3.amazonaws.com"}, "sqs:SendMessage")
    assert statement["Resource"] == queue
    bucket = of("PhotoBucket")["BucketName"]["Fn::Sub"]
    assert statement["Condition"]["ArnEquals"]["aws:SourceArn"]["Fn::Sub"] == f"arn:${{AWS::Partition}}:s3:::{bucket}"

    mapping = of("ClassifyFunctionIngest")
    assert (mapping["EventSourceArn"], mapping["FunctionName"]) == (queue, {"Ref": "ClassifyFunction"})
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": {"Ref": "StoreConnections"}}
    redrive = of("IngestQueue")["RedrivePolicy"]
    assert redrive == {"deadLetterTargetArn": {"Fn::GetAtt": ["IngestDeadLetterQueue", "Arn"]}, "maxReceiveCount": 5}
    assert of("IngestDeadLetterQueue")["MessageRetentionPeriod"] == 14 * 24 * 3600


def test_a_request_finds_its_way(resources: Tree) -> None:
    """route ─▶ integration ─▶ search, which lets the API call it."""
    routes = [one["Properties"] for one in resources.values() if one["Type"] == "AWS::ApiGatewayV2::Route"]
    assert {route["Target"]["Fn::Sub"] for route in routes} == {"integrations/${SearchIntegration}"}
    assert {route["ApiId"]["Ref"] for route in routes} == {"Api"}
    integration = resources["SearchIntegration"]["Properties"]
    assert integration["IntegrationUri"] == {"Fn::GetAtt": ["SearchFunction", "Arn"]}
    assert integration["PayloadFormatVersion"] == "2.0"
    permission = resources["ApiMayCallSearch"]["Properties"]
    assert (permission["FunctionName"], permission["Principal"]) == (
        {"Ref": "SearchFunction"},
        "apigateway.amazonaws.com",
    )
    assert permission["SourceArn"]["Fn::Sub"].endswith(":${Api}/*/*")
    assert resources["ApiStage"]["Properties"]["StageName"] == "$default"


@pytest.mark.parametrize("choice", CHOICES)
def test_no_permission_is_wider_than_it_must_be(template: Tree, choice: str) -> None:
    resources = deployed(template, **CHOICES[choice])
    roles = {name: one["Properties"] for name, one in resources.items() if one["Type"] == "AWS::IAM::Role"}
    policies = [one["Properties"] for one in resources.values() if one["Type"] == "AWS::IAM::ManagedPolicy"]
    functions = [one["Properties"] for one in resources.values() if one["Type"] == "AWS::Lambda::Function"]
    assert len({function["Role"]["Fn::GetAtt"][0] for function in functions}) == len(functions)  # one role a function
    for role in roles.values():
        assert all(own.keys() == {"Ref"} for own in role.get("ManagedPolicyArns", []))  # none of AWS's own, wide ones
        policies += role["Policies"]
    for policy in policies:
        for statement in policy["PolicyDocument"]["Statement"]:
            actions, named = as_list(statement["Action"]), as_list(statement["Resource"])
            assert not any("*" in action for action in actions), statement["Sid"]
            for one in named:
                text = one["Fn::Sub"] if isinstance(one, dict) and "Fn::Sub" in one else one
                # A wildcard stands for what is made at run time: objects, streams, network interfaces.
                narrow = isinstance(text, dict) or not re.search(r"\*.|^\*$|^arn:([^:]*:){4,5}\*$", text)
                assert narrow or (text == "*" and {*actions} <= WITHOUT_RESOURCES), statement["Sid"]


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_the_bucket_is_private_encrypted_versioned_and_stays(resources: Tree) -> None:
    bucket = resources["PhotoBucket"]
    properties = bucket["Properties"]
    assert (bucket["DeletionPolicy"], bucket["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(properties["PublicAccessBlockConfiguration"]) == 4
    assert properties["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    (encryption,) = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption["ServerSideEncryptionByDefault"]["SSEAlgorithm"] in ("AES256", "aws:kms")
    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
    rules = properties["LifecycleConfiguration"]["Rules"]
    assert {rule["Status"] for rule in rules} == {"Enabled"}
    assert any("NoncurrentVersionExpiration" in rule for rule in rules)
    assert not any("ExpirationInDays" in rule for rule in rules)  # nobody's photo just goes
    (statement,) = resources["PhotoBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": False}}
    assert len(statement["Resource"]) == 2


def test_functions_are_in_a_vpc_only_if_there_is_one(template: Tree) -> None:
    for inside, resources in ((False, deployed(template)), (True, deployed(template, **VPC))):
        functions = {n: one for n, one in resources.items() if one["Type"] == "AWS::Lambda::Function"}
        assert len(functions) == 3
        for name, function in functions.items():
            assert ("VpcConfig" in function["Properties"]) == inside, name
            role = resources[function["Properties"]["Role"]["Fn::GetAtt"][0]]["Properties"]
            assert role["ManagedPolicyArns"] == ([{"Ref": "VpcPolicy"}] if inside else []), name
        assert ("VpcPolicy" in resources) == inside
