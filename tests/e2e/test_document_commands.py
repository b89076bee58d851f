"""Every command in the README, CONTRIBUTING and docs/ is run: here, as it is written, or where a table below says.

Here it meets the local cloud behind the authorizers of ApiAccess iam, with the variables that a reader has from the
stack's outputs, in a home directory with the files that the documents mention. AWS services that moto doesn't play are
replaced by a server that accepts everything, so that the AWS CLI still checks the arguments.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import pytest

from infra.local.authorizers import Authorizers
from infra.local.cloud import AWS_CREDENTIALS
from infra.local.http_api import HttpApi
from infra.local.template import REGION, ROOT, Template
from tests.support.site import Site, describe_stack

CI, WORKFLOW = ".ci/run", ".github/workflows/ci.yml"
COMMANDS_TEST = "tests/e2e/test_commands.py"
# Where a command runs that is not run here: a file, and how the command is written there.
RUN_BY = {
    "make setup": ("Makefile", "demo: setup ## "),
    "make check": (CI, "make check"),
    "make test": (CI, "make test SLOW=1"),
    "make test SLOW=1": (CI, "make test SLOW=1"),
    "make test-fast": ("Makefile", "test-fast: setup ## "),
    "make test-real": (".github/workflows/real-servers.yml", "- run: make test-real"),
    "make demo": (WORKFLOW, "make demo"),
    "make bench": (WORKFLOW, "make bench"),
    "make soak": (WORKFLOW, "make soak"),
    "make baseline": (WORKFLOW, "make baseline"),
    "make evaluate": (WORKFLOW, "make evaluate"),
    "make evaluate DATA=folder": (WORKFLOW, "make evaluate"),
    "make openapi": (WORKFLOW, "make openapi"),
    "make scan": (WORKFLOW, "make scan"),
    "make audit": (WORKFLOW, "make audit"),
    "make docs": ("tests/unit/test_documents.py", 'Cog().main(["cog", "--check"'),
    ".venv/bin/python -m tests.bench.page": (WORKFLOW, ".venv/bin/python -m tests.bench.page"),
    ".venv/bin/python -m tests.bench.scale --photos 100000": ("tests/bench/scale.py", '"--photos"'),
    ".venv/bin/python -m tests.bench.likeness": ("tests/bench/test_bench.py", "likeness.main()"),
    "make up": (COMMANDS_TEST, 'run("make", "up")'),
    "make demo PHOTOS=folder": (COMMANDS_TEST, 'run("make", "demo", f"PHOTOS={tmp_path}")'),
    # `sam deploy` asks questions, and the stack that it changes is not here.
    "sam build": ("tests/e2e/conftest.py", '"build"'),
    "sam deploy": ("tests/e2e/test_deploy.py", '"deploy"'),
    "sam deploy --guided": ("tests/e2e/test_deploy.py", '"deploy"'),
    "sam build && sam deploy --guided": ("tests/e2e/test_deploy.py", '"deploy"'),
    "sam build && sam deploy": ("tests/e2e/test_deploy.py", '"deploy"'),
    "sam build && sam deploy --parameter-overrides StoreConnections=20": ("tests/e2e/test_deploy.py", '"deploy"'),
}
# What nobody but a person can run: each with the reason.
BY_HAND = {
    "make train DATA=folder OUTLIERS=folder": "takes hours",
    "make evaluate PHOTOS=folder": "needs labelled photographs",
    "make bench JSON=file": "takes minutes; tests/bench/test_bench.py runs it in parts",
    "make bench ONLY=photo,batch": "takes minutes; tests/bench/test_bench.py runs it in parts",
    "make mutate": "takes hours",
    "make mutate ONLY=pipeline": "takes an hour",
    "make test-real": "needs Docker; tests/unit/test_real_servers_setup.py checks its commands",
    "MONGODB_URI='mongodb+srv://…' make test-real": "needs a real cluster",
    "TIGERGRAPH_HOST='https://tg-….i.tgcloud.io' TIGERGRAPH_SECRET='…' make test-real": "needs a real workspace",
    ".venv/bin/pre-commit install": "would change this checkout; tests/unit/test_project.py checks the hooks",
    "sam deploy --parameter-overrides Name=value": "a pattern",
    "python -m infra.ops COMMAND --stack NAME": "a pattern",
    "python -m infra.ops": "names the commands' entry point",
    "make lock": "asks the package index; tests/unit/test_template.py compares its files with uv.lock",
    "sam delete --stack-name photo-library": "asks for confirmation; tests/e2e/test_deploy.py deletes stacks",
}
# What a command must print, by the first of these parts that it has: exit status 0 alone doesn't show that it worked.
PRINTS = {
    "--redrive": "redriven",
    "infra.ops dead-letters": "in the dead-letter queue",
    "infra.ops verify": "photo-library works.",
    "infra.ops provision": "photos",
    "infra.ops reclassify": "sent for reclassification",
    "infra.ops import-report": "RUNNING",
    "infra.ops reconcile": "bucket, all of it",
    "stack-outputs": "BucketName",
    "aws s3 cp": "upload: ./shirt.jpg",
    '"$API_URL/classify"': '"embedding"',
    "curl": '"photos"',
    "start-execution": "executionArn",
    "make import": "0 not sent",
    "model.predict": '"types"',
}
# moto's server only records that the import was started. It is run in tests/unit/test_import_bucket.py.
EXIT_STATUS = {"infra.ops import-report": 1}
# Services that moto doesn't play, or of which the local cloud has nothing, by the AWS CLI's names in variables.
ACCEPTED = ("LAMBDA", "EVENTBRIDGE", "SERVICE_QUOTAS", "CLOUDWATCH_LOGS")


class Command(NamedTuple):
    text: str
    prelude: str = ""  # functions and variables that the document defined before


def commands_in_blocks(text: str) -> Iterator[Command]:
    """The commands in a document's sh blocks, loops in one piece, comments removed."""
    prelude: list[str] = []
    for block in re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        lines: list[str] = []
        for line in block.splitlines():
            lines.append(re.sub(r"(^|\s)# .*|\s{2,}# .*", "", line))
            command = "\n".join(lines).strip()
            if command.endswith("\\") or not is_complete(command):
                continue
            lines = []
            if re.match(r"\w+(\(\)|=\S*$|=\"\$\()", command):
                prelude.append(command)
            elif command:
                yield Command(" ".join(command.replace("\\\n", " ").split(" ")).strip(), "\n".join(prelude))
        assert not lines, block


