"""How each platform counts, and what becomes of a link (P16)."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twitter_text import parse_tweet

from connectors.base import Picture, Platform, PostContent
from connectors.limits import LIMITS, shown_text, text_length

LINK = "https://www.example.org/letters/spring-term/parents-evening.html?class=4b"
PICTURE = (Picture(b"x", "image/jpeg", ""),)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", 0),
        ("Sports day", 10),
        (f"See {LINK}", 27),
        (f"See {LINK}.", 28),
        ("See school.co.uk today", 33),
        ("é", 1),
        ("e\u0301", 1),
        ("日本", 4),
        ("\u3000", 2),
        ("“Well done”", 11),
        ("😀", 2),
        ("👨‍👩‍👧‍👦", 2),
        ("👋🏽 🇬🇧", 5),
        ("a\r\nb", 3),
        ("half \ud83d", 7),
    ],
)
def test_p16_x_counts_by_weight(text: str, length: int) -> None:
    assert text_length(Platform.X, text) == length


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_counting_word_by_word_gives_what_the_whole_text_gives(text: str) -> None:
    assert text_length(Platform.X, text) == parse_tweet(text).weightedLength


@pytest.mark.parametrize("piece", ["a.", "é.", "1.", "日.", "a-b.", "😀.", "a.com ", "https://a.b."])
def test_no_text_takes_long_to_count(piece: str) -> None:
    began = time.monotonic()
    assert text_length(Platform.X, (piece * 10_000)[:10_000]) > 280
    assert text_length(Platform.X, piece * 100_000) > 280
    assert time.monotonic() - began < 3


def test_the_others_count_code_points() -> None:
    for platform in (Platform.FACEBOOK, Platform.INSTAGRAM):
        assert text_length(platform, f"{LINK}👨‍👩‍👧‍👦日") == len(LINK) + 8


@pytest.mark.parametrize(
    ("platform", "pictures", "shown"),
    [
        (Platform.X, (), f"Come along.\n{LINK}"),
        (Platform.X, PICTURE, f"Come along.\n{LINK}"),
        (Platform.FACEBOOK, (), "Come along."),
        (Platform.FACEBOOK, PICTURE, f"Come along.\n{LINK}"),
        (Platform.INSTAGRAM, PICTURE, f"Come along.\n{LINK}"),
    ],
)
def test_a_link_is_shown_once(platform: Platform, pictures: tuple[Picture, ...], shown: str) -> None:
    assert shown_text(platform, PostContent("Come along.", pictures, LINK)) == shown
    written = PostContent(f"Come along: {LINK} !", pictures, f" {LINK} ")
    assert shown_text(platform, written) == written.text
    assert shown_text(platform, PostContent("Come along. ", pictures)) == "Come along. "


def test_every_platform_has_limits() -> None:
    assert set(LIMITS) == set(Platform)
    assert LIMITS[Platform.INSTAGRAM].pictures_min == 1
