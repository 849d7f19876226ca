"""`schoolgate log export` and `audit verify`: taking the log out, proving that nothing was altered (P17)."""

from __future__ import annotations

import json
from datetime import date
from typing import Annotated

import typer

from moderation import log as slt_log
from school import audit, setup
from school.db import now, reading, transaction
from school.errors import BadInput
from worker.terminal import FAILURE, AsJson, answer, write

log_commands = typer.Typer(help="The SLT log.")
audit_commands = typer.Typer(help="The audit trail.")


def _day(text: str | None, field: str) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise BadInput(
            f"The date “{text[:40]}” (--{field}) can't be read. Write it as 2027-06-03.", field=field
        ) from None


@log_commands.command("export")
def export(
    form: Annotated[str, typer.Option("--format", help="csv or jsonl.")],
    since: Annotated[str | None, typer.Option("--from", help="First day, such as 2027-06-01.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="Last day, included.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write the SLT log to standard output, newest first, with what was done, by whom, when and why."""
    if form not in {"csv", "jsonl"}:
        raise BadInput(f"“{form[:40]}” is no format here. Choose csv or jsonl.", field="format")
    first, last = _day(since, "from"), _day(until, "to")
    if first and last and first > last:
        raise BadInput(f"--from {first} is after --to {last}: exchange them.", field="from")
    _school()
    count = 0
    with reading() as session:
        rows = slt_log.rows(session, date_from=first, date_to=last, viewer=None)
        if as_json:
            entries = [json.loads(line) for line in slt_log.to_jsonl(rows)]
            count = len(entries)
            answer({"entries": entries}, [], as_json=True)
        else:
            for line in slt_log.to_csv(rows) if form == "csv" else slt_log.to_jsonl(rows):
                write(line)
                count += 1
            count -= form == "csv"
    with transaction() as session:
        audit.record(
            session,
            by=None,
            action="log_exported",
            object_kind="log",
            object_id="all",
            detail={"format": form, "from": first, "to": last, "entries": count, "by": "command"},
            now=now(),
        )


@log_commands.callback()
def _log() -> None:
    """The SLT log."""


@audit_commands.command("verify")
def verify(as_json: AsJson = False) -> int:
    """Check every link of the audit trail and of the SLT log; exit status 1 when one was altered."""
    _school()
    with reading() as session:
        trail, entries = audit.verify(session), slt_log.verify(session)
    lines = [
        "The audit trail holds: nothing was altered, removed or put in."
        if trail is None
        else f"The audit trail was altered: the first entry that doesn't fit is number {trail}.",
        "The SLT log holds: nothing was altered, removed or put in."
        if entries is None
        else f"The SLT log was altered: the first event that doesn't fit is number {entries}.",
    ]
    whole = trail is None and entries is None
    answer({"ok": whole, "audit_first_bad": trail, "log_first_bad": entries}, lines, as_json=as_json)
    return 0 if whole else FAILURE


@audit_commands.callback()
def _audit() -> None:
    """The audit trail."""


def _school() -> None:
    with reading() as session:
        if setup.current_school(session) is None:
            raise BadInput(
                "There is no school yet: run `schoolgate setup` or `schoolgate run` first.", field="school"
            )
