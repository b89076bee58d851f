"""AWS clients, made by botocore itself.

They are boto3's own; boto3 only adds resources and file transfers, which nothing here uses and which would take a
fifth of a cold start to import.
"""

from functools import cache
from typing import Any

from botocore.config import Config
from botocore.session import Session, get_session


def client(service: str, config: Config) -> Any:
    """A client with credentials and region from the environment. To be called by one thread at a time."""
    return _session().create_client(service, config=config)


@cache
def _session() -> Session:
    """One for all clients: it reads what botocore knows of AWS's regions, and that once."""
    return get_session()
