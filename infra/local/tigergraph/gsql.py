"""GSQL statements: USE, CREATE GRAPH, schema change jobs, and creating and installing queries.

Like the server, it reports a failed statement in the text of its answer, with HTTP status 200, and stops there.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from infra.local.tigergraph.graph import PYTHON_TYPES, EdgeType, Graph, Query, Refusal, known
from infra.local.tigergraph.queries import ANSWERS
from infra.local.tigergraph.rest import element_type


@dataclass
class Database:
    """All graphs, and the schema change jobs of each."""

    graphs: dict[str, Graph] = field(default_factory=dict)
    jobs: dict[tuple[str, str], str] = field(default_factory=dict)  # (graph, job) → the job's body

    def graph(self, name: str) -> Graph:
        """Raises Refusal when the graph does not exist."""
        if name not in self.graphs:
            raise Refusal(400, None, f"Graph '{name}' does not exist.")
        return self.graphs[name]


def run_statements(database: Database, text: str) -> str:
    """Run statements one by one; returns what the server prints."""
    printed: list[str] = []
    text = re.sub(r"//[^\n]*|#[^\n]*|/\*.*?\*/", "", text, flags=re.DOTALL)
    current = ""
    while text := text.lstrip().lstrip(";").lstrip():
        matches = ((re.match(pattern, text, re.IGNORECASE | re.DOTALL), run) for pattern, run in _STATEMENTS)
        statement, run = next((pair for pair in matches if pair[0]), (None, None))
        if statement is None:
            printed.append(f'Encountered "{text.split()[0]}": the stand-in does not know this statement.')
            break
        try:
            rest = text[statement.end() :]
            body, text = _split_at_brace(rest) if statement.group(0).endswith("{") else ("", rest)
            if run is None:
                current = statement["graph"] or ""
                printed.append(f"Using graph '{current}'" if current else "Using global scope")
            else:
                printed.append(run(database, current, statement, body))
        except Refusal as refusal:
            printed.append(refusal.message)
            break
    return "\n".join(printed) + "\n"


def _create_graph(database: Database, _current: str, statement: re.Match[str], _body: str) -> str:
    name = statement["name"]
    if name in database.graphs:
        raise Refusal(
            200,
            None,
            f"Semantic Check Fails: The graph name {name} conflicts with another type or existing graph names!",
        )
    database.graphs[name] = Graph()
    return f"The graph {name} is created."


def _create_job(database: Database, _current: str, statement: re.Match[str], body: str) -> str:
    database.graph(statement["graph"])
    name = (statement["graph"], statement["name"])
    if name in database.jobs:
        raise Refusal(200, None, f"Semantic Check Fails: The job name {name[1]} is used by another object!")
    database.jobs[name] = body
    return f"Successfully created schema change jobs: [{name[1]}]."


def _run_job(database: Database, current: str, statement: re.Match[str], _body: str) -> str:
    name = (current, statement["name"])
    if name not in database.jobs:
        raise Refusal(200, None, f"Schema change job {name[1]} does not exist.")
    graph = database.graph(current)
    for change in filter(None, map(str.strip, database.jobs[name].split(";"))):
        _change_schema(graph, change)
    return f"Kick off schema change job {name[1]}\nLocal schema change succeeded."


def _change_schema(graph: Graph, change: str) -> None:
    if vertex := re.match(r"ADD\s+VERTEX\s+(\w+)\s*\(\s*PRIMARY_ID\s+(\w+)\s+(\w+)\s*\)", change, re.IGNORECASE):
        _check_new(graph, vertex[1])
        graph.vertex_types[vertex[1]] = {vertex[2]: vertex[3].upper()}
    elif edge := re.match(
        r"ADD\s+UNDIRECTED\s+EDGE\s+(\w+)\s*\(\s*FROM\s+(\w+)\s*,\s*TO\s+(\w+)\s*((?:,\s*\w+\s+\w+\s*)*)\)",
        change,
        re.IGNORECASE,
    ):
        _check_new(graph, edge[1])
        for end in (edge[2], edge[3]):
            known(graph.vertex_types, end, "vertex")
        attributes = dict(part.split() for part in edge[4].split(",") if part.strip())
        graph.edge_types[edge[1]] = EdgeType((edge[2], edge[3]), attributes)
    else:
        raise Refusal(200, None, f"The stand-in does not know this schema change: {change}")


def _check_new(graph: Graph, name: str) -> None:
    if name in graph.vertex_types or name in graph.edge_types:
        raise Refusal(200, None, f"Semantic Check Fails: The type {name} is used already.")
    if name.upper() == "TYPE":
        raise Refusal(200, None, f'Encountered "{name}": it is a reserved word.')


def _drop_job(database: Database, current: str, statement: re.Match[str], _body: str) -> str:
    if database.jobs.pop((current, statement["name"]), None) is None:
        raise Refusal(200, None, f"Semantic Check Fails: The job {statement['name']} could not be found!")
    return f"Successfully dropped jobs on the graph '{current}': [{statement['name']}]."


def _create_query(database: Database, _current: str, statement: re.Match[str], body: str) -> str:
    graph = database.graph(statement["graph"])
    parameters = {}
    for part in filter(None, map(str.strip, statement["parameters"].split(","))):
        declared = re.fullmatch(r"(\w+|SET<\w+>)\s+(\w+)\s*(=.+)?", part, re.DOTALL)
        if declared is None or element_type(declared[1].upper()) not in PYTHON_TYPES:
            raise Refusal(200, None, f"The stand-in does not know this parameter: {part}")
        parameters[declared[2]] = (declared[1].upper(), declared[3] is not None)
    graph.queries[statement["name"]] = Query(f"{statement.group(0)}{body}}}", parameters)
    return f"Successfully created queries: [{statement['name']}]."


def _install_query(database: Database, current: str, statement: re.Match[str], _body: str) -> str:
    graph, name = database.graph(current), statement["name"]
    if name not in graph.queries:
        raise Refusal(200, None, f"Query {name} cannot be found!")
    if name not in ANSWERS:
        raise Refusal(200, None, f"The stand-in has no answers for the query {name}.")
    graph.queries[name].installed = True
    return "Query installation finished."


_STATEMENTS: list[tuple[str, Callable[[Database, str, re.Match[str], str], str] | None]] = [
    (r"USE\s+(?:GLOBAL|GRAPH\s+(?P<graph>\w+))", None),
    (r"CREATE\s+GRAPH\s+(?P<name>\w+)\s*\(\s*\)", _create_graph),
    (r"CREATE\s+SCHEMA_CHANGE\s+JOB\s+(?P<name>\w+)\s+FOR\s+GRAPH\s+(?P<graph>\w+)\s*\{", _create_job),
    (r"RUN\s+SCHEMA_CHANGE\s+JOB\s+(?P<name>\w+)", _run_job),
    (r"DROP\s+JOB\s+(?P<name>\w+)", _drop_job),
    (
        r"CREATE\s+(?:OR\s+REPLACE\s+)?QUERY\s+(?P<name>\w+)\s*\((?P<parameters>[^)]*)\)\s*"
        r"FOR\s+GRAPH\s+(?P<graph>\w+)\s+SYNTAX\s+v2\s*\{",
        _create_query,
    ),
    (r"INSTALL\s+QUERY\s+(?P<name>\w+)", _install_query),
]


def _split_at_brace(text: str) -> tuple[str, str]:
    """What stands before the brace that closes one already open, and what stands after it."""
    depth = 1
    for position, character in enumerate(text):
        depth += {"{": 1, "}": -1}.get(character, 0)
        if depth == 0:
            return text[:position], text[position + 1 :]
    raise Refusal(200, None, 'Encountered "<EOF>": a brace is not closed.')
