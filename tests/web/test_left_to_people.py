"""What no program can do on a platform is said to be a task, before it is decided and after (P18)."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
import sqlalchemy as sa

from connectors.base import Capability
from moderation.models import Follower
from school.db import reading
from school.models import Role
from tests.moderation import scenes
from tests.moderation.platform import ScriptedPlatform, author, comment
from tests.web.conftest import Browser

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def test_blocking_where_no_program_can_is_said_to_be_a_task(
    account_id: UUID, clock: scenes.PresentClock, signed_in: Callable[[Role], Browser]
) -> None:
    platform = ScriptedPlatform(capabilities=frozenset(Capability) - {Capability.BLOCK})
    entry_id = scenes.flagged(account_id, platform, clock, comment(1, "You idiot"))[0]
    slt = signed_in(Role.SLT)
    assert "Hide and block (blocking: a task by hand)" in slt.get("/moderation").text
    slt.post(
        f"/moderation/{entry_id}", "/moderation", seen=1, outcomes="hide+block", reason="Abuse", back="queue"
    )
    queue = slt.get("/moderation").text
    assert "Recorded: to be blocked by hand, hidden." in queue
    assert "Facebook lets no program block anybody" in queue
    assert 'It stands under <a href="/moderation/tasks">To do by hand</a>.' in queue
    assert "to be blocked by hand, hidden.</span>" in queue, "beside Undo"
    for page in (f"/moderation/{entry_id}", "/moderation/done"):
        assert "Decided: to be blocked by hand, hidden" in slt.get(page).text
    assert "Decided: blocked" not in slt.get(f"/moderation/{entry_id}").text
    # Several together say the same.
    more = scenes.flagged(account_id, platform, clock, *(comment(n, f"idiot {n}") for n in (1, 2, 3)))[1:]
    slt.client.post(
        "/moderation/together",
        data={
            "csrf_token": slt.token("/moderation"),
            "author": "",
            "post": "post-1",
            "account": "",
            "kind": "",
            "entries": [f"{one}:1" for one in more],
            "outcomes": ["block"],
            "reason": "Abuse",
        },
    )
    queue = slt.get("/moderation").text
    assert "Recorded for 2 entries: to be blocked by hand." in queue and "lets no program block" in queue


def test_where_a_program_can_nothing_is_a_task(
    account_id: UUID,
    platform: ScriptedPlatform,
    clock: scenes.PresentClock,
    signed_in: Callable[[Role], Browser],
) -> None:
    entry_id = scenes.flagged(account_id, platform, clock, comment(1, "You idiot"))[0]
    slt = signed_in(Role.SLT)
    assert "by hand)" not in slt.get("/moderation").text
    page = f"/moderation/{entry_id}"
    slt.post(page, "/moderation", seen=1, outcomes="hide+block", reason="Abuse", back="queue")
    queue = slt.get("/moderation").text
    assert "Recorded: blocked, hidden." in queue and "lets no program" not in queue


def test_what_is_left_to_do_about_a_follower_leads_to_the_task(
    account_id: UUID, clock: scenes.PresentClock, signed_in: Callable[[Role], Browser]
) -> None:
    platform = ScriptedPlatform(capabilities=frozenset(Capability) - {Capability.BLOCK})
    scenes.poll(account_id, platform, clock)
    platform.people = [author("Idiot Ian")]
    scenes.poll(account_id, platform, clock)
    scenes.score(clock)
    with reading() as session:
        page = f"/followers/{session.scalars(sa.select(Follower.id)).one()}"
    slt = signed_in(Role.SLT)
    assert slt.post(page, page, seen=1, outcome="block", reason="Abusive name").status_code == 302
    assert 'It stands under <a href="/moderation/tasks">To do by hand</a>.' in slt.get(page).text
    # Decided again from an older page: the way goes on from there.
    late = slt.post(page, page, seen=1, outcome="approve")
    assert late.status_code == 409 and f'href="{page}">Look at the follower</a>' in late.text
