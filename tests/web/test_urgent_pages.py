"""What is urgent, paused, answered or about the headteacher, on the pages (P3, P18, P23)."""

from __future__ import annotations

import re
from collections.abc import Callable
from uuid import UUID

import pytest

from moderation.decisions import Outcome
from moderation.models import LogCase, ReferTo
from moderation.words import URGENT
from school.db import reading, transaction
from school.models import Account, AccountState, Person, Role
from tests.moderation import scenes
from tests.moderation.platform import ScriptedPlatform, comment
from tests.web.conftest import Browser

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
SignIn = Callable[[Role], Browser]
THREAT = "I will stab you"


def tiles(browser: Browser) -> dict[str, str]:
    """What Today shows to do: words to number."""
    found = re.findall(r'<a class="tile[^>]*><b>(\d+)</b> ([^<]+)<', browser.get("/").text)
    return {words: number for number, words in found}


def state(entry_id: UUID) -> str:
    with reading() as session:
        return str(session.get_one(LogCase, entry_id).state)


def test_p23_no_action_on_something_urgent_takes_a_second_press(
    account_id: UUID, platform: ScriptedPlatform, clock: scenes.PresentClock, signed_in: SignIn
) -> None:
    """Without scripts; on the entry, in the queue and for several together. Refer stands before it."""
    calm, *threats = scenes.flagged(
        account_id, platform, clock, *(comment(n, t) for n, t in enumerate(["idiot", THREAT, THREAT + "!"]))
    )
    slt = signed_in(Role.SLT)
    assert tiles(slt)[f"urgent entries ({URGENT}): look first"] == "2"
    assert tiles(slt)["other flagged comment to decide on"] == "1"
    with reading() as session:
        urgent = {one: session.get_one(LogCase, one).urgent for one in (calm, *threats)}
    assert [one for one, is_so in urgent.items() if is_so] == threats
    queue = slt.get("/moderation").text
    assert queue.index("Refer to the safeguarding lead") < queue.index('data-do="dismiss">No action')
    first = f"/moderation/{threats[0]}"
    press = {"seen": 1, "outcomes": "dismiss", "reason": "silly", "back": "queue"}
    asked = slt.post(first, "/moderation", **press)
    assert asked.status_code == 200 and "Nothing is recorded yet" in asked.text
    assert state(threats[0]) == "open"
    assert "Your reason: silly" in asked.text and 'name="back" value="queue"' in asked.text
    # What can't go together is refused, and not asked about: the answer to that would be one half of it.
    both = slt.post(first, first, **{**press, "outcomes": ["hide", "dismiss"]})
    assert both.status_code == 400 and "Nothing is recorded yet" not in both.text
    # Too late, or without a reason, is said as ever.
    assert slt.post(first, first, **{**press, "reason": ""}).status_code == 400
    assert slt.post(first, first, **{**press, "seen": 9}).status_code == 409
    assert slt.post(first, "/moderation", **press, sure="yes").status_code == 302
    assert state(threats[0]) == "decided"
    badges = slt.get(first).text.partition("</h1>")[0]
    assert "was urgent" in badges and 'text-bg-danger">urgent' not in badges
    together = {"author": "", "outcomes": "dismiss", "reason": "silly", "entries": [f"{threats[1]}:1"]}
    with reading() as session:
        together["author"] = str(session.get_one(LogCase, threats[1]).author_id)
    page = f"/moderation/together?author={together['author']}"
    both = slt.post("/moderation/together", page, **{**together, "outcomes": ["hide", "dismiss"]})
    assert both.status_code == 400 and "is urgent" not in both.text
    again = slt.post("/moderation/together", page, **together)
    assert again.status_code == 200 and "One of these is urgent" in again.text and state(threats[1]) == "open"
    assert slt.post("/moderation/together", page, **together, sure="1").status_code == 302
    assert state(threats[1]) == "decided"
    # What is not urgent takes one press.
    other = f"/moderation/{calm}"
    assert slt.post(other, other, seen=1, outcomes="dismiss", reason="Fine").status_code == 302


