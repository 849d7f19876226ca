"""What is kept for how long, what a hold keeps, and that erasing leaves both chains whole (P34)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from moderation import chain, fingerprints, followers, ingest, log
from moderation.models import Author, BlockedAuthor, Comment, Follower, LogEntry, LogEvent, WatchedPost
from school import audit, consent, db, holds, retention, training
from school.errors import BadInput, MoveNotAllowed, NotPermitted
from school.models import (
    Account,
    AuditEntry,
    Consent,
    HoldOn,
    LegalHold,
    OutboxEmail,
    Person,
    RetentionRound,
    Role,
)
from school.retention import Rule
from tests.approvals import scenes
from tests.moderation.platform import comment
from tests.moderation.scenes import tampering
from tests.web.remembered import WORDS, World, far, leave, places, remember
from web.retained import BY_KEY, KEPT, RULES
from worker.tasks import actions

SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
People = dict[Role, Person]


@pytest.fixture
def world(session: Session, school_people: People, make_account: Callable[..., Account]) -> World:
    x = make_account("x")
    return remember(session, school_people, x, make_account("facebook", identity_id="school"))


def erase_all(session: Session, *, rules: tuple[Rule, ...] = RULES, years: int = 40) -> dict[str, int]:
    """One round of each rule; what each erased."""
    done: dict[str, int] = {}
    for rule in rules:
        done[rule.key] = retention.erase_batch(session, rule, now=far(years))
        session.commit()
    return done


def test_p34_when_its_time_is_over_nothing_is_left_and_both_chains_hold(
    session: Session, school_people: People, world: World
) -> None:
    leave(session, world, school_people)
    for word, where in places(session).items():
        assert where, f"the test says nothing of {word}"
    session.execute(sa.update(BlockedAuthor).values(lifted_at=db.now()))
    session.execute(sa.update(Follower).values(state="left"))
    session.execute(sa.update(OutboxEmail).values(state="sent"))
    session.commit()
    done = erase_all(session)
    for key in (
        "comments",
        "log",
        "referrals",
        "followers",
        "blocks",
        "authors",
        "posts",
        "pupils",
        "unsaved",
    ):
        assert done[key], key
    for key in ("mails", "training", "forms", "people", "invitations"):
        assert done[key], key
    assert places(session) == {word: [] for word in WORDS}
    assert chain.verify(session) is None and audit.verify(session) is None
    trail = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "erased")).all()
    assert {one.object_id: one.detail["count"] for one in trail}["comments"] == 1
    assert session.scalar(sa.select(sa.func.count()).select_from(LogEntry)) == 2, "no entry is gone"
    # The log's page and export go on, and say so.
    lines = list(log.to_jsonl(log.rows(session, viewer=school_people[Role.SLT])))
    assert len(lines) == 2 and all(fingerprints.ERASED in line for line in lines)


@SQLITE
def test_p34_nothing_is_erased_before_its_time(session: Session, school_people: People, world: World) -> None:
    leave(session, world, school_people)
    before = places(session)
    for rule in RULES:
        assert retention.erase_batch(session, rule, now=db.now()) == 0, rule.key
    assert places(session) == before


@SQLITE
@pytest.mark.parametrize(
    "both",
    [(HoldOn.PERSON, HoldOn.AUTHOR), (HoldOn.PUPIL, HoldOn.THREAD), (HoldOn.DRAFT, HoldOn.ENTRY)],
    ids=lambda both: "-".join(both),
)
def test_p34_what_is_on_hold_is_never_erased(
    session: Session, school_people: People, world: World, both: tuple[HoldOn, HoldOn]
) -> None:
    """Two at once that keep nothing of each other's."""
    officer = school_people[Role.DPO]
    thread = session.scalar(sa.select(WatchedPost.id))
    assert thread is not None
    ids = {
        HoldOn.PERSON: world.staff.id,
        HoldOn.AUTHOR: world.author.id,
        HoldOn.PUPIL: world.pupil.id,
        HoldOn.DRAFT: world.draft.id,
        HoldOn.THREAD: thread,
        HoldOn.ENTRY: world.entry,
    }
    stays = {
        HoldOn.PERSON: [
            "people.name",
            "draft_revisions.text",
            "unsaved_drafts.fields",
            "form_steps.words",
        ],
        HoldOn.AUTHOR: ["authors.display_name", "comments.text", "log_entries.text", "referrals.reason"],
        HoldOn.PUPIL: ["pupils.name", "draft_revisions.text"],
        HoldOn.DRAFT: ["draft_revisions.text", "pupils.name"],
        HoldOn.THREAD: ["comments.text", "log_entries.text"],
        HoldOn.ENTRY: ["log_entries.text", "log_events.detail"],
    }
    placed = [
        holds.place(session, on, ids[on], reason="A claim against the school", by=officer, now=db.now())
        for on in both
    ]
    leave(session, world, school_people)
    erase_all(session)
    left = {place for where in places(session).values() for place in where}
    assert [one for on in both for one in stays[on] if one not in left] == []
    assert chain.verify(session) is None and audit.verify(session) is None
    for hold in placed:
        holds.lift(session, hold.id, reason="Settled", by=officer, now=db.now())
    session.execute(sa.update(OutboxEmail).values(state="sent"))
    session.commit()
    erase_all(session)
    left = {place for where in places(session).values() for place in where}
    assert left <= {"authors.display_name", "authors.handle", "authors.bio", "authors.url", "authors.key",
                    "authors.platform_id", "followers.name_vetted", "followers.bio_vetted",
                    "blocked_authors.reason"}, "a follower and a block in force need the profile"  # fmt: skip


