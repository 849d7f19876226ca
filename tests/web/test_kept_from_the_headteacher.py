"""P3: of what concerns them the headteacher learns nothing, whatever page, file or mail they open."""

from __future__ import annotations

import difflib
import html
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.routing import Rule

from moderation import assigning
from moderation.decisions import Outcome
from moderation.models import ActState, Author, LogEntry, PlatformAct, ReferTo
from school import people
from school.db import new_id, now, reading, transaction
from school.models import (
    Account,
    FormEntry,
    HoldOn,
    IssuedDocument,
    MailState,
    OutboxEmail,
    Person,
    PushNotice,
    PushState,
    PushSubscription,
    Role,
)
from school.settings import settings
from tests.moderation import scenes
from tests.moderation.platform import ScriptedPlatform, author, comment
from tests.moderation.scenes import PresentClock
from tests.web.conftest import Browser
from web import disclosure

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

MARKS = (
    "Xylophone",  # in the comment's text
    "Yggdrasil",  # in every reason and note
    "Zanzibar",  # the reference, and the form
    "Quetzalcoatl",  # in the letter
    "Wolfsbane",  # in what was entered by hand
)
SEEN = "Periwinkle"
"""In what the headteacher may see: proves that the walk finds such words."""


@pytest.fixture
def head(signed_in: Callable[[Role], Browser], school_people: dict[Role, Person]) -> Browser:
    """The headteacher, whatever other roles they hold: this one opens everything about data protection."""
    with transaction() as session:
        holder = session.get_one(Person, school_people[Role.HEADTEACHER].id)
        people.grant_role(session, holder, Role.DPO, by=holder, reason="Stands in", now=now())
    return signed_in(Role.HEADTEACHER)


@pytest.fixture
def secrets(
    head: Browser,
    make_account: Callable[..., Account],
    school_people: dict[Role, Person],
    signed_in: Callable[[Role], Browser],
) -> dict[str, str]:
    """Everything that can follow from a comment about the headteacher; what must not be seen, by name."""
    clock, slt = PresentClock(), school_people[Role.SLT]
    account_id = make_account("facebook", identity_id="school").id
    writer = author("Troll Tim")
    open_one, secret = scenes.flagged(
        account_id,
        ScriptedPlatform(),
        clock,
        comment(1, f"idiot {SEEN}", author=writer),
        comment(2, "The head is an idiot, Xylophone", author=writer),
    )
    browser = signed_in(Role.SLT)
    evidence = f"/moderation/{secret}/evidence"
    # Before it is referred, so the trail tells of it.
    assert browser.post(evidence, f"/moderation/{secret}").status_code == 200
    scenes.decide(secret, Outcome.HIDE, by=slt, clock=clock, reason="Yggdrasil hides")
    scenes.decide(
        secret, Outcome.REFER, by=slt, clock=clock, refer_to=ReferTo.CHAIR, about_headteacher=True,
        reason="Yggdrasil refers", reference="Zanzibar 1",
    )  # fmt: skip
    scenes.decide(secret, Outcome.NOTE, by=slt, clock=clock, reason="Yggdrasil notes")
    assert browser.post(evidence, f"/moderation/{secret}").status_code == 200
    chair = signed_in(Role.CHAIR)
    page = f"/moderation/{secret}/letter"
    sent = chair.post(
        page, f"{page}?template=warning", do="issue", template="warning", letter=str(secret), reader="Mrs K",
        body="Dear {reader}, Quetzalcoatl",
    )  # fmt: skip
    assert sent.status_code == 302
    by_hand = browser.post(
        "/moderation/by-hand", "/moderation/by-hand", platform="Wolfsbane Forum", text="Wolfsbane says",
        urgent="yes", about_headteacher="yes",
    )  # fmt: skip
    assert by_hand.status_code == 302
    values = {
        "day": "2026-06-03",
        "person": "Zanzibar",
        "url": "https://x.test/Zanzibar",
        "nature": "Zanzibar",
    }
    filed = browser.post(
        "/forms/inappropriate-content", "/forms/inappropriate-content", about_headteacher="yes", **values
    )
    assert filed.status_code == 302
    with transaction() as session:
        # One act has failed for good, and every mail went out; those to the chair are refused afterwards.
        session.execute(sa.update(PlatformAct).values(state=ActState.FAILED, answer="Yggdrasil answer"))
        settings().mailbox_folder.mkdir(parents=True, exist_ok=True)
        mails = session.scalars(sa.select(OutboxEmail).options(sa.orm.undefer(OutboxEmail.raw))).all()
        assert sum(row.confidential for row in mails) >= 4
        for number, row in enumerate(mails):
            name = f"20260603T0940{number:02d}.000000Z-{number:08x}.eml"
            (settings().mailbox_folder / name).write_bytes(row.raw)
            row.state, row.problem = MailState.FAILED, "refused Zanzibar"
            row.purpose = f"Zanzibar {row.purpose}" if row.confidential else row.purpose
        hand = session.scalars(sa.select(LogEntry).where(LogEntry.platform == "Wolfsbane Forum")).one()
        found = {"entry": str(secret), "by hand": str(hand.id), "form": str(_form(session))}
        hashes = session.scalars(sa.select(IssuedDocument.sha256)).all()
        ids = [str(one) for one in session.scalars(sa.select(Author.id))]
        acts = [str(one) for one in session.scalars(sa.select(PlatformAct.id))]
    assert len(hashes) == 3
    return {
        **found,
        **{f"hash {at}": one for at, one in enumerate(hashes)},
        **{f"act {at}": one for at, one in enumerate(acts)},
        "/open": str(open_one),
        "/author": ids[0],
        "/account": str(account_id),
    }


