"""Codes of authenticator apps: the mathematics of RFC 6238, with the numbers that every app knows."""

from __future__ import annotations

import base64
import re
import secrets as random
from datetime import datetime

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor import InvalidToken
from cryptography.hazmat.primitives.twofactor.hotp import HOTP

STEP = 30
"""Seconds that a code lasts, the one that all apps know."""
DIGITS = 6
DRIFT = 1
"""Steps that a phone's clock may be ahead or behind."""


def new_seed() -> str:
    """A fresh seed of 160 bits (RFC 4226, section 4), in the letters that apps take."""
    return base64.b32encode(random.token_bytes(20)).decode()


def digits_of(code: str) -> str:
    """The code as apps show it, perhaps with a space in the middle; anything else as it is."""
    plain = re.sub(r"[\s-]", "", code)
    return plain if re.fullmatch(r"[0-9]+", plain) else code


def step_of(seed: str, code: str, *, after: int, now: datetime) -> int | None:
    """The step whose code this is, if it is later than `after` and near enough to now."""
    if not re.fullmatch(r"[0-9]{6}", code):
        return None
    hotp = HOTP(base64.b32decode(seed), DIGITS, SHA1())  # noqa: S303 - what RFC 6238 and every app use  # nosec B303
    here = int(now.timestamp()) // STEP
    for step in range(here - DRIFT, here + DRIFT + 1):
        try:
            hotp.verify(code.encode(), step)
        except InvalidToken:
            continue
        if step > after:
            return step
    return None
