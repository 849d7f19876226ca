"""From fetched to flagged: evidence first, once, with the reason; mails for what can't wait."""

from __future__ import annotations

import threading
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from moderation import alerts, chain, review, scoring, words
from moderation.decisions import Outcome
from moderation.models import (
    ActKind,
    CaseState,
    Comment,
    CommentScore,
    CommentState,
    EventKind,
    LogCase,
    LogEntry,
    LogEvent,
    PlatformAct,
)
from school import consent
from school.db import reading, transaction
from school.models import OutboxEmail, Person, Role
from tests.moderation.platform import ScriptedPlatform, author, comment
from tests.moderation.scenes import (
    LEASE,
    URL,
    Clock,
    WordEngine,
    act,
    change_rules,
    decide,
    flagged,
    poll,
    score,
)


def test_p17_a_flag_copies_the_evidence(account_id: UUID, platform: ScriptedPlatform, clock: Clock) -> None:
    """P17: text, author, link, time, scores, model and reasons as first seen."""
    platform.show(comment(1, "You idiot"), comment(2, "Lovely"))
    poll(account_id, platform, clock)
    assert score(clock) == scoring.Recorded(clear=1, flagged=1)
    with reading() as session:
        entry = session.scalars(sa.select(LogEntry)).one()
        assert (entry.text, entry.author_name, entry.url) == (
            "You idiot",
            "Troll Tim",
            "https://platform.test/c/1",
        )
        assert (entry.platform, entry.post_text) == ("facebook", "Sports day on Friday.")
        assert (entry.model_name, entry.rules_version, entry.scores["toxicity"]) == ("words@test", 1, 0.99)
        assert entry.reasons[0]["label"] == "toxicity"
        case = session.get_one(LogCase, entry.id)
        assert (case.state, case.urgent, case.kinds) == (CaseState.OPEN, False, ",toxicity,")
        scores = session.scalars(sa.select(CommentScore).order_by(CommentScore.flagged)).all()
        assert [(s.flagged, s.model_name, s.rules_version) for s in scores] == [
            (False, "words@test", 1),
            (True, "words@test", 1),
        ]
        assert set(session.scalars(sa.select(Comment.state))) == {CommentState.CLEAR, CommentState.FLAGGED}


def test_p23_a_threat_is_mailed_at_once_without_its_text(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: dict[Role, Person]
) -> None:
    """P23: SLT and DSL are told; the words stay behind the link."""
    entry_id = flagged(account_id, platform, clock, comment(1, "I know where you live"))[0]
    with reading() as session:
        assert session.get_one(LogCase, entry_id).urgent
        mails = session.execute(sa.select(OutboxEmail.to_address, OutboxEmail.subject, OutboxEmail.raw)).all()
    told = {mail.to_address for mail in mails}
    assert {school_people[role].email for role in (Role.SLT, Role.DSL, Role.HEADTEACHER)} <= told
    assert school_people[Role.MODERATOR].email not in told
    for mail in mails:
        assert b"where you live" not in mail.raw and "Troll" not in mail.subject
        assert f"{URL}/moderation/{entry_id}".encode() in mail.raw.replace(b"=\r\n", b"")
        assert b"Troll Tim" in mail.raw


def test_p21_names_of_pupils_and_staff_are_personal_data(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: dict[Role, Person]
) -> None:
    """P21."""
    with transaction() as session:
        dpo = session.get_one(Person, school_people[Role.DPO].id)
        consent.add_pupil(session, name="Zebedee Quillfeather", class_name="3B", by=dpo, now=clock())
    entry_id = flagged(account_id, platform, clock, comment(1, "I saw Zebedee Quillfeather at the shop"))[0]
    with reading() as session:
        assert "personal_data" in session.get_one(LogCase, entry_id).kinds
        assert not session.get_one(LogCase, entry_id).urgent
    found = "Zebedee Quillfeather in 3B lives at 12 Mill Lane LS6 2AB and his mum is an idiot"
    staff = f"{school_people[Role.SLT].name} lives at 12 Mill Lane LS6 2AB"
    flagged(
        account_id, platform, clock, comment(2, "You idiot, idiot!"), comment(3, staff), comment(4, found)
    )
    with reading() as session:
        # What locates a child comes before abuse, and the safeguarding lead is told at once (P23).
        shown = review.queue(
            session, viewer=session.get_one(Person, school_people[Role.SLT].id), now=clock()
        ).items
        assert (shown[0].entry.text, [item.case.urgent for item in shown]) == (found, [True, *[False] * 3])
        assert shown[0].case.kinds.startswith(",personal_data,") and shown[0].entry.worrying
        mails = session.scalars(sa.select(OutboxEmail).where(OutboxEmail.purpose == "urgent_comment")).all()
        assert school_people[Role.DSL].email in {mail.to_address for mail in mails}
        why = words.shortly(shown[0].entry.reasons)
        assert {"a street address", "a postcode", "the name of a pupil in the register"} < set(why)
        assert "Mill Lane" not in " ".join(why)


