"""What the outside world does meanwhile: approved drafts, comments, and platforms that misbehave."""

from __future__ import annotations

import io
import random
import threading
import time
from datetime import datetime, timedelta

import sqlalchemy as sa
from PIL import Image
from sqlalchemy.orm import Session

from approvals import decisions, drafts, findings, pictures, submissions
from approvals.content import DraftContent, PictureChoice
from approvals.models import Criterion, DecisionKind, Objective, Publication
from approvals.states import PublicationState
from connectors.base import Platform
from connectors.practice.faults import Fault, FaultRule, OperationKind
from moderation.classifier.own_cases import own_cases
from school import db, people, setup
from school.models import Role
from school.times import LONDON
from tests.faults.system import System

ABUSE_MARK = "I will find you and kill you"
"""In every comment that must come into the log, whatever the classifier thinks of the rest."""
INSTAGRAM_QUOTA = 45
"""Instagram takes 50 posts a day."""
SHARES = {Platform.X: 0.4, Platform.FACEBOOK: 0.6}
"""Of the drafts that Instagram's quota leaves."""

_BEFORE = (Fault.DELAY, Fault.ERROR_500, Fault.ERROR_503, Fault.HTML_502, Fault.RESET_BEFORE)
_AFTER = (Fault.RESET_AFTER, Fault.TRUNCATED, Fault.JSON_ARRAY, Fault.EMPTY, Fault.ERROR_AFTER)


