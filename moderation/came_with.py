"""Pictures that came with a comment: fetched only when a person asks for one, as evidence (P17, P22).

No picture of a comment is fetched by itself: it may be anything. Whoever asks has looked at it on the
platform and says that it is no indecent picture of a child, which nobody may copy, not even as evidence.

with transaction() as session:
    claim = came_with.claim(session, lease=lease, now=now())
found = came_with.fetch(claim, own=own, timeout=seconds)   # no transaction is open meanwhile
with transaction() as session:
    came_with.record(session, claim, found, now=now())
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from connectors import drawn_anew, media
from connectors.base import Platform
from connectors.errors import ConnectorError, ConnectorUnavailable
from moderation import chain, review
from moderation.models import CameWith, CameWithState, EventKind, LogEntry
from moderation.moves import CAME_WITH_MOVES, check
from school import audit, leases, secrets
from school.errors import BadInput, NotFound
from school.models import Account, Person
from school.permissions import Action, require

S = CameWithState
WARNING = (
    "Look at it on the platform first. If it is, or may be, an indecent picture of anybody under 18, it must "
    "never be copied, saved, printed or sent on, not even as evidence: leave it where it is, tell the "
    "designated safeguarding lead at once, and let the police deal with it."
)
PIXELS_MAX = 50_000_000
_ATTEMPTS_MAX = 5
_FIRST_WAIT = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class PictureClaim:
    """A picture that this worker alone fetches until its lease ends."""

    id: UUID
    platform: Platform
    practice: bool
    address: str = field(repr=False)
    lease_until: datetime
    attempts: int = 1
    """With this one."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came of it: a clean copy, or a sentence why there is none."""

    data: bytes = field(default=b"", repr=False)
    original_sha256: str = ""
    """Of the file as the platform gave it, which isn't kept."""
    problem: str = ""
    again: bool = False


def ask(
    session: Session, entry_id: UUID, place: int, *, no_indecent_picture: bool, by: Person, now: datetime
) -> CameWith:
    """Ask for one picture of an entry to be kept. Asked twice is once; one that failed is tried anew.

    Raises NotPermitted, NotFound where there is no such picture that the person may see, BadInput without
    the tick.
    """
    require(by, Action.KEEP_PICTURES)
    chain.lock(session)
    review.get_case(session, entry_id, viewer=by)
    entry = session.get_one(LogEntry, entry_id)
    if not 1 <= place <= len(entry.attachment_urls):
        raise NotFound("This entry has no such picture.")
    if not no_indecent_picture:
        raise BadInput(
            "Tick that you looked at the picture, and what it is not.", field="no_indecent_picture"
        )
    row = session.scalar(
        sa.select(CameWith).where(CameWith.entry_id == entry_id, CameWith.place == place).with_for_update()
    )
    if row is None:
        row = CameWith(entry_id=entry_id, place=place, sha256="")
        session.add(row)
    elif row.state is not S.FAILED:
        return row
    else:
        check(CAME_WITH_MOVES, row.state, S.REQUESTED, "picture")
    row.state, row.requested_at, row.requested_by_id, row.next_try_at = S.REQUESTED, now, by.id, now
    row.attempts, row.answer, row.lease_until, row.finished_at = 0, "", None, None
    chain.append(
        session,
        entry_id,
        EventKind.NOTE,
        by=by,
        detail={
            "note": f"Asked for picture {place} of the comment to be kept, having looked at it: it is no "
            "indecent picture of a child."
        },
        now=now,
    )
    audit.record(
        session, by=by, action="picture_asked_for", object_kind="log_entry", object_id=entry_id,
        detail={"place": place}, now=now,
    )  # fmt: skip
    return row


def claim(session: Session, *, lease: timedelta, now: datetime) -> PictureClaim | None:
    """The next picture that is due, for this worker alone; None when none is."""
    due = CameWith.state == S.REQUESTED, CameWith.next_try_at <= now
    row = leases.take(session, CameWith, *due, first=CameWith.next_try_at, lease=lease, now=now)
    if row is None:
        return None
    entry = session.get_one(LogEntry, row.entry_id)
    account = session.get(Account, entry.account_id) if entry.account_id else None
    # An entry that was erased meanwhile has no addresses any more.
    address = entry.attachment_urls[row.place - 1] if row.place <= len(entry.attachment_urls) else ""
    return PictureClaim(
        id=row.id,
        platform=Platform(entry.platform),
        practice=account is not None and account.practice,
        address=address,
        lease_until=now + lease,
        attempts=row.attempts,
    )


