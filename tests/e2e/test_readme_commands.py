"""Every command of the README is run: here, as it stands there, or where the table below says.

Here it meets the local cloud behind the door of ApiAccess iam, with the variables that a reader has from the stack's
outputs, in a home that has the files which the README speaks of.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.authorizers import Authorizers
from infra.local.cloud import AWS_CREDENTIALS
from infra.local.http_api import HttpApi
from infra.local.template import REGION, ROOT, Template
from tests.support.site import Site, describe_stack

README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
IN_BLOCKS = [
    re.sub(r"\s+# .*", "", line).strip()
    for block in BLOCKS
    for line in block.replace("\\\n", " ").splitlines()
    if line.strip() and not line.startswith("#")
]
PROSE = re.sub(r"^```.*?^```", "", README, flags=re.MULTILINE | re.DOTALL)
IN_PROSE = re.findall(r"`((?:aws|curl|make|python|sam|\.venv/bin/python)\s[^`]+)`", PROSE)
COMMANDS = [*dict.fromkeys([*IN_BLOCKS, *(" ".join(command.split()) for command in IN_PROSE)])]

CI, WEEKLY = ".ci/run", ".github/workflows/ci.yml"
# Where a command runs that is not run here: a file, and how the command stands there.
RUN_BY = {
    "make demo": (WEEKLY, "make demo"),
    "make test": (CI, "make test"),
    "make bench": (WEEKLY, "make bench"),
    "make soak": (WEEKLY, "make soak"),
    "make baseline": (WEEKLY, "make baseline"),
    "make evaluate DATA=folder": (WEEKLY, "make evaluate"),
    "make openapi": (WEEKLY, "make openapi"),
    "make scan": (WEEKLY, "make scan"),
    "make audit": (WEEKLY, "make audit"),
    "make check": (CI, "make check"),
    "sam validate --lint": ("Makefile", "\t.venv/bin/sam validate --lint --region us-east-1"),
    ".venv/bin/python -m tests.bench.page": (WEEKLY, ".venv/bin/python -m tests.bench.page"),
    "make up": ("tests/e2e/test_commands.py", 'run("make", "up")'),
    "make demo PHOTOS=folder": ("tests/e2e/test_commands.py", 'run("make", "demo", f"PHOTOS={tmp_path}")'),
    # It asks questions. Without them it is run here:
    "sam build && sam deploy --guided": ("tests/e2e/test_deploy.py", '"deploy"'),
}
# What takes hours, or labelled photographs that nobody else has: its recipe is looked at.
BY_HAND = ("make train DATA=folder OUTLIERS=folder", "make evaluate PHOTOS=folder")
HERE = [command for command in COMMANDS if command not in RUN_BY and command not in BY_HAND]
# What a command must say; to end with 0 is not enough for all of them.
SAYS = {
    "infra.ops verify": "photo-library works.",
    "infra.ops provision": "photos",
    "stack-outputs": "BucketName",
    "aws s3 cp": "upload: ./shirt.jpg",
    "curl": '"photos"',
    "start-execution": "executionArn",
    "infra.ops import-report": "RUNNING",
    "make import": "0 not sent",
    "--redrive": "redriven",
    "infra.ops reconcile": "would do: bucket, all of it",
    "infra.ops reclassify": "sent again",
    "model.predict": '"types"',
}
# moto's server only notes that the import was started. It is run in tests/unit/test_import_bucket.py.
ENDS_WITH = {"infra.ops import-report": 1}


@pytest.fixture(scope="module")
def folder(site: Site, samples: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("readme")
    (folder / ".venv").symlink_to(ROOT / ".venv")
    shirt = next(sample for sample in samples if sample.name == "shirt.jpg")
    for name in ("shirt.jpg", "photo.jpg", "another.png"):
        shutil.copy(shirt, folder / name)
    shutil.copy(next(sample for sample in samples if sample.name == "blue-shirt.jpg"), folder / "blue.jpg")
    (folder / "Pictures").mkdir()
    shutil.copy(shirt, folder / "Pictures")
    credentials = site.cloud.credentials
    stores = {
        "MONGODB_URI": credentials.mongodb_uri,
        "TIGERGRAPH_HOST": credentials.tigergraph_host,
        "TIGERGRAPH_SECRET": credentials.tigergraph_secret,
    }
    (folder / "stores.json").write_text(json.dumps(stores))
    (folder / ".curlrc").write_text("fail-with-body\n")
    return folder


@pytest.fixture(scope="module")
def environ(site: Site, folder: Path) -> Iterator[dict[str, str]]:
    """The variables that a reader has, and what stands for an account."""
    cloud = site.cloud
    template = Template(parameters={"ApiAccess": "iam", "ImportBucket": "old-photos"})
    api = HttpApi(template.routes(), cloud.functions, Authorizers(template, AWS_CREDENTIALS))
    secret = cloud.client("secretsmanager").create_secret(Name="readme")["ARN"]
    cloud.client("logs").create_log_group(logGroupName="/aws/lambda/photo-library-classify")
    machine = cloud.client("stepfunctions").create_state_machine(
        name=template.properties("ImportStateMachine")["Name"],
        definition=(ROOT / "infra/deployed/import.asl.json").read_text(),
        roleArn="arn:aws:iam::123456789012:role/import",
    )["stateMachineArn"]
    describe_stack(site, "photo-library", api.url, import_arn=machine)
    shirt, blue = (site.put(f"readme/{name}", (folder / name).read_bytes()) for name in ("shirt.jpg", "blue.jpg"))
    for photo in (shirt, blue):
        site.photo(photo)
    own = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "AWS_"))}
    yield (
        own
        | AWS_CREDENTIALS
        | {
            "HOME": str(folder),
            "PATH": f"{ROOT / '.venv/bin'}:{os.environ['PATH']}",
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL": cloud.endpoint_url,
            "BUCKET": cloud.bucket,
            "API_URL": api.url,
            "SECRET_ARN": secret,
            "QUEUE_URL": cloud.queue_urls["IngestQueue"],
            "DLQ_URL": cloud.queue_urls["IngestDeadLetterQueue"],
            "IMPORT_ARN": machine,
            "PHOTO_ID": shirt,
        }
    )
    api.stop()


@pytest.mark.parametrize("command", HERE)
def test_a_command_does_what_it_should(command: str, folder: Path, environ: dict[str, str]) -> None:
    if "MONGODB_URI" in os.environ:
        pytest.skip("the commands would change somebody's database")
    place = ROOT if command.startswith("make ") else folder
    done = subprocess.run(
        ["/bin/bash", "-c", command], cwd=place, env=environ, capture_output=True, text=True, check=False, timeout=120
    )
    said = done.stdout + done.stderr
    assert done.returncode == max([ENDS_WITH[part] for part in ENDS_WITH if part in command], default=0), said
    for part, text in SAYS.items():
        if part in command:
            assert text in said


def test_the_python_example_finds_what_it_should(folder: Path, environ: dict[str, str]) -> None:
    (example,) = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    (folder / "example.py").write_text(example)
    command = [sys.executable, "-W", "error", "example.py"]
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False, timeout=60)
    assert "blue.jpg {'Shirt': " in done.stdout, done.stderr
    typed = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-incremental", "example.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert typed.returncode == 0, typed.stdout


@pytest.mark.parametrize("command", RUN_BY)
def test_a_command_that_runs_elsewhere_does(command: str) -> None:
    assert command in COMMANDS
    file, line = RUN_BY[command]
    text = (ROOT / file).read_text()
    assert line in (text if file.endswith(".py") else re.findall(r"^(?: +- run: )?(.*)$", text, re.MULTILINE))


@pytest.mark.parametrize("command", BY_HAND)
def test_a_command_for_people_is_there_and_make_knows_it(command: str) -> None:
    assert command in COMMANDS
    subprocess.run(["/usr/bin/env", *command.split(), "--dry-run"], cwd=ROOT, check=True, capture_output=True)
