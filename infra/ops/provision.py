"""Prepare both stores for the functions: create the catalog's indexes, and the graph with its schema and queries.

It can be repeated: what already exists is left alone.
"""

from collections.abc import Callable

import click

from infra.ops.command import database_option, find_credentials, graph_option, print_line, secret_option
from photo_library.catalog.provisioning import provision_catalog
from photo_library.settings import StoreCredentials
from photo_library.type_graph.provisioning import provision_type_graph


def provision(credentials: StoreCredentials, database: str, graph: str, report: Callable[[str], None]) -> None:
    """Prepare both stores and report what was done, a line each. Raises ProvisioningError and SettingsError."""
    provision_catalog(credentials.mongodb_uri, database, report)
    provision_type_graph(credentials.tigergraph_host, credentials.tigergraph_secret, graph, report)


@click.command("provision", help=__doc__)
@secret_option
@database_option
@graph_option
def command(secret: str | None, database: str, graph: str) -> None:
    provision(find_credentials(secret), database, graph, print_line)
