"""`python -m infra.ops verify` on the local cloud, described by moto's CloudFormation."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from infra.local.authorizers import Authorizers
from infra.local.cloud import AWS_CREDENTIALS
from infra.local.http_api import HttpApi
from infra.local.template import ROOT, Template
from tests.support.callers import AUDIENCE, with_token
from tests.support.site import Site, describe_stack


@contextmanager
def api(site: Site, access: str, issuer: str = "") -> Iterator[HttpApi]:
    """The API as it is deployed with this ApiAccess."""
    template = Template(parameters={"ApiAccess": access, "JwtIssuer": issuer, "JwtAudience": AUDIENCE})
    api = HttpApi(template.routes(), site.cloud.functions, Authorizers(template, AWS_CREDENTIALS))
    yield api
    api.stop()


def verify(
    site: Site, *arguments: str, environ: Mapping[str, str] = AWS_CREDENTIALS
) -> "subprocess.CompletedProcess[str]":
    variables = {**os.environ, **environ, "AWS_ENDPOINT_URL": site.cloud.endpoint_url}
    command = [sys.executable, "-m", "infra.ops", "verify", *arguments]
    return subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False, timeout=300)


def test_one_command_provisions_the_stores_and_tries_everything(site: Site) -> None:
    with api(site, "iam") as http_api:
        describe_stack(site, "whole", http_api.url)
        done = verify(site, "--stack", "whole")
    assert done.returncode == 0, done.stdout + done.stderr
    table = done.stdout.rpartition("step ")[2]
    steps = ["provision", "no credentials", "stores", "upload", "classify", "search", "type graph", "download"]
    for step in [*steps, "delete", "gone"]:
        assert f" {step} " in table, done.stdout
    assert "reading: 403, writing: 403, as expected with ApiAccess iam" in table
    assert done.stdout.rstrip().endswith("whole works.")
    objects = site.s3.list_objects_v2(Bucket=site.cloud.bucket, Prefix="uploads/verify/")
    assert objects["KeyCount"] == 0


def test_with_tokens_it_needs_one(site: Site, issuer: str) -> None:
    token = with_token()("GET", "", issuer)["Authorization"].removeprefix("Bearer ")
    with api(site, "jwt", issuer) as http_api:
        describe_stack(site, "tokens", http_api.url, ApiAccess="jwt")
        without, done = verify(site, "--stack", "tokens"), verify(site, "--stack", "tokens", "--token", token)
    assert without.returncode == 1
    assert "pass one with --token" in without.stderr
    assert done.returncode == 0, done.stdout + done.stderr
    assert "reading: 401, writing: 401, as expected with ApiAccess jwt" in done.stdout


def test_an_open_api_that_should_not_be_fails(site: Site) -> None:
    describe_stack(site, "open", site.cloud.api_url)
    done = verify(site, "--stack", "open")
    assert done.returncode == 1
    assert done.stderr == "GET /types without credentials was answered 200; with ApiAccess iam it should be 403\n"


def test_one_that_is_meant_to_be_open_passes(site: Site) -> None:
    with api(site, "public") as http_api:
        describe_stack(site, "public", http_api.url, ApiAccess="public")
        done = verify(site, "--stack", "public")
    assert "reading: 200, writing: 403, as expected with ApiAccess public" in done.stdout
    assert done.stdout.rstrip().endswith("public works.")


def test_one_that_is_open_for_writing_too_fails(site: Site) -> None:
    describe_stack(site, "too-open", site.cloud.api_url, ApiAccess="public")
    done = verify(site, "--stack", "too-open")
    assert done.returncode == 1
    assert done.stderr == "POST /uploads without credentials was answered 201; with ApiAccess public it should be 403\n"


def test_a_stack_that_is_not_there_is_named(site: Site) -> None:
    done = verify(site, "--stack", "none")
    assert done.returncode == 1
    assert "cannot read the stack none" in done.stderr
