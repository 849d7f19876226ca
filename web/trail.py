"""Reading the trail: the lines that somebody asks for, and what each is about, by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals.checks import account_name
from approvals.drafts import current_revisions
from approvals.models import Draft, DraftRevision, MediaFile, Publication, VideoFile
from moderation import authors, sight
from moderation.models import Author, Follower, LogEntry
from moderation.words import begun
from school import forms, mail, secrets
from school.errors import BadInput
from school.models import Account, AuditEntry, Consent, FormEntry, Person, Pupil
from school.people import everybody
from school.permissions import Action, may
from school.times import midnight, optional_days
from web.forms import Typed, whole_number
from web.retained import BY_KEY
from web.trail_words import EVERY_KIND, GROUPS, LOOKED, REST

PAGE_LENGTH = 100
ITSELF = "schoolgate"
"""Chosen as who did it: the product, or a command on the server."""
_MOST = 500
"""Things of one kind that words may mean: the newest."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines somebody asks for."""

    who: str = ""
    what: str = ""
    about: str = ""
    first: date | None = None
    last: date | None = None


def wanted(typed: Typed) -> Wanted:
    """What the form of the trail's page asks for. Raises BadInput that names the field."""
    first, last = optional_days(typed["from"], typed["to"])
    if typed["what"] not in {"", REST, *GROUPS}:
        raise BadInput("Choose one from the list.", field="what")
    if typed["who"] not in {"", ITSELF}:
        typed.identifier("who")
    return Wanted(typed["who"], typed["what"], typed["about"][:100], first, last)


def mark_before(number: int, viewer: Person) -> str:
    """What the address of the page after this line says; sealed for whoever may not know numbers (P3)."""
    return str(number) if sight.may_count_all(viewer) else secrets.encrypt(str(number).encode()).decode()


def number_before(mark: str, viewer: Person) -> int | None:
    """The number that `mark_before` wrote down; None for anything else, with which the trail begins anew.

    A plain number is nothing for whoever may not know them: trying out all would tell each line's.
    """
    if not sight.may_count_all(viewer):
        try:
            mark = secrets.decrypt(mark.encode("utf-8", "replace")).decode()
        except secrets.KeyMissing:
            return None
    return whole_number(mark)


def lines(session: Session, asked: Wanted, *, viewer: Person, before: int | None) -> list[AuditEntry]:
    """A page of the lines that the viewer may read, the newest first, and one more where there are more."""
    # What happened before somebody referred it, too: that it is no longer told of must not be told (P3).
    kept = [*sight.kept_from(session, viewer), *forms.kept_from(session, viewer)]
    query = sa.select(AuditEntry).where(AuditEntry.object_id.not_in([str(one) for one in kept]))
    if not sight.may_count_all(viewer):
        query = query.where(AuditEntry.action.not_in(mail.IN_CONFIDENCE.values()))
    if before is not None:
        query = query.where(AuditEntry.seq < before)
    if asked.who == ITSELF:
        query = query.where(AuditEntry.actor_id.is_(None))
    elif asked.who:
        query = query.where(AuditEntry.actor_id == UUID(asked.who))
    if asked.what == "looked":
        query = query.where(AuditEntry.action.in_(LOOKED))
    elif asked.what == REST:
        query = query.where(AuditEntry.object_kind.not_in(EVERY_KIND))
    elif asked.what:
        query = query.where(AuditEntry.object_kind.in_(GROUPS[asked.what][1]))
    if asked.first:
        query = query.where(AuditEntry.at >= midnight(asked.first))
    if asked.last:
        query = query.where(AuditEntry.at < midnight(asked.last + timedelta(days=1)))
    if asked.about:
        query = query.where(AuditEntry.object_id.in_(_meant(session, asked.about, viewer)))
    return list(session.scalars(query.order_by(AuditEntry.seq.desc()).limit(PAGE_LENGTH + 1)))


def _meant(session: Session, words: str, viewer: Person) -> list[str]:
    """The ids of what these words may mean: people, accounts, posts, entries of the log, and so on.

    Only of what the viewer may know: pupils and authors not for everybody who reads the trail.
    """
    number = words.casefold().removeprefix("log ").removeprefix("entry ").removeprefix("no.").strip()
    found: list[UUID] = []
    if number.isascii() and number.isdigit() and len(number) < 10:
        entry = sight.entry_numbered(session, int(number), viewer)
        found += [entry] if entry else []
    found += _ids(session, sa.select(Person.id).where(Person.name.icontains(words, autoescape=True)))
    called = sa.or_(
        Account.handle.icontains(words.lstrip("@"), autoescape=True),
        Account.display_name.icontains(words, autoescape=True),
    )
    found += _ids(session, sa.select(Account.id).where(called))
    if may(viewer, Action.SEE_ALL_DRAFTS):
        said = sa.select(DraftRevision.draft_id).where(DraftRevision.text.icontains(words, autoescape=True))
        drafts = _ids(session, said.distinct())
        found += drafts
        found += _ids(session, sa.select(Publication.id).where(Publication.draft_id.in_(drafts)))
    if may(viewer, Action.SEE_CONSENT):
        pupils = _ids(session, sa.select(Pupil.id).where(Pupil.name.icontains(words, autoescape=True)))
        found += pupils
        found += _ids(session, sa.select(Consent.id).where(Consent.pupil_id.in_(pupils)))
    if may(viewer, Action.SEE_PROTECTION):
        those = [one.id for one in authors.named(session, words, most=_MOST)]
        written = sa.or_(LogEntry.author_id.in_(those), LogEntry.text.icontains(words, autoescape=True))
        found += _ids(session, sa.select(LogEntry.id).where(written))
        found += _ids(session, sa.select(Follower.id).where(Follower.author_id.in_(those)))
    return [str(one) for one in found]


