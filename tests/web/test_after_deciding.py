"""What an entry's own page and Done today say once something is decided (P18, P20, P22)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest

from connectors.base import Capability
from moderation import erasing
from moderation.decisions import Outcome
from moderation.models import ActState, CaseState, LogCase, ReferTo
from moderation.review import acts_of
from school.db import now, reading, transaction
from school.models import Account, AccountState, Person, Role
from tests.moderation import scenes
from tests.moderation.platform import ScriptedPlatform, comment
from tests.web.conftest import Browser

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
SignIn = Callable[[Role], Browser]


@pytest.fixture
def entry_id(account_id: UUID, platform: ScriptedPlatform, clock: scenes.PresentClock) -> UUID:
    return scenes.flagged(account_id, platform, clock, comment(1, "You idiot"))[0]


def decide(browser: Browser, entry_id: UUID, **fields: object) -> str:
    page = f"/moderation/{entry_id}"
    assert browser.post(page, page, **{"reason": "Abuse", **fields}).status_code == 302
    return browser.get(page).text


def test_a_claim_that_is_over_is_nobodys(entry_id: UUID, signed_in: SignIn) -> None:
    slt, page = signed_in(Role.SLT), f"/moderation/{entry_id}"
    assert slt.post(f"{page}/claim", page).status_code == 302
    assert "Yours until" in slt.get(page).text and "yours" in slt.get("/moderation").text
    with transaction() as session:
        session.get_one(LogCase, entry_id).claimed_until = now() - timedelta(seconds=1)
    shown = slt.get(page).text
    assert "Yours until" not in shown and "Let others decide" not in shown and "I am deciding this" in shown
    assert ">yours<" not in slt.get("/moderation").text


def test_what_was_decided_on_the_entrys_page_is_undone_there(
    account_id: UUID, platform: ScriptedPlatform, clock: scenes.PresentClock, signed_in: SignIn
) -> None:
    first, second = scenes.flagged(account_id, platform, clock, comment(1, "idiot 1"), comment(2, "idiot 2"))
    slt, head = signed_in(Role.SLT), signed_in(Role.HEADTEACHER)
    shown = decide(slt, first, seen=1, outcomes="hide")
    assert ">being hidden</span>" in shown and "still visible" not in shown.split("</h1>")[0]
    assert 'id="outcome-hide"' not in shown, "it is asked for already"
    decide(slt, second, seen=1, outcomes="dismiss")
    # The earlier one, too, as long as nobody has gone on with it; a colleague takes nothing back.
    shown = slt.get(f"/moderation/{first}").text
    assert f'action="/moderation/{first}/undo" id="undo"' in shown and "Undo this one" in shown
    assert 'id="undo"' not in head.get(f"/moderation/{first}").text
    answer = slt.post(f"/moderation/{first}/undo", f"/moderation/{first}", seen=2, back="entry")
    assert answer.status_code == 302 and answer.headers["Location"] == f"/moderation/{first}"
    shown = slt.get(f"/moderation/{first}").text
    assert "Taken back: the entry is open again." in shown and 'id="undo"' not in shown
    with reading() as session:
        assert session.get_one(LogCase, first).state is CaseState.OPEN
        assert session.get_one(LogCase, second).state is CaseState.DECIDED
    # What can't be taken back offers nothing.
    assert 'id="undo"' not in decide(slt, first, seen=3, outcomes="refer", refer_to="dsl")


def test_what_is_shown_again_is_said_so_and_the_queue_says_when_it_is(
    account_id: UUID, platform: ScriptedPlatform, clock: scenes.PresentClock, signed_in: SignIn
) -> None:
    """Until then it can't be hidden once more, and afterwards the page that shows the old state says so."""
    entry_id = scenes.flagged(account_id, platform, clock)[0]
    slt = signed_in(Role.SLT)

    def row() -> str:
        shown = slt.get("/moderation").text
        return shown[shown.index(f'id="entry-{entry_id}"') :].split("</article>")[0]

    def mark() -> str:
        return str(slt.get("/moderation/news").json["mark"])

    def carry_out() -> None:
        clock.at = now() + timedelta(seconds=1)
        scenes.act(platform, clock)

    decide(slt, entry_id, seen=1, outcomes="hide")
    carry_out()
    assert slt.post(f"/moderation/{entry_id}/undo", "/moderation", seen=2).status_code == 302
    assert ">being shown again</span>" in row() and ">hidden</span>" not in row()
    assert 'data-nohide="the comment is being shown again"' in row()
    assert "<dd>hidden; to be shown again</dd>" in slt.get(f"/moderation/{entry_id}").text
    found = re.search(r'data-mark="(\w+)"', slt.get("/moderation").text)
    assert found and mark() == found[1]
    with transaction() as session:
        session.get_one(Account, account_id).state = AccountState.PAUSED
    assert ">hidden</span>" in row() and "being shown again" not in row(), "for hours, perhaps"
    with transaction() as session:
        session.get_one(Account, account_id).state = AccountState.ACTIVE
    carry_out()
    assert "being shown again" not in row() and "hidden<" not in row() and 'data-do="hide"' in row()
    done = slt.get("/moderation/done").text
    assert ": Shown again</span>" in done and "Decided: shown again" not in done, "an undo is no decision"
    assert "Taken back by whoever decided it, within ten minutes." in done
    assert mark() != found[1], "so that the page says that something has changed"


