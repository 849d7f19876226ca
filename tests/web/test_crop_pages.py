"""Cutting a picture without scripts: the shapes of the platforms, numbers, and what is blurred stays so."""

from __future__ import annotations

import re
from datetime import datetime
from io import BytesIO
from uuid import UUID

import pytest
from PIL import Image

from approvals import pictures
from approvals.models import MediaFile, RenditionUse
from approvals.states import DraftState
from school import db
from school.models import Account
from tests.approvals import scenes
from tests.web.conftest import Browser
from tests.web.writing import count, fields, only_draft, upload

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def shown(browser: Browser, path: str) -> str:
    """The id of the draft's picture as it is now."""
    [media] = set(re.findall(r"/pictures/([0-9a-f-]+)/crop", browser.get(path).text))
    return str(media)


def copy_of(media: str) -> Image.Image:
    with db.reading() as session:
        return Image.open(BytesIO(pictures.rendition(session, UUID(media), RenditionUse.FACEBOOK).data))


def test_p28_a_part_of_a_picture_is_a_new_version_in_which_what_was_blurred_stays_blurred(
    teacher: Browser, head: Browser, x: Account, later: datetime
) -> None:
    typed = fields(x, at=later, do="save")
    page = upload(
        teacher, "/drafts/new", scenes.picture_bytes(800, 600), "fair.jpg", **{**typed, "do": "pictures"}
    )
    [media] = re.findall(r'name="media" value="([^"]+)"', page.text)
    said = {f"alt_{media}": "Stalls", f"source_{media}": "Office", f"licence_{media}": "Owned by the school"}
    path = teacher.post(
        "/drafts/new", "/drafts/new", **{**typed, **said, "do": "submit"}, media=media
    ).headers["Location"]
    # A place across the line between yellow (above) and blue (below) is blurred first.
    faces = f"{path}/pictures/{media}/faces"
    box = {"row": "added1", "blur": "added1", "left_added1": "300", "top_added1": "250"}
    box |= {"width_added1": "100", "height_added1": "100", "do": "save", "based_on": "1"}
    becomes = re.findall(r'name="becomes" value="([^"]+)"', teacher.get(faces).text)[0]
    assert teacher.post(faces, faces, **box, becomes=becomes).status_code == 302
    crop = f"{path}/pictures/{shown(teacher, path)}/crop"
    page = teacher.get(crop).text
    hidden = dict(re.findall(r'name="(becomes|based_on)" value="([^"]+)"', page))
    numbers = {"left": "0", "top": "0", "width": "800", "height": "600"}
    page = teacher.post(crop, crop, **hidden, **numbers, do="4x5").text
    assert dict(re.findall(r'name="(left|top|width|height)"[^>]* value="(\d+)"', page)) == {
        "left": "160",
        "top": "0",
        "width": "480",
        "height": "600",
    }
    for wrong, field in (({"width": "900"}, "width"), ({"left": "-1"}, "width"), ({"top": "a"}, "top")):
        answer = teacher.post(crop, crop, **hidden, **{**numbers, **wrong}, do="save")
        assert answer.status_code == 400 and f'id="{field}-error"' in answer.text
    assert head.get(crop).status_code == 403
    part = {"left": "200", "top": "100", "width": "400", "height": "400", "do": "save"}
    for _twice in range(2):
        assert teacher.post(crop, crop, **hidden, **part).status_code == 302
    draft = only_draft()
    assert (draft.state, draft.revision_number) == (DraftState.DRAFT, 3)
    # The uploaded one, its blurred copy, the part and the part's blurred copy.
    assert count(MediaFile) == 4
    now = shown(teacher, path)
    image = copy_of(now)
    assert image.size == (400, 400)
    # The middle of the blurred place is neither of the two colours; beside it they are as they were.
    middle, above, below = (image.getpixel(at) for at in ((150, 190), (20, 150), (20, 250)))
    assert above[0] > 200 and below[2] > 120 and 60 < middle[0] < 220
    back = f"{path}/pictures/{now}/crop"
    hidden = dict(re.findall(r'name="(becomes|based_on)" value="([^"]+)"', teacher.get(back).text))
    assert teacher.post(back, back, **hidden, **numbers, do="save").status_code == 302
    assert copy_of(shown(teacher, path)).size == (800, 600)
