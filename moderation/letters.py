"""Letters about an entry of the log: written from a template, previewed, issued as a PDF (P20, P22)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, undefer

from moderation import chain, letter_templates, review, words
from moderation.issuing import issue
from moderation.models import Author, Comment, Letter, LogEntry, LogEvent, Meeting, Referral
from school import consent, documents, letterhead
from school.db import storable
from school.errors import BadInput, NotFound
from school.models import DocumentKind, Person, Role, School
from school.paper import Letterhead, Paper
from school.permissions import Action, require
from school.times import say_date, say_full_date, today

READER_MAX = 120
ADDRESS_MAX = 300
_TELLING = 20
"""So many letters of a reason or note in a row are no coincidence."""

SIGNING_AS = (
    (Role.HEADTEACHER, "Headteacher"),
    (Role.CHAIR, "Chair of governors"),
    (Role.SLT, "Senior leadership team"),
    (Role.DSL, "Designated safeguarding lead"),
)


@dataclass(frozen=True, slots=True)
class Draft:
    """A letter as somebody is writing it; `body` may hold placeholders."""

    template: str
    """Key of the template that it was begun from."""
    reader: str
    address: str
    body: str = field(repr=False)
    names_checked: bool = False
    """The writer says that the reader may read the names in it."""


@dataclass(frozen=True, slots=True)
class Filled:
    """The letter as its reader will get it."""

    head: Letterhead
    day: str
    reader: str
    address: str
    body: str = field(repr=False)
    missing: tuple[str, ...]
    """Placeholders without a value."""
    names: tuple[str, ...]
    """Pupils, staff and other writers whom it names."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A letter that was drawn, and that nobody has before `keep` recorded it."""

    id: UUID
    entry_id: UUID
    template: str
    filled: Filled
    data: bytes = field(repr=False)


def fill(session: Session, entry_id: UUID, draft: Draft, *, by: Person, now: datetime) -> Filled:
    """The letter with its placeholders filled in. Raises NotFound, NotPermitted."""
    require(by, Action.ISSUE_LETTERS)
    review.get_case(session, entry_id, viewer=by)
    entry = session.get_one(LogEntry, entry_id)
    school = session.scalar(sa.select(School))
    meeting = session.scalar(
        sa.select(Meeting).where(Meeting.entry_id == entry_id).order_by(Meeting.asked_at.desc()).limit(1)
    )
    written = words.seen_on(entry) or today(entry.posted_at or entry.recorded_at)
    values = {
        "reader": " ".join(storable(draft.reader).split()),
        "date": say_date(today(now)),
        "school": school.name if school else "",
        "platform": words.platform(entry.platform),
        "comment": entry.text,
        "comment_date": say_date(written),
        "meeting_date": say_full_date(meeting.on) if meeting else "",
        "signed_by": by.name,
        "role": next((said for role, said in SIGNING_AS if role in by.roles), "for the school"),
    }
    body = storable(draft.body.replace("\r\n", "\n")).strip()
    filled = letter_templates.fill(body, values)
    return Filled(
        head=letterhead.current(session),
        day=values["date"],
        reader=values["reader"],
        address="\n".join(line.strip() for line in storable(draft.address).splitlines() if line.strip()),
        body=filled,
        missing=tuple(letter_templates.left_open(body, values)),
        names=tuple(_named(filled, _others(session, entry, by=by), but=values["reader"])),
    )


def prepare(
    session: Session, letter_id: UUID, entry_id: UUID, draft: Draft, *, by: Person, url: str, now: datetime
) -> Prepared:
    """Check and draw a letter, in a session that only reads.

    `url`: the product's own address, which no letter may hold. Raises BadInput for what its reader must
    not see and for what is missing, NotFound, NotPermitted.
    """
    filled = fill(session, entry_id, draft, by=by, now=now)
    template = letter_templates.get(session, draft.template)
    if not filled.reader or len(filled.reader) > READER_MAX:
        raise BadInput(
            f"Say to whom the letter goes, in at most {READER_MAX} characters, such as “Mrs Kowalska”.",
            field="reader",
        )
    if len(filled.address) > ADDRESS_MAX:
        raise BadInput(f"The address is too long: at most {ADDRESS_MAX} characters fit.", field="address")
    letter_templates.check_body(draft.body)
    if blanks := letter_templates.blanks(draft.body):
        raise BadInput(
            f"{blanks[0]} still stands in the letter: write your words in its place, or take it out.",
            field="body",
        )
    if filled.missing:
        name = filled.missing[0]
        raise BadInput(
            f"There is nothing to put in the place of {{{name}}} ({letter_templates.PLACEHOLDERS[name]}): "
            + (
                "ask them to a meeting first, or write the words yourself."
                if name == "meeting_date"
                else "write the words yourself."
            ),
            field="body",
        )
    _check_secrets(session, entry_id, filled.body, url=url)
    if filled.names and not draft.names_checked:
        raise BadInput(
            f"The letter names {', '.join(filled.names)}. Take the names out, or tick that its reader may "
            "read them.",
            field="names_checked",
        )
    return Prepared(letter_id, entry_id, template.name, filled, _draw(filled, now=now))


