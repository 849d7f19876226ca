"""A session's id is the server's own, another whenever somebody may do more, and dead once they may not."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

import pytest
import sqlalchemy as sa
from flask import Flask

from approvals import calendar_feed
from school import authenticator_codes, people, second_factor, secrets
from school.db import now, reading, transaction
from school.models import Account, Person, Role, SignIn
from school.setup import PRACTICE_PASSWORD, PRACTICE_PIN
from tests.school.test_second_factor import code_of
from tests.web.conftest import Browser
from tests.web.test_second_factor_pages import give, set_up
from tests.web.writing import mailed_token, write

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

CHOSEN = "an-id-that-an-attacker-has-chosen-and-knows"

People = dict[Role, Person]


def session_id(browser: Browser) -> str:
    with browser.client.session_transaction() as kept:
        return str(kept.get("sign_in", ""))


def cookie(browser: Browser) -> str:
    found = browser.client.get_cookie("schoolgate")
    assert found is not None
    return found.value


def opens(app: Flask, kept: str, path: str = "/me") -> bool:
    """Whether a cookie that was kept lets whoever has it in."""
    thief = Browser(app.test_client())
    thief.client.set_cookie("schoolgate", kept)
    return thief.get(path).status_code == 200


def change_role(browser: Browser, person: Person, role: Role, what: str) -> None:
    page = f"/people/{person.id}"
    path, reason = (
        (f"{page}/roles", "role_reason") if what == "give" else (f"{page}/roles/withdraw", "reason")
    )
    signed = {"looked": "yes", "pin": PRACTICE_PIN}
    assert browser.post(path, page, role=role.value, **{reason: "For the test"}, **signed).status_code == 302


def test_the_session_has_another_id_whenever_its_person_may_do_more(
    app: Flask, head: Browser, teacher: Browser, school_people: People
) -> None:
    """Second factor set up, code given, proof given anew, role given: no former cookie comes along."""
    person, ids, former = school_people[Role.STAFF], [session_id(teacher)], [cookie(teacher)]

    def changed(browser: Browser) -> None:
        ids.append(session_id(browser))
        assert ids[-1] and len(set(ids)) == len(ids)
        assert browser.get("/me").status_code == 200
        for kept in former:
            assert not opens(app, kept)
        former.append(cookie(browser))

    seed, codes = set_up(teacher)
    changed(teacher)
    proof = {"present": PRACTICE_PASSWORD, "code": codes[0], "back": "second_factor.show"}
    assert teacher.post("/me/prove", "/me/prove", **proof).status_code == 302
    changed(teacher)

    other = Browser(app.test_client())
    other.sign_in(person.email)
    half = cookie(other)
    assert give(other, code_of(seed, now().timestamp())) == 302
    assert session_id(other) not in ids and not opens(app, half)

    # A role that is given: what was open before opens nothing of it, nor anything else.
    change_role(head, person, Role.MODERATOR, "give")
    assert not any(opens(app, kept) for kept in (*former, cookie(other)))
    assert teacher.get("/me").headers["Location"].startswith("/sign-in")
    teacher.sign_in(person.email)
    assert give(teacher, codes[1]) == 302
    changed(teacher)
    assert teacher.get("/moderation").status_code == 200
    with reading() as session:
        query = sa.select(SignIn.ended_why).where(SignIn.person_id == person.id, SignIn.ended_at.is_not(None))
        assert set(session.scalars(query)) == {"a role was given"}


def test_a_role_given_to_oneself_goes_on_under_another_id(
    app: Flask, head: Browser, school_people: People
) -> None:
    before, kept = session_id(head), cookie(head)
    change_role(head, school_people[Role.HEADTEACHER], Role.DPO, "give")
    assert head.get("/me").status_code == 200 and not opens(app, kept)
    assert session_id(head) not in {"", before}
    # Nothing was proved by it: who changes how they sign in still shows that it is them.
    assert head.get("/me/sign-in/app").headers["Location"].startswith("/me/prove")
    # One that they have already changes nothing.
    same = session_id(head)
    page, again = f"/people/{school_people[Role.HEADTEACHER].id}", {"role": "dpo", "role_reason": "Again"}
    assert head.post(f"{page}/roles", page, **again, looked="yes", pin=PRACTICE_PIN).status_code == 400
    assert session_id(head) == same and head.get("/me").status_code == 200


def test_a_role_taken_away_counts_on_the_very_next_request(
    app: Flask, head: Browser, signed_in: Callable[[Role], Browser], school_people: People
) -> None:
    moderator = signed_in(Role.MODERATOR)
    assert moderator.get("/moderation").status_code == 200
    token, kept = moderator.token("/me"), cookie(moderator)
    change_role(head, school_people[Role.MODERATOR], Role.MODERATOR, "take")
    sent = {"csrf_token": token, "platform": "Forum", "text": "Two words", "urgent": "yes"}
    refused = moderator.client.post("/moderation/by-hand", data=sent)
    assert refused.status_code == 401 and "Two words" in refused.text
    assert not opens(app, kept)
    moderator.sign_in(school_people[Role.MODERATOR].email)
    assert session_id(moderator) and moderator.get("/moderation").status_code == 404


@pytest.mark.parametrize("name", ["sign_in", "sign_in_waiting"])
def test_an_id_that_was_planted_is_never_adopted(
    name: str, app: Flask, visitor: Browser, head: Browser, school_people: People
) -> None:
    """Even one that this server signed: an attacker's own cookie, put into somebody else's browser."""
    with visitor.client.session_transaction() as kept:
        kept[name] = CHOSEN
    for password in ("not the one", PRACTICE_PASSWORD):
        visitor.sign_in(school_people[Role.STAFF].email, password)
    assert session_id(visitor) not in {"", CHOSEN}
    with reading() as session:
        hashes = set(session.scalars(sa.select(SignIn.token_hash)))
    assert secrets.token_hash(CHOSEN) not in hashes
    # The attacker's own sign-in in that browser: what its owner opens after it is another, and stays theirs.
    attacker = Browser(app.test_client())
    attacker.sign_in(school_people[Role.MODERATOR].email)
    planted = cookie(attacker)
    victim = Browser(app.test_client())
    victim.client.set_cookie("schoolgate", planted)
    victim.post("/sign-out", "/me")
    victim.sign_in(school_people[Role.HEADTEACHER].email)
    assert victim.get("/people").status_code == 200 and not opens(app, planted)
    assert session_id(victim) != session_id(attacker)


def test_a_code_completes_no_sign_in_that_was_planted_half_way(
    app: Flask, visitor: Browser, teacher: Browser, school_people: People
) -> None:
    """The attacker, who knows the password, begins; the owner's code in that browser must not open theirs."""
    seed, codes = set_up(teacher)
    attacker = Browser(app.test_client())
    attacker.sign_in(school_people[Role.STAFF].email)
    half = cookie(attacker)
    visitor.client.set_cookie("schoolgate", half)
    assert give(visitor, codes[0]) == 302 and visitor.get("/me").status_code == 200
    assert attacker.get("/me").status_code == 302 and not opens(app, half)
    assert attacker.get("/sign-in/code").headers["Location"] == "/sign-in"
    assert seed


