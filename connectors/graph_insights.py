"""A post's figures from the Graph: what everybody sees under it, and what only its owner may ask (P10).

Two requests for each post. Meta counts every part of a batch as a call, and `ids=` fails as a whole
where one post is gone, so neither would spare anything that counts.

Facebook: Meta, Page Insights and Deprecated Page Insights Metrics, of 2 March 2026: the
`post_impressions` family is an invalid metric in every version; in its place are `post_media_view`
(times) and `post_total_media_view_unique` (people). Instagram: Instagram Media Insights, of
18 June 2026: `reach` (accounts), `views`, `shares`; `impressions` is gone likewise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from connectors.errors import ConnectorRefused, CredentialsDead, FiguresWithheld, Gone, NotAllowed
from connectors.exchange import number
from connectors.figures import Figures, Withheld
from connectors.graph import GraphAccount
from connectors.untrusted import count, record, records, text

FACEBOOK_FIELDS = "reactions.limit(0).summary(true),comments.limit(0).summary(true),shares"
FACEBOOK_METRICS = {"people": "post_total_media_view_unique", "views": "post_media_view"}
INSTAGRAM_FIELDS = "like_count,comments_count"
INSTAGRAM_METRICS = {"people": "reach", "views": "views", "shares": "shares"}


@dataclass(slots=True)
class Insights:
    """One reading of several posts of an account."""

    account: GraphAccount
    fields: str
    metrics: Mapping[str, str]
    """Our name of a figure to the platform's."""
    more: Mapping[str, str] = field(default_factory=dict)
    """Further parameters of the question."""
    _allowed: bool = True

    def read(self, posts: Sequence[str]) -> dict[str, Figures]:
        """The figures of those that are there. Raises as every reading does."""
        found: dict[str, Figures] = {}
        for post in posts:
            try:
                shown = self._shown(post)
            except Gone:
                continue
            found[post] = self._with_insights(post, shown)
        return found

    def _shown(self, post: str) -> Figures:
        """What stands under the post for everybody; nothing where that may not be read or isn't known."""
        try:
            page = self.account.described("figures", post, self.fields)
        except (Gone, CredentialsDead):
            raise
        except ConnectorRefused:
            return Figures()
        if "reactions" not in page:
            return Figures(likes=count(page.get("like_count")), comments=count(page.get("comments_count")))
        return Figures(
            likes=_total(page.get("reactions")),
            comments=_total(page.get("comments")),
            # The Graph leaves it out until somebody has shared the post.
            shares=count(record(page.get("shares")).get("count")) or 0,
        )

    def _with_insights(self, post: str, shown: Figures) -> Figures:
        if not self._allowed:
            return replace(shown, withheld=Withheld.PERMISSION)
        try:
            given = self._asked(post, list(self.metrics.values()))
        except NotAllowed:
            # It would be refused for every other post as well.
            self._allowed = False
            return replace(shown, withheld=Withheld.PERMISSION)
        except FiguresWithheld as error:
            return replace(shown, withheld=error.why)
        values = {ours: given[theirs] for ours, theirs in self.metrics.items() if theirs in given}
        none = "people" not in values and "views" not in values
        return replace(shown, **values, withheld=Withheld.UNSAID if none else None)

    def _asked(self, post: str, metrics: list[str]) -> dict[str, int]:
        """The metrics that the platform gives; one that it doesn't know here spoils the whole question."""
        try:
            page = self.account.list_page("figures", post, "insights", metric=",".join(metrics), **self.more)
        except (CredentialsDead, NotAllowed, FiguresWithheld):
            raise
        except ConnectorRefused:
            if len(metrics) == 1:
                return {}
            apart = [self._asked(post, [metric]) for metric in metrics]
            return {name: value for one in apart for name, value in one.items()}
        found: dict[str, int] = {}
        for entry in records(page.get("data")):
            value = value_of(entry)
            if value is not None and text(entry.get("name")) in metrics:
                found[text(entry.get("name"))] = value
        return found


def _total(listed: object) -> int | None:
    return count(record(record(listed).get("summary")).get("total_count"))


def value_of(entry: Mapping[str, object]) -> int | None:
    """The number of one metric: in a list of values, or as one total."""
    values = records(entry.get("values"))
    value = number((values[-1] if values else record(entry.get("total_value"))).get("value"))
    return int(value) if value is not None and 0 <= value < 2**62 else None