def test_p18_while_an_account_is_paused_nothing_is_said_to_be_hidden(
    account_id: UUID, platform: ScriptedPlatform, clock: scenes.PresentClock, signed_in: SignIn
) -> None:
    """Neither in the confirmation, on the entry, nor of the block list; for one and for several."""
    one, *rest = scenes.flagged(account_id, platform, clock, *(comment(n, f"idiot {n}") for n in range(3)))
    with transaction() as session:
        session.get_one(Account, account_id).state = AccountState.PAUSED
    slt, page = signed_in(Role.SLT), f"/moderation/{one}"
    assert slt.post(page, page, seen=1, outcomes="hide+block", reason="Abuse").status_code == 302
    shown = slt.get(page).text
    stays = "Facebook is paused, so the comment stays visible and nobody is blocked there until somebody uses"
    assert f"Recorded: to be blocked, to be hidden. {stays}" in shown
    assert f'id="stopped"><p class="mb-0">Recorded; {stays}' in shown
    assert shown.count("Facebook is paused: it waits until somebody uses the account again.") == 2
    assert "<dd>still visible; to be hidden</dd>" in shown and "<dd>to be blocked</dd>" in shown
    with reading() as session:
        author = str(session.get_one(LogCase, one).author_id)
    found = f"/moderation/together?author={author}"
    ticked = [f"{entry}:1" for entry in rest]
    both = {"author": author, "outcomes": "hide", "reason": "Abuse", "entries": ticked}
    assert slt.post("/moderation/together", found, **both).status_code == 302
    told = slt.get("/moderation").text
    assert "Recorded for 2 entries: to be hidden. Facebook is paused, so the comments stay visible" in told
    # And all of it is taken back in one press.
    undo = re.search(r'action="(/moderation/[^"]+/undo)".*?name="seen" value="(\d+)"', told, re.DOTALL)
    assert undo and ">Undo both<" in told
    assert slt.post(undo[1], "/moderation", seen=undo[2], all="yes").status_code == 302
    assert "Taken back: 2 entries are open again." in slt.get("/moderation").text
    assert [state(entry) for entry in (one, *rest)] == ["decided", "open", "open"]


def test_p18_an_answer_hides_nothing_and_says_so(
    account_id: UUID, platform: ScriptedPlatform, clock: scenes.PresentClock, signed_in: SignIn
) -> None:
    entry_id = scenes.flagged(account_id, platform, clock)[0]
    slt, page = signed_in(Role.SLT), f"/moderation/{entry_id}"
    said = {"seen": 1, "outcomes": "warn", "reason": "Abuse", "reply": "Please be kind."}
    assert slt.post(page, page, **said).status_code == 302
    shown = slt.get(page).text
    assert "Warned; still visible on Facebook.</b>" in shown and "Hide it as well" in shown
    assert "Recorded: warned. What was answered is public" in shown and "an answer hides nothing" not in shown
    assert "nobody can see then what it answers: delete the answer on Facebook too" in shown
    assert slt.post(page, page, seen=2, outcomes="hide", reason="Too").status_code == 302
    assert "Warned; still visible" not in slt.get(page).text


def test_p3_of_an_allegation_everybody_but_the_headteacher_is_asked_whether_it_is_about_them(
    account_id: UUID,
    platform: ScriptedPlatform,
    clock: scenes.PresentClock,
    signed_in: SignIn,
    school_people: dict[Role, Person],
) -> None:
    family = school_people[Role.HEADTEACHER].name.split()[-1]
    entry_id = scenes.flagged(account_id, platform, clock, comment(1, f"Mrs {family} hit my son"))[0]
    slt, head, chair = signed_in(Role.SLT), signed_in(Role.HEADTEACHER), signed_in(Role.CHAIR)
    page, asks = f"/moderation/{entry_id}", "Is this about the headteacher’s own conduct?"
    for path in ("/moderation", page):
        assert asks in slt.get(path).text and asks not in head.get(path).text
    form = re.search(r'id="about-head">.*?</form>', slt.get(page).text, re.DOTALL)
    assert form
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[0]))
    assert slt.post(page, page, **fields).status_code == 302
    assert head.get(page).status_code == 404 and asks not in slt.get(page).text
    # The chair is told who can hide it, and is not asked for what is marked already.
    read = chair.get(page).text
    assert "You can’t hide it: the leadership team" in read and "Hide it as well" not in read
    assert 'name="about_headteacher"' not in read
    assert "urgent, referred to you and not dealt with yet: look first" in tiles(chair)
    clock.on(minutes=1)
    dealt = {"seen": 2, "outcomes": "dealt", "reason": "Looked into"}
    assert "note it above, under “What was done about it”" in read
    assert chair.post(page, page, **dealt).status_code == 302
    after = chair.get(page).text
    assert "Referred; still visible" not in after and "Dealt with</b>" in after
    assert 'alert-secondary" id="still-visible"' in after
    assert "add a note of the call, “Only add a note” below" in after


def test_p23_what_is_urgent_is_said_to_be_on_the_leads_first_page(
    account_id: UUID,
    platform: ScriptedPlatform,
    clock: scenes.PresentClock,
    signed_in: SignIn,
    school_people: dict[Role, Person],
) -> None:
    texts = ["my mum hits me", "idiot"]
    worry, calm = scenes.flagged(account_id, platform, clock, *(comment(n, t) for n, t in enumerate(texts)))
    for entry_id in (worry, calm):
        scenes.decide(entry_id, Outcome.REFER, by=school_people[Role.SLT], clock=clock, refer_to=ReferTo.DSL)
    lead = signed_in(Role.DSL)
    assert tiles(lead)["urgent, referred to you and not dealt with yet: look first"] == "1"
    assert tiles(lead)["other referred to you, not dealt with yet"] == "1"
    assert 'text-bg-danger">urgent' in lead.get("/log?referred=waiting").text


