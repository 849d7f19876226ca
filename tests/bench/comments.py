"""Comments of realistic lengths for measuring: half of them short, one in twenty long, a few very long."""

from __future__ import annotations

import math
import random

from moderation.classifier.own_cases import own_cases


def comments(count: int, seed: int = 3) -> list[str]:
    """So many comments with a median of some 29 word pieces and a 95th percentile of some 170."""
    rng = random.Random(seed)
    words = " ".join(case.text for case in own_cases()[::7]).split()
    return [_piece(words, rng) for _ in range(count)]


def everyday_comments(count: int, seed: int = 3) -> list[str]:
    """Comments of the same lengths, nine in ten from harmless words, the tenth from all."""
    rng = random.Random(seed)
    every = " ".join(case.text for case in own_cases()[::7]).split()
    harmless = " ".join(case.text for case in own_cases()[::7] if not any(case.labels)).split()
    return [_piece(harmless if number % 10 else every, rng) for number in range(count)]


def _piece(words: list[str], rng: random.Random) -> str:
    length = min(420, max(2, round(rng.lognormvariate(math.log(23), 1.07))))
    start = rng.randrange(len(words) - length)
    return " ".join(words[start : start + length])
