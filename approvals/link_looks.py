"""What stands behind a draft's links, so that nobody approves a link that leads nowhere (P14).

with transaction() as session:
    claim = link_looks.claim(session, lease=lease, now=now())
found = link_looks.look(claim)              # no transaction is open meanwhile
with transaction() as session:
    link_looks.record(session, claim, found, now=now())
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, undefer

from approvals.checks import link_problem
from approvals.content import shown_on
from approvals.models import Draft, DraftRevision, LinkLook, LinkState
from approvals.states import DraftState
from connectors import drawn_anew, feeds, page_heads, public_web
from connectors.base import Platform
from connectors.public_web import NoAnswer, NoNames, NoSuchName, Reach, Refused
from school import leases, secrets
from school.db import insert_if_missing, new_id
from school.errors import BadInput, NotFound
from school.settings import settings

S = LinkState
FRESH = timedelta(days=1)
"""So long what was found counts."""
LINKS_MOST = 5
"""Of one draft that are looked at."""
WAITING_MOST = 200
"""Addresses that wait at once: more than a school writes in a day."""
ATTEMPTS_MAX = 3
_FIRST_WAIT = timedelta(seconds=10)
_PAGES = frozenset({"text/html", "application/xhtml+xml"})
_PICTURES = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"})
PAGE_MOST = 1024 * 1024
PICTURE_MOST = 4 * 1024 * 1024
PIXELS_MAX = 20_000_000
PICTURE_SIDES = (600, 400)
_GONE = frozenset({404, 410})
_NOT_LET_IN = frozenset({401, 403, 405, 406, 429, 451})
_KINDS = {"application/pdf": "a PDF", "image": "a picture", "video": "a video", "audio": "a sound"}


@dataclass(frozen=True, slots=True)
class LinkClaim:
    """An address that this worker alone looks at until its lease ends."""

    id: UUID
    address: str = field(repr=False)
    lease_until: datetime
    attempts: int = 1
    """With this one."""


@dataclass(frozen=True, slots=True)
class Found:
    """What came of a look."""

    state: LinkState
    problem: str = ""
    leads_to: str = ""
    title: str = ""
    description: str = ""
    picture: bytes = field(default=b"", repr=False)
    again: bool = False
    """It may be otherwise in a moment."""


@dataclass(frozen=True, slots=True)
class LinkPreview:
    """One link of a draft as people are told of it."""

    address: str
    look_id: UUID | None
    state: LinkState | None
    """None: nobody has looked yet."""
    title: str = ""
    description: str = ""
    has_picture: bool = False
    sentence: str = ""
    """What is to be said of it; empty where all is well."""

    @property
    def site(self) -> str:
        """The site as a card names it."""
        return (urlsplit(self.address).hostname or self.address).removeprefix("www.")

    @property
    def waits(self) -> bool:
        """Whether somebody is about to look."""
        return self.state is S.ASKED

    @property
    def alarming(self) -> bool:
        """Whether the author should do something about it."""
        return self.state is S.DEAD


def addresses(revision: DraftRevision) -> list[str]:
    """The web addresses in what a revision shows on its accounts, the link first; at most `LINKS_MOST`."""
    texts = [
        shown_on(revision, entry.account_id, Platform(entry.account.platform)) for entry in revision.accounts
    ]
    found = [revision.link, *(one for text in texts or [revision.text] for one in feeds.links(text))]
    return [one for one in dict.fromkeys(found) if one and not link_problem(one)][:LINKS_MOST]


def ask(session: Session, wanted: Iterable[str], *, now: datetime) -> bool:
    """Have these addresses looked at, unless what is known of them is fresh; whether one waits now.

    Nothing is asked for where the school has switched that off.
    """
    if not settings().link_previews:
        return False
    waits = False
    # In one order: two who ask for the same ones at once must not each wait for the other.
    for address in sorted(set(wanted)):
        row = _row(session, address)
        if row is None:
            if session.scalar(_count_waiting()) >= WAITING_MOST:  # type: ignore[operator]
                continue
            insert_if_missing(
                session, LinkLook, id=new_id(), address_hash=_hash(address), address=address, state=S.ASKED,
                asked_at=now, next_try_at=now, attempts=0, problem="", leads_to="", title="", description="",
                has_picture=False,
            )  # fmt: skip
            waits = True
        elif row.state is S.ASKED:
            waits = True
        elif not _fresh(row, now):
            row.state, row.asked_at, row.next_try_at, row.attempts = S.ASKED, now, now, 0
            waits = True
    return waits


def ask_for_waiting(session: Session, *, now: datetime) -> bool:
    """Have the links looked at again of the drafts that wait for a decision; whether one waits now."""
    if not settings().link_previews:
        return False
    revisions = session.scalars(
        sa.select(DraftRevision)
        .join(
            Draft, sa.and_(Draft.id == DraftRevision.draft_id, Draft.revision_number == DraftRevision.number)
        )
        .where(Draft.state == DraftState.SUBMITTED)
        .limit(WAITING_MOST)
    ).all()
    return ask(session, (one for revision in revisions for one in addresses(revision)), now=now)


def claim(session: Session, *, lease: timedelta, now: datetime) -> LinkClaim | None:
    """The next address to look at, for this worker alone; None when none is."""
    due = LinkLook.state == S.ASKED, LinkLook.next_try_at <= now
    row = leases.take(session, LinkLook, *due, first=LinkLook.next_try_at, lease=lease, now=now)
    if row is None:
        return None
    return LinkClaim(row.id, row.address, now + lease, row.attempts)


def look(claim: LinkClaim, *, reach: Reach | None = None) -> Found:
    """Look at what stands there. Never raises for what a server can answer.

    `reach`: how far it may lead; as it stands, to the public web alone.
    """
    if claim.attempts > ATTEMPTS_MAX:
        # No answer stands in the way: whoever opened it was ended each time.
        return Found(S.UNSURE, "each time it was looked at, the work on it was broken off")
    try:
        answer = public_web.fetch(claim.address, kinds=_PAGES, most=PAGE_MOST, cut=True, reach=reach)
    except Refused as error:
        return Found(S.UNSURE, str(error))
    except NoSuchName:
        host = urlsplit(claim.address).hostname or ""
        return Found(S.DEAD, f"there is no site called {host}: look for a slip in it")
    except NoNames:
        return Found(S.UNSURE, "this server finds no sites outside the school at the moment", again=True)
    except NoAnswer as error:
        if "encrypted" in error.reason:
            return Found(S.UNSURE, "its site can’t prove who it is, so browsers will warn of it")
        return Found(S.UNSURE, f"its site gave none of its pages: {error.reason}", again=True)
    if answer.status in _GONE:
        return Found(S.DEAD, f"its site says that there is no such page (status {answer.status})")
    if answer.status in _NOT_LET_IN:
        return Found(S.UNSURE, f"its site shows the page to people only (status {answer.status})")
    if answer.status != 200:
        problem = f"its site answered with an error (status {answer.status})"
        return Found(S.UNSURE, problem, again=answer.status >= 500)
    leads_to = _other_site(claim.address, answer.address)
    if answer.content_type not in _PAGES:
        kind = _KINDS.get(answer.content_type) or _KINDS.get(answer.content_type.partition("/")[0], "a file")
        return Found(S.OTHER, leads_to=leads_to, title=f"Opens {kind}")
    head = page_heads.read(answer.body, content_type=answer.content_type_whole, address=answer.address)
    return Found(
        S.PAGE,
        leads_to=leads_to,
        title=head.title,
        description=head.description,
        picture=_picture(head.picture, reach) if head.picture else b"",
    )


def record(session: Session, claim: LinkClaim, found: Found, *, now: datetime) -> bool:
    """Keep what was found; False where the address isn't this worker's any more."""
    row = session.get(LinkLook, claim.id, with_for_update=True, populate_existing=True)
    if row is None or row.state is not S.ASKED or row.lease_until != claim.lease_until:
        return False
    row.lease_until = None
    if found.again and row.attempts < ATTEMPTS_MAX:
        row.next_try_at = now + _FIRST_WAIT * 2**row.attempts
        return True
    row.state, row.looked_at, row.problem, row.leads_to = found.state, now, found.problem, found.leads_to
    row.title, row.description = found.title, found.description
    row.has_picture = bool(found.picture)
    row.picture = secrets.encrypt(found.picture) if found.picture else None
    return True


def previews(session: Session, revision: DraftRevision) -> tuple[LinkPreview, ...]:
    """Each link of a revision, saved or not, with what is known of it."""
    found = addresses(revision)
    if not found:
        return ()
    hashes = {_hash(address): address for address in found}
    rows = {
        hashes[row.address_hash]: row
        for row in session.scalars(sa.select(LinkLook).where(LinkLook.address_hash.in_(hashes)))
    }
    return tuple(_preview(address, rows.get(address)) for address in found)


def _preview(address: str, row: LinkLook | None) -> LinkPreview:
    if row is None:
        return LinkPreview(address, None, None)
    if row.state is S.ASKED:
        return LinkPreview(address, None, S.ASKED)
    sentence = ""
    if row.state is S.DEAD:
        sentence = f"The link {address} leads nowhere: {row.problem}."
    elif row.state is S.UNSURE:
        sentence = f"The link {address} could not be looked at: {row.problem}. Open it yourself."
    elif row.leads_to:
        sentence = f"The link {address} leads on to {row.leads_to}."
    return LinkPreview(address, row.id, row.state, row.title, row.description, row.has_picture, sentence)


def picture(session: Session, look_id: UUID | None) -> bytes:
    """The picture of a page, as JPEG. Raises NotFound, also where it can't be read any more."""
    row = session.get(LinkLook, look_id, options=(undefer(LinkLook.picture),)) if look_id else None
    if row is not None and row.picture is not None:
        # Sealed with a key that is lost, it is as if the page had none.
        with suppress(secrets.KeyMissing):
            return secrets.decrypt(row.picture)
    raise NotFound("There is no such picture.")


def _row(session: Session, address: str) -> LinkLook | None:
    return session.scalar(
        sa.select(LinkLook).where(LinkLook.address_hash == _hash(address)).with_for_update()
    )


def _count_waiting() -> sa.Select[int]:
    return sa.select(sa.func.count()).select_from(LinkLook).where(LinkLook.state == S.ASKED)


def _fresh(row: LinkLook, now: datetime) -> bool:
    return row.looked_at is not None and now - row.looked_at < FRESH


def _hash(address: str) -> str:
    return hashlib.sha256(address.encode("utf-8", "replace")).hexdigest()


def _other_site(asked: str, ended: str) -> str:
    before, after = ((urlsplit(one).hostname or "").removeprefix("www.") for one in (asked, ended))
    return "" if before == after else after


def _picture(address: str, reach: Reach | None) -> bytes:
    """A page's picture drawn anew and small; nothing where it can't be had: the card does without."""
    with suppress(Refused, NoSuchName, NoNames, NoAnswer, BadInput):
        answer = public_web.fetch(address, kinds=_PICTURES, most=PICTURE_MOST, reach=reach)
        return drawn_anew.jpeg(answer.body, pixels_max=PIXELS_MAX, quality=80, within=PICTURE_SIDES)
    return b""
