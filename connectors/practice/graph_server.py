"""The practice Graph: a Facebook Page and an Instagram professional account."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from connectors.base import Platform
from connectors.practice.containers import QUOTA_TOTAL, Containers
from connectors.practice.conversations import Order
from connectors.practice.graph_errors import GraphError, bad_parameter, not_permitted, unknown_object
from connectors.practice.graph_fields import Fields, parse_fields
from connectors.practice.graph_wire import (
    FACEBOOK_COMMENTS_MAX,
    INSTAGRAM_COMMENTS_MAX,
    POSTS_MAX,
    GraphWire,
    read_cursor,
)
from connectors.practice.limits import CallMeter
from connectors.practice.pages import picture_response
from connectors.practice.records import Comment, Person
from connectors.practice.world import World
from school.errors import BadInput, NotFound

log = structlog.get_logger(__name__)

Answer = dict[str, Any]
Operation = Callable[[str], Answer]

PICTURE_BYTES_MAX = 4 * 1024 * 1024
MESSAGE_MAX = 63_206
SCOPES = (
    "pages_show_list", "business_management", "instagram_basic", "instagram_manage_comments",
    "instagram_content_publish", "instagram_manage_contents", "pages_read_engagement", "pages_manage_metadata",
    "pages_read_user_content", "pages_manage_posts", "pages_manage_engagement",
)  # fmt: skip
_DUPLICATE_WINDOW = timedelta(minutes=10)


class GraphServer:
    """One Flask application over one world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._wire = GraphWire(world)
        self._containers = Containers(world)
        self._meter = CallMeter()
        self.app = Flask("connectors.practice.graph", static_folder=None, template_folder=None)
        self.app.config["MAX_CONTENT_LENGTH"] = 64 * 1024 * 1024
        self.app.register_error_handler(GraphError, lambda error: error.response())
        self.app.register_error_handler(HTTPException, _http_error)
        self.app.add_url_rule("/pictures/<platform>/<name>", view_func=self._picture)
        self.app.add_url_rule("/", endpoint="root", view_func=self._call, methods=["GET", "POST", "DELETE"])
        self.app.add_url_rule("/<path:path>", view_func=self._call, methods=["GET", "POST", "DELETE"])
        self._facebook: dict[tuple[str, str], Operation] = {
            ("GET", "feed"): self._posts,
            ("GET", "posts"): self._posts,
            ("GET", "published_posts"): self._posts,
            ("GET", "visitor_posts"): self._nothing,
            ("GET", "tagged"): self._nothing,
            ("GET", "scheduled_posts"): self._nothing,
            ("POST", "feed"): self._publish,
            ("POST", "photos"): self._photo,
            ("GET", "blocked"): self._blocked,
            ("POST", "blocked"): self._block,
            ("DELETE", "blocked"): self._unblock,
            ("POST", "moderate_conversations"): self._conversations,
            ("POST", "subscribed_apps"): lambda _: {"success": True},
        }
        self._instagram: dict[tuple[str, str], Operation] = {
            ("GET", "media"): self._media_list,
            ("POST", "media"): self._make_container,
            ("POST", "media_publish"): self._publish_container,
            ("GET", "content_publishing_limit"): self._quota,
            ("GET", "tags"): self._nothing,
        }

    # -- frame -----------------------------------------------------------------------------------

    def _picture(self, platform: str, name: str) -> Response:
        return picture_response(self._world, platform, name)

    def _call(self, path: str = "") -> Response:
        parts = [part for part in path.split("/") if part]
        version = "v24.0"
        if parts and re.fullmatch(r"v\d+\.\d+", parts[0]):
            version = parts.pop(0)
        g.version = version
        who = self._bearer()
        answer = self._dispatch(parts, who)
        response = Response(
            json.dumps(answer, ensure_ascii=False), content_type="application/json; charset=UTF-8",
            headers={"facebook-api-version": version},
        )  # fmt: skip
        owner = self._world.school(
            Platform.INSTAGRAM if self._world.is_instagram(parts[0] if parts else "") else Platform.FACEBOOK
        )
        kind = "instagram" if owner.platform is Platform.INSTAGRAM else "pages"
        used = self._meter.count(owner.id)
        response.headers["X-Business-Use-Case-Usage"] = json.dumps(
            {
                owner.id: [
                    {
                        "type": kind, "call_count": used, "total_cputime": used // 4, "total_time": used // 4,
                        "estimated_time_to_regain_access": 0,
                    }
                ]
            }
        )  # fmt: skip
        return response

    def _value(self, name: str, default: str = "") -> str:
        """A parameter from the form, the query or a JSON body, as Graph takes them."""
        if name in request.form:
            return request.form[name]
        if name in request.args:
            return request.args[name]
        body = request.get_json(silent=True) if request.is_json else None
        if isinstance(body, dict) and name in body:
            value = body[name]
            return value if isinstance(value, str) else json.dumps(value)
        return default

    def _bearer(self) -> str:
        """Whose token came: "page", "user" or "app". Raises Graph's 104 and 190."""
        header = request.headers.get("Authorization", "")
        kind, _, token = header.partition(" ")
        if kind.lower() not in {"bearer", "oauth"} or not token:
            token = self._value("access_token")
        if not token:
            raise GraphError("An access token is required to request this resource.", 104)
        secrets = self._world.secrets
        known = {
            secrets.page_access_token: "page",
            secrets.user_access_token: "user",
            f"{secrets.app_id}|{secrets.app_secret}": "app",
        }
        who = known.get(token)
        if who is None:
            raise GraphError("Invalid OAuth access token - Cannot parse access token", 190)
        proof = self._value("appsecret_proof")
        wanted = hmac.new(secrets.app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()
        if proof and not hmac.compare_digest(proof, wanted):
            raise GraphError("Invalid appsecret_proof provided in the API argument", 100)
        return who

    def _fields(self) -> Fields:
        return parse_fields(self._value("fields"))

    def _dispatch(self, parts: list[str], who: str) -> Answer:
        method = request.method
        if request.method == "POST" and self._value("method").upper() in {"DELETE", "GET"}:
            method = self._value("method").upper()
        if not parts:
            return {found: self._node(found, "GET", who) for found in self._value("ids").split(",") if found}
        if parts == ["debug_token"] and method == "GET":
            return self._debug_token()
        if parts == ["oauth", "access_token"]:
            return {
                "access_token": self._world.secrets.user_access_token,
                "token_type": "bearer",
                "expires_in": 5_184_000,
            }
        if who == "app":
            raise GraphError("(#200) This endpoint needs a user or Page token.", 200)
        if parts[0] == "me":
            if who == "user":
                return self._user(parts, method)
            parts = [self._world.school(Platform.FACEBOOK).id, *parts[1:]]
        if len(parts) == 1:
            return self._node(parts[0], method, who)
        if len(parts) != 2:
            raise GraphError(f"Unknown path components: /{'/'.join(parts[2:])}", 2500)
        return self._edge(parts[0], parts[1], method)

    def _edge(self, object_id: str, edge: str, method: str) -> Answer:
        if object_id == self._world.school(Platform.FACEBOOK).id and (method, edge) in self._facebook:
            return self._facebook[(method, edge)](object_id)
        if object_id == self._world.school(Platform.INSTAGRAM).id and (method, edge) in self._instagram:
            return self._instagram[(method, edge)](object_id)
        if edge in {"comments", "replies"}:
            platform = Platform.INSTAGRAM if self._world.is_instagram(object_id) else Platform.FACEBOOK
            if method == "GET":
                return self._comments(platform, object_id, edge)
            if method == "POST":
                return self._say(platform, object_id, edge)
        raise unknown_object(object_id, method)

    # -- tokens ----------------------------------------------------------------------------------

    def _user(self, parts: list[str], method: str) -> Answer:
        if parts == ["me"] and method == "GET":
            return {"id": "10160000000000001", "name": "Larkfield Office"}
        if parts == ["me", "accounts"] and method == "GET":
            asked = self._fields() or parse_fields("id,name,access_token,category,tasks")
            return {
                "data": [self._wire.page(asked)],
                "paging": {"cursors": {"before": "MAZDZD", "after": "MAZDZD"}},
            }
        raise unknown_object("/".join(parts), method)

    def _debug_token(self) -> Answer:
        secrets = self._world.secrets
        token = self._value("input_token")
        if token not in {secrets.page_access_token, secrets.user_access_token}:
            error = {"code": 190, "message": "Invalid OAuth access token - Cannot parse access token"}
            return {"data": {"error": error, "is_valid": False, "scopes": []}}
        page = token == secrets.page_access_token
        now = self._world.clock()
        data: Answer = {
            "app_id": secrets.app_id, "type": "PAGE" if page else "USER", "application": "Larkfield practice",
            "data_access_expires_at": int((now + timedelta(days=90)).timestamp()),
            "expires_at": 0 if page else int((now + timedelta(days=60)).timestamp()),
            "issued_at": int((now - timedelta(days=3)).timestamp()), "is_valid": True, "scopes": list(SCOPES),
            "user_id": "10160000000000001",
        }  # fmt: skip
        if page:
            data["profile_id"] = self._world.school(Platform.FACEBOOK).id
        return {"data": data}

    # -- single objects --------------------------------------------------------------------------

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
            platform, post_id, _truth("comment_enabled", self._value("comment_enabled"))
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
        self._world.set_hidden(comment.platform, comment.id, _truth(name, self._value(name)))
        return {"success": True}

    # -- comments --------------------------------------------------------------------------------

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
            platform, post_id=post_id, parent_id=within, order=order, since=since, until=until, limit=limit + 1,
            after=read_cursor(self._value("after")) if self._value("after") else None,
        )  # fmt: skip
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

    # -- Facebook --------------------------------------------------------------------------------

    def _posts(self, _page_id: str) -> Answer:
        limit = self._limit(25, POSTS_MAX)
        found = self._world.posts(
            Platform.FACEBOOK, limit=limit + 1, since=self._moment("since"), until=self._moment("until"),
            before=read_cursor(self._value("after")) if self._value("after") else None,
        )  # fmt: skip
        asked = self._fields()
        return self._wire.listed(
            found,
            limit,
            request.base_url,
            dict(request.args),
            lambda p: p.ordinal,
            lambda p: self._wire.post(p, asked),
        )

    def _nothing(self, _object_id: str) -> Answer:
        return {"data": []}

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
                "(#506) Duplicate status message", 506, subcode=1_455_006,
                title="Duplicate Status Update", explanation="This status update is identical to the last one you posted.",
            )  # fmt: skip
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
            "(#100) Invalid parameter", 100, subcode=1_366_046, title="Can't Read Files",
            explanation="Your photos couldn't be uploaded. Photos should be less than 4 MB and saved as JPG, PNG or GIF.",
        )  # fmt: skip
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
            "(#100) No conversation with this user exists: only somebody with a message thread can be blocked.",
            100,
        )

    # -- Instagram -------------------------------------------------------------------------------

    def _media_list(self, _account_id: str) -> Answer:
        limit = self._limit(25, POSTS_MAX)
        found = self._world.posts(
            Platform.INSTAGRAM, limit=limit + 1, since=self._moment("since"), until=self._moment("until"),
            before=read_cursor(self._value("after")) if self._value("after") else None,
        )  # fmt: skip
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
        if kind not in {"", "IMAGE"}:
            raise bad_parameter("The practice Instagram takes pictures only")
        if not self._value("image_url"):
            raise bad_parameter("The parameter image_url is required")
        made = self._containers.make(
            image_url=self._value("image_url"), caption=caption, alt_text=self._value("alt_text"),
            item=self._value("is_carousel_item").lower() in {"true", "1"},
        )  # fmt: skip
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

    # -- values ----------------------------------------------------------------------------------

    def _limit(self, default: int, top: int) -> int:
        text = self._value("limit")
        if not text:
            return default
        if not text.isascii() or not text.isdigit() or int(text) < 1:
            raise bad_parameter("Param limit must be a positive number")
        return min(int(text), top)

    def _moment(self, name: str) -> datetime | None:
        text = self._value(name)
        if not text:
            return None
        try:
            return datetime.fromtimestamp(int(text), UTC) if text.isdigit() else datetime.fromisoformat(text)
        except (ValueError, OverflowError, OSError) as error:
            raise bad_parameter(f"Param {name} must be a valid time") from error


def _truth(name: str, text: str) -> bool:
    if text.lower() in {"true", "1"}:
        return True
    if text.lower() in {"false", "0"}:
        return False
    raise bad_parameter(f"Param {name} must be a boolean")


def _http_error(error: HTTPException) -> Response:
    return GraphError(f"Unsupported request: {error.name}", 100, status=error.code or 400).response()
