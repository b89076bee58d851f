"""Prepare a TigerGraph: create the graph, its schema and its installed queries from the files in gsql/.

    wait until the workspace answers ─▶ graph ─▶ schema change job ─▶ each query: create and install

It can be repeated: only what is missing or differs is created. Reading requests have a short timeout and are repeated
while the workspace is starting; statements are sent once, on a connection of their own with a long timeout, and what
counts is what the server lists afterwards, not what it answers.
"""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import requests
from urllib3.exceptions import ReadTimeoutError

from photo_library.errors import ProvisioningError
from photo_library.type_graph.connection import TigerGraphConnection, TigerGraphException, open_connection
from photo_library.type_graph.tigergraph import PHOTO, PHOTO_HAS_TYPE, PHOTO_TYPE

GSQL = Path(__file__).parent / "gsql"
QUERIES = ("photos_by_types", "type_counts", "photo_ids")
SCHEMA_JOB = "photos_schema"
READ_TIMEOUT_S = 30  # the gateway of a starting workspace may hold a request instead of answering 502
STATEMENT_TIMEOUT_S = 900  # the server compiles queries: usually less than a minute for each
START_S = 600  # a paused workspace takes minutes to start
LISTED_S = 60  # the list of endpoints may lag behind INSTALL
CUT_OFF_S = 600  # to wait for an installation whose answer did not come
POLL_S = 5.0

Report = Callable[[str], None]
T = TypeVar("T")


def provision_type_graph(host: str, secret: str, graph: str, report: Report, poll_s: float = POLL_S) -> None:
    """Create the graph, its types and its installed queries as far as they are missing or differ.

    `report` gets a line for each step. `poll_s` are the seconds between two looks at a server that is not ready.
    Raises ProvisioningError.
    """
    try:
        reading = open_connection(host, graph, secret, READ_TIMEOUT_S, retries=0)
        statements = open_connection(host, graph, secret, STATEMENT_TIMEOUT_S, retries=0)
        _Provisioning(reading, statements, graph, report, poll_s).run(secret)
    except (TigerGraphException, requests.RequestException) as error:
        raise ProvisioningError(f"TigerGraph: {error}") from error


