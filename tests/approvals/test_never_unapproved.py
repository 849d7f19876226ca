"""Whatever people do in whatever order, nothing is sent without an approval of exactly that (P12)."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given
from hypothesis import settings as example_settings
from hypothesis import strategies as some
from sqlalchemy.orm import Session

from approvals import decisions, drafts, holding, publishing, reconciling, schedule, submissions
from approvals.claims import PublicationClaim
from approvals.models import ApprovalDecision, DecisionKind, Draft, DraftRevision, Publication
from approvals.states import DraftState, PublicationState
from approvals.steps import keep_step
from connectors.base import STEP_POSTING
from connectors.errors import ConnectorUnavailable, OutcomeUnknown
from school.errors import SchoolgateError
from school.models import Account, Person, Role
from tests.approvals import scenes
from tests.approvals.scenes import Board, Memory

STEPS = (
    "edit",
    "submit",
    "approve",
    "ask for changes",
    "reject",
    "withdraw",
    "tamper",
    "an hour passes",
    "a minute passes",
    "publish",
    "publish without an answer",
    "platform away",
    "worker lost before sending",
    "worker lost after sending",
    "late answer",
    "look",
    "look again",
    "miss",
    "publish now",
    "cancel",
)


class World:
    """One draft, the people around it, and what was sent with what right."""

    def __init__(
        self, session: Session, teacher: Person, head: Person, account: Account, now: datetime
    ) -> None:
        self.session, self.teacher, self.head, self.account, self.now = session, teacher, head, account, now
        self.board = Board(on_publish=self.check)
        self.sent: list[str] = []
        self.claim: PublicationClaim | None = None
        self.late: tuple[PublicationClaim, publishing.Outcome] | None = None
        self.planned = now + timedelta(hours=1)
        draft = drafts.save(
            session, None, scenes.content(account, at=self.planned, text="0"), by=teacher, now=now
        )
        self.id = draft.id
        session.commit()

    @property
    def draft(self) -> Draft:
        return self.session.get_one(Draft, self.id)

    def check(self) -> None:
        """Called at the moment of sending: the words must be those of a revision with a decision in force."""
        assert self.claim is not None
        draft = self.draft
        assert draft.state is DraftState.APPROVED
        revision = drafts.current_revision(self.session, draft)
        approvals = self.session.scalars(
            sa.select(ApprovalDecision).where(
                ApprovalDecision.draft_id == self.id,
                ApprovalDecision.kind == DecisionKind.APPROVE,
                ApprovalDecision.voided_at.is_(None),
            )
        ).all()
        assert [decision.revision_id for decision in approvals] == [revision.id]
        assert approvals[0].revision_hash == revision.content_hash
        assert self.claim.content.text == revision.text
        assert "tampered" not in self.claim.content.text
        publication = self.session.get_one(Publication, self.claim.publication_id)
        assert self.now - publication.due_at <= timedelta(minutes=60)
        self.sent.append(revision.text)

    def mine(self, ids: list[UUID]) -> list[UUID]:
        """Without what earlier examples left in the same database."""
        return [each for each in ids if self.session.get_one(Publication, each).draft_id == self.id]

    def do(self, step: str) -> None:
        """One thing that somebody tries; what may not be is refused and leaves nothing behind."""
        try:
            getattr(self, step.replace(" ", "_"))()
            self.session.commit()
        except SchoolgateError:
            self.session.rollback()
            self.session.expire_all()

    def edit(self) -> None:
        self.planned = max(self.planned, self.now + timedelta(minutes=30))
        number = self.draft.revision_number
        what = scenes.content(self.account, at=self.planned, text=str(number), based_on=number)
        drafts.save(self.session, self.id, what, by=self.teacher, now=self.now)

    def submit(self) -> None:
        number = self.draft.revision_number
        submissions.submit(
            self.session, self.id, revision_number=number, findings=[], by=self.teacher, now=self.now
        )

    def _decide(self, kind: DecisionKind) -> None:
        proof = decisions.prove_signed_in(
            self.session, self.id, by=self.head, revision_number=self.draft.revision_number
        )
        decisions.decide(self.session, proof, decision=kind, reason="Because", now=self.now)

    def approve(self) -> None:
        self._decide(DecisionKind.APPROVE)

    def ask_for_changes(self) -> None:
        self._decide(DecisionKind.CHANGES)

    def reject(self) -> None:
        self._decide(DecisionKind.REJECT)

    def withdraw(self) -> None:
        drafts.withdraw(self.session, self.id, reason="", by=self.teacher, now=self.now)

    def tamper(self) -> None:
        self.session.execute(
            sa.update(DraftRevision)
            .where(DraftRevision.draft_id == self.id, DraftRevision.number == self.draft.revision_number)
            .values(text="tampered")
        )
        self.session.commit()
        self.session.expire_all()

    def an_hour_passes(self) -> None:
        self.now += timedelta(hours=1)

    def a_minute_passes(self) -> None:
        self.now += timedelta(minutes=1)

    def publish(self, before: Exception | None = None, after: Exception | None = None) -> None:
        for each in self.mine(publishing.due(self.session, now=self.now)):
            self.claim = publishing.claim(self.session, each, now=self.now)
            self.session.commit()
            if self.claim is not None:
                self.board.before, self.board.after = before, after  # type: ignore[assignment]
                outcome = publishing.send(self.claim, self.board, Memory())  # type: ignore[arg-type]
                publishing.record(self.session, self.claim, outcome, now=self.now)

    def publish_without_an_answer(self) -> None:
        self.publish(after=OutcomeUnknown("The line broke."))

    def platform_away(self) -> None:
        # Nothing is taken, so nothing counts as sent.
        sent = list(self.sent)
        self.publish(before=ConnectorUnavailable("X is away."))
        self.sent = sent

    def worker_lost_before_sending(self) -> None:
        for each in self.mine(publishing.due(self.session, now=self.now)):
            publishing.claim(self.session, each, now=self.now)

    def worker_lost_after_sending(self) -> None:
        for each in self.mine(publishing.due(self.session, now=self.now)):
            self.claim = publishing.claim(self.session, each, now=self.now)
            self.session.commit()
            if self.claim is not None:
                keep_step(self.session, each, STEP_POSTING, "begun")
                self.session.commit()
                self.board.before = self.board.after = None
                outcome = publishing.send(self.claim, self.board, Memory())  # type: ignore[arg-type]
                self.late = (self.claim, outcome)

    def late_answer(self) -> None:
        if self.late is not None:
            publishing.record(self.session, *self.late, now=self.now)

    def look_again(self) -> None:
        for publication in schedule.publications(self.session, self.draft):
            with contextlib.suppress(SchoolgateError):
                holding.look_again(self.session, publication.id, by=self.head, now=self.now)

    def look(self) -> None:
        for each in self.mine(reconciling.due_looks(self.session, now=self.now)):
            claim = reconciling.claim_look(self.session, each, now=self.now)
            self.session.commit()
            if claim is not None:
                found = reconciling.reconcile(claim, self.board, Memory())  # type: ignore[arg-type]
                reconciling.record_look(self.session, claim, found, now=self.now)

    def miss(self) -> None:
        schedule.miss_unapproved(self.session, now=self.now)

    def publish_now(self) -> None:
        for publication in schedule.publications(self.session, self.draft):
            if publication.state not in {PublicationState.HELD, PublicationState.FAILED}:
                continue
            holding.publish_now(
                self.session,
                publication.id,
                looked=not self.board.posts,
                reason="Yes",
                by=self.head,
                now=self.now,
            )

    def cancel(self) -> None:
        for publication in schedule.publications(self.session, self.draft):
            with contextlib.suppress(SchoolgateError):
                holding.cancel(
                    self.session,
                    publication.id,
                    looked=not self.board.posts,
                    reason="No",
                    by=self.head,
                    now=self.now,
                )


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@given(steps=some.lists(some.sampled_from(STEPS), min_size=4, max_size=25))
@example_settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_nothing_is_sent_without_an_approval_of_exactly_that(
    steps: list[str],
    session: Session,
    school_people: dict[Role, Person],
    make_account: Callable[..., Account],
    now: datetime,
) -> None:
    account = _account(session, make_account)
    world = World(session, school_people[Role.STAFF], school_people[Role.HEADTEACHER], account, now)
    # A sequence that leads to a post comes first half the time, or few would get there.
    if len(steps) % 2:
        steps = ["submit", "approve", "an hour passes", *steps]
    for step in steps:
        world.do(step)
    # Once on the account, whatever was tried, and all that is there was approved at that moment.
    assert len(world.board.posts) <= 1
    assert [post.text for post in world.board.posts] == world.sent
    session.rollback()


def _account(session: Session, make_account: Callable[..., Account]) -> Account:
    found = session.scalar(sa.select(Account).where(Account.platform == "x"))
    return found if found is not None else make_account("x")