def test_whoever_leaves_is_out_everywhere_at_once_and_nothing_of_it_comes_back(
    app: Flask, head: Browser, teacher: Browser, x: Account, later: datetime, school_people: People
) -> None:
    """Sessions, one that waits for its code, the calendar's address and the links in mails (P11)."""
    leaver = school_people[Role.HEADTEACHER]
    change_role(head, school_people[Role.SLT], Role.HEADTEACHER, "give")
    write(teacher, x, at=later)
    link = f"/approve/{mailed_token()}"
    feed = re.findall(
        r'id="feed-address">https?://[^/]+([^<]+)<', head.post("/calendar/feed", "/calendar/feed").text
    )[0]
    phone, anybody = Browser(app.test_client()), Browser(app.test_client())
    phone.sign_in(leaver.email)
    seed, earlier = authenticator_codes.new_seed(), now()
    with transaction() as session:
        fresh = session.get_one(Person, leaver.id)
        codes = second_factor.enrol(session, fresh, seed, code_of(seed, earlier.timestamp()), now=earlier)
        session.execute(sa.update(SignIn).values(second_factor=True))
    waits = Browser(app.test_client())
    waits.sign_in(leaver.email)
    assert waits.get("/sign-in/code").status_code == 200
    assert [anybody.get(one).status_code for one in (link, feed)] == [200, 200]
    assert [one.get("/me").status_code for one in (head, phone)] == [200, 200]
    kept = [cookie(head), cookie(phone)]
    successor = Browser(app.test_client())
    successor.sign_in(school_people[Role.SLT].email)
    page = f"/people/{leaver.id}"

    def set_active(active: str) -> None:
        sent = successor.post(
            f"{page}/active", page, active=active, reason="Retires", looked="yes", pin=PRACTICE_PIN,
            **_handed_on(successor, page),
        )  # fmt: skip
        assert sent.status_code == 302, sent.text

    set_active("no")
    assert [one.get("/me").status_code for one in (head, phone)] == [302, 302]
    assert not any(opens(app, one) for one in kept)
    assert [anybody.get(one).status_code for one in (link, feed)] == [410, 404]
    assert waits.get("/sign-in/code").headers["Location"] == "/sign-in"
    assert waits.post("/sign-in/code", "/sign-in", code=codes[0]).headers["Location"] == "/sign-in"
    assert Browser(app.test_client()).sign_in(leaver.email).status_code == 200, "nor in again"
    set_active("yes")
    assert not any(opens(app, one) for one in kept) and waits.get("/me").status_code == 302
    assert waits.get("/sign-in/code").headers["Location"] == "/sign-in"
    assert anybody.get(feed).status_code == 404
    with reading() as session:
        assert calendar_feed.made_at(session, people.get(session, leaver.id)) is None


def _handed_on(browser: Browser, page: str) -> dict[str, str]:
    """For each account of the person, that nobody takes it over yet."""
    return dict.fromkeys(re.findall(r'name="(successor-[^"]+)"', browser.get(page).text), "nobody")
