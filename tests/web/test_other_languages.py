"""What a comment in another language looks like to those who decide, write and approve (P14, P17)."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest

from moderation.models import LogCase
from moderation.words import URGENT
from school.db import reading
from school.models import Account, Person, Role
from tests.moderation import scenes
from tests.moderation.platform import ScriptedPlatform, author, comment
from tests.web.conftest import Browser
from web import draft_findings

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
POLISH = "Dziękujemy za wspaniałą wycieczkę, dzieci wróciły zachwycone"


@pytest.fixture
def entries(make_account: Callable[..., Account], school_people: dict[Role, Person]) -> list[UUID]:
    """An insult, a thank-you in Polish and one in Urdu."""
    texts = ("You idiot", POLISH, "تمام اساتذہ کا بہت بہت شکریہ")
    clock, platform = scenes.PresentClock(), ScriptedPlatform()
    shown = (comment(n, text, created_at=clock()) for n, text in enumerate(texts))
    account = make_account("facebook", identity_id="school")
    return scenes.flagged(account.id, platform, clock, *shown)


def test_they_are_read_together_and_held_against_nobody(
    entries: list[UUID], signed_in: Callable[[Role], Browser]
) -> None:
    slt = signed_in(Role.SLT)
    today = slt.get("/").text
    assert "comments in other languages that somebody has to read" in today
    queue = slt.get("/moderation").text
    assert "2 only in another language" in queue and "3 comments in all, 1 flagged" in queue
    assert "flagged 3 times" not in queue and "2 comments are in languages that" in queue
    alone = slt.get("/moderation?kind=language").text
    assert POLISH in alone and "You idiot" not in alone and "Ask a colleague who knows" in alone
    assert "probably Polish" in alone and "Hide and block" not in alone
    page = slt.get("/moderation/together?kind=language").text
    assert "Somebody who knows the language has read them" in page
    assert slt.get("/moderation/together").status_code == 404
    assert slt.get("/moderation/together?kind=toxicity").status_code == 404
    chosen = [f"{entry}:1" for entry in entries]
    form = {"kind": "language", "outcomes": "read", "reason": "Read by Mrs Nowak", "entries": chosen}
    answer = slt.post("/moderation/together", "/moderation/together?kind=language", **form)
    assert answer.status_code == 302
    told = slt.get("/moderation").text
    assert "Recorded for 2 entries: read, nothing wrong." in told
    with reading() as session:
        states = [str(session.get_one(LogCase, entry).state) for entry in entries]
    assert states == ["open", "decided", "decided"]
    report = slt.get("/reports")
    assert report.status_code == 200 and "in another language" in report.text.lower()
    # The school's totals stand there, as in the PDF, before each account's own.
    totals = report.text[report.text.index('id="abuse"') :].split("</section>")[0]
    for name, count in (("Comments read", 3), ("Flagged", 3), ("Not decided yet", 1)):
        assert f"<dt>{name}</dt><dd>{count}</dd>" in totals
    assert f"<dt>Of those, urgent ({URGENT})</dt><dd>0</dd>" in totals


def test_p19_a_bio_in_another_language_does_not_read_like_abuse(
    account_id: UUID, signed_in: Callable[[Role], Browser]
) -> None:
    clock, platform = scenes.PresentClock(), ScriptedPlatform()
    scenes.poll(account_id, platform, clock)
    platform.people = [author("Danuta", bio="Mama dwójki dzieci, kocham góry i długie spacery z psem")]
    scenes.poll(account_id, platform, clock)
    scenes.score(clock)
    shown = signed_in(Role.SLT).get("/followers").text
    assert ">in another language</span>" in shown and "New\n" in shown
    assert "<dt>Name and bio</dt><dd>not read by the classifier: please read them</dd>" in shown
    assert "Mama dwójki dzieci" in shown and "Show the bio" not in shown


def test_a_threat_in_another_language_is_not_ticked_among_the_thanks(
    make_account: Callable[..., Account], signed_in: Callable[[Role], Browser]
) -> None:
    clock, platform = scenes.PresentClock(), ScriptedPlatform()
    texts = (f"{POLISH}. I will stab you.", POLISH)
    account = make_account("facebook", identity_id="school")
    made = scenes.flagged(
        account.id, platform, clock, *(comment(n, t, created_at=clock()) for n, t in enumerate(texts))
    )
    page = signed_in(Role.SLT).get("/moderation/together?kind=language").text
    with reading() as session:
        kinds = {entry: session.get_one(LogCase, entry).kinds for entry in made}
    assert sorted(kinds.values()) == [",language,", ",threat,language,"]
    for entry, its in kinds.items():
        assert f'value="{entry}:1"' in page
        assert (f'value="{entry}:1" checked' in page) == (its == ",language,")


def test_p14_a_draft_in_another_language_says_that_the_check_cannot_read_it(
    school_people: dict[Role, Person],
) -> None:
    """P14: for its author and for its approver; nothing is called rude for it, and nothing clear."""
    found = draft_findings.findings(["Dziękujemy!"], "")
    assert [one.kind for one in found] == ["language"]
    assert "“Dziękujemy!” seems to be in Polish, which the check" in found[0].sentence
    both = draft_findings.findings([f"Sports day was lovely. {POLISH}", "You fat idiots"], "")
    assert [one.kind for one in both if one.kind == "language"] and "score" in {one.kind for one in both}
    assert [one.kind for one in draft_findings.findings(["Sports day was lovely."], "")] == ["none"]
