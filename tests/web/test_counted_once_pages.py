"""What pages of moderation say of numbers, times and tasks: counted once, named as it is (P17, P19, P23)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from connectors.base import Capability
from moderation.decisions import Outcome
from moderation.models import Follower as FollowerRow
from moderation.models import LogCase
from school.db import reading
from school.models import Person, Role
from tests.moderation import scenes
from tests.moderation.platform import ScriptedPlatform, author, comment
from tests.web.conftest import Browser
from tests.web.test_rules_pages import fields
from web import drawing
from web.drawing import COLOURS, SCALE
from web.report_paper import STEPS

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
SignIn = Callable[[Role], Browser]
POLISH = "Dziękuję bardzo za wspaniały koncert, dzieci były szczęśliwe"


def test_an_entry_on_which_two_decided_is_one(
    account_id: UUID,
    platform: ScriptedPlatform,
    clock: scenes.PresentClock,
    signed_in: SignIn,
    school_people: dict[Role, Person],
) -> None:
    first, second = scenes.flagged(account_id, platform, clock, comment(1, "idiot"), comment(2, "idiot 2"))
    slt = signed_in(Role.SLT)
    for entry_id, role in ((first, Role.SLT), (first, Role.DSL), (second, Role.DSL)):
        scenes.decide(entry_id, Outcome.HIDE, by=school_people[role], clock=clock)
        clock.on(seconds=1)
    done = slt.get("/moderation/done").text
    assert "Together: <b>2</b> entries decided (one of them by more than one person)." in done


def test_whoever_writes_in_another_language_is_accused_of_nothing(
    account_id: UUID, platform: ScriptedPlatform, clock: scenes.PresentClock, signed_in: SignIn
) -> None:
    """In the queue and on the entry, which offers one way alone to say that nothing is wrong."""
    polish = comment(1, POLISH, created_at=clock() - timedelta(days=3), author=author("Ola"))
    both = comment(2, POLISH + "!", author=author("Ola"), created_at=clock())
    made = scenes.flagged(account_id, platform, clock, polish, both, comment(3, "idiot"))
    with reading() as session:
        kinds = {session.get_one(LogCase, entry_id).kinds: entry_id for entry_id in made}
    one, insult = kinds[",language,"], kinds[",toxicity,"]
    slt = signed_in(Role.SLT)
    queue = slt.get("/moderation").text
    assert "2 to be read, none flagged as abuse · 2 comments in all" in queue
    assert "1 comment in all, 1 flagged" in queue
    # Each time says what it is the time of; what was read at once has one.
    bare = " ".join(re.sub(r"<[^>]+>", "", queue).split())
    assert re.search(r"written [^·]* · in the log since today", bare) and "in the log, entry " in bare
    assert bare.count("in the log since") == 1 and "written today" in bare
    page = slt.get(f"/moderation/{one}").text
    assert 'value="read"' in page and 'value="dismiss"' not in page
    assert "<dt>Flagged</dt><dd>none</dd>" in page and "<dd>2 (2 to be read)</dd>" in page
    page = slt.get(f"/moderation/{insult}").text
    assert 'value="dismiss"' in page and 'value="read"' not in page


def test_nothing_missed_is_not_said_of_too_few_decisions(
    account_id: UUID,
    platform: ScriptedPlatform,
    clock: scenes.PresentClock,
    signed_in: SignIn,
    school_people: dict[Role, Person],
) -> None:
    entry_id = scenes.flagged(account_id, platform, clock)[0]
    scenes.decide(entry_id, Outcome.DISMISS, by=school_people[Role.SLT], clock=clock)
    slt = signed_in(Role.SLT)
    page = "/moderation/rules"
    shown = slt.post(page, page, **fields(slt, do="look", **{"threshold-toxicity": "0.95"})).text
    assert "Too few decisions to tell" in shown
    assert "(0 comments that you called abuse; 10 are needed)" in shown
    assert "Nothing that you called abuse would be missed" not in shown and "A decision counts where" in shown


def test_p19_a_task_about_a_follower_is_nobodys_own_and_stands_with_the_others(
    account_id: UUID, platform: ScriptedPlatform, clock: scenes.PresentClock, signed_in: SignIn
) -> None:
    platform.capabilities -= {Capability.REMOVE_FOLLOWER}
    scenes.flagged(account_id, platform, clock)
    platform.people = [author("Ian")]
    scenes.poll(account_id, platform, clock)
    scenes.score(clock)
    with reading() as session:
        follower = session.scalars(sa.select(FollowerRow.id)).one()
    slt, page = signed_in(Role.SLT), f"/followers/{follower}"
    assert "Remove (a task by hand)" in slt.get(page).text
    assert slt.post(page, page, seen=1, outcome="remove", reason="Rude").status_code == 302
    assert "so nothing has changed there yet: do it on Facebook yourself" in slt.get(page).text
    clock.on(seconds=30)
    scenes.act(platform, clock)
    tasks = slt.get("/moderation/tasks").text
    assert page in tasks and "I have done it there" in tasks and "for you to do" not in tasks


def test_by_hand_the_form_says_that_words_or_a_picture_are_needed(signed_in: SignIn) -> None:
    form = signed_in(Role.SLT).get("/moderation/by-hand").text
    assert "(this, a picture, or both)" in form and "(this, the words, or both)" in form


def test_how_soon_it_was_decided_has_colours_of_its_own(database: str) -> None:
    """From pale to strong in light and dark, and none of those that stand for a kind of abuse."""
    style = (Path(drawing.__file__).parent / "static" / "charts.css").read_text()
    for place in range(len(STEPS)):
        assert style.count(f".colour-{SCALE + place} {{") == 2
    assert SCALE >= COLOURS
