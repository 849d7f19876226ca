"""What credentials must allow, and what people are told where they don't."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connectors.base import Identity, Inspection, Platform
from connectors.permissions import NEEDED, belongs_elsewhere, warnings

NOW = datetime(2027, 6, 3, 9, tzinfo=UTC)
ME = Identity("7", "school", "School", "https://example.test/school")


@pytest.mark.parametrize("days", [-1, 0, 13, 15])
def test_an_end_is_told_a_fortnight_ahead(days: int) -> None:
    end = NOW + timedelta(days=days)
    found = warnings(Platform.FACEBOOK, Inspection(ME, expires_at=end), now=NOW)
    assert len(found) == (days < 14)
    assert all(("ended" in sentence) is (days <= 0) for sentence in found)
    found = warnings(Platform.FACEBOOK, Inspection(ME, data_access_expires_at=end), now=NOW)
    assert len(found) == (days < 14)


@pytest.mark.parametrize("platform", list(Platform))
def test_each_missing_permission_names_what_fails(platform: Platform) -> None:
    assert warnings(platform, Inspection(ME), now=NOW) == [], "a platform that says nothing forbids nothing"
    found = warnings(platform, Inspection(ME, permissions=frozenset()), now=NOW)
    assert len(found) == len(NEEDED[platform])
    for sentence, (permission, fails) in zip(found, NEEDED[platform].items(), strict=True):
        assert permission in sentence and fails in sentence


def test_whose_token_it_is() -> None:
    assert belongs_elsewhere(Inspection(ME), "7") == ""
    assert belongs_elsewhere(Inspection(ME, owner_id="7"), "7") == ""
    assert "belongs to @school" in belongs_elsewhere(Inspection(ME), "8")
    assert "Page with the id 9" in belongs_elsewhere(Inspection(ME, owner_id="9"), "7")