def test_a_word_of_the_school_flags_from_then_on(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: dict[Role, Person]
) -> None:
    with transaction() as session:
        slt = session.get_one(Person, school_people[Role.SLT].id)
        change_rules(session, words=("numpty",), by=slt, now=clock())
    entry_id = flagged(account_id, platform, clock, comment(1, "What a numpty"))[0]
    with reading() as session:
        assert session.get_one(LogEntry, entry_id).rules_version == 2


def test_an_edit_to_abuse_opens_a_decided_entry_again(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: dict[Role, Person]
) -> None:
    entry_id = flagged(account_id, platform, clock)[0]
    decide(entry_id, Outcome.DISMISS, by=school_people[Role.SLT], clock=clock)
    platform.show(comment(1, "I know where you live, idiot"))
    poll(account_id, platform, clock)
    score(clock)
    with reading() as session:
        case = session.get_one(LogCase, entry_id)
        assert (case.state, case.urgent) == (CaseState.OPEN, True)
        # What was decided was said of the other text: it counts no more than after "Open it again".
        assert (case.outcomes, case.decided_at, case.decided_by_id) == ("", None, None)
        assert session.get_one(LogEntry, entry_id).text == "You idiot"
        kinds = session.scalars(sa.select(LogEvent.kind).order_by(LogEvent.seq)).all()
        assert kinds == [EventKind.RECORDED, EventKind.DECIDED, EventKind.EDITED, EventKind.REOPENED]
        edited = session.scalars(sa.select(LogEvent).where(LogEvent.kind == EventKind.EDITED)).one()
        assert edited.detail["text"] == "I know where you live, idiot"
        assert session.scalar(sa.select(sa.func.count()).select_from(OutboxEmail))


def test_an_edit_to_kindness_is_noted_and_closes_nothing(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock
) -> None:
    entry_id = flagged(account_id, platform, clock)[0]
    platform.show(comment(1, "Sorry, lovely day"))
    poll(account_id, platform, clock)
    score(clock)
    with reading() as session:
        assert session.get_one(LogCase, entry_id).state is CaseState.OPEN
        assert session.scalar(sa.select(Comment.state)) is CommentState.CLEAR


def test_an_edit_while_scoring_is_not_judged_by_the_old_text(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock
) -> None:
    platform.show(comment(1, "Lovely"))
    poll(account_id, platform, clock)
    with transaction() as session:
        batch = scoring.take_unscored(session, 10, lease=LEASE, now=clock())
    platform.show(comment(1, "You idiot"))
    poll(account_id, platform, clock)
    with transaction() as session:
        found = scoring.record_scores(
            session, batch, WordEngine().score(batch.texts), model_name="m", now=clock(), url=URL
        )
    assert found == scoring.Recorded(stale=1)
    assert score(clock).flagged == 1


@pytest.mark.parametrize(("limit", "hidden"), [(None, 0), (0.97, 1), (0.995, 0)])
def test_hide_at_once_is_a_setting(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, limit: float | None, hidden: int
) -> None:
    platform.show(comment(1, "You idiot"))
    poll(account_id, platform, clock)
    score(clock, hide_over=limit)
    with reading() as session:
        acts = list(session.scalars(sa.select(PlatformAct)))
        assert [(a.kind, a.requested_by_id) for a in acts] == [(ActKind.HIDE, None)] * hidden
        assert session.scalars(sa.select(LogCase.state)).one() is CaseState.OPEN
    act(platform, clock)
    assert platform.done == [("hide", "c-1")] * hidden