def test_whoever_decides_what_a_colleague_was_given_is_asked_to_tell_them(
    account_id: UUID,
    platform: ScriptedPlatform,
    clock: scenes.PresentClock,
    signed_in: SignIn,
    school_people: dict[Role, Person],
) -> None:
    first, second = scenes.flagged(account_id, platform, clock, comment(1, "idiot 1"), comment(2, "idiot 2"))
    slt, lead, given = signed_in(Role.SLT), signed_in(Role.DSL), "It had been given to Aoife Brennan: tell"
    to = str(school_people[Role.DSL].id)
    for one in (first, second):
        assert slt.post(f"/moderation/{one}/assign", f"/moderation/{one}", to=to).status_code == 302
    assert given not in decide(slt, first, seen=1, outcomes="note"), "it is with her still"
    assert given in decide(slt, first, seen=2, outcomes="hide")
    assert "It had been given" not in decide(slt, first, seen=3, outcomes="note")
    assert "It had been given" not in decide(lead, second, seen=1, outcomes="hide"), "she knows"


def test_the_chair_who_may_not_undo_is_offered_no_undo(
    entry_id: UUID, clock: scenes.PresentClock, signed_in: SignIn, school_people: dict[Role, Person]
) -> None:
    slt, chair = school_people[Role.SLT], signed_in(Role.CHAIR)
    clock.at = now()  # reading and scoring moved it on, past what the pages decide
    scenes.decide(entry_id, Outcome.REFER, by=slt, clock=clock, refer_to=ReferTo.CHAIR)
    scenes.decide(entry_id, Outcome.REOPEN, by=slt, clock=clock)
    shown = decide(chair, entry_id, seen=3, outcomes="dismiss")
    assert "Recorded: no action." in shown and 'id="undo"' not in shown and "Open it again" in shown


def test_what_is_being_hidden_is_said_so_in_the_log_and_may_be_shown_after_all(
    account_id: UUID, clock: scenes.PresentClock, signed_in: SignIn, school_people: dict[Role, Person]
) -> None:
    """Not where it waits for an account that nobody uses, or for a person: there everybody can read it."""
    platform = ScriptedPlatform(capabilities=frozenset(Capability) - {Capability.DELETE_COMMENT})
    first, second = scenes.flagged(account_id, platform, clock, comment(1, "idiot 1"), comment(2, "idiot 2"))
    slt, page = signed_in(Role.SLT), f"/moderation/{first}"
    decide(slt, first, seen=1, outcomes=["hide", "refer"], refer_to="dsl")
    decide(slt, second, seen=1, outcomes="delete")
    assert "being deleted" not in slt.get(f"/moderation/{second}").text.split("</h1>")[0]

    def row() -> str:
        shown = slt.get("/log").text
        assert "being deleted" not in shown
        return shown[shown.index(f'href="{page}"') :].split("</div>")[0]

    assert ">being hidden</span>" in row() and "still visible" not in row()
    shown = slt.get(page).text
    assert 'id="outcome-unhide"' in shown and "the comment is being hidden already" in shown
    refused = slt.post(page, page, seen=2, outcomes="reply", reply="Thank you", reason="Kind")
    assert refused.status_code == 400 and "possible while the comment is being hidden: nobody" in refused.text
    with transaction() as session:
        session.get_one(Account, account_id).state = AccountState.PAUSED
    assert "being hidden" not in row() and "still visible" in row()
    assert "being hidden" not in slt.get(page).text.split("</h1>")[0]
    # Nobody need wait until it is hidden to have it seen again.
    assert 'id="outcome-reply"' in decide(slt, first, seen=2, outcomes="unhide")


