"""template.yaml, read the way CloudFormation reads it, as far as the local cloud needs."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).parents[2]
ACCOUNT, REGION, PARTITION = "123456789012", "us-east-1", "aws"
STACK = "photo-library-local"


_NO_VALUE = object()


DEFAULT_ROUTE = "$default"  # takes what no other does


class Route(NamedTuple):
    """A route of the API, the function that answers it, and who may use it: NONE (everybody), AWS_IAM or JWT."""

    key: str  # the method and the path, or DEFAULT_ROUTE
    function: str
    access: str


class Template:
    """The template with its parameters put in, and the names that resources have in the local cloud.

    Parameters that are not given have their defaults. Resources whose condition does not hold are not there.
    """

    def __init__(self, path: Path = ROOT / "template.yaml", parameters: Mapping[str, str] | None = None) -> None:
        document = yaml_parse(path.read_text())
        given = dict(parameters or {})
        self._globals = document["Globals"]["Function"]
        self._mappings = document.get("Mappings", {})
        self._conditions = document.get("Conditions", {})
        self._references = {
            name: _parameter(one, given.get(name, one.get("Default", "")))
            for name, one in document["Parameters"].items()
        } | {
            "AWS::AccountId": ACCOUNT,
            "AWS::NoValue": _NO_VALUE,
            "AWS::Region": REGION,
            "AWS::Partition": PARTITION,
            "AWS::StackName": STACK,
            "AWS::URLSuffix": "amazonaws.com",
        }
        self._resources: dict[str, dict[str, Any]] = {
            name: resource
            for name, resource in document["Resources"].items()
            if "Condition" not in resource or self._resolved({"Condition": resource["Condition"]})
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

    def routes(self) -> list[Route]:
        """The API's routes."""
        integrations = {name: self.properties(name) for name in self.of_type("AWS::ApiGatewayV2::Integration")}
        functions = {self.arn(name): name for name in self.of_type("AWS::Serverless::Function")}
        routes = []
        for name in self.of_type("AWS::ApiGatewayV2::Route"):
            route = self.properties(name)
            integration = integrations[route["Target"].rpartition("/")[2]]
            function = functions[integration["IntegrationUri"]]
            routes.append(Route(route["RouteKey"], function, route["AuthorizationType"]))
        return routes

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

    def _resolved(self, value: Any) -> Any:  # noqa: PLR0911, PLR0912 # a case each
        match value:
            case {"Ref": str(name)}:
                return self._reference(name)
            case {"Fn::GetAtt": [str(name), "Arn"]}:
                return self.arn(name)
            case {"Fn::Sub": str(text)}:
                return re.sub(r"\$\{([\w:.]+)\}", lambda found: self._substituted(found[1]), text)
            case {"Fn::If": [str(name), yes, no]}:
                return self._resolved(yes if self._resolved({"Condition": name}) else no)
            case {"Fn::Split": [str(mark), text]}:
                return self._resolved(text).split(mark)
            case {"Fn::FindInMap": [str(name), first, second]}:
                return self._mappings[name][self._resolved(first)][self._resolved(second)]
            case {"Condition": str(name)} if name in self._conditions:
                return self._resolved(self._conditions[name])
            case {"Fn::Equals": [one, other]}:
                return str(self._resolved(one)) == str(self._resolved(other))
            case {"Fn::Not": [one]}:
                return not self._resolved(one)
            case {"Fn::And": list(several)}:
                return all(map(self._resolved, several))
            case {"Fn::Or": list(several)}:
                return any(map(self._resolved, several))
            case dict():
                resolved = {key: self._resolved(one) for key, one in value.items()}
                return {key: one for key, one in resolved.items() if one is not _NO_VALUE}
            case list():
                return [one for one in map(self._resolved, value) if one is not _NO_VALUE]
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


def _parameter(declared: Mapping[str, Any], value: Any) -> Any:
    """A parameter's value as Ref gives it."""
    return int(value) if declared["Type"] == "Number" else value


def _merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`over` laid on `base`, maps within maps likewise, as SAM merges Globals."""
    merged = dict(base)
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict) and "Ref" not in value
        merged[key] = _merged(merged[key], value) if both else value
    return merged
