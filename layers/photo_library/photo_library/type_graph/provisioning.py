"""Prepare a TigerGraph: create the graph, its schema and its installed queries from the files in gsql/.

It can be repeated: only what is missing or differs is created.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests

from photo_library.errors import ProvisioningError
from photo_library.type_graph.connection import TigerGraphConnection, TigerGraphException, open_connection
from photo_library.type_graph.tigergraph import PHOTO, PHOTO_HAS_TYPE, PHOTO_TYPE

GSQL = Path(__file__).parent / "gsql"
QUERIES = ("photos_by_types", "type_counts", "photo_ids", "related_photos")
INSTALL_TIMEOUT_S = 900  # the server compiles queries; a minute each is usual

Report = Callable[[str], None]


def provision_type_graph(host: str, secret: str, graph: str, report: Report) -> None:
    """Create the graph, its types and its installed queries as far as they are missing or differ.

    `report` gets a line for each. Raises ProvisioningError.
    """
    try:
        connection = open_connection(host, graph, secret, timeout_s=INSTALL_TIMEOUT_S, retries=2)
        connection.getToken(secret)
        if _schema(connection) is None:
            output = _run(connection, f"USE GLOBAL\nCREATE GRAPH {graph}()")
            if _schema(connection) is None:
                raise ProvisioningError(f"TigerGraph did not create the graph {graph}. Its answer: {output}")
            report(f"TigerGraph {graph}: created the graph")
        _provision_schema(connection, graph, report)
        for name in QUERIES:
            _provision_query(connection, graph, name, report)
    except (TigerGraphException, requests.RequestException) as error:
        raise ProvisioningError(f"TigerGraph: {error}") from error


def _provision_schema(connection: TigerGraphConnection, graph: str, report: Report) -> None:
    needed = {PHOTO, PHOTO_TYPE, PHOTO_HAS_TYPE}
    missing = needed - _type_names(connection)
    if not missing:
        report(f"TigerGraph {graph}: all types exist")
        return
    if missing != needed:
        raise ProvisioningError(
            f"TigerGraph: the graph {graph} has {', '.join(sorted(needed - missing))} but lacks "
            f"{', '.join(sorted(missing))}. It belongs to another project, or a schema change was interrupted: "
            "use an empty graph."
        )
    output = _run(connection, _statements("schema", graph))
    if missing := needed - _type_names(connection):
        raise ProvisioningError(f"TigerGraph did not create {', '.join(sorted(missing))}. Its answer: {output}")
    report(f"TigerGraph {graph}: created the types {', '.join(sorted(needed))}")


def _provision_query(connection: TigerGraphConnection, graph: str, name: str, report: Report) -> None:
    statements = _statements(name, graph)
    definition = _compact(statements[statements.index(f"QUERY {name}") : statements.rindex("}") + 1])

    def is_installed() -> bool:
        shown = _compact(connection.showQuery(name))
        return definition in shown and name in connection.getInstalledQueries("list")

    if is_installed():
        report(f"TigerGraph {graph}: the query {name} is installed")
        return
    output = _run(connection, statements)
    if not is_installed():
        raise ProvisioningError(f"TigerGraph did not install {name}. Its answer: {output}")
    report(f"TigerGraph {graph}: installed the query {name}")


def _schema(connection: TigerGraphConnection) -> dict[str, Any] | None:
    """The graph's schema; None when the graph does not exist."""
    try:
        return dict(connection.getSchema(udts=False, force=True))
    except requests.HTTPError as error:
        if error.response.status_code == requests.codes.not_found:
            return None
        raise
    except TigerGraphException as error:
        if error.code == "REST-1004":
            return None
        raise


def _type_names(connection: TigerGraphConnection) -> set[str]:
    schema = _schema(connection) or {"VertexTypes": [], "EdgeTypes": []}
    return {one["Name"] for one in schema["VertexTypes"] + schema["EdgeTypes"]}


def _run(connection: TigerGraphConnection, statements: str) -> str:
    """Run statements and return the server's text. Failures raise nothing: check the result, not the text."""
    return " ".join(connection.gsql(statements).split())


def _statements(name: str, graph: str) -> str:
    """The statements of a file in gsql/, without comments, for the graph of this name."""
    text = re.sub(r"//[^\n]*\n", "", (GSQL / f"{name}.gsql").read_text())
    return re.sub(r"\bGRAPH photos\b", f"GRAPH {graph}", text)


def _compact(text: str) -> str:
    return re.sub(r"\s+", "", text)
