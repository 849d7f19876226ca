"""People's decisions as judgements of the classifier."""

from __future__ import annotations

from uuid import UUID

import pytest

from moderation import judged
from moderation.decisions import Outcome
from moderation.models import ReferTo
from school.db import reading, transaction
from school.models import Person, Role
from tests.moderation.platform import ScriptedPlatform, author, comment
from tests.moderation.scenes import Clock, decide, flagged, poll, score

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.mark.parametrize(
    ("outcomes", "said"),
    [
        (["dismiss"], False),
        (["hide"], True),
        (["hide", "unhide"], None),
        (["hide", "unhide", "warn"], True),
        (["dismiss", "hide"], True),
        (["reply"], None),
        (["meeting"], True),
        ([], None),
    ],
)
def test_what_a_decision_says_of_a_comment(outcomes: list[str], said: bool | None) -> None:
    assert judged.verdict(outcomes) is said


@on_sqlite
def test_decisions_are_judgements(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: dict[Role, Person]
) -> None:
    """Each with the text and scores decided on; what is open or hidden from a viewer isn't there."""
    slt = school_people[Role.SLT]
    entries = flagged(
        account_id,
        platform,
        clock,
        comment(1, "idiot one"),
        comment(2, "idiot two", author=author("Ann")),
        comment(3, "idiot three"),
        comment(4, "Ring 07700 900123"),
        comment(5, "idiot five"),
    )
    decide(entries[0], Outcome.HIDE, by=slt, clock=clock)
    clock.on(seconds=1)
    decide(entries[1], Outcome.DISMISS, by=slt, clock=clock)
    clock.on(seconds=1)
    decide(entries[3], Outcome.HIDE, by=slt, clock=clock)
    clock.on(seconds=1)
    decide(entries[4], Outcome.REFER, by=slt, clock=clock, refer_to=ReferTo.CHAIR, about_headteacher=True)
    with reading() as session:
        found = {one.text: one for one in judged.decided(session, viewer=None)}
        head = session.get_one(Person, school_people[Role.HEADTEACHER].id)
        theirs = {one.text for one in judged.decided(session, viewer=head)}
        late = [one.text for one in judged.decided(session, viewer=None, since=clock())]
    assert list(found) == ["idiot five", "Ring 07700 900123", "idiot two", "idiot one"]
    assert theirs == set(found) - {"idiot five"}
    assert late == ["idiot five"]
    assert [found[f"idiot {name}"].abusive for name in ("one", "two", "five")] == [True, False, True]
    assert found["idiot one"].scores["toxicity"] == 0.99 and found["idiot one"].model_name == "words@test"
    assert found["idiot one"].tells_of_scores
    # A telephone number that was hidden isn't the classifier's affair.
    assert found["Ring 07700 900123"].abusive and not found["Ring 07700 900123"].tells_of_scores


@on_sqlite
def test_an_edit_after_the_decision_changes_no_judgement(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: dict[Role, Person]
) -> None:
    entry_id = flagged(account_id, platform, clock)[0]
    platform.show(comment(1, "You utter idiot"))
    poll(account_id, platform, clock)
    score(clock)
    decide(entry_id, Outcome.HIDE, by=school_people[Role.SLT], clock=clock)
    platform.show(comment(1, "Sorry, lovely day"))
    poll(account_id, platform, clock)
    score(clock)
    with reading() as session:
        (one,) = judged.decided(session, viewer=None)
    assert (one.text, one.abusive, one.scores["toxicity"]) == ("You utter idiot", True, 0.99)


@on_sqlite
def test_many_decisions_come_in_parts(
    account_id: UUID,
    platform: ScriptedPlatform,
    clock: Clock,
    school_people: dict[Role, Person],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(judged, "_AT_ONCE", 2)
    entries = flagged(account_id, platform, clock, *(comment(n, f"idiot {n}") for n in range(5)))
    for entry_id in entries:
        decide(entry_id, Outcome.HIDE, by=school_people[Role.SLT], clock=clock)
    with transaction() as session:
        assert len({one.entry_id for one in judged.decided(session, viewer=None)}) == 5
