"""What colleagues, or the same person in another tab, did meanwhile is said, with a way on."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from moderation import day, held_back, log, referrals
from moderation.decisions import Outcome
from moderation.models import CaseState, LogCase, LogEntry, LogEvent, PlatformAct, Referral, ReferTo
from school.db import now, reading
from school.models import OutboxEmail, Person, Role
from tests.moderation import scenes
from tests.moderation.platform import ScriptedPlatform, comment
from tests.web.conftest import TOKEN, Browser

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

WORRY = "I know where your daughter lives and I will kill her"


@pytest.fixture
def entry_id(account_id: UUID, platform: ScriptedPlatform, clock: scenes.PresentClock) -> UUID:
    return scenes.flagged(account_id, platform, clock, comment(1, "You idiot"))[0]


@pytest.fixture
def worry_id(account_id: UUID, platform: ScriptedPlatform, clock: scenes.PresentClock) -> UUID:
    found = scenes.flagged(account_id, platform, clock, comment(1, WORRY))[0]
    with reading() as session:
        assert session.get_one(LogCase, found).urgent
    return found


def send(browser: Browser, entry_id: UUID, **fields: object) -> tuple[int, str]:
    answer = browser.post(f"/moderation/{entry_id}", "/moderation", **{"seen": 1, **fields})
    return answer.status_code, answer.text


def test_the_lead_deals_with_what_nobody_referred_to_her(
    worry_id: UUID,
    clock: scenes.PresentClock,
    signed_in: Callable[[Role], Browser],
    school_people: dict[Role, Person],
) -> None:
    """She need not refer it to herself; it is kept back from its author like every referral (P3, P34)."""
    page, lead = f"/moderation/{worry_id}", signed_in(Role.DSL)
    shown = lead.get(page).text
    assert "This is for you, as the safeguarding lead" in shown
    assert "Passed on to children’s social care" in shown
    slt = signed_in(Role.SLT)
    assert "This is for you" not in slt.get(page).text
    assert send(slt, worry_id, outcomes="dealt", reason="Not mine")[0] == 409
    status, _ = send(lead, worry_id, outcomes="dealt", reason="Rang them", passed_on=["social-care", "lado"])
    assert status == 302
    with reading() as session:
        case = session.get_one(LogCase, worry_id)
        assert (case.state, case.outcomes, case.referred) == (CaseState.DECIDED, ",dealt,", True)
        one = session.scalars(sa.select(Referral)).one()
        her = session.get_one(Person, school_people[Role.DSL].id)
        assert (one.to, one.referred_by_id) == (ReferTo.DSL, her.id)
        assert not referrals.waits_for(session, worry_id, her)
        mails = sa.select(OutboxEmail.id).where(OutboxEmail.purpose == "referral")
        assert session.scalars(mails).all() == [], "no mail to herself"
        events = session.scalars(sa.select(LogEvent).where(LogEvent.entry_id == worry_id)).all()
        assert all(held_back.told(event) in (None, {}) for event in events if event.by_id == her.id)
        assert log.verify(session) is None
        team = day.so_far(session, viewer=her, now=clock()).team
        assert [(len(one.decided), one.referred) for one in team] == [(1, 0)], "passed on to nobody"
    shown = lead.get(page).text
    assert "Taken up by the designated safeguarding lead" in shown
    assert "Passed on to children’s social care and the local authority" in shown and "Rang them" in shown
    assert "This is for you" not in shown and "This was referred to you" not in shown
    # Opened again, it is hers to deal with once more, and nobody is said to have referred it.
    scenes.decide(worry_id, Outcome.REOPEN, by=school_people[Role.SLT], clock=clock)
    shown = lead.get(page).text
    assert "This is for you, as the safeguarding lead" in shown and "This was referred to you" not in shown


def test_the_lead_finds_in_the_queue_what_is_hers(
    worry_id: UUID,
    clock: scenes.PresentClock,
    signed_in: Callable[[Role], Browser],
    school_people: dict[Role, Person],
) -> None:
    """Dealt with is her first button there; what others decided and referred to her is not lost below it."""
    lead, slt = signed_in(Role.DSL), signed_in(Role.SLT)
    deals = 'btn-primary" name="outcomes" value="dealt">Dealt with'
    shown = lead.get("/moderation").text
    assert deals in shown and 'btn-outline-secondary" name="outcomes" value="hide"' in shown
    assert "referred to you" not in shown
    assert 'value="dealt"' not in slt.get("/moderation").text
    clock.at = now()  # reading and scoring moved it on
    scenes.decide(worry_id, Outcome.REFER, by=school_people[Role.SLT], clock=clock, refer_to=ReferTo.DSL)
    shown = lead.get("/moderation").text
    assert "1 entry is referred to you</b> and waits until you say what was done" in shown
    assert 'href="/log?referred=waiting">Look at it</a>' in shown
    assert "referred to you" not in slt.get("/moderation").text
    # Opened again it is in the queue and waits for her: there, too, she says what was done.
    scenes.decide(worry_id, Outcome.REOPEN, by=school_people[Role.SLT], clock=clock)
    assert deals in lead.get("/moderation").text
    status, _ = send(lead, worry_id, seen=3, outcomes="dealt", reason="Rang them", back="queue")
    assert status == 302
    shown = lead.get("/moderation").text
    assert "Recorded: dealt with. The comment is still visible on Facebook: saying so hides nothing." in shown
    # It has left the queue, and Undo is not for it: the way to its page is there.
    its_page = f'<a href="/moderation/{worry_id}">its page</a>'
    assert f"There is no Undo for it: it can be opened again on {its_page}." in shown
    assert "referred to you" not in shown


def test_what_is_no_worry_is_not_dealt_with(entry_id: UUID, signed_in: Callable[[Role], Browser]) -> None:
    lead = signed_in(Role.DSL)
    assert "This is for you" not in lead.get(f"/moderation/{entry_id}").text
    assert send(lead, entry_id, outcomes="dealt", reason="Nothing")[0] == 409


def test_the_queue_tells_that_a_colleague_noted_something(
    entry_id: UUID,
    clock: scenes.PresentClock,
    signed_in: Callable[[Role], Browser],
    school_people: dict[Role, Person],
) -> None:
    slt = signed_in(Role.SLT)
    assert "noted something" not in slt.get("/moderation").text
    scenes.decide(entry_id, Outcome.NOTE, by=school_people[Role.DSL], clock=clock)
    assert "Aoife Brennan noted something, <time" in slt.get("/moderation").text


def test_an_older_page_is_told_what_was_done_last(
    entry_id: UUID,
    clock: scenes.PresentClock,
    signed_in: Callable[[Role], Browser],
    school_people: dict[Role, Person],
) -> None:
    scenes.decide(entry_id, Outcome.REFER, by=school_people[Role.SLT], clock=clock, refer_to=ReferTo.DSL)
    clock.on(seconds=20)
    scenes.decide(entry_id, Outcome.DEALT, by=school_people[Role.DSL], clock=clock)
    status, text = send(signed_in(Role.HEADTEACHER), entry_id, seen=2, outcomes="hide", reason="Late")
    assert status == 409 and "You saw an older state of this entry: Aoife Brennan dealt with it" in text
    assert "Daniel Whitcombe decided it" not in text


def test_undo_in_two_tabs_is_said_to_be_ones_own(
    entry_id: UUID,
    clock: scenes.PresentClock,
    signed_in: Callable[[Role], Browser],
    school_people: dict[Role, Person],
) -> None:
    slt, path = signed_in(Role.SLT), f"/moderation/{entry_id}/undo"
    scenes.decide(entry_id, Outcome.DISMISS, by=school_people[Role.SLT], clock=clock)
    assert slt.post(path, "/moderation", seen=2).status_code == 302
    again = slt.post(path, "/moderation", seen=2)
    assert again.status_code == 409 and "You took it back" in again.text
    assert "Somebody was faster" not in again.text
    assert f'href="/moderation/{entry_id}">Look at the entry</a>' in again.text
    other = signed_in(Role.HEADTEACHER).post(path, "/moderation", seen=2)
    assert other.status_code == 409 and "somebody has gone on" in other.text


def test_a_closed_entry_and_an_absent_one_lead_to_the_same_list(
    entry_id: UUID,
    clock: scenes.PresentClock,
    signed_in: Callable[[Role], Browser],
    school_people: dict[Role, Person],
) -> None:
    scenes.decide(
        entry_id, Outcome.REFER, Outcome.HIDE, by=school_people[Role.SLT], clock=clock,
        refer_to=ReferTo.CHAIR, about_headteacher=True,
    )  # fmt: skip
    head = signed_in(Role.HEADTEACHER)
    with reading() as session:
        act_id = session.scalars(sa.select(PlatformAct.id)).one()
    answers = [head.post(f"/moderation/acts/{one}/tick", "/moderation") for one in (act_id, uuid4())]
    assert [one.status_code for one in answers] == [404, 404]
    assert TOKEN.sub("", answers[0].text) == TOKEN.sub("", answers[1].text)
    closed, absent = (head.get(f"/moderation/{one}") for one in (entry_id, uuid4()))
    assert closed.status_code == absent.status_code == 404
    assert TOKEN.sub("", closed.text) == TOKEN.sub("", absent.text)
    assert 'href="/moderation">The moderation queue</a>' in closed.text
    assert "The list of followers" in head.get(f"/followers/{uuid4()}").text
    chair = signed_in(Role.CHAIR).get(f"/moderation/{uuid4()}")
    assert chair.status_code == 404 and "The moderation queue" not in chair.text


def test_what_a_colleague_is_deciding_has_no_form(
    entry_id: UUID, signed_in: Callable[[Role], Browser]
) -> None:
    page, slt, lead = f"/moderation/{entry_id}", signed_in(Role.SLT), signed_in(Role.DSL)
    assert 'name="reason"' in slt.get(page).text
    lead.post(f"{page}/claim", "/moderation")
    shown = slt.get(page).text
    assert 'name="reason"' not in shown and shown.count("Aoife Brennan is deciding this entry") == 1
    assert ">with Aoife Brennan</span>" in shown and "only what is urgent can be taken over" in shown
    refused = slt.post(f"{page}/claim", "/moderation")
    assert refused.status_code == 409 and "Aoife Brennan is deciding this entry" in refused.text
    assert f'href="{page}">Look at the entry</a>' in refused.text and "Error 409" not in refused.text
    assert 'href="/moderation">The moderation queue</a>' in refused.text
    assert 'name="reason"' not in slt.get("/moderation").text
    status, text = send(slt, entry_id, outcomes="hide", reason="Written before she took it")
    assert status == 409 and "Written before she took it" in text, "what was typed is kept"
    assert text.count("is deciding this entry") == 1, "said once"
    assert "Nothing is recorded. Aoife Brennan is deciding" in text and "Your reason: Written before" in text
    assert "from you" not in text and "run out" not in text, "it had never been theirs"
    assert 'name="reason"' in lead.get(page).text


def together(browser: Browser, entries: list[UUID], reason: str) -> str:
    return browser.client.post(
        "/moderation/together",
        data={
            "csrf_token": browser.token("/moderation"),
            "author": "", "post": "post-1", "account": "", "kind": "",
            "entries": [f"{one}:1" for one in entries],
            "outcomes": ["hide"],
            "reason": reason,
        },
    ).text  # fmt: skip


def test_a_batch_says_which_entry_a_colleague_decided_meanwhile(
    account_id: UUID,
    platform: ScriptedPlatform,
    clock: scenes.PresentClock,
    signed_in: Callable[[Role], Browser],
    school_people: dict[Role, Person],
) -> None:
    entries = scenes.flagged(account_id, platform, clock, *(comment(n, f"idiot {n}") for n in (1, 2, 3)))
    slt = signed_in(Role.SLT)
    scenes.decide(entries[0], Outcome.HIDE, by=school_people[Role.DSL], clock=clock)
    with reading() as session:
        number = session.get_one(LogEntry, entries[0]).number
    shown = together(slt, entries, "")
    assert f"Entry {number} is no longer among them: Aoife Brennan decided it" in shown
    assert f'href="/moderation/{entries[0]}">Look at it</a>' in shown


def test_a_threat_among_others_is_not_ticked_beforehand(
    account_id: UUID,
    platform: ScriptedPlatform,
    clock: scenes.PresentClock,
    signed_in: Callable[[Role], Browser],
) -> None:
    scenes.flagged(account_id, platform, clock, comment(1, WORRY), comment(2, "You idiot"))
    with reading() as session:
        urgent = {one.entry_id: one.urgent for one in session.scalars(sa.select(LogCase))}
    assert sorted(urgent.values()) == [False, True]
    shown = signed_in(Role.SLT).get("/moderation/together?post=post-1").text
    for entry_id, is_urgent in urgent.items():
        box = shown.split(f'value="{entry_id}:1"')[1].split(">")[0]
        assert ("checked" in box) is not is_urgent
    assert "It is not ticked for you" in shown and 'text-bg-danger">urgent' in shown