def test_p20_undo_says_that_a_colleagues_block_stands(
    account_id: UUID, platform: ScriptedPlatform, clock: scenes.PresentClock, signed_in: SignIn
) -> None:
    first, second = scenes.flagged(account_id, platform, clock, comment(1, "idiot 1"), comment(2, "idiot 2"))
    slt, dsl = signed_in(Role.SLT), signed_in(Role.DSL)
    for browser, entry_id in ((slt, first), (dsl, second)):
        page = f"/moderation/{entry_id}"
        assert browser.post(page, page, seen=1, outcomes="block", reason="Abuse").status_code == 302
    assert slt.post(f"/moderation/{first}/undo", "/moderation", seen=2).status_code == 302
    stays = "Whoever wrote it stays blocked: another decision says so, too."
    assert f"Taken back: the entry is open again. {stays}" in slt.get("/moderation").text
    assert dsl.post(f"/moderation/{second}/undo", "/moderation", seen=2).status_code == 302
    shown = dsl.get("/moderation").text
    assert "Taken back: the entry is open again." in shown and stays not in shown


def test_p3_whoever_hides_a_worry_reads_that_the_lead_was_told(
    account_id: UUID, platform: ScriptedPlatform, clock: scenes.PresentClock, signed_in: SignIn
) -> None:
    """Alone, with nothing to undo; of several together, with what can be undone."""
    worry = "my dad hits me every night"
    entries = scenes.flagged(
        account_id, platform, clock, *(comment(n, t) for n, t in enumerate([worry, worry + "!", "idiot"]))
    )
    with reading() as session:
        cases = sorted((session.get_one(LogCase, one) for one in entries), key=lambda one: not one.urgent)
        alone, *several = [one.entry_id for one in cases]
        author = str(cases[0].author_id)
    slt = signed_in(Role.SLT)
    press = {"seen": 1, "outcomes": "hide", "reason": "Not here", "back": "queue"}
    assert slt.post(f"/moderation/{alone}", "/moderation", **press).status_code == 302
    queue = slt.get("/moderation").text
    assert "Also referred to the safeguarding lead" in queue and 'id="undo"' not in queue
    together = {"author": author, "outcomes": "hide", "reason": "Not here"}
    ticked = [f"{one}:1" for one in several]
    page = f"/moderation/together?author={author}"
    assert slt.post("/moderation/together", page, **together, entries=ticked).status_code == 302
    queue = slt.get("/moderation").text
    assert "1 of them was also referred to the safeguarding lead" in queue
    assert "for the others or for the last one" in queue and 'id="undo"' in queue
    assert tiles(signed_in(Role.DSL))["urgent, referred to you and not dealt with yet: look first"] == "2"


def test_p23_the_lead_takes_what_is_urgent_over_in_one_press(
    account_id: UUID, platform: ScriptedPlatform, clock: scenes.PresentClock, signed_in: SignIn
) -> None:
    calm, threat = scenes.flagged(account_id, platform, clock, comment(1, "idiot"), comment(2, THREAT))
    with reading() as session:
        calm, threat = sorted((calm, threat), key=lambda one: session.get_one(LogCase, one).urgent)
    slt, dsl = signed_in(Role.SLT), signed_in(Role.DSL)
    own = 'name="claimed" value="yes"'
    assert own not in slt.get("/moderation").text
    for one in (calm, threat):
        assert slt.post(f"/moderation/{one}/claim", "/moderation").status_code == 302
    page = f"/moderation/{threat}"
    assert slt.get("/moderation").text.count(own) == 2 and own in slt.get(page).text
    assert "Take it over from" not in dsl.get(f"/moderation/{calm}").text
    assert dsl.get("/moderation").text.count("Take it over from Daniel Whitcombe") == 1
    holder = re.search(r'name="holder" value="([^"]+)"', dsl.get(page).text)
    assert holder and dsl.post(f"{page}/take-over", page, holder=holder[1]).status_code == 302
    assert "It is yours to decide now." in dsl.get(page).text
    late = slt.post(page, page, seen=1, outcomes="hide", reason="Abuse", claimed="yes")
    assert late.status_code == 409 and "Nothing is recorded. Aoife Brennan is deciding" in late.text
    assert "They took it over from you." in late.text and "Your reason: Abuse" in late.text
    assert late.text.count("Take it over from") == 1
    # With all that was written: it is theirs again, and nothing need be typed twice.
    form = late.text[late.text.index("/take-over") :].split("</form>")[0]
    kept = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    assert kept["outcomes"] == "hide" and kept["reason"] == "Abuse"
    back = slt.post(f"{page}/take-over", page, **{k: v for k, v in kept.items() if k != "csrf_token"})
    assert back.status_code == 200 and "It is yours to decide now." in back.text
    assert re.search(r">\s*Abuse</textarea>", back.text) and re.search(r'value="hide"[^>]*checked', back.text)
    holder = re.search(r'name="holder" value="([^"]+)"', dsl.get(page).text)
    assert holder and dsl.post(f"{page}/take-over", page, holder=holder[1]).status_code == 302
    assert dsl.post(page, page, seen=1, outcomes="dealt", reason="Rang home").status_code == 302