def write_drafts(
    made: System, count: int, *, due: datetime, over: timedelta = timedelta(0), first: int = 0
) -> None:
    """So many drafts, each for one account, handed in and approved. `first`: the number of the first.

    They are due in the same minute, or spread over some time from then on.
    """
    instagram = min(INSTAGRAM_QUOTA, max(count // 10, 1))
    on_x = round((count - instagram) * SHARES[Platform.X])
    platforms = (
        [Platform.INSTAGRAM] * instagram
        + [Platform.X] * on_x
        + [Platform.FACEBOOK] * (count - instagram - on_x)
    )
    random.Random(count).shuffle(platforms)
    picture = _picture(made)
    for place, platform in enumerate(platforms):
        with db.transaction() as session:
            _write(
                session, made, first + place, platform, picture if platform is Platform.INSTAGRAM else None,
                due + timedelta(minutes=over / timedelta(minutes=1) * place // count),
            )  # fmt: skip


def make_due(after: timedelta = timedelta(0)) -> None:
    """Nobody waits until their time for a test: whatever is scheduled is due so soon from now on."""
    at = db.now() + after
    with db.transaction() as session:
        session.execute(
            sa.update(Publication)
            .where(Publication.state == PublicationState.SCHEDULED)
            .values(due_at=at, next_try_at=at)
        )


def time_to_write(made: System, count: int) -> timedelta:
    """Roughly how long `write_drafts` takes here and now, on the safe side."""
    began = time.monotonic()
    for number in range(4):
        if number == 1:
            # The first prepares statements for all that follow, and would count a thousand times.
            began = time.monotonic()
        with db.transaction() as session:
            _write(session, made, number, Platform.FACEBOOK, None, next_minute(timedelta(hours=1)))
            session.rollback()
    return timedelta(seconds=(time.monotonic() - began) / 3 * count * 1.5)


def _write(
    session: Session,
    made: System,
    number: int,
    platform: Platform,
    picture: PictureChoice | None,
    due: datetime,
) -> None:
    local, now = due.astimezone(LONDON), db.now()
    teacher = people.find(session, f"teacher@{setup.PRACTICE_DOMAIN}")
    head = people.holders(session, Role.HEADTEACHER)[0]
    assert teacher is not None
    content = DraftContent(
        text=f"Notice {number}: the summer fair is on Saturday at noon.",
        account_ids=(made.account_ids[platform],),
        objective=Objective.REMINDER,
        checklist=frozenset(Criterion),
        none_shown=True,
        device="School tablet 4",
        pictures=(picture,) if picture is not None else (),
        planned_date=f"{local:%Y-%m-%d}",
        planned_time=f"{local:%H:%M}",
    )
    draft = drafts.save(session, None, content, by=teacher, now=now)
    submissions.submit(
        session,
        draft.id,
        revision_number=draft.revision_number,
        findings=findings.findings([content.text]),
        by=teacher,
        now=now,
    )
    proof = decisions.prove_signed_in(session, draft.id, by=head, revision_number=draft.revision_number)
    decisions.decide(session, proof, decision=DecisionKind.APPROVE, reason="", now=now)


def _picture(made: System) -> PictureChoice:
    out = io.BytesIO()
    Image.new("RGB", (640, 480), (30, 90, 160)).save(out, "JPEG")
    with db.transaction() as session:
        teacher = people.find(session, f"teacher@{setup.PRACTICE_DOMAIN}")
        assert teacher is not None
        media = pictures.add_picture(
            session,
            data=out.getvalue(),
            filename="fair.jpg",
            alt_text="",
            source="",
            licence="",
            by=teacher,
            now=db.now(),
        )
        return PictureChoice(
            media_id=media.id,
            alt_text="Stalls on the school field",
            source="Taken by the office",
            licence="Owned by the school",
        )


def next_minute(after: timedelta) -> datetime:
    """The first whole minute that is at least so far away."""
    wanted = db.now() + after
    return wanted.replace(second=0, microsecond=0) + timedelta(minutes=1)


class Crowd:
    """People who comment, evenly over some time; one in ten says what must come into the log."""

    def __init__(self, made: System, *, comments: int, seconds: float, seed: int) -> None:
        self._world = made.platforms.world
        self._count = comments
        self._seconds = seconds
        self._random = random.Random(seed)
        self._over = threading.Event()
        self.said = 0
        self._texts = [case.text for case in own_cases() if not any(case.labels)]
        self._posts = {
            platform: [
                self._world.publish(platform, f"Before the product came, {number}").id for number in range(4)
            ]
            for platform in made.account_ids
        }
        self._thread = threading.Thread(target=self._work, name="crowd", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join(30)

    @property
    def done(self) -> bool:
        return self.said >= self._count

    def _work(self) -> None:
        began = time.monotonic()
        while self.said < self._count:
            due = (self.said + 1) / self._count * self._seconds
            if self._over.wait(max(0.0, due - (time.monotonic() - began))):
                return
            platform = self._random.choice(list(self._posts))
            text = self._random.choice(self._texts)[:200]
            if self.said % 10 == 0:
                text = f"{ABUSE_MARK}. {text}"
            name = f"Parent {self._random.randrange(max(self._count // 5, 10))}"
            self._world.say(
                platform, self._random.choice(self._posts[platform]), name, f"{text} ({self.said})", None
            )
            self.said += 1


class Weather:
    """Platforms that misbehave: every so often one request, or the next few, go wrong."""

    def __init__(self, made: System, *, every: float, seed: int, long_waits_for: float) -> None:
        """`every`: seconds between two faults on average; 0: there are none."""
        self._world = made.platforms.world
        self._platforms = list(made.account_ids)
        self._every = every
        self._random = random.Random(seed)
        self._long_waits_until = time.monotonic() + long_waits_for
        self._over = threading.Event()
        self.faults: dict[str, int] = {}
        self._thread = threading.Thread(target=self._work, name="weather", daemon=True)

    @property
    def total(self) -> int:
        return sum(self.faults.values())

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Fair weather from now on."""
        self._over.set()
        self._thread.join(30)
        self._world.faults.clear()

    def _work(self) -> None:
        while self._every and not self._over.wait(self._random.expovariate(1 / self._every)):
            platform = self._random.choice(self._platforms)
            kind = self._random.choice((OperationKind.PUBLISH, OperationKind.READ))
            fault = self._random.choice((*_BEFORE, *_AFTER, Fault.RATE_LIMIT, Fault.RATE_LIMIT_NO_RESET))
            if fault in {Fault.RATE_LIMIT, Fault.RATE_LIMIT_NO_RESET} and not self._may_wait(platform, fault):
                continue
            times = self._random.choice((1, 1, 1, 2, 3)) if fault in _BEFORE else 1
            seconds = self._random.uniform(0.5, 3) if fault is Fault.DELAY else 2.0
            self._world.faults.set(platform, kind, FaultRule(fault, next_n=times, seconds=seconds))
            self.faults[fault.value] = self.faults.get(fault.value, 0) + times

    def _may_wait(self, platform: Platform, fault: Fault) -> bool:
        """After a 429, Graph has one wait for minutes, and X for one when it says nothing of the end."""
        if platform is Platform.X and fault is Fault.RATE_LIMIT:
            return True
        return time.monotonic() < self._long_waits_until and self._random.random() < 0.1