@SQLITE
def test_p34_the_originals_of_a_held_drafts_pictures_stay(
    session: Session, school_people: People, make_account: Callable[..., Account]
) -> None:
    staff, head, officer = (school_people[role] for role in (Role.STAFF, Role.HEADTEACHER, Role.DPO))
    account, now = make_account("x"), db.now()
    of_drafts = []
    for _ in range(2):
        media = scenes.add_picture(session, staff, now)
        draft, _publications = scenes.approved(
            session, staff, head, now, account, pictures=(scenes.choice(media),)
        )
        of_drafts.append((draft, media))
    [(held, stays), (_free, goes)] = of_drafts
    hold = holds.place(session, HoldOn.DRAFT, held.id, reason="A claim", by=officer, now=now)
    session.commit()
    erase_all(session, rules=(BY_KEY["originals"],), years=2)
    session.expire_all()
    assert goes.original_erased_at is not None and stays.original_erased_at is None
    holds.lift(session, hold.id, reason="Settled", by=officer, now=now)
    session.commit()
    erase_all(session, rules=(BY_KEY["originals"],), years=2)
    session.expire_all()
    assert stays.original_erased_at is not None


def test_p34_every_table_has_a_rule_or_a_reason() -> None:
    assert retention.uncovered(db.Base.metadata, RULES, KEPT) == set()
    more = sa.MetaData()
    sa.Table("growing", more, sa.Column("id", sa.Integer))
    assert retention.uncovered(more, RULES, KEPT) == {"growing"}
    assert len(BY_KEY) == len(RULES)
    for rule in RULES:
        assert rule.least <= rule.days <= rule.most, rule.key
        assert set(rule.tables) <= set(db.Base.metadata.tables), rule.key
        assert rule.tables[0] == rule.column.class_.__tablename__, rule.key


def test_p34_only_an_erasure_passes_the_logs_triggers(session: Session, world: World) -> None:
    for statement in (
        sa.update(LogEntry).values(text="Nicer words"),
        sa.update(LogEntry).values(text=fingerprints.ERASED, erased_at=db.now()),
        sa.update(LogEvent).values(detail={}),
        sa.update(LogEvent).values(detail={"note": "Nicer"}, erased_at=db.now()),
        sa.delete(LogEvent),
        sa.delete(LogEntry),
    ):
        with pytest.raises(DBAPIError, match="append-only"):
            session.execute(statement)
        session.rollback()


def test_p34_what_was_erased_without_a_word_in_the_chain_is_found(session: Session, world: World) -> None:
    """Blanking an event as an erasure would, without the event that vouches for it, breaks the chain."""
    session.execute(sa.update(LogEvent).where(LogEvent.seq == 2).values(detail={}, erased_at=db.now()))
    session.commit()
    assert chain.verify(session) is not None


def test_p34_what_is_left_of_an_erased_entry_cannot_be_changed_either(session: Session, world: World) -> None:
    """Nobody can put a decision on somebody else once its reason is gone."""
    erase_all(session, rules=(BY_KEY["log"],))
    assert chain.verify(session) is None
    seq = session.scalar(sa.select(LogEvent.seq).where(LogEvent.by_id.is_not(None)).limit(1))
    with tampering(session, f"UPDATE log_events SET by_id = NULL WHERE seq = {seq}"):
        assert chain.verify(session) is not None


