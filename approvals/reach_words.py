"""How far a post came, in words that say exactly what its platform counts (P10)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from approvals.models import PostFigures, Publication
from approvals.reach import AGES, OLDEST, PRACTICE_AGES
from connectors.base import Platform
from connectors.figures import PERMISSIONS, Withheld
from connectors.posting import NAMES
from school.times import say, say_date, today

PEOPLE = {
    Platform.X: ("person", "people"),
    Platform.FACEBOOK: ("person", "people"),
    Platform.INSTAGRAM: ("account", "accounts"),
}
"""What a platform counts once, however often they look; X counts nothing so."""
_LATE = timedelta(hours=1)


class Counted(Protocol):
    """Whatever has a post's figures."""

    @property
    def people(self) -> int | None: ...
    @property
    def views(self) -> int | None: ...
    @property
    def likes(self) -> int | None: ...
    @property
    def comments(self) -> int | None: ...
    @property
    def shares(self) -> int | None: ...


def number(count: int, one: str, several: str) -> str:
    """ "1 person", "1,214 people"."""
    return f"{count:,} {one if count == 1 else several}"


def times(count: int) -> str:
    """ "once", "301 times"."""
    return "once" if count == 1 else f"{count:,} times"


def seen_by(platform: Platform, figures: Counted) -> str:
    """ "214 people, 301 times in all"; "301 times" where the platform counts no people; empty: neither."""
    people = number(figures.people, *PEOPLE[platform]) if figures.people is not None else ""
    views = times(figures.views) if figures.views is not None else ""
    return f"{people}, {views} in all" if people and views else people or views


def besides(platform: Platform, figures: Counted, *, comments: bool = True) -> str:
    """ "12 reactions, 1 comment, shared twice"; empty where the platform gives none of them.

    `comments`: not where the page counts those that have come in itself.
    """
    liked = ("reaction", "reactions") if platform is Platform.FACEBOOK else ("like", "likes")
    parts = [
        number(count, *words)
        for count, words in (
            (figures.likes, liked),
            (figures.comments if comments else None, ("comment", "comments")),
        )
        if count is not None
    ]
    return ", ".join(parts + ([f"shared {times(figures.shares)}"] if figures.shares else []))


def why_not(platform: Platform, withheld: Withheld) -> str:
    """ "not given by Facebook: the permission “read_insights” wasn’t granted"."""
    name = NAMES[platform]
    match withheld:
        case Withheld.PERMISSION:
            return f"not given by {name}: the permission “{PERMISSIONS[platform]}” wasn’t granted"
        case Withheld.TOO_FEW:
            return f"not given by {name}: too few had seen it"
        case Withheld.BEFORE:
            return f"not given by {name}: the account became a professional one only afterwards"
    if platform is Platform.FACEBOOK:
        return "not given by Facebook: it does so for Pages with 100 likes or more, and not for every post"
    return f"not given by {name} for this post"


def brief(platform: Platform, row: PostFigures | None) -> str:
    """A post's figures and their day, for lists that go out; or why there are none. Empty: not asked yet."""
    if row is None or row.read_at is None:
        return ""
    said = seen_by(platform, row) or (why_not(platform, row.withheld) if row.withheld is not None else "")
    parts = [part for part in (said, besides(platform, row)) if part]
    return f"{'; '.join(parts)} ({say_date(today(row.read_at))})"


def not_asked(publication: Publication, row: PostFigures | None, *, now: datetime, exact: bool = True) -> str:
    """Why there are no figures of a published post; empty where its platform has answered.

    `exact`: with the day, and not so that many posts have the same reason.
    """
    name = NAMES[Platform(publication.account.platform)]
    if row is not None and row.read_at is not None:
        return ""
    if row is not None and row.gone_at is not None:
        gone = f"{name} no longer had the post when it was asked"
        return f"{gone}, on {say_date(today(row.gone_at))}" if exact else gone
    if publication.published_at is None or publication.post_platform_id is None:
        return f"{name} can’t be asked: it was put there by hand"
    if publication.published_at < now - OLDEST:
        return f"{name} is not asked any more: the post is over a year old"
    first = publication.published_at + (PRACTICE_AGES if publication.account.practice else AGES)[0]
    if first + _LATE > now:
        return f"{name} is asked for the first time " + (
            f"on {say(first)}" if exact else "a day after a post came out"
        )
    return f"{name} has not answered yet; it is asked again by itself"


def sentences(
    publication: Publication, row: PostFigures | None, *, comments: bool = True, now: datetime
) -> list[str]:
    """All that there is to say of one published post, for its draft's page; `comments`: as `besides`."""
    platform = Platform(publication.account.platform)
    name = NAMES[platform]
    if waits := not_asked(publication, row, now=now):
        return [f"How many saw it: {waits}."]
    assert row is not None and row.read_at is not None
    day = say_date(today(row.read_at))
    said = []
    if row.people is not None:
        often = f", {times(row.views)} in all," if row.views is not None else ""
        said.append(f"Seen by {number(row.people, *PEOPLE[platform])} on {name}{often} by {day}.")
    elif row.views is not None:
        only = (
            f"{name} counts how often, not how many people."
            if platform is Platform.X
            else (f"How many {PEOPLE[platform][1]} those were, {name} doesn’t give.")
        )
        said.append(f"Seen {times(row.views)} on {name} by {day}. {only}")
    elif row.withheld is not None:
        said.append(f"How many saw it is {why_not(platform, row.withheld)} (asked on {day}).")
    if also := besides(platform, row, comments=comments):
        said.append(f"{'By then' if said else f'By {day}'}: {also}.")
    if row.gone_at is not None:
        said.append(f"On {say_date(today(row.gone_at))} {name} no longer had the post.")
    return said
