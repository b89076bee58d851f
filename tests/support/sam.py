"""template.yaml as CloudFormation gets it: its SAM resources made into those that they stand for."""

import json
from collections.abc import Iterator, Mapping
from graphlib import TopologicalSorter
from typing import Any

import boto3
from samtranslator.yaml_helper import yaml_parse

from infra.local.template import ROOT, Intrinsics

Tree = dict[str, Any]
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/classify:1"
# Parameters that a stack may be deployed with, by what they choose.
CHOICES: dict[str, dict[str, str]] = {
    "as it comes": {},
    "tokens": {
        "ApiAccess": "jwt",
        "JwtIssuer": "https://issuer",
        "JwtAudience": "page",
        "CorsOrigins": "https://photos.example.com",
    },
    "public": {"ApiAccess": "public"},
    "in a VPC": {"VpcSubnets": "subnet-0a1,subnet-0b2", "VpcSecurityGroups": "sg-0a1"},
    "with e-mail": {"AlarmEmail": "ops@example.com"},
    "with an import": {"ImportBucket": "old-photos"},
}


def translate(template: Tree) -> Tree:
    """What AWS's own translator, the SAM transform, makes of a template whose code has been uploaded."""
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator

    defaults = {name: str(one.get("Default", "")) for name, one in template["Parameters"].items()}
    translator = Translator(None, Parser(), boto_session=boto3.Session(region_name="us-east-1"))
    translated: Tree = translator.translate(template, defaults)
    return translated


def translated() -> Tree:
    """template.yaml, translated as if its code had been uploaded."""
    template: Tree = yaml_parse((ROOT / "template.yaml").read_text())
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        for name in {"CodeUri", "ContentUri", "DefinitionUri"} & properties.keys():
            properties[name] = "s3://build/code"
        if properties.get("PackageType") == "Image":
            properties["ImageUri"] = IMAGE
    return translate(template)


def deployed(template: Tree, section: str = "Resources", **parameters: str) -> Tree:
    """The resources (or outputs) that exist with these parameters, every Fn::If resolved."""
    intrinsics = Intrinsics(template, parameters)
    chosen: Tree = intrinsics.choose(intrinsics.existing(template[section]))
    return chosen


def references(value: Any) -> Iterator[str]:
    """The names that a piece of a template refers to: resources, parameters, pseudo parameters."""
    match value:
        case {"Ref": str(name)}:
            yield name
        case {"Fn::GetAtt": [str(name), *_]}:
            yield name
        case {"Fn::GetAtt": str(text)}:
            yield text.partition(".")[0]
        case {"Fn::Sub": str(text)}:
            yield from _substituted(text)
        case {"Fn::Sub": [str(text), dict(names)]}:
            yield from (name for name in _substituted(text) if name not in names)
            yield from references(list(names.values()))
        case dict():
            for one in value.values():
                yield from references(one)
        case list():
            for one in value:
                yield from references(one)


def order(resources: Mapping[str, Any]) -> list[str]:
    """An order in which they can be made. Raises graphlib.CycleError."""
    needs = {name: {*references(one), *_named(one.get("DependsOn", []))} for name, one in resources.items()}
    return list(TopologicalSorter({name: wanted & needs.keys() for name, wanted in needs.items()}).static_order())


def _named(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _substituted(text: str) -> Iterator[str]:
    for part in text.split("${")[1:]:
        name = part.partition("}")[0]
        if not name.startswith("!"):
            yield name.partition(".")[0]


def dashboard(template: Tree) -> Tree:
    """The dashboard's body; references in it are left as they are."""
    text = template["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    body: Tree = json.loads(text)
    return body


def dashboard_metrics(template: Tree) -> list[tuple[str, str, str, str]]:
    """(namespace, metric, dimension, its value) of all that the dashboard draws."""
    rows = [row for widget in dashboard(template)["widgets"] for row in widget["properties"].get("metrics", [])]
    return [tuple(row[:4]) for row in rows if isinstance(row[0], str)]
