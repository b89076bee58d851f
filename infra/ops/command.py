"""What several operator commands need: their shared options, credentials, AWS clients and exit status."""

import json
import os
import sys
from collections.abc import Callable
from typing import Any

import click
from botocore.exceptions import BotoCoreError

from photo_library.aws import client
from photo_library.errors import PhotoLibraryError, SettingsError
from photo_library.settings import StoreCredentials, parse_credentials, read_credentials

secret_option = click.option(
    "--secret", metavar="ARN", help="Secret that holds the store credentials. Default: environment variables."
)
database_option = click.option(
    "--database", default="photo_library", show_default=True, help="Name of the MongoDB database."
)
graph_option = click.option("--graph", default="photos", show_default=True, help="Name of the TigerGraph graph.")
queue_option = click.option("--queue-url", metavar="URL", required=True, help="URL of the ingest queue.")
bucket_option = click.option("--bucket", metavar="NAME", required=True, help="The library's bucket.")


def find_credentials(secret_arn: str | None) -> StoreCredentials:
    """Read the store credentials from the secret or, without one, from the environment.

    The environment variables are the secret's keys: MONGODB_URI, TIGERGRAPH_HOST and TIGERGRAPH_SECRET.
    Raises SettingsError.
    """
    if secret_arn is None:
        return parse_credentials(json.dumps(dict(os.environ)), "the environment")
    region = secret_arn.split(":")[3:4]  # an ARN names it
    if not region:
        raise SettingsError("--secret must be the ARN of a secret: arn:aws:secretsmanager:…")
    return read_credentials(aws_client("secretsmanager", region=region[0]), secret_arn)


def aws_client(service: str, region: str | None = None) -> Any:
    """An AWS client for a command. Raises SettingsError, for example when no Region is configured."""
    try:
        return client(service, read_timeout_s=60, region=region)
    except BotoCoreError as error:
        raise SettingsError(str(error)) from error


def print_line(line: str) -> None:
    """Print progress at once, also into a pipe."""
    print(line, flush=True)


def exit_status(work: Callable[[], object]) -> int:
    """Do a command's work and return its exit status; known errors become one line instead of a traceback.

    Every command can be repeated safely, so an interrupted one says so.
    """
    try:
        work()
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; run it again to continue\n")
        return 1
    except PhotoLibraryError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0