def keep(session: Session, prepared: Prepared, *, by: Person, now: datetime) -> Letter:
    """Record the letter on its entry, with its hash. The same letter kept twice is one.

    Raises NotFound where the entry was kept from `by` meanwhile.
    """
    require(by, Action.ISSUE_LETTERS)
    # Before looking: who presses the button twice at once has two requests that do.
    chain.lock(session)
    case = review.get_case(session, prepared.entry_id, viewer=by)
    there = session.get(Letter, prepared.id)
    if there is not None:
        return there
    letter = Letter(
        id=prepared.id,
        entry_id=prepared.entry_id,
        template=prepared.template,
        addressed_to=prepared.filled.reader,
        address=prepared.filled.address,
        body=prepared.filled.body,
        file=prepared.data,
        sha256=documents.sha256(prepared.data),
        issued_at=now,
        issued_by_id=by.id,
    )
    session.add(letter)
    issue(session, case, DocumentKind.LETTER, prepared.data, by=by, now=now)
    return letter


def of_entry(session: Session, entry_id: UUID) -> list[tuple[Letter, str]]:
    """The letters that were issued about an entry, the first one first, each with who issued it."""
    query = (
        sa.select(Letter, Person.name)
        .join(Person, Person.id == Letter.issued_by_id)
        .where(Letter.entry_id == entry_id)
        .order_by(Letter.issued_at, Letter.id)
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def get(session: Session, entry_id: UUID, letter_id: UUID, *, viewer: Person) -> Letter:
    """One letter with its file. Raises NotFound where the viewer may not see its entry."""
    review.get_case(session, entry_id, viewer=viewer)
    query = sa.select(Letter).where(Letter.id == letter_id, Letter.entry_id == entry_id)
    found = session.scalar(query.options(undefer(Letter.file)))
    if found is None:
        raise NotFound("There is no such letter.")
    return found


def _draw(filled: Filled, *, now: datetime) -> bytes:
    paper = Paper(f"Letter to {filled.reader}", footer=filled.head.name, made_at=now)
    paper.letterhead(filled.head)
    paper.text("\n".join([filled.reader, *filled.address.splitlines()]))
    paper.space(4)
    paper.text(filled.day)
    paper.space(4)
    paper.text(filled.body)
    return paper.finish()


def _check_secrets(session: Session, entry_id: UUID, body: str, *, url: str) -> None:
    """Refuse what is for the school alone: reasons and notes, and addresses of this product's pages."""
    plain = _plain(body)
    if url and _plain(url) in plain:
        raise BadInput(
            f"The letter holds an address of this system ({url}), which only staff can open: take it out.",
            field="body",
        )
    for secret in _secrets(session, entry_id):
        told = _plain(secret)
        if len(told) >= _TELLING and told in plain:
            raise BadInput(
                f"The letter repeats what was written for the school alone (“{secret[:60]}…”): take it out.",
                field="body",
            )


def _secrets(session: Session, entry_id: UUID) -> Iterable[str]:
    events = session.scalars(sa.select(LogEvent).where(LogEvent.entry_id == entry_id))
    for event in events:
        for name in ("reason", "note", "why"):
            yield str(event.detail.get(name, ""))
    yield from session.scalars(sa.select(Referral.reason).where(Referral.entry_id == entry_id))
    yield from session.scalars(sa.select(Referral.reference).where(Referral.entry_id == entry_id))


def _others(session: Session, entry: LogEntry, *, by: Person) -> Iterable[str]:
    """Whose names a reader may have no business with: pupils, colleagues, others who wrote there."""
    yield from consent.names(session)
    yield from session.scalars(sa.select(Person.name).where(Person.id != by.id))
    if entry.post_platform_id:
        yield from session.scalars(
            sa.select(Author.display_name)
            .join(Comment, Comment.author_id == Author.id)
            .where(
                Comment.account_id == entry.account_id,
                Comment.post_platform_id == entry.post_platform_id,
                Author.id != entry.author_id,
            )
            .distinct()
        )


def _named(body: str, names: Iterable[str], *, but: str) -> list[str]:
    plain, own = _plain(body), _plain(but)
    found = []
    for name in dict.fromkeys(names):
        told = _plain(name)
        if " " in told and told not in own and re.search(rf"(?<!\w){re.escape(told)}(?!\w)", plain):
            found.append(name)
    return found


def _plain(text: str) -> str:
    return " ".join(text.replace("’", "'").casefold().split())