def hidden_names(viewer: Person) -> str:
    """Whose names the trail keeps from the viewer, also when they look for one; empty where nobody's."""
    hidden = [
        whose
        for action, whose in (
            (Action.SEE_CONSENT, "pupils"),
            (Action.SEE_PROTECTION, "people who comment or follow"),
        )
        if not may(viewer, action)
    ]
    return f"Names of {' and '.join(hidden)} are not shown to you: none can be looked for." if hidden else ""


def _ids(session: Session, query: sa.Select[UUID]) -> list[UUID]:
    # Ids rise with time: of too many, what the newest lines are about.
    [column] = query.selected_columns
    return list(session.scalars(query.order_by(column.desc()).limit(_MOST)))


def names(session: Session, entries: Sequence[AuditEntry], viewer: Person) -> dict[str, str]:
    """What the things of these lines are called, by id, as far as the viewer may know."""
    called = {str(one.id): one.name for one in everybody(session)}
    called |= {str(one.id): account_name(one) for one in session.scalars(sa.select(Account))}
    called |= {key: f"“{rule.title}”" for key, rule in BY_KEY.items()}
    ids = {kind: _of_kind(entries, kind) for kind in {entry.object_kind for entry in entries}}
    numbers = sight.numbers_of(session, ids.get("log_entry", ()), viewer)
    called |= {str(key): f"log entry {number}" for key, number in numbers.items()}
    if may(viewer, Action.SEE_ALL_DRAFTS):
        called |= _posts(session, ids.get("draft", ()), ids.get("publication", ()))
    if may(viewer, Action.SEE_CONSENT):
        pupils = sa.select(Pupil.id, Pupil.name).where(Pupil.id.in_(ids.get("pupil", ())))
        consents = (
            sa.select(Consent.id, Pupil.name)
            .join(Pupil, Pupil.id == Consent.pupil_id)
            .where(Consent.id.in_(ids.get("consent", ())))
        )
        called |= {str(key): name for query in (pupils, consents) for key, name in session.execute(query)}
    if may(viewer, Action.SEE_PROTECTION):
        followers = (
            sa.select(Follower.id, Author.display_name)
            .join(Author, Author.id == Follower.author_id)
            .where(Follower.id.in_(ids.get("follower", ())))
        )
        called |= {str(key): f"the follower {name}" for key, name in session.execute(followers) if name}
    for kind, what, table in (("media", "picture", MediaFile), ("video", "video", VideoFile)):
        files = sa.select(table.id, table.filename).where(table.id.in_(ids.get(kind, ())))
        called |= {str(key): f"the {what} “{name}”" for key, name in session.execute(files)}
    filed = sa.select(FormEntry.id, FormEntry.kind).where(FormEntry.id.in_(ids.get("form", ())))
    called |= {str(key): f"the form “{forms.FORMS[kind].filed_as}”" for key, kind in session.execute(filed)}
    return called


def _posts(session: Session, draft_ids: Iterable[UUID], publication_ids: Iterable[UUID]) -> Mapping[str, str]:
    made = session.scalars(sa.select(Publication).where(Publication.id.in_(set(publication_ids)))).all()
    wanted_drafts = {*draft_ids, *(one.draft_id for one in made)}
    drafts = session.scalars(sa.select(Draft).where(Draft.id.in_(wanted_drafts))).all()
    words = {key: begun(revision.text) for key, revision in current_revisions(session, drafts).items()}
    called = {str(one.id): f"the post {words[one.id]}" for one in drafts}
    return called | {
        str(one.id): f"the post {words.get(one.draft_id, '')} on {account_name(one.account)}" for one in made
    }


def _of_kind(entries: Sequence[AuditEntry], kind: str) -> set[UUID]:
    found: set[UUID] = set()
    for entry in entries:
        if entry.object_kind == kind:
            try:
                found.add(UUID(entry.object_id))
            except ValueError:
                # Such kinds are named by a word.
                continue
    return found
