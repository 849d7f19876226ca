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


def refuse_database_passwords(chosen: Settings) -> None:
    """As `refuse`, for `schoolgate migrate`, which alone knows both and comes before anything is stored."""
    for field, why in _database_passwords(chosen):
        raise BadInput(
            f"SCHOOLGATE_{field.upper()} has a password that {why}: {GENERATE}, there and at the server.",
            field=field,
        )


def _found(chosen: Settings) -> Iterator[tuple[str, str]]:
    for number, key in enumerate(secrets.all_keys()):
        if why := _weak_key(key):
            yield ("secret_key" if number == 0 else "other_secret_keys"), why
    yield from ((field, f"has a password that {why}") for field, why in _database_passwords(chosen))
    password, user = _password_in(chosen.broker_url)
    if password and (why := _weak_password(password, user)):
        yield "broker_url", f"has a password that {why}"
    if chosen.metrics_token is not None:
        token = chosen.metrics_token.get_secret_value()
        if len(token) < TOKEN_MIN or _STAND_INS.search(token):
            yield "metrics_token", f"is shorter than {TOKEN_MIN} characters or a word from a manual"


def _database_passwords(chosen: Settings) -> Iterator[tuple[str, str]]:
    """The owner's last: what is wrong with both is said of the one that every process has."""
    own, owner = chosen.database_url, chosen.database_owner_url
    for field, url in (("database_url", own), ("database_owner_url", owner)):
        password, user = _password_in(url)
        if password and (why := _weak_password(password, user)):
            yield field, why
    (password, user), (owners, its_user) = _password_in(own), _password_in(owner)
    if password and password == owners and user != its_user:
        yield "database_owner_url", "is that of SCHOOLGATE_DATABASE_URL too, so two users protect nothing"


def _password_in(url: str) -> tuple[str, str]:
    """Password and user in an address; without one the server knows the product by its socket or a file."""
    if not url or url.startswith(("sqlite", "memory")):
        return "", ""
    parsed = sa.make_url(url)
    other = parsed.query.get("password", "")
    return str(parsed.password or other), parsed.username or ""


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
