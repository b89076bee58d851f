"""`--stack NAME` supplies the options of every operator command; an explicit option wins."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import click
import pytest
from click.testing import CliRunner

from infra.local.template import REGION, Template
from infra.ops.__main__ import commands
from infra.ops.stack import read_stack
from photo_library.errors import SettingsError
from tests.support.mocked_aws import mocked_aws

OUTPUTS = {
    "ApiUrl": "https://api",
    "BucketName": "the-bucket",
    "IngestQueueUrl": "https://queue",
    "IngestDeadLetterQueueUrl": "https://dead",
    "StoresSecretArn": "arn:aws:secretsmanager:us-east-1:123456789012:secret:stores",
    "ImportArn": "arn:import",
}
PARAMETERS = {"ApiAccess": "iam", "MongodbDatabase": "the_database", "TigergraphGraph": "the_graph"}


@pytest.fixture
def cloudformation(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name, value in {"ACCESS_KEY_ID": "x", "SECRET_ACCESS_KEY": "x", "DEFAULT_REGION": REGION}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    with mocked_aws():
        yield boto3.client("cloudformation")


def deploy(cloudformation: Any, name: str, outputs: dict[str, str]) -> None:
    template = {
        "Parameters": {one: {"Type": "String", "Default": value} for one, value in PARAMETERS.items()},
        "Resources": {"Queue": {"Type": "AWS::SQS::Queue"}},
        "Outputs": {one: {"Value": value} for one, value in outputs.items()},
    }
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(template))


def test_a_stack_supplies_every_option(cloudformation: Any) -> None:
    deploy(cloudformation, "photos", OUTPUTS)
    assert read_stack("photos").option_values() == {
        "bucket": "the-bucket",
        "queue_url": "https://queue",
        "dead_letter_queue_url": "https://dead",
        "log_group": "/aws/lambda/photos-classify",
        "secret": OUTPUTS["StoresSecretArn"],
        "database": "the_database",
        "graph": "the_graph",
        "state_machine": "arn:import",
    }


def test_the_template_has_what_the_commands_look_for() -> None:
    template = Template(parameters={"ImportBucket": "old-photos"})
    assert {*OUTPUTS} <= {*template.outputs}
    assert {*PARAMETERS} <= {*template.parameters}
    assert template.properties("ClassifyLogGroup")["LogGroupName"] == "/aws/lambda/photo-library-local-classify"


def test_a_stack_that_does_not_exist_and_one_of_another_project_are_reported(cloudformation: Any) -> None:
    with pytest.raises(SettingsError, match="cannot read the stack none"):
        read_stack("none")
    deploy(cloudformation, "other", {"BucketName": "x"})
    with pytest.raises(SettingsError, match="CREATE_COMPLETE and no output StoresSecretArn"):
        read_stack("other")


@pytest.mark.parametrize("name", sorted({*commands.commands} - {"verify"}))
def test_every_option_that_a_command_requires_comes_from_the_stack_or_the_command_line(
    cloudformation: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy(cloudformation, "photos", OUTPUTS)
    command = commands.commands[name]
    used: dict[str, Any] = {}
    monkeypatch.setattr(command, "callback", lambda **values: used.update(values))
    own = {"import": ["folder"], "corrections": ["--out", "folder"]}.get(name, [])
    ran = CliRunner().invoke(commands, [name, "--stack", "photos", *own])
    assert ran.exit_code == 0, ran.output
    expected = read_stack("photos").option_values()
    of_stack = {str(parameter.name) for parameter in command.params} & expected.keys()
    assert of_stack
    assert {one: used[one] for one in of_stack} == {one: expected[one] for one in of_stack}

    options = [one for one in command.params if isinstance(one, click.Option) and one.name in of_stack]
    explicit = [part for option in options for part in (option.opts[0], "explicit")]
    for stack in ([], ["--stack", "photos"]):
        ran = CliRunner().invoke(commands, [name, *own, *explicit, *stack])
        assert ran.exit_code == 0, ran.output
        assert {used[one] for one in of_stack} == {"explicit"}


def test_without_either_a_command_names_the_missing_option() -> None:
    ran = CliRunner().invoke(commands, ["reclassify"])
    assert ran.exit_code == 2
    assert "Missing option '--queue-url'" in ran.output
