"""The practice Graph: the Instagram account's media, containers and quota."""

from __future__ import annotations

import json

import structlog
from flask import request

from connectors.base import Platform
from connectors.practice.containers import QUOTA_TOTAL
from connectors.practice.graph_errors import bad_parameter
from connectors.practice.graph_frame import Answer, GraphFrame
from connectors.practice.graph_wire import POSTS_MAX, read_cursor

log = structlog.get_logger(__name__)


class GraphInstagram(GraphFrame):
    """The edges of the Instagram account."""

    def _media_list(self, _account_id: str) -> Answer:
        limit = self._limit(25, POSTS_MAX)
        found = self._world.posts(
            Platform.INSTAGRAM,
            limit=limit + 1,
            since=self._moment("since"),
            until=self._moment("until"),
            before=read_cursor(self._value("after")) if self._value("after") else None,
        )
        asked = self._fields()
        return self._wire.listed(
            found,
            limit,
            request.base_url,
            dict(request.args),
            lambda p: p.ordinal,
            lambda p: self._wire.media(p, asked),
        )

    def _make_container(self, _account_id: str) -> Answer:
        caption = self._value("caption")
        kind = self._value("media_type").upper()
        if kind == "CAROUSEL":
            raw = self._value("children")
            try:
                parsed = json.loads(raw)
            except ValueError:
                parsed = raw.split(",")
            children = [str(child).strip() for child in parsed] if isinstance(parsed, list) else []
            return {"id": self._containers.make_carousel(children=children, caption=caption)}
        if kind == "REELS":
            if self._value("upload_type") != "resumable":
                raise bad_parameter("The practice Instagram takes videos by resumable upload only")
            made = self._containers.make_video(caption=caption)
            return {"id": made, "uri": f"{self._world.base_url(Platform.INSTAGRAM)}/ig-api-upload/{made}"}
        if kind not in {"", "IMAGE"}:
            raise bad_parameter("The practice Instagram takes pictures, carousels and reels only")
        if not self._value("image_url"):
            raise bad_parameter("The parameter image_url is required")
        made = self._containers.make(
            image_url=self._value("image_url"),
            caption=caption,
            alt_text=self._value("alt_text"),
            item=self._value("is_carousel_item").lower() in {"true", "1"},
        )
        return {"id": made}

    def _publish_container(self, _account_id: str) -> Answer:
        creation_id = self._value("creation_id")
        if not creation_id:
            raise bad_parameter("The parameter creation_id is required")
        post = self._containers.publish(creation_id)
        log.info("practice_instagram_posted", post_id=post.id)
        return {"id": post.id}

    def _quota(self, _account_id: str) -> Answer:
        asked = self._fields()
        body: Answer = {
            "quota_usage": self._containers.used(),
            "config": {"quota_total": QUOTA_TOTAL, "quota_duration": 86_400},
        }
        return {"data": [body if not asked else {name: body[name] for name in asked if name in body}]}
