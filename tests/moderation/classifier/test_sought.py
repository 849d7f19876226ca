"""What a pattern needs is in whatever it finds: no threat goes unseen because it was not looked for."""

from __future__ import annotations

import random
import re
from re import _constants, _parser  # type: ignore[attr-defined]
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moderation.classifier.groups import groups_marked
from moderation.classifier.hate import (
    REFERENCES,
    SLURS,
    TOLD_AS_UNKIND,
    TOLD_AS_VIEW,
    TOLD_OF_A_NAME,
    VIEWS,
)
from moderation.classifier.phrases import PHISHING, SAFEGUARDING, THREATS
from moderation.classifier.plain_rules import Rule, RuleBook, found_by, rule
from moderation.classifier.plainly import plainly
from moderation.classifier.sought import Sieve, needs_of
from moderation.classifier.threats import SPOKEN_THREATS, TOLD_AS_NEWS
from moderation.classifier.worries import NO_WORRY, WORRIES
from tests.bench.functional.write_cases import read_cases

NEEDS = [
    (r"\b(?:kill|stab)(?:s|bing)? (?:you|him)\b", {"kill", "stab"}),
    (r"watch (?:your|ur) back", {"watch your back", "watch ur back"}),
    (r"(?:ab)?cdef", {"cdef"}),
    (r"(?:abcd)*efgh", {"efgh"}),
    (r"(?:abcd){0,2}", None),
    (r"(?:abcd){1,2}", {"abcd"}),
    (r"(?:abcd|ef.*)?", None),
    (r"abcd|\w+", None),
    (r"abcd|efgh\w", {"abcd", "efgh"}),
    (r"(?=abcd)efgh(?!ijkl)(?<!mnop)", {"efgh"}),
    (r"i(?:'|’)ll", {"i'll"}),
    (r"[ABC]DEF", {"adef", "bdef", "cdef"}),
    (r"[^a]bcde", {"bcde"}),
    (r"(?-i:ABCD)", None),
    (r"(abcd) \1", {"abcd"}),
    ("\N{KELVIN SIGN}abc|defg", {"abc", "defg"}),
    (r"a|bcd", None),
    ("", None),
]


@pytest.mark.parametrize(("pattern", "needs"), NEEDS, ids=[pattern for pattern, _ in NEEDS])
def test_what_a_pattern_needs(pattern: str, needs: set[str] | None) -> None:
    assert needs_of(re.compile(pattern, re.IGNORECASE)) == needs


PATTERNS = [pattern for _, pattern in (*THREATS, *SAFEGUARDING)] + [PHISHING]
PATTERNS += [one.pattern for one in (*SPOKEN_THREATS, *WORRIES, *VIEWS, *REFERENCES, *SLURS)]


def _written(parts: Any, rng: random.Random) -> str:
    """Some text that these parts of a pattern fit, but for what they say of what stands around it."""
    return "".join(_one(op, value, rng) for op, value in parts)


def _one(op: Any, value: Any, rng: random.Random) -> str:
    c = _constants
    if op is c.LITERAL:
        return chr(value)
    if op is c.BRANCH:
        return _written(rng.choice(value[1]), rng)
    if op is c.SUBPATTERN:
        return _written(value[3], rng)
    if op in (c.MAX_REPEAT, c.MIN_REPEAT):
        least, most, inside = value
        times = rng.randint(least, min(most, least + 2))
        return "".join(_written(inside, rng) for _ in range(times))
    if op is c.IN:
        kind, which = rng.choice(value)
        if kind is c.LITERAL:
            return chr(which)
        if kind is c.RANGE:
            return chr(rng.randint(*which))
        return {c.CATEGORY_SPACE: " ", c.CATEGORY_DIGIT: "7"}.get(which, "x")
    if op in (c.AT, c.ASSERT, c.ASSERT_NOT):
        return ""
    return " " if op is c.ANY else "x"


def test_whatever_each_phrase_and_rule_finds_has_what_it_needs() -> None:
    """Texts are made after each pattern; of a few, what may not stand there hardly ever comes out right."""
    rng, tried = random.Random(1), set()
    sieve = Sieve(PATTERNS)
    for number, pattern in enumerate(PATTERNS):
        parsed = _parser.parse(pattern.pattern, pattern.flags & ~re.UNICODE)
        for made in range(200):
            if made > 20 and number in tried:
                break
            text = f"so {_written(parsed, rng).lower()} . "
            if text.isascii() and pattern.search(text):
                tried.add(number)
                assert number in sieve.passing(text), (pattern.pattern, text)
    assert len(tried) > 0.9 * len(PATTERNS), [
        pattern.pattern for number, pattern in enumerate(PATTERNS) if number not in tried
    ]


_SIMPLE = st.recursive(
    st.sampled_from(["ab", "bc", "a", "[ab]", r"\w", r"\b", "c d", "’", "[^a]"]),
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map("".join),
        st.lists(inner, min_size=2, max_size=3).map(lambda ways: f"(?:{'|'.join(ways)})"),
        st.tuples(inner, st.sampled_from(["?", "*", "+", "{1,2}", "{0,2}", "{2}"])).map(
            lambda pair: f"(?:{pair[0]}){pair[1]}"
        ),
        inner.map(lambda one: f"(?!{one})"),
        inner.map(lambda one: f"(?={one})"),
    ),
    max_leaves=6,
)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(pattern=_SIMPLE, texts=st.lists(st.text("abcd ", max_size=8), min_size=20, max_size=20))
def test_needs_are_in_whatever_any_pattern_finds(pattern: str, texts: list[str]) -> None:
    compiled = re.compile(pattern)
    needs = needs_of(compiled)
    for text in texts:
        if needs is not None and compiled.search(text):
            assert any(need in text for need in needs)


def test_rules_are_tried_in_their_order_where_a_word_is_there() -> None:
    book = RuleBook(
        [rule("b", "kill stab", "kill|stab"), rule("a", "stab", "stab"), rule("c", "burn", "burn")]
    )
    assert [one.label for one in book.tried_on("i stab you")] == ["b", "a"]
    assert [one.label for one in book.tried_on("a killing")] == []


@pytest.mark.parametrize(
    ("rules", "unless"),
    [
        (SPOKEN_THREATS, TOLD_AS_NEWS), (WORRIES, NO_WORRY), (VIEWS, TOLD_AS_VIEW),
        (REFERENCES, TOLD_AS_UNKIND), (SLURS, TOLD_OF_A_NAME),
    ],
    ids=["threats", "worries", "views", "references", "slurs"],
)  # fmt: skip
def test_the_book_finds_what_each_rule_by_itself_does(
    rules: tuple[Rule, ...], unless: re.Pattern[str]
) -> None:
    book = RuleBook(rules)
    for case in read_cases()[::2]:
        plain = plainly(case.text)
        if rules in (VIEWS, REFERENCES):
            plain = groups_marked(plain)
        words = set(plain.split())
        each = [
            said
            for one in rules
            if one.needs & words and one.pattern.search(plain)
            for said in found_by(RuleBook([one]), plain, unless)
        ]
        assert list(found_by(book, plain, unless)) == each
