"""What shared computers keep."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from school.models import Role
from tests.web.conftest import Browser

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.mark.parametrize("path", ["/", "/moderation", "/log", "/drafts", "/people", "/me"])
def test_no_copy_of_a_page_is_kept(signed_in: Callable[[Role], Browser], path: str) -> None:
    assert signed_in(Role.HEADTEACHER).get(path).headers["Cache-Control"] == "no-store"


def test_the_sign_in_page_says_it_properly_and_style_may_be_kept(visitor: Browser) -> None:
    assert visitor.get("/sign-in").headers["Cache-Control"] == "no-store"
    assert "no-store" not in visitor.get("/static/schoolgate.css").headers["Cache-Control"]


