"""What changes between a worker's claim and the request that posts still counts (P1, P26, P27)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from approvals import publishing
from approvals.models import Publication
from approvals.states import PublicationState
from approvals.steps import DurableSteps
from connectors.base import PostContent, RemotePost, StepStore
from connectors.posting import send_once
from school import consent, db, people
from school.models import Account, Person, Pupil, Role
from tests.approvals import scenes
from tests.approvals.scenes import Board

SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
HOUR = timedelta(hours=1)


class Uploading(Board):
    """Takes its time over the pictures; meanwhile something happens at school."""

    meanwhile: Callable[[], None]

    def publish(self, post: PostContent, *, steps: StepStore) -> RemotePost:
        self.meanwhile()
        return send_once(steps, lambda: Board.publish(self, post, steps=steps))


@pytest.fixture
def due(
    session: Session, teacher: Person, head: Person, x: Account, rosa: Pupil, now: datetime
) -> Publication:
    """An approved post with Rosa in a picture, whose time has come."""
    media = scenes.add_picture(session, teacher, now)
    _draft, [publication] = scenes.approved(
        session, teacher, head, now - HOUR, x, at=now, text="Well done to Ada Winterbourne’s team!",
        pictures=(scenes.choice(media),), pupil_ids=(rosa.id,), none_shown=False,
    )  # fmt: skip
    return publication


def _send(session: Session, publication: Publication, now: datetime, meanwhile: Callable[[], None]) -> Board:
    claim = publishing.claim(session, publication.id, now=now)
    session.commit()
    assert claim is not None
    board = Uploading()
    board.meanwhile = meanwhile
    outcome = publishing.send(claim, board, DurableSteps(db.transaction, claim, lambda: now))  # type: ignore[arg-type]
    publishing.record(session, claim, outcome, now=now)
    session.commit()
    return board


@SQLITE
def test_a_consent_withdrawn_while_pictures_are_uploaded_stops_the_post(
    session: Session, due: Publication, rosa: Pupil, school_people: dict[Role, Person], now: datetime
) -> None:
    """P25, P26: the post would have appeared seconds after the parent's letter was entered."""

    def withdraw() -> None:
        with db.transaction() as other:
            officer = other.get_one(Person, school_people[Role.DPO].id)
            consent.withdraw(other, rosa.consents[0].id, reason="A letter", by=officer, now=now)

    board = _send(session, due, now, withdraw)
    assert not board.posts
    assert due.state is PublicationState.SCHEDULED
    session.expire_all()
    assert publishing.claim(session, due.id, now=due.next_try_at) is None
    assert due.state is PublicationState.HELD
    assert "Rosa Ainsworth has no consent" in (due.problem or "")


@SQLITE
def test_a_leave_withdrawn_while_pictures_are_uploaded_stops_the_post(
    session: Session, due: Publication, teacher: Person, head: Person, now: datetime
) -> None:
    """P1: nothing goes out in the name of somebody who may not write any more."""

    def withdraw() -> None:
        with db.transaction() as other:
            people.withdraw_authorisation(
                other,
                other.get_one(Person, teacher.id),
                other.get_one(Account, due.account_id),
                by=other.get_one(Person, head.id),
                reason="So",
                now=now,
            )

    assert not _send(session, due, now, withdraw).posts


@SQLITE
def test_nothing_changed_meanwhile_and_it_goes_out(
    session: Session, due: Publication, now: datetime
) -> None:  # fmt: skip
    assert len(_send(session, due, now, lambda: None).posts) == 1
    assert due.state is PublicationState.PUBLISHED


@SQLITE
def test_a_pupil_who_came_after_the_approval_is_not_named_beside_a_picture(
    session: Session, due: Publication, school_people: dict[Role, Person], now: datetime
) -> None:
    """P27: the register grows with the office's list while approved posts wait."""
    consent.add_pupil(
        session, name="Ada Winterbourne", class_name="Year 1", by=school_people[Role.DPO], now=now
    )
    assert publishing.claim(session, due.id, now=now) is None
    assert due.state is PublicationState.HELD
    assert "full name, “Ada Winterbourne”, is in the text" in (due.problem or "")
