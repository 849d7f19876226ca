"""What of the log is held back from somebody's file until somebody lets it in: what was referred (P3, P34).

The law lets a school hold back what would put a child at risk, tell of others, or warn whoever is looked
into (Data Protection Act 2018: schedule 2, part 1, paragraph 2 and part 3, paragraph 16; schedule 3, part 4,
serious harm, and part 5, child abuse data). Whether it does is a person's judgement each time; until it is
made, nothing in the file says that there was a referral.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from moderation import letter_templates
from moderation.decisions import Outcome
from moderation.models import EventKind, Letter, LogCase, LogEntry, LogEvent, Referral, ReferTo
from school.models import HoldOn
from school.retention import Subject

_IN_THE_OPEN = frozenset(
    {
        Outcome.HIDE,
        Outcome.UNHIDE,
        Outcome.DELETE,
        Outcome.REPLY,
        Outcome.WARN,
        Outcome.BLOCK,
        Outcome.UNBLOCK,
        Outcome.MUTE,
        Outcome.UNMUTE,
        Outcome.MEETING,
    }
)
"""What whoever wrote it saw or was told when it was done."""
_OF_THE_PRODUCT = frozenset(
    {
        EventKind.RECORDED,
        EventKind.HIDDEN_AT_ONCE,
        EventKind.EDITED,
        EventKind.GONE,
        EventKind.SCORED_AGAIN,
        EventKind.ACT,
    }
)
_TO_WHOEVER_WROTE = ("warning", "meeting", "access")


@dataclass(frozen=True, slots=True)
class Referred:
    """An entry of the log in somebody's file that was passed on."""

    entry_id: UUID
    number: int
    to: tuple[ReferTo, ...]
    """Empty where only a letter passed it on."""
    at: datetime


def of(session: Session, subject: Subject, *, past_head: bool) -> list[Referred]:
    """The referred entries that somebody wrote, is named in or worked on, the first one first.

    `past_head`: for a headteacher; what concerns them is not even counted (P3).
    """
    if subject.kind is HoldOn.AUTHOR:
        theirs = LogEntry.author_id == subject.id
    else:
        theirs = says(subject.name)
        if subject.kind is HoldOn.PERSON:
            worked = sa.select(LogEvent.seq).where(
                LogEvent.entry_id == LogEntry.id, LogEvent.by_id == subject.id
            )
            theirs = sa.or_(theirs, worked.exists())
    passed_on = letter_names(session, letter_templates.REFERRAL)
    written = sa.select(Letter.issued_at).where(
        Letter.entry_id == LogEntry.id, Letter.template.in_(passed_on)
    )
    found = session.execute(
        sa.select(LogEntry.id, LogEntry.number, LogEntry.recorded_at)
        .join(LogCase, LogCase.entry_id == LogEntry.id)
        .where(
            theirs,
            LogEntry.erased_at.is_(None),
            sa.or_(LogCase.referred.is_(True), written.exists()),
            LogCase.about_headteacher.is_(False) if past_head else sa.true(),
        )
        .order_by(LogEntry.recorded_at, LogEntry.id)
    ).all()
    referrals: dict[UUID, list[Referral]] = {}
    ids = [row.id for row in found]
    for start in range(0, len(ids), 500):
        query = sa.select(Referral).where(Referral.entry_id.in_(ids[start : start + 500]))
        for one in session.scalars(query.order_by(Referral.referred_at)):
            referrals.setdefault(one.entry_id, []).append(one)
    return [
        Referred(
            row.id,
            row.number,
            tuple(dict.fromkeys(one.to for one in referrals.get(row.id, ()))),
            min((one.referred_at for one in referrals.get(row.id, ())), default=row.recorded_at),
        )
        for row in found
    ]


def says(name: str) -> sa.ColumnElement[bool]:
    """The entries in which somebody's name is written, or in what was decided on them."""
    # The database keeps what was decided and why as JSON, with signs beyond ASCII written as numbers.
    reasons = sa.cast(LogEvent.detail, sa.Text)
    decided = sa.select(LogEvent.seq).where(
        LogEvent.entry_id == LogEntry.id,
        sa.or_(
            *(reasons.icontains(form, autoescape=True) for form in {name, json.dumps(name).strip('"')}),
        ),
    )
    return sa.or_(
        LogEntry.text.icontains(name, autoescape=True),
        LogEntry.post_text.icontains(name, autoescape=True),
        decided.exists(),
    )


def told(event: LogEvent) -> Mapping[str, Any] | None:
    """What an event of a referred entry says to whoever wrote the comment; None: nothing.

    Of a decision what they saw of it, without its reason.
    """
    if event.kind in _OF_THE_PRODUCT:
        return {name: event.detail[name] for name in ("reply", "text") if event.detail.get(name)}
    if event.kind is not EventKind.DECIDED:
        return None
    outcomes = [one for one in event.detail.get("outcomes", ()) if one in _IN_THE_OPEN]
    shown = {name: event.detail[name] for name in ("reply", "meeting_on") if event.detail.get(name)}
    return {"outcomes": outcomes, **shown} if outcomes else None


def reasons(session: Session, entry_ids: Collection[UUID]) -> set[str]:
    """The reasons of what was decided on these entries: they stand beside a block of their author as well."""
    found: set[str] = set()
    ids = list(entry_ids)
    for start in range(0, len(ids), 500):
        query = sa.select(LogEvent).where(
            LogEvent.entry_id.in_(ids[start : start + 500]), LogEvent.kind == EventKind.DECIDED
        )
        found |= {str(event.detail.get("reason", "")) for event in session.scalars(query)}
    return found


def own_letters(session: Session) -> set[str]:
    """The letters that go to whoever wrote a comment, by their names."""
    return {name for key in _TO_WHOEVER_WROTE for name in letter_names(session, key)}


def letter_names(session: Session, key: str) -> set[str]:
    """What the school calls a letter, and what the product did."""
    known = (*letter_templates.templates(session), *letter_templates.DEFAULTS)
    return {one.name for one in known if one.key == key}