def fetch(claim: PictureClaim, *, own: str, timeout: float) -> Fetched:
    """Fetch it and make a clean copy. Never raises for what a server can answer.

    `own`: the address of the practice platform or of whatever stands in for the platform; empty: the
    platform's own servers.
    """
    if claim.attempts > _ATTEMPTS_MAX:
        # No answer stands in the way, so it is the file: whoever opened it was ended each time.
        return Fetched(problem="Each time it was fetched, the work on it was broken off.")
    try:
        data = media.picture(claim.address, claim.platform, own=own, timeout=timeout)
    except ConnectorUnavailable as error:
        return Fetched(problem=error.detail, again=True)
    except ConnectorError as error:
        return Fetched(problem=error.detail)
    try:
        clean = drawn_anew.jpeg(data, pixels_max=PIXELS_MAX, quality=90)
        return Fetched(clean, hashlib.sha256(data).hexdigest())
    except BadInput as error:
        return Fetched(problem=str(error))


def record(session: Session, claim: PictureClaim, found: Fetched, *, now: datetime) -> bool:
    """Keep what came of it, and its hash in the log's chain; False where it isn't this worker's any more."""
    chain.lock(session)
    row = session.get(CameWith, claim.id, with_for_update=True, populate_existing=True)
    if row is None or row.state is not S.REQUESTED or row.lease_until != claim.lease_until:
        return False
    row.lease_until = None
    if found.again and row.attempts < _ATTEMPTS_MAX:
        row.next_try_at, row.answer = now + _FIRST_WAIT * 2**row.attempts, found.problem
        return True
    to = S.KEPT if found.data else S.FAILED
    check(CAME_WITH_MOVES, row.state, to, "picture")
    row.state, row.answer, row.finished_at = to, found.problem, now
    what: Mapping[str, object] = {"note": f"Picture {row.place} can’t be kept: {found.problem}"}
    kind = EventKind.NOTE
    if found.data:
        row.sealed, row.sha256 = secrets.encrypt(found.data), hashlib.sha256(found.data).hexdigest()
        kind = EventKind.ISSUED
        what = {
            "kind": "picture",
            "place": row.place,
            "sha256": row.sha256,
            "as_it_came": found.original_sha256,
            "bytes": len(found.data),
        }
    chain.append(session, row.entry_id, kind, by=None, detail=what, now=now)
    return True


def of_entry(session: Session, entry: LogEntry) -> list[tuple[str, CameWith | None]]:
    """Every address that came with the comment, with what became of its picture where somebody asked."""
    rows = session.scalars(sa.select(CameWith).where(CameWith.entry_id == entry.id))
    asked = {row.place: row for row in rows}
    return [(address, asked.get(place)) for place, address in enumerate(entry.attachment_urls, start=1)]


def kept(session: Session, entry_id: UUID) -> list[CameWith]:
    """The pictures of an entry that are kept, in order."""
    return list(
        session.scalars(
            sa.select(CameWith)
            .where(CameWith.entry_id == entry_id, CameWith.state == S.KEPT)
            .order_by(CameWith.place)
        )
    )


def data(session: Session, entry_id: UUID, place: int, *, viewer: Person) -> bytes:
    """One kept picture. Raises NotPermitted, NotFound, also where it isn't what the chain vouches for."""
    require(viewer, Action.MAKE_EVIDENCE)
    review.get_case(session, entry_id, viewer=viewer)
    row = next((one for one in kept(session, entry_id) if one.place == place), None)
    if row is None:
        raise NotFound("No such picture is kept.")
    return opened(row)


def opened(row: CameWith) -> bytes:
    """A kept picture's bytes. Raises NotFound where they were changed since, KeyMissing."""
    if row.sealed is None:
        raise NotFound("No such picture is kept.")
    found = secrets.decrypt(row.sealed)
    if hashlib.sha256(found).hexdigest() != row.sha256:
        raise NotFound("This picture was changed since it was kept: run schoolgate audit verify.")
    return found
