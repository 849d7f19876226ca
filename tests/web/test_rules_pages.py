"""Thresholds and words on their page: looked at before they are saved, by version, never over another's."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from moderation import erasing, rescoring, thresholds
from moderation.decisions import Outcome
from school.db import reading, transaction
from school.models import Account, AuditEntry, OutboxEmail, Person, Role
from tests.moderation import scenes
from tests.moderation.platform import ScriptedPlatform, author, comment
from tests.web.conftest import Browser
from tests.web.test_nothing_typed_is_lost import FROM_HERE

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
SignIn = Callable[[Role], Browser]
PAGE = "/moderation/rules"


@pytest.fixture
def decided(
    make_account: Callable[..., Account], clock: scenes.PresentClock, school_people: dict[Role, Person]
) -> list[UUID]:
    """One abusive and one harmless comment that the deputy decided on, one that waits, two that are clear."""
    platform, now = ScriptedPlatform(), clock()
    entries = scenes.flagged(
        make_account("facebook", identity_id="school").id,
        platform,
        clock,
        *(
            comment(n, text, author=author(f"A{n}"), created_at=now)
            for n, text in enumerate(
                ("idiot hidden", "idiot harmless", "idiot waiting", "Mrs Cock is lovely", "sunny day")
            )
        ),
    )
    slt = school_people[Role.SLT]
    scenes.decide(entries[0], Outcome.HIDE, by=slt, clock=clock)
    scenes.decide(entries[1], Outcome.DISMISS, by=slt, clock=clock)
    return entries


def fields(browser: Browser, **changes: str) -> dict[str, str]:
    """The form as the page shows it, with changes."""
    text = browser.get(PAGE).text
    found = dict(re.findall(r'name="(threshold-\w+|based_on)"\s+value="([^"]+)"', text))
    return {**found, "words": "", "passes": "", "reason": "Too many false alarms", **changes}


def send(browser: Browser, do: str, values: dict[str, str]) -> TestResponse:
    return browser.post(PAGE, PAGE, do=do, **values)


def look(browser: Browser, values: dict[str, str]) -> tuple[str, dict[str, str]]:
    """What the page says of a change, and the form that may then be saved."""
    answer = send(browser, "look", values)
    assert answer.status_code == 200, answer.text
    digest = re.search(r'name="looked_at" value="(\w+)"', answer.text)
    assert digest
    return answer.text, {**values, "looked_at": digest[1]}


def numbers(text: str) -> dict[str, str]:
    """The counts of the preview by their heading."""
    return dict(re.findall(r"<h3[^>]*>([^<:]+): (\d+)</h3>", text))


def test_what_a_threshold_would_have_missed_is_seen_before_it_is_saved(
    decided: list[UUID], signed_in: SignIn, school_people: dict[Role, Person]
) -> None:
    slt = signed_in(Role.SLT)
    text, form = look(slt, fields(slt, **{"threshold-toxicity": "0.995"}))
    plain = " ".join(re.sub(r"<[^>]+>", " ", text).split())
    assert "Abuse that is flagged 1 of 1 0 of 1" in plain and "False alarms 1 of 1 0 of 1" in plain
    said = numbers(text)
    assert said["Abuse that would be missed"] == "1" and said["False alarms that would be spared"] == "1"
    assert said["Waiting in the queue, and would not have been flagged"] == "1"
    assert f"/moderation/{decided[0]}" in text
    # Nobody meets the words without asking for them.
    assert "idiot" not in re.sub(r"<details.*?</details>", "", text, flags=re.DOTALL)
    with reading() as session:
        assert thresholds.current(session).thresholds["toxicity"] != 0.995
    # The loss stands first, and is saved by nobody who has not said that they saw it.
    assert text.index("2 comments that were flagged") < text.index("Abuse that is flagged")
    unseen = send(slt, "save", form)
    assert unseen.status_code == 400 and "tick here that you have" in unseen.text
    assert send(slt, "save", {**form, "seen_lost": "1"}).status_code == 400
    assert send(slt, "save", {**form, "seen_lost": "2"}).status_code == 302
    with reading() as session:
        told = session.scalars(sa.select(OutboxEmail).where(OutboxEmail.purpose == "rules_changed")).all()
        heads = {school_people[role].email for role in (Role.HEADTEACHER, Role.DSL)}
        assert {one.to_address for one in told} == heads
        said = email.message_from_bytes(told[0].raw, policy=email.policy.default).get_body(("plain",))
        assert said is not None
        for words in ("Daniel Whitcombe saved version 2", "0.995 now", "Too many false alarms"):
            assert words in said.get_content(), words
    with reading() as session:
        saved = thresholds.current(session)
        assert (saved.thresholds["toxicity"], saved.version) == (0.995, 2)
        assert saved.reason == "Too many false alarms"
        action = session.scalars(
            sa.select(AuditEntry).where(AuditEntry.action == "flagging_rules_changed")
        ).one()
        assert action.object_id == "2"
    assert "Version 2" in slt.get(PAGE).text


def test_p23_nobody_makes_threats_come_without_a_mail_unseen(
    make_account: Callable[..., Account],
    clock: scenes.PresentClock,
    school_people: dict[Role, Person],
    signed_in: SignIn,
) -> None:
    now, slt = clock(), signed_in(Role.SLT)
    # The last speaks of a dog long dead: it is no threat, whatever it scores.
    texts = (
        "idiot menace decided",
        "idiot menace waiting",
        "I will kill you tomorrow",
        "Our menace of a dog has been dead two years",
    )
    entries = scenes.flagged(
        make_account("facebook", identity_id="school").id,
        ScriptedPlatform(),
        clock,
        *(comment(n, text, author=author(f"A{n}"), created_at=now) for n, text in enumerate(texts)),
    )
    scenes.decide(entries[0], Outcome.HIDE, by=school_people[Role.SLT], clock=clock)
    text, form = look(slt, fields(slt, **{"threshold-threat": "0.99"}))
    plain = " ".join(re.sub(r"<[^>]+>", " ", text).split())
    assert "2 urgent comments would come without a mail at once" in plain
    assert numbers(text)["Urgent, and would come without a mail at once"] == "2"
    assert "3 are urgent now, with a mail at once; with this 1 ." in plain
    unseen = send(slt, "save", form)
    assert unseen.status_code == 400 and "tick here that you have seen it" in unseen.text
    tick = re.search(r'name="seen_urgent" value="([^"]+)"', text)
    assert tick and send(slt, "save", {**form, "seen_urgent": "1/0.99", "seen_lost": "1"}).status_code == 400
    # The dog alone would not be flagged at all.
    assert send(slt, "save", {**form, "seen_urgent": tick[1], "seen_lost": "1"}).status_code == 302


def test_p23_threats_are_not_raised_over_what_ships_unasked_with_nothing_to_measure(
    decided: list[UUID], signed_in: SignIn
) -> None:
    slt = signed_in(Role.SLT)
    text, form = look(slt, fields(slt, **{"threshold-threat": "0.5"}))
    assert "score for “Threats” is under 0.5 would come without a mail at once" in text
    assert send(slt, "save", form).status_code == 400
    assert send(slt, "save", {**form, "seen_urgent": "0/0.5"}).status_code == 302
    # Lowered, or left as it is, nothing is asked.
    for change in ({"threshold-threat": "0.4"}, {"words": "eejit"}):
        text, form = look(slt, fields(slt, **change))
        assert "seen_urgent" not in text
        assert send(slt, "save", form).status_code == 302, change


def test_what_was_erased_is_neither_measured_nor_scored_again(
    decided: list[UUID], signed_in: SignIn, clock: scenes.PresentClock
) -> None:
    with transaction() as session:
        since = clock() - timedelta(days=30)
        before = rescoring.outdated(session, since=since)
        erasing.erase_entries(session, decided[:2], clock())
        assert rescoring.outdated(session, since=since) == before
    slt = signed_in(Role.SLT)
    text, _ = look(slt, fields(slt, **{"threshold-toxicity": "0.995"}))
    assert "whose text is still kept" in text and "Nobody has decided" not in text


def test_a_word_is_tried_on_recent_comments(decided: list[UUID], signed_in: SignIn) -> None:
    slt = signed_in(Role.SLT)
    text, form = look(slt, fields(slt, words="sunny\nSUNNY\n", passes="Cock"))
    assert numbers(text)["Flagged besides, which nobody has looked at"] == "1"
    assert numbers(text)["With a word whose letting pass changes"] == "1"
    assert send(slt, "save", form).status_code == 302
    with reading() as session:
        assert thresholds.current(session).words == ["sunny"]
        assert thresholds.current(session).passes == ["Cock"]


def test_nothing_is_saved_that_was_not_looked_at(decided: list[UUID], signed_in: SignIn) -> None:
    slt = signed_in(Role.SLT)
    _, form = look(slt, fields(slt, words="sunny"))
    other = send(slt, "save", {**form, "words": "sunny\nday"})
    assert other.status_code == 400 and "differs from what you looked at" in other.text
    assert "day</textarea>" in other.text and "Save as a new version" in other.text
    with reading() as session:
        assert thresholds.current(session).words == []


def test_of_two_who_save_at_once_the_second_is_told(decided: list[UUID], signed_in: SignIn) -> None:
    head, slt = signed_in(Role.HEADTEACHER), signed_in(Role.SLT)
    _, first = look(head, fields(head, words="sunny"))
    _, second = look(slt, fields(slt, passes="Cock"))
    assert send(head, "save", first).status_code == 302
    # Looking once more is no way round being told.
    _, second = look(slt, second)
    late = send(slt, "save", second)
    assert late.status_code == 409
    assert "saved version 2" in late.text and "Nothing of yours is saved" in late.text
    assert "Cock</textarea>" in late.text
    with reading() as session:
        assert (thresholds.current(session).version, thresholds.current(session).passes) == (2, [])
    again = dict(re.findall(r'name="(based_on|looked_at)" value="(\w+)"', late.text))
    assert send(slt, "save", {**second, "words": "sunny", **again}).status_code == 400
    _, seen = look(slt, {**second, "words": "sunny", **again})
    assert send(slt, "save", seen).status_code == 302


def test_an_earlier_version_is_brought_back(decided: list[UUID], signed_in: SignIn) -> None:
    slt = signed_in(Role.SLT)
    _, form = look(slt, fields(slt, words="sunny"))
    assert send(slt, "save", form).status_code == 302
    filled = slt.get(f"{PAGE}?version=1")
    assert "Version 1 is not in force yet." in filled.text
    assert "Version 1 is brought back." in filled.text and "What this would have done" in filled.text
    again = dict(re.findall(r'name="(based_on|looked_at)" value="(\w+)"', filled.text))
    back = {**fields(slt, reason="Version 1 is brought back."), **again}
    assert send(slt, "save", back).status_code == 302
    with reading() as session:
        assert (thresholds.current(session).version, thresholds.current(session).words) == (3, [])
    for bad, status in (("99", 404), ("one", 400), ("²", 400), ("9" * 30, 400)):
        assert slt.get(f"{PAGE}?version={bad}").status_code == status


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"threshold-insult": "lots"}, "“lots” is no number"),
        ({"threshold-insult": "nan"}, "above 0"),
        ({"threshold-insult": "0"}, "above 0"),
        ({"threshold-insult": "1,5"}, "“1,5” for “Insults” must be above 0"),
        ({"threshold-insult": ""}, "is no number"),
        ({"words": "a*"}, "needs 2 to 80"),
        ({"words": "x" * 81}, "needs 2 to 80"),
        ({"words": "a*b"}, "only stand at the end"),
        ({"words": "Numpty", "passes": "numpty"}, "in both lists"),
        ({"words": "\n".join(f"word {n}" for n in range(2001))}, "2,000 at most"),
    ],
)
def test_bad_rules_are_said_beside_the_field(
    decided: list[UUID], signed_in: SignIn, changes: dict[str, str], sentence: str
) -> None:
    slt = signed_in(Role.SLT)
    answer = send(slt, "look", fields(slt, **changes))
    assert answer.status_code == 400 and sentence in answer.text
    assert "aria-invalid" in answer.text


def test_a_share_may_be_per_cent_and_outlives_the_session(
    decided: list[UUID], signed_in: SignIn, school_people: dict[Role, Person]
) -> None:
    """Numbers alone took work, too: whoever was signed out meanwhile gets them back."""
    slt = signed_in(Role.SLT)
    typed = fields(slt, **{"threshold-insult": "40%", "reason": "Trial"})
    sent = {"csrf_token": slt.token(PAGE), **typed}
    slt.client.delete_cookie("schoolgate")
    answer = slt.client.post(PAGE, data={**sent, "do": "save"}, headers=FROM_HERE)
    assert answer.status_code == 401 and "You were signed out" in answer.text
    again = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', answer.text))
    assert slt.sign_in(school_people[Role.SLT].email).status_code == 302
    form = slt.client.post(PAGE, data={**again, "do": "restore"}, headers=FROM_HERE)
    assert form.status_code == 200 and 'value="40%"' in form.text
    assert slt.client.post(PAGE, data={**again, "do": "save"}).status_code == 400  # not looked at yet
    seen = look(slt, typed)[1]
    assert send(slt, "save", seen).status_code == 302
    with reading() as session:
        assert thresholds.current(session).thresholds["insult"] == 0.4


def test_saving_needs_a_change_and_a_reason(decided: list[UUID], signed_in: SignIn) -> None:
    slt = signed_in(Role.SLT)
    _, same = look(slt, fields(slt))
    assert "Nothing is changed" in send(slt, "save", same).text
    _, form = look(slt, fields(slt, words="sunny", reason=" "))
    answer = send(slt, "save", form)
    assert answer.status_code == 400 and "The reason is empty" in answer.text and "sunny" in answer.text


def test_moderators_see_the_rules_and_change_nothing(decided: list[UUID], signed_in: SignIn) -> None:
    moderator = signed_in(Role.MODERATOR)
    shown = moderator.get(f"{PAGE}?version=1")
    assert shown.status_code == 200 and "What this would have done" not in shown.text
    assert "Save as a new version" not in shown.text
    assert send(moderator, "look", fields(moderator)).status_code == 404
    assert send(moderator, "save", fields(moderator)).status_code == 404


def test_recent_comments_are_scored_again_from_the_page(decided: list[UUID], signed_in: SignIn) -> None:
    slt, moderator = signed_in(Role.SLT), signed_in(Role.MODERATOR)
    again = f"{PAGE}/again"
    for days in ("", "0", "many", "999", "9" * 20):
        answer = slt.post(again, PAGE, days=days)
        assert answer.status_code == 400 and "aria-invalid" in answer.text, days
    assert moderator.post(again, PAGE, days="30").status_code == 404
    before = moderator.get(f"{PAGE}/news").json
    assert slt.post(again, PAGE, days="30").status_code == 302
    assert moderator.get(f"{PAGE}/news").json != before
    shown = moderator.get(PAGE).text
    assert "0 of 5 comments, 0 new in the log" in " ".join(shown.split())
    assert "Score them again" not in slt.get(PAGE).text
    assert slt.post(again, PAGE, days="30").status_code == 409
    path = re.search(rf"{again}/[\w-]+/stop", slt.get(PAGE).text)
    assert path and moderator.post(path[0], PAGE).status_code == 404
    assert slt.post(path[0], PAGE).status_code == 302
    assert "Stopped" in slt.get(PAGE).text
    assert slt.post(path[0], PAGE).status_code == 409
    assert slt.post(again, PAGE, days="7").status_code == 302
