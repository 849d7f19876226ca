"""One decision for every account on which a post is held: each as if it were decided alone (P12)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals import holding, holding_together, publishing
from approvals.holding_together import Together
from approvals.models import Draft, Publication, PublicationMove
from approvals.publishing import Outcome, OutcomeKind
from approvals.states import PublicationState
from school import stopping
from school.errors import BadInput, NotFound, NotPermitted
from school.models import Account, Person, Role
from tests.approvals import scenes

LATE = timedelta(hours=3)
Three = tuple[Draft, list[Publication]]


@pytest.fixture
def held(
    session: Session,
    teacher: Person,
    head: Person,
    x: Account,
    facebook: Account,
    instagram: Account,
    now: datetime,
) -> Three:
    """A post that is held on three accounts, since it came due too long ago."""
    picture = scenes.choice(scenes.add_picture(session, teacher, now))
    accounts = (x, facebook, instagram)
    draft, publications = scenes.approved(session, teacher, head, now, *accounts, pictures=(picture,))
    for one in publications:
        assert publishing.claim(session, one.id, now=now + LATE) is None
    session.commit()
    assert {one.state for one in publications} == {PublicationState.HELD}
    return draft, sorted(publications, key=lambda one: one.account.platform)


def _settle(
    session: Session,
    draft: Draft,
    seen: Mapping[UUID, int],
    by: Person,
    now: datetime,
    *,
    to: Literal["publish", "cancel"] = "publish",
    looked: bool = False,
    reason: str = "Still wanted",
) -> Together:
    done = holding_together.settle(
        session, draft.id, seen, to=to, looked=looked, reason=reason, by=by, now=now + LATE
    )
    session.commit()
    return done


def test_one_reason_settles_all_and_each_has_its_own_move(
    session: Session, head: Person, held: Three, now: datetime
) -> None:
    draft, publications = held
    seen = holding.seen(session, publications)
    done = _settle(session, draft, seen, head, now)
    assert {one.id for one in done.settled} == set(seen) and not done.left
    for one in publications:
        assert one.state is PublicationState.SCHEDULED and one.due_at == now + LATE
        last = session.scalars(
            sa.select(PublicationMove)
            .where(PublicationMove.publication_id == one.id)
            .order_by(PublicationMove.at.desc(), PublicationMove.id.desc())
        ).first()
        assert last is not None and last.actor_id == head.id and last.reason == "Still wanted"
        assert publishing.claim(session, one.id, now=now + LATE) is not None
    session.commit()
    # The same form sent once more sends nothing out a second time.
    again = _settle(session, draft, seen, head, now)
    assert not again.settled and len(again.left) == 3
    assert {one.state for one in publications} == {PublicationState.PUBLISHING}


def test_what_changed_meanwhile_is_left_and_named_and_the_others_go_through(
    session: Session, head: Person, held: Three, now: datetime
) -> None:
    draft, publications = held
    facebook, instagram, x = publications
    seen = holding.seen(session, publications)
    # A colleague lets one go out, and it is held for a person anew.
    holding.publish_now(session, facebook.id, looked=False, reason="Go", by=head, now=now + LATE)
    publishing.hold(session, facebook, "The account was closed.", now=now + LATE)
    # Another is given up in another tab.
    holding.cancel(session, instagram.id, looked=False, reason="No", by=head, now=now + LATE)
    session.commit()
    done = _settle(session, draft, seen, head, now, to="cancel", reason="Too late")
    assert [one.id for one in done.settled] == [x.id] and x.state is PublicationState.CANCELLED
    assert facebook.state is PublicationState.HELD, "nobody has seen why it is held now"
    left = {one.account: one.sentence for one in done.left}
    assert len(left) == 2 and all("meanwhile" in sentence for sentence in left.values())
    assert "stopped" in next(one for account, one in left.items() if "Instagram" in account)


def test_that_somebody_looked_counts_only_for_what_they_were_asked_about(
    session: Session, head: Person, held: Three, now: datetime
) -> None:
    """Nothing goes out twice: a post that may be there is sent again on nobody's word about another."""
    draft, publications = held
    facebook, instagram, x = publications
    facebook.unknown_since = now + LATE
    session.commit()
    seen = holding.seen(session, publications)
    done = _settle(session, draft, seen, head, now)
    assert {one.id for one in done.settled} == {instagram.id, x.id}
    assert "Look at the account" in done.left[0].sentence and facebook.state is PublicationState.HELD
    # Meanwhile another was sent, and what became of it is not known: the word is of the time before.
    claim = publishing.claim(session, x.id, now=now + LATE)
    assert claim is not None
    publishing.record(session, claim, Outcome(OutcomeKind.UNKNOWN), now=now + LATE)
    publishing.hold(session, x, "It isn't known whether it was posted.", now=now + LATE)
    session.commit()
    done = _settle(session, draft, seen, head, now, looked=True)
    assert [one.id for one in done.settled] == [facebook.id]
    assert x.state is PublicationState.HELD and x.unknown_since is not None


def test_what_stands_against_one_account_leaves_nothing_half_done_there(
    session: Session, head: Person, held: Three, now: datetime, school_people: dict[Role, Person]
) -> None:
    draft, publications = held
    seen = holding.seen(session, publications)
    stopping.stop_publishing(session, by=school_people[Role.SLT], reason="A death", now=now + LATE)
    before = {one.id: (one.due_at, one.problem, one.attempts) for one in publications}
    done = _settle(session, draft, seen, head, now)
    assert not done.settled and {one.sentence for one in done.left} == {
        "All publishing is stopped. Somebody who may has to allow it again under Accounts; then decide on "
        "this post."
    }
    session.expire_all()
    assert {one.id: (one.due_at, one.problem, one.attempts) for one in publications} == before
    # Giving it up needs nothing to be allowed.
    assert len(_settle(session, draft, seen, head, now, to="cancel").settled) == 3


def test_bad_input_and_strangers_settle_nothing(
    session: Session, teacher: Person, head: Person, held: Three, x: Account, now: datetime
) -> None:
    draft, publications = held
    seen = holding.seen(session, publications)
    other, [elsewhere] = scenes.approved(session, teacher, head, now, x, text="Another")
    with pytest.raises(NotPermitted):
        _settle(session, draft, seen, teacher, now)
    with pytest.raises(BadInput, match="reason is empty"):
        _settle(session, draft, seen, head, now, reason=" ")
    with pytest.raises(BadInput, match="No account"):
        _settle(session, draft, {}, head, now)
    with pytest.raises(NotFound):
        _settle(session, draft, {**seen, elsewhere.id: 1}, head, now)
    session.rollback()
    assert {one.state for one in publications} == {PublicationState.HELD}
    assert elsewhere.state is PublicationState.SCHEDULED and other.id != draft.id
