"""An AWS account to deploy into: moto as a server, with the one thing that CloudFormation does and moto does not.

    python -m tests.support.aws_account

Prints "listening on PORT". Templates that ask for the SAM transform are translated first, by AWS's own translator.
"""

import sys
import warnings
from typing import Any

from moto.cloudformation.models import ChangeSet, Stack
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from samtranslator.yaml_helper import yaml_parse
from werkzeug.serving import make_server

from infra.local.processes import hold_lifeline
from tests.support.sam import Tree, translate


def transformed(text: str) -> Tree:
    """A template, translated if it asks for it, with the deletion policies that moto knows."""
    template: Tree = yaml_parse(text)
    if "Transform" in template:
        template = translate(template)
    for resource in template["Resources"].values():
        if resource.get("DeletionPolicy") == "RetainExceptOnCreate":
            resource["DeletionPolicy"] = "Retain"  # which is the same once the resource was created
    return template


def _transform_change_set(change_set: Any) -> None:
    change_set.template_dict = transformed(change_set.template)


def main() -> None:
    """Serve until the tests end."""
    hold_lifeline()
    warnings.simplefilter("ignore")  # moto says which resources it does not know
    Stack.parse_template = staticmethod(transformed)
    ChangeSet._parse_template = _transform_change_set
    server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=True)
    sys.stdout.write(f"listening on {server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