def test_whoever_is_to_be_blocked_by_hand_is_not_blocked_after_all(
    account_id: UUID, clock: scenes.PresentClock, signed_in: SignIn
) -> None:
    platform = ScriptedPlatform(capabilities=frozenset(Capability) - {Capability.BLOCK})
    entry_id = scenes.flagged(account_id, platform, clock, comment(1, "You idiot"))[0]
    slt = signed_in(Role.SLT)
    shown = decide(slt, entry_id, seen=1, outcomes="hide+block")
    clock.on(seconds=30)
    scenes.act(platform, clock)
    shown = slt.get(f"/moderation/{entry_id}").text
    assert "Don’t block them after all" in shown and "Lift the block" not in shown
    box = re.search(r'id="outcome-unblock".*?</div>', shown, re.DOTALL)
    assert box and "it becomes a task for you" not in box[0]
    shown = decide(slt, entry_id, seen=2, outcomes="unblock")
    assert "Recorded: not blocked after all." in shown and "Block them on every account" in shown
    with reading() as session:
        blocks = [act.state for act in acts_of(session, entry_id) if act.kind == "block"]
        assert blocks == [ActState.WITHDRAWN]
    # Once somebody did block them, the block is lifted.
    decide(slt, entry_id, seen=3, outcomes="block")
    clock.on(seconds=30)
    scenes.act(platform, clock)
    with reading() as session:
        task = next(one.id for one in acts_of(session, entry_id) if one.state is ActState.BY_HAND)
    assert slt.post(f"/moderation/acts/{task}/tick", f"/moderation/{entry_id}").status_code == 302
    assert "Lift the block" in slt.get(f"/moderation/{entry_id}").text


def test_a_referral_says_to_whom_in_one_line(
    entry_id: UUID, signed_in: SignIn, school_people: dict[Role, Person]
) -> None:
    slt = signed_in(Role.SLT)
    shown = decide(slt, entry_id, seen=1, outcomes="refer", refer_to="dsl", reason="A worry")
    assert "Recorded: referred to the designated safeguarding lead." in shown
    for page in (f"/moderation/{entry_id}", "/log", "/moderation/done"):
        text = slt.get(page).text
        assert text.count("Referred to the designated safeguarding lead") == 1, page
        assert "Decided: referred" not in text and "A worry" in text, page
    decide(slt, entry_id, seen=2, outcomes=["hide", "refer"], refer_to="police", author_is_pupil="no")
    text = slt.get(f"/moderation/{entry_id}").text
    assert "Decided: hidden, referred to the police" in text and "<b>Referred to the police</b>" not in text


def test_number_and_list_of_what_was_done_today_agree(
    entry_id: UUID, clock: scenes.PresentClock, signed_in: SignIn, school_people: dict[Role, Person]
) -> None:
    slt = school_people[Role.SLT]
    scenes.decide(entry_id, Outcome.DISMISS, by=slt, clock=clock)
    scenes.decide(entry_id, Outcome.REOPEN, by=slt, clock=clock)
    done = signed_in(Role.SLT).get("/moderation/done").text
    assert "You have decided <b>0</b> entries today (and <b>1</b> that was opened again since)." in done
    assert "Everything that you did today, the newest first:" in done
    scenes.decide(entry_id, Outcome.HIDE, by=slt, clock=clock)
    done = signed_in(Role.SLT).get("/moderation/done").text
    assert "You have decided <b>1</b> entry today. Everything" in done


