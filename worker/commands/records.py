"""`schoolgate log export`, `audit verify` and `audit document`: taking out, and proving (P17, P22)."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from moderation import anchors, chain, known_files, log_csv, log_filters, proofs
from moderation import log as slt_log
from school import audit, documents, setup
from school.db import now, reading, transaction
from school.errors import BadInput
from school.times import say
from worker.terminal import FAILURE, AsJson, answer, write

log_commands = typer.Typer(help="The SLT log.")
audit_commands = typer.Typer(help="The audit trail.")


@log_commands.command("export")
def export(
    form: Annotated[str, typer.Option("--format", help="csv or jsonl.")],
    since: Annotated[str, typer.Option("--from", help="First day, such as 2027-06-01.")] = "",
    until: Annotated[str, typer.Option("--to", help="Last day, included.")] = "",
    platform: Annotated[str, typer.Option(help="Such as x, or what an entry by hand names.")] = "",
    account: Annotated[str, typer.Option(help="Handle of one of the school's accounts.")] = "",
    state: Annotated[str, typer.Option(help="open or decided.")] = "",
    outcome: Annotated[str, typer.Option(help="Such as hide or dismiss.")] = "",
    kind: Annotated[str, typer.Option(help="Kind of reason, such as threat or personal_data.")] = "",
    origin: Annotated[str, typer.Option(help="flagged or manual.")] = "",
    author: Annotated[str, typer.Option(help="Part of the name or handle of who wrote it.")] = "",
    person: Annotated[str, typer.Option(help="Somebody of the school who acted: e-mail or name.")] = "",
    referred: Annotated[str, typer.Option(help="waiting: referred and not dealt with yet.")] = "",
    text: Annotated[str, typer.Option(help="Part of the text.")] = "",
    number: Annotated[str, typer.Option(help="The number of one entry.")] = "",
    as_json: AsJson = False,
) -> None:
    """Write the SLT log to standard output, newest first, with what was done, by whom, when and why."""
    if form not in {"csv", "jsonl"}:
        raise BadInput(f"“{form[:40]}” is no format here. Choose csv or jsonl.", field="format")
    _school()
    wanted = dict(
        zip(
            log_filters.FIELDS,
            (
                since, until, platform, account, state, outcome, kind, origin, author, person, referred, text,
                number,
            ),
            strict=True,
        )
    )
    with reading() as session:
        try:
            filters = log_filters.parse(session, wanted, viewer=None)
        except BadInput as error:
            raise BadInput(f"--{error.field}: {error}", field=error.field) from None
    with reading() as session:
        rows = slt_log.rows(session, viewer=None, filters=filters)
        if as_json:
            entries = [json.loads(line) for line in slt_log.to_jsonl(rows)]
            answer({"entries": entries}, [], as_json=True)
        else:
            for line in log_csv.to_csv(rows) if form == "csv" else slt_log.to_jsonl(rows):
                write(line)
    with transaction() as session:
        audit.record(
            session,
            by=None,
            action="log_exported",
            object_kind="log",
            object_id="all",
            # Not how many entries: the headteacher reads it and could compare (P3).
            detail={
                "format": form,
                "from": filters.date_from,
                "to": filters.date_to,
                "by": "command",
            },
            now=now(),
        )


@log_commands.callback()
def _log() -> None:
    """The SLT log."""


@audit_commands.command("verify")
def verify(
    anchor: Annotated[
        str,
        typer.Option(
            help="What somebody kept outside: a saved e-mail with an anchor (FILE, or - for standard input), "
            "the line in it that begins with “schoolgate anchor”, or the 64 letters and digits at its end."
        ),
    ] = "",
    as_json: AsJson = False,
) -> int:
    """Check every link of trail, SLT log and anchors; exit status 1 when something was altered.

    With --anchor, also that both still begin with exactly what they were when that anchor was made.
    """
    _school()
    given = _given(anchor) if anchor else b""
    with reading() as session:
        kept = proofs.read(session, given) if anchor else []
        trail, entries, days = audit.examine(session), chain.examine(session), anchors.examine(session)
        verdicts = proofs.check(session, kept, trail=trail, log=entries)
    lines = [
        "The audit trail holds: nothing was altered, removed or put in."
        if trail is None
        else f"The audit trail was altered: the first entry that doesn't fit is number {trail.number}: "
        f"{trail.why}.",
        "The SLT log holds: nothing was altered, removed or put in."
        if entries is None
        else f"The SLT log was altered: the first event that doesn't fit is number {entries.number}: "
        f"{entries.why}.",
        "The anchors fit: trail and log are what was written down each day."
        if days is None
        else f"The anchors don't fit: at the trail's number {days.number}, {days.why}.",
        *(f"{'Proved: ' if one.holds else 'NOT PROVED. '}{one.words}" for one in verdicts),
    ]
    if not anchor:
        lines.append("Whoever writes to the database can make it all anew; --anchor proves that nobody did.")
    whole = trail is None and entries is None and days is None and all(one.holds for one in verdicts)
    told = {
        "ok": whole,
        "audit_first_bad": trail and trail.number,
        "log_first_bad": entries and entries.number,
        "anchors_first_bad": days and days.number,
        "anchors": [
            {
                "day": one.kept.day,
                "chain": one.kept.which,
                "count": one.kept.count,
                "ok": one.holds,
                "first_bad": one.first_bad,
                "words": one.words,
            }
            for one in verdicts
        ],
    }
    answer(told, lines, as_json=as_json)
    return 0 if whole else FAILURE


def _given(anchor: str) -> bytes:
    if anchor == "-":
        return sys.stdin.buffer.read(proofs.LONGEST + 1)
    file = Path(anchor)
    try:
        if file.is_file():
            with file.open("rb") as opened:
                return opened.read(proofs.LONGEST + 1)
    except OSError as error:
        # A whole line is too long to be the name of a file.
        if "schoolgate" not in anchor:
            why = error.strerror or error
            raise BadInput(f"“{anchor[:80]}” can't be read: {why}.", field="anchor") from None
    return anchor.encode("utf-8", "replace")


@audit_commands.command("document")
def document(
    file: Annotated[Path, typer.Argument(help="A PDF that the school gave out.")], as_json: AsJson = False
) -> int:
    """Say whether a file was made here, when and by whom; exit status 1 when it was not, or was altered."""
    _school()
    try:
        data = file.read_bytes()
    except OSError as error:
        raise BadInput(f"“{file}” can't be read: {error.strerror or error}.", field="file") from None
    with reading() as session:
        found = known_files.look_up(session, data, viewer=None)
    said = [
        {
            "what": one.what,
            "made_at": one.document.made_at,
            "made_by": one.made_by,
            "confirmed": one.confirmed,
        }
        for one in found
    ]
    lines = [
        f"This file was made here: {one.what}, {say(one.document.made_at)}, by {one.made_by}."
        + ("" if one.confirmed else " But the chained records don't say so: something was altered.")
        for one in found
    ] or ["This file was not made here, or it was changed since."]
    whole = bool(found) and all(one.confirmed for one in found)
    answer({"sha256": documents.sha256(data), "made_here": said}, lines, as_json=as_json)
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
