"""Abuse on a platform reaches the log, a person decides, and the platform shows it (P17, P18, P33)."""

from __future__ import annotations

import csv
import io
import re

import pytest
from playwright.sync_api import expect

from connectors.base import Platform
from tests.stories.conftest import SignIn, reload_until
from tests.worker.conftest import Product


@pytest.mark.parametrize("platform", list(Platform))
def test_p18_p33_an_abusive_comment_is_seen_hidden_and_can_be_shown_afterwards(
    product: Product, sign_in: SignIn, platform: Platform
) -> None:
    abuse = f"you are a disgusting pathetic idiot and everyone hates you {platform.value}"
    author = f"Gary {platform.value[:2]}"
    # Instagram tells of people by their handle alone.
    named = re.compile(author.replace(" ", "[ _.]?"), re.IGNORECASE)
    visitor, deputy = sign_in("teacher"), sign_in("deputy")

    visitor.goto(f"{product.url}/practice/{platform.value}")
    post = visitor.locator("article.post").first
    post.get_by_text("Comment on this post as anybody").click()
    form = post.locator("form", has=visitor.get_by_role("button", name="Comment", exact=True)).last
    form.get_by_label("As", exact=True).fill(author)
    form.get_by_label("Comment", exact=True).fill(abuse)
    form.get_by_role("button", name="Comment", exact=True).click()
    expect(visitor.locator(".comment-text", has_text=abuse)).to_be_visible()

    deputy.goto(f"{product.url}/moderation")
    entry = deputy.locator("section.case", has_text=named)
    seconds = reload_until(deputy, lambda: entry.count() > 0, 30)
    print(f"\n{platform.value}: comment to moderation queue in {seconds:.1f} s")
    assert seconds < 10

    words = entry.locator(".quoted")
    expect(words).to_be_hidden()
    entry.get_by_text("Show the text").click()
    expect(words).to_contain_text(abuse)

    entry.get_by_label("Reason for the decision").fill("Abusive words about a person")
    entry.get_by_role("button", name="Hide", exact=True).click()
    expect(deputy.locator("section.case", has_text=named)).to_have_count(0)

    gone = visitor.locator(".comment-text", has_text=abuse)
    reload_until(visitor, lambda: gone.count() == 0, 20)
    visitor.goto(f"{product.url}/practice/{platform.value}/people")
    expect(visitor.get_by_text(abuse)).to_be_visible()

    deputy.goto(f"{product.url}/log?author=gary&platform={platform.value}")
    expect(deputy.locator("main")).to_contain_text(named)
    number = re.search(r"Entry (\d+)", deputy.locator("main").inner_text())
    assert number
    deputy.get_by_role("link", name=number[0]).first.click()
    events = deputy.locator("section", has=deputy.get_by_role("heading", name="What has happened"))
    expect(events).to_contain_text("Daniel Whitcombe")
    expect(events).to_contain_text("Abusive words about a person")
    acts = deputy.locator("section", has=deputy.get_by_role("heading", name="On the platform"))
    reload_until(deputy, lambda: "done" in acts.inner_text(), 20)


def test_the_log_is_exported_without_a_cell_that_runs(product: Product, sign_in: SignIn) -> None:
    world = product.world()
    post = world.public_posts(Platform.FACEBOOK, limit=1)[0]
    world.say(
        Platform.FACEBOOK,
        post.post.id,
        "=cmd|'/c calc'!A1",
        "-1+1 you worthless idiots, I hate you all",
        None,
    )
    world.close()
    deputy = sign_in("deputy")
    deputy.goto(f"{product.url}/log")
    reload_until(deputy, lambda: "calc" in deputy.locator("main").inner_text(), 30)
    with deputy.expect_download() as started:
        deputy.get_by_role("button", name="Take out as CSV").click()
    rows = list(csv.reader(io.StringIO(started.value.path().read_text(encoding="utf-8-sig"))))
    assert len(rows) > 1
    assert any("worthless idiots" in cell for row in rows for cell in row)
    assert not [
        cell for row in rows for cell in row if cell[:1] in {"=", "+", "-", "@", "\t"} and cell != "-"
    ]


@pytest.mark.parametrize("mailbox", ["teacher", "network", "dpo", "marketing"])
def test_p5_abuse_is_not_shown_to_others(product: Product, sign_in: SignIn, mailbox: str) -> None:
    page = sign_in(mailbox)
    for path in ("/moderation", "/log", "/followers"):
        answer = page.goto(f"{product.url}{path}")
        assert answer is not None
        assert answer.status == 404, path


def test_p17_what_was_seen_elsewhere_is_entered_by_hand_and_decided(
    product: Product, sign_in: SignIn
) -> None:
    deputy = sign_in("deputy")
    deputy.goto(f"{product.url}/moderation/by-hand")
    deputy.get_by_role("button", name="Put it into the log").click()
    expect(deputy.locator("main")).to_contain_text("Where")
    deputy.get_by_label("Where").fill("WhatsApp")
    deputy.get_by_label("What was written").fill("Unkind words about a class, sent by a parent")
    deputy.get_by_role("button", name="Put it into the log").click()
    expect(deputy.locator("h1")).to_contain_text(re.compile(r"Entry \d+"))
    deputy.get_by_label("No action is needed").check()
    deputy.get_by_label("Reason or note").fill("Spoke with the parent on the phone")
    deputy.get_by_role("button", name="Record").click()
    deputy.goto(f"{product.url}/log?origin=manual")
    expect(deputy.locator("main")).to_contain_text("WhatsApp")
    expect(deputy.locator("main")).to_contain_text("Spoke with the parent on the phone")
