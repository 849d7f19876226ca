"""What the form of a post shows and offers while somebody writes."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

import pytest

from approvals.models import Draft
from connectors.base import Platform
from school.models import Account
from tests.approvals import scenes
from tests.web.conftest import Browser
from tests.web.writing import count, fields, upload

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def test_p16_a_post_is_shown_as_each_platform_shows_it_before_it_is_saved(
    teacher: Browser, x: Account, make_account: Callable[..., Account], later: datetime
) -> None:
    """By *Preview* without scripts and by the same drawing with them; counted as each platform counts."""
    instagram = make_account(Platform.INSTAGRAM.value)
    # X counts the bare address as 23.
    text = "Bring <b>wellies</b> #LarkfieldGrows www.larkfield.sch.uk " + "word " * 46
    typed = fields(x, instagram, at=later, text=text, do="preview")
    page = upload(teacher, "/drafts/new", scenes.picture_bytes(), "bulbs.jpg", **typed).text
    looks = page[page.index('id="look"') :]
    assert '<span class="pressable">#LarkfieldGrows</span>' in looks
    assert "Bring &lt;b&gt;wellies&lt;/b&gt;" in looks
    assert "… more" in looks and "bulbs.jpg" in page
    left = 280 - (len(text.strip()) - len("www.larkfield.sch.uk") + 23)
    assert f"{-left} too many" in looks and f">{-left} too many</b>" in page
    media = re.findall(r'name="media" value="([^"]+)"', page)
    told = teacher.post("/drafts/look", "/drafts/new", **typed, media=media).json
    assert told["left"] == {str(x.id): left, str(instagram.id): 2200 - len(text.strip())}
    assert told["html"].count(f"/media/{media[0]}") == 2
    assert count(Draft) == 0
