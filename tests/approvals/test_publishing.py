"""Nothing goes out unapproved, late or twice (P12, P26, DESIGN "Life of a draft")."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet
from sqlalchemy.orm import Session

from approvals import claims, drafts, holding, publishing, reconciling, schedule
from approvals.models import DraftRevision, MediaRendition, Publication, PublicationMove
from approvals.publishing import OutcomeKind
from approvals.states import DraftState, PublicationState
from approvals.steps import keep_step
from connectors.base import STEP_POSTING
from connectors.errors import (
    ConnectorRefused,
    ConnectorUnavailable,
    CredentialsDead,
    DuplicatePost,
    OutcomeUnknown,
    RateLimited,
)
from school import audit, consent, people, secrets, stopping
from school.errors import BadInput, MoveNotAllowed, NotFound, NotPermitted
from school.models import Account, AccountState, Person, Pupil, Role
from tests.approvals import scenes
from tests.approvals.scenes import Board, Memory

HOUR = timedelta(hours=1)


def _publish(session: Session, publication: Publication, board: Board, at: datetime) -> str:
    claim = publishing.claim(session, publication.id, now=at)
    session.commit()
    assert claim is not None
    outcome = publishing.send(claim, board, Memory())  # type: ignore[arg-type]
    publishing.record(session, claim, outcome, now=at)
    session.commit()
    return publication.state.value


def test_an_approved_draft_is_published_once_with_its_address(
    session: Session, teacher: Person, head: Person, x: Account, facebook: Account, now: datetime
) -> None:
    _draft, [first, second] = scenes.approved(
        session,
        teacher,
        head,
        now,
        x,
        facebook,
        own_texts={x.id: "Short for X"},
        link="https://example.sch.uk/fair",
    )
    assert publishing.due(session, now=now) == []
    assert publishing.claim(session, first.id, now=now) is None
    at = now + HOUR
    assert set(publishing.due(session, now=at)) == {first.id, second.id}
    board = Board()
    for publication in (first, second):
        assert _publish(session, publication, board, at) == "published"
        assert publication.post_url and publication.post_platform_id
        assert publishing.claim(session, publication.id, now=at) is None
    assert publishing.due(session, now=at + HOUR) == []
    assert {post.text for post in board.posts} == {
        "Short for X\nhttps://example.sch.uk/fair",
        "The summer fair is on Saturday at noon.\nhttps://example.sch.uk/fair",
    }
    moves = [
        move.new.value
        for move in session.scalars(
            sa.select(PublicationMove)
            .where(PublicationMove.publication_id == first.id)
            .order_by(PublicationMove.id)
        )
    ]
    assert moves == ["scheduled", "publishing", "published"]
    assert audit.verify(session) is None


def test_only_one_of_two_workers_gets_the_claim(
    session: Session, teacher: Person, head: Person, x: Account, now: datetime
) -> None:
    _draft, [publication] = scenes.approved(session, teacher, head, now, x)
    assert publishing.claim(session, publication.id, now=now + HOUR) is not None
    assert publishing.claim(session, publication.id, now=now + HOUR) is None


@pytest.mark.parametrize("change", ["text", "picture", "lost picture", "alt", "pupils", "time"])
def test_what_was_changed_behind_the_approval_is_held(
    change: str, session: Session, teacher: Person, head: Person, x: Account, rosa: Pupil, now: datetime
) -> None:
    """P12: the hash is made anew from what is stored at the moment of publication."""
    media = scenes.add_picture(session, teacher, now)
    draft, [publication] = scenes.approved(
        session,
        teacher,
        head,
        now,
        x,
        pictures=(scenes.choice(media),),
        pupil_ids=(rosa.id,),
        none_shown=False,
    )
    revision = drafts.current_revision(session, draft)
    if change == "text":
        revision.text += " Free beer."
    elif change == "picture":
        other = secrets.encrypt(scenes.picture_bytes(64, 64))
        session.execute(sa.update(MediaRendition).values(sealed=other))
    elif change == "lost picture":
        # What nobody can read any more can't be compared.
        unread = Fernet(Fernet.generate_key()).encrypt(scenes.picture_bytes())
        session.execute(sa.update(MediaRendition).values(sealed=unread))
    elif change == "alt":
        revision.pictures[0].alt_text = "Something else"
    elif change == "pupils":
        session.delete(revision.pupils[0])
        session.flush()
        session.expire(revision, ["pupils"])
    else:
        revision.planned_at = now + timedelta(minutes=1)
    session.commit()
    assert publishing.claim(session, publication.id, now=now + HOUR) is None
    assert publication.state is PublicationState.HELD
    assert "not exactly what was approved" in str(publication.problem)
    assert len(scenes.mails(session, "publication_problem", teacher)) == 1
    assert len(scenes.mails(session, "publication_problem", head)) == 1


def test_a_picture_whose_key_is_not_at_hand_waits_for_it(
    session: Session, teacher: Person, head: Person, x: Account, now: datetime
) -> None:
    """Nothing is wrong with the post, so it isn't held, nor counted as changed."""
    media = scenes.add_picture(session, teacher, now)
    _draft, [publication] = scenes.approved(session, teacher, head, now, x, pictures=(scenes.choice(media),))
    right = secrets.all_keys()
    secrets.keep_keys(["another-key-of-more-than-32-characters"])
    with pytest.raises(secrets.KeyMissing):
        publishing.claim(session, publication.id, now=now + HOUR)
    session.rollback()
    session.refresh(publication)
    assert publication.state is PublicationState.SCHEDULED and publication.problem is None
    secrets.keep_keys(right)
    assert publishing.claim(session, publication.id, now=now + HOUR) is not None