class _Provisioning:
    """The steps for one graph. Neither connection repeats a request by itself."""

    def __init__(
        self,
        reading: TigerGraphConnection,
        statements: TigerGraphConnection,
        graph: str,
        report: Report,
        poll_s: float,
    ) -> None:
        self._reading, self._statements, self._graph = reading, statements, graph
        self._report_line, self._poll_s = report, poll_s

    def run(self, secret: str) -> None:
        self._report("waiting for an answer; a paused workspace takes minutes to start")
        self._when_started(lambda: self._reading.getToken(secret))
        self._when_started(lambda: self._statements.getToken(secret))
        self._when_started(self._reading.echo)  # REST++ may come up later than GSQL
        self._create_graph()
        self._create_types()
        for name in QUERIES:
            self._install_query(name)

    def _create_graph(self) -> None:
        if self._graph in self._graphs():
            return
        answer, _ = self._run(f"USE GLOBAL\nCREATE GRAPH {self._graph}()")
        if self._graph not in self._graphs():
            raise ProvisioningError(f"TigerGraph did not create the graph {self._graph}. Its answer: {answer}")
        self._report("created the graph")

    def _create_types(self) -> None:
        needed = {PHOTO, PHOTO_TYPE, PHOTO_HAS_TYPE}
        missing = needed - self._types()
        if not missing:
            self._report("all types exist")
            return
        if missing != needed:
            raise ProvisioningError(
                f"TigerGraph: the graph {self._graph} has {', '.join(sorted(needed - missing))} but lacks "
                f"{', '.join(sorted(missing))}. It belongs to another project, or a schema change was interrupted: "
                "use an empty graph."
            )
        # A job that an interrupted run left behind would keep this one from being created. Without one, this fails.
        self._run(f"USE GRAPH {self._graph}\nDROP JOB {SCHEMA_JOB}")
        answer, _ = self._run(self._read_statements("schema"))
        if missing := needed - self._types():
            raise ProvisioningError(f"TigerGraph did not create {', '.join(sorted(missing))}. Its answer: {answer}")
        self._report(f"created the types {', '.join(sorted(needed))}")

    def _install_query(self, name: str) -> None:
        statements = self._read_statements(name)
        before = self._content(name)
        if _same_query(statements, before) and name in self._installed():
            self._report(f"the query {name} is installed")
            return
        answer, complete = self._run(statements)
        # Whether the server keeps the text as it was sent is not documented. But if it kept the old one, it refused.
        refused = before and self._content(name) == before and not _same_query(statements, before)
        deadline = time.monotonic() + (LISTED_S if complete else CUT_OFF_S)
        while refused or name not in self._installed():
            if refused or time.monotonic() > deadline:
                raise ProvisioningError(f"TigerGraph did not install {name}. Its answer: {answer}")
            time.sleep(self._poll_s)
        self._report(f"installed the query {name}")

    # ---- What the server has: reading requests, repeated while it starts

    def _graphs(self) -> set[str]:
        listed = self._when_started(self._reading.listGraphs) or []
        return {str(one.get("graphName") or one.get("GraphName")) for one in listed}

    def _types(self) -> set[str]:
        schema = self._when_started(lambda: self._reading.getSchema(udts=False, force=True))
        return {one["Name"] for one in schema.get("VertexTypes", []) + schema.get("EdgeTypes", [])}

    def _installed(self) -> set[str]:
        return set(self._when_started(lambda: self._reading.getInstalledQueries("list")))

    def _content(self, name: str) -> str:
        """A query's text as the server has it, without white space; empty when the query does not exist."""
        try:
            return _compact(" ".join(_texts(self._when_started(lambda: self._reading.getQueryContent(name)))))
        except TigerGraphException:
            return ""
        except requests.HTTPError as error:
            if error.response.status_code == requests.codes.not_found:
                return ""
            raise

    def _when_started(self, request: Callable[[], T]) -> T:
        """The answer to a reading request, repeated for up to START_S while the workspace starts."""
        deadline, reported = time.monotonic() + START_S, ""
        while True:
            try:
                return request()
            except (TigerGraphException, requests.RequestException) as error:
                reason = _why_not_started(error)
                if not reason:
                    raise
                if time.monotonic() > deadline:
                    raise ProvisioningError(f"TigerGraph: {reason} (waited {START_S} s): {error}") from error
                if reason != reported:
                    self._report(f"waiting: {reason}")
                    reported = reason
                time.sleep(self._poll_s)

    # ---- Statements: sent once

    def _run(self, statements: str) -> tuple[str, bool]:
        """Run statements. Returns the server's text, which may report a failure, and whether it is the server's.

        A gateway may give up before the server is done: then the text is the gateway's.
        """
        try:
            return " ".join(self._statements.gsql(statements).split()), True
        except (TigerGraphException, requests.RequestException) as error:
            return str(error), False

    def _read_statements(self, name: str) -> str:
        """The statements of a file in gsql/, without comments, for this graph."""
        text = re.sub(r"//[^\n]*\n", "", (GSQL / f"{name}.gsql").read_text())
        return re.sub(r"\bGRAPH photos\b", f"GRAPH {self._graph}", text)

    def _report(self, line: str) -> None:
        self._report_line(f"TigerGraph {self._graph}: {line}")


def _why_not_started(error: Exception) -> str:
    """What a failure says about a workspace that is not up; empty for any other failure."""
    if _timed_out(error):
        return "the TigerGraph workspace doesn't answer yet"
    text = str(error)
    if isinstance(error, requests.HTTPError):
        text = error.response.text
        if error.response.status_code not in (500, 502, 503, 504):
            return ""
    elif not (isinstance(error, TigerGraphException) and "<html" in text.lower()) and "Auto start" not in text:
        return ""
    if "Auto start is not enabled" in text:
        return "the TigerGraph workspace is stopped; start it, or switch on Auto-Resume for this workspace"
    return "the TigerGraph workspace is starting"


def _timed_out(error: Exception) -> bool:
    """Whether an answer, or the connection, didn't come in time. Requests wraps the former in a ConnectionError."""
    cause = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(error, requests.Timeout) or isinstance(cause, ReadTimeoutError)


def _same_query(statements: str, content: str) -> bool:
    """Whether a query's content holds the parameters and the body that the statements create."""
    (parameters, body) = re.findall(r"QUERY \w+(\(.*?\))\s*FOR GRAPH \w+ SYNTAX v2\s*(\{.*\})", statements, re.DOTALL)[
        0
    ]
    return _compact(parameters) in content and _compact(body) in content


def _compact(text: str) -> str:
    return re.sub(r"\s+", "", text)


def _texts(value: Any) -> Iterator[str]:
    """All strings in a JSON value: in which field the server puts a query's content is not documented."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
