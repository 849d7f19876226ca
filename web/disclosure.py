"""The files that are handed to people: one person's data, or what a freedom of information search found."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any, Self
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
from moderation import held_back, own_posts, sight
from moderation.classifier.personal_data import find_personal_data
from moderation.models import Author, Letter, LogEntry, WatchedPost
from school import audit, exports, named_in_forms, people
from school.errors import BadInput, NotFound
from school.held import Section, was_headteacher
from school.models import Account, DataExport, FormEntry, HoldOn, Person, Pupil
from school.redaction import Redactor, for_machines
from school.retention import Subject
from school.setup import current_school
from school.times import say
from web import readable

LOOKED_AT_MOST = 3000
"""Records in which names are looked for before a file is made: a page answers at once."""
BLACK_MOST = 100

NOTE = (
    "The law lets a school leave some things out of such a file: above all what would tell of other people, "
    "or could put a child or somebody else at risk. This paragraph stands in every such file, whether "
    "anything was left out or not. Whoever thinks that something is missing can ask the school, and can "
    "complain to the Information Commissioner’s Office (ico.org.uk)."
)
"""In every file alike, so that it gives nothing away."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What whoever asks for a person's file decided about it."""

    let_in: frozenset[UUID] = frozenset()
    """Entries of the log that were referred, and forms that report something, that go in all the same."""
    keep: tuple[str, ...] = ()
    """What looks like others' data and stays, word for word."""
    black: tuple[str, ...] = ()
    """What goes besides what was found."""

    def as_json(self) -> dict[str, Any]:
        """As the request's row keeps it."""
        return {
            "let_in": sorted(str(one) for one in self.let_in),
            "keep": list(self.keep),
            "black": list(self.black),
        }

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> Self:
        """From the request's row; those of earlier versions say nothing: all that was referred stays out."""
        return cls(
            frozenset(UUID(one) for one in kept.get("let_in", ())),
            tuple(kept.get("keep", ())),
            tuple(kept.get("black", ())),
        )


def subject_of(session: Session, kind: str, subject_id: UUID) -> Subject:
    """The person that an address or a row names. Raises NotFound."""
    if kind == HoldOn.PERSON and (person := session.get(Person, subject_id)):
        return Subject(HoldOn.PERSON, person.id, person.name)
    if kind == HoldOn.PUPIL and (pupil := session.get(Pupil, subject_id)):
        return Subject(HoldOn.PUPIL, pupil.id, pupil.name)
    if kind == HoldOn.AUTHOR and (author := session.get(Author, subject_id)):
        return Subject(HoldOn.AUTHOR, author.id, author.display_name or author.handle)
    raise NotFound("There is no such person in Schoolgate, or what was held on them is erased.")


def ask(
    session: Session, subject: Subject, choices: Choices, *, reason: str, by: Person, now: datetime
) -> DataExport:
    """Have the file of somebody made, with a line in the trail for each referral and report that goes in.

    Raises BadInput where one goes in without a reason, or where there is no such thing.
    """
    reported: set[UUID] = set()
    if choices.let_in:
        reported = {one.id for one in reports(session, subject, asked_by_id=by.id)}
        entries = {one.entry_id for one in referred(session, subject, asked_by_id=by.id)}
        if not choices.let_in <= entries | reported:
            raise BadInput("What was referred or reported has changed: load the page again.", field="let_in")
        reason = people.reason_text(reason, field="let_in_reason")
    made = exports.ask_for_subject(session, subject, choices=choices.as_json(), by=by, now=now)
    for one_id in sorted(choices.let_in):
        # On the entry or form, so that whoever may not hear of that one doesn't hear of this (P3).
        form = one_id in reported
        audit.record(
            session,
            by=by,
            action="report_let_into_file" if form else "referral_let_into_file",
            object_kind="form" if form else "log_entry",
            object_id=one_id,
            detail={"reason": reason},
            now=now,
        )
    return made


def referred(session: Session, subject: Subject, *, asked_by_id: UUID) -> list[held_back.Referred]:
    """What is held back from somebody's file unless it is let in, each time anew."""
    return held_back.of(session, subject, past_head=_past_head(session, subject, asked_by_id))


