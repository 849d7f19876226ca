"""One person's data: the file for them, erasure on request, freedom of information (P34, P15)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from zipfile import ZipFile

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

import approvals.held
import moderation.held
import school.held
from approvals import foi
from approvals.models import Draft, DraftRemark, Publication
from moderation import chain, decisions, habits, manual
from moderation.decisions import Decision, Outcome
from moderation.models import (
    Assignment,
    Author,
    CameWith,
    CameWithState,
    Comment,
    Letter,
    LogCase,
    LogEntry,
    ReferTo,
    WatchedPost,
)
from school import (
    audit,
    consent,
    consent_import,
    consent_lists,
    db,
    exports,
    holds,
    notices,
    people,
    recovery,
    requests,
    retention,
    sign_ins,
    sign_up,
)
from school.errors import BadInput, MoveNotAllowed, NotFound, NotPermitted
from school.held import Section, was_headteacher
from school.models import (
    Account,
    AuditEntry,
    DataExport,
    ErasureDecision,
    ExportState,
    HoldOn,
    Person,
    Role,
    RoleGrant,
)
from school.redaction import SOMEBODY, Redactor
from school.retention import Subject
from tests.moderation.scenes import Clock, decide
from tests.web.conftest import Browser
from tests.web.remembered import World, far, places, remember
from web import disclosure, readable
from web.readable import SENTENCES
from web.retained import BY_KEY, RULES, seen_by
from worker import exporting

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
People = dict[Role, Person]
NOTHING = disclosure.Choices()


@pytest.fixture
def world(session: Session, school_people: People, make_account: Callable[..., Account]) -> World:
    x = make_account("x")
    return remember(session, school_people, x, make_account("facebook", identity_id="school"))


def made(
    session: Session,
    subject: Subject,
    by: Person,
    choices: disclosure.Choices | None = None,
    reason: str = "",
) -> tuple[dict[str, list[dict[str, object]]], str]:
    """The file of a person as a worker makes it: its sections, and its page."""
    asked = disclosure.ask(
        session, subject, choices or disclosure.Choices(), reason=reason, by=by, now=db.now()
    )
    session.commit()
    assert exporting.make_one() and not exporting.make_one()
    content = exports.fetch(session, asked.id, by=by, now=db.now())
    session.commit()
    with ZipFile(BytesIO(content)) as archive:
        assert sorted(archive.namelist()) == ["data.html", "data.json"]
        page = archive.read("data.html").decode()
        assert not re.search(
            r"\d{4}-\d\d-\d\d(?![^<>]*>)|\b[a-z]+_[a-z]+\b(?![^<]*</dd>)", page.split("</style>")[1]
        )
        data = json.loads(archive.read("data.json"))
        assert "This paragraph stands in every such file" in page and data["note"] in page
        return data["sections"], page


def test_p34_a_commenters_file_has_what_is_theirs_and_nobody_elses(
    session: Session, school_people: People, world: World
) -> None:
    subject = disclosure.subject_of(session, "author", world.author.id)
    session.add(
        CameWith(
            entry_id=world.entry, place=1, state=CameWithState.KEPT, requested_at=db.now(),
            requested_by_id=school_people[Role.DSL].id, next_try_at=db.now(), answer="", sha256="0" * 64,
            finished_at=db.now(),
        )
    )  # fmt: skip
    numbered = sa.update(Comment).where(Comment.author_id == world.author.id)
    session.execute(numbered.values(text=Comment.text + " or ring 01632 960145"))
    session.get_one(Author, world.author.id).opened_at = datetime(2019, 7, 3, 11, tzinfo=UTC)
    sections, page = made(session, subject, school_people[Role.DPO])
    assert page.count("A copy of a picture was kept on") == 1
    [profile] = sections["Their profile as last seen"]
    assert profile["account since"] == "2019-07-03 12:00:00+01:00" and "Account since" in page
    assert "hurtful" not in page, "one score has one word, whether it is a reason or a number"
    everything = json.dumps(sections)
    assert everything.count("or ring") == 3 and "960145" not in everything + page
    assert {"Their profile as last seen", "Comments they wrote", "Entries of the log", "Blocks"} <= set(
        sections
    )
    assert len(sections["Comments they wrote"]) == 3 and len(sections["Entries of the log"]) == 2
    assert "Zebedee's own words" in everything and "You idiot" in everything and "Larkspur" in everything
    for other in ("Marigold", "Whitcombe", school_people[Role.SLT].name, school_people[Role.DPO].email):
        assert other not in everything and other not in page, other
    assert "passed on" not in everything + page and "frightens" not in everything + page


def test_p3_p34_a_file_gives_no_referral_away_until_somebody_says_that_it_may(
    session: Session, school_people: People, world: World, signed_in: Callable[[Role], Browser]
) -> None:
    """What was referred, noted and written about it; the trail keeps why it went in all the same."""
    officer, lead = school_people[Role.DPO], school_people[Role.DSL]
    for one in (officer, lead):
        session.refresh(one)
    session.commit()
    browser = signed_in(Role.DPO)
    why = "Rang Harewell social care about Mr Harding and Marigold Finch"
    decide(world.referred, Outcome.NOTE, by=lead, clock=Clock(), reason=why)
    session.add(
        Letter(
            entry_id=world.entry, template="Worry about a child: referral", addressed_to="Social care",
            address="", body="We fear for a child at Harewell Road", file=b"", sha256="0" * 64,
            issued_at=db.now(), issued_by_id=lead.id,
        )
    )  # fmt: skip
    session.add(
        Assignment(entry_id=world.referred, to_id=lead.id, by_id=officer.id, given_at=db.now(), ended_at=None)
    )
    session.commit()
    secrets = ("passed on", "Harewell", "frightens", "refer", "Bramblewick 12", "We fear")
    subject = disclosure.subject_of(session, "author", world.author.id)
    sections, page = made(session, subject, officer)
    said = json.dumps(sections) + page.split("</style>")[1]
    assert not [word for word in secrets if word in said]
    # What they saw is there: that they were warned, asked to a meeting and blocked; and what they wrote.
    kept = json.dumps(sections["Entries of the log"])
    assert all(word in kept for word in ("idiot again", '"block"', '"meeting"', "Larkspur asks"))
    assert sections["Blocks"][0]["reason"] == "" and "They were blocked on" in page
    # The page says what is held back and asks why it should go in; a colleague is named as they are.
    address = f"/data-protection/people/author/{subject.id}/file"
    session.commit()
    form = browser.get(address)
    assert "2 entries of the log were passed on" in form.text and "schedule 3, part 5" in form.text
    assert "“Mr Harding” stays" in form.text
    chosen = {"let_in": str(world.referred), "keep": "Mr Harding", "black": "Harewell\nZ"}
    refused = browser.post(address, address, **chosen)
    assert refused.status_code == 400 and "Write one name a line" in refused.text
    refused = browser.post(address, address, **(chosen | {"black": "Harewell"}))
    assert refused.status_code == 400 and "Harewell</textarea>" in refused.text
    browser.post(address, address, **chosen | {"black": "Harewell", "let_in_reason": "The lead says so"})
    assert exporting.make_one()
    asked = session.scalars(sa.select(DataExport).order_by(DataExport.asked_at.desc())).first()
    assert asked is not None
    with ZipFile(BytesIO(exports.fetch(session, asked.id, by=officer, now=db.now()))) as archive:
        said = archive.read("data.json").decode()
    session.commit()
    assert f"Rang {SOMEBODY} social care about Mr Harding and {SOMEBODY}" in said and "We fear" not in said
    [line] = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "referral_let_into_file"))
    assert (line.object_id, line.detail) == (str(world.referred), {"reason": "The lead says so"})
    # Of what is somebody else's words about them, nothing goes in.
    pupil = disclosure.subject_of(session, "pupil", world.pupil.id)
    assert [one.entry_id for one in disclosure.referred(session, pupil, asked_by_id=officer.id)] == [
        world.referred
    ]
    assert "Entries of the log that say their name" not in made(session, pupil, officer)[0]
    staff = disclosure.subject_of(session, "person", lead.id)
    sections, page = made(session, staff, officer)
    assert "Harewell" not in str(sections) + page
    assert "Entries of the log that were given to them" not in sections
    with pytest.raises(BadInput):
        wrong = disclosure.Choices(let_in=frozenset({world.draft.id}))
        disclosure.ask(session, subject, wrong, reason="Because", by=officer, now=db.now())


def test_p34_a_colleagues_file_has_what_they_never_saved(
    session: Session, school_people: People, world: World
) -> None:
    subject = disclosure.subject_of(session, "person", world.staff.id)
    sign_ins.begin(
        session, world.staff, how="passkey", second_factor=True, waits=False, browser="Firefox on Windows",
        now=db.now(),
    )  # fmt: skip
    draft_id = session.scalars(sa.select(Draft.id)).one()
    remark = DraftRemark(
        draft_id=draft_id, revision_number=1, author_id=world.staff.id, text="Brighter?", at=db.now()
    )
    session.add(remark)
    # Of a takedown: what they asked, and what a colleague asked and answered of their post.
    for by, kind, why in (
        (world.staff, "asked", "A gull asked"), (school_people[Role.SLT], "asked", "A tern asked"),
        (school_people[Role.HEADTEACHER], "stays", "A wren stays"), (world.staff, "stays", "An owl stays"),
    ):  # fmt: skip
        session.add(
            DraftRemark(
                draft_id=draft_id, revision_number=1, author_id=by.id, text=why, at=db.now(), takedown=kind
            )
        )
    notices.choose(session, world.staff, notices.Wishes({notices.Kind.DRAFTS: notices.How.NONE}, 7 * 60))
    habits.choose(session, world.staff, single_keys=False, pause_after=40)
    sign_up.set_password(session, world.staff, "eight quiet winter gates", by=world.staff, now=db.now())
    session.flush()
    token = recovery.by_server(session, world.staff, reason="has lost the phone", now=db.now())
    recovery.use(session, token, password="seven rainy harvest moons", pin="7391", now=db.now())
    note = Decision(frozenset({Outcome.NOTE}), f"{world.staff.name} has seen it")
    case = session.get_one(LogCase, world.entry)
    decisions.decide(
        session, world.entry, note, seen=case.version, by=school_people[Role.SLT], url="", now=db.now()
    )
    for reason in ("A stoat was looked into", "A badger is looked into"):
        hold = holds.place(
            session, HoldOn.PERSON, world.staff.id, reason=reason, by=school_people[Role.DPO], now=db.now()
        )
        if "was" in reason:
            holds.lift(session, hold.id, reason="It is over", by=school_people[Role.DPO], now=db.now())
    sections, page = made(session, subject, school_people[Role.DPO])
    # Why something about them is kept is said once that is over: before, it could warn them.
    assert "A stoat was looked into This ended on" in page and "A badger" not in page
    assert f"{world.staff.name} has seen it" in json.dumps(sections["Entries of the log that say their name"])
    assert "by passkey (Firefox on Windows), and" in page and "That sign-in ended on" in page
    assert "has lost the phone The link for it was used on" in page
    assert "they said about a post: “Brighter?”" in page and "they said about a post: “A gull" not in page
    assert "they asked for a post to be taken down: “A gull asked”" in page
    assert "somebody asked for a post of theirs to be taken down: “A tern asked”" in page
    assert "it was answered that a post of theirs stays: “A wren stays”" in page
    assert "they answered that a post stays: “An owl stays”" in page
    assert "How they chose to be told of “What became of your posts”: not by e-mail." in page
    assert "daily digest comes at 07:00." in page and "A break is offered after 40 abusive texts" in page
    # The trail's lines are sentences, without the names that a program gives to what was done.
    assert "recorded that this person was trained" in page and "They did it themselves" not in page
    unsaved = sections["What they were writing and did not save"]
    assert "Quillfeather thought of a Thistledown Fair" in json.dumps(unsaved)
    assert sections["Who they are here"][0]["e-mail address"] == "quillfeather@larkfield.test"
    assert {
        "Training",
        "Terms of use",
        "Drafts and posts they wrote",
        "Forms they filed",
        "In the trail",
    } <= set(sections)
    assert "Marigold" not in json.dumps(sections)


def test_p34_every_section_of_a_file_has_its_sentence(
    session: Session, school_people: People, world: World
) -> None:
    titles = {
        "Forms that name them", "Posts, approvals and decisions", "Posts that were not made in Schoolgate",
    }  # fmt: skip
    for kind, one in (("person", world.staff), ("pupil", world.pupil), ("author", world.author)):
        subject = disclosure.subject_of(session, kind, one.id)
        for found in (
            school.held.sections(session, subject, past_head=False),
            approvals.held.sections(session, subject),
            moderation.held.sections(session, subject, past_head=False),
        ):
            titles |= {section.title for section in found}
    assert titles == set(SENTENCES)
    odd = Section("What they said about drafts", [{"at": db.now(), "remark": "2027-02-30"}])
    assert "“2027-02-30”" in readable.page("A file", "A school", [odd], made=db.now()), "no such day"
    # A score of 2 in 100 says that the computer saw no abuse; a parent reads it.
    about = {"written": db.now(), "text": "Well done!"}
    low = {"flagged": False, "toxicity": 0.02, "identity_attack": 0.012, "threat": 0.001}
    rows = [{**about, "scores": low}, {**about, "scores": {"flagged": True, "toxicity": 0.93}}]
    page = readable.page("A file", "A school", [Section("Comments they wrote", rows)], made=db.now())
    assert "<dd>abuse 2, an attack on who somebody is 1; not flagged</dd>" in page
    assert "<dd>abuse 93</dd>" in page and "likely" not in page and "score out of 100" in page


def test_p34_a_pupils_file_has_register_consents_and_posts(
    session: Session, school_people: People, world: World
) -> None:
    subject = disclosure.subject_of(session, "pupil", world.pupil.id)
    other = consent.add_pupil(
        session, name="Rosalind Petty", class_name="Kites", by=school_people[Role.DPO], now=db.now()
    )
    world.pupil.reference = "F100"
    rows = "Name,Class,UPN,Photos,Given by\n"
    rows += f"{other.name},Kites,P200,yes,Pa Petty\n{world.pupil.name},Kites,F100,yes,Ma Finch\n"
    # Other children of the same name, new to the school, the second without a number so far.
    rows += f"{world.pupil.name},Wrens,N300,yes,Nan Lovage\n{world.pupil.name},Owls,,yes,Nan Lovage\n"
    for name in ("september.csv", "thrown.csv"):
        kept = consent_import.keep(
            session, consent_lists.read(rows.encode(), name), filename=name, whole_school=False,
            by=school_people[Role.DPO], now=db.now(),
        )  # fmt: skip
    consent_import.discard(session, kept.id, by=school_people[Role.DPO], now=db.now())
    sections, page = made(session, subject, school_people[Role.DPO])
    assert [one["line"] for one in sections["Lists of the office that wait"]] == [3]
    assert "“september.csv”" in page and "Ma Finch" in page and "Petty" not in page
    assert "Lovage" not in page
    everything = json.dumps(sections)
    assert {"In the consent register", "Consents", "Posts that show or name them"} <= set(sections)
    assert "Marigold Finch" in everything and "Thistledown Fair" in everything
    assert other.name not in everything


def test_p3_what_concerns_the_headteacher_is_in_no_file_for_a_headteacher(
    session: Session, school_people: People, world: World, signed_in: Callable[[Role], Browser]
) -> None:
    head = school_people[Role.HEADTEACHER]
    entry = manual.record(
        session,
        manual.ManualEntry(platform="a parents' group", text=f"Thornapple says of {head.name}: idiot"),
        by=school_people[Role.SLT],
        url="https://social.test",
        now=db.now(),
    )
    session.commit()
    decide(
        entry.id,
        Outcome.REFER,
        by=school_people[Role.SLT],
        clock=Clock(),
        reason="Thornapple wants the chair",
        refer_to=ReferTo.CHAIR,
        about_headteacher=True,
    )
    session.expire_all()
    for subject in (Subject(HoldOn.PERSON, head.id, head.name),):
        sections, page = made(session, subject, school_people[Role.DPO])
        assert "Thornapple" not in json.dumps(sections) and "Thornapple" not in page
    other = disclosure.of_subject(
        session,
        Subject(HoldOn.PERSON, school_people[Role.STAFF].id, head.name),
        choices=disclosure.Choices(let_in=frozenset({entry.id})),
        asked_by_id=school_people[Role.DPO].id,
    )
    assert "Thornapple" in str(other), "the rule, not the words, kept it out"
    rule = BY_KEY["referrals"]
    counts = {
        role: retention.standing(
            session, rule, seen=seen_by(session.get_one(Person, school_people[role].id)), now=far()
        ).now
        for role in (Role.HEADTEACHER, Role.DPO)
    }
    assert counts == {Role.HEADTEACHER: 1, Role.DPO: 2}, "not even a number tells the headteacher"
    holds.place(
        session, HoldOn.ENTRY, entry.id, reason="Thornapple", by=school_people[Role.DPO], now=db.now()
    )
    session.commit()
    page = signed_in(Role.HEADTEACHER).get("/data-protection/holds").text
    assert "Thornapple" not in page and f"Entry {entry.number}" not in page
    assert f"Entry {entry.number}" in signed_in(Role.DPO).get("/data-protection/holds").text
    # Nor does the file of whoever wrote it, once a headteacher asks for that.
    session.execute(
        sa.update(LogCase).where(LogCase.entry_id == world.referred).values(about_headteacher=True)
    )
    session.expire_all()
    author = disclosure.subject_of(session, "author", world.author.id)
    said = str(disclosure.of_subject(session, author, asked_by_id=head.id))
    assert "likes Thistledown" in said and "idiot again" not in said and "frightens" not in said


def test_p3_a_headteacher_who_is_dpo_too_erases_nothing_that_concerns_them(
    session: Session, school_people: People, world: World, signed_in: Callable[[Role], Browser]
) -> None:
    head, officer = school_people[Role.HEADTEACHER], school_people[Role.DPO]
    subject = disclosure.subject_of(session, "author", world.author.id)
    # Read before the browsers come: this session locks SQLite from its first look on.
    for one in (head, officer):
        session.refresh(one)
    session.commit()
    people.grant_role(session, head, Role.DPO, by=head, reason="Nobody else is left", now=db.now())
    session.commit()
    readers = [signed_in(role) for role in (Role.HEADTEACHER, Role.DPO)]
    session.execute(
        sa.update(LogCase).where(LogCase.entry_id == world.referred).values(about_headteacher=True)
    )
    session.flush()

    def erased(by: Person) -> int:
        seen = seen_by(by)
        return requests.decide(
            session, BY_KEY["referrals"], subject, grant=True, seen=seen, reason="Asked", by=by, now=db.now()
        ).erased

    with pytest.raises(NotFound):
        erased(head)
    assert erased(officer) == 1
    session.commit()
    page = f"/data-protection/people/author/{subject.id}"
    said = re.compile(r"<b>Erased</b>: [^<(]*(\(\d+\))?<br>")
    [told], [known] = (said.findall(reader.get(page).text) for reader in readers)
    assert (told, known) == ("", "(1)"), "not even a number tells the headteacher"
    told, known = (reader.get("/audit").text for reader in readers)
    kind = f"<dt>Kind</dt><dd>“{BY_KEY['referrals'].title}”</dd>"
    assert f"{kind}</dl>" in told
    assert f"{kind}<dt>Count</dt><dd>1</dd>" in known


def test_p3_a_former_headteacher_stays_one_when_withdrawn_roles_are_erased(
    session: Session, school_people: People
) -> None:
    person, now = school_people[Role.SLT], db.now()
    for role in (Role.HEADTEACHER, Role.DSL):
        session.add(
            RoleGrant(person_id=person.id, role=role, granted_at=now, reason="For a while", withdrawn_at=now)
        )
    session.flush()
    assert retention.erase_batch(session, BY_KEY["roles"], now=far()) == 1
    assert was_headteacher(session, person.id)


def test_p34_a_file_is_encrypted_fetched_by_whoever_asked_and_gone_in_time(
    session: Session, school_people: People, world: World
) -> None:
    officer, head = school_people[Role.DPO], school_people[Role.HEADTEACHER]
    subject = disclosure.subject_of(session, "author", world.author.id)
    with pytest.raises(NotPermitted):
        exports.ask_for_subject(session, subject, by=head, now=db.now())
    asked = exports.ask_for_subject(session, subject, by=officer, now=db.now())
    with pytest.raises(MoveNotAllowed):
        exports.ask_for_subject(session, subject, by=officer, now=db.now())
    session.commit()
    with pytest.raises(NotFound):
        exports.fetch(session, asked.id, by=officer, now=db.now())
    file_id = asked.id
    session.rollback()
    exporting.make_one()
    kept = session.scalar(sa.select(DataExport.content))
    assert kept is not None and b"PK" not in kept[:4] and b"data.json" not in kept
    trail = [one.action for one in session.scalars(sa.select(AuditEntry)) if one.object_kind == "export"]
    assert trail == ["export_asked", "export_made"]
    with pytest.raises(NotPermitted):
        exports.fetch(session, asked.id, by=head, now=db.now())
    another = school_people[Role.SLT]
    people.grant_role(session, another, Role.DPO, by=head, reason="For the holidays", now=db.now())
    with pytest.raises(NotFound):
        exports.fetch(session, asked.id, by=another, now=db.now())
    assert exports.fetch(session, asked.id, by=officer, now=db.now())[:2] == b"PK"
    session.rollback()
    later = db.now() + retention.EVERY * 15
    assert retention.erase_batch(session, BY_KEY["exports"], now=later) == 1
    with pytest.raises(NotFound):
        exports.fetch(session, file_id, by=officer, now=db.now())


def test_p34_a_killed_worker_or_a_failure_does_not_lose_a_request(
    session: Session, school_people: People, world: World
) -> None:
    officer = school_people[Role.DPO]
    subject = disclosure.subject_of(session, "author", world.author.id)
    asked = exports.ask_for_subject(session, subject, by=officer, now=db.now())
    session.commit()
    lease = retention.LEASE
    first = exports.claim(session, lease=lease, now=db.now())
    assert first is not None and exports.claim(session, lease=lease, now=db.now()) is None
    second = exports.claim(session, lease=lease, now=db.now() + lease * 2)
    assert second is not None and second.id == asked.id
    exports.record(session, first, b"late", records=1, url="https://social.test", now=db.now())
    session.commit()
    assert session.get_one(DataExport, asked.id).state is ExportState.MAKING, "a late answer changes nothing"
    for _ in range(exports.TRIES):
        exports.fail(session, second, now=db.now())
        again = exports.claim(session, lease=lease, now=db.now())
        second = again or second
    assert session.get_one(DataExport, asked.id, populate_existing=True).state is ExportState.FAILED


def test_p34_the_dpo_decides_per_kind_and_holds_are_kept(
    session: Session, school_people: People, world: World
) -> None:
    officer = school_people[Role.DPO]
    subject = disclosure.subject_of(session, "author", world.author.id)
    before = {one.rule.key: one.count for one in requests.holdings(session, RULES, subject, seen={})}
    assert before == {"comments": 1, "log": 1, "referrals": 1, "followers": 1, "authors": 1}
    hold = holds.place(session, HoldOn.ENTRY, world.entry, reason="A claim", by=officer, now=db.now())

    def asked(key: str, *, grant: bool = True) -> ErasureDecision:
        found = requests.decide(
            session,
            BY_KEY[key],
            subject,
            grant=grant,
            seen={},
            reason="Zebedee wrote to us",
            by=officer,
            now=db.now(),
        )
        session.commit()
        return found

    assert asked("comments").erased == 1
    kept = asked("log")
    assert (kept.erased, kept.held_back) == (0, 1)
    assert not asked("referrals", grant=False).granted
    assert "idiot" in session.get_one(LogEntry, world.entry).text
    with pytest.raises(BadInput):
        requests.decide(
            session, BY_KEY["log"], subject, grant=True, seen={}, reason=" ", by=officer, now=db.now()
        )
    with pytest.raises(NotPermitted):
        requests.decide(
            session,
            BY_KEY["log"],
            subject,
            grant=True,
            seen={},
            reason="Because",
            by=school_people[Role.HEADTEACHER],
            now=db.now(),
        )
    holds.lift(session, hold.id, reason="Settled", by=officer, now=db.now())
    assert asked("log").erased == 1 and asked("referrals").erased == 1
    assert asked("followers").erased == 1 and asked("authors").erased == 1
    with pytest.raises(NotFound):
        asked("log")
    session.rollback()
    assert set(places(session)["Zebedee"]) <= {
        "blocked_authors.reason",
        "erasure_decisions.reason",
        "outbox_emails.raw",
    }
    assert chain.verify(session) is None and audit.verify(session) is None
    assert not [place for place in places(session)["Zebedee"] if place.startswith("audit")]


def test_p15_foi_finds_by_words_and_days_and_names_no_pupil(
    session: Session, school_people: People, world: World, signed_in: Callable[[Role], Browser]
) -> None:
    """What was posted past Schoolgate is found with the rest."""
    officer = session.merge(school_people[Role.DPO])
    session.refresh(officer)
    session.commit()
    browser = signed_in(Role.DPO)
    today = db.now().date().isoformat()
    assert foi.found(session, foi.parse({"words": "thistledown JOY"}), limit=9)[1] == 1
    assert foi.found(session, foi.parse({"words": "thistledown sorrow"}), limit=9)[1] == 0
    assert foi.found(session, foi.parse({"words": "100%"}), limit=9)[1] == 0
    assert foi.found(session, foi.parse({"from": today, "to": today}), limit=9)[1] == 1
    assert foi.found(session, foi.parse({"to": "2020-01-01"}), limit=9)[1] == 0
    for bad in ({"from": "yesterday"}, {"from": "2027-02-01", "to": "2027-01-01"}, {"words": "a" * 201}):
        with pytest.raises(BadInput):
            foi.parse(bad)
    account_id, published = session.execute(
        sa.select(Publication.account_id, Publication.post_platform_id)
    ).one()
    for number, text in ((published or "p-0", "Made here: Thistledown"), ("p-1", "Marigold’s Thistledown")):
        session.add(
            WatchedPost(
                account_id=account_id, platform_id=number, text=text, url="https://x.test/1",
                created_at=db.now(), first_seen_at=db.now(), last_seen_at=db.now(),
            )
        )  # fmt: skip
    if published is None:
        session.execute(sa.update(Publication).values(post_platform_id="p-0"))
    session.commit()
    shown = browser.get("/data-protection/search?words=thistledown").text
    assert "1 post made in Schoolgate" in shown and "1 post made outside Schoolgate" in shown
    assert "Marigold’s Thistledown" in shown and "Made here" not in shown
    assert "Make one file of all 2 posts" in shown
    everything = browser.get("/data-protection/search?words=").text
    assert "so these are all posts" in everything and "with these words" not in everything
    nothing = browser.get("/data-protection/search?words=thistledown&to=2020-01-01").text
    assert "0 posts made in Schoolgate" in nothing and "0 posts made outside Schoolgate" in nothing
    session.execute(
        sa.text("UPDATE approval_decisions SET reason = 'Marigold Finch may; ask mum on 07700 900123'")
    )
    asked = exports.ask_for_foi(
        session, foi.parse({"words": "Thistledown"}).as_json(), by=officer, now=db.now()
    )
    session.commit()
    assert exporting.make_one()
    with ZipFile(BytesIO(exports.fetch(session, asked.id, by=officer, now=db.now()))) as archive:
        text = archive.read("data.json").decode() + archive.read("data.html").decode()
    assert "outside Schoolgate: “[another person]’s Thistledown”" in text
    assert "Thistledown Fair" in text and "Quillfeather Marsh" in text and "pupils shown" in text
    assert "Marigold" not in text and "Finch" not in text and "900123" not in text
    assert session.scalar(sa.select(sa.func.count()).select_from(Draft)) == 1


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Marigold and Finch went", f"{SOMEBODY} and {SOMEBODY} went"),
        ("a marigold in the garden", "a marigold in the garden"),
        ("Ask ANNE LISTER or @troll99 or @me_myself", f"Ask {SOMEBODY} or {SOMEBODY} or @me_myself"),
        ("Marigolds", "Marigolds"),
        ("MARIGOLD F. and M. Finch", f"{SOMEBODY}. and {SOMEBODY}"),
        ("Marigold Finch, Marigold-Rose’s mum", f"{SOMEBODY}, {SOMEBODY}’s mum"),
        ("Tell Zoe\u0308 I saw ZOE Ødegård-Smith", f"Tell {SOMEBODY} I saw {SOMEBODY}"),
        ("Amelia Thornton is not known", f"{SOMEBODY} is not known"),
        ("An hour with Li at आरव", f"An hour with {SOMEBODY} at {SOMEBODY}"),
    ],
)
def test_p34_redaction_leaves_no_half_of_a_pupils_name(database: str, text: str, left: str) -> None:
    redactor = Redactor(
        pupils=["Marigold Finch", "Zoë Ødegård", "Li An", "आरव शर्मा"],
        adults=["Anne Lister"],
        own=["me_myself"],
        find=lambda text: ["Amelia T"],
    )
    assert redactor.text(text) == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Mr Harding met Mrs Petrova", f"{SOMEBODY} met Mrs Petrova"),
        ("Mrs Lund likes Mrs Anna Petrova", f"{SOMEBODY} likes Mrs Anna Petrova"),
        ("Thank you Mr Harding Anna loved it", f"Thank you {SOMEBODY} loved it"),
        ("It was Mrs Anna Harding", f"It was {SOMEBODY}"),
        ("Miss Łukaszewska, Dr Özil, Ms. आरव", f"{SOMEBODY}, {SOMEBODY}, {SOMEBODY}"),
        ("Mr\N{NO-BREAK SPACE}Harding’s and MRS  LUND", f"{SOMEBODY}’s and {SOMEBODY}"),
        ("We miss you, and miss élan", "We miss you, and miss élan"),
    ],
)
def test_p34_redaction_knows_whom_a_title_names(database: str, text: str, left: str) -> None:
    """Also where the person's own name has a title, as Facebook shows it."""
    redactor = Redactor(pupils=[], adults=[], own=["Mrs Anna Petrova"], titled=True)
    assert redactor.text(text) == left
