"""The practice X: API v2, and the few calls of v1.1 that the product may use."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from functools import wraps
from typing import Any, ParamSpec

import structlog
from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from connectors.base import Platform
from connectors.limits import text_length
from connectors.practice import x_errors
from connectors.practice.limits import RateWindows
from connectors.practice.pages import picture_response
from connectors.practice.records import Follow, Person
from connectors.practice.world import World
from connectors.practice.x_errors import XError, forbidden, generic, gone, invalid, missing
from connectors.practice.x_parameters import Parameters, checked_id, page_token
from connectors.practice.x_search import compile_query
from connectors.practice.x_signature import SignatureCheck
from connectors.practice.x_wire import Tweet, XWire
from school.errors import BadInput, NotFound

log = structlog.get_logger(__name__)

P = ParamSpec("P")
Answer = dict[str, Any]

READ_SCALE = 5
"""The practice X allows five times X's own number of reads, because the product looks at it every few
seconds; the headers say so. Writes are limited as on X."""

TEXT_MAX = 280
ALT_TEXT_MAX = 1_000
PICTURE_BYTES_MAX = 5 * 1024 * 1024
SEARCH_DAYS = 7
MENTIONS_MAX = 800


class XServer:
    """One Flask application over one world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._wire = XWire(world)
        self._signature = SignatureCheck(world.secrets)
        self._rates = RateWindows()
        self.app = Flask("connectors.practice.x", static_folder=None, template_folder=None)
        self.app.config["MAX_CONTENT_LENGTH"] = 16 * 1024 * 1024
        self.app.register_error_handler(XError, lambda error: error.response())
        self.app.register_error_handler(HTTPException, self._http_error)
        self.app.after_request(self._headers)
        self._routes()

    # -- frame -----------------------------------------------------------------------------------

    def _routes(self) -> None:
        add = self._route
        add("POST", "/2/tweets", "post", 100, self.create, status=201)
        add("GET", "/2/tweets", "tweets", 900 * READ_SCALE, self.lookup)
        add("GET", "/2/tweets/search/recent", "search", 300 * READ_SCALE, self.search)
        add("GET", "/2/tweets/<tweet_id>", "tweet", 900 * READ_SCALE, self.one)
        add("DELETE", "/2/tweets/<tweet_id>", "delete", 50, self.delete)
        add("PUT", "/2/tweets/<tweet_id>/hidden", "hidden", 50, self.hide)
        add("POST", "/2/media/upload", "media", 500, self.upload)
        add("POST", "/2/media/metadata", "metadata", 500, self.describe)
        add("GET", "/2/users/me", "me", 75 * READ_SCALE, self.me)
        add("GET", "/2/users", "users", 900 * READ_SCALE, self.users)
        add("GET", "/2/users/by", "users-by", 900 * READ_SCALE, self.users_by)
        add("GET", "/2/users/by/username/<username>", "user-by", 900 * READ_SCALE, self.user_by)
        add("GET", "/2/users/<user_id>", "user", 900 * READ_SCALE, self.user)
        add("GET", "/2/users/<user_id>/mentions", "mentions", 300 * READ_SCALE, self.mentions)
        add("GET", "/2/users/<user_id>/tweets", "timeline", 900 * READ_SCALE, self.timeline)
        add("GET", "/2/users/<user_id>/followers", "followers", 300 * READ_SCALE, self.followers)
        add("GET", "/2/users/<user_id>/muting", "muted", 15 * READ_SCALE, self.muted)
        add("POST", "/2/users/<user_id>/muting", "mute", 50, self.mute)
        add("DELETE", "/2/users/<user_id>/muting/<target_id>", "unmute", 50, self.unmute)
        add("GET", "/2/users/<user_id>/blocking", "blocked", 15 * READ_SCALE, self.blocked)
        add("POST", "/2/users/<user_id>/blocking", "block", 50, self.block)
        add("GET", "/1.1/friendships/incoming.json", "incoming", 15 * READ_SCALE, self.incoming)
        add("POST", "/1.1/media/upload.json", "media", 500, self.upload_v1)
        add("POST", "/1.1/media/metadata/create.json", "metadata", 500, self.describe_v1)
        add("POST", "/1.1/blocks/create.json", "block", 50, self.block_v1)
        self.app.add_url_rule("/pictures/<platform>/<name>", view_func=self._picture)

    def _route(
        self,
        method: str,
        path: str,
        name: str,
        limit: int,
        call: Callable[..., Answer | Response],
        *,
        status: int = 200,
    ) -> None:
        @wraps(call)
        def view(**values: str) -> Response:
            if not self._signature.passes(request):
                raise x_errors.unauthorised()
            standing = self._rates.count(name, limit)
            g.rate_headers = {
                "x-rate-limit-limit": str(standing.limit),
                "x-rate-limit-remaining": str(standing.remaining),
                "x-rate-limit-reset": str(standing.reset),
            }
            if standing.exceeded:
                raise x_errors.too_many({})
            answer = call(**values)
            if isinstance(answer, Response):
                return answer
            return Response(json.dumps(answer), status=status, content_type="application/json; charset=utf-8")

        self.app.add_url_rule(path, endpoint=f"{method} {path}", view_func=view, methods=[method])

    @staticmethod
    def _headers(response: Response) -> Response:
        response.headers.update(g.get("rate_headers", {}))
        response.headers["x-access-level"] = "read-write"
        response.headers["api-version"] = "2.159"
        return response

    @staticmethod
    def _http_error(error: HTTPException) -> Response:
        code = error.code or 500
        if request.path.startswith("/1.1/"):
            return x_errors.v1(code, 34, "Sorry, that page does not exist.").response()
        return generic(code, error.name, error.name).response()

    def _picture(self, platform: str, name: str) -> Response:
        return picture_response(self._world, platform, name)

    @staticmethod
    def _body(*known: str) -> Answer:
        body = request.get_json(silent=True)
        if not isinstance(body, dict):
            raise invalid("body", "", "The request body is not a JSON object")
        for name in body:
            if name not in known:
                raise invalid(name, str(body[name])[:50], f"[$.{name}]: is not defined in the schema")
        return body

    def _own(self, user_id: str) -> Person:
        school = self._world.school(Platform.X)
        if user_id != school.id:
            raise invalid(
                "id",
                user_id,
                f"The `id` query parameter value [{user_id}] must be the same as the authenticating user [{school.id}]",
            )
        return school

    def _person(self, user_id: str) -> Person:
        checked_id("id", user_id)
        try:
            return self._world.person(Platform.X, user_id)
        except NotFound as error:
            raise gone("user", user_id) from error

    # -- posts -----------------------------------------------------------------------------------

    def create(self) -> Answer:
        """POST /2/tweets."""
        body = self._body(
            "text", "media", "reply", "reply_settings", "quote_tweet_id", "edit_options", "poll", "geo", "nullcast",
            "for_super_followers_only", "direct_message_deep_link", "card_uri", "community_id", "share_with_followers",
            "made_with_ai", "paid_partnership",
        )  # fmt: skip
        if body.get("edit_options"):
            raise forbidden("You are not permitted to edit this Post.")
        if body.get("quote_tweet_id"):
            raise x_errors.not_enrolled()
        text = body.get("text", "")
        media = body.get("media") or {}
        picture_ids = media.get("media_ids", []) if isinstance(media, dict) else None
        if not isinstance(text, str) or not isinstance(picture_ids, list) or len(picture_ids) > 4:
            raise invalid(
                "media.media_ids",
                str(picture_ids)[:50],
                "[$.media.media_ids]: there must be a minimum of 1 and a maximum of 4 items in the array",
            )
        text = unicodedata.normalize("NFC", text).strip()
        if not text and not picture_ids:
            raise invalid("text", "", "Either `text` or `media` is required")
        if text and text_length(Platform.X, text) > TEXT_MAX:
            raise forbidden("Your Post text is too long.")
        for picture_id in picture_ids:
            self._unused_picture(picture_id)
        reply = body.get("reply")
        if isinstance(reply, dict):
            return self._reply(text, str(reply.get("in_reply_to_tweet_id", "")))
        recent = self._world.posts(Platform.X, limit=20, since=self._world.clock() - timedelta(hours=24))
        if not picture_ids and any(post.text == text and not post.pictures for post in recent):
            raise forbidden("You are not allowed to create a Tweet with duplicate content.")
        post = self._world.publish(Platform.X, text, picture_ids=picture_ids)
        log.info("practice_x_posted", post_id=post.id)
        return {"data": self._wire.tweet(self._wire.of_post(post), Parameters(request).wanted())}

    def _unused_picture(self, picture_id: object) -> None:
        try:
            self._world.picture(Platform.X, str(picture_id))
        except NotFound as error:
            raise generic(400, "Invalid Request", "Your media IDs are invalid.") from error
        if self._world.picture_post(Platform.X, str(picture_id)):
            raise generic(400, "Invalid Request", "Your media IDs are invalid.")

    def _reply(self, text: str, target_id: str) -> Answer:
        target = self._wire.find(checked_id("reply.in_reply_to_tweet_id", target_id))
        school = self._world.school(Platform.X)
        if target is None:
            raise forbidden("You attempted to reply to a Post that is deleted or not visible to you.")
        if target.author.id != school.id and not self._wire.mentions_school(target):
            raise forbidden(
                "Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged by the author of the post you are replying to."
            )
        if target.author.id == school.id and not target.replied_to:
            root, parent_id = target.id, ""
        else:
            root, parent_id = self._world.comment(Platform.X, target.id).post_id, target.id
        own = self._world.comments(Platform.X, post_id=root, parent_id=parent_id, order="newest", limit=200)
        if any(comment.author.id == school.id and comment.text == text for comment in own):
            raise forbidden("You are not allowed to create a Tweet with duplicate content.")
        said = self._world.school_comment(Platform.X, root, text, parent_id)
        return {"data": self._wire.tweet(self._wire.of_comment(said), Parameters(request).wanted())}

    def lookup(self) -> Answer:
        """GET /2/tweets?ids=."""
        parameters = Parameters(request, "ids")
        found: list[Tweet] = []
        errors: list[Answer] = []
        for tweet_id in parameters.ids("ids"):
            tweet = self._wire.find(tweet_id)
            if tweet is None:
                errors.append(missing("tweet", tweet_id, parameter="ids"))
            else:
                found.append(tweet)
        return self._tweets(found, parameters, errors=errors, meta=None)

    def one(self, tweet_id: str) -> Answer:
        """GET /2/tweets/:id. What is gone is an error within a 200."""
        parameters = Parameters(request)
        tweet = self._wire.find(checked_id("id", tweet_id))
        if tweet is None:
            return {"errors": [missing("tweet", tweet_id)]}
        wanted = parameters.wanted()
        answer: Answer = {"data": self._wire.tweet(tweet, wanted)}
        includes = self._wire.includes([tweet], wanted)
        if includes:
            answer["includes"] = includes
        return answer

    def delete(self, tweet_id: str) -> Answer:
        """DELETE /2/tweets/:id: the school's own only."""
        checked_id("id", tweet_id)
        tweet = self._wire.find(tweet_id)
        if tweet is None:
            raise gone("tweet", tweet_id)
        if tweet.author.id != self._world.school(Platform.X).id:
            raise forbidden("You are not authorized to delete this Tweet.")
        if tweet.replied_to:
            self._world.delete_comment(Platform.X, tweet_id)
        else:
            self._world.delete_post(Platform.X, tweet_id)
        return {"data": {"deleted": True}}

    def hide(self, tweet_id: str) -> Answer:
        """PUT /2/tweets/:id/hidden: replies in the school's own conversations only."""
        hidden = self._body("hidden").get("hidden")
        if not isinstance(hidden, bool):
            raise invalid("hidden", str(hidden)[:20], "[$.hidden]: must be a boolean")
        tweet = self._wire.find(checked_id("tweet_id", tweet_id))
        if tweet is None:
            raise gone("tweet", tweet_id, parameter="tweet_id")
        school = self._world.school(Platform.X)
        root = self._wire.find(tweet.conversation_id)
        if not tweet.replied_to or tweet.author.id == school.id or (root and root.author.id != school.id):
            raise forbidden("You are not permitted to perform this action.")
        self._world.set_hidden(Platform.X, tweet_id, hidden)
        return {"data": {"hidden": hidden}}

    # -- lists of posts --------------------------------------------------------------------------

    def _tweets(
        self, tweets: Sequence[Tweet], parameters: Parameters, *, errors: list[Answer], meta: Answer | None
    ) -> Answer:
        wanted = parameters.wanted()
        answer: Answer = {}
        if tweets:
            answer["data"] = [self._wire.tweet(tweet, wanted) for tweet in tweets]
            includes = self._wire.includes(tweets, wanted)
            if includes:
                answer["includes"] = includes
        if errors:
            answer["errors"] = errors
        if meta is not None:
            answer["meta"] = meta
        return answer

    def _paged(
        self,
        candidates: Iterable[Tweet],
        parameters: Parameters,
        low: int,
        passes: Callable[[Tweet], bool],
        cap: int,
    ) -> Answer:
        size = parameters.number("max_results", low, 100, 10)
        start, end = parameters.moment("start_time"), parameters.moment("end_time")
        found: list[Tweet] = []
        more = False
        for position, tweet in enumerate(candidates):
            if position >= cap or (start is not None and tweet.created_at < start):
                break
            if (end is not None and tweet.created_at >= end) or not passes(tweet):
                continue
            if len(found) == size:
                more = True
                break
            found.append(tweet)
        meta: Answer = {"result_count": len(found)}
        if found:
            meta |= {"newest_id": found[0].id, "oldest_id": found[-1].id}
        if more:
            meta["next_token"] = page_token(int(found[-1].id))
        return self._tweets(found, parameters, errors=[], meta=meta)

    def _bounds(self, parameters: Parameters, *tokens: str) -> tuple[int | None, int | None]:
        olders = [
            value for value in (parameters.page(*tokens), parameters.id("until_id")) if value is not None
        ]
        return parameters.id("since_id"), min(olders) if olders else None

    def mentions(self, user_id: str) -> Answer:
        """GET /2/users/:id/mentions: replies to the school are mentions, since they begin with its name."""
        parameters = Parameters(
            request, "since_id", "until_id", "max_results", "pagination_token", "start_time", "end_time"
        )
        self._own(user_id)
        newer, older = self._bounds(parameters, "pagination_token")
        stream = self._wire.timeline(newer_than=newer, older_than=older)
        return self._paged(stream, parameters, 5, self._wire.mentions_school, MENTIONS_MAX)

    def timeline(self, user_id: str) -> Answer:
        """GET /2/users/:id/tweets: posts and the school's own replies."""
        parameters = Parameters(
            request,
            "since_id",
            "until_id",
            "max_results",
            "pagination_token",
            "start_time",
            "end_time",
            "exclude",
        )
        author = self._person(user_id)
        exclude = parameters.choices("exclude", ("replies", "retweets"))
        newer, older = self._bounds(parameters, "pagination_token")
        stream = self._wire.timeline(newer_than=newer, older_than=older)
        return self._paged(
            stream, parameters, 5,
            lambda tweet: tweet.author.id == author.id and not (tweet.replied_to and "replies" in exclude),
            100_000,
        )  # fmt: skip

    def search(self) -> Answer:
        """GET /2/tweets/search/recent: the last seven days."""
        parameters = Parameters(
            request, "query", "since_id", "until_id", "max_results", "next_token", "pagination_token", "start_time",
            "end_time", "sort_order",
        )  # fmt: skip
        query = parameters.text("query")
        passes = compile_query(query, self._wire)
        parameters.choices("sort_order", ("recency", "relevancy"))
        earliest = self._world.clock() - timedelta(days=SEARCH_DAYS)
        start = parameters.moment("start_time")
        if start is not None and start < earliest - timedelta(minutes=1):
            raise invalid(
                "start_time",
                parameters.text("start_time"),
                "Invalid 'start_time': must be on or after a moment seven days ago",
            )
        newer, older = self._bounds(parameters, "next_token", "pagination_token")
        alone = query.strip().removeprefix("conversation_id:")
        stream = self._wire.timeline(
            newer_than=newer, older_than=older,
            conversation=alone if alone.isdigit() and alone != query.strip() and self._is_post(alone) else None,
        )  # fmt: skip
        return self._paged(
            stream, parameters, 10, lambda tweet: tweet.created_at >= earliest and passes(tweet), 100_000
        )

    def _is_post(self, tweet_id: str) -> bool:
        try:
            self._world.post(Platform.X, tweet_id)
        except NotFound:
            return False
        return True

    # -- pictures --------------------------------------------------------------------------------

    def _take_picture(self, data: bytes) -> str:
        if len(data) > PICTURE_BYTES_MAX:
            raise generic(400, "Invalid Request", "The media is larger than 5 MB.")
        try:
            return self._world.add_picture(Platform.X, data).id
        except BadInput as error:
            raise generic(400, "Invalid Request", "media type unrecognized.") from error

    def upload(self) -> Answer:
        """POST /2/media/upload, in one piece."""
        sent = request.files.get("media")
        category = request.form.get("media_category", "")
        if sent is None:
            raise invalid("media", "", "[$.media]: is missing but it is required")
        if category not in {"tweet_image", "dm_image", "subtitles"}:
            raise invalid(
                "media_category",
                category,
                "[$.media_category]: does not have a value in the enumeration [tweet_image, dm_image, subtitles]",
            )
        data = sent.read()
        picture_id = self._take_picture(data)
        return {
            "data": {
                "id": picture_id,
                "media_key": f"3_{picture_id}",
                "size": len(data),
                "expires_after_secs": 86_400,
            },
            "meta": {},
        }

    def describe(self) -> Answer:
        """POST /2/media/metadata: the alt text."""
        body = self._body("id", "metadata")
        alt = ((body.get("metadata") or {}).get("alt_text") or {}).get("text")
        picture_id = str(body.get("id", ""))
        self._describe(picture_id, alt)
        return {"data": {"id": picture_id, "associated_metadata": {"alt_text": {"text": alt}}}}

    def _describe(self, picture_id: str, alt: object) -> None:
        if not isinstance(alt, str) or not 1 <= len(alt) <= ALT_TEXT_MAX:
            raise invalid(
                "metadata.alt_text.text",
                str(alt)[:50],
                "[$.metadata.alt_text.text]: must be 1 to 1000 characters long",
            )
        try:
            self._world.set_alt_text(Platform.X, picture_id, alt)
        except NotFound as error:
            raise gone("media", picture_id) from error

    def upload_v1(self) -> Answer:
        """POST media/upload of v1.1."""
        sent = request.files.get("media")
        if sent is None:
            raise x_errors.v1(400, 38, "media parameter is missing.")
        data = sent.read()
        picture_id = self._take_picture(data)
        picture = self._world.picture(Platform.X, picture_id)
        return {
            "media_id": int(picture_id), "media_id_string": picture_id, "size": len(data), "expires_after_secs": 86_400,
            "image": {"image_type": picture.mime_type, "w": picture.width, "h": picture.height},
        }  # fmt: skip

    def describe_v1(self) -> Response:
        """POST media/metadata/create of v1.1."""
        body = request.get_json(silent=True) or {}
        self._describe(str(body.get("media_id", "")), (body.get("alt_text") or {}).get("text"))
        return Response("", status=200)

    # -- people ----------------------------------------------------------------------------------

    def _user_answer(self, person: Person, parameters: Parameters) -> Answer:
        return {"data": self._wire.user(person, parameters.wanted().user)}

    def me(self) -> Answer:
        """GET /2/users/me."""
        return self._user_answer(self._world.school(Platform.X), Parameters(request, about="users"))

    def user(self, user_id: str) -> Answer:
        """GET /2/users/:id. Somebody unknown is an error within a 200."""
        parameters = Parameters(request, about="users")
        try:
            return self._user_answer(self._world.person(Platform.X, checked_id("id", user_id)), parameters)
        except NotFound:
            return {"errors": [missing("user", user_id)]}

    def user_by(self, username: str) -> Answer:
        """GET /2/users/by/username/:username."""
        parameters = Parameters(request, about="users")
        person = self._world.find_person(Platform.X, f"@{username}")
        if person is None:
            return {"errors": [missing("user", username, parameter="username")]}
        return self._user_answer(person, parameters)

    def _several(self, name: str, values: list[str], parameters: Parameters) -> Answer:
        wanted = parameters.wanted().user
        answer: Answer = {}
        for value in values:
            person = self._world.find_person(Platform.X, value if name == "ids" else f"@{value}")
            if person is None or (name == "ids" and person.id != value):
                answer.setdefault("errors", []).append(missing("user", value, parameter=name))
            else:
                answer.setdefault("data", []).append(self._wire.user(person, wanted))
        return answer

    def users(self) -> Answer:
        """GET /2/users?ids=."""
        parameters = Parameters(request, "ids", about="users")
        return self._several("ids", parameters.ids("ids"), parameters)

    def users_by(self) -> Answer:
        """GET /2/users/by?usernames=."""
        parameters = Parameters(request, "usernames", about="users")
        names = [name for name in parameters.text("usernames").split(",") if name]
        if not 1 <= len(names) <= 100:
            raise invalid(
                "usernames",
                "",
                "The number of values in the `usernames` query parameter list is not between 1 and 100",
            )
        return self._several("usernames", names, parameters)

    def followers(self, user_id: str) -> Answer:
        """GET /2/users/:id/followers, newest first."""
        parameters = Parameters(request, "max_results", "pagination_token", about="users")
        self._own(user_id)
        size = parameters.number("max_results", 1, 1_000, 100)
        found: list[Follow] = self._world.followers(
            Platform.X, before=parameters.page("pagination_token"), limit=size + 1
        )
        page = found[:size]
        meta: Answer = {"result_count": len(page)}
        if len(found) > size:
            meta["next_token"] = page_token(page[-1].ordinal)
        wanted = parameters.wanted().user
        answer: Answer = {"meta": meta}
        if page:
            answer["data"] = [self._wire.user(follow.person, wanted) for follow in page]
        return answer

    def muted(self, user_id: str) -> Answer:
        """GET /2/users/:id/muting."""
        parameters = Parameters(request, "max_results", "pagination_token", about="users")
        self._own(user_id)
        return self._block_list([block.person for block in self._world.muted()], parameters)

    def blocked(self, user_id: str) -> Answer:
        """GET /2/users/:id/blocking: open to read; whom the school blocked by hand."""
        parameters = Parameters(request, "max_results", "pagination_token", about="users")
        self._own(user_id)
        return self._block_list([block.person for block in self._world.blocked(Platform.X)], parameters)

    def _block_list(self, people: list[Person], parameters: Parameters) -> Answer:
        size = parameters.number("max_results", 1, 1_000, 100)
        wanted = parameters.wanted().user
        answer: Answer = {"meta": {"result_count": len(people[:size])}}
        if people:
            answer["data"] = [self._wire.user(person, wanted) for person in people[:size]]
        return answer

    def mute(self, user_id: str) -> Answer:
        """POST /2/users/:id/muting."""
        self._own(user_id)
        target = str(self._body("target_user_id").get("target_user_id", ""))
        person = self._person(target)
        if person.kind == "school":
            raise forbidden("You cannot mute yourself.")
        self._world.mute(Platform.X, person.id)
        return {"data": {"muting": True}}

    def unmute(self, user_id: str, target_id: str) -> Answer:
        """DELETE /2/users/:id/muting/:target."""
        self._own(user_id)
        self._world.unmute(Platform.X, self._person(target_id).id)
        return {"data": {"muting": False}}

    def block(self, user_id: str) -> Answer:
        """POST /2/users/:id/blocking: Enterprise only, so the school may not."""
        self._own(user_id)
        raise x_errors.not_enrolled()

    def block_v1(self) -> Answer:
        """POST blocks/create of v1.1: not on ordinary tiers."""
        raise x_errors.v1(
            403,
            453,
            "You currently have access to a subset of X API V2 endpoints and limited v1.1 endpoints only.",
        )

    def incoming(self) -> Answer:
        """GET friendships/incoming of v1.1: only while the practice X offers follow requests."""
        if not self._world.protected:
            raise x_errors.v1(
                403,
                453,
                "You currently have access to a subset of X API V2 endpoints and limited v1.1 endpoints only.",
            )
        cursor = request.args.get("cursor", "-1")
        before = int(cursor) if cursor.isascii() and cursor.isdigit() and cursor != "0" else None
        found = self._world.requests(Platform.X, before=before, limit=5_001)
        page = found[:5_000]
        following = page[-1].ordinal if len(found) > 5_000 else 0
        stringify = request.args.get("stringify_ids", "false").lower() == "true"
        return {
            "ids": [follow.person.id if stringify else int(follow.person.id) for follow in page],
            "next_cursor": following, "next_cursor_str": str(following), "previous_cursor": 0,
            "previous_cursor_str": "0", "total_count": None,
        }  # fmt: skip
