"""New followers are vetted; what no program may do becomes a task for a person (P19)."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from connectors.base import Platform
from tests.stories.conftest import SignIn, reload_until
from tests.worker.conftest import Product


def test_p19_new_followers_are_vetted_and_the_task_ticks_itself_off(
    product: Product, sign_in: SignIn
) -> None:
    world = product.world()
    world.follow(Platform.X, "Edna Goodneighbour", bio="Grandmother of two at Larkfield. Loves gardening.")
    world.follow(Platform.X, "Rex Ruder", bio="I hate you stupid idiots, all of you")
    deputy = sign_in("deputy")
    deputy.goto(f"{product.url}/followers")
    main = deputy.locator("main")
    friendly = deputy.locator("article", has_text="Edna Goodneighbour")
    rude = deputy.locator("article", has_text="Rex Ruder")
    reload_until(deputy, lambda: friendly.count() == 1 and rude.get_by_text("Show the bio").count() == 1, 90)
    expect(friendly).to_contain_text("Loves gardening")

    friendly.get_by_label("Reason").fill("A grandmother whom we know")
    friendly.get_by_role("button", name="Approve", exact=True).click()
    expect(friendly).to_have_count(0)

    rude.get_by_role("link", name=re.compile("Rex Ruder")).click()
    address = deputy.url
    deputy.get_by_role("button", name=re.compile("^Remove")).click()
    expect(main).to_contain_text("reason")
    deputy.get_by_label("Reason").fill("Abusive words in the profile")
    deputy.get_by_role("button", name=re.compile(r"^Remove.*a task by hand")).click()
    deputy.goto(address)
    acts = deputy.locator("section", has=deputy.get_by_role("heading", name="On the platform"))
    reload_until(deputy, lambda: "Open it on the platform" in acts.inner_text(), 20)

    (follow,) = [one for one in world.followers(Platform.X) if one.person.name == "Rex Ruder"]
    world.unfollow(Platform.X, follow.person.id)
    world.close()
    reload_until(deputy, lambda: "done" in acts.inner_text(), 120)
