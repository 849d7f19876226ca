"""Signing in with the school's provider, against a whole one on this machine: who comes in, and who not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from school import authenticator_codes, people, provider_links, second_factor, single_sign_on
from school.db import now, reading, transaction
from school.models import (
    AuditEntry,
    OutboxEmail,
    Person,
    ProviderIdentity,
    ProviderSignIn,
    ProviderState,
    Role,
    School,
    SignIn,
)
from school.settings import settings
from tests.providing import RunningProvider, running
from tests.school.test_second_factor import code_of
from tests.web.conftest import Browser
from worker import recognising

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

People = dict[Role, Person]


@pytest.fixture(scope="module")
def everybodys_provider() -> Iterator[RunningProvider]:
    with running() as made:
        yield made


@pytest.fixture
def provider(
    everybodys_provider: RunningProvider, app: Flask, school_people: People, monkeypatch: pytest.MonkeyPatch
) -> RunningProvider:
    """Set up for a real school, which has registered an app of its own there."""
    made = everybodys_provider
    made.away, made.changed_document, made.changed = False, {}, lambda claims: claims
    with transaction() as session:
        session.scalars(sa.select(School)).one().practice = False
    callback = f"{settings().effective_public_url}/sign-in/with/answer"
    client_id, secret = made.register(callback)
    for name, value in {
        "WITH": made.url, "CLIENT_ID": client_id, "CLIENT_SECRET": secret, "NAME": "Larkfield"
    }.items():  # fmt: skip
        monkeypatch.setenv(f"SCHOOLGATE_SIGN_IN_{name}", value)
    settings.cache_clear()
    recognising.refresh()
    for role in (Role.STAFF, Role.HEADTEACHER):
        address = school_people[role].email
        made.account(f"number-of-{role}", email=address, email_verified=True)
    made.asked.clear()
    return made


def go(browser: Browser, **given: str) -> str:
    """Press the button: the address at the provider."""
    answer = browser.get("/sign-in/with", query_string=given)
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def back(browser: Browser, address: str) -> TestResponse:
    """Follow the provider's redirection, and have a worker ask about it."""
    parts = urlsplit(address)
    answer = browser.get(f"{parts.path}?{parts.query}")
    work()
    return answer


def work() -> None:
    with reading() as session:
        waiting = single_sign_on.due(session, now=now())
    for sign_in_id in waiting:
        recognising.step(sign_in_id)


def said(browser: Browser) -> str:
    """The sentence of a refusal."""
    page = browser.get("/sign-in/with/moment").text
    found = re.search(r'<div class="alert alert-danger" role="alert">(.+?)</div>', page)
    assert found, page
    return found[1]


def arrive(browser: Browser, running: RunningProvider, subject: str, **given: str) -> TestResponse:
    """The whole way in, as far as it goes."""
    answer = back(browser, running.agree(go(browser, **given), subject))
    assert (answer.status_code, answer.headers["Location"]) == (302, "/sign-in/with/moment"), answer.text
    page = browser.get("/sign-in/with/moment").text
    if "has said who you are" not in page:
        return answer
    field = re.search(r'name="next" value="([^"]*)"', page)
    assert field
    return browser.post("/sign-in/with/moment", "/sign-in/with/moment", next=field[1])


TEACHER = f"number-of-{Role.STAFF}"
HEAD = f"number-of-{Role.HEADTEACHER}"


def actions(*kinds: str) -> list[str]:
    with reading() as session:
        query = sa.select(AuditEntry.action).where(AuditEntry.action.in_(kinds)).order_by(AuditEntry.seq)
        return list(session.scalars(query))


def mails(purpose: str = provider_links.PURPOSE) -> list[tuple[str, str]]:
    with reading() as session:
        query = sa.select(OutboxEmail.to_address, OutboxEmail.subject).where(OutboxEmail.purpose == purpose)
        return [(row.to_address, row.subject) for row in session.execute(query)]


