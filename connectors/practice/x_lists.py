"""The practice X: mentions, the school's own posts, and search."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta

from flask import request

from connectors.base import Platform
from connectors.practice.x_errors import invalid
from connectors.practice.x_frame import Answer, XFrame
from connectors.practice.x_parameters import Parameters, page_token
from connectors.practice.x_search import compile_query
from connectors.practice.x_wire import Tweet
from school.errors import NotFound

SEARCH_DAYS = 7
MENTIONS_MAX = 800


class XLists(XFrame):
    """Lists of posts and replies, newest first."""

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
            stream,
            parameters,
            5,
            lambda tweet: tweet.author.id == author.id and not (tweet.replied_to and "replies" in exclude),
            100_000,
        )

    def search(self) -> Answer:
        """GET /2/tweets/search/recent: the last seven days."""
        parameters = Parameters(
            request,
            "query",
            "since_id",
            "until_id",
            "max_results",
            "next_token",
            "pagination_token",
            "start_time",
            "end_time",
            "sort_order",
        )
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
            newer_than=newer,
            older_than=older,
            conversation=alone
            if alone.isdigit() and alone != query.strip() and self._is_post(alone)
            else None,
        )
        return self._paged(
            stream, parameters, 10, lambda tweet: tweet.created_at >= earliest and passes(tweet), 100_000
        )

    def _is_post(self, tweet_id: str) -> bool:
        try:
            self._world.post(Platform.X, tweet_id)
        except NotFound:
            return False
        return True
