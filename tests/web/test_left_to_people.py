"""What no program can do on a platform is said to be a task, before it is decided and after (P18)."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest

from connectors.base import Capability
from school.models import Role
from tests.moderation import scenes
from tests.moderation.platform import ScriptedPlatform, comment
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