def _form(session: sa.orm.Session) -> UUID:
    return session.scalars(sa.select(FormEntry.id)).one()


def addresses(app: Flask, ids: list[str]) -> Iterator[str]:
    """Every address that a GET opens, with every id there is, and every search that a page offers."""
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.endpoint in {"static", "bootstrap.static"}:
            continue
        yield from _filled(rule, ids)
    for query in (
        "text=Xylophone", "text=idiot", "author=Troll", "state=decided", "outcome=refer", "outcome=hide",
        "origin=manual", "platform=facebook", "kind=threat", "kind=safeguarding",
    ):  # fmt: skip
        yield f"/log?{query}"
    for query in (
        "referred=yes",
        "by=post",
        "kind=toxicity",
        "platform=facebook",
        *(f"author={i}" for i in ids),
    ):
        yield f"/moderation?{query}"
    yield from (f"/data-protection/people/{kind}/{one}" for kind in HoldOn for one in ids)
    for query in ("people?q=Troll", "people?q=Xylophone", "people?q=Wolfsbane", "search?words=Xylophone"):
        yield f"/data-protection/{query}"
    yield from (f"/moderation/together?author={one}" for one in ids)
    yield from (f"/followers?state={state}" for state in ("waiting", "approved", "earlier"))
    yield from (f"/audit?before={seq}" for seq in (20, 60, 100))
    for path in settings().mailbox_folder.glob("*.eml"):
        yield f"/practice/mailbox/{path.name}"
        yield f"/practice/mailbox/{path.name}/html"


def _filled(rule: Rule, ids: list[str]) -> Iterator[str]:
    path = re.sub(r"<any\((\w+)[^)]*\):\w+>", r"\1", rule.rule)
    holes = re.findall(r"<[^>]+>", path)
    if not holes:
        yield path
    elif len(holes) < 3:
        for one in ids:
            filled = path.replace(holes[0], one, 1)
            yield from (filled.replace(holes[1], other) for other in ids) if len(holes) == 2 else (filled,)


def test_p3_no_page_file_or_mail_tells_the_headteacher_of_what_concerns_them(
    app: Flask, head: Browser, signed_in: Callable[[Role], Browser], secrets: dict[str, str]
) -> None:
    hidden = {name: value for name, value in secrets.items() if not name.startswith("/")}
    ids = [value for name, value in secrets.items() if "hash" not in name]
    marks = [*MARKS, *(value for value in hidden.values())]
    told, seen, walked = [], False, 0

    def look(where: str, text: str) -> None:
        nonlocal seen, walked
        walked += 1
        plain = html.unescape(text)
        seen = seen or SEEN in plain
        # An address that was asked for is repeated in the page's own links to sign in or to go back.
        asked = where.partition(" ")[2]
        told.extend(
            f"{where}: {mark}" for mark in marks if mark in plain.replace(asked, "") and mark not in asked
        )

    for path in addresses(app, ids):
        answer = head.get(path)
        assert answer.status_code < 500 or path == "/health/ready", path
        look(f"GET {path}", answer.get_data().decode("utf-8", "replace"))
    for kind in ("csv", "jsonl"):
        look(f"export {kind}", head.post("/log/export", "/log", format=kind).text)
    for path in (f"/moderation/{secrets['entry']}/evidence", f"/moderation/{secrets['entry']}/letter"):
        assert head.post(path, "/me", do="preview", template="warning").status_code == 404
    assert not told
    assert seen and walked > 100
    # The same walk finds it all for those who may know.
    slt = signed_in(Role.SLT)
    assert all(mark in slt.get(f"/moderation/{secrets['entry']}").text for mark in MARKS[:2])
    assert "Wolfsbane" in slt.get("/log").text and "Xylophone" in signed_in(Role.CHAIR).get("/log").text


