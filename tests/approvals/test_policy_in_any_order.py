"""Whatever happens in whatever order, no post appears that the policy forbids at that moment (P1, P12, P26).

Hypothesis plays the school: people write, change, approve, lose their leave, consents come, end and are
withdrawn, accounts close, years pass, and platforms fail. The product does it all with its own functions
against the practice platforms; `plain_school` says of every post that appears whether it may.
`SCHOOLGATE_TEST_EXAMPLES=5000` makes a long run of it.
"""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase
from hypothesis import settings as example_settings
from hypothesis import strategies as some
from hypothesis.stateful import consumes, precondition, rule, run_state_machine_as_test
from sqlalchemy.orm import Session, sessionmaker

from approvals import holding, publishing, reconciling, schedule
from approvals.claims import PublicationClaim
from approvals.models import Publication
from approvals.steps import DurableSteps
from connectors.base import STEP_POSTING, Credentials, Endpoints
from connectors.practice.faults import Fault, FaultRule, OperationKind
from connectors.practice.servers import PracticePlatforms
from connectors.registry import connector_for
from school import db
from school.models import ConsentKind
from tests.approvals.any_order_base import (
    BEGINNING,
    CHILDREN,
    LATER_CHILD,
    PLATFORMS,
    begin,
)
from tests.approvals.any_order_posts import Posts
from tests.approvals.plain_school import Post

EXAMPLES = int(os.environ.get("SCHOOLGATE_TEST_EXAMPLES", "30"))
STEPS = 25
SOON = timedelta(minutes=20)
MEANWHILE = (
    "", "", "", "", "consent withdrawn", "leave withdrawn", "shut out", "stopped", "pupil left", "not on X",
)  # fmt: skip
BEFORE = (
    "", "", "consent withdrawn", "consent withdrawn", "leave withdrawn", "shut out", "pupil left", "not on X",
    "tampered", "pupil comes",
)  # fmt: skip
FAULTS = (None, None, None, None, Fault.RESET_AFTER, Fault.RESET_BEFORE, Fault.ERROR_503, Fault.DEAD_TOKEN)


class Interrupted(DurableSteps):
    """Does something just before the one request that posts."""

    meanwhile: Callable[[], None] | None = None

    def put(self, key: str, value: str) -> None:
        if key == STEP_POSTING and value and self.meanwhile is not None:
            first, self.meanwhile = self.meanwhile, None
            first()
        super().put(key, value)


