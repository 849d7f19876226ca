"""Which parameters the practice X takes, and what it says to others."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from flask import Request

from connectors.practice.x_errors import invalid
from connectors.practice.x_wire import Wanted

TWEET_FIELDS = frozenset(
    [
        "article",
        "attachments",
        "author_id",
        "card_uri",
        "community_id",
        "context_annotations",
        "conversation_id",
        "created_at",
        "display_text_range",
        "edit_controls",
        "edit_history_tweet_ids",
        "entities",
        "geo",
        "id",
        "in_reply_to_user_id",
        "lang",
        "media_metadata",
        "non_public_metrics",
        "note_tweet",
        "organic_metrics",
        "possibly_sensitive",
        "promoted_metrics",
        "public_metrics",
        "referenced_tweets",
        "reply_settings",
        "scopes",
        "source",
        "suggested_source_links",
        "suggested_source_links_with_counts",
        "text",
        "withheld",
    ]
)
USER_FIELDS = frozenset(
    [
        "affiliation",
        "confirmed_email",
        "connection_status",
        "created_at",
        "description",
        "entities",
        "id",
        "is_identity_verified",
        "location",
        "most_recent_tweet_id",
        "name",
        "parody",
        "pinned_tweet_id",
        "profile_banner_url",
        "profile_image_url",
        "protected",
        "public_metrics",
        "receives_your_dm",
        "subscription",
        "subscription_type",
        "url",
        "username",
        "verified",
        "verified_followers_count",
        "verified_type",
        "withheld",
    ]
)
MEDIA_FIELDS = frozenset(
    [
        "alt_text",
        "duration_ms",
        "height",
        "media_key",
        "non_public_metrics",
        "organic_metrics",
        "preview_image_url",
        "promoted_metrics",
        "public_metrics",
        "type",
        "url",
        "variants",
        "width",
    ]
)
TWEET_EXPANSIONS = frozenset(
    [
        "article.cover_media",
        "article.media_entities",
        "attachments.media_keys",
        "attachments.media_source_tweet",
        "attachments.poll_ids",
        "author_id",
        "edit_history_tweet_ids",
        "entities.mentions.username",
        "geo.place_id",
        "in_reply_to_user_id",
        "entities.note.mentions.username",
        "referenced_tweets.id",
        "referenced_tweets.id.attachments.media_keys",
        "referenced_tweets.id.author_id",
    ]
)
USER_EXPANSIONS = frozenset(("affiliation.user_id", "most_recent_tweet_id", "pinned_tweet_id"))
_LISTS = ("tweet.fields", "user.fields", "media.fields", "expansions")
_TWEETS = frozenset((*_LISTS, "poll.fields", "place.fields"))
_USERS = frozenset(("tweet.fields", "user.fields", "expansions"))
_ID = re.compile(r"[0-9]{1,19}")


class Parameters:
    """The query of one request, checked; every refusal is X's own 400."""

    def __init__(self, request: Request, *extra: str, about: str = "tweets") -> None:
        """`extra`: parameters beside the field lists. `about`: "tweets" or "users", whose lists are taken."""
        self._args = request.args
        known = set(extra) | (_TWEETS if about == "tweets" else _USERS)
        for name in self._args:
            if name not in known:
                raise invalid(
                    name,
                    self._args[name],
                    f"The query parameter [{name}] is not one of [{','.join(sorted(known))}]",
                )
        self._expansions = TWEET_EXPANSIONS if about == "tweets" else USER_EXPANSIONS

    def wanted(self) -> Wanted:
        """Which fields and expansions are asked for."""
        return Wanted(
            tweet=self._list("tweet.fields", TWEET_FIELDS),
            user=self._list("user.fields", USER_FIELDS),
            media=self._list("media.fields", MEDIA_FIELDS),
            expansions=self._list("expansions", self._expansions),
        )

    def _list(self, name: str, allowed: frozenset[str]) -> frozenset[str]:
        if name not in self._args:
            return frozenset()
        values = self._args[name].split(",")
        for value in values:
            if value not in allowed:
                raise invalid(
                    name,
                    value,
                    f"The `{name}` query parameter value [{value}] is not one of"
                    f" [{','.join(sorted(allowed))}]",
                )
        return frozenset(values)

    def number(self, name: str, low: int, high: int, default: int) -> int:
        """A whole number within bounds."""
        text = self._args.get(name)
        if text is None:
            return default
        if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
            raise invalid(
                name, text, f"The `{name}` query parameter value [{text}] is not between {low} and {high}"
            )
        return int(text)

    def id(self, name: str) -> int | None:
        """An id as a number, None where it isn't given."""
        text = self._args.get(name)
        return None if text is None else int(checked_id(name, text))

    def ids(self, name: str) -> list[str]:
        """A list of at most 100 ids."""
        values = [value for value in self._args.get(name, "").split(",") if value]
        if not 1 <= len(values) <= 100:
            raise invalid(
                name,
                self._args.get(name, ""),
                f"The number of values in the `{name}` query parameter list is not between 1 and 100",
            )
        return [checked_id(name, value) for value in values]

    def moment(self, name: str) -> datetime | None:
        """A time (RFC 3339), None where it isn't given."""
        text = self._args.get(name)
        if text is None:
            return None
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            found = None
        if found is None or "T" not in text:
            raise invalid(
                name, text, f"The `{name}` query parameter value [{text}] is not a valid RFC3339 timestamp"
            )
        return found if found.tzinfo else found.replace(tzinfo=UTC)

    def text(self, name: str) -> str:
        """A text, "" where it isn't given."""
        return self._args.get(name, "")

    def choices(self, name: str, allowed: Iterable[str]) -> set[str]:
        """A list of words out of a few."""
        return set(self._list(name, frozenset(allowed)))

    def page(self, *names: str) -> int | None:
        """Where the last page ended, from the first of these tokens that is given."""
        for name in names:
            token = self._args.get(name)
            if token is not None:
                return read_token(name, token)
        return None


def checked_id(name: str, value: str) -> str:
    """An id of the right shape, or X's 400."""
    if not _ID.fullmatch(value) or int(value) >= 1 << 63:
        raise invalid(name, value, f"The `{name}` parameter value [{value}] is not valid")
    return value


_TOKEN_HEAD = "7140dibdnow9c"
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def page_token(ordinal: int) -> str:
    """The token of the page that follows the item with this number."""
    letters = ""
    while ordinal:
        ordinal, digit = divmod(ordinal, 36)
        letters = _DIGITS[digit] + letters
    return _TOKEN_HEAD + letters


def read_token(name: str, token: str) -> int:
    """The number in a page token, or X's 400."""
    body = token.removeprefix(_TOKEN_HEAD)
    if body == token or not re.fullmatch(r"[0-9a-z]{1,13}", body):
        raise invalid(name, token, f"The `{name}` query parameter value [{token}] is not valid")
    return int(body, 36)
