"""The menu: only what the person signed in can do."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request

from school.permissions import Action
from school.settings import settings
from web.access import allowed, optional_person


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of the menu."""

    label: str
    path: str
    actions: tuple[Action, ...] = ()
    """Any of these opens it; none: everybody who is signed in."""
    of_school: bool = False
    """Needed now and then rather than daily: under “School”, so that the daily ones stay in one line."""


ITEMS = (
    Item("Today", "/"),
    Item("Drafts", "/drafts"),
    Item("Calendar", "/calendar"),
    Item("Moderation", "/moderation", (Action.MODERATE,)),
    Item("Followers", "/followers", (Action.VET_FOLLOWERS,)),
    Item("Log", "/log", (Action.SEE_LOG, Action.SEE_REFERRALS)),
    Item("Consent", "/consent", (Action.SEE_CONSENT, Action.EDIT_CONSENT)),
    Item("Accounts", "/accounts", (Action.SEE_ACCOUNTS,), of_school=True),
    Item("People", "/people", (Action.MANAGE_PEOPLE,), of_school=True),
    Item("Sign-in", "/sign-ins", (Action.END_SIGN_INS, Action.RECOVER_PEOPLE), of_school=True),
    Item("Training", "/training", (Action.MANAGE_TRAINING,), of_school=True),
    Item("Forms", "/forms", of_school=True),
    Item("Letters", "/letters", (Action.SET_LETTERS,), of_school=True),
    Item("Check a document", "/documents/check", (Action.CHECK_DOCUMENTS,), of_school=True),
    Item("Reports", "/reports", (Action.SEE_REPORTS, Action.SEE_FIGURES), of_school=True),
    Item("Data protection", "/data-protection", (Action.SEE_PROTECTION,), of_school=True),
    Item("Trail", "/audit", (Action.SEE_AUDIT,), of_school=True),
    Item("Term dates", "/calendar/school-dates", (Action.SET_SCHOOL_DATES,), of_school=True),
    Item("Devices", "/devices", (Action.APPROVE_DEVICES,), of_school=True),
    Item("Troubles", "/troubles", (Action.SEE_HEALTH,), of_school=True),
    Item("Practice", "/practice", (Action.USE_PRACTICE,)),
    Item("Mailbox", "/practice/mailbox"),
)


def navigation(practice: bool) -> list[tuple[Item, bool]]:
    """The entries for the person signed in, each with whether it is the page being shown."""
    if optional_person() is None:
        return []
    left_out = set() if practice else {"/practice"}
    if settings().smtp_url:
        left_out.add("/practice/mailbox")
    shown = [
        item
        for item in ITEMS
        if item.path not in left_out and (not item.actions or any(allowed(action) for action in item.actions))
    ]
    here = request.path
    under = [item for item in shown if here == item.path or here.startswith(item.path.rstrip("/") + "/")]
    # The longest path is the most exact; "/" is above everything, but is only itself.
    current = max(
        (item for item in under if item.path != "/" or here == "/"),
        key=lambda item: len(item.path),
        default=None,
    )
    return [(item, item is current) for item in shown]
