"""Data protection in the pages: who may, what is said, and that they fit (P34, P15)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from zipfile import ZipFile

import pytest
import sqlalchemy as sa
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import expect
from sqlalchemy.orm import Session

from moderation.models import WatchedPost
from school import db
from school.models import (
    Account,
    AuditEntry,
    DataExport,
    ErasureDecision,
    LegalHold,
    Person,
    RetentionPeriod,
    Role,
)
from school.setup import PRACTICE_PIN
from school.times import today
from tests.web.conftest import Browser
from tests.web.remembered import World, remember
from web.retained import KEPT, KEPT_NAMES
from worker import exporting

pytestmark = [
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
    pytest.mark.usefixtures("numbered_in_turn"),
]


@pytest.fixture
def world(session: Session, school_people: dict[Role, Person], make_account: Callable[..., Account]) -> World:
    x = make_account("x")
    made = remember(session, school_people, x, make_account("facebook", identity_id="school"))
    # Read again what the fixture made stale, and leave the database to the pages.
    for row in (*school_people.values(), made.staff, made.pupil, made.author, made.draft):
        session.refresh(row)
    session.commit()
    return made


def one(model: type[db.Base]) -> object:
    with db.reading() as session:
        [found] = session.scalars(sa.select(model))
        return found


def test_p34_the_dpo_leads_the_headteacher_sees_others_get_nothing(
    signed_in: Callable[[Role], Browser],
) -> None:
    pages = ("", "/retention", "/holds", "/people", "/search", "/files", "/record")
    for role in (Role.SLT, Role.DSL, Role.NETWORK_MANAGER, Role.CHAIR, Role.STAFF):
        browser = signed_in(role)
        assert {browser.get(f"/data-protection{page}").status_code for page in pages} == {404}, role
        assert "Data protection" not in browser.get("/").text
    head = signed_in(Role.HEADTEACHER)
    assert {head.get(f"/data-protection{page}").status_code for page in pages} == {200}
    assert "Keep them for so long" not in head.get("/data-protection/retention").text
    for path in ("/retention/comments", "/holds", "/search"):
        assert head.post(f"/data-protection{path}", "/me", days="90", reason="Mine").status_code == 404


def test_p34_a_period_is_changed_on_its_page(signed_in: Callable[[Role], Browser]) -> None:
    dpo, page = signed_in(Role.DPO), "/data-protection/retention"
    refused = dpo.post(f"{page}/mails", page, days="5", reason="Typed with care")
    assert refused.status_code == 400
    assert "out of range" in refused.text and "Typed with care" in refused.text
    assert dpo.post(f"{page}/mails", page, days="30", reason="Board, 3 June").status_code == 302
    row = one(RetentionPeriod)
    assert isinstance(row, RetentionPeriod) and (row.key, row.days) == ("mails", 30)
    assert "Board, 3 June" in signed_in(Role.HEADTEACHER).get(page).text
    assert dpo.post(f"{page}/nothing", page, days="30", reason="x").status_code == 404


def test_p34_holds_are_placed_by_number_or_address_and_seen_on_the_record(
    signed_in: Callable[[Role], Browser], world: World
) -> None:
    dpo, page = signed_in(Role.DPO), "/data-protection/holds"
    with db.reading() as session:
        post = session.scalar(sa.select(WatchedPost.url))
    for on, which in (
        ("entry", "1"),
        ("draft", f"http://127.0.0.1:8000/drafts/{world.draft.id}"),
        ("thread", str(post)),
    ):
        answer = dpo.post(page, page, on=on, which=which, reason="A claim")
        assert answer.status_code == 302, answer.text
    for on, which in (("entry", "99"), ("draft", "my draft"), ("form", ""), ("", "1"), ("thread", "")):
        answer = dpo.post(page, page, on=on, which=which, reason="A claim")
        assert answer.status_code == 400, (on, which)
    # Twice is refused, however the number is written: so each of these found it.
    for which in ("1", "entry 1", "Entry 1", "no. 1", "Log entry no 1", "#1"):
        assert dpo.post(page, page, on="entry", which=which, reason="Twice").status_code == 409, which
    assert (
        "On hold" in dpo.get(f"/drafts/{world.draft.id}").text
        or "on hold" in dpo.get(f"/drafts/{world.draft.id}").text
    )
    assert "on hold" in signed_in(Role.SLT).get(f"/moderation/{world.entry}").text
    with db.reading() as session:
        hold = session.scalars(sa.select(LegalHold)).first()
    assert hold is not None
    lift = f"{page}/{hold.id}/lift"
    assert dpo.post(lift, page, lifted_reason="").status_code == 400
    assert dpo.post(lift, page, lifted_reason="Settled").status_code == 302
    assert "Settled" in dpo.get(page).text


def test_p34_a_request_from_the_search_to_the_file_and_the_erasure(
    signed_in: Callable[[Role], Browser], world: World
) -> None:
    dpo = signed_in(Role.DPO)
    found = dpo.get("/data-protection/people?q=zebedee").text
    address = f"/data-protection/people/author/{world.author.id}"
    assert address in found
    # A parent is known by the consent they gave: what is held on them stands in the child's record.
    parent = dpo.get("/data-protection/people?q=A PARENT").text
    assert f"/data-protection/people/pupil/{world.pupil.id}" in parent and "gave a consent for" in parent
    nobody = dpo.get("/data-protection/people?q=Nobody at all").text
    assert "Nobody found" in nobody and "whoever gave a consent, and people on the platforms" in nobody
    assert "more than once" not in nobody and "more than once" in found
    assert "Comments that were not flagged" in dpo.get(address).text
    assert dpo.post(f"{address}/file", address).status_code == 302
    assert exporting.make_one()
    export = one(DataExport)
    assert isinstance(export, DataExport)
    files = "/data-protection/files"
    assert "Fetch the file" in dpo.get(files).text
    assert "One person’s data: Zebedee" in dpo.get(files).text
    assert "Fetch the file" not in signed_in(Role.HEADTEACHER).get(files).text
    answer = dpo.post(f"{files}/{export.id}", files)
    assert answer.headers["Cache-Control"] == "no-store"
    # Two people's files of one day have two names: the number of the page, and a handle that is public.
    number = export.id.hex[-6:].upper()
    assert f"File {number}" in dpo.get(files).text
    assert answer.headers["Content-Disposition"].endswith(f"-{number}.zip")
    assert "Zebedee" not in answer.headers["Content-Disposition"]
    with ZipFile(BytesIO(answer.data)) as archive:
        assert b"Zebedee" in archive.read("data.json")
    empty = dpo.post(f"{address}/erase", address, key="comments", do="erase", reason="")
    assert empty.status_code == 400
    assert dpo.post(f"{address}/erase", address, key="comments", do="", reason="So").status_code == 400
    form = {"key": "comments", "do": "erase", "reason": "They asked"}
    asked = dpo.post(f"{address}/erase", address, **form)
    assert "what stands on Facebook stays there" in asked.text
    stays = f'<a href="/data-protection/files">File {number}</a> of their data stays until '
    assert f'{stays}<time datetime="{today(export.asked_at + timedelta(days=14))}"' in asked.text
    [box] = re.findall(r'name="chosen" value="([^"]+)"', asked.text)
    label = re.search(rf'<label[^>]*for="chosen-{box}">([^<]*)', asked.text)
    assert asked.status_code == 200 and label, "nothing goes in one press"
    assert "Facebook, Zebedee Crook, " in label[1] and "likes Thistledown" in label[1]
    form |= {"looked": "yes", "chosen": box}
    wrong = dpo.post(f"{address}/erase", address, **form, pin="0000")
    assert wrong.status_code == 400 and "The PIN is wrong" in wrong.text
    with db.reading() as session:
        assert not session.scalars(sa.select(ErasureDecision)).all()
    assert dpo.post(f"{address}/erase", address, **form, pin=PRACTICE_PIN).status_code == 302
    decided = one(ErasureDecision)
    assert isinstance(decided, ErasureDecision) and decided.erased == 1
    assert "They asked" in dpo.get(address).text
    form = {"key": "log", "do": "erase", "reason": "They asked"}
    shown = dpo.post(f"{address}/erase", address, **form).text
    box = re.search(rf'<input[^>]*value="{world.entry}"[^>]*>', shown)
    assert box and "checked" not in box[0], "a fresh entry goes only where somebody ticks it"
    assert "Entry 1: abuse" in shown and "less than six months ago" in shown
    assert "You idiot" not in shown, "the DPO reads no entry of the log"
    form |= {"looked": "yes", "pin": PRACTICE_PIN}
    none = dpo.post(f"{address}/erase", address, **form)
    assert none.status_code == 400 and "Tick at least one" in none.text
    foreign = dpo.post(f"{address}/erase", address, **form, chosen=str(world.referred))
    assert foreign.status_code == 400, "a referred entry is of another kind"
    assert dpo.post(f"{address}/erase", address, **form, chosen=str(world.entry)).status_code == 302
    with db.reading() as session:
        trail = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "erased_on_request"))
        assert [one.detail.get("of_kinds") for one in trail] == [None, ["toxicity"]]
    slt = signed_in(Role.SLT)
    for path in (f"/moderation/{world.entry}", "/log", "/moderation"):
        shown = slt.get(path)
        assert shown.status_code == 200 and "Zebedee of Bramblewick" not in shown.text, path
    assert "no longer kept" in slt.get(f"/moderation/{world.entry}").text
    shown = slt.get(f"/moderation/{world.entry}").text
    assert "Erased on" in shown and "</b>, on request." in shown
    own = shown[shown.index('id="evidence"') : shown.index("</section>", shown.index('id="evidence"'))]
    for words in ("Show the text", "Which words carried", "Evidence pack"):
        assert words not in own, words
    assert slt.post(f"/moderation/{world.entry}/evidence", "/me").status_code == 409
    twice = dpo.post(f"{address}/erase", address, key="comments", do="erase", reason="They asked")
    assert twice.status_code == 404


def test_p34_where_all_is_on_hold_nothing_asks_to_be_erased(
    signed_in: Callable[[Role], Browser], world: World
) -> None:
    dpo = signed_in(Role.DPO)
    holds, address = "/data-protection/holds", f"/data-protection/people/author/{world.author.id}"
    assert dpo.post(holds, holds, on="entry", which="1", reason="A claim").status_code == 302
    form = {"key": "log", "do": "erase", "reason": "They asked"}
    for more in ({}, {"looked": "yes", "pin": PRACTICE_PIN, "chosen": str(world.entry)}):
        shown = dpo.post(f"{address}/erase", address, **form, **more).text
        assert "nothing is left to erase" in shown and "is on hold and stays" in shown
        assert f'href="{holds}"' in shown
        for dead_end in ('type="checkbox"', 'name="pin"', "Sign and erase"):
            assert dead_end not in shown.partition("<main")[2], dead_end
    with db.reading() as session:
        assert not session.scalars(sa.select(ErasureDecision)).all()


def test_p34_the_record_of_processing_follows_periods_and_settings(
    signed_in: Callable[[Role], Browser], make_account: Callable[..., Account]
) -> None:
    make_account("instagram")
    dpo = signed_in(Role.DPO)
    dpo.post("/data-protection/retention/mails", "/data-protection/retention", days="21", reason="Board")
    page = dpo.get("/data-protection/record").text
    assert "21 days from when it was written" in page and "Instagram (Meta)" in page
    assert "Larkfield" in page and "none: a person decides on every flag" in page


def test_p15_the_search_is_for_dpo_and_headteacher(
    signed_in: Callable[[Role], Browser], world: World
) -> None:
    dpo, page = signed_in(Role.DPO), "/data-protection/search"
    assert "1 post" in dpo.get(f"{page}?words=thistledown").text
    assert dpo.get(f"{page}?from=soon").status_code == 400
    assert dpo.post(page, page, words="thistledown").status_code == 302
    assert exporting.make_one()
    assert "Freedom of information" in dpo.get("/data-protection/files").text


@pytest.mark.parametrize("width", [320, 1280])
def test_p34_the_pages_fit_and_are_accessible(
    width: int, address: str, chromium: Chromium, world: World
) -> None:
    context = chromium.new_context(viewport={"width": width, "height": 800})
    page = context.new_page()
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.goto(f"{address}/sign-in")
    page.get_by_role("button", name="Tomasz Zielinski").click()
    page.wait_for_url(f"{address}/")
    page.goto(f"{address}/data-protection/people/author/{world.author.id}")
    page.get_by_label("Reason", exact=True).fill("A claim against the school")
    page.get_by_role("button", name="Put everything of theirs on hold").click()
    expect(page.get_by_text("On hold", exact=True)).to_be_visible()
    for path in (
        "", "/retention", "/holds", "/people?q=e", f"/people/author/{world.author.id}", "/search?words=fair",
        "/files", "/record",
    ):  # fmt: skip
        page.goto(f"{address}/data-protection{path}")
        page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true })")
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            problems.append(f"{path} is {wide} wide")
        found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa"]})
        for violation in found.response["violations"]:
            where = [node["target"] for node in violation["nodes"][:3]]
            problems.append(f"{path}: {violation['id']} at {where}")
    context.close()
    assert not problems, "\n".join(problems)


def test_p34_what_nothing_is_erased_from_has_a_plain_name(database: str) -> None:
    assert KEPT_NAMES.keys() == KEPT.keys()