def test_more_than_an_hour_late_is_held_and_a_person_can_send_it(
    session: Session, teacher: Person, head: Person, x: Account, now: datetime
) -> None:
    _draft, [publication] = scenes.approved(session, teacher, head, now, x)
    at = now + HOUR + timedelta(minutes=61)
    assert publishing.claim(session, publication.id, now=at) is None
    assert publication.state is PublicationState.HELD and "61" not in str(publication.problem)
    with pytest.raises(NotPermitted):
        holding.publish_now(session, publication.id, looked=True, reason="Send it", by=teacher, now=at)
    with pytest.raises(BadInput):
        holding.publish_now(session, publication.id, looked=True, reason=" ", by=head, now=at)
    holding.publish_now(session, publication.id, looked=False, reason="Still worth it", by=head, now=at)
    session.commit()
    assert _publish(session, publication, Board(), at) == "published"


def test_an_hour_late_to_the_minute_still_goes_out(
    session: Session, teacher: Person, head: Person, x: Account, now: datetime
) -> None:
    _draft, [publication] = scenes.approved(session, teacher, head, now, x)
    assert publishing.claim(session, publication.id, now=now + HOUR + timedelta(minutes=60)) is not None


def test_nothing_goes_out_while_publishing_is_stopped(
    session: Session, teacher: Person, head: Person, x: Account, now: datetime
) -> None:
    _draft, [publication] = scenes.approved(session, teacher, head, now, x)
    stopping.stop_publishing(session, by=head, reason="A death in the school", now=now)
    session.commit()
    at = now + HOUR
    assert publishing.due(session, now=at) == []
    assert publishing.claim(session, publication.id, now=at) is None
    assert publication.state is PublicationState.SCHEDULED
    late = at + timedelta(minutes=61)
    assert publishing.due(session, now=late) == [publication.id]
    assert publishing.claim(session, publication.id, now=late) is None
    assert publication.state is PublicationState.HELD


def test_consent_withdrawn_after_approval_holds_the_post(
    session: Session,
    teacher: Person,
    head: Person,
    x: Account,
    rosa: Pupil,
    school_people: dict[Role, Person],
    now: datetime,
) -> None:
    """P26: checked again at the moment of publication."""
    media = scenes.add_picture(session, teacher, now)
    draft, [publication] = scenes.approved(
        session,
        teacher,
        head,
        now,
        x,
        pictures=(scenes.choice(media),),
        pupil_ids=(rosa.id,),
        none_shown=False,
    )
    assert [found.id for found in drafts.showing(session, rosa.id)] == [draft.id]
    consent.withdraw(session, rosa.consents[0].id, reason="By letter", by=school_people[Role.DPO], now=now)
    session.commit()
    assert publishing.claim(session, publication.id, now=now + HOUR) is None
    assert publication.state is PublicationState.HELD and "Rosa Ainsworth" in str(publication.problem)
    with pytest.raises(BadInput):
        holding.publish_now(session, publication.id, looked=True, reason="Anyway", by=head, now=now + HOUR)


