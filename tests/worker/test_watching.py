"""What counts as wrong, over all rooms, and what it leads to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals import drafts
from moderation.models import Comment, CommentState
from school import db, heartbeats, incidents, mail, stopping
from school.delivery import Delivery, Outcome
from school.models import Account, AccountState, MachineClock, MailState, OutboxEmail, Person, Role
from tests.approvals import scenes
from worker import outgoing, watching
from worker.tasks import mail as mail_tasks

MINUTE = timedelta(minutes=1)
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def now() -> datetime:
    return db.now()


def _keys(session: Session, now: datetime) -> set[str]:
    return {trouble.key.partition(":")[0] for trouble in watching.troubles(session, now=now)}


def test_nothing_is_wrong_with_a_school_at_rest(
    session: Session, school_people: dict[Role, Person], make_account: Callable[..., Account], now: datetime
) -> None:
    make_account("x")
    assert watching.troubles(session, now=now) == []


def test_an_account_that_is_dead_is_told_after_half_an_hour(
    session: Session, make_account: Callable[..., Account], now: datetime
) -> None:
    account = make_account("x")
    account.state, account.problem, account.problem_since = (
        AccountState.NEEDS_CONNECTING,
        "The token died.",
        now,
    )
    session.commit()
    for minute in (10, 29, 31, 45):
        at = now + minute * MINUTE
        incidents.note(session, watching.troubles(session, now=at), url="https://s.test", now=at)
    session.commit()
    rows = session.scalars(sa.select(OutboxEmail).where(OutboxEmail.purpose == "incident"))
    assert sorted(row.to_address for row in rows) == ["head@larkfield.test", "network@larkfield.test"]
    account.state = AccountState.PAUSED
    assert _keys(session, now) == set(), "a person paused it"


def test_an_account_that_is_never_read_to_the_end_is_told(
    session: Session, make_account: Callable[..., Account], now: datetime
) -> None:
    account = make_account("x")
    account.last_polled_at, account.next_poll_at = now, now + MINUTE
    assert not [key for key in _keys(session, now + 600 * MINUTE) if key.startswith("unread:")], "it was off"
    account.next_poll_at, account.pace_note = now + 361 * MINUTE, "The limit is used up."
    session.flush()
    (trouble,) = [one for one in watching.troubles(session, now=now) if one.key.startswith("unread:")]
    assert trouble.advice == "The limit is used up." and "haven't been read to the end" in trouble.sentence
    assert trouble.since == now


def test_a_machine_s_clock_that_is_off_is_told(session: Session, now: datetime) -> None:
    session.add(MachineClock(machine="worker-2", seen_at=now, ahead_seconds=-330.0))
    session.add(MachineClock(machine="worker-1", seen_at=now, ahead_seconds=0.4))
    session.flush()
    (trouble,) = [one for one in watching.troubles(session, now=now) if one.key.startswith("clock:")]
    assert trouble.sentence == "The clock of worker-2 is 5 minutes behind the database's."


def test_comments_posts_and_work_that_stand_still(
    session: Session,
    school_people: dict[Role, Person],
    make_account: Callable[..., Account],
    now: datetime,
) -> None:
    account = make_account("x")
    heartbeats.beat(session, "poll", now=now - 5 * MINUTE)
    scenes.approved(
        session, school_people[Role.STAFF], school_people[Role.HEADTEACHER], now - 60 * MINUTE, account,
        at=now - 10 * MINUTE,
    )  # fmt: skip
    session.add(
        Comment(
            account_id=account.id, platform_id="1", post_platform_id="2", parent_platform_id="", text="Hello",
            url="", attachment_urls=[], created_at=now, fetched_at=now, checked_at=now,
            state=CommentState.FETCHED, version=1, hidden=False, can_hide=True, can_delete=False,
            scoring_attempts=0,
        )
    )  # fmt: skip
    session.commit()
    assert _keys(session, now) == {"classifier", "publishing", "work"}
    stopping.stop_publishing(session, by=school_people[Role.HEADTEACHER], reason="A funeral", now=now)
    assert _keys(session, now) == {"classifier", "work"}, "stopped on purpose is not broken"


def test_a_full_disk_is_told_at_once(
    session: Session, school_people: dict[Role, Person], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Usage(NamedTuple):
        total: int
        used: int
        free: int

    monkeypatch.setattr(
        watching.shutil, "disk_usage", lambda _path: Usage(10**10, 10**10 - 5_000_000, 5_000_000)
    )
    [begun] = incidents.note(session, watching.troubles(session, now=now), url="", now=now)
    assert "5 MB are free" in begun.advice and len(begun.told) == 2


def test_mail_that_cant_go_is_shown_and_not_mailed(
    session: Session, school_people: dict[Role, Person], now: datetime
) -> None:
    _queued(session, school_people[Role.HEADTEACHER], now)
    claimed = mail.claim(session, now=now)
    assert claimed is not None
    mail.record(session, claimed, Delivery(Outcome.LATER, "the server is away", all_alike=True), now=now)
    late = now + 45 * MINUTE
    [begun] = incidents.note(session, watching.troubles(session, now=late), url="", now=late)
    assert begun.key == "mail" and begun.told == [] and "the server is away" in begun.advice


def _queued(session: Session, to: Person, now: datetime) -> OutboxEmail:
    row = mail.queue(session, to=to, subject="x", text="x", html="x", purpose="test", now=now)
    session.commit()
    return row


def test_the_author_hears_that_the_approver_was_not_reached(
    session: Session,
    school_people: dict[Role, Person],
    make_account: Callable[..., Account],
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
    settings_home: Path,
) -> None:
    teacher = school_people[Role.STAFF]
    draft = drafts.save(
        session, None, scenes.content(make_account("x"), at=now + 60 * MINUTE), by=teacher, now=now
    )
    session.commit()
    scenes.submit(session, draft, teacher, now)
    asked = [
        row.to_address
        for row in session.scalars(sa.select(OutboxEmail).where(OutboxEmail.about_id == draft.id))
    ]
    assert asked
    session.commit()

    def deliver(claimed: mail.ClaimedMail, _url: str) -> Delivery:
        mine = claimed.recipient == teacher.email
        return Delivery(Outcome.SENT) if mine else Delivery(Outcome.REFUSED, "it refuses the recipient")

    monkeypatch.setattr(mail_tasks.mail, "deliver", deliver)
    outgoing.deliver_to("smtp://127.0.0.1:1")
    try:
        mail_tasks.look_for_mail()
    finally:
        outgoing._mailbox.clear()
    session.expire_all()
    told = scenes.mails(session, "approval_request_failed", teacher)
    assert len(told) == len(asked)
    assert "was not reached by e-mail" in str(told[0]["Subject"])
    assert len(mail.undelivered_about(session, [draft.id], "approval_request")[draft.id]) == len(asked)
    assert {row.state for row in mail.failed(session)} == {MailState.FAILED}
