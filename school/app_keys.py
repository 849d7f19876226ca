"""The key and secret of the school's own app at X and at Meta: by setting, or entered once (P11)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy.orm import Session

from school import audit, secrets
from school.errors import BadInput
from school.models.connections import AppKeys
from school.models.people import Person
from school.permissions import Action, require
from school.settings import settings


class Family(StrEnum):
    """Whose app it is: Facebook and Instagram share one."""

    X = "x"
    META = "meta"


NAMES = {Family.X: "X", Family.META: "Facebook and Instagram"}
KEY_NAMES = {Family.X: "API key", Family.META: "App ID"}
SECRET_NAMES = {Family.X: "API key secret", Family.META: "App secret"}
_KEY = {Family.X: re.compile(r"[\x21-\x7e]{5,200}"), Family.META: re.compile(r"[0-9]{5,40}")}
_SECRET = re.compile(r"[\x21-\x7e]{8,400}")


@dataclass(frozen=True, slots=True)
class App:
    """An app's key and secret."""

    key: str
    secret: str = field(repr=False)


def family_of(platform: str) -> Family:
    """Whose app an account on this platform is connected by."""
    return Family.X if platform == Family.X else Family.META


def callback(family: Family) -> str:
    """Where X or Meta leads a browser back to: fixed by the settings, never by a request.

    X takes this machine by its number alone (docs.x.com, Developer apps: “Don't use localhost as a callback
    URL”), Meta by its name.
    """
    base = settings().effective_public_url
    if family is Family.META:
        return f"{base}/accounts/connected/facebook"
    parts = urlsplit(base)
    if parts.scheme == "http" and parts.hostname == "localhost":
        number = "[::1]" if settings().host == "::1" else "127.0.0.1"
        base = parts._replace(netloc=number + (f":{parts.port}" if parts.port else "")).geturl()
    return f"{base}/accounts/connected/x"


def by_setting(family: Family) -> App | None:
    """The app that the settings name; None where they don't name both of its values."""
    chosen = settings()
    key, secret = (
        (chosen.x_consumer_key, chosen.x_consumer_secret)
        if family is Family.X
        else (chosen.meta_app_id, chosen.meta_app_secret)
    )
    return App(key, secret.get_secret_value()) if key and secret is not None else None


def of(session: Session, family: Family) -> App | None:
    """The app in force: the settings' comes first. Raises school.secrets.KeyMissing."""
    named = by_setting(family)
    row = entered(session, family)
    if named is not None or row is None:
        return named
    return App(row.key, secrets.decrypt(row.secret).decode())


def entered(session: Session, family: Family) -> AppKeys | None:
    """What was entered for the app, if anything was."""
    return session.scalar(sa.select(AppKeys).where(AppKeys.family == family.value))


def enter(session: Session, family: Family, *, key: str, secret: str, by: Person, now: datetime) -> None:
    """Keep an app's key and secret, the secret encrypted at once. Raises BadInput, which shows neither."""
    require(by, Action.CONNECT_ACCOUNTS)
    if not _KEY[family].fullmatch(key.strip()):
        what = "digits only" if family is Family.META else "one word, as X shows it"
        raise BadInput(f"That can't be the {KEY_NAMES[family]}: it is {what}.", field=f"key-{family}")
    if not _SECRET.fullmatch(secret.strip()):
        raise BadInput(
            f"That can't be the {SECRET_NAMES[family]}: it is one word. Copy it again.",
            field=f"secret-{family}",
        )
    keep(session, family, App(key.strip(), secret.strip()), by=by, now=now)
    audit.record(
        session,
        by=by,
        action="app_keys_entered",
        object_kind="app",
        object_id=family.value,
        now=now,
    )


def keep(session: Session, family: Family, app: App, *, by: Person | None, now: datetime) -> None:
    """Store an app's key and its secret, encrypted; `by` None: a practice school's own."""
    row = entered(session, family)
    sealed = secrets.encrypt(app.secret.encode())
    if row is None:
        row = AppKeys(family=family.value)
        session.add(row)
    row.key, row.secret, row.set_at, row.set_by_id = app.key, sealed, now, by.id if by else None
