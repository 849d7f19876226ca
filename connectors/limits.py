"""What a post may be on each platform, and how each counts, without any account (P16)."""

from __future__ import annotations

import re
import unicodedata
import warnings
from collections.abc import Callable, Mapping
from functools import lru_cache
from importlib import import_module
from typing import Any

from connectors.base import Limits, Platform, PostContent, VideoLimits

LIMITS: Mapping[Platform, Limits] = {
    # No GIF: X takes those only by its upload in several parts.
    Platform.X: Limits(
        text_max=280,
        pictures_max=4,
        pictures_min=0,
        picture_bytes_max=5 * 1024 * 1024,
        picture_types=("image/jpeg", "image/png", "image/webp"),
        alt_text_max=1000,
        # X, media best practices: 140 seconds and 512 MB for an account that doesn't pay for more.
        video=VideoLimits(
            seconds_min=0.5, seconds_max=140.0, bytes_max=512 * 1024 * 1024, narrowest=1 / 3, widest=3.0
        ),
        # GET /2/tweets takes so many ids in one request, and charges for each post.
        figures_at_once=100,
    ),
    Platform.FACEBOOK: Limits(
        text_max=63_206,
        pictures_max=10,
        pictures_min=0,
        picture_bytes_max=4_000_000,
        picture_types=("image/jpeg", "image/png"),
        alt_text_max=1000,
        # Meta, Video API: far more than this product takes.
        video=VideoLimits(
            seconds_min=1.0, seconds_max=4 * 3600.0, bytes_max=10 * 1024**3, narrowest=9 / 16 / 2, widest=4.0
        ),
    ),
    Platform.INSTAGRAM: Limits(
        text_max=2200,
        pictures_max=10,
        pictures_min=1,
        picture_bytes_max=8_000_000,
        picture_types=("image/jpeg",),
        alt_text_max=1000,
        # Meta, Content Publishing: reel specifications.
        video=VideoLimits(
            seconds_min=3.0, seconds_max=15 * 60.0, bytes_max=300_000_000, narrowest=0.01, widest=10.0
        ),
        hashtags_max=30,
    ),
}

_BLANKS = re.compile(r"(\s+)")
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")

COUNTED_EXACTLY = 10_000
"""Above this many characters X's length is counted roughly: it is too long by far in any case."""

SEARCH_BUDGET = 100_000
"""The search for addresses takes time with the square of a dotted word's length ("a.a.a.a…"). Once
dots times characters add up to this, the rest is counted roughly; no post that X takes comes near."""


@lru_cache(maxsize=1)
def _parser() -> Callable[[str], Any]:
    """What X counts by; loaded when first needed, since it takes 10 MB that most processes never use."""
    with warnings.catch_warnings():
        # The package reads its list of emoji through pkg_resources, which warns of its own end.
        warnings.simplefilter("ignore")
        package: Any = import_module("twitter_text")
    parse: Callable[[str], Any] = package.parse_tweet
    return parse


def text_length(platform: Platform, text: str) -> int:
    """The length of a post's text as the platform counts it (P16).

    X: weighted, in NFC, every address 23, an emoji 2. Elsewhere: code points.
    """
    if platform is not Platform.X:
        return len(text)
    whole = unicodedata.normalize("NFC", _HALF_CHARACTER.sub("\ufffd", text))
    if len(whole) > COUNTED_EXACTLY:
        return len(whole)
    length, budget = 0, SEARCH_BUDGET
    # No address and no emoji reaches over a blank, so the words can be counted one by one.
    for word in _BLANKS.split(whole):
        budget -= word.count(".") * len(word)
        length += int(_parser()(word).weightedLength) if budget >= 0 else len(word)
    return length


def shown_text(platform: Platform, content: PostContent) -> str:
    """The text as the public will see it on this platform.

    Facebook shows a link as a card of its own when there are no pictures and no video; everywhere
    else the link becomes the text's last line, unless the author has written it there already.
    """
    link = content.link.strip()
    has_field = platform is Platform.FACEBOOK and not content.media_count
    if not link or has_field or link in content.text:
        return content.text
    return f"{content.text.rstrip()}\n{link}" if content.text.strip() else link