class AnyOrder(Posts):
    """Time passes, workers publish, platforms fail."""

    written = Posts.written

    def teardown(self) -> None:
        try:
            # What is still to come goes out, or doesn't, as things stand in the end.
            for _turn in range(6):
                self.until_the_next_is_due("", "", None)
        finally:
            self.end()

    # Time and the workers

    @rule(
        passes=some.sampled_from(
            [timedelta(minutes=1), timedelta(minutes=25), timedelta(hours=4), timedelta(days=3)]
        ),
        meanwhile=some.sampled_from(MEANWHILE),
        fault=some.sampled_from(FAULTS),
        asleep=some.sampled_from((False, False, False, False, True)),
    )
    def time_passes(self, passes: timedelta, meanwhile: str, fault: Fault | None, asleep: bool) -> None:
        """Workers look whenever something is due, unless they are asleep all the time."""
        until = self.now + passes
        while not asleep and (soonest := self._next_due()) is not None and soonest <= until:
            self._at(max(self.now, soonest))
            self.publish(meanwhile, fault)
            if self._next_due() == soonest:
                break
        self._at(until)
        self.publish(meanwhile, fault)

    @precondition(lambda self: self.now.year == 2027)
    @rule()
    def a_school_year_ends(self) -> None:
        self._at(max(self.now, datetime(self.now.year + (self.now.month >= 9), 9, 1, 9, tzinfo=UTC)))

    def _at(self, moment: datetime) -> None:
        self.plain.now = self.clock[0] = moment

    def _next_due(self) -> datetime | None:
        with self.transaction() as session:
            return session.scalar(
                sa.select(sa.func.min(Publication.next_try_at)).where(Publication.state == "scheduled")
            )

    @rule(
        before=some.sampled_from(BEFORE),
        meanwhile=some.sampled_from(MEANWHILE),
        fault=some.sampled_from(FAULTS),
    )
    def until_the_next_is_due(self, before: str, meanwhile: str, fault: Fault | None) -> None:
        """Something happens about the very post that comes next, and then its time has come."""
        with self.transaction() as session:
            found = session.execute(
                sa.select(Publication.draft_id, Publication.next_try_at)
                .where(Publication.state == "scheduled")
                .order_by(Publication.next_try_at)
            ).first()
        if found is not None:
            self._strikes(before, found.draft_id)
            self._at(max(self.now, found.next_try_at))
        self.publish(meanwhile, fault)

    def _strikes(self, what: str, draft: UUID) -> None:
        post = self.plain.posts[draft]
        match what:
            case "consent withdrawn":
                for name in post.versions[-1].children:
                    self.withdraw_consents(name, ConsentKind(post.versions[-1].appear))
            case "not on X":
                for name in post.versions[-1].children:
                    self.withdraw_consents(name, ConsentKind(post.versions[-1].appear), "x")
            case "pupil left":
                for name in post.versions[-1].children:
                    self.leaves(name)
            case "leave withdrawn":
                for platform in PLATFORMS:
                    self.leave_to_write(post.author, platform, False)
            case "shut out":
                self.let_in_or_shut_out(post.author)
            case "stopped":
                self.stop_or_allow()
            case "pupil comes":
                self.the_offices_list({*CHILDREN, LATER_CHILD}, False, "")
            case "tampered":
                self.tamper(draft)

    def publish(self, meanwhile: str, fault: Fault | None) -> None:
        with self.transaction() as session:
            due = publishing.due(session, now=self.now)
        for publication_id in due:
            with self.transaction() as session:
                claimed = publishing.claim(session, publication_id, now=self.now)
            if claimed is None:
                continue
            if fault is not None:
                self.platforms.world.faults.set(
                    claimed.platform, OperationKind.PUBLISH, FaultRule(fault, next_n=1)
                )
            steps = Interrupted(self.transaction, claimed, lambda: self.now)
            if meanwhile:
                with self.transaction() as session:
                    draft = session.get_one(Publication, publication_id).draft_id
                steps.meanwhile = lambda: self._strikes(meanwhile, draft)  # noqa: B023
            outcome = publishing.send(claimed, self._connector(claimed), steps)
            self.platforms.world.faults.clear()
            self._look_at_the_platforms()
            with self.transaction() as session:
                publishing.record(session, claimed, outcome, now=self.now)

    def _connector(self, claimed: PublicationClaim) -> Any:
        return connector_for(
            claimed.platform,
            Credentials(self.platforms.credentials(claimed.platform)),
            self.platforms.world.school(claimed.platform).id,
            Endpoints(x_url=self.platforms.x_url, graph_url=self.platforms.graph_url, timeout=10),
        )

    @rule()
    def look_for_lost_posts(self) -> None:
        with self.transaction() as session:
            due = reconciling.due_looks(session, now=self.now)
        for publication_id in due:
            with self.transaction() as session:
                claimed = reconciling.claim_look(session, publication_id, now=self.now)
            if claimed is not None:
                look = reconciling.reconcile(
                    claimed,
                    self._connector(claimed),
                    DurableSteps(self.transaction, claimed, lambda: self.now),
                )
                with self.transaction() as session:
                    reconciling.record_look(session, claimed, look, now=self.now)

    @rule()
    def miss_what_nobody_decided(self) -> None:
        with self.transaction() as session:
            missed = schedule.unapproved(session, now=self.now)
            schedule.miss_unapproved(session, now=self.now)
        for draft in missed:
            self.undone(self.plain.posts[draft])

    @rule(draft=written, by=some.sampled_from(("head", "deputy", "teacher")), give_up=some.booleans())
    def decide_on_held(self, draft: UUID, by: str, give_up: bool) -> None:
        """Somebody lets a held post go out after all, or gives it up."""
        post = self.plain.posts[draft]
        for publication_id, platform in self._publications(draft):
            how = holding.cancel if give_up else holding.publish_now
            looked = not self._is_out(post, platform)

            def settle(session: Session, publication_id=publication_id, how=how, looked=looked) -> None:
                how(
                    session,
                    publication_id,
                    looked=looked,
                    reason="So",
                    by=self.person(session, by),
                    now=self.now,
                )

            if self.do(settle):
                assert self.plain.adults[by].roles & {"headteacher", "slt"}, f"{by} may not"
                post.stopped.add(platform) if give_up else post.released.update({platform: self.now})

    @rule(draft=written)
    def look_again(self, draft: UUID) -> None:
        for publication_id, _platform in self._publications(draft):
            self.do(
                lambda s: holding.look_again(s, publication_id, by=self.person(s, "head"), now=self.now)  # noqa: B023
            )  # fmt: skip

    @rule(draft=consumes(written))
    def forget(self, draft: UUID) -> None:
        """Nothing more is done about a post, so that others get their turn."""

    def _publications(self, draft: UUID) -> list[tuple[UUID, str]]:
        with self.transaction() as session:
            query = sa.select(Publication).where(Publication.draft_id == draft)
            return [(one.id, one.account.platform) for one in session.scalars(query)]

    def _is_out(self, post: Post, platform: str) -> bool:
        texts = {version.text for version in post.versions}
        return any(each.text in texts for each in self.platforms.world.posts(platform, limit=1000))

    def _look_at_the_platforms(self) -> None:
        """The one question of this test, asked of every post that has appeared."""
        for platform in PLATFORMS:
            for post in self.platforms.world.posts(platform, limit=20):
                if post.id in self.seen:
                    continue
                self.seen.add(post.id)
                assert not (why := self.plain.why_wrong(platform, post.text)), f"{post.text!r}: {why}"
                self.appeared.append(post.text)


