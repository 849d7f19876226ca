"""Deciding once more, while all is stopped, and on what is held: each page says what is so (P12)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from approvals import holding, publishing, stops
from approvals.models import ApprovalDecision, Publication
from approvals.states import PublicationState
from school import db
from school.models import Account, Person, Role
from school.setup import PRACTICE_PIN
from tests.web.conftest import Browser
from tests.web.writing import count, decide, fields, mailed_token, mails, rows, write

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

REASON = "Please name the gate and the hour."


def test_a_second_press_on_a_link_says_that_it_is_decided_and_leads_round_no_loop(
    app: Flask, teacher: Browser, x: Account, later: datetime
) -> None:
    write(teacher, x, at=later)
    page, browser = f"/approve/{mailed_token()}", Browser(app.test_client())
    form = {"csrf_token": browser.token(page), "decision": "reject", "reason": REASON, "pin": PRACTICE_PIN}
    assert browser.client.post(page, data=form).status_code == 303
    for sent in (form, {**form, "do": "restore"}):
        answer = browser.client.post(page, data=sent)
        assert answer.status_code in (409, 410)
        assert "decided this already" in answer.text or "This is decided already" in answer.text
        assert "Go on writing" not in answer.text and "the form comes as you left it" not in answer.text
        assert "Copy it from here before you leave this page" in answer.text and REASON in answer.text
        assert "Somebody was faster" not in answer.text and "Error 4" not in answer.text
    assert count(ApprovalDecision) == 1


def test_who_decided_signed_in_in_another_tab_is_told_that_it_was_them_and_others_who_it_was(
    teacher: Browser, head: Browser, signed_in: Callable[[Role], Browser], x: Account, later: datetime
) -> None:
    path = write(teacher, x, at=later)
    slt = signed_in(Role.SLT)
    browsers = [(head, head.token(path)), (head, head.token(path)), (slt, slt.token(path))]
    answers = [
        one.client.post(
            f"{path}/decide",
            data={"csrf_token": token, "revision": "1", "decision": "reject", "reason": REASON},
        )
        for one, token in browsers
    ]
    assert [answer.status_code for answer in answers] == [302, 409, 409]
    own, other = answers[1].text, answers[2].text
    assert "You have decided this already" in own and "Somebody was faster" not in own
    assert "Error 409" not in own and REASON in own and "Copy it from here" in own
    assert "Somebody was faster" in other and "Margaret Oyelaran rejected it on" in other


def test_approving_while_all_is_stopped_says_that_nothing_goes_out_yet(
    app: Flask,
    teacher: Browser,
    head: Browser,
    x: Account,
    later: datetime,
    session: Session,
    school_people: dict[Role, Person],
) -> None:
    path = write(teacher, x, at=later)
    link = f"/approve/{mailed_token()}"
    said = "All publishing is stopped now: it goes out as planned only if"
    for page in (head.get(path).text, Browser(app.test_client()).get(link).text):
        assert said not in page and "Approve: publish it as planned" in page
    with db.transaction() as working:
        slt = working.get_one(Person, school_people[Role.SLT].id)
        stops.stop(working, by=slt, reason="a worrying post", now=db.now())
    for page in (head.get(path).text, Browser(app.test_client()).get(link).text):
        assert said in page.partition('id="decision-approve"')[2].partition('id="decision-')[0]
    answer = head.post(f"{path}/decide", path, revision="1", decision="approve")
    flashed = head.get(answer.headers["Location"]).text
    assert "You approved it. It is planned for" in flashed
    assert "only if that is allowed again before" in flashed


def test_who_chose_nothing_is_asked_to_choose_one_of_the_three(
    app: Flask, teacher: Browser, head: Browser, x: Account, later: datetime
) -> None:
    path = write(teacher, x, at=later)
    link = f"/approve/{mailed_token()}"
    visitor = Browser(app.test_client())
    for answer in (
        head.post(f"{path}/decide", path, revision="1"),
        visitor.post(link, link, pin=PRACTICE_PIN),
    ):
        assert answer.status_code == 400 and "Choose one of the three" in answer.text


def test_a_post_moved_after_its_approval_is_asked_about_as_once_more(
    app: Flask, teacher: Browser, x: Account, later: datetime
) -> None:
    path = write(teacher, x, at=later)
    assert str(mails("approval_request")[-1]["Subject"]).startswith("Decide: ")
    edit = f"{path}/edit"
    # Taken back before anybody decided, it is decided on for the first time still.
    sooner = fields(x, at=later + timedelta(hours=1), based_on="1")
    assert teacher.post(edit, edit, **sooner).status_code == 302
    assert str(mails("approval_request")[-1]["Subject"]).startswith("Decide: ")
    assert decide(app, mailed_token()).status_code == 200
    moved = fields(x, at=later + timedelta(hours=2), based_on="2")
    assert teacher.post(edit, edit, **moved).status_code == 302
    assert str(mails("approval_request")[-1]["Subject"]).startswith("Decide again: ")


def test_a_page_says_a_moved_time_whole_and_lost_signatures_in_one_line(
    teacher: Browser, x: Account, later: datetime
) -> None:
    path = write(teacher, x, at=later)
    edit = f"{path}/edit"
    form = fields(x, at=later + timedelta(days=1), text="Other words.", checklist=[])
    moved = {**form, "based_on": "1", "do": "save"}
    assert teacher.post(edit, edit, **moved).status_code == 302
    changed = teacher.get(path).text.split('class="differences"')[1].split("</dl>")[0]
    assert "</del> → <ins>" in changed
    signed = changed.partition("Signed in the checklist")[2]
    assert "The checklist has to be signed again." in signed and "<del>" not in signed


@pytest.fixture
def held(
    app: Flask, teacher: Browser, x: Account, later: datetime, make_account: Callable[..., Account]
) -> tuple[str, list[UUID]]:
    """A post that is held on two accounts, since it came too late: its page, and its publications."""
    path = write(teacher, x, make_account("facebook"), at=later)
    assert decide(app, mailed_token()).status_code == 200
    ids = rows(sa.select(Publication.id).order_by(Publication.id))
    with db.transaction() as working:
        for one in ids:
            assert publishing.claim(working, one, now=later + timedelta(hours=2)) is None
    return path, ids


def test_what_is_held_on_several_accounts_is_decided_with_one_reason_or_one_by_one(
    teacher: Browser, head: Browser, held: tuple[str, list[UUID]], school_people: dict[Role, Person]
) -> None:
    path, ids = held
    page = head.get(path).text
    form = page.split('id="held"')[1].split("</form>")[0]
    assert "Decide for all 2 accounts" in form and form.count('name="held"') == 2
    assert page.count("Decide for this account alone") == 2 and "Decide for all" not in teacher.get(path).text
    chosen = [f"{one} 2" for one in ids]
    assert all(f'value="{one}"' in form for one in chosen)
    address = f"{path}/held"
    assert teacher.post(address, path, held=chosen, do="cancel", reason="x").status_code == 404
    for wrong, said in (
        ({"do": "publish", "reason": ""}, "The reason is empty"),
        ({"do": "hide", "reason": REASON}, "Choose what is to be done"),
        ({"do": "publish", "reason": REASON, "held": "x"}, ""),
        ({"do": "publish", "reason": REASON, "held": f"{ids[0]} x"}, "load the page again"),
        ({"do": "publish", "reason": REASON, "held": ""}, ""),
    ):
        answer = head.post(address, path, **{"held": chosen, **wrong})
        assert answer.status_code in (400, 404) and said in answer.text
    assert set(rows(sa.select(Publication.state))) == {PublicationState.HELD}
    # A colleague has given one up meanwhile: that is said of it, and the other goes out.
    with db.transaction() as working:
        slt = working.get_one(Person, school_people[Role.SLT].id)
        holding.cancel(working, ids[0], looked=False, reason="No", by=slt, now=db.now())
    assert head.post(address, path, held=chosen, do="publish", reason=REASON).status_code == 302
    page = head.get(path).text
    assert "It goes out now on " in page and "Not done on " in page
    assert "It changed meanwhile, and is stopped." in page
    states = dict(_states(ids))
    assert states == {ids[0]: PublicationState.CANCELLED, ids[1]: PublicationState.SCHEDULED}
    # Out on one and held on the other: whoever may decide is told so first.
    with db.transaction() as working:
        for one, state in zip(ids, (PublicationState.PUBLISHED, PublicationState.HELD), strict=True):
            working.execute(sa.update(Publication).where(Publication.id == one).values(state=state))
    top = head.get(path).text.partition("</h1>")[2][:400]
    assert "partly published" in top and "Decide below what becomes of the rest." in top
    assert "somebody decides below about the rest." in teacher.get(path).text
    with db.transaction() as working:
        for one, state in states.items():
            working.execute(sa.update(Publication).where(Publication.id == one).values(state=state))
    # Where nothing could be done at all, the page says why and nothing has moved.
    answer = head.post(address, path, held=chosen, do="cancel", reason=REASON)
    assert answer.status_code == 400 and "It changed meanwhile" in answer.text
    assert dict(_states(ids)) == states


def test_that_somebody_looked_counts_for_no_later_sending(
    head: Browser, held: tuple[str, list[UUID]], later: datetime, school_people: dict[Role, Person]
) -> None:
    """A page opened before a post was sent once more lets nothing out twice, in whichever form (P12)."""
    (path, ids), at = held, later + timedelta(hours=2)

    def sent_again() -> None:
        """A colleague lets both out, and nobody can say whether they arrived."""
        with db.transaction() as working:
            slt = working.get_one(Person, school_people[Role.SLT].id)
            for one in ids:
                holding.publish_now(working, one, looked=True, reason="Once more", by=slt, now=at)
                claim = publishing.claim(working, one, now=at)
                assert claim is not None
                unknown = publishing.Outcome(publishing.OutcomeKind.UNKNOWN)
                publishing.record(working, claim, unknown, now=at)
                publishing.hold(working, working.get_one(Publication, one), "Not known.", now=at)

    sent_again()
    page = head.get(path).text
    fields = {
        f"{path}/held": {"held": re.findall(r'name="held" value="([^"]+)"', page)},
        f"{path}/publications/{ids[0]}": {"seen": re.findall(r'name="seen" value="(\d+)"', page)[0]},
        f"{path}/publications/{ids[1]}": {},
    }
    sent_again()
    for address, seen in fields.items():
        for to in ("publish", "cancel"):
            stale = head.post(address, path, **seen, do=to, reason=REASON, looked="yes")
            assert stale.status_code == 400
            # The page that comes back shows how it stands now: nobody has looked at that.
            ticks = re.findall(r'<input[^>]*name="looked"[^>]*>', stale.text)
            assert len(ticks) == 3 and not any("checked" in tick for tick in ticks)
    assert {state for _one, state in _states(ids)} == {PublicationState.HELD}
    seen = {"seen": re.findall(r'name="seen" value="(\d+)"', head.get(path).text)[0]}
    address = f"{path}/publications/{ids[0]}"
    assert head.post(address, path, **seen, do="publish", reason=REASON, looked="yes").status_code == 302
    assert _states(ids)[0][1] is PublicationState.SCHEDULED


def test_the_same_wording_stands_once_in_the_mail_and_another_beside_it(
    app: Flask,
    teacher: Browser,
    x: Account,
    later: datetime,
    make_account: Callable[..., Account],
) -> None:
    words = "The summer fair is on Saturday at noon."
    facebook = make_account("facebook")
    write(teacher, x, facebook, at=later, text=words)
    bodies = [mails("approval_request")[-1].get_body((kind,)) for kind in ("plain", "html")]
    for body in bodies:
        assert body is not None
        said = body.get_content().lower().partition("pictures")[0]
        assert said.count(words.lower()) == 1 and "the same on " in said
        assert "(39 of 280 characters)" in said and "(39 of 63,206 characters)" in said
    page = Browser(app.test_client()).get(f"/approve/{mailed_token()}").text
    [same] = page.split('<details class="alike">')[1:]
    assert same.partition("</summary>")[0].count("The same on ") == 1 and " characters)" in same
    # One letter more on one account, and both stand in full.
    write(teacher, x, facebook, at=later, text=words, **{f"own_text_{facebook.id}": f"{words}!"})
    bodies = [mails("approval_request")[-1].get_body((kind,)) for kind in ("plain", "html")]
    for body in bodies:
        assert body is not None
        said = body.get_content().lower().partition("pictures")[0]
        assert said.count(words.lower()) == 2 and f"{words.lower()}!" in said and "the same on" not in said
    page = Browser(app.test_client()).get(f"/approve/{mailed_token()}").text
    assert 'class="alike"' not in page and page.count(words) == 2


def _states(ids: list[UUID]) -> list[tuple[UUID, PublicationState]]:
    """How each of these publications stands now."""
    with db.reading() as looking:
        return [(one, looking.get_one(Publication, one).state) for one in ids]