@pytest.mark.parametrize("trouble", ["authorisation", "account"])
def test_authorisation_and_account_must_be_in_force(
    trouble: str, session: Session, teacher: Person, head: Person, x: Account, now: datetime
) -> None:
    _draft, [publication] = scenes.approved(session, teacher, head, now, x)
    if trouble == "authorisation":
        people.withdraw_authorisation(session, teacher, x, by=head, reason="Left", now=now)
    else:
        x.state, x.problem = AccountState.NEEDS_CONNECTING, "The token is dead."
    session.commit()
    assert publishing.claim(session, publication.id, now=now + HOUR) is None
    expected = PublicationState.HELD if trouble == "authorisation" else PublicationState.SCHEDULED
    assert publication.state is expected


@pytest.mark.parametrize(
    ("error", "kind", "state"),
    [
        (ConnectorUnavailable("X can't be reached."), OutcomeKind.LATER, PublicationState.SCHEDULED),
        (RateLimited("X wants a pause.", retry_after=120), OutcomeKind.LATER, PublicationState.SCHEDULED),
        (RateLimited("X wants a long pause.", retry_after=7200), OutcomeKind.LATER, PublicationState.HELD),
        (ConnectorRefused("X says no."), OutcomeKind.REFUSED, PublicationState.FAILED),
        (CredentialsDead("The token is dead."), OutcomeKind.REFUSED, PublicationState.SCHEDULED),
        (OutcomeUnknown("No answer."), OutcomeKind.UNKNOWN, PublicationState.UNKNOWN),
        (DuplicatePost("Said before."), OutcomeKind.UNKNOWN, PublicationState.UNKNOWN),
    ],
)
def test_every_error_of_a_platform_has_its_own_end(
    error: ConnectorUnavailable,
    kind: OutcomeKind,
    state: PublicationState,
    session: Session,
    teacher: Person,
    head: Person,
    x: Account,
    now: datetime,
) -> None:
    _draft, [publication] = scenes.approved(session, teacher, head, now, x)
    at = now + HOUR
    claim = publishing.claim(session, publication.id, now=at)
    assert claim is not None
    outcome = publishing.send(claim, Board(before=error), Memory())  # type: ignore[arg-type]
    assert outcome.kind is kind
    publishing.record(session, claim, outcome, now=at)
    assert publication.state is state
    if isinstance(error, RateLimited) and state is PublicationState.SCHEDULED:
        assert publication.next_try_at == at + timedelta(seconds=120)
    if isinstance(error, CredentialsDead):
        assert x.state is AccountState.NEEDS_CONNECTING
    if state in {PublicationState.FAILED, PublicationState.HELD}:
        assert scenes.mails(session, "publication_problem", teacher)


def test_a_post_taken_without_an_answer_is_found_and_never_sent_again(
    session: Session, teacher: Person, head: Person, x: Account, now: datetime
) -> None:
    _draft, [publication] = scenes.approved(session, teacher, head, now, x)
    board = Board(after=OutcomeUnknown("The line broke."))
    at = now + HOUR
    claim = publishing.claim(session, publication.id, now=now + HOUR)
    assert claim is not None
    publishing.record(session, claim, publishing.send(claim, board, Memory()), now=at)  # type: ignore[arg-type]
    publication.started_at = datetime.now(tz=at.tzinfo)
    session.commit()
    assert publishing.due(session, now=at + HOUR) == []
    assert reconciling.due_looks(session, now=at) == [publication.id]
    look = reconciling.claim_look(session, publication.id, now=at)
    assert look is not None
    assert reconciling.claim_look(session, publication.id, now=at) is None
    reconciling.record_look(session, look, reconciling.reconcile(look, board, scenes.Memory()), now=at)  # type: ignore[arg-type]
    assert publication.state is PublicationState.PUBLISHED
    assert publication.post_platform_id == board.posts[0].platform_id
    assert len(board.posts) == 1


