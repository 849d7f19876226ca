"""Secrets that anybody could guess: a real school doesn't start with one."""

from __future__ import annotations

import re
from collections.abc import Iterator

import sqlalchemy as sa

from school import secrets
from school.errors import BadInput
from school.settings import Settings

DIFFERENT_MIN = 10
"""Different characters of a secret key: 32 hexadecimal ones at random have fewer once in many thousands."""
PASSWORD_MIN = 12
TOKEN_MIN = 16
# What manuals, images and examples write where a secret belongs; and what people put there for now.
_STAND_INS = re.compile(
    r"change.?(me|this)|(your|my).?(secret|password|token|key)|pass.?w(or)?d|postgres|schoolgate|example|"
    r"default|insecure|placeholder|letmein|qwerty|1234567|abcdefgh|^(admin|root|test|user|secret|token)$",
    re.IGNORECASE,
)
_REPEATED = re.compile(r"(.{1,16}?)\1+.{0,15}")
GENERATE = "give the output of: openssl rand -hex 32"


def refuse(chosen: Settings) -> None:
    """Raise BadInput, naming the setting and what to do, for the first secret that could be guessed."""
    for field, why in _found(chosen):
        raise BadInput(
            f"SCHOOLGATE_{field.upper()} {why}; a real school doesn't start with that: {GENERATE}.",
            field=field,
        )


def _found(chosen: Settings) -> Iterator[tuple[str, str]]:
    for number, key in enumerate(secrets.all_keys()):
        if why := _weak_key(key):
            yield ("secret_key" if number == 0 else "other_secret_keys"), why
    for field in ("database_url", "database_owner_url", "broker_url"):
        url = getattr(chosen, field)
        if url.startswith(("sqlite", "memory")) or not url:
            continue
        parsed = sa.make_url(url)
        # Without one the server knows the product otherwise: by its socket, or by a file of its own.
        if parsed.password and (why := _weak_password(str(parsed.password), parsed.username or "")):
            yield field, f"has a password that {why}"
    if chosen.metrics_token is not None:
        token = chosen.metrics_token.get_secret_value()
        if len(token) < TOKEN_MIN or _STAND_INS.search(token):
            yield "metrics_token", f"is shorter than {TOKEN_MIN} characters or a word from a manual"


def _weak_key(key: str) -> str:
    if len(set(key)) < DIFFERENT_MIN:
        return f"has only {len(set(key))} different characters"
    if _REPEATED.fullmatch(key):
        return "is a few characters over and over"
    return "is a word from a manual, not chance" if _STAND_INS.search(key) else ""


def _weak_password(password: str, user: str) -> str:
    if len(password) < PASSWORD_MIN:
        return f"is shorter than {PASSWORD_MIN} characters"
    if user and user.lower() in password.lower():
        return "holds the user's name"
    return "is a word from a manual, not chance" if _STAND_INS.search(password) else ""
