"""Takes the README's pictures from a practice school at work: `make screenshots`.

Run as a module; writes PNG files into docs/.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import Page, sync_playwright

from connectors.base import Platform
from tests.conftest import CHROMIUM, QUIET
from tests.stories.test_draft_story import approval_link, write
from tests.worker.conftest import Product, running

DOCS = Path(__file__).resolve().parent.parent / "docs"
TEXT = "Our garden club planted 40 sunflowers today – come and see them at pick-up time!"


def _sign_in(page: Page, product: Product, mailbox: str) -> None:
    page.context.clear_cookies()
    page.goto(f"{product.url}/sign-in")
    page.get_by_label("School e-mail address").fill(f"{mailbox}@larkfield.test")
    page.get_by_label("Password", exact=True).fill("practice makes perfect")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(lambda url: "/sign-in" not in url)


def _sunflowers(path: Path) -> Path:
    image = Image.new("RGB", (1200, 900), (140, 200, 240))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 640, 1200, 900), fill=(90, 150, 70))
    for number in range(7):
        x, y = 110 + 165 * number, 360 + 60 * (number % 2)
        draw.line((x, y, x, 720), fill=(40, 110, 40), width=14)
        draw.ellipse((x - 75, y - 75, x + 75, y + 75), fill=(245, 195, 40))
        draw.ellipse((x - 36, y - 36, x + 36, y + 36), fill=(95, 60, 25))
    image.save(path, "JPEG", quality=90)
    return path


def _shoot(page: Page, name: str) -> None:
    path = DOCS / f"{name}.png"
    page.screenshot(path=path)
    # Pages have few colours: with a palette the repository grows by a third of what it would.
    with Image.open(path) as whole:
        small = whole.convert("RGB").quantize(96, dither=Image.Dither.NONE)
    small.save(path, optimize=True)


def main() -> int:
    """Take every picture; the exit status."""
    if CHROMIUM is None:
        print("No chromium here: apt-get install chromium", file=sys.stderr)
        return 1
    DOCS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        home = Path(folder) / "home"
        with running(home, SCHOOLGATE_PRACTICE_PACE="0.7") as product:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
            page = browser.new_page(viewport={"width": 1100, "height": 800}, locale="en-GB")
            _sign_in(page, product, "teacher")
            write(page, product, TEXT, _sunflowers(Path(folder) / "garden.jpg"), minutes=30)
            page.goto(f"{product.url}/practice/{Platform.FACEBOOK.value}")
            _shoot(page, "practice")
            link = approval_link(page, product, TEXT)
            page.context.clear_cookies()
            page.goto(link)
            _shoot(page, "approval")
            time.sleep(30)
            _sign_in(page, product, "deputy")
            for path, name in (("/", "today"), ("/moderation", "moderation"), ("/followers", "followers")):
                page.goto(product.url + path)
                _shoot(page, name)
            page.goto(f"{product.url}/moderation")
            page.get_by_role("button", name="More …").first.click()
            _shoot(page, "entry")
            browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
