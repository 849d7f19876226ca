"""Where a feed cuts a text, and what people can press in it."""

from hypothesis import given
from hypothesis import strategies as st

from connectors.base import Platform
from connectors.feeds import CUTS, parts, pieces


def test_each_feed_cuts_where_it_does_and_x_never() -> None:
    text = "word " * 60 + "end"
    first, cut, rest = parts(Platform.INSTAGRAM, text)
    assert (cut, len(first) <= CUTS[Platform.INSTAGRAM].characters) == ("more", True)
    assert f"{first} {rest}" == text
    assert parts(Platform.FACEBOOK, text) == (text, "", "")
    assert parts(Platform.X, text) == (text, "", "")
    assert parts(Platform.FACEBOOK, "1\n2\n3\n4\n5\n6") == ("1\n2\n3\n4\n5", "See more", "6")


def test_tags_names_and_addresses_are_told_apart() -> None:
    text = "See https://a.example/x#y, #Fair2027 with @larkfield. Not a@b.example nor #1 nor C#sharp"
    assert [piece for piece in pieces(Platform.X, text) if piece[0] != "text"] == [
        ("link", "https://a.example/x#y,"),
        ("tag", "#Fair2027"),
        ("name", "@larkfield"),
    ]
    assert ("link", "https://a.example/x#y,") not in pieces(Platform.INSTAGRAM, text)


@given(st.text(max_size=700), st.sampled_from(list(Platform)))
def test_nothing_of_a_text_is_lost_in_its_pieces(text: str, platform: Platform) -> None:
    """P12: whoever decides sees every character."""
    assert "".join(words for _kind, words in pieces(platform, text)) == text
    first, _cut, rest = parts(platform, text)
    assert "".join((first + rest).split()) == "".join(text.split())
