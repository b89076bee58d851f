"""What CloudFormation is given: the template after the SAM transform, for each choice that its parameters offer."""

import importlib.util
import re
from collections.abc import Iterator
from typing import Any

import pytest

from infra.local.template import ROOT, Intrinsics
from tests.support.sam import CHOICES, Tree, dashboard, deployed, order, references, translated

# Actions for which IAM knows no resource but "*" (AWS's Service Authorization Reference).
WITHOUT_RESOURCES = {
    # The first four know one, but AWSLambdaVPCAccessExecutionRole, which Lambda asks for, has none of them.
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:UnassignPrivateIpAddresses",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
}
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


@pytest.mark.parametrize(
    ("parameters", "broken"),
    [
        *((parameters, set()) for parameters in CHOICES.values()),
        ({"ApiAccess": "jwt"}, {"ApiAccess jwt requires JwtIssuer.", "ApiAccess jwt requires JwtAudience."}),
        ({"ApiAccess": "jwt", "JwtIssuer": "https://issuer"}, {"ApiAccess jwt requires JwtAudience."}),
        ({"VpcSubnets": "subnet-0a1"}, {"VpcSubnets and VpcSecurityGroups belong together; set both or neither."}),
        ({"VpcSecurityGroups": "sg-0a1"}, {"VpcSubnets and VpcSecurityGroups belong together; set both or neither."}),
    ],
)
def test_what_does_not_go_together_is_refused_before_anything_is_made(
    template: Tree, parameters: dict[str, str], broken: set[str]
) -> None:
    holds = Intrinsics(template, parameters).holds
    applying = [rule for rule in template["Rules"].values() if holds(rule.get("RuleCondition", {"Fn::And": []}))]
    assertions = [assertion for rule in applying for assertion in rule["Assertions"]]
    assert {one["AssertDescription"] for one in assertions if not holds(one["Assert"])} == broken


@pytest.mark.parametrize(
    ("parameter", "right", "wrong"),
    [
        (
            "JwtIssuer",
            ["", "https://accounts.example.com/x"],
            ["http://a.example.com", "accounts.example.com", "https://a b"],
        ),
        ("JwtAudience", ["", "page", "page,app"], ["page, app", ",page", "page,"]),
        ("VpcSubnets", ["", "subnet-0abc", "subnet-0a,subnet-0b"], ["vpc-0a", "subnet-0a, subnet-0b", "subnet-"]),
        ("VpcSecurityGroups", ["", "sg-0abc"], ["0abc", "sg-0a;sg-0b"]),
        ("AlarmEmail", ["", "ops@example.com"], ["ops", "a@b@c", "a b@c.example"]),
        ("TigergraphGraph", ["photos", "_p1"], ["1photos", "my-photos", ""]),
        ("MongodbDatabase", ["photo_library", "p-1"], ["a.b", "", "x" * 39]),
    ],
)
def test_what_a_parameter_takes(template: Tree, parameter: str, right: list[str], wrong: list[str]) -> None:
    pattern = template["Parameters"][parameter]["AllowedPattern"]
    assert all(re.fullmatch(pattern, value) for value in right)
    assert not any(re.fullmatch(pattern, value) for value in wrong)


