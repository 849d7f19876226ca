"""Whether the secret key is the school's own, and what is encrypted with it (P11)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from school import accounts, audit, secrets
from school.db import SEALED, Base
from school.models.accounts import Account, AccountState
from school.models.school import School

_KNOWN = b"schoolgate"
"""Sealed and kept with the school: only the right key gives it back."""


@dataclass(frozen=True, slots=True)
class Place:
    """One column whose values are encrypted."""

    table: sa.Table
    column: sa.Column[Any]

    def __str__(self) -> str:
        return f"{self.table.name}.{self.column.name}"

    @property
    def key(self) -> sa.Column[Any]:
        """The column that tells the table's rows apart."""
        [column] = self.table.primary_key
        return column


def places() -> list[Place]:
    """Every column whose values are encrypted, of all rooms whose tables are known to this process."""
    return [
        Place(table, column)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if SEALED.items() <= column.info.items()
    ]


def rows(session: Session, place: Place) -> list[UUID]:
    """The rows of a place that hold something encrypted."""
    return list(session.scalars(sa.select(place.key).where(place.column.is_not(None)).order_by(place.key)))


def value(session: Session, place: Place, row: UUID) -> bytes | None:
    """What a row holds, encrypted as it is; None where it is gone."""
    found = session.scalar(sa.select(place.column).where(place.key == row))
    return found.encode() if isinstance(found, str) else found


def replace(session: Session, place: Place, row: UUID, old: bytes, new: bytes) -> bool:
    """Put a value in place of another, unless somebody changed it meanwhile; whether that was done."""
    text = not isinstance(place.column.type, sa.LargeBinary)
    changed = session.execute(
        sa.update(place.table)
        .where(place.key == row, place.column == (old.decode() if text else old))
        .values({place.column: new.decode() if text else new})
        .returning(place.key)
    ).first()
    return changed is not None


def check(session: Session) -> None:
    """Raise KeyMissing, saying what to do, unless the keys at hand are this school's.

    Before there is a school, any key is right.
    """
    secrets.all_keys()
    school = session.scalar(sa.select(School))
    if school is None:
        return
    if school.key_check is not None:
        right = readable(school.key_check)
    else:
        # Made by a version that kept no such check: whatever can be read proves the key.
        samples = _samples(session)
        right = any(readable(sample) for sample in samples) or not samples
    if not right:
        raise secrets.KeyMissing(
            "The secret key is not the one that this school's tokens and pictures are encrypted with: put "
            f"the former key back (SCHOOLGATE_SECRET_KEY, or the file {secrets.key_file()}). If it is lost "
            "for good, run: schoolgate keys start-anew"
        )


def vouch(session: Session) -> None:
    """Note with the school which key is the right one, unless that is known already."""
    school = session.scalar(sa.select(School))
    if school is not None and school.key_check is None:
        check(session)
        school.key_check = secrets.encrypt(_KNOWN)


def readable(sealed: bytes) -> bool:
    """Whether a key at hand opens this."""
    try:
        secrets.decrypt(sealed)
    except secrets.KeyMissing:
        return False
    return True


def start_anew(session: Session, unreadable: Collection[UUID], *, now: datetime) -> list[Account]:
    """Go on with the key at hand, the former one being lost. The accounts that must be connected anew.

    `unreadable`: ids of the accounts whose credentials no key at hand opens. Nothing is deleted:
    should the key turn up again, what it encrypted can be read with it.
    """
    lost = []
    for account in accounts.everything(session):
        if account.id not in unreadable:
            continue
        if account.state is AccountState.NEEDS_CONNECTING:
            account.problem = LOST
        else:
            accounts.mark_dead(session, account, LOST, now=now)
        lost.append(account)
    school = session.scalars(sa.select(School)).one()
    school.key_check = secrets.encrypt(_KNOWN)
    return lost


LOST = (
    "The secret key that its credentials were encrypted with is lost. Connect the account again "
    "(schoolgate accounts adopt)."
)


def note(session: Session, action: str, detail: dict[str, Any], *, now: datetime) -> None:
    """Put into the trail what a command did with the keys. `detail` holds numbers, never a key."""
    school = session.scalars(sa.select(School)).one()
    audit.record(
        session, by=None, action=action, object_kind="keys", object_id=school.id, detail=detail, now=now
    )


def _samples(session: Session) -> list[bytes]:
    return [sealed for place in places() for sealed in _newest(session, place)]


def _newest(session: Session, place: Place) -> Iterator[bytes]:
    query = sa.select(place.column).where(place.column.is_not(None)).order_by(place.key.desc()).limit(3)
    for found in session.scalars(query):
        yield found.encode() if isinstance(found, str) else found
