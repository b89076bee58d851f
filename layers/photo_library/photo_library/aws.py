"""AWS clients, made by botocore itself.

They are boto3's own; boto3 only adds resources and file transfers, which nothing here uses and which would take a
fifth of a cold start to import.
"""

from typing import Any

from botocore.config import Config
from botocore.session import get_session


def client(service: str, config: Config) -> Any:
    """A client with credentials and region from the environment."""
    return get_session().create_client(service, config=config)