def test_what_the_classifier_cannot_read_goes_to_a_person(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock
) -> None:
    """Threats are found even so, within a minute (P23)."""
    platform.show(comment(1, "I know where you live"), comment(2, "Unreadable"))
    poll(account_id, platform, clock)
    start = clock()
    handed, sizes = [], []
    while sum(handed) < 2:
        with transaction() as session:
            batch = scoring.take_unscored(session, 10, lease=LEASE, now=clock())
        with transaction() as session:
            handed.append(scoring.give_back(session, batch, now=clock(), url=URL))
        sizes.append(len(batch.items))
        clock.on(seconds=1)
    assert clock() - start < timedelta(minutes=2)
    # Together at first, then each alone, so that a text that breaks the classifier harms no other.
    assert max(sizes) == 2 and sizes[0] == 2 and 2 not in sizes[1:]
    with reading() as session:
        found = {entry.text: entry.reasons for entry in session.scalars(sa.select(LogEntry))}
        assert found["Unreadable"][0]["label"] == scoring.NOT_SCORED
        assert [reason["kind"] for reason in found["I know where you live"]] == ["threat", "length"]
        assert session.scalar(sa.select(sa.func.count()).select_from(OutboxEmail))


def test_new_comments_come_first_and_old_ones_are_not_forgotten(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock
) -> None:
    """P23: a threat written now doesn't wait for last month's praise."""
    start = clock()
    platform.show(*(comment(n, created_at=start + timedelta(minutes=n)) for n in range(40)))
    poll(account_id, platform, clock)
    with transaction() as session:
        batch = scoring.take_unscored(session, 8, lease=LEASE, now=clock())
        taken = session.scalars(
            sa.select(Comment.platform_id).where(Comment.scoring_until.is_not(None))
        ).all()
    assert set(taken) == {"c-39", "c-38", "c-37", "c-36", "c-35", "c-34", "c-0", "c-1"}
    assert len(batch.items) == 8


def test_two_scorers_share_the_work(account_id: UUID, platform: ScriptedPlatform, clock: Clock) -> None:
    platform.show(*(comment(n, "You idiot", author=author(f"A{n}")) for n in range(30)))
    poll(account_id, platform, clock)
    taken: list[UUID] = []
    start = threading.Barrier(3)

    def work() -> None:
        start.wait()
        while True:
            with transaction() as session:
                batch = scoring.take_unscored(session, 4, lease=LEASE, now=clock())
            if not batch.items:
                return
            taken.extend(item.comment_id for item in batch.items)
            with transaction() as session:
                scoring.record_scores(
                    session, batch, WordEngine().score(batch.texts), model_name="m", now=clock(), url=URL
                )

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    with reading() as session:
        assert len(set(session.scalars(sa.select(LogEntry.number)))) == 30
        assert set(session.scalars(sa.select(Comment.state))) == {CommentState.FLAGGED}
    assert len(taken) == len(set(taken)) == 30


def test_a_scorer_that_died_is_replaced(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, session: Session
) -> None:
    platform.show(comment(1))
    poll(account_id, platform, clock)
    with transaction() as one:
        assert len(scoring.take_unscored(one, 10, lease=LEASE, now=clock()).items) == 1
    with transaction() as two:
        assert scoring.take_unscored(two, 10, lease=LEASE, now=clock()).items == ()
    with transaction() as three:
        assert len(scoring.take_unscored(three, 10, lease=LEASE, now=clock.on(minutes=6)).items) == 1


def test_what_a_dead_scorer_had_taken_comes_before_what_is_new(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock
) -> None:
    """P23: a rush of new comments must not keep a threat waiting because its worker was killed."""
    platform.show(comment(1, "I know where you live"))
    poll(account_id, platform, clock)
    with transaction() as session:
        scoring.take_unscored(session, 10, lease=LEASE, now=clock())
    platform.show(*(comment(n) for n in range(2, 10)))
    poll(account_id, platform, clock)
    clock.on(minutes=6)
    with transaction() as session:
        batch = scoring.take_unscored(session, 4, lease=LEASE, now=clock())
    assert batch.texts == ["I know where you live"]
    with transaction() as session:
        assert len(scoring.take_unscored(session, 4, lease=LEASE, now=clock()).items) == 4


