"""The practice Graph: the Facebook Page's posts, photos and blocked people."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import structlog
from flask import request

from connectors.base import Platform
from connectors.practice.graph_errors import GraphError, bad_parameter
from connectors.practice.graph_frame import Answer, GraphFrame
from connectors.practice.graph_wire import POSTS_MAX, read_cursor
from connectors.practice.records import Person
from school.errors import BadInput, NotFound

log = structlog.get_logger(__name__)

PICTURE_BYTES_MAX = 4 * 1024 * 1024
MESSAGE_MAX = 63_206
_DUPLICATE_WINDOW = timedelta(minutes=10)


class GraphPage(GraphFrame):
    """The edges of the Page."""

    def _posts(self, _page_id: str) -> Answer:
        limit = self._limit(25, POSTS_MAX)
        found = self._world.posts(
            Platform.FACEBOOK,
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
            lambda p: self._wire.post(p, asked),
        )

    def _publish(self, page_id: str) -> Answer:
        message, link = self._value("message").strip(), self._value("link")
        if self._value("published").lower() in {"false", "0"}:
            raise bad_parameter("The practice Page has no scheduling: publish at the time itself.")
        pictures = self._attached()
        if not message and not link and not pictures:
            raise bad_parameter("Cannot post a status update without any text, link or attached media")
        if len(message) > MESSAGE_MAX:
            raise bad_parameter("The message is too long")
        if link and not re.match(r"https?://\S+$", link):
            raise GraphError("(#1500) The url you supplied is invalid", 1500)
        newest = self._world.posts(Platform.FACEBOOK, limit=1, since=self._world.clock() - _DUPLICATE_WINDOW)
        if (
            newest
            and not pictures
            and (newest[0].text, newest[0].link) == (message, link)
            and not newest[0].pictures
        ):
            raise GraphError(
                "(#506) Duplicate status message",
                506,
                subcode=1_455_006,
                title="Duplicate Status Update",
                explanation="This status update is identical to the last one you posted.",
            )
        post = self._world.publish(Platform.FACEBOOK, message, link=link, picture_ids=pictures)
        log.info("practice_page_posted", post_id=post.id)
        return {"id": post.id}

    def _attached(self) -> list[str]:
        raw = self._value("attached_media")
        items: list[Any] = []
        if raw:
            try:
                parsed = json.loads(raw)
            except ValueError as error:
                raise bad_parameter("Param attached_media must be an array.") from error
            items = parsed if isinstance(parsed, list) else [parsed]
        place = 0
        while self._value(f"attached_media[{place}]"):
            try:
                items.append(json.loads(self._value(f"attached_media[{place}]")))
            except ValueError as error:
                raise bad_parameter("Param attached_media must be an array.") from error
            place += 1
        pictures = []
        for item in items:
            picture_id = str(item.get("media_fbid", "")) if isinstance(item, dict) else ""
            try:
                self._world.picture(Platform.FACEBOOK, picture_id)
            except NotFound as error:
                raise bad_parameter(f"The photo {picture_id[:30]} does not exist") from error
            if self._world.picture_post(Platform.FACEBOOK, picture_id):
                raise bad_parameter(f"The photo {picture_id} is already part of a post")
            pictures.append(picture_id)
        return pictures

    def _photo(self, page_id: str) -> Answer:
        sent = next(iter(request.files.values()), None)
        if sent is None:
            url = self._value("url")
            if not url:
                raise GraphError("(#324) Requires upload file", 324, subcode=2_069_019)
            raise bad_parameter("The practice Page takes pictures as bytes (source), not by url.")
        data = sent.read()
        unreadable = GraphError(
            "(#100) Invalid parameter",
            100,
            subcode=1_366_046,
            title="Can't Read Files",
            explanation="Your photos couldn't be uploaded. Photos should be less than 4 MB and saved as JPG"
            " or PNG.",
        )
        if len(data) > PICTURE_BYTES_MAX:
            raise unreadable
        try:
            picture = self._world.add_picture(
                Platform.FACEBOOK, data, alt_text=self._value("alt_text_custom")
            )
        except BadInput as error:
            raise unreadable from error
        if self._value("published", "true").lower() in {"false", "0"}:
            return {"id": picture.id}
        message = self._value("message") or self._value("caption")
        post = self._world.publish(Platform.FACEBOOK, message.strip(), picture_ids=[picture.id])
        return {"id": picture.id, "post_id": post.id}

    def _people(self) -> list[Person]:
        """The people named by `user`, `psid` or `asid`."""
        raw = self._value("user") or self._value("psid") or self._value("asid")
        try:
            parsed = json.loads(raw)
        except ValueError:
            parsed = raw.split(",")
        ids = [
            str(item).strip()
            for item in (parsed if isinstance(parsed, list) else [parsed])
            if str(item).strip()
        ]
        if not ids:
            raise bad_parameter("Must specify one of user, psid or asid")
        people = []
        for person_id in ids:
            try:
                people.append(self._world.person(Platform.FACEBOOK, person_id))
            except NotFound as error:
                raise bad_parameter(f"Invalid user id: {person_id[:30]}") from error
        return people

    def _block(self, _page_id: str) -> Answer:
        answer: Answer = {}
        for person in self._people():
            if person.kind == "school":
                raise bad_parameter("A Page can't block itself")
            self._world.block(Platform.FACEBOOK, person.id)
            answer[person.id] = True
        return answer

    def _unblock(self, _page_id: str) -> Answer:
        for person in self._people():
            self._world.unblock(Platform.FACEBOOK, person.id)
        return {"success": True}

    def _blocked(self, _page_id: str) -> Answer:
        wanted = {self._value("user")} - {""}
        people = [block.person for block in self._world.blocked(Platform.FACEBOOK)]
        return {"data": [{"id": p.id, "name": p.name} for p in people if not wanted or p.id in wanted]}

    def _conversations(self, _page_id: str) -> Answer:
        raise GraphError(
            "(#100) No conversation with this user exists: only somebody with a message thread can be"
            " blocked.",
            100,
        )