def is_complete(command: str) -> bool:
    """Whether bash would begin to run it, rather than wait for more lines."""
    return subprocess.run(["/bin/bash", "-n", "-c", command], capture_output=True, check=False).returncode == 0


def commands_in_prose(text: str) -> Iterator[Command]:
    prose = re.sub(r"^```.*?^```|\[\[\[cog.*?\[\[\[end\]\]\]", "", text, flags=re.MULTILINE | re.DOTALL)
    for command in re.findall(r"`((?:aws|curl|make|python|sam|\.venv/bin/\w+)\s[^`]+)`", prose):
        yield Command(" ".join(command.split()))


# decisions.md and CHANGELOG.md mention commands without asking to run them.
DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md")),
    *(ROOT / "docs" / f"{name}.md" for name in ("api", "architecture", "deploy", "operate", "performance", "scale")),
]
COMMANDS = {
    # The runbook has the stack's name in a variable: once is enough.
    " ".join(command.text.split()).replace('"$STACK"', "photo-library"): command
    for document in DOCUMENTS
    for command in (
        *commands_in_prose(document.read_text()),
        *commands_in_blocks(document.read_text()),
    )
}
HERE = [
    # The AWS CLI takes seconds to start, and the runbook has it start often.
    pytest.param(text, marks=pytest.mark.slow if command.prelude and "infra.ops" not in text else ())
    for text, command in COMMANDS.items()
    if text not in RUN_BY and text not in BY_HAND
]


