"""Holding what somebody kept outside, a mail or a printed line, against today's trail and log (P17)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from email import message_from_bytes
from email.policy import default
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from moderation import anchors
from moderation.models import LogEvent
from school import audit
from school.errors import BadInput
from school.models import AuditEntry, ChainAnchor
from school.times import say_date

LONGEST = 2_000_000
"""Bytes of a file with anchors: many saved mails."""
_LINE = re.compile(
    r"schoolgate\s+anchor\s+(\d{4}-\d{2}-\d{2})\s+(trail|log)\s+(?:(\d{1,9})\s+)?([0-9a-f](?:\s*[0-9a-f]){63})\b"
)
_HASH = re.compile(r"[0-9a-f]{64}")
_NAMES = {anchors.TRAIL: ("trail", "entry"), anchors.LOG: ("SLT log", "event")}
_HASHES = {
    anchors.TRAIL: (AuditEntry.seq, AuditEntry.hash),
    anchors.LOG: (LogEvent.seq, LogEvent.hash),
}


@dataclass(frozen=True, slots=True)
class Kept:
    """One head of a chain, as somebody kept it outside."""

    day: date | None
    which: str
    """anchors.TRAIL or anchors.LOG."""
    count: int | None
    """None: the line doesn't say it; the fingerprint alone tells which entry is meant."""
    head: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether today's chain still contains what was kept, in words. `first_bad`: where not, if known."""

    kept: Kept
    holds: bool
    first_bad: int | None
    words: str


def read(session: Session, data: bytes) -> list[Kept]:
    """The heads in a saved mail, a pasted text, or a hash alone, which is looked for in both chains.

    Raises BadInput where there is none, or where a hash alone is in neither chain any more.
    """
    if len(data) > LONGEST:
        raise BadInput("This is too large for an anchor: give the e-mail alone.", field="anchor")
    text = _text(data)
    found = [
        Kept(_day(day), which, int(count) if count else None, "".join(head.split()))
        for day, which, count, head in _LINE.findall(text)
    ]
    if found:
        return list(dict.fromkeys(found))
    plain = "".join(text.lower().split())
    if not _HASH.fullmatch(plain):
        raise BadInput(
            "There is no anchor in this. Give the saved e-mail, the line in it that begins with “schoolgate "
            "anchor”, or the 64 letters and digits at that line's end.",
            field="anchor",
        )
    for which, (number, hashes) in _HASHES.items():
        count = session.scalar(sa.select(number).where(hashes == plain))
        if count is not None:
            return [Kept(None, which, count, plain)]
    raise BadInput(
        "Neither the trail nor the SLT log has this fingerprint any more: either it was copied wrongly, or "
        "what it belonged to was changed or removed. The whole line of the e-mail says which number it had.",
        field="anchor",
    )


def _text(data: bytes) -> str:
    text = data.decode("utf-8", "replace")
    if not re.match(r"(?:>?From |[A-Za-z-]+:)", text):
        return text
    # A saved mail may be in base64, or have its lines broken.
    message = message_from_bytes(data, policy=default)
    parts = [part for part in message.walk() if part.get_content_type() == "text/plain"]
    return "\n".join([*(str(part.get_content()) for part in parts), text])


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def check(
    session: Session, kept: Sequence[Kept], *, trail: audit.Flaw | None, log: audit.Flaw | None
) -> list[Verdict]:
    """For each head, whether today's chain still contains it, with everything before it unaltered.

    `trail` and `log`: what a look at each chain just before has found, which takes seconds in an old school.
    """
    flaws = {anchors.TRAIL: trail, anchors.LOG: log}
    return [_verdict(session, one, flaws[one.which]) for one in kept]


def _verdict(session: Session, kept: Kept, flaw: audit.Flaw | None) -> Verdict:
    name, unit = _NAMES[kept.which]
    numbers, hashes = _HASHES[kept.which]
    then = f" on {say_date(kept.day)}" if kept.day else " on the anchor's day"
    if kept.count is None:
        return _without_number(session, kept, flaw, then)
    head = session.scalar(sa.select(hashes).where(numbers == kept.count)) if kept.count else audit.FIRST
    if flaw is not None and flaw.number <= kept.count:
        said = f"The {name} was altered: the first {unit} that doesn't fit is {flaw.number}: {flaw.why}."
        return Verdict(kept, False, flaw.number, said)
    if head == kept.head:
        said = f"The {name} still begins with exactly what it was{then}, up to number {kept.count}."
        return Verdict(kept, True, None, said)
    last = session.scalar(sa.select(sa.func.max(numbers))) or 0
    if head is None:
        said = (
            f"The {name} was cut off: it ends with number {last}, and numbers {last + 1} to {kept.count}, "
            f"which were there{then}, are missing. (So it is after restoring an older backup, too; then the "
            "trail says when that was.)"
        )
        return Verdict(kept, False, last + 1, said)
    good = _good_before(session, kept, kept.count)
    said = (
        f"The {name} was made anew: number {kept.count} isn't the {unit} that it was{then}, though all "
        f"hashes fit. The first altered {unit} is number {good + 1} or a later one, up to {kept.count}."
    )
    return Verdict(kept, False, good + 1, said)


def _without_number(session: Session, kept: Kept, flaw: audit.Flaw | None, then: str) -> Verdict:
    """By the fingerprint alone, in words from which no number follows."""
    name, _unit = _NAMES[kept.which]
    numbers, hashes = _HASHES[kept.which]
    found = session.scalar(sa.select(numbers).where(hashes == kept.head))
    if found is not None and (flaw is None or flaw.number > found):
        return Verdict(kept, True, None, f"The {name} still begins with exactly what it was{then}.")
    said = (
        f"The {name} no longer begins with what it was{then}: it was altered or cut off, or this was copied "
        "wrongly."
    )
    return Verdict(kept, False, None, said)


def _good_before(session: Session, kept: Kept, count_kept: int) -> int:
    """Up to which number the school's own anchors confirm the chain, if nobody changed those too."""
    numbers, hashes = _HASHES[kept.which]
    count, head = (
        (ChainAnchor.trail_count, ChainAnchor.trail_hash)
        if kept.which == anchors.TRAIL
        else (ChainAnchor.log_count, ChainAnchor.log_hash)
    )
    same: Any = sa.and_(numbers == count, hashes == head)
    query = sa.select(sa.func.max(count)).select_from(ChainAnchor).join(numbers.class_, same)
    return session.scalar(query.where(count < count_kept)) or 0
