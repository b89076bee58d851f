"""template.yaml, read the way CloudFormation reads it, as far as the local cloud needs."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).parents[2]
ACCOUNT, REGION, PARTITION = "123456789012", "us-east-1", "aws"
STACK = "photo-library-local"


class Template:
    """The template with its parameters' defaults put in, and the names that resources have in the local cloud."""

    def __init__(self, path: Path = ROOT / "template.yaml") -> None:
        document = yaml_parse(path.read_text())
        self._globals = document["Globals"]["Function"]
        self._resources: dict[str, dict[str, Any]] = document["Resources"]
        self._references = {name: one.get("Default", "") for name, one in document["Parameters"].items()} | {
            "AWS::AccountId": ACCOUNT,
            "AWS::Region": REGION,
            "AWS::Partition": PARTITION,
            "AWS::StackName": STACK,
            "AWS::URLSuffix": "amazonaws.com",
        }

    def properties(self, name: str) -> dict[str, Any]:
        """A resource's properties with every reference resolved; for a function, with Globals merged in."""
        properties = self._resources[name].get("Properties", {})
        if self._resources[name]["Type"] == "AWS::Serverless::Function":
            properties = _merged(self._globals, properties)
        resolved: dict[str, Any] = self._resolved(properties)
        return resolved

    def of_type(self, kind: str) -> list[str]:
        """The logical names of all resources of a type."""
        return [name for name, resource in self._resources.items() if resource["Type"] == kind]

    def physical_name(self, name: str) -> str:
        """What a resource is called: what the template says, else its logical name."""
        named = self._resources[name].get("Properties", {}).get("BucketName", name)
        return str(self._resolved(named))

    def arn(self, name: str) -> str:
        """The ARN of a bucket, queue or secret."""
        physical = self.physical_name(name)
        match self._resources[name]["Type"]:
            case "AWS::S3::Bucket":
                return f"arn:{PARTITION}:s3:::{physical}"
            case "AWS::SQS::Queue":
                return f"arn:{PARTITION}:sqs:{REGION}:{ACCOUNT}:{physical}"
            case kind:
                return f"arn:{PARTITION}:local:{REGION}:{ACCOUNT}:{kind}/{physical}"

    def _resolved(self, value: Any) -> Any:
        match value:
            case {"Ref": str(name)}:
                return self._reference(name)
            case {"Fn::GetAtt": [str(name), "Arn"]}:
                return self.arn(name)
            case {"Fn::Sub": str(text)}:
                return re.sub(r"\$\{([\w:.]+)\}", lambda found: self._substituted(found[1]), text)
            case dict():
                return {key: self._resolved(one) for key, one in value.items()}
            case list():
                return [self._resolved(one) for one in value]
        return value

    def _reference(self, name: str) -> Any:
        if name in self._references:
            return self._references[name]
        if self._resources[name]["Type"] == "AWS::SQS::Queue":
            return f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{self.physical_name(name)}"
        return self.physical_name(name)

    def _substituted(self, name: str) -> str:
        resource, _, attribute = name.partition(".")
        return self.arn(resource) if attribute == "Arn" else str(self._reference(name))


def _merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`over` laid on `base`, maps within maps likewise, as SAM merges Globals."""
    merged = dict(base)
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict) and "Ref" not in value
        merged[key] = _merged(merged[key], value) if both else value
    return merged
