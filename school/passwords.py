"""Which passwords are too easy to guess."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable
from typing import Any

_READ = 72
"""Characters that are judged, which is as many as the judge takes; what follows makes none weaker."""
_SAFE = 3
"""Of zxcvbn's scores: 3 takes more than a hundred million guesses."""


def easily_guessed(password: str, known: Iterable[str]) -> bool:
    """Whether somebody who knows lists of common passwords and names, and these things about the person and
    the school, would soon have it. Nothing leaves this machine for it.

    `known`: names and addresses; each counts whole and by its words.
    """
    told = {word for text in known for word in (text, *re.findall(r"[^\W_]{3,}", text))}
    # Its lists take 13 MB, which a worker, who sets nobody's password, does without.
    judge: Any = importlib.import_module("zxcvbn")
    return bool(judge.zxcvbn(password[:_READ], user_inputs=sorted(told))["score"] < _SAFE)
