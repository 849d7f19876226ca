"""What part of the log to show: the same words on the page, in the export and in `log export`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from connectors.base import Platform
from moderation import referrals
from moderation.decisions import Outcome
from moderation.models import CaseState, LogCase, LogEntry, LogEvent, LogOrigin, ReferTo
from moderation.sight import visible_to
from school.db import storable
from school.errors import BadInput
from school.models import Account, Person
from school.times import midnight, optional_days

E = TypeVar("E", bound=StrEnum)

FIELDS = (
    "from",
    "to",
    "platform",
    "account",
    "state",
    "outcome",
    "kind",
    "origin",
    "author",
    "person",
    "referred",
    "text",
    "number",
)
"""The fields of a search, as forms, addresses and options of the command name them."""

KINDS = (
    "threat",
    "safeguarding",
    "toxicity",
    "personal_data",
    "word",
    "spam",
    "length",
    "language",
    "reported",
    "rescored",
)
"""Kinds of reasons that an entry can have, worst first."""

OUTCOMES = tuple(outcome for outcome in Outcome if outcome not in {Outcome.NOTE, Outcome.REOPEN})
"""The outcomes that a decision leaves on an entry."""

REFERRED = ("waiting",)
"""What can be asked of referrals: which are not dealt with yet."""

_DIGITS_MOST = 9
_LONGEST = {"author": 100, "text": 200, "person": 200, "account": 200, "platform": 40, "number": 20}


@dataclass(frozen=True, slots=True)
class LogFilters:
    """What part of the log to show; empty fields leave nothing out. Days are school days, both included."""

    date_from: date | None = None
    date_to: date | None = None
    platform: str = ""
    account_ids: frozenset[UUID] | None = None
    state: CaseState | None = None
    outcome: str = ""
    kind: str = ""
    origin: LogOrigin | None = None
    author: str = ""
    """Part of a name or handle."""
    person_id: UUID | None = None
    """Somebody of the school who did something about the entry."""
    not_dealt_with: frozenset[ReferTo] = frozenset()
    """Only what was referred to one of these and waits for them."""
    text: str = ""
    """Part of the text."""
    number: int | None = None
    """The number that headings and mails give the entry."""


EVERYTHING = LogFilters()
"""No filter at all."""


def parse(session: Session, values: Mapping[str, str], *, viewer: Person | None) -> LogFilters:
    """What a form or a command asks for, by the names in FIELDS; empty values leave nothing out.

    `account`: a handle or an id; `person`: an e-mail address, a name or an id. Raises BadInput that
    names the field and the value.
    """
    given = {name: storable(values.get(name, "")).strip() for name in FIELDS}
    for name, most in _LONGEST.items():
        if len(given[name]) > most:
            raise BadInput(
                f"“{given[name][:20]}…” has {len(given[name]):,} characters: at most {most} fit.", field=name
            )
    first, last = optional_days(given["from"], given["to"])
    return LogFilters(
        date_from=first,
        date_to=last,
        platform=_one_of(given["platform"], platforms(session, viewer=viewer), "platform"),
        account_ids=_accounts(session, given["account"]),
        state=_member(CaseState, given["state"], "state"),
        outcome=_one_of(given["outcome"], OUTCOMES, "outcome"),
        kind=_one_of(given["kind"], KINDS, "kind"),
        origin=_member(LogOrigin, given["origin"], "origin"),
        author=given["author"],
        person_id=_person(session, given["person"]),
        not_dealt_with=_waiting_for(given["referred"], viewer),
        text=given["text"],
        number=_number(given["number"]),
    )


def platforms(session: Session, *, viewer: Person | None) -> list[str]:
    """The platforms of the product, and what entries made by hand name besides."""
    own = [platform.value for platform in Platform]
    # As ranges between the known names, which an index answers; "not one of these" reads every entry.
    known = sorted(own)
    between = [sa.and_(LogCase.platform > one, LogCase.platform < other) for one, other in pairwise(known)]
    others = [LogCase.platform < known[0], *between, LogCase.platform > known[-1]]
    named = [sa.select(LogCase.platform).where(visible_to(viewer), other) for other in others]
    return own + sorted(session.scalars(sa.union(*named)))


def people(session: Session, viewer: Person | None) -> list[Person]:
    """Those of the school who ever did something about an entry that the viewer may see, by name."""
    # The first for each of a few dozen people: all events together would be read for "exists".
    acted = (
        sa.select(LogEvent.by_id)
        .join(LogCase, LogCase.entry_id == LogEvent.entry_id)
        .where(LogEvent.by_id == Person.id, visible_to(viewer))
        .limit(1)
        .scalar_subquery()
    )
    return list(session.scalars(sa.select(Person).where(acted.is_not(None)).order_by(Person.name)))


def conditions(filters: LogFilters) -> list[sa.ColumnElement[bool]]:
    """The filters over LogCase joined with LogEntry."""
    found: list[sa.ColumnElement[bool]] = []
    if filters.date_from is not None:
        found.append(LogCase.recorded_at >= midnight(filters.date_from))
    if filters.date_to is not None:
        found.append(LogCase.recorded_at < midnight(filters.date_to + timedelta(days=1)))
    if filters.platform:
        found.append(LogCase.platform == filters.platform)
    if filters.account_ids is not None:
        found.append(LogCase.account_id.in_(filters.account_ids))
    if filters.state is not None:
        found.append(LogCase.state == filters.state)
    if filters.outcome:
        found.append(LogCase.outcomes.contains(f",{filters.outcome},", autoescape=True))
    if filters.kind:
        found.append(LogCase.kinds.contains(f",{filters.kind},", autoescape=True))
    if filters.origin is not None:
        found.append(LogEntry.origin == filters.origin)
    if filters.author:
        # No index answers a part of a name: without a hit all entries are read, 40 ms for 50,000. One that
        # holds the names alone saved a quarter of that, and made a name that many share ten times slower.
        found.append(
            sa.or_(
                LogEntry.author_name.icontains(filters.author, autoescape=True),
                LogEntry.author_handle.icontains(filters.author.lstrip("@"), autoescape=True),
            )
        )
    if filters.person_id is not None:
        theirs = sa.select(LogEvent.entry_id).where(
            LogEvent.entry_id == LogCase.entry_id, LogEvent.by_id == filters.person_id
        )
        found.append(theirs.exists())
    if filters.not_dealt_with:
        found.append(referrals.waiting(filters.not_dealt_with))
    if filters.text:
        found.append(LogEntry.text.icontains(filters.text, autoescape=True))
    if filters.number is not None:
        found.append(LogEntry.number == filters.number)
    return found


def _number(text: str) -> int | None:
    """As headings and mails write it, "40189" or "Entry 40189"; also "40,189"."""
    if not text:
        return None
    digits = text.casefold().removeprefix("entry").strip().replace(",", "")
    if not (digits.isascii() and digits.isdigit()):
        raise BadInput(
            f"“{text}” is no number of an entry: write the number alone, such as 40189.", field="number"
        )
    # No entry can have a longer one, and no database can look for it: that answers like any that isn't there.
    return int(digits) if len(digits) <= _DIGITS_MOST else 0


def _one_of(text: str, known: Iterable[str], field: str) -> str:
    values = [str(value) for value in known]
    if text and text not in values:
        raise BadInput(f"There is no {field} “{text[:40]}”. Choose one of: {', '.join(values)}.", field=field)
    return text


def _member(kind: type[E], text: str, field: str) -> E | None:
    return kind(_one_of(text, kind, field)) if text else None


def _accounts(session: Session, text: str) -> frozenset[UUID] | None:
    if not text:
        return None
    wanted = text.lstrip("@").casefold()
    rows = session.execute(sa.select(Account.id, Account.handle).order_by(Account.handle)).all()
    found = frozenset(row.id for row in rows if wanted in {row.handle.casefold(), str(row.id)})
    if not found:
        known = ", ".join(dict.fromkeys(row.handle for row in rows)) or "none is connected yet"
        raise BadInput(f"There is no account “{text[:40]}”. There are: {known}.", field="account")
    return found


def _person(session: Session, text: str) -> UUID | None:
    if not text:
        return None
    wanted = text.casefold()
    rows = session.execute(sa.select(Person.id, Person.name, Person.email)).all()
    found: list[UUID] = [
        row.id for row in rows if wanted in {str(row.id), row.email.casefold(), row.name.casefold()}
    ]
    if not found:
        raise BadInput(
            f"Nobody of the school is “{text[:40]}”: give the name or the e-mail address.", field="person"
        )
    if len(found) > 1:
        raise BadInput(f"“{text[:40]}” is the name of several: give the e-mail address.", field="person")
    return found[0]


def _waiting_for(text: str, viewer: Person | None) -> frozenset[ReferTo]:
    """Those who receive referrals look for their own, everybody else for all."""
    if not _one_of(text, REFERRED, "referred"):
        return frozenset()
    theirs = referrals.received_by(viewer) if viewer else frozenset[ReferTo]()
    return theirs or frozenset(referrals.ROLES)


__all__ = [
    "EVERYTHING",
    "FIELDS",
    "KINDS",
    "OUTCOMES",
    "REFERRED",
    "LogFilters",
    "conditions",
    "parse",
    "people",
    "platforms",
]
