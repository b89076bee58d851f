"""Run the contract tests and provisioning on real servers: `make test-real`.

    MONGODB_URI                                             a MongoDB, such as an Atlas cluster
    TIGERGRAPH_HOST, TIGERGRAPH_SECRET, TIGERGRAPH_GRAPH    a TigerGraph, such as a Savanna workspace

What these variables don't name, Docker runs (compose.yaml), and it is removed afterwards. The tests use a database of
their own, and the graph photo_library_test unless TIGERGRAPH_GRAPH names another; its photos are deleted.
--dry-run prints the commands.
"""

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import requests
from pyTigerGraph import TigerGraphConnection
from pyTigerGraph.common.exception import TigerGraphException

FOLDER = Path(__file__).parent
TESTS = ("test_real_servers.py", "test_type_graph.py", "test_photo_catalog.py", "test_search.py", "test_likeness.py")
VARIABLE = {"mongodb": "MONGODB_URI", "tigergraph": "TIGERGRAPH_HOST"}
# REST++ checks tokens only when it is told to; in Savanna it always does.
PREPARE_TIGERGRAPH = (
    "gadmin start all && gadmin config set RESTPP.Factory.EnableAuth true && "
    "gadmin config apply -y && gadmin restart restpp -y"
)
START_S, POLL_S = 900, 5.0


class RealServersError(Exception):
    """The real servers can't be used. Says why."""


def services_to_start(environ: Mapping[str, str]) -> list[str]:
    """The services that the environment doesn't name. Raises RealServersError when that is half done."""
    if "TIGERGRAPH_HOST" in environ and "TIGERGRAPH_SECRET" not in environ:
        raise RealServersError("TIGERGRAPH_HOST is set, but TIGERGRAPH_SECRET is not")
    return [service for service, variable in VARIABLE.items() if variable not in environ]


def compose(*arguments: str) -> list[str]:
    """A command of Docker Compose for our services."""
    return ["docker", "compose", "--file", str(FOLDER / "compose.yaml"), *arguments]


def start_commands(services: list[str]) -> list[list[str]]:
    """The commands that start the services."""
    commands = [compose("up", "--detach", "--wait", *services)] if services else []
    if "tigergraph" in services:
        commands.append(compose("exec", "--no-TTY", "tigergraph", "bash", "-lc", PREPARE_TIGERGRAPH))
    return commands


def pytest_command() -> list[str]:
    """The command that runs the tests."""
    files = [str(FOLDER.parent / "contract" / name) for name in TESTS]
    return [sys.executable, "-m", "pytest", "--numprocesses", "0", "-m", "not slow", *files]


def create_secret(host: str) -> str:
    """A secret of the user that the image comes with, as soon as TigerGraph answers. Raises RealServersError."""
    deadline = time.monotonic() + START_S
    while True:
        try:
            connection = TigerGraphConnection(host=host, graphname="", username="tigergraph", password="tigergraph")
            if secret := str(connection.createSecret("photo_library_test")):
                return secret
            failure = "an empty secret"
        except (TigerGraphException, requests.RequestException) as error:
            failure = str(error)
        if time.monotonic() > deadline:
            raise RealServersError(f"TigerGraph created no secret within {START_S} s: {failure}")
        time.sleep(POLL_S)


def run(environ: dict[str, str]) -> int:
    """Start what is missing, run the tests, and remove what was started; returns the tests' exit status."""
    services = services_to_start(environ)
    if services and not shutil.which("docker", path=environ.get("PATH")):
        variables = ", ".join(VARIABLE[service] for service in services)
        raise RealServersError(f"Docker is not installed: install it, or set {variables}")
    try:
        for command in start_commands(services):
            subprocess.run(command, env=environ, check=True)
        if "mongodb" in services:
            environ["MONGODB_URI"] = "mongodb://127.0.0.1:27017/?directConnection=true"
        if "tigergraph" in services:
            environ["TIGERGRAPH_HOST"] = "http://127.0.0.1:14240"
            environ["TIGERGRAPH_SECRET"] = create_secret(environ["TIGERGRAPH_HOST"])
        return subprocess.run(pytest_command(), env=environ, check=False).returncode
    except subprocess.CalledProcessError as error:
        raise RealServersError(f"{shlex.join(error.cmd)} ended with {error.returncode}") from error
    finally:
        if services:
            subprocess.run(compose("down", "--volumes"), env=environ, check=False)


def main() -> int:
    """Run what the command line asks for; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.real", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--dry-run", action="store_true", help="print the commands")
    arguments = parser.parse_args()
    try:
        if arguments.dry_run:
            services = services_to_start(os.environ)
            commands = [
                *start_commands(services),
                pytest_command(),
                *([compose("down", "--volumes")] if services else []),
            ]
            sys.stdout.write("".join(f"{shlex.join(command)}\n" for command in commands))
            return 0
        return run(dict(os.environ))
    except RealServersError as error:
        sys.stderr.write(f"{error}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main())
