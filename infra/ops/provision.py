"""Bring a MongoDB and a TigerGraph to the state that the functions expect, and say what was done.

    python -m infra.ops.provision                         credentials from the environment, or
    python -m infra.ops.provision --secret ARN            from Secrets Manager

Safe to run again: what is there already is left alone. The environment variables are those of the secret,
MONGODB_URI, TIGERGRAPH_HOST and TIGERGRAPH_SECRET.
"""

import argparse
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import requests
from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.errors import PyMongoError
from pyTigerGraph import TigerGraphConnection
from pyTigerGraph.common.exception import TigerGraphException

from infra.ops.command import exit_status, find_credentials
from photo_library.catalog.mongodb import MongoCatalog, open_mongodb
from photo_library.errors import CatalogUnavailable, PhotoLibraryError
from photo_library.photo import TYPES
from photo_library.settings import StoreCredentials
from photo_library.type_graph import tigergraph
from photo_library.type_graph.tigergraph import PHOTO, PHOTO_HAS_TYPE, PHOTO_TYPE, open_connection

GSQL = Path(tigergraph.__file__).parent / "gsql"
QUERIES = ("photos_by_types", "type_counts", "photo_ids", "related_photos")
CONNECT_TIMEOUT_MS = 10_000
INDEX_TIMEOUT_MS = 3_600_000  # an index over a large collection
INSTALL_TIMEOUT_S = 900  # the server compiles queries; a minute each is usual

INDEXES = [
    # One a type: search by type in order of probability, then id, without sorting. A photo is in those of its types.
    *(
        IndexModel(
            [(f"types.{name}", DESCENDING), ("_id", ASCENDING)],
            name=f"type_{name}",
            partialFilterExpression={f"types.{name}": {"$gte": 0}},
        )
        for name in TYPES
    ),
    # The newest photos first.
    IndexModel(
        [("uploaded_at", DESCENDING), ("_id", ASCENDING)],
        name="newest",
        partialFilterExpression={"status": "classified"},
    ),
    # The same of one colour.
    IndexModel(
        [("colors", ASCENDING), ("uploaded_at", DESCENDING), ("_id", ASCENDING)],
        name="color_newest",
        partialFilterExpression={"status": "classified"},
    ),
    # Words of titles and file names.
    IndexModel("words", name="words", sparse=True),
    # What the graph lacks, in order of the ids.
    IndexModel(
        [("graph", ASCENDING), ("_id", ASCENDING)], name="graph_pending", partialFilterExpression={"graph": "pending"}
    ),
    # Beside the bucket's own listing.
    IndexModel([("bucket", ASCENDING), ("key", ASCENDING)], name="bucket_key"),
    # Tombstones go by themselves.
    IndexModel("expires_at", name="tombstones_expire", expireAfterSeconds=0, sparse=True),
]

Say = Callable[[str], None]


class ProvisioningError(PhotoLibraryError):
    """A store could not be brought to the expected state."""


def provision(credentials: StoreCredentials, database: str, graph: str, say: Say) -> None:
    """Provision both stores. Raises ProvisioningError and SettingsError."""
    provision_catalog(credentials.mongodb_uri, database, say)
    provision_type_graph(credentials.tigergraph_host, credentials.tigergraph_secret, graph, say)


def provision_catalog(uri: str, database: str, say: Say) -> None:
    """Create the indexes of `photos` that are missing, and note the words of photos from before there were any."""
    try:
        with open_mongodb(uri, serverSelectionTimeoutMS=CONNECT_TIMEOUT_MS, socketTimeoutMS=INDEX_TIMEOUT_MS) as client:
            photos = client[database]["photos"]
            there = {index["name"]: _definition(index) for index in photos.list_indexes()}
            wanted = {index.document["name"]: index for index in INDEXES}
            missing = [index for name, index in wanted.items() if there.get(name) != _definition(index.document)]
            for name in [index.document["name"] for index in missing]:
                if name in there:
                    photos.drop_index(name)
            if missing:
                photos.create_indexes(missing)
            done = f"created {len(missing)} indexes" if missing else "all indexes are there"
            say(f"MongoDB {database}.photos: {done}")
            if noted := MongoCatalog(photos).note_words():
                say(f"MongoDB {database}.photos: noted the words of {noted} photos")
    except PyMongoError as error:
        raise ProvisioningError(f"MongoDB: {error}") from error
    except CatalogUnavailable as error:
        raise ProvisioningError(str(error)) from error


