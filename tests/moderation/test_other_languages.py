"""Comments in languages that the classifier can't read: never a verdict, never passed in silence (P17)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from moderation import chain, review, scoring, together, unread
from moderation.decisions import Decision, Outcome
from moderation.models import CaseState, Comment, CommentScore, CommentState, LogCase, LogEntry, PlatformAct
from school.db import reading, transaction
from school.errors import BadInput
from school.models import OutboxEmail, Person, Role
from tests.moderation.platform import ScriptedPlatform, comment
from tests.moderation.scenes import LEASE, URL, Clock, change_rules, decide, flagged, poll

POLISH = "Dziękujemy za wspaniałą wycieczkę, dzieci wróciły zachwycone"
URDU = "تمام اساتذہ کا بہت بہت شکریہ"


def scored_high(clock: Clock, *, hide_over: float | None = None) -> scoring.Recorded:
    """All that waits, scored by a model that calls everything abuse and a threat."""
    with transaction() as session:
        batch = scoring.take_unscored(session, 64, lease=LEASE, now=clock())
    high: Sequence[dict[str, float]] = [{"toxicity": 0.99, "threat": 0.99}] * len(batch.items)
    with transaction() as session:
        return scoring.record_scores(
            session, batch, high, model_name="words@test", now=clock(), url=URL, hide_over=hide_over
        )


def test_a_person_is_asked_and_the_number_is_no_verdict(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: dict[Role, Person]
) -> None:
    """A thank-you in Urdu is neither abuse nor a threat, is mailed to nobody, and is hidden by no machine."""
    platform.show(comment(1, URDU), comment(2, POLISH), comment(3, "You idiot"))
    poll(account_id, platform, clock)
    assert scored_high(clock, hide_over=0.9) == scoring.Recorded(clear=0, flagged=3, urgent=1)
    with reading() as session:
        slt = session.get_one(Person, school_people[Role.SLT].id)
        page = review.queue(session, viewer=slt, now=clock())
        assert [item.case.kinds for item in page.items] == [",threat,toxicity,", ",language,", ",language,"]
        assert [item.case.urgent for item in page.items] == [True, False, False]
        assert (page.open, page.unread) == (3, 2)
        assert {item.entry.reasons[0]["detail"] for item in page.items[1:]} == {
            "in another language, probably Polish: nobody has read it",
            "in another language, probably Urdu: nobody has read it",
        }
        scores = session.execute(
            sa.select(Comment.text, CommentScore.language).join(
                CommentScore, CommentScore.comment_id == Comment.id
            )
        )
        assert {row.text: row.language for row in scores} == {URDU: "ur", POLISH: "pl", "You idiot": ""}
        hidden = session.scalars(sa.select(PlatformAct.comment_id)).all()
        texts = session.scalars(sa.select(Comment.text).where(Comment.id.in_(hidden)))
        assert list(texts) == ["You idiot"]
        mails = session.scalars(sa.select(OutboxEmail.raw).where(OutboxEmail.purpose == "urgent_comment"))
        numbers = {str(item.entry.id).encode() for item in page.items[1:]}
        assert not [raw for raw in mails for number in numbers if number in raw.replace(b"=\r\n", b"")]


def test_the_school_may_leave_them_but_they_are_counted(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: dict[Role, Person]
) -> None:
    with transaction() as session:
        slt = session.get_one(Person, school_people[Role.SLT].id)
        change_rules(session, other_languages=False, by=slt, now=clock())
    platform.show(comment(1, POLISH), comment(2, "Ten dom to 07700 900123, zadzwoń proszę dzisiaj"))
    poll(account_id, platform, clock)
    assert scored_high(clock) == scoring.Recorded(clear=1, flagged=1)
    with reading() as session:
        assert session.scalars(sa.select(LogCase.kinds)).one() == ",personal_data,"
        state = session.scalar(sa.select(Comment.state).where(Comment.text == POLISH))
        assert state is CommentState.CLEAR
        assert unread.since(session, clock.at - timedelta(days=1)) == unread.Unread(comments=2, unasked=1)


def test_read_by_somebody_who_can_is_a_decision_of_its_own(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: dict[Role, Person]
) -> None:
    slt = school_people[Role.SLT]
    rude = flagged(account_id, platform, clock, comment(9, "You idiot"))[0]
    three = [comment(n, f"{POLISH} {'x' * n}") for n in range(3)]
    entries = [one for one in flagged(account_id, platform, clock, *three) if one != rude]
    with pytest.raises(BadInput, match="not in another language"):
        decide(rude, Outcome.READ, by=slt, clock=clock)
    with transaction() as session:
        person = session.get_one(Person, slt.id)
        seen = [(entry, 1) for entry in [*entries, rude]]
        read = Decision(frozenset({Outcome.READ}), "Read by Mrs Nowak: thanks for the trip")
        done = together.decide(session, seen, read, by=person, url=URL, now=clock())
        assert (len(done.decided), [one.entry_id for one in done.left]) == (3, [rude])
    with reading() as session:
        assert session.get_one(LogCase, entries[0]).outcomes == ",read,"
        assert session.get_one(LogCase, rude).state is CaseState.OPEN
        assert chain.verify(session) is None
        assert session.scalar(sa.select(sa.func.count()).select_from(LogEntry)) == 4
