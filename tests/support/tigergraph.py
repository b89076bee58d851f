"""Where a TigerGraph is: the stand-in, or a real one."""

import secrets
from dataclasses import dataclass

from infra.local.tigergraph.server import StandIn

SECRET = secrets.token_urlsafe(8)


@dataclass
class Server:
    """Where a TigerGraph is; `state` only where it is the stand-in."""

    host: str
    secret: str
    graph: str
    state: StandIn | None = None
