"""A deployed stack, and what the commands need to know about it: ARNs, queue URLs, bucket, log group, store names."""

from collections.abc import Mapping
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from infra.ops.command import aws_client
from photo_library.errors import SettingsError


@dataclass(frozen=True)
class Stack:
    """A stack of template.yaml as CloudFormation describes it."""

    name: str
    outputs: Mapping[str, str]
    parameters: Mapping[str, str]

    def option_values(self) -> dict[str, str]:
        """Values for the commands' options, by parameter name; a stack without an import has no `state_machine`."""
        values = {
            "bucket": self.outputs["BucketName"],
            "queue_url": self.outputs["IngestQueueUrl"],
            "dead_letter_queue_url": self.outputs["IngestDeadLetterQueueUrl"],
            "log_group": f"/aws/lambda/{self.name}-classify",
            "secret": self.outputs["StoresSecretArn"],
            "database": self.parameters["MongodbDatabase"],
            "graph": self.parameters["TigergraphGraph"],
        }
        if "ImportArn" in self.outputs:
            values["state_machine"] = self.outputs["ImportArn"]
        return values


def read_stack(name: str) -> Stack:
    """Ask CloudFormation. Raises SettingsError when the stack does not exist or is not a deployed Photo Library."""
    try:
        (found,) = aws_client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    except (BotoCoreError, ClientError) as error:
        raise SettingsError(f"cannot read the stack {name}: {error}") from error
    outputs = {one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", [])}
    parameters = {one["ParameterKey"]: one["ParameterValue"] for one in found.get("Parameters", [])}
    if "StoresSecretArn" not in outputs:
        raise SettingsError(
            f"the stack {name} has the status {found['StackStatus']} and no output StoresSecretArn: "
            "is it a Photo Library stack, and was it deployed completely?"
        )
    return Stack(name, outputs, parameters)
