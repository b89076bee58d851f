"""Reference tables for the documents, generated from the code that they describe.

cog runs the calls in the documents' comments and puts the tables below them: `make docs` writes them, and
tests/unit/test_documents.py fails when one is out of date.

template.yaml, settings.py, openapi.json, Makefile, infra.ops ─▶ Markdown tables ─▶ README, docs/, CONTRIBUTING
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, get_args, get_origin, get_type_hints

from infra.local.template import ROOT, read_template
from infra.ops.__main__ import commands as ops
from photo_library.photo import REASONS
from photo_library.settings import ClassifySettings, DescribeSettings, ReconcileSettings, SearchSettings

TEMPLATE = read_template()
OPENAPI: dict[str, Any] = json.loads((ROOT / "functions" / "search" / "openapi.json").read_text())
SETTINGS = {
    "classify": ClassifySettings,
    "describe": DescribeSettings,
    "search": SearchSettings,
    "reconcile": ReconcileSettings,
}
# Read by a library instead of by our settings.
LIBRARY_SETTINGS = {"POWERTOOLS_METRICS_NAMESPACE": "namespace of the metrics in CloudWatch: the stack's name"}
# The page isn't part of the API's description.
PAGE_ROUTES = {"GET /": "The page", "GET /page/{name}": "A file of the page"}
ACCESS = {"Reads": "read", "Writes": "change", "Page": "page"}


def parameters() -> str:
    """The template's parameters, with their defaults and descriptions."""
    rows = (
        (f"`{name}`", _code(one["Default"]) or "empty", one["Description"])
        for name, one in TEMPLATE["Parameters"].items()
    )
    return _table(("parameter", "default", "description"), rows)


def outputs() -> str:
    """The stack's outputs."""
    rows = ((f"`{name}`", one["Description"]) for name, one in TEMPLATE["Outputs"].items())
    return _table(("output", "description"), rows)


def settings() -> str:
    """The functions' environment variables, as the template sets them and settings.py describes them."""
    everywhere = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
    functions: dict[str, list[str]] = {}
    for function in SETTINGS:
        resource = TEMPLATE["Resources"][f"{function.capitalize()}Function"]["Properties"]
        for name in (*everywhere, *resource.get("Environment", {}).get("Variables", {})):
            functions.setdefault(name, []).append(function)
    descriptions = LIBRARY_SETTINGS | {
        name.upper(): get_args(hint)[1]
        for described in SETTINGS.values()
        for name, hint in get_type_hints(described, include_extras=True).items()
        if get_origin(hint)
    }
    rows = (
        (f"`{name}`", "all" if len(users) == len(SETTINGS) else ", ".join(users), descriptions[name])
        for name, users in functions.items()
    )
    return _table(("variable", "functions", "description"), rows)


def routes() -> str:
    """The API's routes, with what they answer and which permission they need."""
    summaries = PAGE_ROUTES | {
        f"{method.upper()} {path}": operation["summary"]
        for path, methods in OPENAPI["paths"].items()
        for method, operation in methods.items()
    }
    access = {
        one["Properties"]["RouteKey"]: one["Properties"]["AuthorizationType"]["Fn::FindInMap"][2]
        for one in TEMPLATE["Resources"].values()
        if one["Type"] == "AWS::ApiGatewayV2::Route" and one["Properties"]["RouteKey"] != "$default"
        if "Condition" not in one
    }
    rows = ((f"`{key}`", summaries[key], ACCESS[access[key]]) for key in sorted(access, key=_by_path))
    return _table(("route", "what it does", "permission"), rows)


def query_parameters(path: str) -> str:
    """The query parameters of a GET route."""
    described = OPENAPI["paths"][path]["get"]["parameters"]
    rows = (
        (f"`{one['name']}`", _accepted(one["schema"]), _code(one["schema"].get("default", "")), one["description"])
        for one in described
        if one["in"] == "query"
    )
    return _table(("parameter", "values", "default", "description"), rows)


def rejections() -> str:
    """Why a photo can be rejected."""
    return _table(("reason", "what the user is told"), ((f"`{name}`", text) for name, text in REASONS.items()))


def alarms() -> str:
    """The alarms, with a link to their entries on the same page."""
    rows = (
        (f"[{name}](#{name.lower()})", _sentence(one["Properties"]["AlarmDescription"]))
        for name, one in TEMPLATE["Resources"].items()
        if one["Type"] == "AWS::CloudWatch::Alarm"
    )
    return _table(("alarm", "meaning"), rows)


def make_targets() -> str:
    """The Makefile's targets."""
    found = re.findall(r"^([a-z-]+):.*## (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    return _table(("command", "what it does"), ((f"`make {name}`", text) for name, text in found))


def operator_commands() -> str:
    """The sub-commands of `python -m infra.ops`."""
    rows = (
        (f"`{name}`", one.get_short_help_str(limit=1000), ", ".join(_options(one)))
        for name, one in sorted(ops.commands.items())
    )
    return _table(("command", "what it does", "options"), rows)


def _accepted(schema: Mapping[str, Any]) -> str:
    """The values that a JSON schema accepts, in short."""
    if schema["type"] == "array":
        return f"any of {_accepted(schema['items'])}"
    if "enum" in schema:
        return ", ".join(map(_code, schema["enum"]))
    if "maximum" in schema:
        return f"{schema['minimum']} to {schema['maximum']}"
    if "anyOf" in schema:
        return " or ".join(one["format"] for one in schema["anyOf"])
    return f"at most {schema['maxLength']:,} characters" if "maxLength" in schema else "text"


def _options(command: Any) -> Iterable[str]:
    for one in command.params:
        if one.param_type_name == "argument":
            yield f"`{one.human_readable_name.upper()}`"
        else:
            yield f"`{max(one.opts, key=len)}`"


def _table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table with an empty line on either side."""
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n" + "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _code(value: object) -> str:
    return f"`{str(value).lower() if isinstance(value, bool) else value}`" if value != "" else ""


def _sentence(text: str) -> str:
    """The alarm's description without its pointer to the document."""
    return re.sub(r" See docs/\S+$", "", text)


def _by_path(key: str) -> tuple[str, str]:
    method, path = key.split()
    return path, method
