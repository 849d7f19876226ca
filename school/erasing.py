"""What of the school's own records can be erased, what a hold keeps, and the erasing itself (P34)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from school import holds, push_browsers, secrets
from school.models import (
    AccountClosure,
    Authenticator,
    Authorisation,
    DataFate,
    FormEntry,
    FormKind,
    FormState,
    FormStep,
    HoldOn,
    Invitation,
    KnownDevice,
    Passkey,
    Person,
    ProviderIdentity,
    ProviderSignIn,
    RecoveryCode,
    Reminder,
    RoleGrant,
    SignIn,
)
from school.retention import Condition, Subject, delete

FORMER = "Former member of staff"
ERASED_ADDRESSES = "erased-%@invalid"
"""What the addresses of erased people look like, as LIKE reads it."""

Erase = Callable[[Session, Sequence[UUID], datetime], None]


def rows(column: InstrumentedAttribute[UUID]) -> Erase:
    """Erases rows of a table that nothing points at."""

    def erase(session: Session, ids: Sequence[UUID], now: datetime) -> None:
        session.execute(delete(column.class_, column, ids))
        # What the session still holds of them is gone.
        session.expire_all()

    return erase


def person(column: InstrumentedAttribute[Any]) -> Callable[[Subject], Condition | None]:
    """The rows that a column says are a person's."""
    return lambda subject: column == subject.id if subject.kind is HoldOn.PERSON else None


def held(column: InstrumentedAttribute[Any]) -> Callable[[], Condition]:
    """The rows whose person is on hold."""
    return lambda: sa.and_(column.is_not(None), holds.held(HoldOn.PERSON, column))


def kept_with_account(column: InstrumentedAttribute[Any]) -> Condition:
    """Rows of an account that was closed with the wish to keep what it holds."""
    return (
        sa.select(AccountClosure.id)
        .where(
            AccountClosure.account_id == column,
            AccountClosure.data_fate == DataFate.KEEP,
            AccountClosure.reopened_at.is_(None),
        )
        .exists()
    )


ANSWERED = (FormState.DONE, FormState.DECLINED)


def forms_over(begins: datetime) -> Sequence[Condition]:
    """Forms that were answered before a moment; those that asked for an account are kept with it."""
    lately = sa.select(FormStep.id).where(FormStep.entry_id == FormEntry.id, FormStep.at >= begins).exists()
    return (
        FormEntry.filed_at < begins,
        FormEntry.kind != FormKind.NEW_ACCOUNT,
        FormEntry.state.in_(ANSWERED),
        sa.not_(lately),
    )


def erase_forms(session: Session, ids: Sequence[UUID], now: datetime) -> None:
    """Forget forms with their answers."""
    session.execute(delete(FormStep, FormStep.entry_id, ids))
    session.execute(delete(FormEntry, FormEntry.id, ids))
    session.expire_all()


def people_over(begins: datetime) -> Sequence[Condition]:
    """People who left before a moment and whose name is still there."""
    ended = [
        sa.select(table.id).where(table.person_id == Person.id, table.withdrawn_at >= begins).exists()
        for table in (RoleGrant, Authorisation)
    ]
    return (
        Person.active.is_(False),
        Person.email.not_like(ERASED_ADDRESSES),
        Person.created_at < begins,
        sa.func.coalesce(Person.current_login_at, Person.created_at) < begins,
        *(sa.not_(one) for one in ended),
    )


_OF_THE_PERSON = (
    Invitation,
    Reminder,
    SignIn,
    KnownDevice,
    Authenticator,
    RecoveryCode,
    Passkey,
    ProviderIdentity,
    ProviderSignIn,
)


def erase_people(session: Session, ids: Sequence[UUID], now: datetime) -> None:
    """Take name, address and secrets from people who left; what they did stays, without saying who."""
    for table in _OF_THE_PERSON:
        session.execute(delete(table, table.person_id, ids))
    for person_id in ids:
        push_browsers.drop_of(session, person_id)
        session.execute(
            sa.update(Person)
            .where(Person.id == person_id)
            .values(
                name=FORMER,
                email=f"erased-{person_id}@invalid",
                active=False,
                password=None,
                pin_hash=None,
                tf_primary_method=None,
                tf_totp_secret=None,
                fs_uniquifier=secrets.new_token(),
                last_login_at=None,
                current_login_at=None,
                login_count=0,
            )
            .execution_options(synchronize_session=False)
        )
    session.expire_all()