def test_the_schools_own_account_lets_its_owner_in(
    app: Flask, provider: RunningProvider, visitor: Browser, school_people: People
) -> None:
    teacher = school_people[Role.STAFF]
    page = visitor.get("/sign-in?next=/me").text
    assert "Sign in with Larkfield" in page and "/sign-in/with?next=/me" in page
    there = go(visitor, next="/me")
    asked = parse_qs(urlsplit(there).query)
    assert there.startswith(f"{provider.url}/oauth2/authorize?") and provider.asked == [], "no page asks"
    assert asked["response_type"] == ["code"] and asked["code_challenge_method"] == ["S256"]
    assert all(len(asked[name][0]) >= 43 for name in ("state", "nonce", "code_challenge"))
    answer = arrive(visitor, provider, TEACHER, next="/me")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/me"), answer.text
    assert teacher.name in visitor.get("/me").text
    with reading() as session:
        [sign_in] = session.scalars(sa.select(SignIn))
        [done] = session.scalars(sa.select(ProviderSignIn))
        assert (sign_in.how, sign_in.second_factor, sign_in.proved_at) == ("Larkfield", False, None)
        assert done.state is ProviderState.DONE and done.sealed is None
        number = len(people.everybody(session))
    assert actions("provider_linked") == ["provider_linked"]
    assert mails() == [(teacher.email, "You signed in to Schoolgate with Larkfield")]
    assert "Your account elsewhere" in visitor.get("/me/sign-in").text
    # Signed in there is not proof enough to change how one signs in here.
    assert visitor.get("/me/sign-in/app").headers["Location"].startswith("/me/prove")
    assert visitor.post("/sign-in/with/moment", "/me").status_code == 404, "it was used up"
    visitor.post("/sign-out", "/me")
    assert visitor.get("/me").status_code == 302

    # Married meanwhile: the same account has another address there, and is still the same person.
    provider.account(TEACHER, email="new.name@larkfield.test", email_verified=True)
    arrive(visitor, provider, TEACHER)
    assert teacher.name in visitor.get("/me").text
    with reading() as session:
        assert len(people.everybody(session)) == number, "nobody is made by signing in"
    assert len(mails()) == 1


def test_an_address_that_was_given_to_somebody_else_opens_nothing(
    app: Flask, provider: RunningProvider, visitor: Browser, school_people: People
) -> None:
    teacher, manager = school_people[Role.STAFF], school_people[Role.NETWORK_MANAGER]
    arrive(visitor, provider, TEACHER)
    provider.account("somebody-else", email=teacher.email, email_verified=True)
    other = Browser(app.test_client())
    for _time in range(2):
        arrive(other, provider, "somebody-else")
        assert "belongs to another account at Larkfield" in said(other)
        assert other.get("/me").status_code == 302
    assert visitor.get("/me").status_code == 200
    told = [one for one in mails() if one[0] == manager.email]
    assert told == [(manager.email, f"Another account at Larkfield has {teacher.name}'s address")], "once"
    assert actions("provider_contested") == ["provider_contested"]

    # The network manager knows that it is a new account of the same person. (Their second factor apart.)
    with transaction() as session:
        session.scalars(sa.select(School)).one().practice = True
    manages = Browser(app.test_client())
    manages.sign_in(manager.email)
    page = manages.get("/sign-ins").text
    assert f"Signs in with {teacher.email} at localhost" in page and "was not let in" in page
    with reading() as session:
        [link] = session.scalars(sa.select(ProviderIdentity))
    path = f"/sign-ins/links/{link.id}/unlink"
    assert manages.post(path, "/sign-ins", **{f"reason-{link.id}": " "}).status_code == 400
    # Meanwhile the former account is known in another browser, which has only to go on.
    with transaction() as session:
        session.scalars(sa.select(School)).one().practice = False
    back(late := Browser(app.test_client()), provider.agree(go(late), TEACHER))
    assert "has said who you are" in late.get("/sign-in/with/moment").text
    with transaction() as session:
        session.scalars(sa.select(School)).one().practice = True
    done = manages.post(path, "/sign-ins", **{f"reason-{link.id}": "The account was made anew"})
    assert done.status_code == 302 and manages.post(path, "/sign-ins").status_code == 404
    assert visitor.get("/me").status_code == 302, "whoever was in by the former account is out"
    with transaction() as session:
        session.scalars(sa.select(School)).one().practice = False
    assert late.post("/sign-in/with/moment", "/sign-in/with/moment").status_code == 409
    assert late.get("/me").status_code == 302, "nor does an answer from before let it in"
    arrive(other, provider, "somebody-else")
    assert other.get("/me").status_code == 200
    assert actions("provider_linked", "provider_unlinked") == [
        "provider_linked", "provider_unlinked", "provider_linked"
    ]  # fmt: skip