@pytest.fixture
def any_order(
    sqlite_template: Path, settings_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[type[AnyOrder]]:
    """The machine with a school to copy and platforms to publish on."""
    AnyOrder.template, AnyOrder.folder = tmp_path / "school.db", tmp_path
    AnyOrder.seen, AnyOrder.appeared, AnyOrder.clock = set(), [], [BEGINNING]
    AnyOrder.numbers = itertools.count(1)
    shutil.copy(sqlite_template, AnyOrder.template)
    engine = db.make_engine(f"sqlite:///{AnyOrder.template}")
    with PracticePlatforms(
        None, pace=None, earlier_life=False, x_window=1, clock=lambda: AnyOrder.clock[0]
    ) as platforms:
        AnyOrder.platforms = platforms
        with sessionmaker(engine, expire_on_commit=False).begin() as session:
            AnyOrder.ids = begin(session, platforms)
        with engine.connect() as connection, suppress(sa.exc.OperationalError):
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        engine.dispose()
        yield AnyOrder


def test_no_post_ever_appears_that_the_policy_forbids_at_that_moment(any_order: type[AnyOrder]) -> None:
    run_state_machine_as_test(
        any_order,
        settings=example_settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            # A failure is told as it was found when time is short; a long run makes it small.
            phases=(Phase.generate, Phase.shrink) if EXAMPLES > 100 else (Phase.generate,),
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_what_may_appear_appears(any_order: type[AnyOrder]) -> None:
    """Else the test above would prove nothing."""
    school = any_order()
    try:
        post = ("teacher", "head", PLATFORMS, (CHILDREN[0],), "picture", SOON, False)
        school.school_as_it_is([post])
        school.until_the_next_is_due("", "", None)
        assert len(any_order.appeared) == 2
    finally:
        school.end()
