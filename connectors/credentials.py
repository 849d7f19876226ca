"""Checks the secrets of an account before they are kept: which there must be, never what they are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from connectors.base import Credentials, Platform
from school.errors import BadInput


@dataclass(frozen=True, slots=True)
class CredentialsField:
    """One value that an account's credentials consist of."""

    name: str
    label: str
    """What the platform's own pages call it."""


CREDENTIALS_FIELDS: Mapping[Platform, tuple[CredentialsField, ...]] = {
    Platform.X: (
        CredentialsField("consumer_key", "API key"),
        CredentialsField("consumer_secret", "API key secret"),
        CredentialsField("access_token", "Access token"),
        CredentialsField("access_token_secret", "Access token secret"),
    ),
    Platform.FACEBOOK: (
        CredentialsField("page_id", "Page ID"),
        CredentialsField("page_access_token", "Page access token"),
        CredentialsField("app_secret", "App secret"),
    ),
    Platform.INSTAGRAM: (
        CredentialsField("ig_user_id", "Instagram account ID"),
        CredentialsField("page_access_token", "Page access token"),
        CredentialsField("app_secret", "App secret"),
    ),
}

_NAME_WORTH_SHOWING = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,39}")
_PRINTABLE = re.compile(r"[\x21-\x7e]+")
_DIGITS = re.compile(r"[0-9]+")


def validate_credentials(platform: Platform, mapping: Mapping[str, object]) -> Credentials:
    """The credentials of one account, complete and well formed; no request is made (P11).

    Values may carry blanks around them, as copying leaves them. Raises BadInput that names each
    field that is missing, empty, unknown or malformed. It never shows a value, nor an unknown
    name that looks like a secret put in the wrong place.
    """
    fields = [field.name for field in CREDENTIALS_FIELDS[platform]]
    if not isinstance(mapping, Mapping):
        raise BadInput(
            f"The credentials must be one JSON object with the fields {', '.join(fields)}.",
            field="credentials",
        )
    values: dict[str, str] = {}
    missing: list[str] = []
    empty: list[str] = []
    malformed: list[str] = []
    for name in fields:
        if name not in mapping:
            missing.append(name)
            continue
        value = mapping[name]
        if isinstance(value, int) and not isinstance(value, bool) and name.endswith("_id"):
            value = str(value)
        if value is None or (isinstance(value, str) and not value.strip()):
            empty.append(name)
        elif isinstance(value, str) and _form_of(name).fullmatch(value.strip()):
            values[name] = value.strip()
        else:
            malformed.append(name)
    unknown = [_shown_name(name) for name in mapping if name not in fields]
    complaints = [
        f"{what}: {', '.join(names)}"
        for what, names in (
            ("missing", missing),
            ("empty", empty),
            ("not one word of plain characters (an id: digits only)", malformed),
            ("unknown", unknown),
        )
        if names
    ]
    if complaints:
        raise BadInput(
            f"The credentials for {platform.value} can't be used ({'; '.join(complaints)}). "
            f"Give exactly these fields, as text: {', '.join(fields)}.",
            field=(missing + empty + malformed + ["credentials"])[0],
        )
    return Credentials(values=values)


def _form_of(name: str) -> re.Pattern[str]:
    return _DIGITS if name.endswith("_id") else _PRINTABLE


def _shown_name(name: object) -> str:
    if isinstance(name, str) and _NAME_WORTH_SHOWING.fullmatch(name):
        return name
    return "(a field whose name isn't shown)"
