"""Whose an account at the provider is, where two of its sign-ins come at once."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from school import db, provider_links
from school.models import OutboxEmail, Person, ProviderIdentity, Role
from tests.connectors.test_id_tokens import provider
from tests.locks import until_somebody_waits

pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
NOON = datetime(2027, 3, 17, 12, 0, tzinfo=UTC)


def test_a_first_sign_in_in_two_browsers_at_once_is_no_other_account(
    session: Session, school_people: dict[Role, Person]
) -> None:
    teacher, address, found = school_people[Role.STAFF].id, school_people[Role.STAFF].email, []

    def sign_in(own: Session) -> None:
        found.append(provider_links.find(own, provider(), "number-1", address, now=NOON))

    def again() -> None:
        with db.transaction() as other:
            sign_in(other)

    second = threading.Thread(target=again)
    with db.transaction() as first:
        sign_in(first)
        first.flush()
        second.start()
        until_somebody_waits(session)
    second.join(60)
    assert [one.id if isinstance(one, Person) else one for one in found] == [teacher, teacher]
    assert session.scalar(sa.select(sa.func.count()).select_from(ProviderIdentity)) == 1
    mails = session.scalars(sa.select(OutboxEmail.to_id).where(OutboxEmail.purpose == provider_links.PURPOSE))
    assert mails.all() == [teacher], "nobody is warned of another account"
