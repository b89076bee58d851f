"""What stands around the code: the workflow, the hooks, the licence, the changelog."""

import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.local.template import ROOT

TOOLS = Path(sys.executable).parent
WORKFLOWS = {path.name: yaml.safe_load(path.read_text()) for path in (ROOT / ".github/workflows").glob("*.yml")}
JOBS = [job for workflow in WORKFLOWS.values() for job in workflow["jobs"].values()]
STEPS = [step for job in JOBS for step in job["steps"]]


@pytest.mark.parametrize(
    "command",
    [
        *(
            ("check-jsonschema", "--builtin-schema", "vendor.github-workflows", f".github/workflows/{name}")
            for name in WORKFLOWS
        ),
        ("pre-commit", "validate-config"),
    ],
)
def test_a_file_is_in_its_tools_form(command: tuple[str, ...]) -> None:
    tool, *arguments = command
    done = subprocess.run([TOOLS / tool, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_workflow_may_only_read_and_keeps_no_credentials() -> None:
    assert all(workflow["permissions"] == {"contents": "read"} for workflow in WORKFLOWS.values())
    assert not any("permissions" in job for job in JOBS)
    checkouts = [step for step in STEPS if step.get("uses", "").startswith("actions/checkout")]
    assert all(step["with"] == {"persist-credentials": False} for step in checkouts)
    assert len(checkouts) == len(JOBS)


def test_the_workflow_uses_nobodys_actions_but_githubs_and_runs_what_ci_runs() -> None:
    assert all(step["uses"].startswith("actions/") for step in STEPS if "uses" in step)
    assert ".ci/run" in [step.get("run") for step in WORKFLOWS["ci.yml"]["jobs"]["check-and-test"]["steps"]]


def test_every_hook_runs_a_tool_of_the_locked_environment() -> None:
    (repository,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert repository["repo"] == "local"
    tools = {hook["entry"].split()[0] for hook in repository["hooks"]}
    assert all((TOOLS / Path(tool).name).exists() for tool in tools - {"sh"})
    assert all(tool.startswith(".venv/bin/") for tool in tools - {"sh"})


def test_the_licence_is_the_one_that_is_said() -> None:
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    licence = (ROOT / project["license-files"][0]).read_text()
    assert project["license"] == "Apache-2.0"
    assert " ".join(licence.split()).startswith("Apache License Version 2.0, January 2004")
    assert "END OF TERMS AND CONDITIONS" in licence


def test_the_changelog_has_the_version_or_says_that_it_is_unreleased() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text()
    headings = [line.removeprefix("## ") for line in changelog.splitlines() if line.startswith("## ")]
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert headings[0] == "Unreleased" or headings[0].startswith(f"[{version}]")
