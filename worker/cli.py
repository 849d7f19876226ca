"""The command line: `schoolgate …`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from worker import embedded
from worker.commands import networks, persons, schools
from worker.terminal import guarded, logs_of

app = typer.Typer(
    name="schoolgate",
    help="Runs a school's social media accounts: nothing published unapproved, no abuse unseen.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("setup")(schools.set_up)
app.add_typer(persons.commands, name="people")
app.add_typer(networks.commands, name="accounts")


@app.command("run")
def run(
    host: Annotated[str | None, typer.Option(help="Address to listen on (SCHOOLGATE_HOST, 127.0.0.1).")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port; 0 takes a free one (SCHOOLGATE_PORT, 8000).")
    ] = None,
) -> int:
    """Start everything in this one process: pages, worker, scheduler; and in a practice school the platforms."""
    return embedded.run(host=host, port=port)


def main() -> None:
    """What the `schoolgate` command runs."""
    arguments = sys.argv[1:]
    sys.exit(guarded(lambda: _invoke(arguments)))


def _invoke(arguments: list[str]) -> int:
    if not {"--help", "-h"} & set(arguments):
        logs_of("command")
    outcome = app(arguments, standalone_mode=False, prog_name="schoolgate")
    return outcome if isinstance(outcome, int) else 0