def test_every_parameter_is_typed_bounded_and_described(template: Tree) -> None:
    for name, parameter in template["Parameters"].items():
        bounded = {"AllowedValues", "AllowedPattern"} & parameter.keys() or {"MinValue", "MaxValue"} <= parameter.keys()
        assert bounded, name
        assert "Default" in parameter, name  # a newcomer may take everything as it comes
        assert len(parameter["Description"].split()) >= 5, name


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
    """route ─▶ integration ─▶ search, or for pictures describe, which lets the API call it."""
    routes = [one["Properties"] for one in resources.values() if one["Type"] == "AWS::ApiGatewayV2::Route"]
    assert {route["ApiId"]["Ref"] for route in routes} == {"Api"}
    for name, called_by in (("Search", "*/*"), ("Describe", "*/POST/classify")):
        integration = resources[f"{name}Integration"]["Properties"]
        assert integration["IntegrationUri"] == {"Fn::GetAtt": [f"{name}Function", "Arn"]}
        assert integration["PayloadFormatVersion"] == "2.0"
        permission = resources[f"ApiMayCall{name}"]["Properties"]
        assert (permission["FunctionName"], permission["Principal"]) == (
            {"Ref": f"{name}Function"},
            "apigateway.amazonaws.com",
        )
        assert permission["SourceArn"]["Fn::Sub"].endswith(f":${{Api}}/{called_by}")
        keys = {one["RouteKey"] for one in routes if one["Target"]["Fn::Sub"] == f"integrations/${{{name}Integration}}"}
        assert ("POST /classify" in keys) == (name == "Describe")
        assert len(keys) == (1 if name == "Describe" else len(routes) - 1)
    assert resources["ApiStage"]["Properties"]["StageName"] == "$default"


def test_the_stage_limits_routes_that_exist_before_it(resources: Tree) -> None:
    stage = resources["ApiStage"]
    route = resources[stage["DependsOn"]]["Properties"]["RouteKey"]
    assert [*stage["Properties"]["RouteSettings"]] == [route]


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
            if statement["Effect"] == "Deny":
                continue
            actions, named = as_list(statement["Action"]), as_list(statement["Resource"])
            assert not any("*" in action for action in actions), statement["Sid"]
            for one in named:
                text = one["Fn::Sub"] if isinstance(one, dict) and "Fn::Sub" in one else one
                # A wildcard stands for what is made at run time: objects, streams, network interfaces.
                narrow = isinstance(text, dict) or not re.search(r"\*.|^\*$|^arn:([^:]*:){4,5}\*$", text)
                assert narrow or {*actions} <= WITHOUT_RESOURCES, statement["Sid"]


# As the deployment page calls the services whose resources the template creates.
SERVICES = {
    "AWS::ApiGatewayV2": "API Gateway HTTP APIs",
    "AWS::CloudWatch": "alarms and dashboards",
    "AWS::Events": "EventBridge rules",
    "AWS::IAM": "IAM roles and policies",
    "AWS::Lambda": "Lambda functions and layers",
    "AWS::Logs": "CloudWatch log groups",
    "AWS::S3": "S3 buckets",
    "AWS::SNS": "SNS topics",
    "AWS::SQS": "SQS queues",
    "AWS::SecretsManager": "Secrets Manager secrets",
    "AWS::StepFunctions": "Step Functions state machines",
}


def test_the_deployment_page_names_every_service_that_the_deployer_needs(template: Tree) -> None:
    used = {one["Type"].rpartition("::")[0] for one in template["Resources"].values()}
    assert used == SERVICES.keys()
    page = (ROOT / "docs" / "deploy.md").read_text()
    table = page.partition("### Permissions")[2].partition("###")[0]
    assert all(name in table for name in SERVICES.values())
    assert "logs:CreateLogDelivery" in table  # for the stage's AccessLogSettings


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
    for inside, resources in ((False, deployed(template)), (True, deployed(template, **CHOICES["in a VPC"]))):
        functions = {n: one for n, one in resources.items() if one["Type"] == "AWS::Lambda::Function"}
        assert "VpcConfig" not in functions.pop("DescribeFunction")["Properties"]  # it calls nothing
        assert len(functions) == 3
        for name, function in functions.items():
            assert ("VpcConfig" in function["Properties"]) == inside, name
            role = resources[function["Properties"]["Role"]["Fn::GetAtt"][0]]["Properties"]
            # Lambda removes the interfaces after a function has left the VPC, with its role.
            assert role["ManagedPolicyArns"] == [{"Ref": "VpcPolicy"}], name


def alarms(resources: Tree) -> dict[str, Tree]:
    return {name: one["Properties"] for name, one in resources.items() if one["Type"] == "AWS::CloudWatch::Alarm"}


