"""What commands need and functions do not."""

import json
import os
import sys
from collections.abc import Callable

from photo_library.aws import client
from photo_library.errors import PhotoLibraryError, SettingsError
from photo_library.settings import StoreCredentials, parse_credentials, read_credentials


def find_credentials(secret_arn: str | None) -> StoreCredentials:
    """For commands: the stores' credentials from the secret, or from the environment when there is none.

    Raises SettingsError.
    """
    if secret_arn is None:
        return parse_credentials(json.dumps(dict(os.environ)), "the environment")
    region = secret_arn.split(":")[3:4]  # an ARN names it
    if not region:
        raise SettingsError("--secret takes the ARN of a secret, arn:aws:secretsmanager:…")
    return read_credentials(client("secretsmanager", region=region[0]), secret_arn)


def exit_status(work: Callable[[], object]) -> int:
    """Do a command's work; what stops it is said in a line rather than a traceback. Every command may be run again."""
    try:
        work()
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; run it again to go on\n")
        return 1
    except PhotoLibraryError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0