def test_p3_no_number_gives_it_away(
    head: Browser, signed_in: Callable[[Role], Browser], secrets: dict[str, str]
) -> None:
    measured = head.get("/metrics").text
    assert 'schoolgate_log_cases{state="decided"} 0.0' in measured
    assert 'schoolgate_log_cases{state="open"} 1.0' in measured
    assert "schoolgate_urgent_cases_open 0.0" in measured
    assert 'schoolgate_platform_acts{state="failed"} 0.0' in measured
    assert 'schoolgate_comments{state="flagged"} 1.0' in measured
    page = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", head.get("/reports").text))
    assert "Flagged 1" in page and "Seen elsewhere" not in page and "referred" not in page
    entry = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", head.get(f"/moderation/{secrets['/open']}").text))
    assert "Flagged 1 (1 open)" in entry
    start = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", head.get("/").text))
    assert "1 flagged comment to decide on" in start and "task to do by hand" not in start
    troubles = head.get("/troubles").text
    assert "Gillian" not in troubles or "referral" not in troubles
    other = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", signed_in(Role.CHAIR).get("/reports").text))
    assert "Flagged" in other


def test_p3_the_trail_tells_the_others_of_every_decision(
    head: Browser,
    signed_in: Callable[[Role], Browser],
    secrets: dict[str, str],
    school_people: dict[Role, Person],
) -> None:
    """Deciding, referring and giving it to a colleague are in the trail for all but the headteacher."""
    slt, dsl, secret = school_people[Role.SLT], school_people[Role.DSL], UUID(secrets["entry"])
    scenes.decide(secret, Outcome.REOPEN, by=slt, clock=PresentClock())
    with transaction() as session:
        slt = session.get_one(Person, slt.id)
        assigning.assign(session, secret, to_id=dsl.id, by=slt, url="https://x.test", now=now())
        about = {}
        for asker in (school_people[Role.HEADTEACHER].id, school_people[Role.CHAIR].id):
            theirs = disclosure.subject_of(session, "person", slt.id)
            # All that was referred is let in; to the headteacher even that brings nothing.
            back = disclosure.referred(session, theirs, asked_by_id=asker)
            choices = disclosure.Choices(let_in=frozenset(one.entry_id for one in back))
            about[asker] = disclosure.of_subject(session, theirs, choices=choices, asked_by_id=asker)
    done = [
        Counter(row["what"] for one in file if one.title == "In the trail" for row in one.rows)
        for file in about.values()
    ]
    words = ("decided on", "gave", "made an evidence pack of", "issued a letter about")
    shown = [
        re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", signed_in(role).get("/audit").text))
        for role in (Role.HEADTEACHER, Role.CHAIR)
    ]
    # A mail about it is sent again: there is a line, which the headteacher doesn't read.
    page = "/troubles"
    with reading() as session:
        mail_id = session.scalars(sa.select(OutboxEmail.id).where(OutboxEmail.confidential)).first()
    assert signed_in(Role.SLT).post(f"{page}/mail/{mail_id}/again", page).status_code == 302
    again = "had an e-mail in confidence sent again"
    assert again in signed_in(Role.CHAIR).get("/audit").text
    assert "in confidence" not in head.get("/audit").text
    number = f" log entry {_number(secret)}"
    assert [shown[1].count(one + number) for one in words] == [4, 1, 2, 1], shown[1]
    assert [shown[0].count(one + number) for one in words] == [0, 0, 0, 0]
    # To give it away is refused as for an entry that there isn't, whatever is sent.
    for sent in ({}, {"to": str(dsl.id)}):
        assert head.post(f"/moderation/{secret}/assign", "/moderation", **sent).status_code == 404
    # A file of what is held on a colleague tells the headteacher no more than the trail does.
    assert (done[0]["comment_decided"], done[1]["comment_decided"]) == (0, 5)
    assert "evidence_made" not in done[0] and done[1]["evidence_made"] == 2


def _number(entry_id: UUID) -> int:
    with reading() as session:
        return session.get_one(LogEntry, entry_id).number


