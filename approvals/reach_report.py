"""How far the posts of a period came, for the termly report (P10).

People are never added up over posts: whoever saw two would count twice. What is said of several
posts is the one in the middle and the most seen one; times alone are added.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, load_only

from approvals import reach_words
from approvals.models import (
    DraftRevision,
    Objective,
    PostFigures,
    Publication,
    RevisionAccount,
    Takedown,
    TakedownState,
)
from approvals.reach_words import number, times
from approvals.schedule import summary
from approvals.states import PublicationState
from connectors.base import Platform
from school.models import Account
from school.times import say_date, today

LISTED = 60
"""Posts of one account that a report lists; a term has fewer, a year may have more."""
_BEGINNING = 120


@dataclass(frozen=True, slots=True)
class Came:
    """One published post and how far it came."""

    words: str
    """The beginning of its text; of one that was taken down, only that."""
    published_at: datetime
    objective: Objective | None
    platform: Platform
    figures: PostFigures | None
    """None where nothing is known, for which `why` has the reason."""
    why: str

    @property
    def said(self) -> str:
        """ "seen by 214 people, 301 times in all", or why that isn't known."""
        found = reach_words.seen_by(self.platform, self.figures) if self.figures is not None else ""
        return f"seen {'by ' if self.by_people else ''}{found}" if found else self.why

    @property
    def by_people(self) -> bool:
        """Whether its platform says how many people it was seen by."""
        return self.figures is not None and self.figures.people is not None

    @property
    def besides(self) -> str:
        """Likes, comments and shares."""
        return reach_words.besides(self.platform, self.figures) if self.figures is not None else ""

    @property
    def published_on(self) -> str:
        """The day it came out."""
        return say_date(today(self.published_at))

    @property
    def read_on(self) -> str:
        """The day of the figures."""
        at = self.figures.read_at if self.figures is not None else None
        return say_date(today(at)) if at is not None else ""


@dataclass(slots=True)
class Reach:
    """The posts of one account, the newest first."""

    platform: Platform
    posts: list[Came] = field(default_factory=list)

    @property
    def listed(self) -> list[Came]:
        """As many as a report lists."""
        return self.posts[:LISTED]

    @property
    def by_people(self) -> bool:
        """Whether people are counted here; else times."""
        return any(one.by_people for one in self.posts)

    def _count(self, one: Came) -> int | None:
        if one.figures is None:
            return None
        return one.figures.people if self.by_people else one.figures.views

    def _said(self, count: float) -> str:
        whole = round(count)
        return number(whole, *reach_words.PEOPLE[self.platform]) if self.by_people else times(whole)

    @property
    def caption(self) -> str:
        """What the bars of `by_objective` show."""
        if not self.by_people:
            return "How often the post in the middle was seen"
        return f"How many {reach_words.PEOPLE[self.platform][1]} saw the post in the middle"

    @property
    def facts(self) -> list[tuple[str, str]]:
        """What there is to say of all of them."""
        counts = [(count, one) for one in self.posts if (count := self._count(one)) is not None]
        said = [("Posts with such figures", f"{len(counts)} of {len(self.posts)}")]
        if counts:
            verb = "was seen by" if self.by_people else "was seen"
            most, which = max(counts, key=lambda pair: pair[0])
            said += [
                (f"The post in the middle {verb}", self._said(median(count for count, _ in counts))),
                (
                    f"The most seen one {verb}",
                    f"{self._said(most)}: {which.words}, {which.published_on}",
                ),
            ]
        reasons = Counter(one.why for one in self.posts if one.why)
        said += [(f"Of {number(count, 'post', 'posts')}", f"{why}.") for why, count in reasons.most_common()]
        return said

    @property
    def by_objective(self) -> list[tuple[str, int]]:
        """The post in the middle of each objective that has figures."""
        rows = []
        for objective in Objective:
            counts = [
                count
                for one in self.posts
                if one.objective is objective and (count := self._count(one)) is not None
            ]
            if counts:
                rows.append((objective.in_words, round(median(counts))))
        return rows


def reach(session: Session, *, begins: datetime, ends: datetime, now: datetime) -> dict[UUID, Reach]:
    """By account, what was published from `begins` to before `ends` and is known of how far it came."""
    words = sa.func.substr(
        sa.func.coalesce(sa.func.nullif(RevisionAccount.own_text, ""), DraftRevision.text), 1, _BEGINNING
    )
    query = (
        sa.select(Publication, DraftRevision.objective, words, PostFigures, Takedown.state)
        .join(DraftRevision, DraftRevision.id == Publication.revision_id)
        .join(Publication.account)
        .outerjoin(
            RevisionAccount,
            sa.and_(
                RevisionAccount.revision_id == Publication.revision_id,
                RevisionAccount.account_id == Publication.account_id,
            ),
        )
        .outerjoin(PostFigures, PostFigures.id == Publication.id)
        .outerjoin(Takedown, Takedown.publication_id == Publication.id)
        .where(
            Publication.state == PublicationState.PUBLISHED,
            Publication.published_at >= begins,
            Publication.published_at < ends,
        )
        # Hundreds of rows: only what is said of each is loaded.
        .options(
            load_only(Publication.account_id, Publication.published_at, Publication.post_platform_id),
            contains_eager(Publication.account).load_only(Account.platform, Account.practice),
        )
        .order_by(Publication.published_at.desc(), Publication.id)
    )
    found: dict[UUID, Reach] = {}
    for publication, objective, text, row, takedown in session.execute(query):
        platform = Platform(publication.account.platform)
        of_account = found.setdefault(publication.account_id, Reach(platform))
        assert publication.published_at is not None
        down = takedown is TakedownState.DONE
        of_account.posts.append(
            Came(
                words=_words(text or "", down=down),
                published_at=publication.published_at,
                objective=objective,
                platform=platform,
                figures=row,
                why=_why(publication, row, down=down, now=now),
            )
        )
    return found


def _words(text: str, *, down: bool) -> str:
    if down:
        return "a post that was taken down"
    begins = summary(text)
    return f"“{begins}”" if begins else "a post without a text"


def _why(publication: Publication, row: PostFigures | None, *, down: bool, now: datetime) -> str:
    if row is not None and (row.people is not None or row.views is not None):
        return ""
    if down:
        return "taken down before its platform was asked"
    if row is not None and row.withheld is not None:
        return reach_words.why_not(Platform(publication.account.platform), row.withheld)
    return reach_words.not_asked(publication, row, now=now, exact=False)


def views_over_time(
    session: Session, *, begins: Sequence[datetime], ends: datetime
) -> dict[Objective, list[int]]:
    """By objective, how often the posts that came out from each of `begins` to the next were seen so far."""
    found: dict[Objective, list[int]] = {}
    query = (
        sa.select(Publication.published_at, DraftRevision.objective, PostFigures.views)
        .join(DraftRevision, DraftRevision.id == Publication.revision_id)
        .join(PostFigures, PostFigures.id == Publication.id)
        .where(
            Publication.state == PublicationState.PUBLISHED,
            Publication.published_at >= begins[0],
            Publication.published_at < ends,
            PostFigures.views > 0,
        )
    )
    for published_at, objective, views in session.execute(query):
        if published_at is not None and objective is not None and views is not None:
            found.setdefault(objective, [0] * len(begins))[bisect_right(begins, published_at) - 1] += views
    return found
