"""A mail that the server took goes out once, though the database can't note it for a while."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from school import db, mail
from school.models import MailState, OutboxEmail, Person, Role
from tests.faults.servers import MailServer
from worker import outgoing
from worker.tasks import mail as mail_tasks

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


class FillsTheDisk(MailServer):
    """Takes a mail, and from then on no file may grow: what a full disk does to a database."""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        answer = await super().handle_DATA(server, session, envelope)
        # What is logged may go on: pytest keeps it in a file, too.
        limit = os.fstat(1).st_size + 500_000
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
        return answer


@pytest.fixture
def server() -> Iterator[FillsTheDisk]:
    started = FillsTheDisk()
    started.start()
    outgoing.deliver_to(started.url)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield started
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    outgoing._mailbox.clear()
    started.stop()
    mail_tasks._answered.clear()


def test_a_mail_goes_once_though_the_disk_was_full_when_it_went(
    session: Session, school_people: dict[Role, Person], server: FillsTheDisk
) -> None:
    head = school_people[Role.HEADTEACHER]
    mail.queue_plain(
        session,
        to=head,
        subject="Look",
        lines=["Too long for the limit. " * 20_000],
        link="https://s.test",
        purpose="test",
        now=db.now(),
    )
    session.commit()
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)

    mail_tasks.look_for_mail()
    resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
    session.expire_all()
    row = session.scalars(sa.select(OutboxEmail)).one()
    assert row.state is MailState.SENDING, "that it was sent could not be noted"
    row.lease_until = db.now() - timedelta(seconds=1)
    session.commit()

    mail_tasks.look_for_mail()
    session.expire_all()
    assert row.state is MailState.SENT
    assert list(server.taken.values()) == [1]
