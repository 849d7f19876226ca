"""A post that is held and whose pupil has no consent: nobody is offered to publish it (P25, P26)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from approvals import drafts, publishing
from approvals.models import Draft, Publication
from approvals.states import PublicationState
from school import consent
from school.db import now
from school.models import Account, ConsentKind, Person, Pupil, Role
from tests.approvals import scenes
from tests.web.conftest import Browser

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

Held = tuple[Draft, list[Publication], Pupil, datetime]
MISSING = "Kofi Mensah has no consent for pictures"


@pytest.fixture
def held(
    app: Flask,
    session: Session,
    school_people: dict[Role, Person],
    make_account: Callable[..., Account],
    x: Account,
) -> Callable[[str | None], Held]:
    """Makes a post with a pupil on X and Facebook that is held after a withdrawal, for one place or all."""

    def make(platform: str | None) -> Held:
        moment, teacher = now() - timedelta(hours=1), school_people[Role.STAFF]
        officer = school_people[Role.DPO]
        pupil = scenes.make_pupil(session, officer, "Kofi Mensah", consented=True, now=moment)
        media = scenes.add_picture(session, teacher, moment)
        draft, publications = scenes.approved(
            session, teacher, school_people[Role.HEADTEACHER], moment, x, make_account("facebook"),
            text="Kestrels build a bridge", pictures=(scenes.choice(media),), pupil_ids=(pupil.id,),
            none_shown=False,
        )  # fmt: skip
        due = moment + timedelta(hours=1)
        consent.withdraw_all(
            session, pupil.id, kind=None, reason="A letter", platform=platform, by=officer, now=due
        )
        session.commit()
        lacking = [one for one in publications if platform in {None, one.account.platform}]
        for one in lacking:
            assert publishing.claim(session, one.id, now=due) is None
        for one in publications:
            if one not in lacking:
                publishing.hold(session, one, "It came too late.", now=due)
        session.commit()
        return draft, publications, pupil, due

    return make


def test_p26_nobody_is_offered_to_publish_what_lacks_a_consent(
    head: Browser,
    signed_in: Callable[[Role], Browser],
    session: Session,
    held: Callable[[str | None], Held],
    school_people: dict[Role, Person],
) -> None:
    draft, publications, pupil, due = held(None)
    path = f"/drafts/{draft.id}"
    page = head.get(path).text
    assert "It was approved, but can’t go out as it is." in page and "still goes out" not in page
    assert "Consent is missing: it can’t go out as it is" in page
    assert page.partition('id="history"')[0].count(MISSING) == 1
    assert "has to change it and hand it in again, or you stop it below" in page
    assert "Publish it now" not in page and "It is there already" not in page
    assert "Stop it on all 2" in page and page.count(">Stop this post</button>") == 2
    own = signed_in(Role.STAFF).get(path).text
    assert "It was approved, but can’t go out as it is." in own and "somebody decides" not in own
    assert "Change it</a> and hand it in again, or take it back" in own
    assert "says what becomes of it" not in own
    # A form that was open before does no more than it ever did.
    [first, _second] = publications
    answer = head.post(f"{path}/publications/{first.id}", path, do="publish", reason="Go", seen="2")
    assert answer.status_code == 400 and MISSING in answer.text
    session.expire_all()
    assert {one.state for one in publications} == {PublicationState.HELD}
    # With the consent it can be published again.
    consent.record_consent(
        session, session.get_one(Pupil, pupil.id), kind=ConsentKind.IMAGE, given_by="A parent",
        first_day=due.date(), last_day=due.date() + timedelta(days=9), platform=None,
        by=school_people[Role.DPO], now=now(),
    )  # fmt: skip
    session.commit()
    page = head.get(path).text
    assert "Publish it now on all 2" in page and "Decide whether it still goes out" in page


def test_p26_where_consent_is_missing_on_one_account_the_other_can_still_be_published(
    head: Browser, held: Callable[[str | None], Held], session: Session
) -> None:
    draft, publications, _pupil, _due = held("facebook")
    path = f"/drafts/{draft.id}"
    page = head.get(path).text
    assert "Consent is missing: it can’t go out everywhere as it is" in page
    assert f"{MISSING} on Facebook" in page and f"{MISSING} on Facebook and X" not in page
    assert "Publish it now where it can go out" in page and page.count(">Publish it now</button>") == 1
    form = [f"{one.id} 2" for one in publications]
    assert head.post(f"{path}/held", path, held=form, do="publish", reason="Go").status_code == 302
    assert "It goes out now on X" in head.get(path).text
    session.expire_all()
    states = {one.account.platform: one.state for one in publications}
    assert states == {"x": PublicationState.SCHEDULED, "facebook": PublicationState.HELD}
    # One alone is left, and can only be stopped.
    page = head.get(path).text
    assert "Publish it now" not in page and "Stop this post" in page
    assert "has to change it and hand it in again" in page
    # Once it is out on the other, nobody can change it any more.
    [out] = [one for one in publications if one.account.platform == "x"]
    out.state, out.published_at = PublicationState.PUBLISHED, now()
    session.commit()
    page = head.get(path).text
    assert "has to change it" not in page and "It can’t be changed any more: stop it below." in page


def test_p25_the_pupils_page_says_at_once_which_posts_can_not_go_out(
    signed_in: Callable[[Role], Browser],
    session: Session,
    x: Account,
    make_account: Callable[..., Account],
    school_people: dict[Role, Person],
) -> None:
    moment, teacher, officer = now(), school_people[Role.STAFF], school_people[Role.DPO]
    pupils = [
        scenes.make_pupil(session, officer, name, consented=True, now=moment) for name in ("Kofi", "Efa")
    ]
    chosen = {
        "pictures": (scenes.choice(scenes.add_picture(session, teacher, moment)),),
        "pupil_ids": tuple(one.id for one in pupils),
        "none_shown": False,
    }
    at = moment + timedelta(days=2)
    accounts = (x, make_account("facebook"))
    scenes.approved(session, teacher, school_people[Role.HEADTEACHER], moment, *accounts, at=at, **chosen)
    drafts.save(session, None, scenes.content(x, at=at, **chosen), by=teacher, now=moment)
    session.commit()
    dpo, marked = signed_in(Role.DPO), "can’t go out: consent missing"
    kofi, efa = (f"/consent/{one.id}" for one in pupils)
    assert marked not in dpo.get(kofi).text
    dpo.post(f"{kofi}/withdraw", kofi, kind="", platform="x", reason="A letter")
    page = dpo.get(kofi).text.partition('id="touched"')[2]
    lines = page.partition("</ul>")[0].split("</li>")[:-1]
    assert len(lines) == 3 and page.count(marked) == 2
    assert all((marked in line) == ("Facebook" not in line) for line in lines)
    assert marked not in dpo.get(efa).text, "the other child's consent is there"