def test_whoever_referred_something_hears_what_became_of_it(
    account_id: UUID,
    platform: ScriptedPlatform,
    clock: scenes.PresentClock,
    signed_in: SignIn,
    school_people: dict[Role, Person],
) -> None:
    """Never of what is kept from them since (P3), and only of what they referred themselves."""
    texts = ["idiot 1", "idiot 2", "idiot 3"]
    made = scenes.flagged(account_id, platform, clock, *(comment(n, text) for n, text in enumerate(texts)))
    head, dsl = school_people[Role.HEADTEACHER], school_people[Role.DSL]
    for entry_id in made:
        scenes.decide(entry_id, Outcome.REFER, by=head, clock=clock, refer_to=ReferTo.DSL)
    more = {"refer_to": ReferTo.POLICE, "author_is_pupil": False}
    scenes.decide(made[0], Outcome.REFER, by=head, clock=clock, **more)
    clock.on(seconds=1)
    scenes.decide(made[1], Outcome.DEALT, by=dsl, clock=clock)
    more = {"refer_to": ReferTo.CHAIR, "about_headteacher": True}
    scenes.decide(made[2], Outcome.REFER, by=dsl, clock=clock, **more)
    reader = signed_in(Role.HEADTEACHER)
    done = reader.get("/moderation/done").text
    told = done[done.index('aria-labelledby="referred"') :].split("</section>")[0]
    lines = {
        re.sub(r"<[^>]+>|\s+", " ", one).strip(): one for one in re.findall(r"<li>.*?</li>", told, re.DOTALL)
    }
    assert len(lines) == 3, "two to the safeguarding lead and one to the police"
    assert sum("still waiting" in one for one in lines) == 1
    assert sum("not rung yet, as far as it says here" in one for one in lines) == 1
    assert sum(f"dealt with by {dsl.name}" in one for one in lines) == 1
    assert str(made[2]) not in told
    assert 'aria-labelledby="referred"' not in signed_in(Role.SLT).get("/moderation/done").text
    # Of what was erased nobody can tell any more whether the police were rung.
    with transaction() as session:
        erasing.erase_entries(session, [made[0]], now())
    assert "not rung yet" not in reader.get("/moderation/done").text


def test_whoever_goes_home_finds_what_is_theirs_and_hands_it_over(
    account_id: UUID,
    platform: ScriptedPlatform,
    clock: scenes.PresentClock,
    signed_in: SignIn,
    school_people: dict[Role, Person],
) -> None:
    first, second = scenes.flagged(account_id, platform, clock, comment(1, "idiot 1"), comment(2, "idiot 2"))
    slt, lead = signed_in(Role.SLT), signed_in(Role.DSL)
    assert 'id="own"' not in slt.get("/moderation").text
    assert slt.post(f"/moderation/{first}/claim", "/moderation").status_code == 302
    to = str(school_people[Role.SLT].id)
    assert lead.post(f"/moderation/{second}/assign", f"/moderation/{second}", to=to).status_code == 302
    shown = slt.get("/moderation").text
    own = shown[shown.index('id="own"') :].split("</div>")[0]
    assert "that you claimed</a>" in own and "1 that a colleague gave to you</a>" in own
    assert "Going home? Hand all of it over to" in own and school_people[Role.DSL].name in own
    claimed = slt.get("/moderation?taken=yes").text
    assert f'id="entry-{first}"' in claimed
    head = str(school_people[Role.HEADTEACHER].id)
    assert slt.post("/moderation/hand-over", "/moderation", to=head).status_code == 302
    assert "2 entries are handed over to Margaret Oyelaran." in slt.get("/").text
    assert 'id="own"' not in slt.get("/moderation").text
    with transaction() as session:
        session.get_one(LogCase, second).claimed_until = now() - timedelta(seconds=1)
    assert f'id="entry-{second}"' not in signed_in(Role.HEADTEACHER).get("/moderation?taken=yes").text