def test_a_worker_killed_while_sending_leads_to_a_look_not_a_second_post(
    session: Session, teacher: Person, head: Person, x: Account, now: datetime
) -> None:
    _draft, [publication] = scenes.approved(session, teacher, head, now, x)
    board = Board()
    at = now + HOUR
    claim = publishing.claim(session, publication.id, now=at, lease=timedelta(minutes=5))
    assert claim is not None
    session.commit()
    outcome = publishing.send(claim, board, Memory())  # type: ignore[arg-type]
    publication.started_at = datetime.now(tz=at.tzinfo)
    keep_step(session, publication.id, STEP_POSTING, "sent")
    session.commit()
    # Killed here: the answer is never recorded.
    assert reconciling.due_looks(session, now=at + timedelta(minutes=4)) == []
    after = at + timedelta(minutes=6)
    assert publishing.due(session, now=after) == []
    assert reconciling.due_looks(session, now=after) == [publication.id]
    look = reconciling.claim_look(session, publication.id, now=after)
    assert look is not None and publication.state is PublicationState.UNKNOWN
    reconciling.record_look(session, look, reconciling.reconcile(look, board, scenes.Memory()), now=after)  # type: ignore[arg-type]
    assert publication.state is PublicationState.PUBLISHED
    # The killed worker's answer comes after all: it changes nothing.
    publishing.record(session, claim, outcome, now=after)
    assert publication.state is PublicationState.PUBLISHED and len(board.posts) == 1


def test_a_post_that_is_not_there_is_handed_to_a_person_after_several_looks(
    session: Session, teacher: Person, head: Person, x: Account, now: datetime
) -> None:
    _draft, [publication] = scenes.approved(session, teacher, head, now, x)
    board = Board(before=OutcomeUnknown("No answer."))
    at = now + HOUR
    claim = publishing.claim(session, publication.id, now=at)
    assert claim is not None
    publishing.record(session, claim, publishing.send(claim, board, Memory()), now=at)  # type: ignore[arg-type]
    looks = 0
    while publication.state is PublicationState.UNKNOWN:
        at += timedelta(seconds=30)
        assert looks < 20
        for each in reconciling.due_looks(session, now=at):
            look = reconciling.claim_look(session, each, now=at)
            assert look is not None
            reconciling.record_look(
                session, look, reconciling.reconcile(look, board, scenes.Memory()), now=at
            )  # type: ignore[arg-type]
            looks += 1
    assert publication.state is PublicationState.HELD and looks >= 3
    assert publishing.due(session, now=at + HOUR) == []
    with pytest.raises(BadInput):
        holding.publish_now(session, publication.id, looked=False, reason="Again", by=head, now=at)
    with pytest.raises(MoveNotAllowed):
        drafts.save(
            session, publication.draft_id, scenes.content(x, at=at + HOUR, based_on=1), by=teacher, now=at
        )
    steps = Memory()
    steps.put(STEP_POSTING, "before")
    holding.publish_now(session, publication.id, looked=True, reason="I looked", by=head, now=at)
    session.commit()
    board.before = None
    assert _publish(session, publication, board, at) == "published"


def test_two_posts_that_could_be_it_are_left_to_a_person(
    session: Session, teacher: Person, head: Person, x: Account, now: datetime
) -> None:
    _draft, [publication] = scenes.approved(session, teacher, head, now, x)
    board = Board(after=OutcomeUnknown("The line broke."))
    at = now + HOUR
    claim = publishing.claim(session, publication.id, now=at)
    assert claim is not None
    for _ in range(2):
        outcome = publishing.send(claim, board, Memory())  # type: ignore[arg-type]
    publishing.record(session, claim, outcome, now=at)
    publication.started_at = datetime.now(tz=at.tzinfo)
    look = reconciling.claim_look(session, publication.id, now=at)
    assert look is not None
    reconciling.record_look(session, look, reconciling.reconcile(look, board, scenes.Memory()), now=at)  # type: ignore[arg-type]
    assert publication.state is PublicationState.HELD and "2 posts" in str(publication.problem)
    holding.published_by_hand(
        session, publication.id, url="https://x.com/larkfield/status/1", reason="The first", by=head, now=at
    )
    assert publication.state.value == "published" and publication.by_hand


def test_the_same_text_posted_for_another_draft_is_not_adopted(
    session: Session, teacher: Person, head: Person, x: Account, now: datetime
) -> None:
    _one, [first] = scenes.approved(session, teacher, head, now, x)
    _two, [second] = scenes.approved(session, teacher, head, now, x)
    board = Board()
    at = now + HOUR
    assert _publish(session, first, board, at) == "published"
    claim = publishing.claim(session, second.id, now=at)
    assert claim is not None
    board.before = DuplicatePost("Said before.")
    publishing.record(session, claim, publishing.send(claim, board, Memory()), now=at)  # type: ignore[arg-type]
    second.started_at = datetime.now(tz=at.tzinfo)
    look = reconciling.claim_look(session, second.id, now=at)
    assert look is not None
    assert reconciling.reconcile(look, board, scenes.Memory()).kind is reconciling.LookKind.ABSENT  # type: ignore[arg-type]


