"""Files of subject access and freedom of information: asked for, made, fetched, forgotten (P34)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, undefer

from school import audit, mail, secrets
from school.db import new_id
from school.errors import MoveNotAllowed, NotFound
from school.models import DataExport, ExportOf, ExportState, HoldOn, Person
from school.permissions import Action, may, require
from school.retention import Subject

TRIES = 3


@dataclass(frozen=True, slots=True)
class ClaimedExport:
    """A file that this worker alone makes until its lease ends."""

    id: UUID
    lease_id: UUID
    of: ExportOf
    subject_kind: str
    subject_id: UUID | None
    search: Mapping[str, Any]
    asked_by_id: UUID


def ask_for_subject(
    session: Session,
    subject: Subject,
    *,
    choices: Mapping[str, Any] | None = None,
    by: Person,
    now: datetime,
) -> DataExport:
    """Have a file made of what is held on one person (UK GDPR, article 15).

    `choices`: what whoever asks decided of names and of what is held back, for the maker of the file.
    """
    return _ask(session, ExportOf.SUBJECT, subject.kind, subject.id, choices or {}, by=by, now=now)


def ask_for_foi(session: Session, search: Mapping[str, Any], *, by: Person, now: datetime) -> DataExport:
    """Have a file made of the posts and decisions that a search finds (P15)."""
    return _ask(session, ExportOf.FOI, None, None, search, by=by, now=now)


def _ask(
    session: Session,
    of: ExportOf,
    kind: HoldOn | None,
    subject_id: UUID | None,
    search: Mapping[str, Any],
    *,
    by: Person,
    now: datetime,
) -> DataExport:
    require(by, Action.PROTECT_DATA)
    waiting = session.scalar(
        sa.select(DataExport).where(
            DataExport.of == of,
            DataExport.subject_id.is_not_distinct_from(subject_id),
            DataExport.asked_by_id == by.id,
            DataExport.state.in_((ExportState.WAITING, ExportState.MAKING)),
        )
    )
    if waiting is not None and of is ExportOf.SUBJECT:
        raise MoveNotAllowed("This file is being made already: wait for the e-mail, or load the page again.")
    made = DataExport(
        of=of,
        subject_kind=kind.value if kind else "",
        subject_id=subject_id,
        search=dict(search),
        state=ExportState.WAITING,
        asked_at=now,
        asked_by_id=by.id,
        attempts=0,
        records=0,
    )
    session.add(made)
    # The trail names the file by id.
    session.flush()
    _note(session, "export_asked", made, by=by, now=now)
    return made


def claim(session: Session, *, lease: timedelta, now: datetime) -> ClaimedExport | None:
    """The next file to make, for this worker alone until its lease ends.

    None, too, where whoever asked may not have it any more: then it is made for nobody.
    """
    free = sa.or_(
        DataExport.state == ExportState.WAITING,
        sa.and_(DataExport.state == ExportState.MAKING, DataExport.lease_until <= now),
    )
    # Whatever ends the worker each time is not tried for ever.
    session.execute(
        sa.update(DataExport)
        .where(
            DataExport.state == ExportState.MAKING,
            DataExport.lease_until <= now,
            DataExport.attempts >= TRIES,
        )
        .values(state=ExportState.FAILED, lease_id=None, lease_until=None)
        .execution_options(synchronize_session=False)
    )
    found = session.scalar(sa.select(DataExport.id).where(free).order_by(DataExport.asked_at).limit(1))
    if found is None:
        return None
    lease_id = new_id()
    taken = session.execute(
        sa.update(DataExport)
        .where(DataExport.id == found, free)
        .values(
            state=ExportState.MAKING,
            lease_id=lease_id,
            lease_until=now + lease,
            attempts=DataExport.attempts + 1,
        )
        .execution_options(synchronize_session=False)
    )
    if taken.rowcount != 1:  # type: ignore[attr-defined]
        return None
    row = session.get_one(DataExport, found, populate_existing=True)
    asker = session.get_one(Person, row.asked_by_id)
    if not asker.active or not may(asker, Action.PROTECT_DATA):
        row.state, row.lease_id, row.lease_until = ExportState.FAILED, None, None
        return None
    return ClaimedExport(
        row.id, lease_id, row.of, row.subject_kind, row.subject_id, row.search, row.asked_by_id
    )


def waits(session: Session, *, now: datetime) -> bool:
    """Whether there is a file to make."""
    free = sa.or_(
        DataExport.state == ExportState.WAITING,
        sa.and_(DataExport.state == ExportState.MAKING, DataExport.lease_until <= now),
    )
    return session.scalar(sa.select(DataExport.id).where(free).limit(1)) is not None


def record(
    session: Session, claimed: ClaimedExport, content: bytes, *, records: int, url: str, now: datetime
) -> None:
    """Keep a file, encrypted, and tell whoever asked; nothing where another worker took it over."""
    row = _mine(session, claimed)
    if row is None:
        return
    row.content, row.records, row.made_at = secrets.encrypt(content), records, now
    row.state, row.lease_id, row.lease_until = ExportState.READY, None, None
    _note(session, "export_made", row, by=None, now=now)
    mail.queue_plain(
        session,
        to=session.get_one(Person, row.asked_by_id),
        subject="The file that you asked for is ready",
        # Not whose data it holds: mail is read on phones and on buses.
        lines=["The file with the data that you asked for can be fetched now."],
        link=f"{url}/data-protection/files",
        purpose="export_ready",
        now=now,
    )


def fail(session: Session, claimed: ClaimedExport, *, now: datetime) -> None:
    """It could not be made: another try, or after some a word to whoever asked on the page."""
    row = _mine(session, claimed)
    if row is None:
        return
    row.lease_id, row.lease_until = None, None
    row.state = ExportState.FAILED if row.attempts >= TRIES else ExportState.WAITING


def fetch(session: Session, export_id: UUID, *, by: Person, now: datetime) -> bytes:
    """The file, for whoever asked for it; that it was fetched is in the trail.

    Raises NotFound for everybody else, and when it is not ready or no longer kept.
    """
    require(by, Action.PROTECT_DATA)
    row = session.scalar(
        sa.select(DataExport)
        .options(undefer(DataExport.content))
        .where(
            DataExport.id == export_id,
            DataExport.asked_by_id == by.id,
            DataExport.state == ExportState.READY,
        )
    )
    if row is None or row.content is None:
        raise NotFound("There is no such file, or it is no longer kept: ask for it again.")
    row.fetched_at = now
    _note(session, "export_fetched", row, by=by, now=now)
    return secrets.decrypt(row.content)


def number_of(export_id: UUID) -> str:
    """By which a file is known on the page and in its name, so that two are never taken for each other."""
    return export_id.hex[-6:].upper()


def every(session: Session) -> list[DataExport]:
    """The files that are there, the newest first, without what is in them."""
    return list(session.scalars(sa.select(DataExport).order_by(DataExport.asked_at.desc()).limit(200)))


def ready_on(session: Session, subject: Subject) -> list[DataExport]:
    """The files with one person's data that are still there, the oldest first: erasing takes nothing out."""
    query = sa.select(DataExport).where(
        DataExport.subject_kind == subject.kind.value,
        DataExport.subject_id == subject.id,
        DataExport.state == ExportState.READY,
    )
    return list(session.scalars(query.order_by(DataExport.asked_at)))


def _mine(session: Session, claimed: ClaimedExport) -> DataExport | None:
    return session.scalar(
        sa.select(DataExport)
        .where(DataExport.id == claimed.id, DataExport.lease_id == claimed.lease_id)
        .with_for_update()
    )


def _note(session: Session, action: str, row: DataExport, *, by: Person | None, now: datetime) -> None:
    audit.record(
        session,
        by=by,
        action=action,
        object_kind="export",
        object_id=row.id,
        # Not the words of a search: they can be names, and the trail is kept for ever.
        detail={"of": row.of.value, "records": row.records},
        now=now,
    )
