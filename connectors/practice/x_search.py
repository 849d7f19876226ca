"""The part of X's search language that a school needs, for `tweets/search/recent`."""

from __future__ import annotations

import re
from collections.abc import Callable

from connectors.practice.x_errors import XError, invalid
from connectors.practice.x_wire import Tweet, XWire

Test = Callable[[Tweet], bool]

_GROUPS_MAX = 50
_TOKEN = re.compile(r'-?\(|\)|-?[a-z_]+:"[^"]*"|-?"[^"]*"|[^\s()]+')


def compile_query(query: str, wire: XWire) -> Test:
    """What a search finds: words, "phrases", @names, conversation_id:, from:, to:, is:reply, OR, -, ( ).

    Raises the 400 that X gives for an operator that it doesn't know.
    """
    if not query.strip() or len(query) > 4_096:
        raise invalid("query", query[:50], "The `query` query parameter can not be empty")
    if query.count("(") > _GROUPS_MAX:
        raise _refused(query)
    tokens = _TOKEN.findall(query)
    test, rest = _alternatives(tokens, wire, query)
    if rest:
        raise _refused(query)
    return test


def _refused(query: str) -> XError:
    return invalid("query", query, "There were errors processing your request: the query can't be understood")


def _alternatives(tokens: list[str], wire: XWire, query: str) -> tuple[Test, list[str]]:
    tests: list[Test] = []
    while True:
        test, tokens = _all_of(tokens, wire, query)
        tests.append(test)
        if not tokens or tokens[0] != "OR":
            break
        tokens = tokens[1:]
    return (lambda tweet: any(test(tweet) for test in tests)), tokens


def _all_of(tokens: list[str], wire: XWire, query: str) -> tuple[Test, list[str]]:
    tests: list[Test] = []
    while tokens and tokens[0] not in {")", "OR"}:
        token, tokens = tokens[0], tokens[1:]
        negative = token.startswith("-")
        token = token.removeprefix("-")
        if token == "(":
            test, tokens = _alternatives(tokens, wire, query)
            if not tokens or tokens[0] != ")":
                raise _refused(query)
            tokens = tokens[1:]
        else:
            test = _operator(token, wire, query)
        tests.append(_not(test) if negative else test)
    if not tests:
        raise _refused(query)
    return (lambda tweet: all(test(tweet) for test in tests)), tokens


def _not(test: Test) -> Test:
    return lambda tweet: not test(tweet)


def _operator(token: str, wire: XWire, query: str) -> Test:
    name, colon, value = token.partition(":")
    value = value.strip('"')
    if colon and name in {"http", "https"}:
        return lambda tweet: token in tweet.text
    if colon:
        wanted = value.removeprefix("@").lower()
        match name:
            case "conversation_id":
                return lambda tweet: tweet.conversation_id == value
            case "in_reply_to_tweet_id" | "in_reply_to_status_id":
                return lambda tweet: tweet.replied_to == value
            case "from":
                return lambda tweet: wanted in {tweet.author.handle.lower(), tweet.author.id}
            case "to":
                return lambda tweet: (
                    tweet.replied_to_author is not None
                    and wanted
                    in {
                        tweet.replied_to_author.handle.lower(),
                        tweet.replied_to_author.id,
                    }
                )
            case "is" if value == "reply":
                return lambda tweet: bool(tweet.replied_to)
            case "is" if value in {"retweet", "quote", "verified", "nullcast"}:
                return lambda tweet: False
            case "has" if value in {"images", "media"}:
                return lambda tweet: bool(tweet.media_keys)
            case "has" if value in {"mentions", "links"}:
                return lambda tweet: bool(
                    getattr(wire.lay_out(tweet), "urls" if value == "links" else "mentions")
                )
            case "lang":
                return lambda tweet: value == "en"
        raise _refused(query)
    word = token.strip('"').lower()
    if word.startswith("@"):
        return lambda tweet: any(m["username"].lower() == word[1:] for m in wire.lay_out(tweet).mentions)
    pattern = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)", re.IGNORECASE)
    return lambda tweet: pattern.search(tweet.text) is not None