def test_a_platform_that_cannot_be_read_is_left_to_a_person_after_an_hour(
    session: Session, teacher: Person, head: Person, x: Account, now: datetime
) -> None:
    _draft, [publication] = scenes.approved(session, teacher, head, now, x)
    board = Board(before=OutcomeUnknown("No answer."), unreadable=ConnectorUnavailable("X is down."))
    at = now + HOUR
    claim = publishing.claim(session, publication.id, now=at)
    assert claim is not None
    publishing.record(session, claim, publishing.send(claim, board, Memory()), now=at)  # type: ignore[arg-type]
    for minutes, state in ((1, PublicationState.UNKNOWN), (61, PublicationState.HELD)):
        moment = at + timedelta(minutes=minutes)
        look = reconciling.claim_look(session, publication.id, now=moment)
        assert look is not None
        reconciling.record_look(
            session, look, reconciling.reconcile(look, board, scenes.Memory()), now=moment
        )  # type: ignore[arg-type]
        assert publication.state is state


def test_not_approved_in_time_is_missed_and_people_are_told(
    session: Session, teacher: Person, head: Person, x: Account, now: datetime
) -> None:
    draft = drafts.save(session, None, scenes.content(x, at=now + HOUR), by=teacher, now=now)
    scenes.submit(session, draft, teacher, now)
    assert schedule.miss_unapproved(session, now=now + timedelta(minutes=59)) == 0
    assert schedule.miss_unapproved(session, now=now + HOUR) == 1
    assert schedule.miss_unapproved(session, now=now + HOUR) == 0
    [publication] = schedule.publications(session, draft)
    assert publication.state is PublicationState.MISSED
    assert draft.state is DraftState.DRAFT
    day = (now + HOUR).date()
    entries = schedule.calendar(
        session, first=day - timedelta(days=1), last=day + timedelta(days=1), by=teacher, now=now
    )
    assert [entry.state for entry in entries] == [PublicationState.MISSED]
    assert publishing.due(session, now=now + 2 * HOUR) == []
    assert len(scenes.mails(session, "missed", teacher)) == 1
    assert len(scenes.mails(session, "missed", head)) == 1


def test_a_person_cancels_what_is_scheduled(
    session: Session, teacher: Person, head: Person, x: Account, now: datetime
) -> None:
    _draft, [publication] = scenes.approved(session, teacher, head, now, x)
    with pytest.raises(NotPermitted):
        holding.cancel(session, publication.id, looked=False, reason="No", by=teacher, now=now)
    holding.cancel(session, publication.id, looked=False, reason="The fair is off", by=head, now=now)
    assert publication.state is PublicationState.CANCELLED
    assert publishing.claim(session, publication.id, now=now + HOUR) is None


def test_instagram_gets_an_address_that_works_only_while_publishing(
    session: Session, teacher: Person, head: Person, instagram: Account, now: datetime
) -> None:
    media = scenes.add_picture(session, teacher, now)
    _draft, [publication] = scenes.approved(
        session, teacher, head, now, instagram, pictures=(scenes.choice(media),)
    )
    claim = publishing.claim(session, publication.id, now=now + HOUR)
    assert claim is not None
    [picture] = claim.content.pictures
    assert picture.mime_type == "image/jpeg" and picture.public_url is not None
    token = picture.public_url.rsplit("/", 1)[1].removesuffix(".jpg")
    assert claims.public_picture(session, token) == ("image/jpeg", picture.data)
    with pytest.raises(NotFound):
        claims.public_picture(session, "made-up")
    publishing.record(session, claim, publishing.send(claim, Board(), Memory()), now=now + HOUR)  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        claims.public_picture(session, token)


def test_revisions_are_not_touched_by_publishing(
    session: Session, teacher: Person, head: Person, x: Account, now: datetime
) -> None:
    draft, [publication] = scenes.approved(session, teacher, head, now, x)
    before = session.scalar(sa.select(DraftRevision.content_hash).where(DraftRevision.draft_id == draft.id))
    _publish(session, publication, Board(), now + HOUR)
    assert (
        session.scalar(sa.select(DraftRevision.content_hash).where(DraftRevision.draft_id == draft.id))
        == before
    )
