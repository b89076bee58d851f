"""Operate a deployed library.

    python -m infra.ops COMMAND --stack NAME

A command finds the queues, bucket, secret and store names that it needs in the stack. Where there is no stack, each
of them is an option; where both are given, the option wins. Every command can be interrupted and repeated.
"""

import sys

import click

from infra.ops import corrections, dead_letters, import_folder, import_report, provision, reclassify, reconcile, verify
from infra.ops.command import exit_status
from infra.ops.stack import read_stack


class _Commands(click.Group):
    """A group whose commands report known errors in one line."""

    def invoke(self, ctx: click.Context) -> None:
        ctx.exit(exit_status(lambda: super(_Commands, self).invoke(ctx)))


@click.group(
    cls=_Commands,
    context_settings={"max_content_width": 110},
    help=(__doc__ or "").replace("    python", "\b\n    python"),
)
def commands() -> None:
    """Each sub-command is a module of this folder."""


def _take_values_of_stack(context: click.Context, _parameter: click.Parameter, name: str | None) -> None:
    if name:
        context.default_map = read_stack(name).option_values()


# Read before all other options, it supplies the values of those that are not given.
_stack_option = click.option(
    "--stack",
    metavar="NAME",
    is_eager=True,
    expose_value=False,
    callback=_take_values_of_stack,
    help="Deployed stack that supplies the other options.",
)

commands.add_command(verify.command)
for _module in (provision, dead_letters, reclassify, import_folder, import_report, corrections, reconcile):
    commands.add_command(_stack_option(_module.command))

if __name__ == "__main__":
    sys.exit(commands(prog_name="python -m infra.ops"))
