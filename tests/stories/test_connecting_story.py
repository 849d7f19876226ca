"""An account's keys die, somebody connects it again in the browser, and all that waited goes on (P8, P11)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session, sessionmaker

from approvals.models import Publication
from approvals.states import PublicationState
from school import accounts, db, people
from school.models import Account, AccountState
from school.settings import settings
from tests.approvals import scenes
from tests.stories.conftest import SignIn, reload_until
from tests.worker.conftest import Product, wait_for

SHOTS = os.environ.get("SCHOOLGATE_SHOTS")


def look(page: Page, name: str) -> None:
    """No page on the way may be hard to use; kept as pictures where somebody wants to look."""
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa"]}).response["violations"]
    assert [violation["id"] for violation in found] == [], page.url
    wide = page.viewport_size
    assert wide is not None
    page.set_viewport_size({"width": 320, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320, page.url
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}-320.png", full_page=True)
    page.set_viewport_size(wide)
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


@pytest.fixture
def books(product: Product, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The running product's own database, for the test to look into."""
    monkeypatch.setenv("SCHOOLGATE_HOME", str(product.home))
    monkeypatch.setenv("SCHOOLGATE_PUBLIC_URL", product.url)
    settings.cache_clear()
    db.engine_for.cache_clear()
    yield
    settings.cache_clear()
    db.engine_for.cache_clear()


def on(session: Session, platform: str) -> Account:
    [found] = [account for account in accounts.everything(session) if account.platform == platform]
    return found


def state(platform: str) -> AccountState:
    with db.reading() as session:
        return on(session, platform).state


def due_now() -> object:
    """A post of the teacher's for X, approved and due at this moment."""
    now = db.now().replace(second=0, microsecond=0)
    with sessionmaker(db.engine(), expire_on_commit=False)() as session:
        teacher, head = (people.find(session, f"{name}@larkfield.test") for name in ("teacher", "head"))
        assert teacher is not None and head is not None
        # An hour would be the day before, shortly after midnight: nobody was trained yet.
        earlier = now - timedelta(minutes=1)
        _draft, [made] = scenes.approved(
            session, teacher, head, earlier, on(session, "x"), at=now, text="The library is open again."
        )
        return made.id


def publication(publication_id: object) -> Publication:
    with db.reading() as session:
        return session.scalars(sa.select(Publication).where(Publication.id == publication_id)).one()


def connected(page: Page) -> None:
    reload_until(page, lambda: page.get_by_text("is connected. Everything that waited").is_visible(), 60)


def test_p8_p11_dead_keys_stop_one_account_and_connecting_it_in_the_browser_goes_on(
    product: Product, sign_in: SignIn, books: None, tmp_path: Path
) -> None:
    page = sign_in("head")
    page.goto(f"{product.url}/practice/faults")
    page.get_by_role("button", name="Let X forget them").click()
    stopped = wait_for(lambda: True if state("x") is AccountState.NEEDS_CONNECTING else None, 60)
    assert stopped, "the account never noticed that its keys are dead"
    assert state("facebook") is AccountState.ACTIVE
    waiting = due_now()
    assert wait_for(lambda: True if "can't be used" in (publication(waiting).problem or "") else None, 60)
    page.goto(f"{product.url}/accounts")
    assert page.get_by_text("needs connecting again").count() == 1
    look(page, "accounts")
    page.get_by_role("button", name="Connect it now").click()
    # The page shows by itself what has become of it.
    expect(page.get_by_role("link", name="Go on to X")).to_be_visible(timeout=60_000)
    look(page, "ready")
    began = page.url

    # By the mistake that people make: signed in there as oneself.
    page.get_by_role("link", name="Go on to X").click()
    expect(page.get_by_role("heading", name="Let Schoolgate use your account?")).to_be_visible()
    look(page, "x-consent")
    page.get_by_label("your own account").check()
    page.get_by_role("button", name="Allow").click()
    assert page.url == began, "the answer is not left in the address"
    reload_until(page, lambda: page.get_by_text("You were signed in to X as").is_visible(), 60)
    look(page, "wrong-account")
    assert state("x") is AccountState.NEEDS_CONNECTING

    # Cancelled, then done right.
    page.get_by_role("button", name="Connect again").click()
    reload_until(page, lambda: page.get_by_role("link", name="Go on to X").is_visible(), 60)
    page.get_by_role("link", name="Go on to X").click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("you chose Cancel, so nothing was connected")).to_be_visible()
    page.get_by_role("button", name="Connect again").click()
    reload_until(page, lambda: page.get_by_role("link", name="Go on to X").is_visible(), 60)
    page.get_by_role("link", name="Go on to X").click()
    with page.expect_request(lambda request: "/accounts/connected/x" in request.url) as answered:
        page.get_by_role("button", name="Allow").click()
    connected(page)
    look(page, "connected")
    assert state("x") is AccountState.ACTIVE
    assert wait_for(
        lambda: True if publication(waiting).state is PublicationState.PUBLISHED else None, 120
    ), publication(waiting).problem
    assert product.world().posts("x")[0].text == "The library is open again."

    # The same answer again does nothing.
    page.goto(answered.value.url)
    expect(page.get_by_text("was used already, and counts once")).to_be_visible()
    page.goto(f"{product.url}/accounts")
    page.get_by_role("link", name="More about this account").first.click()
    look(page, "one")
    kept = product.world().secrets
    words = [kept.x_access_token_secret, kept.x_access_token, kept.app_secret]
    logs = "".join(one.read_text(encoding="utf-8") for one in (product.home / "logs").glob("*.log*"))
    assert "connection_step" in logs
    assert not [word for word in [*words, answered.value.url.partition("oauth_verifier=")[2]] if word in logs]


@pytest.mark.parametrize("platform", ["facebook", "instagram"])
def test_p8_p11_a_page_and_its_instagram_account_are_connected_by_facebook_login(
    product: Product, sign_in: SignIn, books: None, platform: str
) -> None:
    page = sign_in("network")
    with db.reading() as session:
        account = on(session, platform)
    page.goto(f"{product.url}/practice/faults")
    page.get_by_role("button", name="Let Facebook and Instagram forget them").click()
    stopped = wait_for(lambda: True if state(platform) is AccountState.NEEDS_CONNECTING else None, 60)
    assert stopped

    def go() -> None:
        reload_until(page, lambda: page.get_by_role("link", name="Go on to Facebook").is_visible(), 60)
        page.get_by_role("link", name="Go on to Facebook").click()

    page.goto(f"{product.url}/accounts/{account.id}")
    page.get_by_role("button", name="Connect it now").click()
    go()
    look(page, f"{platform}-consent")
    taken_out = "pages_manage_posts" if platform == "facebook" else "instagram_content_publish"
    page.get_by_label(taken_out).uncheck()
    page.get_by_role("button", name="Allow").click()
    reload_until(page, lambda: page.get_by_text(f"“{taken_out}” was taken out").is_visible(), 60)
    assert state(platform) is AccountState.NEEDS_CONNECTING
    page.get_by_role("button", name="Connect again").click()
    go()
    page.get_by_label("your own account").check()
    page.get_by_role("button", name="Allow").click()
    reload_until(page, lambda: page.get_by_text("manages no Page").is_visible(), 60)
    page.get_by_role("button", name="Connect again").click()
    go()
    page.get_by_role("button", name="Allow").click()
    connected(page)
    assert state(platform) is AccountState.ACTIVE
    with db.reading() as session:
        kept = accounts.credentials_of(on(session, platform))
    assert kept["page_access_token"] == product.world().secrets.page_access_token
