"""AWS clients, made by botocore itself, and the one place where they are configured.

boto3 would only add resources and file transfers, which nothing here uses and which take a fifth of a cold start to
import (decision 38).
"""

from functools import cache
from typing import Any

from botocore.config import Config
from botocore.session import Session, get_session

# For a single request: how long to wait for a connection and for an answer, and how often to try.
CONNECT_TIMEOUT_S = 3.0
READ_TIMEOUT_S = 10.0
ATTEMPTS = 3


def client(
    service: str,
    *,
    read_timeout_s: float = READ_TIMEOUT_S,
    attempts: int = ATTEMPTS,
    region: str | None = None,
) -> Any:
    """A client with credentials from the environment, and its Region unless `region` names another one.

    Each of up to `attempts` tries waits at most `read_timeout_s` seconds for an answer. Clients may be used by several
    threads, but only one thread at a time may create them.
    """
    config = Config(
        connect_timeout=CONNECT_TIMEOUT_S,
        read_timeout=read_timeout_s,
        retries={"total_max_attempts": attempts, "mode": "standard"},
    )
    if service == "s3":  # or presigned URLs would name S3's global host, which redirects to the bucket's Region
        config = config.merge(Config(signature_version="s3v4", s3={"addressing_style": "virtual"}))
    return _session().create_client(service, region_name=region, config=config)


@cache
def _session() -> Session:
    """Shared by all clients: it reads botocore's list of Regions, which takes a while, once."""
    return get_session()
