"""The API's description, from the tables that requests are checked by: openapi.json, and the page of /docs.

python -m infra.reference.openapi            writes both
python -m infra.reference.openapi record     first asks a local cloud for the answers that they show as examples

search.operations, .parameters ┐
openapi_examples.json ─────────┴▶ OpenAPI 3.1 ─▶ functions/search/openapi.json ─▶ functions/search/docs.html

The page is a Jinja template, rendered here and not in the function (decision 129).
"""

import argparse
import json
import re
import sys
import tempfile
import time
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup, escape

from infra.local.cloud import LocalCloud
from infra.samples.drawing import draw_samples
from photo_library.photo import photo_id
from photo_library.problems import phrase
from search.http_caching import DO_NOT_STORE
from search.operations import OPERATIONS, PHOTO_ID, PROBLEM, REFUSAL, REFUSALS, SCHEMAS, TEXT, Operation, Schema
from search.parameters import PARAMETERS

ROOT = Path(__file__).parents[2]
EXAMPLES = Path(__file__).with_name("openapi_examples.json")
OPENAPI, DOCS = (ROOT / "functions" / "search" / name for name in ("openapi.json", "docs.html"))
Examples = Mapping[str, list[dict[str, Any]]]

# ---- OpenAPI ---------------------------------------------------------------------------------------------------------


def document(examples: Examples) -> dict[str, Any]:
    """The OpenAPI 3.1 document; `examples` are the requests and answers of each operation."""
    paths: dict[str, dict[str, Any]] = {}
    for key, operation in OPERATIONS.items():
        method, path = key.split()
        paths.setdefault(path, {})[method.lower()] = _operation(key, operation, examples.get(key, []))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return {
        "openapi": "3.1.0",
        "info": {"title": "Photo Library", "version": project["version"], "description": project["description"]},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {"schemas": {name: _referring(schema, but=name) for name, schema in SCHEMAS.items()}},
    }


def _operation(key: str, operation: Operation, examples: list[dict[str, Any]]) -> dict[str, Any]:
    path = key.split()[1]
    in_path = [
        {"name": name, "in": "path", "required": True, "schema": PHOTO_ID} for name in re.findall(r"{(\w+)}", path)
    ]
    in_query = [{"name": name, "in": "query", **PARAMETERS[name]} for name in operation.parameters]
    return {
        "operationId": "_".join(re.findall(r"\w+", key.lower())),
        "summary": operation.summary,
        "parameters": in_path + in_query,
        **({"requestBody": _body(operation, examples)} if operation.body else {}),
        "responses": {str(status): one for status, one in sorted(_responses(operation, examples).items())},
    }