def _definition(index: Mapping[str, Any]) -> dict[str, Any]:
    """An index as far as it is ours to say: without the version and namespace that the server adds."""
    return {name: dict(value) if name == "key" else value for name, value in index.items() if name not in ("v", "ns")}


def provision_type_graph(host: str, secret: str, graph: str, say: Say) -> None:
    """Create the graph, its types and its installed queries, as far as they are missing or differ from ours."""
    try:
        connection = open_connection(host, graph, secret, timeout_s=INSTALL_TIMEOUT_S, retries=2)
        connection.getToken(secret)
        if _schema(connection) is None:
            output = _run(connection, f"USE GLOBAL\nCREATE GRAPH {graph}()")
            if _schema(connection) is None:
                raise ProvisioningError(f"TigerGraph did not create the graph {graph}. It said: {output}")
            say(f"TigerGraph {graph}: created the graph")
        _provision_schema(connection, graph, say)
        for name in QUERIES:
            _provision_query(connection, graph, name, say)
    except (TigerGraphException, requests.RequestException) as error:
        raise ProvisioningError(f"TigerGraph: {error}") from error


def _provision_schema(connection: TigerGraphConnection, graph: str, say: Say) -> None:
    needed = {PHOTO, PHOTO_TYPE, PHOTO_HAS_TYPE}
    missing = needed - _type_names(connection)
    if not missing:
        say(f"TigerGraph {graph}: all types are there")
        return
    if missing != needed:
        raise ProvisioningError(
            f"TigerGraph: the graph {graph} has {', '.join(sorted(needed - missing))} but lacks "
            f"{', '.join(sorted(missing))}. It is another project's, or a change of its schema was broken off: "
            "use an empty graph."
        )
    output = _run(connection, _statements("schema", graph))
    if missing := needed - _type_names(connection):
        raise ProvisioningError(f"TigerGraph did not create {', '.join(sorted(missing))}. It said: {output}")
    say(f"TigerGraph {graph}: created the types {', '.join(sorted(needed))}")


def _provision_query(connection: TigerGraphConnection, graph: str, name: str, say: Say) -> None:
    statements = _statements(name, graph)
    definition = _compact(statements[statements.index(f"QUERY {name}") : statements.rindex("}") + 1])

    def is_installed() -> bool:
        shown = _compact(connection.showQuery(name))
        return definition in shown and name in connection.getInstalledQueries("list")

    if is_installed():
        say(f"TigerGraph {graph}: the query {name} is installed")
        return
    output = _run(connection, statements)
    if not is_installed():
        raise ProvisioningError(f"TigerGraph did not install {name}. It said: {output}")
    say(f"TigerGraph {graph}: installed the query {name}")


def _schema(connection: TigerGraphConnection) -> dict[str, Any] | None:
    """The graph's schema; None when there is no such graph."""
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
    """What the server says; it says failures too, and nothing is raised: look at the result, not at the text."""
    return " ".join(connection.gsql(statements).split())


def _statements(name: str, graph: str) -> str:
    """A file of photo_library/type_graph/gsql without its comments, for the graph of this name."""
    text = re.sub(r"//[^\n]*\n", "", (GSQL / f"{name}.gsql").read_text())
    return re.sub(r"\bGRAPH photos\b", f"GRAPH {graph}", text)


def _compact(text: str) -> str:
    return re.sub(r"\s+", "", text)


def main() -> int:
    """Provision the stores that the command line or the environment names; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m infra.ops.provision", description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--secret", metavar="ARN", help="the secret that holds the credentials; default: the environment"
    )
    parser.add_argument("--database", default="photo_library", help="MongoDB database (default: %(default)s)")
    parser.add_argument("--graph", default="photos", help="TigerGraph graph (default: %(default)s)")
    arguments = parser.parse_args()
    return exit_status(
        lambda: provision(find_credentials(arguments.secret), arguments.database, arguments.graph, print)
    )


if __name__ == "__main__":
    sys.exit(main())