def test_p34_two_schedulers_and_a_kill_in_the_middle_erase_each_record_once(
    session: Session, database: str, school_people: People
) -> None:
    person = school_people[Role.STAFF]
    long_ago = db.now() - timedelta(days=400)
    for number in range(30):
        session.add(
            OutboxEmail(
                to_id=person.id,
                to_address=person.email,
                subject="Old",
                purpose="test",
                message_id=f"<{number}@test>",
                raw=b"",
                state="sent",
                created_at=long_ago,
                next_try_at=long_ago,
                attempts=1,
            )
        )
    session.commit()
    rule = BY_KEY["mails"]
    # Killed in the middle of the second batch: the first is committed, the second never was.
    assert retention.erase_batch(session, rule, now=db.now(), size=10) == 10
    session.commit()
    assert retention.erase_batch(session, rule, now=db.now(), size=10) == 10
    session.rollback()
    erased: list[int] = []

    def scheduler() -> None:
        for _ in range(3):
            with db.transaction() as working:
                erased.append(retention.erase_batch(working, rule, now=db.now(), size=7))

    threads = [threading.Thread(target=scheduler) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sum(erased) == 20
    counts = session.scalars(
        sa.select(AuditEntry.detail).where(AuditEntry.action == "erased", AuditEntry.object_id == "mails")
    )
    assert sum(detail["count"] for detail in counts) == 30
    assert audit.verify(session) is None


@SQLITE
def test_p34_the_trail_repeats_no_words_about_pupils_followers_and_drafts(
    session: Session, school_people: People, world: World
) -> None:
    """It is kept for ever, so what must go one day must not be in it."""
    officer, head = school_people[Role.DPO], school_people[Role.HEADTEACHER]
    given = session.scalars(sa.select(Consent).where(Consent.pupil_id == world.pupil.id)).one()
    consent.withdraw(session, given.id, reason="Larkspur said so", by=officer, now=db.now())
    row = session.scalars(sa.select(Follower)).one()
    followers.decide_follower(
        session,
        row.id,
        followers.FollowerOutcome.REMOVE,
        seen=row.version,
        reason="Larkspur knows Zebedee",
        by=head,
        now=db.now(),
    )
    training.refresh_after_incident(
        session, reason="Larkspur was upset", by=head, url="https://social.test", now=db.now()
    )
    session.commit()
    for word, where in places(session).items():
        assert not [place for place in where if place.startswith("audit_entries")], word


@SQLITE
def test_p34_the_daily_round_goes_through_every_rule_once_a_day(session: Session, world: World) -> None:
    assert retention.any_due(session, RULES, now=db.now())
    session.rollback()
    actions.erase_what_is_over()
    rounds = session.scalars(sa.select(RetentionRound)).all()
    assert {one.key for one in rounds} == set(BY_KEY)
    assert all(one.ended_at and one.next_at > one.ended_at + timedelta(hours=23) for one in rounds)
    assert not retention.any_due(session, RULES, now=db.now() + timedelta(hours=1))
    assert retention.any_due(session, RULES, now=db.now() + timedelta(hours=25))
    first = retention.claim(session, RULES, now=db.now() + timedelta(hours=25))
    again = retention.claim(session, (first,) if first else (), now=db.now() + timedelta(hours=25))
    assert first is not None and again is None, "one process alone has a round"


@SQLITE
def test_p34_the_period_is_the_dpos_to_set_within_bounds(session: Session, school_people: People) -> None:
    officer, rule = school_people[Role.DPO], BY_KEY["comments"]
    retention.set_period(session, rule, days="90", reason="The board said so", by=officer, now=db.now())
    assert retention.period(session, rule) == 90
    [entry] = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "retention_changed"))
    assert entry.detail == {"from_days": 365, "to_days": 90, "reason": "The board said so"}
    for bad in ("", "soon", "-1", "3", "99999", "٣٠", "1e3", "9" * 30):
        with pytest.raises(BadInput):
            retention.set_period(session, rule, days=bad, reason="Because", by=officer, now=db.now())
    with pytest.raises(BadInput):
        retention.set_period(session, rule, days="100", reason=" ", by=officer, now=db.now())
    for role in set(Role) - {Role.DPO}:
        with pytest.raises(NotPermitted):
            retention.set_period(
                session, rule, days="100", reason="Because", by=school_people[role], now=db.now()
            )


@SQLITE
def test_p34_an_erased_comment_does_not_come_back_unless_its_author_changes_it(
    session: Session, world: World, make_account: Callable[..., Account]
) -> None:
    done = erase_all(session, rules=(BY_KEY["comments"],))
    assert done["comments"] == 1
    row = session.scalar(sa.select(Comment).where(Comment.erased_at.is_not(None)))
    assert row is not None and row.author_id is None
    shown = comment(3, "Zebedee likes Thistledown")
    edited = comment(3, "You idiot", edited_at=far(41))
    for seen, text in ((shown, fingerprints.ERASED), (edited, "You idiot")):
        ingest.note_comments(session, row.account_id, "facebook", "school", [seen], now=far(41))
        session.commit()
        session.refresh(row)
        assert row.text == text
    assert row.state == "fetched" and row.author_id is not None, "what was changed is judged again (P17)"


@SQLITE
def test_p34_a_hold_is_the_dpos_and_lifted_once(
    session: Session, school_people: People, world: World
) -> None:
    officer = school_people[Role.DPO]
    for role in set(Role) - {Role.DPO}:
        with pytest.raises(NotPermitted):
            holds.place(
                session, HoldOn.PUPIL, world.pupil.id, reason="Claim", by=school_people[role], now=db.now()
            )
    hold = holds.place(session, HoldOn.PUPIL, world.pupil.id, reason="Claim", by=officer, now=db.now())
    with pytest.raises(MoveNotAllowed):
        holds.place(session, HoldOn.PUPIL, world.pupil.id, reason="Claim", by=officer, now=db.now())
    holds.lift(session, hold.id, reason="Settled", by=officer, now=db.now())
    with pytest.raises(MoveNotAllowed):
        holds.lift(session, hold.id, reason="Settled", by=officer, now=db.now())
    holds.place(session, HoldOn.PUPIL, world.pupil.id, reason="Again", by=officer, now=db.now())
    assert len(session.scalars(sa.select(LegalHold)).all()) == 2
    assert session.get(Author, world.author.id) is not None
