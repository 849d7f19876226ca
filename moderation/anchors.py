"""Anchors: how far trail and SLT log had come, told each day to somebody outside the server (P17).

Whoever can change every copy of the database can make both chains anew, hash by hash. They can't change a
mail that the chair of governors has. The trail's entry that each anchor leaves seals the log's head too, so
that the trail's line alone proves both.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from moderation import chain
from moderation.models import LogEvent
from moderation.sight import may_count_all
from school import audit, mail, people
from school.audit import FIRST, Flaw
from school.models import AuditEntry, ChainAnchor, Person, Role
from school.times import say, say_date, today

ACTION = "chain_anchored"
TRAIL, LOG = "trail", "log"
ALTERED = (
    "The school's records were altered. The data protection officer can see where, under Trail; so can "
    "whoever runs the server, by schoolgate audit verify."
)
_NOT_INDEPENDENT = frozenset({Role.HEADTEACHER, Role.NETWORK_MANAGER})


def keepers(session: Session) -> list[Person]:
    """Who gets the anchors: the chairs of governors who neither head the school nor run its server.

    Where there is none, the headteacher and the data protection officer: not one person alone.
    """
    return independent(session) or people.holders(session, Role.HEADTEACHER, Role.DPO)


def independent(session: Session) -> list[Person]:
    """The chairs of governors who neither head the school nor run its server; empty where none is entered."""
    return [one for one in people.holders(session, Role.CHAIR) if not one.roles & _NOT_INDEPENDENT]


def is_due(session: Session, *, now: datetime) -> bool:
    """Whether this day has no anchor yet. A school begins with the day after it was set up."""
    day = today(now)
    began = session.scalar(sa.select(AuditEntry.at).where(AuditEntry.seq == 1))
    return began is not None and today(began) < day and session.get(ChainAnchor, day) is None


def make(session: Session, *, flaws: Sequence[str] = (), url: str, now: datetime) -> ChainAnchor | None:
    """Write down how far both chains have come and queue the mail that says so; None where that is done.

    `flaws`: what a look at the chains just before has found, for the mail. It holds numbers, times and
    hashes, and nothing of what trail or log say.
    """
    # First, as everybody who writes both; and two schedulers at once make one anchor.
    chain.lock(session)
    if not is_due(session, now=now):
        return None
    day, moment = today(now), now.astimezone(UTC)
    told = keepers(session)
    last = session.execute(
        sa.select(LogEvent.seq, LogEvent.hash).order_by(LogEvent.seq.desc()).limit(1)
    ).first()
    count, head = (last.seq, last.hash) if last else (0, FIRST)
    nonce, sent_to = secrets.token_hex(32), [str(one.id) for one in told]
    entry = audit.record(
        session,
        by=None,
        action=ACTION,
        object_kind="chain",
        object_id=day.isoformat(),
        detail={"seal": _seal(day, count, head, nonce), "sent_to": sent_to},
        now=moment,
    )
    anchor = ChainAnchor(
        day=day,
        made_at=moment,
        trail_count=entry.seq,
        trail_hash=entry.hash,
        log_count=count,
        log_hash=head,
        nonce=nonce,
        sent_to=sent_to,
    )
    session.add(anchor)
    outside = {one.id for one in independent(session)}
    for one in told:
        _tell(session, one, anchor, outside=one.id in outside, flaws=flaws, url=url, now=now)
    return anchor


def line(day: date, which: str, count: int | None, head: str) -> str:
    """How an anchor is written, in mails and on paper; `schoolgate audit verify --anchor` reads it.

    `count` None: without how many entries there were; the fingerprint says which was the last.
    """
    return " ".join(
        ["schoolgate anchor", day.isoformat(), which, *([str(count)] if count is not None else []), head]
    )


def lines(anchor: ChainAnchor, *, numbered: bool, with_log: bool) -> list[str]:
    """An anchor as it is written. `with_log` False for whoever must not see whether the log grew (P3).

    `numbered` False for whoever must not see how many entries the trail had: more than they read there.
    """
    count = anchor.trail_count if numbered else None
    found = [line(anchor.day, TRAIL, count, anchor.trail_hash)]
    return [*found, line(anchor.day, LOG, anchor.log_count, anchor.log_hash)] if with_log else found


def newest(session: Session, limit: int) -> list[ChainAnchor]:
    """The anchors, newest first."""
    return list(session.scalars(sa.select(ChainAnchor).order_by(ChainAnchor.day.desc()).limit(limit)))


def examine(session: Session) -> Flaw | None:
    """The first anchor that the trail doesn't confirm, by the number of the trail's entry; None: all hold.

    To be asked together with `audit.examine`: this one says whether table and trail agree.
    """
    # SQLite takes any value: what can't even be read was changed.
    try:
        kept = {one.trail_count: one for one in _kept(session)}
    except (ValueError, TypeError, LookupError):
        return Flaw(0, "the table of anchors holds something that Schoolgate never writes: it was changed")
    entries = session.execute(
        sa.select(AuditEntry.seq, AuditEntry.at, AuditEntry.hash, AuditEntry.detail, AuditEntry.object_id)
        .where(AuditEntry.action == ACTION)
        .order_by(AuditEntry.seq)
    ).all()
    for entry in entries:
        anchor = kept.pop(entry.seq, None)
        if anchor is None:
            return Flaw(entry.seq, f"the anchor of {entry.object_id} is missing from the table of anchors")
        if not _confirmed(anchor, entry):
            return Flaw(entry.seq, f"the anchor of {entry.object_id} and the trail differ: one was changed")
        head = session.scalar(sa.select(LogEvent.hash).where(LogEvent.seq == anchor.log_count))
        if (head or FIRST) != anchor.log_hash or (head is None) != (anchor.log_count == 0):
            return Flaw(entry.seq, f"the SLT log isn't what it was on {entry.object_id}: it was made anew")
    for seq, anchor in sorted(kept.items()):
        return Flaw(seq, f"the anchor of {anchor.day} was put in or moved: the trail has none at that number")
    return None


def _kept(session: Session) -> Sequence[Any]:
    columns = ChainAnchor.__table__.c
    stored = sa.select(*columns, audit.raw(ChainAnchor.sent_to, "raw_sent_to"))
    return session.execute(stored.order_by(columns.trail_count)).all()


def _confirmed(anchor: Any, entry: Any) -> bool:
    said = {
        "seal": _seal(anchor.day, anchor.log_count, anchor.log_hash, anchor.nonce),
        "sent_to": anchor.sent_to,
    }
    return bool(
        anchor.trail_hash == entry.hash
        and anchor.made_at == entry.at
        and anchor.day.isoformat() == entry.object_id
        and said == entry.detail
        and audit.as_written(anchor.raw_sent_to, anchor.sent_to)
    )


def _seal(day: date, count: int, head: str, nonce: str) -> str:
    body = json.dumps([day.isoformat(), count, head, nonce], separators=(",", ":"))
    return hashlib.sha256(body.encode()).hexdigest()


def _tell(
    session: Session,
    to: Person,
    anchor: ChainAnchor,
    *,
    outside: bool,
    flaws: Iterable[str],
    url: str,
    now: datetime,
) -> None:
    found, numbered = list(flaws), may_count_all(to)
    day = say_date(anchor.day)
    said = [
        *(f"WARNING. {flaw}" for flaw in (found if numbered else _without_numbers(found))),
        "Keep this e-mail: it proves later that nobody changed the school's records of what was done before "
        f"{say(anchor.made_at)}. Nothing needs to be done with it now.",
    ]
    if numbered:
        said.append(f"The trail had {anchor.trail_count:,} entries.")
    if outside:
        said.append(f"The log of the senior leadership team had {anchor.log_count:,} events.")
    else:
        said.append(
            "It comes to you because no chair of governors is entered who could keep it. Enter one under "
            "People: whoever keeps it should neither head the school nor run its server."
        )
    said += lines(anchor, numbered=numbered, with_log=outside)
    said.append(
        "To check, paste the lines that begin with “schoolgate anchor” into the page below, or on the server "
        "run: schoolgate audit verify --anchor FILE, with this e-mail saved as the file."
    )
    mail.queue_plain(
        session,
        to=to,
        subject=f"{'The records were ALTERED: proof' if found else 'Proof'} of the records of {day}",
        lines=said,
        link=f"{url}/audit/anchors",
        purpose="chain_anchor",
        now=now,
    )


def _without_numbers(flaws: Sequence[str]) -> list[str]:
    """What is said of altered records to whoever must not learn how many there are (P3)."""
    return [ALTERED] if flaws else []


def sent_to(session: Session, anchor: ChainAnchor) -> list[str]:
    """The names of the people whom an anchor was mailed to."""
    found = [session.get(Person, UUID(one)) for one in anchor.sent_to]
    return [one.name for one in found if one is not None]
