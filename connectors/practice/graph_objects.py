"""The practice Graph: single posts and comments, and the comments under them, on both platforms."""

from __future__ import annotations

from flask import request

from connectors.base import Platform
from connectors.practice.conversations import Order
from connectors.practice.graph_errors import bad_parameter, not_permitted, unknown_object
from connectors.practice.graph_frame import Answer, GraphFrame, truth
from connectors.practice.graph_wire import FACEBOOK_COMMENTS_MAX, INSTAGRAM_COMMENTS_MAX, read_cursor
from connectors.practice.records import Comment
from school.errors import NotFound


class GraphObjects(GraphFrame):
    """Whatever has an id of its own."""

    def _node(self, object_id: str, method: str, who: str) -> Answer:
        world = self._world
        if object_id == world.school(Platform.FACEBOOK).id and method == "GET":
            return self._wire.page(self._fields())
        if object_id == world.school(Platform.INSTAGRAM).id and method == "GET":
            return self._wire.instagram(self._fields())
        platform = Platform.INSTAGRAM if world.is_instagram(object_id) else Platform.FACEBOOK
        try:
            post = world.post(platform, object_id)
        except NotFound:
            pass
        else:
            if post.deleted_at is not None:
                raise unknown_object(object_id, method)
            return self._post_node(platform, object_id, method)
        try:
            comment = world.comment(platform, object_id)
        except NotFound:
            pass
        else:
            if comment.deleted_at is not None:
                raise unknown_object(object_id, method)
            return self._comment_node(comment, method)
        container = self._containers.find(object_id)
        if container is not None and method == "GET":
            return self._wire.container(container, self._fields())
        if platform is Platform.FACEBOOK and method == "GET":
            try:
                return self._wire.photo(world.picture(platform, object_id), self._fields())
            except NotFound:
                pass
        if platform is Platform.FACEBOOK and method == "GET":
            try:
                return self._wire.video(world.video(platform, object_id), self._fields())
            except NotFound:
                pass
        if platform is Platform.FACEBOOK and method == "GET":
            try:
                found = world.elsewhere_post(platform, object_id)
            except NotFound:
                pass
            else:
                if found.deleted_at is None:
                    return self._wire.elsewhere(found, self._fields())
        raise unknown_object(object_id, method)

    def _post_node(self, platform: Platform, post_id: str, method: str) -> Answer:
        if method == "GET":
            post = self._world.post(platform, post_id)
            asked = self._fields()
            return (
                self._wire.post(post, asked)
                if platform is Platform.FACEBOOK
                else self._wire.media(post, asked)
            )
        if method == "DELETE":
            self._world.delete_post(platform, post_id)
            return (
                {"success": True}
                if platform is Platform.FACEBOOK
                else {"success": True, "deleted_id": post_id}
            )
        if platform is Platform.FACEBOOK:
            message = self._value("message")
            if not message:
                raise bad_parameter("The parameter message is required")
            self._world.edit_post(platform, post_id, message)
            return {"success": True}
        if self._value("caption"):
            raise bad_parameter("Only comment_enabled can be changed")
        self._world.set_comments_open(
            platform, post_id, truth("comment_enabled", self._value("comment_enabled"))
        )
        return {"success": True}

    def _comment_node(self, comment: Comment, method: str) -> Answer:
        if method == "GET":
            return self._wire.comment(comment, self._fields())
        if method == "DELETE":
            self._world.delete_comment(comment.platform, comment.id)
            return {"success": True}
        name = "is_hidden" if comment.platform is Platform.FACEBOOK else "hide"
        if not self._value(name):
            if comment.platform is Platform.FACEBOOK and comment.by_school and self._value("message"):
                self._world.edit_comment(comment.platform, comment.id, self._value("message"))
                return {"success": True}
            raise bad_parameter(f"The parameter {name} is required")
        if comment.by_school:
            raise not_permitted("This comment can't be hidden.")
        self._world.set_hidden(comment.platform, comment.id, truth(name, self._value(name)))
        return {"success": True}

    def _comments(self, platform: Platform, object_id: str, edge: str) -> Answer:
        post_id, parent_id = self._place(platform, object_id)
        instagram = platform is Platform.INSTAGRAM
        if instagram and (edge == "replies") != bool(parent_id):
            raise unknown_object(object_id, "GET")
        limit = self._limit(25, INSTAGRAM_COMMENTS_MAX if instagram else FACEBOOK_COMMENTS_MAX)
        order: Order = "newest" if instagram and not parent_id else "oldest"
        since = until = None
        within: str | None = parent_id
        if not instagram:
            wanted = self._value("order", "chronological")
            if wanted not in {"chronological", "reverse_chronological", "ranked"}:
                raise bad_parameter("Param order must be one of {CHRONOLOGICAL, REVERSE_CHRONOLOGICAL}")
            order = "newest" if wanted == "reverse_chronological" else "oldest"
            since, until = self._moment("since"), self._moment("until")
            stream = self._value("filter", "toplevel")
            if stream not in {"toplevel", "stream"}:
                raise bad_parameter("Param filter must be one of {TOPLEVEL, STREAM}")
            if stream == "stream" and not parent_id:
                within = None
        found = self._world.comments(
            platform,
            post_id=post_id,
            parent_id=within,
            order=order,
            since=since,
            until=until,
            limit=limit + 1,
            after=read_cursor(self._value("after")) if self._value("after") else None,
        )
        asked = self._fields()
        answer = self._wire.listed(
            found,
            limit,
            request.base_url,
            dict(request.args),
            lambda c: c.ordinal,
            lambda c: self._wire.comment(c, asked),
        )
        if self._value("summary") in {"1", "true"}:
            total = self._world.count_standing(platform, post_id=post_id, parent_id=within)
            answer["summary"] = {"order": "chronological", "total_count": total, "can_comment": True}
        return answer

    def _place(self, platform: Platform, object_id: str) -> tuple[str, str]:
        """The post and the parent comment that an id stands for. Raises Graph's 100/33."""
        try:
            post = self._world.post(platform, object_id)
            gone = post.deleted_at is not None
            place = post.id, ""
        except NotFound:
            try:
                comment = self._world.comment(platform, object_id)
            except NotFound as error:
                raise unknown_object(object_id, request.method) from error
            gone = comment.deleted_at is not None
            place = comment.post_id, comment.id
        if gone:
            raise unknown_object(object_id, request.method)
        return place

    def _say(self, platform: Platform, object_id: str, edge: str) -> Answer:
        post_id, parent_id = self._place(platform, object_id)
        message = self._value("message").strip()
        if platform is Platform.INSTAGRAM:
            if (edge == "replies") != bool(parent_id):
                raise unknown_object(object_id, "POST")
            if parent_id:
                # Instagram has one level of answers: an answer to an answer stands beside it.
                parent_id = self._world.comment(platform, parent_id).parent_id or parent_id
        if not message:
            raise bad_parameter("The parameter message is required")
        if len(message) > (8_000 if platform is Platform.FACEBOOK else 2_200):
            raise bad_parameter("The message is too long")
        return {"id": self._world.school_comment(platform, post_id, message, parent_id).id}
