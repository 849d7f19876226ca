"""Every decision that a person makes, without scripts on a narrow screen and by keyboard alone."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from typing import cast

import pytest
import sqlalchemy as sa
from playwright._impl._api_structures import SetCookieParam
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.orm import Session

from approvals import drafts
from approvals.models import ApprovalDecision, DecisionKind
from approvals.models.takedowns import Takedown
from approvals.moves import move_publication
from approvals.states import Actor, PublicationState
from moderation.models import Author, Follower, FollowerKind, FollowerState, LogCase
from school import consent, db, forms
from school.models import Account, Consent, ConsentKind, FormEntry, FormKind, FormState, Person, Role
from school.setup import PRACTICE_PIN
from tests.approvals import scenes as writing
from tests.moderation import scenes
from tests.moderation.platform import ScriptedPlatform, author, comment
from tests.school.test_forms import filled
from tests.web.test_in_browser import sign_in_as
from tests.web.writing import rows

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

NOW_FOCUSED = """wanted => {
  const one = document.activeElement, is = getComputedStyle(one), box = one.getBoundingClientRect();
  const [x, y] = [box.left + box.width / 2, Math.min(Math.max(box.top + box.height / 2, 0), innerHeight - 1)];
  const top = document.elementFromPoint(Math.min(Math.max(x, 0), innerWidth - 1), y);
  const ring = (is.outlineStyle !== 'none' && parseFloat(is.outlineWidth) > 0) || is.boxShadow !== 'none';
  // The parts of a day's field show their focus themselves.
  const own = one.matches('body, main, [type=date]');
  const seen = own || (ring && box.bottom > 0 && box.top < innerHeight && top &&
    (one.contains(top) || top.contains(one) || [...(one.labels || [])].some(label => label.contains(top))));
  return [one.matches(wanted), seen, one.outerHTML.slice(0, 160)];
}"""


@dataclass
class Mouse:
    """A browser without scripts: everything is a link, a field or a button of a form."""

    page: Page

    def open(self, path: str) -> None:
        self.page.goto(path)

    def fill(self, field: str, text: str) -> None:
        self.page.locator(field).first.fill(text)

    def tick(self, box: str) -> None:
        self.page.locator(box).first.check()

    def choose(self, field: str, value: str) -> None:
        self.page.locator(field).first.select_option(value)

    def press(self, what: str) -> None:
        assert self.page.evaluate("document.documentElement.scrollWidth") <= 320, self.page.url
        self.page.locator(what).first.click()


@dataclass
class Keys:
    """Nobody touches anything but the keyboard, and always sees where they are."""

    page: Page
    unseen: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        """A page, and over its menu by the link that is first on it."""
        self.page.goto(path)
        self.page.keyboard.press("Tab")
        assert self._at(".skip"), path
        self.page.keyboard.press("Enter")

    def _at(self, wanted: str) -> bool:
        there, seen, what = self.page.evaluate(NOW_FOCUSED, wanted)
        if not seen:
            self.unseen.append(f"{self.page.url}: {what}")
        return bool(there)

    def reach(self, what: str) -> None:
        self.page.locator(what).first.wait_for(state="attached")
        self.page.wait_for_load_state()
        for _ in range(90):
            if self._at(what):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab never comes to {what} on {self.page.url}")

    def fill(self, field: str, text: str) -> None:
        self.reach(field)
        self.page.keyboard.type(text)

    def tick(self, box: str) -> None:
        """Space ticks; among radio buttons, of which Tab reaches one, the arrows choose."""
        name, _, _value = box.partition("[value=")
        if name == box:
            self.reach(box)
            self.page.keyboard.press("Space")
            return
        self.reach(name)
        self.page.keyboard.press("Space")
        while not self._at(box):
            self.page.keyboard.press("ArrowDown")

    def choose(self, field: str, value: str) -> None:
        self.reach(field)
        while self.page.locator(field).input_value() != value:
            self.page.keyboard.press("ArrowDown")

    def press(self, what: str) -> None:
        self.reach(what)
        self.page.keyboard.press("Enter")


@dataclass
class School:
    """What waits for a decision."""

    links: list[str]
    draft: str
    pupil: str
    forms: list[str]


def _waiting(session: Session, people: dict[Role, Person], make: Callable[..., Account]) -> School:
    """Enough of everything for both ways."""
    teacher, head, officer = (people[role] for role in (Role.STAFF, Role.HEADTEACHER, Role.DPO))
    x, facebook, now = make("x"), make("facebook", identity_id="school"), db.now()
    for number in range(6):
        at = now + timedelta(days=1 + number)
        draft = drafts.save(session, None, writing.content(x, at=at), by=teacher, now=now)
        session.commit()
        writing.submit(session, draft, teacher, now)
    links = [f"/approve/{writing.token_in(one)}" for one in writing.mails(session, "approval_request", head)]
    out, publications = writing.approved(
        session, teacher, head, now - timedelta(hours=2), x, facebook, at=now - timedelta(hours=1)
    )
    for place, publication in enumerate(publications):
        for state in (PublicationState.PUBLISHING, PublicationState.PUBLISHED):
            move_publication(
                session, publication, state, actor=Actor.PRODUCT, by=None, reason="Sent", now=now
            )
        publication.published_at, publication.post_platform_id = now, f"17000000000000{place}"
    pupil = writing.make_pupil(session, officer, "Amelia Thornbury", consented=True, now=now)
    consent.record_consent(
        session, pupil, kind=ConsentKind.VIDEO, given_by="A parent", first_day=now.date(),
        last_day=now.date() + timedelta(days=300), by=officer, now=now,
    )  # fmt: skip
    kind = FormKind.BLOCKED_CONTENT
    filed = [forms.file(session, kind, filled(kind), by=teacher, url="", now=now) for _ in range(2)]
    session.commit()
    clock = scenes.Clock()
    clock.at = now - timedelta(minutes=2)
    # Two wrote twice, and come last.
    writers = [author(f"Troll {number}") for number in (*range(8), 8, 8, 9, 9)]
    scenes.flagged(
        facebook.id, ScriptedPlatform(), clock,
        *(comment(n, f"idiot {n}", created_at=clock(), author=one) for n, one in enumerate(writers)),
    )  # fmt: skip
    for writer in session.scalars(sa.select(Author).limit(2)):
        session.add(
            Follower(
                account_id=facebook.id, author_id=writer.id, kind=FollowerKind.FOLLOWER,
                state=FollowerState.WAITING, version=1, first_seen_at=now, last_seen_at=now,
                waiting_since=now, why_waiting="New", name_vetted="Troll", bio_vetted="", scored=True,
                model_name="", scores={}, reasons=[], severity=0.1,
            )
        )  # fmt: skip
    session.commit()
    return School(
        links, f"/drafts/{out.id}", f"/consent/{pupil.id}", [f"/forms/entries/{one.id}" for one in filed]
    )


def _decide_everything(by: Mouse | Keys, base: str, school: School, be: Callable[[Role], None]) -> None:
    """One of each; a decision is done when the page says so, and keys go on from there."""
    page = by.page

    def recorded(words: str) -> None:
        told = page.locator("main > .alert, #just-now > .alert")
        expect(told.first).to_contain_text(words)
        if isinstance(by, Keys):
            expect(told.and_(page.locator(":focus")).or_(page.locator("article:focus"))).to_have_count(1)

    for kind in DecisionKind:
        by.open(base + school.links.pop())
        by.tick(f"[name=decision][value={kind.value}]")
        if kind is not DecisionKind.APPROVE:
            by.fill("#reason", "Too long")
        by.fill("#pin", PRACTICE_PIN)
        by.press("main form .btn-primary")
        expect(page).to_have_url(re.compile("/done$"))
    be(Role.SLT)
    for button, words in (("hide", "hidden"), ("dismiss", "no action")):
        by.open(f"{base}/moderation")
        by.fill(".quick [name=reason]", "Abuse")
        by.press(f".quick [value={button}]")
        recorded(f"Recorded: {words}")
    by.fill(".quick [name=reason]", "A worry")
    by.press("[data-do=refer]")
    by.choose("#refer_to", "dsl")
    by.press("[aria-labelledby=decide] .btn-primary")
    recorded("Recorded: referred")
    by.open(f"{base}/moderation")
    by.press(".quick [data-do=open]")
    by.tick("#outcome-reply")
    by.press("[name=insert]")
    by.fill("#reason", "A kind word")
    by.press("[aria-labelledby=decide] .btn-primary")
    recorded("Recorded: answered")
    by.open(f"{base}/moderation")
    by.press("[data-do=together]")
    by.tick("#outcome-hide")
    by.fill("#reason", "Abuse")
    by.press("main form .btn-primary")
    recorded("Recorded for 2 entries: hidden")
    by.open(f"{base}/followers")
    by.press("[name=outcome][value=approve]")
    recorded("Recorded: approve")
    by.open(base + school.draft)
    by.press("details:has([action$=takedown]) > summary")
    by.fill("input[id^=takedown-]", "A parent asked")
    by.press("[name=do][value=here]")
    recorded("It is being taken down.")
    be(Role.DPO)
    by.open(base + school.pupil)
    by.press("details:has([action$=withdraw]) > summary")
    by.fill("input[id^=withdraw-]", "By letter")
    by.press("details[open] .btn-outline-danger")
    recorded("The consent is withdrawn")
    be(Role.HEADTEACHER)
    by.open(base + school.forms.pop())
    by.fill("textarea", "For the lesson")
    by.press("[name=to]")
    recorded("It is recorded with your name")


def test_every_decision_without_scripts_and_by_keyboard_alone(
    address: str, chromium: Browser, session: Session, school_people: dict[Role, Person],
    make_account: Callable[..., Account],
) -> None:  # fmt: skip
    school = _waiting(session, school_people, make_account)
    known: dict[Role, list[SetCookieParam]] = {}
    for role in (Role.SLT, Role.DPO, Role.HEADTEACHER):
        with closing(chromium.new_page()) as page:
            sign_in_as(page, address, school_people[role].name)
            known[role] = cast("list[SetCookieParam]", page.context.cookies())
    plain = chromium.new_context(java_script_enabled=False, viewport={"width": 320, "height": 700})
    # Moving sights would be looked at half way.
    keyed = chromium.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    keys = Keys(keyed.new_page())
    for context, by in ((plain, Mouse(plain.new_page())), (keyed, keys)):
        context.set_default_timeout(20_000)

        def be(role: Role, page: Page = by.page) -> None:
            page.goto("about:blank")  # what the last page still asks for is nobody else's
            page.context.add_cookies(known[role])

        _decide_everything(by, address, school, be)
        context.close()
    assert not keys.unseen, keys.unseen
    kinds = Counter(rows(sa.select(ApprovalDecision.kind)))
    # What is out was approved before.
    assert kinds == {DecisionKind.APPROVE: 3, DecisionKind.CHANGES: 2, DecisionKind.REJECT: 2}
    outcomes = sorted(rows(sa.select(LogCase.outcomes).where(LogCase.decided_at.is_not(None))))
    assert len(outcomes) == 12, outcomes
    assert len(rows(sa.select(Takedown))) == 2
    assert len(rows(sa.select(Consent.id).where(Consent.withdrawn_at.is_not(None)))) == 2
    assert set(rows(sa.select(FormEntry.state))) == {FormState.APPROVED}
    assert set(rows(sa.select(Follower.state))) == {FollowerState.APPROVED}