def test_nobody_comes_in_who_is_not_in_the_register_or_whose_address_is_not_vouched_for(
    app: Flask, provider: RunningProvider, school_people: People
) -> None:
    teacher, deputy = school_people[Role.STAFF], school_people[Role.SLT]
    with transaction() as session:
        session.get_one(Person, deputy.id).active = False
        invited, _token = people.add(
            session,
            name="New Colleague",
            email="new@larkfield.test",
            roles=(),
            by=None,
            reason="For the test",
            now=now(),
        )
    nobody = "nobody in Schoolgate"
    for number, (claims, words) in enumerate(
        (
            ({"email": "unknown@larkfield.test", "email_verified": True}, nobody),
            ({"email": deputy.email, "email_verified": True}, nobody),
            ({"email": teacher.email, "email_verified": False}, "does not vouch"),
            ({"email": teacher.email}, "does not vouch"),
            ({}, "does not vouch"),
            ({"email": "head@elsewhere.test", "email_verified": True}, "only addresses of the school count"),
            ({"email": f"{teacher.email}.evil.test", "email_verified": True}, "only addresses of the school"),
            ({"email": invited.email, "email_verified": True}, "have not used your sign-up link yet"),
        )
    ):
        provider.account(f"odd-{number}", **claims)
        browser = Browser(app.test_client())
        arrive(browser, provider, f"odd-{number}")
        assert words in said(browser), claims
        assert browser.get("/me").status_code == 302
        assert browser.post("/sign-in/with/moment", "/sign-in").status_code == 409
    assert actions("provider_linked", "person_added")[-1:] == ["person_added"], "that of this test"

    # Who leaves later is answered like one who never was here; so is whoever leaves while the page waits.
    staff = Browser(app.test_client())
    arrive(staff, provider, TEACHER)
    back(other := Browser(app.test_client()), provider.agree(go(other), TEACHER))
    with transaction() as session:
        fresh = session.get_one(Person, teacher.id)
        people.set_active(session, fresh, False, by=None, reason="Left", now=now())
    assert other.post("/sign-in/with/moment", "/sign-in/with/moment").status_code == 409
    assert staff.get("/me").status_code == 302
    arrive(staff, provider, TEACHER)
    assert nobody in said(staff) and teacher.email in said(staff)


