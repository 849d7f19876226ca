"""What the form of a post shows and offers while somebody writes."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

import pytest
from flask import Flask

from approvals.models import Draft
from approvals.states import DraftState
from connectors.base import Platform
from school.models import Account
from tests.approvals import scenes
from tests.web.conftest import Browser
from tests.web.writing import count, fields, mailed_token, only_draft, upload, write

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


def test_what_the_form_offers_goes_into_it_without_scripts(
    teacher: Browser, head: Browser, x: Account, later: datetime
) -> None:
    """P13: a wording of the school's is put behind what is typed, and says what the post is for."""
    head.post("/drafts/templates/examples", "/drafts/templates")
    page = teacher.get("/drafts/new", follow_redirects=True).text
    [button] = re.findall(r'value="(template-[^"]+)"[^>]*>School is closed', page)
    typed = {"text": "Dear parents", "planned_date": "2027-12-25", "do": button}
    page = teacher.post("/drafts/new", "/drafts/new", **typed).text
    assert "Dear parents\n\n[School] is closed on" in page
    assert '<option value="parents" selected>' in page
    assert "is a bank holiday (Christmas Day)" in page
    page = teacher.post("/drafts/new", "/drafts/new", **{**typed, "do": "hashtag-#Larkfield"}).text
    assert "Dear parents #Larkfield</textarea>" in page
    assert count(Draft) == 0
    wrong = head.post("/drafts/templates", "/drafts/templates", objective="parents", title="", text="kept")
    assert (wrong.status_code, "The title is empty" in wrong.text, "kept" in wrong.text) == (400, True, True)


def test_author_and_approver_talk_beside_the_draft(
    app: Flask, teacher: Browser, head: Browser, x: Account, later: datetime
) -> None:
    path = write(teacher, x, at=later)
    assert head.post(f"{path}/remarks", path, remark="Which <gate>?").status_code == 302
    assert "Which &lt;gate&gt;?" in teacher.get(path).text
    assert head.post(f"{path}/remarks", path, remark=" ").status_code == 400
    link = f"/approve/{mailed_token()}"
    assert "Which &lt;gate&gt;?" in Browser(app.test_client()).get(link).text
    assert only_draft().state is DraftState.SUBMITTED
