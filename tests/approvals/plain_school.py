"""The policy in plain words: what may be on a platform at a moment, without any of the product's code.

The test that drives the product in any order keeps this beside it and asks it about every post that
appears. Nothing here reads the product's tables, so a check that is missing there is missed here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

LATE_MOST = timedelta(minutes=60)
_LONDON = ZoneInfo("Europe/London")


@dataclass
class Agreed:
    """One consent in writing."""

    kind: str
    first: date
    last: date
    platform: str = ""
    """Where; empty: everywhere."""
    withdrawn: bool = False


@dataclass
class Child:
    """A pupil, by their full name."""

    name: str
    left: bool = False
    agreed: list[Agreed] = field(default_factory=list)

    def may_appear(self, kind: str, platform: str, on: date) -> bool:
        return not self.left and any(
            one.kind == kind
            and one.platform in {"", platform}
            and not one.withdrawn
            and one.first <= on <= one.last
            for one in self.agreed
        )

    def says_no(self, kind: str, platform: str, on: date) -> None:
        """No more of that kind from now on; `platform` empty: anywhere."""
        for one in list(self.agreed):
            if one.kind != kind or one.withdrawn or platform not in {"", one.platform or platform}:
                continue
            one.withdrawn = True
            if platform and not one.platform:
                others = {"x", "facebook", "instagram"} - {platform}
                self.agreed += [Agreed(kind, max(one.first, on), one.last, other) for other in sorted(others)]


@dataclass
class Adult:
    """Somebody who works at the school."""

    name: str
    roles: set[str]
    active: bool = True
    leave: set[str] = field(default_factory=set)
    """Accounts that the headteacher lets them write for."""
    trained: list[tuple[datetime, date, date]] = field(default_factory=list)
    """When each training was entered, its day and its last day."""
    accepted: int = 0
    """The version of the terms that they accepted last."""


@dataclass
class Version:
    """What a post said at one time."""

    text: str
    accounts: tuple[str, ...]
    children: tuple[str, ...]
    picture: bool
    planned: datetime
    appear: str = "image"
    """What the children of the post must have agreed to."""


@dataclass
class Post:
    """A draft with all that became of it."""

    author: str
    versions: list[Version]
    handed_in: int | None = None
    """Which version waits for a decision."""
    approved: int | None = None
    """Which version was approved, while nothing has undone that."""
    released: dict[str, datetime] = field(default_factory=dict)
    """When a person let it go out later than planned, by account."""
    stopped: set[str] = field(default_factory=set)
    """Accounts on which a person gave it up."""


@dataclass
class PlainSchool:
    """Everything that the policy asks about."""

    now: datetime
    adults: dict[str, Adult]
    children: dict[str, Child] = field(default_factory=dict)
    posts: dict[object, Post] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    deputies: list[tuple[str, date, date]] = field(default_factory=list)
    terms: int = 1
    refreshed: datetime | None = None
    stopped: bool = False
    allowed: datetime | None = None
    """When the last stop of all publishing ended."""

    @property
    def today(self) -> date:
        return self.now.astimezone(_LONDON).date()

    def may_hand_in(self, name: str) -> str:
        """Why somebody may not hand a post in (P6, P7); empty when they may."""
        who = self.adults[name]
        if who.accepted != self.terms:
            return f"{name} has not accepted the terms"
        for entered, held, until in who.trained:
            since = self.refreshed
            counts = since is None or (entered >= since and held >= since.astimezone(_LONDON).date())
            if held <= self.today <= until and counts:
                return ""
        return f"{name} is not trained"

    def may_decide(self, name: str, author: str) -> bool:
        """Whether somebody may approve that author's post (P12)."""
        who = self.adults[name]
        if not who.active or name == author:
            return False
        if who.roles & {"headteacher", "slt"}:
            return True
        stands_in = bool(who.roles & {"headteacher", "slt", "chair"})
        days = [(first, last) for one, first, last in self.deputies if one == name]
        if stands_in and any(first <= self.today <= last for first, last in days):
            return True
        return "chair" in who.roles and "headteacher" in self.adults[author].roles

    def why_wrong(self, account: str, text: str) -> str:
        """Why a text that has just appeared on an account may not be there; empty when it may."""
        found = [
            (post, number)
            for post in self.posts.values()
            for number, version in enumerate(post.versions)
            if version.text == text
        ]
        if len(found) != 1:
            return f"nobody wrote “{text}”"
        post, number = found[0]
        version, author = post.versions[number], self.adults[post.author]
        if self.stopped:
            return "all publishing is stopped"
        if account in self.closed:
            return f"{account} is closed"
        if post.approved != number or number != len(post.versions) - 1:
            return f"version {number} is not approved; approved: {post.approved} of {len(post.versions)}"
        if account not in version.accounts or account in post.stopped:
            return f"it was not to appear on {account}"
        due = max(version.planned, post.released.get(account, version.planned))
        if self.now < version.planned or self.now - due > LATE_MOST:
            return f"at {self.now} it is not the time for it: {due}"
        if self.allowed is not None and due <= self.allowed:
            return f"it came due by {self.allowed}, in a stop, and nobody let it go out"
        if not author.active or account not in author.leave:
            return f"{author.name} may not write for {account}"
        for name in version.children:
            if not self.children[name].may_appear(version.appear, account, self.today):
                return f"{name} didn't agree to {version.appear} on {account}"
        if version.picture:
            for child in self.children.values():
                if child.name in text and not child.left:
                    return f"{child.name} is named beside a picture"
        return ""
