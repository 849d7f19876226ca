"""What an account's credentials must allow, and what will fail where they don't: pure rules, no request."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta

from connectors.base import Inspection, Platform
from connectors.figures import PERMISSIONS
from connectors.posting import NAMES
from school.times import say_full_date, today

WARN_BEFORE = timedelta(days=14)

NEEDED: Mapping[Platform, Mapping[str, str]] = {
    Platform.X: {
        "write": "posts can't be published, and answers can't be hidden",
    },
    Platform.FACEBOOK: {
        "pages_read_engagement": "the Page's posts can't be read",
        "pages_read_user_content": "what people write can't be read",
        "pages_manage_posts": "posts can't be published or deleted",
        "pages_manage_engagement": "comments can't be hidden, deleted or answered",
    },
    Platform.INSTAGRAM: {
        "instagram_basic": "nothing can be read",
        "instagram_manage_comments": "comments can't be read, hidden, deleted or answered",
        "instagram_content_publish": "posts can't be published",
        "instagram_manage_contents": "posts can't be deleted",
        "pages_read_engagement": "the account can't be found through its Page",
    },
}
"""Permission to what fails without it (PLATFORMS.md sections 1 to 3)."""

_MEND = {
    Platform.X: "Give the school’s app “Read and write” at X, then connect the account again.",
    Platform.FACEBOOK: "Connect the account again, and leave every permission ticked on Facebook’s page.",
    Platform.INSTAGRAM: "Connect the account again, and leave every permission ticked on Facebook’s page.",
}


def wishes(platform: Platform, permissions: Collection[str] | None) -> list[str]:
    """What the account could do besides with a permission that nothing depends on; None: not known."""
    wanted = PERMISSIONS.get(platform)
    if wanted is None or permissions is None or wanted in permissions:
        return []
    return [
        f"{NAMES[platform]} doesn’t tell how many people saw the posts: the permission “{wanted}” wasn’t "
        "granted. For these figures connect the account again and leave it ticked on Facebook’s page. "
        "Everything else works without it."
    ]


def belongs_elsewhere(inspection: Inspection, platform_id: str) -> str:
    """A sentence where the credentials are not this account's; empty where they are."""
    there = inspection.identity
    if there.platform_id != platform_id:
        return (
            f"This key belongs to @{there.handle or there.platform_id} (id {there.platform_id}), "
            f"not to the account with the id {platform_id}."
        )
    if inspection.owner_id and inspection.owner_id != platform_id:
        return (
            f"This key belongs to the Page with the id {inspection.owner_id}, not to the one with the "
            f"id {platform_id}."
        )
    return ""


def warnings(platform: Platform, inspection: Inspection, *, now: datetime) -> list[str]:
    """What will fail, why, and what to do, a sentence or two each; the soonest first.

    No sentence changes from day to day, so that people are told of each once.
    """
    return list(_warnings(platform, inspection, now))


def _warnings(platform: Platform, inspection: Inspection, now: datetime) -> Iterator[str]:
    name = NAMES[platform]
    if not inspection.valid:
        yield f"{name} says that the key no longer counts. Connect the account again."
    end = inspection.expires_at
    if end is not None and end - now < WARN_BEFORE:
        said, on = "ended" if end <= now else "ends", say_full_date(today(end))
        yield (
            f"The key to this account {said} on {on}: after that nothing is read and nothing can be "
            "published. Connect the account again."
        )
    end = inspection.data_access_expires_at
    if end is not None and end - now < WARN_BEFORE:
        said, on = "ended" if end <= now else "ends", say_full_date(today(end))
        yield (
            f"The leave to read from {name} {said} on {on}: after that comments can't be read. "
            "Whoever connected the account connects it again."
        )
    if platform is Platform.FACEBOOK and inspection.kind == "person's token":
        yield (
            "This is the key of one person and not the Page's, so it ends with that person's sign-in. "
            "Connect the account again: that fetches the Page's own."
        )
    if inspection.permissions is not None:
        for permission, fails in NEEDED[platform].items():
            if permission not in inspection.permissions:
                yield f"The permission “{permission}” is missing: {fails}. {_MEND[platform]}"
    if not inspection.published:
        yield f"The Page is not published on {name}: nobody outside sees its posts. Publish it there."
