"""Pictures of every page of a full school, light and dark, on a desk and on a phone: `make screenshots`.

Not among the tests, since it takes minutes:

    python -m pytest -s -o python_files='gallery_*.py' tests/web/gallery_pages.py

Writes docs/pages/: WebP files of twelve pages each, by address, and README.md, which lists them.
They are there to be looked at, side by side, by whoever changed the look of something.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Browser, Page
from sqlalchemy.orm import Session

from connectors.practice.servers import PracticePlatforms
from school.models import Account, Person, Role
from tests.web.full_school import Address, addresses, furnish
from tests.web.walk_pages import NUMBER, Walk

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "pages"
DESK, PHONE = (1280, 1000), (360, 900)
SMALL_DESK, SMALL_PHONE = (448, 350), (140, 350)
LABEL, GAP = 18, 8
ROWS = 12
"""Pages in one picture."""
QUALITY = 40


def _once(app: Flask, emails: list[str], more: list[str]) -> Iterator[Address]:
    """One address of each kind of page, and everybody's Today."""
    seen: set[tuple[str, str]] = set()
    for one in addresses(app, emails, more, each=1):
        key = (one.endpoint, one.email if one.endpoint == "today.show" else "")
        if one.page and one.endpoint != "mailbox.html" and key not in seen:
            seen.add(key)
            yield one


def _shot(page: Page, scheme: str, size: tuple[int, int], small: tuple[int, int]) -> Image.Image:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    with Image.open(io.BytesIO(page.screenshot())) as whole:
        return whole.convert("RGB").resize(small, Image.Resampling.LANCZOS)


def _row(page: Page, label: str) -> Image.Image:
    """One page four times beside itself, under its address."""
    width = 2 * (SMALL_DESK[0] + SMALL_PHONE[0]) + 3 * GAP
    row = Image.new("RGB", (width, LABEL + SMALL_DESK[1] + GAP), "white")
    ImageDraw.Draw(row).text((2, 2), label, fill="black", font=ImageFont.load_default(13))
    left = 0
    for scheme, size, small in (
        ("light", DESK, SMALL_DESK), ("dark", DESK, SMALL_DESK),
        ("light", PHONE, SMALL_PHONE), ("dark", PHONE, SMALL_PHONE),
    ):  # fmt: skip
        row.paste(_shot(page, scheme, size, small), (left, LABEL))
        left += small[0] + GAP
    return row


def _write(rows: list[tuple[str, Image.Image]]) -> Iterator[str]:
    """Write the pictures; lines for the list of what stands in them."""
    for number, first in enumerate(range(0, len(rows), ROWS), start=1):
        some = rows[first : first + ROWS]
        sheet = Image.new("RGB", (some[0][1].width, sum(row.height for _label, row in some)), "white")
        top = 0
        for _label, row in some:
            sheet.paste(row, (0, top))
            top += row.height
        name = f"{number:02}.webp"
        sheet.save(FOLDER / name, "WEBP", quality=QUALITY, method=6)
        yield f"\n## {number}\n"
        yield from (f"- `{label}`" for label, _row_ in some)
        yield f"\n![{some[0][0]} and what follows]({name})"


def test_take_a_picture_of_every_page(
    app: Flask, session: Session, school_people: dict[Role, Person], make_account: Callable[..., Account],
    settings_home: Path, practice: PracticePlatforms, address: str, chromium: Browser,
) -> None:  # fmt: skip
    more = furnish(app, session, school_people, make_account, settings_home, practice)
    session.commit()
    walk = Walk(chromium, address)
    theirs: dict[str, list[Address]] = {}
    for one in _once(app, [person.email for person in school_people.values()], more):
        theirs.setdefault(one.email, []).append(one)
    rows: list[tuple[str, Image.Image]] = []
    for email, some in theirs.items():
        with walk.page(email) as page:
            for one in some:
                walk.go(page, one.path)
                path = re.sub(r"\b\d+\b", "…", NUMBER.sub("…", one.path.partition("?")[0]))
                label = f"{path} {email.partition('@')[0] or 'anybody'}"
                print(label, flush=True)
                rows.append((label, _row(page, label)))
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("*.webp"):
        old.unlink()
    lines = [
        "# Every page",
        "",
        "Each page once, light and dark, on a desk and on a phone, in a school made up for the tests; beside"
        " the address stands who looks at it. Taken anew by `make screenshots`.",
    ]
    lines += _write(sorted(rows, key=lambda row: row[0]))
    (FOLDER / "README.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert len(rows) > 80, "the school should have pages of every part"