def test_every_alarm_reaches_somebody_and_is_silent_where_nothing_happens(resources: Tree) -> None:
    for name, alarm in alarms(resources).items():
        assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": "AlarmTopic"}], name
        if name == "ReconcileMissingAlarm":  # this one is about the silence, except that of a new deployment
            assert (alarm["TreatMissingData"], alarm["InsufficientDataActions"]) == ("missing", alarm["AlarmActions"])
        else:
            assert (alarm["TreatMissingData"], "InsufficientDataActions" in alarm) == ("notBreaching", False), name
        assert ("Statistic" in alarm) != ("ExtendedStatistic" in alarm), name


def test_every_alarm_looks_at_something_of_this_stack(resources: Tree) -> None:
    for name, alarm in alarms(resources).items():
        own = alarm["Namespace"] == {"Ref": "AWS::StackName"}
        assert own or all(isinstance(one["Value"], dict) for one in alarm["Dimensions"]), name
    functions = {n for n, one in resources.items() if one["Type"] == "AWS::Lambda::Function"}
    with_errors = {
        one["Dimensions"][0]["Value"]["Ref"] for one in alarms(resources).values() if one["MetricName"] == "Errors"
    }
    assert with_errors == functions


def test_the_thresholds_are_within_what_the_functions_may_take(resources: Tree) -> None:
    for name in ("Classify", "Search", "Describe"):
        alarm = alarms(resources)[f"{name}DurationAlarm"]
        assert alarm["ExtendedStatistic"] == "p99"
        assert alarm["Threshold"] < 1000 * resources[f"{name}Function"]["Properties"]["Timeout"]


def test_every_alarm_has_its_entry_in_the_runbook_and_every_entry_its_alarm(resources: Tree) -> None:
    runbook = (ROOT / "docs" / "operate.md").read_text().partition("\n## Runbook")[2].partition("\n## ")[0]
    assert re.findall(r"^### (\w+Alarm)$", runbook, re.MULTILINE) == [*alarms(resources)]
    for entry in runbook.split("\n### ")[1:]:
        assert "```sh" in entry or re.search(r"commands are those of \w+Alarm", entry), entry


def test_the_runbooks_outputs_and_modules_exist(template: Tree) -> None:
    runbook = (ROOT / "docs" / "operate.md").read_text()
    assert {*re.findall(r"output ([A-Z]\w+)", runbook)} <= {*template["Outputs"]}
    assert {*re.findall(r"/aws/(?:lambda|vendedlogs/apigateway)/\$STACK(-\w+)?", runbook)} <= {
        "-classify",
        "-describe",
        "-search",
        "",
    }
    for module in re.findall(r"python -m ([\w.]+)", runbook):
        assert importlib.util.find_spec(module), module


def test_the_dashboard_fits_a_screen_and_shows_every_alarm(template: Tree, resources: Tree) -> None:
    widgets = dashboard(template)["widgets"]
    taken = [
        (x, y)
        for one in widgets
        for x in range(one["x"], one["x"] + one["width"])
        for y in range(one["y"], one["y"] + one["height"])
    ]
    assert len(taken) == len({*taken})  # nothing lies on anything else
    assert max(x for x, _ in taken) < 24
    assert max(y for _, y in taken) < 14
    names = {alarm["AlarmName"]["Fn::Sub"] for alarm in alarms(resources).values()}
    assert names == {f"${{AWS::StackName}}-{name}" for name in alarms(resources)}  # the runbook's headings
    assert {arn.rpartition(":alarm:")[2] for arn in widgets[0]["properties"]["alarms"]} == names


@pytest.mark.parametrize("address", ["", "ops@example.com"])
def test_alarms_are_mailed_to_whom_the_parameter_names(template: Tree, address: str) -> None:
    resources = deployed(template, AlarmEmail=address)
    assert ("AlarmEmailSubscription" in resources) == bool(address)
