"""Scoring recent comments again: in small steps, over a crash, against what people decide meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from moderation import alerts, log, rescoring
from moderation.decisions import Outcome
from moderation.models import (
    CaseState,
    Comment,
    CommentScore,
    CommentState,
    EventKind,
    Follower,
    LogCase,
    LogEntry,
    LogEvent,
    ReferTo,
    RescoreJob,
    RescoreState,
)
from school.db import reading, transaction
from school.errors import BadInput, MoveNotAllowed, NotPermitted
from school.models import OutboxEmail, Person, Role
from tests.moderation.platform import ScriptedPlatform, author, comment
from tests.moderation.scenes import LEASE, URL, Clock, change_rules, decide, flagged, poll, score

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


class NewModel:
    """Finds what the first model did not: toads, and whatever the test names besides."""

    model_name = "new@test"

    def __init__(self, *words: str) -> None:
        self.words = words or ("toad",)

    def score(self, texts: Sequence[str]) -> list[dict[str, float]]:
        return [{"toxicity": 0.9 if any(w in text for w in self.words) else 0.01} for text in texts]


def ask(by: Person, clock: Clock, days: int = 30) -> RescoreJob:
    with transaction() as session:
        return rescoring.ask(session, days, by=session.get_one(Person, by.id), url=URL, now=clock())


def take(clock: Clock, limit: int = 3) -> rescoring.RescoreBatch | None:
    with transaction() as session:
        return rescoring.take(session, limit, lease=LEASE, url=URL, now=clock())


def step(clock: Clock, model: NewModel | None = None, limit: int = 3) -> int | None:
    """One batch; how many came into the log, None when there was nothing to do."""
    batch = take(clock, limit)
    if batch is None:
        return None
    return keep(batch, clock, model)


def keep(batch: rescoring.RescoreBatch, clock: Clock, model: NewModel | None = None) -> int:
    used = model or NewModel()
    scores = used.score(batch.texts)
    with transaction() as session:
        return rescoring.record(session, batch, scores, model_name=used.model_name, url=URL, now=clock())


def job() -> RescoreJob:
    with reading() as session:
        found = rescoring.newest(session)
        assert found is not None
        return found


def outdated(clock: Clock) -> int:
    with reading() as session:
        return rescoring.outdated(session, since=clock() - timedelta(days=30))


def entries() -> dict[str, LogCase]:
    with reading() as session:
        rows = session.execute(
            sa.select(LogEntry.text, LogCase).join(LogCase, LogCase.entry_id == LogEntry.id)
        )
        return {row.text: row.LogCase for row in rows}


@pytest.fixture
def slt(school_people: dict[Role, Person]) -> Person:
    """Who asks for it."""
    return school_people[Role.SLT]


def test_what_is_newly_flagged_comes_into_the_log(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, slt: Person
) -> None:
    """Nothing that is in the log is dropped, though the new model thinks better of it."""
    first = flagged(
        account_id,
        platform,
        clock,
        comment(1, "You idiot"),
        comment(2, "You toad"),
        comment(3, "Lovely"),
        comment(4, "Another idiot", author=author("Ann")),
        comment(5, "What a toad", created_at=clock() - timedelta(days=40)),
    )
    decide(first[1], Outcome.HIDE, by=slt, clock=clock)
    assert outdated(clock) == 0
    with transaction() as session:
        change_rules(session, words=("zzz",), by=session.get_one(Person, slt.id), now=clock())
    assert outdated(clock) == 4
    asked = ask(slt, clock)
    assert asked.total == 4
    found = []
    while (new := step(clock)) is not None:
        found.append(new)
    assert sum(found) == 1 and len(found) == 2
    ended = job()
    assert (ended.state, ended.done, ended.flagged) == (RescoreState.DONE, 4, 1)
    assert outdated(clock) == 0
    cases = entries()
    assert set(cases) == {"You idiot", "Another idiot", "You toad"}
    assert cases["You idiot"].state is CaseState.OPEN and cases["You toad"].kinds == ",toxicity,rescored,"
    assert cases["Another idiot"].state is CaseState.DECIDED
    with reading() as session:
        entry = session.scalars(sa.select(LogEntry).where(LogEntry.text == "You toad")).one()
        assert entry.reasons[-1]["detail"].startswith("scored again on")
        assert entry.model_name == "new@test" and entry.scores == {"toxicity": 0.9}
        states = {one.text: one.state for one in session.scalars(sa.select(Comment))}
        assert states["You toad"] is CommentState.FLAGGED and states["You idiot"] is CommentState.FLAGGED
        assert states["What a toad"] is CommentState.CLEAR
        assert log.verify(session) is None
        kept = session.scalars(sa.select(CommentScore).where(CommentScore.model_name == "new@test")).all()
        assert len(kept) == 4


@on_sqlite
def test_a_worker_that_died_is_replaced_where_it_was(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, slt: Person
) -> None:
    platform.show(*(comment(n, f"toad {n}", author=author(f"A{n}")) for n in range(7)))
    poll(account_id, platform, clock)
    score(clock)
    ask(slt, clock)
    assert step(clock) == 3
    lost = take(clock)
    assert lost is not None and take(clock) is None
    clock.on(minutes=6)
    assert step(clock) == 3
    # What the dead one still brings is not taken twice.
    assert keep(lost, clock) == 0
    assert step(clock) == 1 and step(clock) is None
    assert (job().done, job().flagged, len(entries())) == (7, 7, 7)


def test_many_workers_share_one_job(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, slt: Person
) -> None:
    platform.show(*(comment(n, f"toad {n}", author=author(f"A{n}")) for n in range(20)))
    poll(account_id, platform, clock)
    score(clock)
    ask(slt, clock)
    start = threading.Barrier(3)
    ended: list[bool] = []

    def work() -> None:
        start.wait()
        for _ in range(200):
            if step(clock, limit=2) is None and job().state is RescoreState.DONE:
                ended.append(True)
                return

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ended) == 3
    assert (job().state, job().done, job().flagged) == (RescoreState.DONE, 20, 20)
    with reading() as session:
        assert len(set(session.scalars(sa.select(LogEntry.number)))) == 20
        assert log.verify(session) is None


@on_sqlite
def test_a_decision_while_it_is_scored_again_stands(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, slt: Person
) -> None:
    """The batch was taken while the entry was open; the person was faster, and the model finds more."""
    entry_id = flagged(account_id, platform, clock, comment(1, "Ring 07700 900123 you toad"))[0]
    ask(slt, clock)
    batch = take(clock)
    assert batch is not None
    decide(entry_id, Outcome.DISMISS, by=slt, clock=clock)
    with reading() as session:
        version = session.get_one(LogCase, entry_id).version
    assert keep(batch, clock) == 0
    with reading() as session:
        case = session.get_one(LogCase, entry_id)
        assert (case.state, case.outcomes, case.version) == (CaseState.DECIDED, ",dismiss,", version)
        kinds = session.scalars(sa.select(LogEvent.kind).order_by(LogEvent.seq)).all()
        assert kinds == [EventKind.RECORDED, EventKind.DECIDED]


def test_more_reasons_make_an_open_page_too_old(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, slt: Person
) -> None:
    """Whoever decides from a page that shows less is told (409)."""
    entry_id = flagged(account_id, platform, clock, comment(1, "Ring 07700 900123 you toad"))[0]
    ask(slt, clock)
    assert step(clock) == 0
    with reading() as session:
        case = session.get_one(LogCase, entry_id)
        assert (case.version, case.kinds) == (2, ",personal_data,toxicity,")
        kinds = session.scalars(sa.select(LogEvent.kind).order_by(LogEvent.seq)).all()
        assert kinds == [EventKind.RECORDED, EventKind.SCORED_AGAIN]
        assert log.verify(session) is None
    # The same again adds nothing.
    while step(clock) is not None:
        pass
    clock.on(minutes=1)
    with transaction() as session:
        change_rules(session, words=("zzz",), by=session.get_one(Person, slt.id), now=clock())
    ask(slt, clock)
    assert step(clock) == 0
    with reading() as session:
        assert session.get_one(LogCase, entry_id).version == 2


@on_sqlite
def test_an_edit_meanwhile_is_left_to_the_usual_scoring(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, slt: Person
) -> None:
    platform.show(comment(1, "A toad"))
    poll(account_id, platform, clock)
    score(clock)
    ask(slt, clock)
    batch = take(clock)
    assert batch is not None
    platform.show(comment(1, "You idiot"))
    poll(account_id, platform, clock)
    assert keep(batch, clock) == 0 and entries() == {}
    assert score(clock).flagged == 1


@on_sqlite
def test_a_text_that_nobody_decided_on_asks_again(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, slt: Person
) -> None:
    """Decided, then edited to something that passed, and that newer rules flag."""
    entry_id = flagged(account_id, platform, clock)[0]
    decide(entry_id, Outcome.HIDE, by=slt, clock=clock)
    platform.show(comment(1, "You toad"))
    poll(account_id, platform, clock)
    score(clock)
    ask(slt, clock)
    assert step(clock) == 0
    with reading() as session:
        case = session.get_one(LogCase, entry_id)
        assert case.state is CaseState.OPEN
        assert session.scalar(sa.select(Comment.state)) is CommentState.FLAGGED


@on_sqlite
def test_what_the_classifier_fails_on_is_passed_over(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, slt: Person
) -> None:
    platform.show(*(comment(n, f"toad {n}", author=author(f"A{n}")) for n in range(3)))
    poll(account_id, platform, clock)
    score(clock)
    ask(slt, clock)
    sizes = []
    for _ in range(4):
        batch = take(clock)
        assert batch is not None
        sizes.append(len(batch.items))
        with transaction() as session:
            rescoring.give_back(session, batch, now=clock())
    assert sizes == [3, 1, 1, 1]
    assert step(clock) == 2
    assert step(clock) is None
    assert (job().done, job().skipped, job().flagged) == (3, 1, 2)


@on_sqlite
@pytest.mark.usefixtures("numbered_in_turn")
def test_threats_are_mailed_and_a_flood_of_them_is_counted(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, slt: Person
) -> None:
    """P23, without a hundred mails."""
    platform.show(*(comment(n, f"toad {n}", author=author(f"A{n}")) for n in range(8)))
    poll(account_id, platform, clock)
    score(clock)
    ask(slt, clock)

    class Threats(NewModel):
        def score(self, texts: Sequence[str]) -> list[dict[str, float]]:
            return [{"threat": 0.99} for _ in texts]

    while step(clock, Threats()) is not None:
        pass
    clock.on(minutes=1)
    with transaction() as session:
        alerts.send_gathered(session, url=URL, now=clock())
    with reading() as session:
        mails = session.execute(sa.select(OutboxEmail.to_address, OutboxEmail.subject)).all()
    mine = [mail.subject for mail in mails if mail.to_address == slt.email]
    assert mine == [
        "Urgent: look at log entry 1 now",
        "Urgent: scoring again found 3 more",
        "Urgent: look at log entries 2, 3, 4, 5 now",
    ]
    assert job().urgent == 8


@on_sqlite
def test_p3_what_is_kept_from_the_headteacher_is_in_no_number_of_it(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, slt: Person, school_people: dict[Role, Person]
) -> None:
    entry_id = flagged(account_id, platform, clock, comment(1, "You idiot of a toad"))[0]
    chair = {"refer_to": ReferTo.CHAIR, "about_headteacher": True}
    decide(entry_id, Outcome.REFER, by=slt, clock=clock, **chair)
    decide(entry_id, Outcome.REOPEN, by=slt, clock=clock)
    ask(slt, clock)

    class Threats(NewModel):
        def score(self, texts: Sequence[str]) -> list[dict[str, float]]:
            return [{"threat": 0.99} for _ in texts]

    while step(clock, Threats()) is not None:
        pass
    with reading() as session:
        assert session.get_one(LogCase, entry_id).urgent
        query = sa.select(OutboxEmail.to_address).where(OutboxEmail.purpose == "urgent_comment")
        told = set(session.scalars(query))
    assert school_people[Role.DSL].email in told and school_people[Role.HEADTEACHER].email not in told
    assert job().urgent == 0


@on_sqlite
def test_asking_twice_and_asking_wrongly(
    account_id: UUID, clock: Clock, slt: Person, school_people: dict[Role, Person]
) -> None:
    for days in (0, 367):
        with pytest.raises(BadInput, match="choose 1 to 366"):
            ask(slt, clock, days)
    with pytest.raises(NotPermitted):
        ask(school_people[Role.MODERATOR], clock)
    first = ask(slt, clock)
    with pytest.raises(MoveNotAllowed, match="already"):
        ask(school_people[Role.HEADTEACHER], clock)
    with transaction() as session:
        change_rules(session, words=("toad",), by=session.get_one(Person, slt.id), now=clock())
    clock.on(seconds=1)
    second = ask(slt, clock)
    with reading() as session:
        assert session.get_one(RescoreJob, first.id).state is RescoreState.STOPPED
        assert session.get_one(RescoreJob, second.id).state is RescoreState.RUNNING
    with transaction() as session:
        rescoring.stop(session, second.id, by=session.get_one(Person, slt.id), url=URL, now=clock())
    assert step(clock) is None
    with pytest.raises(MoveNotAllowed), transaction() as session:
        rescoring.stop(session, second.id, by=session.get_one(Person, slt.id), url=URL, now=clock())


@on_sqlite
def test_followers_who_wait_are_judged_again(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, slt: Person
) -> None:
    """Names and bios stand under the same versions of the rules."""
    poll(account_id, platform, clock)
    platform.people = [author("New Nora", bio="sunny")]
    poll(account_id, platform, clock)
    score(clock)
    with transaction() as session:
        assert session.scalars(sa.select(Follower.severity)).one() == 0
        change_rules(session, words=("sunny",), by=session.get_one(Person, slt.id), now=clock())
    ask(slt, clock)
    score(clock)
    with reading() as session:
        assert session.scalars(sa.select(Follower.reasons)).one()[0]["kind"] == "word"
