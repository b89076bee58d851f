"""The classify image builds, and its handler answers in the Runtime Interface Emulator.

Where buildah is installed and BASE_IMAGE names an image that it can reach: AWS's, or any with Python 3.13 and pip.
"""

import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.functions import Environment
from infra.local.template import ROOT
from photo_library.photo import photo_id
from tests.support.lambda_events import BUCKET, upload
from tests.support.site import Site

BUILDAH = ("buildah", "--storage-driver", "vfs")
ISOLATION = ("--isolation", "chroot", "--network", "host")

pytestmark = pytest.mark.skipif(
    not os.environ.get("BASE_IMAGE") or not shutil.which("buildah"), reason="BASE_IMAGE or buildah is not there"
)


@pytest.fixture(scope="module")
def container() -> Iterator[str]:
    base = f"BASE_IMAGE={os.environ['BASE_IMAGE']}"
    file = "functions/classify/Dockerfile"
    buildah("bud", *ISOLATION, "--build-arg", base, "--file", file, "--tag", "photo-library-test", ".")
    container = buildah("from", "photo-library-test")
    yield container
    buildah("rm", container)


def buildah(*arguments: str) -> str:
    done = subprocess.run([*BUILDAH, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.strip()


def test_its_handler_answers_and_the_photo_is_found(
    container: str, site: Site, shirt: bytes, tmp_path: Path, prefix: str
) -> None:
    variables = site.cloud.functions["ClassifyFunction"].environ | {"MODEL_DIR": "/var/task/model"}
    wanted = [name for name in variables if name not in os.environ and name != "PYTHONPATH"]
    given = [part for name in wanted for part in ("--env", f"{name}={variables[name]}")]
    run = shlex.join([*BUILDAH, "run", *ISOLATION, *given])
    script = tmp_path / "run.sh"
    script.write_text(
        f'exec {run} --env "AWS_LAMBDA_RUNTIME_API=$AWS_LAMBDA_RUNTIME_API" {container} --'
        " python3 -m awslambdaric classify.app.handler\n"
    )
    site.s3.create_bucket(Bucket=BUCKET)
    environment = Environment("image", "classify.app.handler", variables, tmp_path / "log", ("sh", str(script)))
    try:
        event = upload(site.cloud, prefix, [shirt])
        answer = environment.invoke(event, 60)
    finally:
        environment.stop()
    assert answer == {"batchItemFailures": []}, (tmp_path / "log").read_text()
    assert "Shirt" in site.photo(photo_id(BUCKET, f"uploads/{prefix}/0.jpg"))["types"]