@pytest.fixture(scope="module")
def folder(site: Site, samples: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
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


class AcceptAll(BaseHTTPRequestHandler):
    """Answers every request with an empty JSON object."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    do_GET = do_PUT = do_POST

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 # the base class names it
        pass


@pytest.fixture(scope="module")
def accept_all() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), AcceptAll)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def environ(site: Site, folder: Path) -> Iterator[dict[str, str]]:
    """The variables that a reader has, and what represents an account."""
    cloud = site.cloud
    template = Template(parameters={"ApiAccess": "iam", "ImportBucket": "old-photos"})
    api = HttpApi(template.routes(), cloud.functions, Authorizers(template, AWS_CREDENTIALS))
    cloud.client("logs").create_log_group(logGroupName="/aws/lambda/photo-library-classify")
    machine = cloud.client("stepfunctions").create_state_machine(
        name=template.properties("ImportStateMachine")["Name"],
        definition=(ROOT / "infra/deployed/import.asl.json").read_text(),
        roleArn="arn:aws:iam::123456789012:role/import",
    )
    describe_stack(site, "photo-library", api.url, import_arn=machine["stateMachineArn"])
    secret = cloud.client("secretsmanager").describe_secret(SecretId="StoresSecret")["ARN"]
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
            "IMPORT_ARN": machine["stateMachineArn"],
            "PHOTO_ID": shirt,
        }
    )
    api.stop()


def for_version_1(command: str) -> str:
    """The command for version 1 of the AWS CLI: it has no `logs tail`, and its `sqs` ignores AWS_ENDPOINT_URL."""
    command = command.replace("aws sqs", 'aws --endpoint-url "$AWS_ENDPOINT_URL" sqs')
    return re.sub(
        r"aws logs tail (\S+) --since \w+ --format short", r"aws logs filter-log-events --log-group-name \1", command
    )


@pytest.mark.parametrize("text", HERE)
def test_a_command_does_what_it_should(text: str, folder: Path, environ: dict[str, str], accept_all: str) -> None:
    if "MONGODB_URI" in os.environ:
        pytest.skip("the commands would change somebody's database")
    command = COMMANDS[text]
    if "infra.ops" not in text:
        environ = environ | {f"AWS_ENDPOINT_URL_{service}": accept_all for service in ACCEPTED}
    script = f"{command.prelude}\n{for_version_1(command.text)}"
    # `timeout` ends what the command started, too; subprocess's own would leave it running beside the other tests.
    done = subprocess.run(
        ["/usr/bin/env", "timeout", "300", "/bin/bash", "-c", script],
        cwd=ROOT if text.startswith("make ") else folder,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    printed = done.stdout + done.stderr
    assert done.returncode == max([EXIT_STATUS[part] for part in EXIT_STATUS if part in text], default=0), printed
    assert next((expected for part, expected in PRINTS.items() if part in text), "") in printed


def test_the_python_example_finds_what_it_should(folder: Path, environ: dict[str, str]) -> None:
    (example,) = re.findall(r"^```python\n(.*?)^```", (ROOT / "docs" / "api.md").read_text(), re.MULTILINE | re.DOTALL)
    (folder / "example.py").write_text(example)
    command = [sys.executable, "-W", "error", "example.py"]
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False, timeout=300)
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
    lines = re.findall(r"^(?: +- run: )?(.*)$", text, re.MULTILINE)
    assert line in lines if file in (CI, WORKFLOW) else line in text


@pytest.mark.parametrize("command", BY_HAND)
def test_a_command_for_people_is_in_a_document_and_make_knows_it(command: str) -> None:
    assert command in COMMANDS
    if command.startswith("make "):
        subprocess.run(["/usr/bin/env", *command.split(), "--dry-run"], cwd=ROOT, check=True, capture_output=True)
