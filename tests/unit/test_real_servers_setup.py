"""`make test-real` as far as it can be checked without Docker: its files, and the commands that it would run."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from infra.local.template import ROOT
from tests.real import __main__ as real
from tests.real.__main__ import FOLDER, RealServersError, pytest_command, run, services_to_start, start_commands

TIGERGRAPH = {"TIGERGRAPH_HOST": "https://tg", "TIGERGRAPH_SECRET": "s"}


def test_the_compose_file_is_one_and_publishes_to_this_machine_alone() -> None:
    tool = Path(sys.executable).with_name("check-jsonschema")
    command = [str(tool), "--builtin-schema", "vendor.compose-spec", str(FOLDER / "compose.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    services = yaml.safe_load((FOLDER / "compose.yaml").read_text())["services"]
    assert services.keys() == real.VARIABLE.keys()
    for service in services.values():
        assert all(port.startswith("127.0.0.1:") for port in service["ports"])
        assert not service["image"].endswith(":latest")


def test_what_the_environment_names_is_not_started() -> None:
    assert services_to_start({}) == ["mongodb", "tigergraph"]
    assert services_to_start(TIGERGRAPH) == ["mongodb"]
    assert services_to_start({"MONGODB_URI": "mongodb://x"}) == ["tigergraph"]
    assert start_commands(services_to_start(TIGERGRAPH | {"MONGODB_URI": "mongodb://x"})) == []
    with pytest.raises(RealServersError, match="TIGERGRAPH_SECRET is not"):
        services_to_start({"TIGERGRAPH_HOST": "https://tg"})


def test_every_test_file_exists() -> None:
    assert all(Path(argument).exists() for argument in pytest_command() if argument.endswith(".py"))


def test_without_docker_it_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(RealServersError, match="Docker is not installed: install it, or set MONGODB_URI"):
        run(TIGERGRAPH | {"PATH": str(tmp_path)})


def test_what_was_started_is_removed_whatever_happens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    docker = tmp_path / "docker"
    docker.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/calls\n')
    docker.chmod(0o700)
    asked_for_secret: list[str] = []

    def create_secret(host: str) -> str:
        asked_for_secret.append(host)
        raise RealServersError("no secret")

    monkeypatch.setattr(real, "create_secret", create_secret)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(RealServersError, match="no secret"):
        run({"PATH": f"{tmp_path}:/usr/bin:/bin"})
    started, prepared, removed = (tmp_path / "calls").read_text().splitlines()
    assert started.endswith("up --detach --wait mongodb tigergraph")
    assert "gadmin config set RESTPP.Factory.EnableAuth true" in prepared
    assert removed.endswith("down --volumes")
    assert asked_for_secret == ["http://127.0.0.1:14240"]


def test_a_dry_run_prints_the_commands() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.real", "--dry-run"], cwd=ROOT, env={}, capture_output=True, text=True, check=True
    )
    commands = done.stdout.splitlines()
    assert len(commands) == 4
    assert "pytest" in commands[2]
