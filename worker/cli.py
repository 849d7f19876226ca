"""The command line: `schoolgate …`."""

from __future__ import annotations

import importlib
import os
import sys

import typer

from school.settings import misspelt
from worker import memory
from worker.terminal import complain, guarded, logs_of

PLAIN, GROUP = "plain", "group"
COMMANDS: dict[str, tuple[str, str, str]] = {
    "run": ("worker.commands.running", "run", PLAIN),
    "web": ("worker.commands.running", "web", PLAIN),
    "worker": ("worker.commands.running", "worker", PLAIN),
    "scheduler": ("worker.commands.running", "scheduler", PLAIN),
    "setup": ("worker.commands.schools", "set_up", PLAIN),
    "migrate": ("worker.commands.schools", "migrate_database", PLAIN),
    "people": ("worker.commands.persons", "commands", GROUP),
    "accounts": ("worker.commands.networks", "commands", GROUP),
    "keys": ("worker.commands.keys", "commands", GROUP),
    "poll": ("worker.commands.reading", "poll", PLAIN),
    "classify": ("worker.commands.judging", "classify", PLAIN),
    "evaluate": ("worker.commands.judging", "evaluate", PLAIN),
    "model": ("worker.commands.models", "commands", GROUP),
    "log": ("worker.commands.records", "log_commands", GROUP),
    "audit": ("worker.commands.records", "audit_commands", GROUP),
    "backup": ("worker.commands.backups", "backup", PLAIN),
    "restore": ("worker.commands.backups", "restore", PLAIN),
    "doctor": ("worker.commands.diagnosis", "doctor", PLAIN),
}
"""Each command's module and what of it. Only the one asked for is loaded: neither `classify` nor the
background worker has any need of the pages and their 60 MB.
"""


def application(arguments: list[str]) -> typer.Typer:
    """The commands that these arguments need: one, or all where help is asked for or nothing known."""
    app = typer.Typer(
        name="schoolgate",
        help="Runs a school's social media accounts: nothing published unapproved, no abuse unseen.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    wanted = [arguments[0]] if arguments and arguments[0] in COMMANDS else list(COMMANDS)
    for name in wanted:
        module, attribute, kind = COMMANDS[name]
        found = getattr(importlib.import_module(module), attribute)
        if kind == GROUP:
            app.add_typer(found, name=name)
        else:
            app.command(name)(found)
    # With one command only, typer would take its name for an argument of it.
    app.callback()(_schoolgate)
    return app


def _schoolgate() -> None:
    """Runs a school's social media accounts: nothing published unapproved, no abuse unseen."""


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
    chosen = application(arguments)
    memory.loaded()
    outcome = chosen(arguments, standalone_mode=False, prog_name="schoolgate")
    return outcome if isinstance(outcome, int) else 0