def test_p3_a_pack_of_theirs_is_not_known_to_the_headteacher(
    head: Browser, signed_in: Callable[[Role], Browser], secrets: dict[str, str]
) -> None:
    page = f"/moderation/{secrets['entry']}"
    made = signed_in(Role.SLT).post(f"{page}/evidence", page).data
    with reading() as session:
        newest = session.scalars(
            sa.select(IssuedDocument).order_by(IssuedDocument.made_at.desc()).limit(1)
        ).one()
        assert newest.trail_seq is not None and newest.log_seq is not None
        assert now() - newest.made_at < timedelta(minutes=5)
    for browser, known in ((head, False), (signed_in(Role.CHAIR), True)):
        form = {"csrf_token": browser.token("/documents/check"), "file": (io.BytesIO(made), "pack.pdf")}
        said = browser.client.post("/documents/check", data=form).text
        assert ("This file was made here." in said) is known


CHANGING = re.compile(
    r'csrf_token" value="[^"]+"|secret_\w+" value="[^"]+"|<time [^>]*>[^<]*</time>|begins=[0-9a-f-]{36}'
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(?:\+|%2B|&#43;)00:00"
    r'|data-token="[^"]+"|[0-9]+ (?:second|minute)s?|^\S*(?:_seconds|process|python)\S* .*$'
    r"|\s*<li>\s*<b>[^<]*</b> went through the log.*?</li>|as soon as possible",
    re.MULTILINE | re.DOTALL,
)
"""What is another one each time that a page is loaded, the lines of their own looking among it."""


def test_p3_nothing_that_they_can_open_changes_when_something_about_them_is_put_into_the_log(
    app: Flask, head: Browser, signed_in: Callable[[Role], Browser], make_account: Callable[..., Account]
) -> None:
    """Neither a number, a total, a link to more nor the next entry's number: every page is as it was."""
    clock, account_id = PresentClock(), make_account("facebook", identity_id="school").id
    platform = ScriptedPlatform()
    entries = scenes.flagged(account_id, platform, clock, *(comment(n, f"idiot {n}") for n in range(1, 4)))
    slt = signed_in(Role.SLT)
    ids = [str(entries[0])]

    def all_pages() -> dict[str, str]:
        return {
            path: CHANGING.sub("", head.get(path).get_data().decode("utf-8", "replace"))
            for path in addresses(app, ids)
            if path not in {"/me/sign-in/app", "/moderation/news"}
        }

    before = all_pages()
    sent = slt.post(
        "/moderation/by-hand", "/moderation/by-hand", platform="Wolfsbane Forum", text="Wolfsbane says",
        urgent="yes", about_headteacher="yes",
    )  # fmt: skip
    assert sent.status_code == 302
    after = all_pages()
    differ = {path: _different(before[path], after[path]) for path in before if before[path] != after[path]}
    assert not differ, differ
    assert len(before) > 100
    assert "Wolfsbane" in slt.get("/log").text


def test_p3_no_count_of_somebodys_mails_tells_the_headteacher_of_one_in_confidence(
    head: Browser, signed_in: Callable[[Role], Browser], school_people: dict[Role, Person]
) -> None:
    """What is held on the chair, and what is erased soon: a mail about the headteacher isn't among it."""
    teacher, chair = signed_in(Role.STAFF), signed_in(Role.CHAIR)
    of = "/data-protection/people/person"
    paths = [
        "/data-protection",
        "/data-protection/retention",
        *(f"{of}/{one.id}" for one in school_people.values()),
    ]

    def all_pages(reader: Browser) -> list[str]:
        # Mails are kept for three months: those of today are among what is erased soon, too.
        with transaction() as session:
            session.execute(
                sa.update(OutboxEmail).values(state=MailState.SENT, created_at=now() - timedelta(days=70))
            )
        return [CHANGING.sub("", reader.get(path).text) for path in paths]

    page = "/forms/inappropriate-content"
    values = {"day": "2026-06-03", "person": "", "url": "", "nature": "Xylophone"}
    phone = PushSubscription(
        person_id=school_people[Role.CHAIR].id, endpoint_hash="1", sealed="1", browser="Firefox", problem="",
        made_at=now(), id=new_id(),
    )  # fmt: skip
    with transaction() as session:
        session.add(phone)
    before = all_pages(head)
    entry = teacher.post(page, page, about_headteacher="yes", **values).headers["Location"]
    assert chair.post(entry, entry, to="done", words="Done").status_code == 302
    with transaction() as session:
        # Their phone told them, too, of something that was referred to them.
        session.add(
            PushNotice(
                subscription_id=phone.id, kind="referrals", count=1, state=PushState.SENT,
                created_at=now() - timedelta(days=1), next_try_at=now(),
            )
        )  # fmt: skip
    assert all_pages(head) == before
    assert any("E-mails to them" in one for one in all_pages(signed_in(Role.DPO))), "it is there for the DPO"


def _different(one: str, other: str) -> list[str]:
    return list(difflib.unified_diff(one.splitlines(), other.splitlines(), n=0, lineterm=""))
