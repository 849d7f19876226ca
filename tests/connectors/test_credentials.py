"""Credentials are checked without ever being shown (P11)."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.base import Platform
from connectors.credentials import CREDENTIALS_FIELDS, validate_credentials
from school.errors import BadInput

X = {
    "consumer_key": "SECRET1",
    "consumer_secret": "SECRET2",
    "access_token": "12-SECRET3",
    "access_token_secret": "SECRET4",
}
FACEBOOK = {"page_id": "123", "page_access_token": "EAASECRET", "app_secret": "SECRETAPP"}


def test_whole_credentials_are_taken_without_the_blanks_of_copying() -> None:
    taken = validate_credentials(Platform.X, X | {"consumer_key": " SECRET1\n"})
    assert taken.values == X
    assert "SECRET" not in repr(taken)
    assert validate_credentials(Platform.FACEBOOK, FACEBOOK | {"page_id": 123}).values == FACEBOOK


@pytest.mark.parametrize(
    ("platform", "given", "named"),
    [
        (Platform.X, {}, ["missing: consumer_key, consumer_secret, access_token, access_token_secret"]),
        (Platform.X, {key: X[key] for key in list(X)[:3]}, ["missing: access_token_secret"]),
        (Platform.X, X | {"consumer_key": "  ", "access_token": None}, ["empty: consumer_key, access_token"]),
        (Platform.X, X | {"bearer_token": "SECRET5", "client_id": "x"}, ["unknown: bearer_token, client_id"]),
        (Platform.X, X | {"SECRET6=!": "consumer_key"}, ["unknown: (a field whose name isn't shown)"]),
        (Platform.X, X | {"consumer_key": 5}, ["plain characters (an id: digits only): consumer_key"]),
        (Platform.X, X | {"access_token": "SEC\r\nRET: x"}, ["access_token"]),
        (Platform.FACEBOOK, FACEBOOK | {"page_id": "SECRETNAME"}, ["page_id"]),
        (Platform.INSTAGRAM, FACEBOOK, ["missing: ig_user_id", "unknown: page_id"]),
    ],
)
def test_p11_each_wrong_field_is_named_and_no_value_shown(
    platform: Platform, given: dict[str, Any], named: list[str]
) -> None:
    with pytest.raises(BadInput) as caught:
        validate_credentials(platform, given)
    for part in named:
        assert part in str(caught.value)
    assert "SECRET" not in str(caught.value)
    assert caught.value.field


@pytest.mark.parametrize("given", [[], "x", 5, None])
def test_anything_but_an_object_is_refused(given: Any) -> None:
    with pytest.raises(BadInput, match="JSON object"):
        validate_credentials(Platform.X, given)


def test_every_platform_has_fields() -> None:
    assert set(CREDENTIALS_FIELDS) == set(Platform)
