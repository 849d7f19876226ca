"""Comments of realistic lengths for measuring: half of them short, one in twenty long, a few very long."""

from __future__ import annotations

import math
import random

from moderation.classifier.own_cases import own_cases


def comments(count: int, seed: int = 3) -> list[str]:
    """So many comments with a median of some 29 word pieces and a 95th percentile of some 170."""
    rng = random.Random(seed)
    words = " ".join(case.text for case in own_cases()[::7]).split()
    found = []
    for _ in range(count):
        length = min(420, max(2, round(rng.lognormvariate(math.log(23), 1.07))))
        start = rng.randrange(len(words) - length)
        found.append(" ".join(words[start : start + length]))
    return found
