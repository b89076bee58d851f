"""template.yaml as CloudFormation reads it: parameters, conditions and intrinsic functions."""

import functools
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).parents[2]
ACCOUNT, REGION, PARTITION = "123456789012", "us-east-1", "aws"
STACK = "photo-library-local"
DEFAULT_ROUTE = "$default"  # matches requests that no other route matches

PSEUDO_PARAMETERS: Mapping[str, Any] = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": PARTITION,
    "AWS::Region": REGION,
    "AWS::StackName": STACK,
    "AWS::URLSuffix": "amazonaws.com",
}
NO_VALUE = {"Ref": "AWS::NoValue"}


class Route(NamedTuple):
    """A route of the API, the function that answers it, and who may use it: NONE (everyone), AWS_IAM or JWT."""

    key: str  # the method and the path, or DEFAULT_ROUTE
    function: str
    access: str


@functools.cache
def read_template(path: Path = ROOT / "template.yaml") -> Mapping[str, Any]:
    """The template as it is written, parsed once for all who ask: parsing it takes a fifth of a second."""
    document: dict[str, Any] = yaml_parse(path.read_text())
    return document


class Intrinsics:
    """Evaluates CloudFormation's conditions and intrinsic functions for given parameters.

    Parameters that are not given have their defaults. `attribute` returns an attribute of a resource; the attribute ""
    is what Ref returns.
    """

    def __init__(
        self,
        document: Mapping[str, Any],
        parameters: Mapping[str, str],
        attribute: Callable[[str, str], Any] = lambda name, attribute: f"{name}.{attribute}",
    ) -> None:
        self._conditions = document.get("Conditions", {})
        self._mappings = document.get("Mappings", {})
        self._attribute = attribute
        self.parameters = {
            name: _value_of(one, parameters.get(name, one.get("Default", "")))
            for name, one in document.get("Parameters", {}).items()
        }

    def existing(self, section: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        """The resources or outputs whose condition holds."""
        return {name: one for name, one in section.items() if "Condition" not in one or self.holds(one["Condition"])}

    def holds(self, condition: Any) -> bool:
        """Whether a condition, or the name of one, is true."""
        match condition:
            case {"Condition": str(name)} | str(name):
                return self.holds(self._conditions[name])
            case {"Fn::Equals": [one, other]}:
                return str(self.resolve(one)) == str(self.resolve(other))
            case {"Fn::Not": [one]}:
                return not self.holds(one)
            case {"Fn::And": list(several)}:
                return all(map(self.holds, several))
            case {"Fn::Or": list(several)}:
                return any(map(self.holds, several))
        raise ValueError(f"unknown condition: {condition}")

    def choose(self, value: Any) -> Any:
        """`value` with each Fn::If replaced by its branch; other functions stay as they are."""
        match value:
            case {"Fn::If": [str(name), yes, no]}:
                return self.choose(yes if self.holds(name) else no)
            case dict():
                chosen = {key: self.choose(one) for key, one in value.items()}
                return {key: one for key, one in chosen.items() if one != NO_VALUE}
            case list():
                return [one for one in map(self.choose, value) if one != NO_VALUE]
        return value

    def resolve(self, value: Any) -> Any:
        """`value` with every intrinsic function evaluated."""
        return self._evaluate(self.choose(value))

    def _evaluate(self, value: Any) -> Any:  # noqa: PLR0911 # a case each
        match value:
            case {"Ref": str(name)}:
                return self._reference(name)
            case {"Fn::GetAtt": [str(name), str(attribute)]}:
                return self._attribute(name, attribute)
            case {"Fn::Sub": str(text)}:
                return re.sub(r"\$\{([\w:.]+)\}", lambda found: str(self._reference(found[1])), text)
            case {"Fn::Split": [str(mark), text]}:
                return self._evaluate(text).split(mark)
            case {"Fn::FindInMap": [str(name), first, second]}:
                return self._mappings[name][self._evaluate(first)][self._evaluate(second)]
            case dict():
                return {key: self._evaluate(one) for key, one in value.items()}
            case list():
                return [self._evaluate(one) for one in value]
        return value

    def _reference(self, name: str) -> Any:
        if name in self.parameters:
            return self.parameters[name]
        if name in PSEUDO_PARAMETERS:
            return PSEUDO_PARAMETERS[name]
        return self._attribute(*name.partition(".")[::2])


class Template:
    """The template's resources for given parameters, with the names that they have in the local cloud."""

    def __init__(self, path: Path = ROOT / "template.yaml", parameters: Mapping[str, str] | None = None) -> None:
        document = read_template(path)
        self._globals = document["Globals"]["Function"]
        self._intrinsics = Intrinsics(document, parameters or {}, self._attribute)
        self._resources: dict[str, dict[str, Any]] = self._intrinsics.existing(document["Resources"])
        self.parameters = self._intrinsics.parameters
        self.outputs: dict[str, Any] = self._intrinsics.existing(document["Outputs"])

    def properties(self, name: str) -> dict[str, Any]:
        """A resource's properties with every reference resolved; for a function, with Globals merged in."""
        properties = self._resources[name].get("Properties", {})
        if self._resources[name]["Type"] == "AWS::Serverless::Function":
            properties = _merge(self._globals, properties)
        resolved: dict[str, Any] = self._intrinsics.resolve(properties)
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
        """A resource's name: the one in the template, else its logical name."""
        named = self._resources[name].get("Properties", {}).get("BucketName", name)
        return str(self._intrinsics.resolve(named))

    def arn(self, name: str) -> str:
        """The ARN of a resource."""
        physical = self.physical_name(name)
        match self._resources[name]["Type"]:
            case "AWS::S3::Bucket":
                return f"arn:{PARTITION}:s3:::{physical}"
            case "AWS::SQS::Queue":
                return f"arn:{PARTITION}:sqs:{REGION}:{ACCOUNT}:{physical}"
            case kind:
                return f"arn:{PARTITION}:local:{REGION}:{ACCOUNT}:{kind}/{physical}"

    def _attribute(self, name: str, attribute: str) -> str:
        if attribute == "Arn":
            return self.arn(name)
        if not attribute and self._resources[name]["Type"] == "AWS::SQS::Queue":
            return f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{self.physical_name(name)}"
        return self.physical_name(name)


def _value_of(declared: Mapping[str, Any], value: Any) -> Any:
    """A parameter's value as Ref gives it."""
    return int(value) if declared["Type"] == "Number" else value


def _merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`over` laid on `base`, maps within maps likewise, as SAM merges Globals."""
    merged = dict(base)
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict) and "Ref" not in value
        merged[key] = _merge(merged[key], value) if both else value
    return merged
