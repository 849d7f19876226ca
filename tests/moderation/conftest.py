"""An account on a scripted platform, and a clock."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest

from school.models import Account
from tests.moderation.platform import ScriptedPlatform
from tests.moderation.scenes import Clock


@pytest.fixture
def clock() -> Clock:
    """A clock that the test moves."""
    return Clock()


@pytest.fixture
def platform() -> ScriptedPlatform:
    """A platform with one post and nothing under it."""
    return ScriptedPlatform()


@pytest.fixture
def account_id(make_account: Callable[..., Account]) -> UUID:
    """The school's Facebook page."""
    return make_account("facebook", identity_id="school").id
