"""A draft is written, approved by a link in an e-mail, and published; nothing else is (P12)."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from pathlib import Path

import requests
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from connectors.base import Platform
from school.db import now
from school.times import LONDON
from tests.stories.conftest import SignIn, reload_until, visitor
from tests.worker.conftest import Product


def picture(path: Path) -> Path:
    """A photograph with the place it was taken at, as a phone makes it."""
    image = Image.new("RGB", (1200, 1000), (30, 120, 60))
    exif = Image.Exif()
    exif[0x0110] = "Teacher's phone"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (51.0, 30.0, 0.0)
    data = io.BytesIO()
    image.save(data, "JPEG", exif=exif)
    assert Image.open(data).getexif().get_ifd(0x8825)
    path.write_bytes(data.getvalue())
    return path


def write(
    page: Page, product: Product, text: str, photo: Path, *, minutes: int = 2, accounts: int = 3
) -> None:
    """Fill in the form for a new draft and hand it in."""
    page.goto(f"{product.url}/drafts/new")
    page.get_by_label("Add pictures").set_input_files(photo)
    page.get_by_role("button", name="Add the chosen pictures").click()
    page.get_by_label(re.compile("^Description of")).fill("The school garden in the sun")
    page.get_by_label(re.compile("^Owner of")).fill("Hannah Birtwistle")
    page.get_by_label(re.compile("^Licence of")).fill("Taken by school staff")
    for box in page.locator("input[name=account]").all()[:accounts]:
        box.check()
    page.locator("textarea[name=text]").fill(text)
    page.get_by_label("No pupil is shown or named").check()
    planned = now().astimezone(LONDON) + timedelta(minutes=minutes)
    page.locator("input[name=planned_date]").fill(f"{planned:%Y-%m-%d}")
    page.locator("input[name=planned_time]").fill(f"{planned:%H:%M}")
    page.locator("select[name=objective]").select_option(index=1)
    page.locator("input[name=device]").fill("Office tablet 2")
    for box in page.locator("input[name=checklist]").all():
        box.check()
    page.get_by_role("button", name="Save and hand in for approval").click()
    expect(page.locator("h1")).to_contain_text(text[:20])
    expect(page.locator("main")).to_contain_text("Asked to decide: Margaret Oyelaran")


def approval_link(reader: Page, product: Product, text: str) -> str:
    """The link in the newest approval mail about that text, as the mailbox shows it."""
    reader.goto(f"{product.url}/practice/mailbox")
    mail = reader.locator("main li", has_text="head@larkfield.test").first

    def arrived() -> bool:
        if not mail.count():
            return False
        mail.get_by_role("link").first.click()
        if text in reader.locator(".mail-text").inner_text():
            return True
        reader.goto(f"{product.url}/practice/mailbox")
        return False

    reload_until(reader, arrived, 20)
    found = re.search(r"https?://\S+/approve/[\w-]+", reader.locator(".mail-text").inner_text())
    assert found
    frame = reader.frame_locator("iframe.mail-frame")
    expect(frame.locator("body")).to_contain_text(text)
    images = frame.locator("img")
    assert images.count() >= 1
    assert images.first.evaluate("image => image.naturalWidth") > 0, "the picture in the mail does not show"
    return found[0]


def decide(page: Page, link: str, choice: str, *, reason: str = "", pin: str = "2580") -> None:
    page.goto(link)
    page.get_by_label(choice).check()
    page.get_by_label("Reason").fill(reason)
    page.get_by_label("Your PIN").fill(pin)
    # The page before says much the same: what is looked at next must be the answer.
    with page.expect_navigation():
        page.get_by_role("button", name="Send the decision").click()


def test_from_the_form_to_the_public_on_three_platforms(
    product: Product, sign_in: SignIn, chromium: Browser, tmp_path: Path
) -> None:
    text = "Our garden club planted 40 sunflowers today 🌻 – come and see!"
    teacher = sign_in("teacher")
    write(teacher, product, text, picture(tmp_path / "garden.jpg"))
    link = approval_link(teacher, product, text)

    for _ in range(100):  # a mail scanner that follows every link
        assert requests.get(link, timeout=20).status_code == 200
    teacher.goto(product.url + "/drafts")
    expect(teacher.locator("main")).to_contain_text(re.compile("waiting|submitted|handed in", re.IGNORECASE))

    with visitor(chromium, width=320, scripts=False) as phone:
        phone.goto(link)
        expect(phone.locator("main")).to_contain_text(text)
        assert phone.evaluate("document.documentElement.scrollWidth") <= 320
        decide(phone, link, "Approve: publish it as planned", pin="9999")
        expect(phone.locator("main")).to_contain_text(re.compile("PIN"))
        decide(phone, link, "Approve: publish it as planned")
        expect(phone.locator("main")).to_contain_text(re.compile("approved", re.IGNORECASE))
        again = phone.goto(link)
        assert again is not None
        assert again.status in {409, 410}

    teacher.goto(product.url + "/drafts")
    teacher.get_by_role("link", name=re.compile("garden club")).first.click()
    published = teacher.get_by_text(re.compile("^Published "))
    reload_until(teacher, lambda: published.count() == 3, 150)
    assert len(teacher.locator("article a[href^='/practice/']").all()) == 3

    world = product.world()
    for platform in Platform:
        (post,) = [shown for shown in world.public_posts(platform) if text in shown.post.text]
        assert len(post.post.pictures) == 1
        assert post.post.pictures[0].alt_text == "The school garden in the sun"
        teacher.goto(f"{product.url}/practice/{platform.value}")
        seen = teacher.locator("article.post", has_text="sunflowers").locator("img").first
        assert seen.evaluate("image => image.naturalWidth") > 0
    world.close()


def test_an_edit_voids_the_approval_and_the_link(
    product: Product, sign_in: SignIn, chromium: Browser, tmp_path: Path
) -> None:
    text = "Sports day is on Friday at ten"
    teacher = sign_in("teacher")
    write(teacher, product, text, picture(tmp_path / "field.jpg"), minutes=60)
    first = approval_link(teacher, product, text)
    with visitor(chromium) as head:
        decide(head, first, "Approve: publish it as planned")
        expect(head.locator("main")).to_contain_text(re.compile("approved", re.IGNORECASE))

    teacher.goto(product.url + "/drafts")
    teacher.get_by_role("link", name=re.compile("Sports day")).first.click()
    address = teacher.url
    teacher.get_by_role("link", name="Change it").click()
    teacher.locator("textarea[name=text]").fill(text + " sharp")
    # Signed for the wording that was handed in; what is changed is signed anew.
    for box in teacher.locator("input[name=checklist]").all():
        expect(box).not_to_be_checked()
        box.check()
    teacher.get_by_role("button", name="Save", exact=True).click()
    teacher.goto(address)
    expect(teacher.locator("main")).to_contain_text("no longer counts")
    expect(teacher.locator("main")).to_contain_text("stopped")
    teacher.get_by_role("button", name="Hand it in for approval").click()

    with visitor(chromium) as head:
        stale = head.goto(first)
        assert stale is not None
        assert stale.status == 410
        second = approval_link(teacher, product, text + " sharp")
        assert second != first
        decide(head, second, "Reject it", reason="The date is wrong")
    teacher.goto(address)
    expect(teacher.locator("main")).to_contain_text("The date is wrong")
    world = product.world()
    assert not [
        shown for platform in Platform for shown in world.public_posts(platform) if text in shown.post.text
    ]
    world.close()


def test_p1_somebody_without_authorisation_cannot_write(product: Product, sign_in: SignIn) -> None:
    newcomer = sign_in("newteacher")
    answer = newcomer.goto(f"{product.url}/drafts/new")
    assert answer is not None
    assert answer.status == 403
    expect(newcomer.locator("main")).to_contain_text("Ask the headteacher to authorise you")