def test_the_second_factor_is_still_asked_for_unless_the_school_takes_the_providers_word(
    app: Flask,
    provider: RunningProvider,
    visitor: Browser,
    school_people: People,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    arrive(visitor, provider, HEAD)
    assert visitor.get("/people").headers["Location"] == "/me/sign-in", "led to set one up"
    head, seed = school_people[Role.HEADTEACHER], authenticator_codes.new_seed()
    with transaction() as session:
        earlier = now() - timedelta(minutes=5)
        fresh = session.get_one(Person, head.id)
        second_factor.enrol(session, fresh, seed, code_of(seed, earlier.timestamp()), now=earlier)
    other = Browser(app.test_client())
    answer = arrive(other, provider, HEAD, next="/people")
    assert answer.headers["Location"] == "/sign-in/code?next=/people"
    assert "Larkfield says who you are" in other.get("/sign-in/code").text
    assert other.get("/people").headers["Location"].startswith("/sign-in?")
    code = code_of(seed, now().timestamp())
    assert other.post("/sign-in/code", "/sign-in/code", code=code).status_code == 302
    assert other.get("/people").status_code == 200
    with reading() as session:
        newest = session.scalars(sa.select(SignIn).order_by(SignIn.began_at.desc())).first()
        assert newest is not None and newest.how == "Larkfield and a code from the app"

    monkeypatch.setenv("SCHOOLGATE_SIGN_IN_SECOND_FACTOR", "said")
    settings.cache_clear()
    third = Browser(app.test_client())
    assert "/sign-in/code" in arrive(third, provider, HEAD).headers["Location"], "nothing was said"
    provider.changed = lambda claims: {**claims, "amr": ["pwd", "mfa"]}
    arrive(third, provider, HEAD)
    assert third.get("/people").status_code == 200
    assert "Larkfield, second factor there" in third.get("/me/sign-in").text


def test_an_answer_counts_once_and_only_for_the_browser_that_began(
    app: Flask, provider: RunningProvider, visitor: Browser
) -> None:
    answer = provider.agree(go(visitor), TEACHER)
    # Somebody else's browser, which has begun too: the answer is of no use there, and the right one still is.
    thief = Browser(app.test_client())
    for _begun in range(2):
        refused = back(thief, answer)
        assert refused.status_code == 400 and "belongs to no sign-in" in refused.text
        go(thief)
    assert back(visitor, answer.replace("state=", "state=x")).status_code == 400
    stolen = visitor.client.get_cookie("schoolgate")
    assert stolen is not None
    assert back(visitor, answer).status_code == 302
    assert back(visitor, answer).status_code == 400, "the same again"
    # With the cookie as it was before: the answer is known to have come.
    thief.client.set_cookie("schoolgate", stolen.value)
    assert back(thief, answer).status_code == 410
    assert thief.get("/sign-in/with/moment").headers["Location"] == "/sign-in"
    # The code under the state of another visit: the provider doesn't take it again.
    code = parse_qs(urlsplit(answer).query)["code"][0]
    state = parse_qs(urlsplit(go(thief)).query)["state"][0]
    back(thief, f"/sign-in/with/answer?code={code}&state={state}")
    assert "did not take its own answer" in said(thief)
    # A code that was got for the thief's own visit, which the thief has the victim's browser bring.
    code = parse_qs(urlsplit(provider.agree(go(thief), HEAD)).query)["code"][0]
    other = Browser(app.test_client())
    state = parse_qs(urlsplit(go(other)).query)["state"][0]
    back(other, f"/sign-in/with/answer?code={code}&state={state}")
    assert "did not take its own answer" in said(other), "PKCE"
    # From another provider (RFC 9207), without a code, with a no.
    for more in ("code=x&iss=https://evil.test", "error=server_error", "nothing=here"):
        state = parse_qs(urlsplit(go(other)).query)["state"][0]
        assert back(other, f"/sign-in/with/answer?state={state}&{more}").headers["Location"] == "/sign-in"
    assert back(other, provider.deny(go(other))).headers["Location"] == "/sign-in"
    assert "you chose not to go on" in other.get("/sign-in").text
    visitor.post("/sign-in/with/moment", "/sign-in/with/moment", next="//evil.test/")
    assert visitor.get("/me").status_code == 200


def test_whoever_kept_the_cookie_from_before_going_on_is_not_let_in_by_it(
    app: Flask, provider: RunningProvider, visitor: Browser
) -> None:
    back(visitor, provider.agree(go(visitor), TEACHER))
    thief = Browser(app.test_client())
    visitor.token("/sign-in/with/moment")
    kept = visitor.client.get_cookie("schoolgate")
    assert kept is not None
    thief.client.set_cookie("schoolgate", kept.value)
    assert visitor.post("/sign-in/with/moment", "/sign-in/with/moment").status_code == 302
    assert visitor.get("/me").status_code == 200
    assert thief.post("/sign-in/with/moment", "/sign-in").status_code == 409
    assert thief.get("/me").status_code == 302


def test_what_is_known_lets_in_for_ten_minutes(provider: RunningProvider, visitor: Browser) -> None:
    back(visitor, provider.agree(go(visitor), TEACHER))
    token = visitor.token("/sign-in/with/moment")
    with transaction() as session:
        session.execute(sa.update(ProviderSignIn).values(expires_at=now()))
    assert visitor.client.post("/sign-in/with/moment", data={"csrf_token": token}).status_code == 409
    assert visitor.get("/me").status_code == 302


def test_an_answer_and_an_account_are_of_the_provider_that_they_came_from(
    provider: RunningProvider, visitor: Browser, school_people: People
) -> None:
    """Another provider's (mix-up): the same number of an account there is somebody else's."""
    parts = urlsplit(provider.agree(go(visitor), TEACHER))
    visitor.get(f"{parts.path}?{parts.query}")
    teacher, head = school_people[Role.STAFF], school_people[Role.HEADTEACHER]
    with transaction() as session:
        ours = single_sign_on.offered(session)
        assert ours is not None
        theirs = replace(ours, issuer="https://login.elsewhere.test")
        [waiting] = single_sign_on.due(session, now=now())
        lease = timedelta(minutes=1)
        assert single_sign_on.take_document(session, theirs, lease=lease, now=now())
        single_sign_on.keep_document(session, theirs, {}, {}, now=now())
        assert single_sign_on.claim(session, theirs, waiting, lease=lease, now=now()) is None
        assert session.get_one(ProviderSignIn, waiting).state is ProviderState.REFUSED
        for whose, person in ((ours, teacher), (theirs, head), (ours, teacher)):
            found = provider_links.find(session, whose, "number-1", person.email, now=now())
            assert isinstance(found, Person) and found.id == person.id
    assert "The settings were changed meanwhile" in said(visitor)


def test_what_the_token_says_is_checked_and_a_new_key_is_fetched(
    app: Flask, provider: RunningProvider, visitor: Browser
) -> None:
    provider.changed = lambda claims: {**claims, "nonce": "of-another-visit"}
    arrive(visitor, provider, TEACHER)
    assert "it belongs to another visit" in said(visitor)
    provider.changed = lambda claims: claims
    provider.rotate()
    provider.asked.clear()
    answer = arrive(visitor, provider, TEACHER, next="https://evil.test/")
    assert answer.headers["Location"] == "/", "never to another host"
    assert provider.asked.count("/jwks") == 1
    visitor.post("/sign-out", "/me")
    arrive(visitor, provider, TEACHER)
    assert provider.asked.count("/jwks") == 1, "kept"
    visitor.post("/sign-out", "/me")

    # Some say the address only where they are asked for it apart: it counts if it is of the same account.
    hidden = {"email", "email_verified"}
    provider.changed = lambda claims: {name: claims[name] for name in claims if name not in hidden}
    assert arrive(visitor, provider, HEAD).headers["Location"] == "/"
    assert provider.asked.count("/userinfo") == 1
    visitor.post("/sign-out", "/me/sign-in")
    plain = provider.changed
    provider.changed = lambda claims: {**plain(claims), "sub": "another"}
    arrive(visitor, provider, HEAD)
    assert "two different people" in said(visitor)


def test_while_the_provider_is_away_it_is_said_and_the_password_works(
    app: Flask, provider: RunningProvider, visitor: Browser, school_people: People
) -> None:
    address = provider.agree(go(visitor, next="/me"), TEACHER)
    provider.away = True
    back(visitor, address)
    assert "gave no answer that could be used" in said(visitor) or "can't be reached" in said(visitor)
    with transaction() as session:
        found = session.scalars(sa.select(single_sign_on.ProviderDocument)).one()
        found.fetched_at = found.document = None
        found.next_try_at = now()
    recognising.refresh()
    answer = visitor.get("/sign-in/with?next=/me")
    assert answer.headers["Location"] == "/sign-in?next=/me"
    page = visitor.get("/sign-in?next=/me").text
    assert "be reached just now (it answered 503). Sign in with your password" in page
    assert visitor.sign_in(school_people[Role.STAFF].email).status_code == 302
    provider.away = False
    recognising.refresh()
    assert go(Browser(app.test_client())).startswith("/sign-in"), "not before a minute is over"


def test_an_answer_that_nobody_asks_about_ends_and_is_forgotten(
    app: Flask, provider: RunningProvider, visitor: Browser
) -> None:
    parts = urlsplit(provider.agree(go(visitor), TEACHER))
    visitor.get(f"{parts.path}?{parts.query}")
    assert 'http-equiv="refresh"' in visitor.get("/sign-in/with/moment").text
    assert visitor.post("/sign-in/with/moment", "/sign-in").status_code == 409
    moment = now()
    with transaction() as session:
        whose = single_sign_on.offered(session)
        [waiting] = single_sign_on.due(session, now=moment)
        lost = single_sign_on.claim(session, whose, waiting, lease=timedelta(minutes=1), now=moment)
        assert lost is not None and lost.values["code"] not in repr(lost)
        assert single_sign_on.claim(session, whose, waiting, lease=timedelta(minutes=1), now=moment) is None
    late = moment + single_sign_on.LIFETIME + timedelta(minutes=1)
    with transaction() as session:
        # No worker asks about it then, tidied or not.
        assert single_sign_on.claim(session, whose, waiting, lease=timedelta(minutes=1), now=late) is None
        assert single_sign_on.something_to_tidy(session, now=late)
        single_sign_on.tidy(session, now=late)
        single_sign_on.refuse(session, lost, "Too late.")
    assert "It took too long" in said(visitor)
    with transaction() as session:
        single_sign_on.tidy(session, now=late + single_sign_on.KEPT)
        assert session.scalar(sa.select(ProviderSignIn.id)) is None
    assert visitor.get("/sign-in/with/moment").headers["Location"] == "/sign-in"


def test_a_practice_school_has_none(provider: RunningProvider, visitor: Browser) -> None:
    with transaction() as session:
        session.scalars(sa.select(School)).one().practice = True
    assert "Sign in with Larkfield" not in visitor.get("/sign-in").text
    for path in ("/sign-in/with", "/sign-in/with/answer?code=x&state=y"):
        assert visitor.get(path).status_code == 404
    provider.asked.clear()
    recognising.refresh()
    assert provider.asked == []
