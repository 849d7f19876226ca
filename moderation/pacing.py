"""How often an account is read: often after a post and in school hours, seldom at night, within its budget.

Every request to X costs money and every platform has its limits, so reading must leave enough of
both for what people decide: publishing, hiding, answering.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from moderation import costs
from school.times import LONDON, say

_AFTER_A_POST = timedelta(hours=2)
"""The first hours bring most of the comments."""
_RESERVE = 0.25
"""The share of a month's budget that reading never touches: it is for publishing, hiding and answering."""


@dataclass(frozen=True, slots=True)
class PollPace:
    """How often the parts of a poll are made, and how far back posts are watched."""

    interval: timedelta = timedelta(minutes=1)
    lease: timedelta = timedelta(minutes=5)
    watch_for: timedelta = timedelta(days=30)
    posts_every: timedelta = timedelta(minutes=15)
    posts_listed_every: timedelta = timedelta(days=1)
    """All posts, old ones too, are listed at this pace; in between only the newest."""
    old_for: timedelta = timedelta(days=3 * 365)
    """Posts older than this are not read any more."""
    conversations_every: timedelta = timedelta(minutes=5)
    """Where a platform has a stream of mentions as well, the posts' conversations are read only so often."""
    elsewhere_every: timedelta = timedelta(minutes=10)
    """What visitors post and tag."""
    rescan_every: timedelta = timedelta(minutes=30)
    """Edits and deletions are noticed at this pace."""
    old_every: timedelta = timedelta(minutes=10)
    """Some posts beyond the watched ones are looked through at this pace."""
    old_rested: timedelta = timedelta(days=1)
    """How long an old post is left alone at least after it was looked through."""
    followers_every: timedelta = timedelta(minutes=15)
    followers_counted_every: timedelta = timedelta(days=1)
    """All followers are read at this pace, to see who left; in between only the newest."""
    adaptive: bool = True
    """Slower at night and at weekends."""
    budget: float | None = None
    """US dollars that the account may cost in a month; None: it costs nothing."""
    prices: costs.Prices = costs.USUAL_PRICES

    @staticmethod
    def practice(interval: timedelta) -> PollPace:
        """Everything soon, so that people being trained see the effect of what they do."""
        soon = max(interval * 5, timedelta(seconds=10))
        return PollPace(
            interval=interval,
            posts_every=interval,
            posts_listed_every=soon,
            conversations_every=interval,
            elsewhere_every=interval,
            rescan_every=soon,
            old_every=soon,
            old_rested=soon * 6,
            followers_every=interval * 2,
            followers_counted_every=soon,
            adaptive=False,
            prices=costs.Prices(0.0, 0.0),
        )

    @staticmethod
    def paid(interval: timedelta, watch_for: timedelta, budget: float, prices: costs.Prices) -> PollPace:
        """Where every item costs: what mostly brings nothing new is asked for seldom.

        Asking for comments stays as frequent as elsewhere: an answer without items is free.
        """
        return PollPace(
            interval=interval,
            watch_for=watch_for,
            posts_every=timedelta(hours=1),
            rescan_every=timedelta(days=1),
            followers_every=timedelta(hours=6),
            followers_counted_every=timedelta(days=14),
            budget=budget,
            prices=prices,
        )

    def slower(self, factor: int) -> PollPace:
        """Everything that much more seldom."""
        if factor == 1:
            return self
        names = ("posts_every", "conversations_every", "elsewhere_every", "rescan_every", "followers_every")
        return replace(self, **{name: getattr(self, name) * factor for name in names})


@dataclass(frozen=True, slots=True)
class Spending:
    """How a month's budget stands. Amounts in US dollars."""

    budget: float
    read: float
    acted: float
    factor: int
    """How much more seldom to read, so that it lasts until the month ends."""
    exhausted: bool
    """Nothing is left for reading."""
    until: datetime
    """When the new month begins."""

    @property
    def spent(self) -> float:
        """All of it."""
        return self.read + self.acted

    @property
    def sentence(self) -> str:
        """What to tell people; empty while all is well."""
        if self.exhausted:
            return (
                f"This month's budget for reading is used up (${self.spent:.2f} of ${self.budget:.2f}; the "
                "rest is kept for publishing and hiding). Comments are not read again before "
                f"{say(self.until)}, unless the budget is raised below."
            )
        if self.factor > 1:
            return (
                f"Read more seldom, since ${self.spent:.2f} of this month's ${self.budget:.2f} are spent "
                "already."
            )
        return ""


def spending(budget: float, read: float, acted: float, *, now: datetime) -> Spending:
    """How a month stands in which so much went into reading and into acting, school time."""
    local = now.astimezone(LONDON)
    begin = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    end = (begin + timedelta(days=32)).replace(day=1)
    passed = (local - begin) / (end - begin)
    for_reading = budget - max(budget * _RESERVE, acted)
    # A day's worth ahead: the first of the month must not begin with a standstill.
    fair = for_reading * min(passed + 1 / 30, 1.0)
    over = read / fair if fair > 0 else 9.0
    return Spending(
        budget=budget,
        read=read,
        acted=acted,
        factor=1 if over <= 1 else 2 if over <= 1.25 else 4 if over <= 1.5 else 8,
        exhausted=read >= for_reading,
        until=end,
    )


def at_this_hour(pace: PollPace, *, last_post: datetime | None, now: datetime) -> tuple[timedelta, str]:
    """How long to wait until the next poll, and why it is longer than usual (empty: it isn't)."""
    if not pace.adaptive or (last_post is not None and now - last_post < _AFTER_A_POST):
        return pace.interval, ""
    local = now.astimezone(LONDON)
    if local.hour >= 22 or local.hour < 6:
        factor, when = 10, "at night"
    elif local.weekday() >= 5:
        factor, when = 5, "at the weekend"
    elif 7 <= local.hour < 18:
        return pace.interval, ""
    else:
        factor, when = 2, "out of school hours"
    wait = pace.interval * factor
    return wait, f"Read every {_words(wait)} {when}."


def spared(used_per_cent: int, wait: timedelta, platform: str) -> tuple[timedelta, str]:
    """A longer wait where so much of a platform's allowance is used that acting might run short."""
    if used_per_cent < 75:
        return wait, ""
    factor = 2 if used_per_cent < 90 else 10
    return (
        wait * factor,
        f"Read more seldom, since {used_per_cent} % of what {platform} allows are used: the rest is "
        "kept for publishing and hiding.",
    )


def _words(span: timedelta) -> str:
    seconds = round(span.total_seconds())
    if seconds < 120:
        return f"{seconds} seconds"
    return f"{seconds // 60} minutes"