def reports(session: Session, subject: Subject, *, asked_by_id: UUID) -> list[FormEntry]:
    """The forms that are held back from somebody's file unless they are let in, each time anew."""
    return named_in_forms.reports(session, subject, past_head=_past_head(session, subject, asked_by_id))


def found_others(session: Session, subject: Subject, *, asked_by_id: UUID) -> list[tuple[str, int]]:
    """What looks like others' data in all that could go into the file, and how often it is there."""
    left = LOOKED_AT_MOST
    redactor = _redactor(session, subject, Choices())
    for one in _sections(session, subject, back=frozenset(), asked_by_id=asked_by_id):
        redactor.kept(one.rows[:left])
        left -= len(one.rows[:left])
    return sorted(redactor.found.items(), key=lambda one: (-one[1], one[0].casefold()))


def _past_head(session: Session, subject: Subject, asked_by_id: UUID) -> bool:
    return was_headteacher(session, asked_by_id) or (
        subject.kind is HoldOn.PERSON and was_headteacher(session, subject.id)
    )


def of_subject(
    session: Session, subject: Subject, *, choices: Choices = Choices(), asked_by_id: UUID
) -> list[Section]:
    """What is held on one person, without what is others', and without what was referred or reported.

    Unless that was let in.

    What concerns the headteacher never reaches a headteacher, as subject or as whoever asked (P3).
    """
    back = {one.entry_id for one in referred(session, subject, asked_by_id=asked_by_id)} - choices.let_in
    back |= {one.id for one in reports(session, subject, asked_by_id=asked_by_id)} - choices.let_in
    found = _sections(session, subject, back=back, asked_by_id=asked_by_id)
    redactor = _redactor(session, subject, choices)
    return [Section(one.title, redactor.kept(one.rows)) for one in found if one.rows]


def _sections(session: Session, subject: Subject, *, back: Set[UUID], asked_by_id: UUID) -> list[Section]:
    past_head = _past_head(session, subject, asked_by_id)
    unsaid = {*(sight.about_headteacher(session) if past_head else ()), *back}
    return [
        *school.held.sections(session, subject, past_head=past_head, unsaid=unsaid),
        *approvals.held.sections(session, subject),
        *moderation.held.sections(session, subject, past_head=past_head, back=unsaid),
        school.held.mentions_in_forms(session, subject.name, past_head=past_head, back=back),
    ]


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


def _redactor(session: Session, subject: Subject, choices: Choices) -> Redactor:
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
    return Redactor(
        pupils=pupils,
        adults=(*staff, *choices.black),
        own=own,
        find=lambda text: _personal(text, others),
        titled=True,
        keep=choices.keep,
    )


def _pupils(session: Session) -> list[str]:
    """Those who left as well: what was written while they were here still says their names."""
    return [name for name in session.scalars(sa.select(Pupil.name)) if not name.startswith(ERASED)]


def _handles(session: Session) -> list[str]:
    """The school's own accounts: they are nobody."""
    return list(session.scalars(sa.select(Account.handle)))


def _personal(text: str, names: tuple[str, ...]) -> list[str]:
    return [one.value for one in find_personal_data(text, names)]


def pack(
    session: Session, title: str, sections: Sequence[Section], *, note: str = "", now: datetime
) -> tuple[bytes, int]:
    """One ZIP file with the same data for machines (JSON) and for people (a page), and how many records.

    `note`: a paragraph that stands above all of it.
    """
    school_row = current_school(session)
    name = school_row.name if school_row else ""
    data = {
        "school": name,
        "title": title,
        "made": say(now),
        "times": "School time (London), each with its distance from UTC.",
        **({"note": note} if note else {}),
        "sections": {one.title: for_machines(list(one.rows)) for one in sections},
    }
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        archive.writestr("data.json", json.dumps(data, ensure_ascii=False, indent=1))
        archive.writestr("data.html", readable.page(title, name, sections, note=note, made=now))
    return out.getvalue(), sum(len(one.rows) for one in sections)
