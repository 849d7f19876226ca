"""The files that are handed to people: one person's data, or what a freedom of information search found."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZipFile

import sqlalchemy as sa
from sqlalchemy.orm import Session

import approvals.held
import moderation.held
import school.held
from approvals import foi
from approvals.checks import account_name
from approvals.erasing import ERASED
from approvals.models import Publication
from moderation import own_posts, sight
from moderation.classifier.personal_data import find_personal_data
from moderation.models import Author, Letter, LogEntry, WatchedPost
from school import people
from school.errors import NotFound
from school.held import Section, was_headteacher
from school.models import Account, HoldOn, Person, Pupil
from school.redaction import Redactor, for_machines
from school.retention import Subject
from school.setup import current_school
from school.times import say
from web import readable


def subject_of(session: Session, kind: str, subject_id: UUID) -> Subject:
    """The person that an address or a row names. Raises NotFound."""
    if kind == HoldOn.PERSON and (person := session.get(Person, subject_id)):
        return Subject(HoldOn.PERSON, person.id, person.name)
    if kind == HoldOn.PUPIL and (pupil := session.get(Pupil, subject_id)):
        return Subject(HoldOn.PUPIL, pupil.id, pupil.name)
    if kind == HoldOn.AUTHOR and (author := session.get(Author, subject_id)):
        return Subject(HoldOn.AUTHOR, author.id, author.display_name or author.handle)
    raise NotFound("There is no such person in Schoolgate, or what was held on them is erased.")


def of_subject(session: Session, subject: Subject, *, asked_by_id: UUID) -> list[Section]:
    """All that is held on one person, without what is others'.

    What concerns the headteacher never reaches a headteacher, as subject or as whoever asked (P3).
    """
    past_head = was_headteacher(session, asked_by_id) or (
        subject.kind is HoldOn.PERSON and was_headteacher(session, subject.id)
    )
    unsaid = sight.about_headteacher(session) if past_head else []
    found = [
        *school.held.sections(session, subject, past_head=past_head, unsaid=unsaid),
        *approvals.held.sections(session, subject),
        *moderation.held.sections(session, subject, past_head=past_head),
        school.held.mentions_in_forms(session, subject.name, past_head=past_head),
    ]
    redactor = _redactor(session, subject)
    return [Section(one.title, redactor.kept(one.rows)) for one in found if one.rows]


def of_foi(session: Session, search: foi.FoiSearch) -> list[Section]:
    """Posts, approvals and decisions, without the personal data of pupils and the public.

    Staff are named: they acted for the school.
    """
    drafts, _count = foi.found(session, search, limit=foi.MOST)
    staff = tuple(one.name for one in people.everybody(session))
    pupils = _pupils(session)
    redactor = Redactor(
        pupils=pupils,
        adults=(),
        own=(*staff, *_handles(session)),
        find=lambda text: _personal(text, tuple(pupils)),
    )
    others, _count = posts_elsewhere(session, search, limit=foi.MOST)
    accounts = {one.id: account_name(one) for one in session.scalars(sa.select(Account))}
    found = [
        {
            "on": accounts.get(one.account_id, ""),
            "at": one.created_at,
            "text": one.text,
            "address": one.url,
            "gone": one.gone_at or "",
        }
        for one in others
    ]
    return [
        Section("Posts, approvals and decisions", redactor.kept(foi.rows(session, drafts))),
        *([Section("Posts that were not made in Schoolgate", redactor.kept(found))] if found else []),
    ]


def posts_elsewhere(
    session: Session, search: foi.FoiSearch, *, limit: int, skip: int = 0
) -> tuple[list[WatchedPost], int]:
    """The posts that a search finds on the platforms and not among those made here; how many."""
    return own_posts.made_elsewhere(
        session,
        words=search.words,
        begins=search.begins,
        ends=search.ends,
        made_here=sa.select(Publication.account_id, Publication.post_platform_id).where(
            Publication.post_platform_id.is_not(None)
        ),
        limit=limit,
        skip=skip,
    )


def _redactor(session: Session, subject: Subject) -> Redactor:
    own = [subject.name, *_handles(session)]
    if subject.kind is HoldOn.PERSON:
        own.append(session.get_one(Person, subject.id).email)
    elif subject.kind is HoldOn.AUTHOR:
        author = session.get_one(Author, subject.id)
        own += [author.handle, author.display_name]
        sent = sa.select(Letter.address).join(LogEntry, LogEntry.id == Letter.entry_id)
        own += session.scalars(sent.where(LogEntry.author_id == author.id))
    pupils = _pupils(session)
    staff = [one.name for one in people.everybody(session) if one.name != subject.name]
    others = tuple(name for name in (*pupils, *staff) if name != subject.name)
    return Redactor(pupils=pupils, adults=staff, own=own, find=lambda text: _personal(text, others))


def _pupils(session: Session) -> list[str]:
    """Those who left as well: what was written while they were here still says their names."""
    return [name for name in session.scalars(sa.select(Pupil.name)) if not name.startswith(ERASED)]


def _handles(session: Session) -> list[str]:
    """The school's own accounts: they are nobody."""
    return list(session.scalars(sa.select(Account.handle)))


def _personal(text: str, names: tuple[str, ...]) -> list[str]:
    return [one.value for one in find_personal_data(text, names)]


def pack(session: Session, title: str, sections: Sequence[Section], *, now: datetime) -> tuple[bytes, int]:
    """One ZIP file with the same data for machines (JSON) and for people (a page), and how many records."""
    school_row = current_school(session)
    name = school_row.name if school_row else ""
    data = {
        "school": name,
        "title": title,
        "made": say(now),
        "sections": {one.title: for_machines(list(one.rows)) for one in sections},
    }
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        archive.writestr("data.json", json.dumps(data, ensure_ascii=False, indent=1))
        archive.writestr("data.html", readable.page(title, name, sections, made=now))
    return out.getvalue(), sum(len(one.rows) for one in sections)
