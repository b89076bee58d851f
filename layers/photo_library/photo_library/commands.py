"""What commands need and functions do not."""

import json
import os

import boto3

from photo_library.errors import SettingsError
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
    return read_credentials(boto3.client("secretsmanager", region_name=region[0]), secret_arn)