@pytest.mark.usefixtures("numbered_in_turn")
def test_a_crowd_of_threats_is_one_mail_to_each(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: dict[Role, Person]
) -> None:
    """P23: all of them are named, each with its link."""
    entries = flagged(
        account_id, platform, clock, *(comment(n, f"I know where you live {n}") for n in range(7))
    )
    with reading() as session:
        mails = session.execute(sa.select(OutboxEmail.to_address, OutboxEmail.subject, OutboxEmail.raw)).all()
    assert len({mail.to_address for mail in mails}) == len(mails) > 2
    for mail in mails:
        assert mail.subject == "Urgent: look at log entries 1, 2, 3, 4, 5 and 2 more now"
        raw = mail.raw.replace(b"=\r\n", b"")
        assert all(f"{URL}/moderation/{entry_id}".encode() in raw for entry_id in entries)


@pytest.mark.usefixtures("numbered_in_turn")
def test_p23_what_follows_an_urgent_mail_is_gathered_for_half_a_minute(
    account_id: UUID,
    platform: ScriptedPlatform,
    clock: Clock,
    school_people: dict[Role, Person],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """P23: batch after batch of threats is one mail at once and one with all the rest; nothing is lost."""
    head, slt = school_people[Role.HEADTEACHER], school_people[Role.SLT]

    def told(person: Person) -> list[str]:
        subject = sa.select(OutboxEmail.subject).where(OutboxEmail.to_id == person.id)
        with reading() as session:
            return [line[20:] for line in session.scalars(subject.order_by(OutboxEmail.id))]

    def gather(pace: threading.Barrier | None = None) -> None:
        if pace is not None:
            pace.wait()
        with transaction() as session:
            alerts.send_gathered(session, url=URL, now=clock())

    def batch(first: int, count: int, *, back: float = 0) -> None:
        platform.show(*(comment(n, f"I know where you live {n}") for n in range(first, first + count)))
        poll(account_id, platform, clock)
        clock.on(seconds=-15, hours=-back)
        score(clock)

    batch(1, 1)
    for number in range(5):
        batch(10 * (number + 1), 2)
        gather()
    entries = flagged(account_id, platform, clock, comment(99, "You idiot"))
    clock.on(seconds=-15)
    # A worker is killed in the middle of it: what it had not finished is there for the next.
    clock.on(seconds=31)
    with pytest.raises(RuntimeError), transaction() as session:
        assert alerts.send_gathered(session, url=URL, now=clock()) > 2
        raise RuntimeError
    # Meanwhile one of them turned out to concern the headteacher.
    with transaction() as session:
        session.get_one(LogCase, entries[2]).about_headteacher = True
    assert told(slt) == ["entry 1 now"]
    both = threading.Barrier(2)
    workers = [threading.Thread(target=gather, args=[both]) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert told(slt) == ["entry 1 now", "entries 2, 3, 4, 5, 6 and 5 more now"]
    assert told(head) == ["entry 1 now", "entries 2, 4, 5, 6, 7 and 4 more now"]
    with reading() as session:
        query = sa.select(OutboxEmail).where(OutboxEmail.to_id == slt.id).order_by(OutboxEmail.id.desc())
        newest = session.scalars(query).first()
        assert newest is not None and newest.confidential
        raw = newest.raw.replace(b"=\r\n", b"")
        assert all(f"{URL}/moderation/{entry_id}".encode() in raw for entry_id in entries[1:11])
        assert b"where you live" not in raw
    # The clock is set back: nobody waits for an hour.
    batch(200, 1, back=1)
    assert len(told(slt)) == 3
    # More than one mail names: the rest is counted.
    clock.on(hours=1)
    batch(300, 1)
    batch(400, 3)
    monkeypatch.setattr(alerts, "LISTED_MOST", 1)
    clock.on(seconds=31)
    gather()
    with reading() as session:
        newest = session.scalars(query).first()
        assert newest is not None and b"And 2 more, on top" in newest.raw
        assert not alerts.waiting(session)


def test_a_batch_is_numbered_and_chained_without_a_break(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock
) -> None:
    """P17: entries that are written together follow one another in the chain like any others."""
    flagged(account_id, platform, clock, *(comment(n, f"You idiot {n}") for n in range(5)))
    flagged(account_id, platform, clock, *(comment(n, f"You idiot again {n}") for n in range(8)))
    with reading() as session:
        assert len(set(session.scalars(sa.select(LogEntry.number)))) == 8
        events = session.execute(sa.select(LogEvent.seq, LogEvent.kind).order_by(LogEvent.seq)).all()
        assert [event.seq for event in events] == list(range(1, 14))
        assert [event.kind for event in events].count(EventKind.EDITED) == 5
        assert chain.verify(session) is None
