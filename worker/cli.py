"""The command line: `schoolgate …`."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from school.settings import misspelt
from worker import apart, embedded
from worker.app import QUEUES
from worker.commands import (
    backups,
    diagnosis,
    judging,
    keys,
    models,
    networks,
    persons,
    reading,
    records,
    schools,
)
from worker.terminal import complain, guarded, logs_of

app = typer.Typer(
    name="schoolgate",
    help="Runs a school's social media accounts: nothing published unapproved, no abuse unseen.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Host = Annotated[str | None, typer.Option(help="Address to listen on (SCHOOLGATE_HOST, 127.0.0.1).")]
Port = Annotated[int | None, typer.Option(help="Port; 0 takes a free one (SCHOOLGATE_PORT, 8000).")]


@app.command("run")
def run(host: Host = None, port: Port = None) -> int:
    """Start everything in this one process; with no school set up, a practice school."""
    return embedded.run(host=host, port=port)


@app.command("web")
def web(host: Host = None, port: Port = None) -> int:
    """Start the pages alone."""
    return apart.web(host=host, port=port)


@app.command("worker")
def worker(
    queues: Annotated[str, typer.Option(help="Kinds of work, between commas.")] = ",".join(QUEUES),
    threads: Annotated[int, typer.Option(min=1, max=256, help="How much at once.")] = 8,
) -> int:
    """Start the background work alone; needs a broker such as Redis."""
    return apart.worker(queues=queues, threads=threads)


@app.command("scheduler")
def scheduler() -> int:
    """Start the clock of the background work alone; needs a broker such as Redis."""
    return apart.scheduler()


app.command("setup")(schools.set_up)
app.add_typer(persons.commands, name="people")
app.add_typer(networks.commands, name="accounts")
app.add_typer(keys.commands, name="keys")
app.command("poll")(reading.poll)
app.command("classify")(judging.classify)
app.command("evaluate")(judging.evaluate)
app.add_typer(models.commands, name="model")
app.add_typer(records.log_commands, name="log")
app.add_typer(records.audit_commands, name="audit")
app.command("backup")(backups.backup)
app.command("restore")(backups.restore)
app.command("doctor")(diagnosis.doctor)


def main() -> None:
    """What the `schoolgate` command runs."""
    # What it writes holds pupils' names, abuse and approval links: for its own user alone.
    os.umask(0o077)
    sys.exit(execute(sys.argv[1:]))


def execute(arguments: list[str]) -> int:
    """Run one command; its exit status: 0, 1 for a failure, 2 for bad input."""
    return guarded(lambda: _invoke(arguments))


def _invoke(arguments: list[str]) -> int:
    if not {"--help", "-h"} & set(arguments):
        logs_of("command")
        for given, meant in misspelt():
            complain(f"{given} is no setting and changes nothing; {meant} is one.")
    outcome = app(arguments, standalone_mode=False, prog_name="schoolgate")
    return outcome if isinstance(outcome, int) else 0
