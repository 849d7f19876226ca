"""The practice Graph: how many people saw a post of the Page or of the Instagram account."""

from __future__ import annotations

from typing import Any

from connectors.base import Platform
from connectors.figures import PERMISSIONS
from connectors.practice.graph_errors import GraphError, bad_parameter, not_permitted, unknown_object
from connectors.practice.graph_frame import Answer, GraphFrame
from connectors.practice.seen import Seen
from school.errors import NotFound

FEWEST = 5
"""Instagram keeps the figures of a post that fewer saw to itself."""
METRICS: dict[Platform, tuple[str, ...]] = {
    Platform.FACEBOOK: ("post_media_view", "post_total_media_view_unique", "post_reactions_like_total"),
    Platform.INSTAGRAM: ("reach", "views", "likes", "comments", "shares", "saved", "total_interactions"),
}


class GraphFigures(GraphFrame):
    """GET /{post}/insights."""

    def _insights(self, platform: Platform, object_id: str) -> Answer:
        try:
            post = self._world.post(platform, object_id)
        except NotFound as error:
            raise unknown_object(object_id, "GET") from error
        if post.deleted_at is not None:
            raise unknown_object(object_id, "GET")
        if PERMISSIONS[platform] in self._world.withdrawn_permissions():
            raise (
                not_permitted("Application does not have permission for this action")
                if platform is Platform.INSTAGRAM
                else GraphError("(#200) Permissions error", 200)
            )
        asked = [name for name in self._value("metric").split(",") if name]
        if not asked:
            raise GraphError(
                "(#3001) No metric was specified to be fetched. Please specify one or more metrics to be"
                " fetched and try again.",
                3001,
                subcode=1504028,
            )
        if set(asked) - set(METRICS[platform]):
            if platform is Platform.FACEBOOK:
                raise bad_parameter("The value must be a valid insights metric")
            raise bad_parameter(
                f"metric[0] must be one of the following values: {', '.join(METRICS[platform])}"
            )
        if platform is Platform.FACEBOOK and self._value("period", "lifetime") != "lifetime":
            return {"data": []}
        seen = self._world.seen(post)
        if platform is Platform.INSTAGRAM and seen.people < FEWEST:
            raise not_permitted("Not enough viewers for the media to show insights")
        comments = self._world.count_standing(platform, post_id=post.id)
        return {"data": [_entry(name, _number(name, seen, comments), post.id) for name in asked]}


def _number(name: str, seen: Seen, comments: int) -> int:
    return {
        "post_media_view": seen.views,
        "post_total_media_view_unique": seen.people,
        "post_reactions_like_total": seen.likes,
        "reach": seen.people,
        "views": seen.views,
        "likes": seen.likes,
        "comments": comments,
        "shares": seen.shares,
        "saved": 0,
        "total_interactions": seen.likes + comments + seen.shares,
    }[name]


def _entry(name: str, value: int, post_id: str) -> dict[str, Any]:
    return {
        "name": name,
        "period": "lifetime",
        "values": [{"value": value}],
        "title": name.replace("_", " ").capitalize(),
        "description": "A made-up number of the practice platforms.",
        "id": f"{post_id}/insights/{name}/lifetime",
    }