def _responses(operation: Operation, examples: list[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    def content(status: int, kind: str, schema: Schema) -> dict[str, Any]:
        answered = {one["request"]: one["body"] for one in examples if one["status"] == status}
        return {"content": {kind: {"schema": _referring(schema)} | _examples(answered)}}

    kept = _headers({"Cache-Control": {**TEXT, "const": operation.cache}})
    if operation.cache != DO_NOT_STORE:
        kept |= _headers({"ETag": TEXT})
    not_kept = _headers({"Cache-Control": {**TEXT, "const": DO_NOT_STORE}})
    retry = _headers({"Retry-After": {"description": "seconds", "type": "integer", "minimum": 1}})

    responses: dict[int, dict[str, Any]] = {}
    for status, schema in operation.answers.items():
        responses[status] = {"headers": kept, **content(status, operation.content_type, schema)}
    if operation.cache != DO_NOT_STORE:
        responses[304] = {"headers": kept}
    for status in (400, *operation.problems, 503):
        headers = not_kept | (retry if status == 503 else {})
        responses[status] = {"headers": headers, **content(status, "application/problem+json", PROBLEM)}
    if 413 in responses:  # of bodies that Lambda would not take, API Gateway says so itself
        responses[413]["content"] |= content(413, "application/json", REFUSAL)["content"]
    for status in REFUSALS:
        responses[status] = content(status, "application/json", REFUSAL)
    return {status: {"description": _meaning(status)} | one for status, one in responses.items()}


def _headers(schemas: Mapping[str, Schema]) -> dict[str, Any]:
    return {name: {"required": True, "schema": schema} for name, schema in schemas.items()}


def _meaning(status: int) -> str:
    return f"{phrase(status)}, by API Gateway, {REFUSALS[status]}" if status in REFUSALS else phrase(status)


def _body(operation: Operation, examples: list[dict[str, Any]]) -> dict[str, Any]:
    sent = {one["request"]: one["sent"] for one in examples if "sent" in one}
    one = {"schema": operation.body} | _examples(sent)
    return {"required": True, "content": dict.fromkeys(operation.body_types, one)}


def _examples(values: Mapping[str, Any]) -> dict[str, Any]:
    named = {f"{number}": {"summary": name, "value": value} for number, (name, value) in enumerate(values.items(), 1)}
    return {"examples": named} if named else {}


def _referring(schema: Any, but: str = "") -> Any:
    """The schema with references to those that have a name."""
    for name, named in SCHEMAS.items():
        if schema is named and name != but:
            return {"$ref": f"#/components/schemas/{name}"}
    if isinstance(schema, Mapping):
        return {key: _referring(value) for key, value in schema.items()}
    return [_referring(one) for one in schema] if isinstance(schema, list) else schema


# ---- The page --------------------------------------------------------------------------------------------------------

_PAGE = Environment(
    loader=FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True, lstrip_blocks=True
)
_PAGE.filters["prose"] = lambda text: Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704
_PAGE.filters["as_json"] = lambda value: json.dumps(value, indent=2, ensure_ascii=False)
_PAGE.filters["named"] = lambda reference: reference.rpartition("/")[2]


def page(described: Mapping[str, Any]) -> str:
    """The document as a page of HTML without scripts."""
    operations = [
        {"key": f"{method.upper()} {path}", **operation}
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    ]
    return _PAGE.get_template("docs.html.jinja").render(described, operations=operations) + "\n"


# ---- Examples --------------------------------------------------------------------------------------------------------

_LOCAL_BUCKET = re.compile(r"http://127\.0\.0\.1:[0-9]+/[a-z0-9-]+")
_DEPLOYED_BUCKET = "https://BUCKET.s3.REGION.amazonaws.com"


def record() -> dict[str, list[dict[str, Any]]]:
    """Requests of every operation, with what a local cloud with the sample photos answers."""
    with tempfile.TemporaryDirectory() as folder, LocalCloud() as cloud:
        Path(folder, "notes.jpg").write_text("no picture")
        for file in [*draw_samples(Path(folder)), Path(folder, "notes.jpg")]:
            cloud.client("s3").upload_file(str(file), cloud.bucket, f"uploads/{file.name}")
            _wait_until_known(f"{cloud.api_url}/photos/{photo_id(cloud.bucket, f'uploads/{file.name}')}")
        shirt, notes = (photo_id(cloud.bucket, f"uploads/{name}") for name in ("shirt.jpg", "notes.jpg"))
        asked: list[tuple[str, str, Any]] = [
            ("GET /search", "/search?type=shirt,t-shirt&match=any&limit=2&facets=true", None),
            ("GET /search", "/search?color=pink&q=shirt", None),
            ("GET /search", f"/search?like={shirt}&type=Shirt&limit=1", None),
            ("GET /search", "/search?status=rejected", None),
            ("GET /search", "/search?type=Hat", None),
            ("GET /photos/{id}", f"/photos/{shirt}", None),
            ("GET /photos/{id}", f"/photos/{notes}", None),
            ("GET /photos/{id}", f"/photos/{'f' * 24}", None),
            ("GET /photos/{id}/related", f"/photos/{shirt}/related?limit=1", None),
            ("GET /types", "/types?min_probability=0.5", None),
            ("GET /library", "/library", None),
            ("GET /health", "/health", None),
            ("POST /uploads", "/uploads", {"name": "coat.jpg", "size": 41615, "title": "My coat"}),
            ("POST /uploads", "/uploads", {"name": "notes.txt"}),
            ("POST /classify", "/classify", Path(folder, "shirt.jpg").read_bytes()),
            ("POST /classify", "/classify", Path(folder, "notes.jpg").read_bytes()),
            ("PUT /photos/{id}/types", f"/photos/{shirt}/types", {"types": ["Coat", "Bag"]}),
            ("PUT /photos/{id}/types", f"/photos/{notes}/types", {"types": ["Coat"]}),
            ("PUT /photos/{id}/title", f"/photos/{shirt}/title", {"title": "The blue one"}),
            ("POST /photos/{id}/retry", f"/photos/{notes}/retry", None),
            ("DELETE /photos/{id}", f"/photos/{shirt}", None),
            ("GET /trash", "/trash?limit=1", None),
            ("POST /photos/{id}/restore", f"/photos/{shirt}/restore", None),
            ("POST /photos/{id}/restore", f"/photos/{notes}/restore", None),
        ]
        examples: dict[str, list[dict[str, Any]]] = {}
        for key, url, body in asked:
            if key == "GET /trash":
                _wait_until_known(f"{cloud.api_url}/photos/{shirt}", known=False)
            is_picture = isinstance(body, bytes)
            as_body = {"data": body} if is_picture else {"json": body}
            answer = requests.request(key.split()[0], cloud.api_url + url, **as_body, timeout=30)
            sent = {} if body is None or is_picture else {"sent": body}
            one = {"request": f"{key.split()[0]} {url}", **sent, "status": answer.status_code, "body": answer.json()}
            examples.setdefault(key, []).append(one)
        return examples


def _deployed(value: Any) -> Any:
    """Recorded answers with the addresses of a deployed bucket in place of the local cloud's."""
    if isinstance(value, dict):
        return {key: _deployed(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_deployed(one) for one in value]
    return _LOCAL_BUCKET.sub(_DEPLOYED_BUCKET, value) if isinstance(value, str) else value


def _wait_until_known(url: str, known: bool = True) -> None:
    end = time.monotonic() + 60
    while requests.get(url, timeout=30).ok != known:
        if time.monotonic() > end:
            raise TimeoutError(f"{url} did not answer within a minute")
        time.sleep(0.05)


def write() -> None:
    """Write openapi.json and the page."""
    described = document(json.loads(EXAMPLES.read_text()))
    OPENAPI.write_text(json.dumps(described, indent=1, ensure_ascii=False) + "\n")
    DOCS.write_text(page(described))


def main() -> int:
    """Do what the command line asks for; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m infra.reference.openapi", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("command", nargs="?", choices=["record"], help="ask a local cloud for new examples first")
    if parser.parse_args().command == "record":
        EXAMPLES.write_text(json.dumps(_deployed(record()), indent=1, ensure_ascii=False) + "\n")
    write()
    return 0


if __name__ == "__main__":
    sys.exit(main())
