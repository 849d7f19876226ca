"""The consent register's pages: the DPO keeps it, others read it (P4, P24, P25)."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from approvals import drafts, takedowns
from approvals.moves import move_publication
from approvals.states import Actor, PublicationState
from school import consent, pupil_names
from school.db import now, reading, transaction
from school.errors import MoveNotAllowed
from school.models import Account, AuditEntry, ConsentKind, Person, Pupil, Role
from school.times import today
from tests.approvals import scenes
from tests.web.conftest import Browser

SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def pupil_named(name: str) -> Pupil:
    with reading() as session:
        return next(pupil for pupil in consent.pupils(session) if pupil.name == name)


def test_the_dpo_enters_a_pupil_and_consents_and_withdraws(signed_in: Callable[[Role], Browser]) -> None:
    officer = signed_in(Role.DPO)
    answer = officer.post("/consent", "/consent", name="Idris Vaughan", class_name="Year 2 Robins")
    assert answer.status_code == 302
    pupil, page = pupil_named("Idris Vaughan"), answer.headers["Location"]
    day = today(now())
    dates = {"first_day": str(day), "last_day": str(day)}
    assert officer.post(page, page, kind="image", given_by="Sioned Vaughan", **dates).status_code == 302
    with reading() as session:
        assert not consent.missing_consent(session, [pupil.id], ConsentKind.IMAGE, on=day)
        [given] = consent.get(session, pupil.id).consents
    refused = officer.post(f"{page}/{given.id}/withdraw", page, reason="")
    assert refused.status_code == 400 and "reason is empty" in refused.text
    assert officer.post(f"{page}/{given.id}/withdraw", page, reason="letter of today").status_code == 302
    assert officer.post(f"{page}/{given.id}/withdraw", page, reason="again").status_code == 409
    with reading() as session:
        assert consent.missing_consent(session, [pupil.id], ConsentKind.IMAGE, on=day)
    assert "letter of today" in officer.get(page).text
    for kind, platform in (("image", "x"), ("image", "facebook"), ("video", "")):
        officer.post(page, page, kind=kind, platform=platform, given_by="Sioned Vaughan", **dates)
    refused = officer.post(f"{page}/withdraw", page, kind="image", reason="why " * 600)
    assert refused.status_code == 400 and "at most 2,000" in refused.text
    assert "why why" in refused.text and '<option value="image" selected>' in refused.text
    assert officer.post(f"{page}/withdraw", page, kind="name", reason="Letter").status_code == 409
    assert officer.post(f"{page}/withdraw", page, kind="image", reason="Letter").status_code == 302
    told = officer.get(page).text
    assert "2 consents are withdrawn." in told and told.count(">in force<") == 1
    assert officer.post(f"{page}/withdraw", page, kind="", reason="Letter").status_code == 302
    assert ">in force<" not in officer.get(page).text
    for path in ("withdraw", "back", "left"):
        assert signed_in(Role.HEADTEACHER).post(f"{page}/{path}", "/me", reason="x").status_code == 404


@SQLITE
@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"kind": ""}, "kind"),
        ({"kind": "everything"}, "kind"),
        ({"given_by": " "}, "given_by"),
        ({"first_day": "yesterday"}, "first_day"),
        ({"last_day": "1999-01-01"}, "last_day"),
    ],
)
def test_a_consent_that_makes_no_sense_is_said_beside_its_field(
    fields: dict[str, str], field: str, signed_in: Callable[[Role], Browser]
) -> None:
    page = f"/consent/{pupil_named('Yusuf Siddiqui').id}"
    good = {
        "kind": "video",
        "given_by": "Nadia Siddiqui",
        "first_day": "2027-01-04",
        "last_day": "2027-07-21",
    }
    answer = signed_in(Role.DPO).post(page, page, **{**good, **fields})
    assert answer.status_code == 400 and f'id="{field}-error"' in answer.text
    kept = {**good, **fields}["last_day"]
    assert re.search(rf'name="last_day"\s+value="{kept}"', answer.text)


@SQLITE
def test_the_same_pupil_twice_is_refused(signed_in: Callable[[Role], Browser]) -> None:
    answer = signed_in(Role.DPO).post(
        "/consent", "/consent", name="Yusuf Siddiqui", class_name="Year 4 Kestrels"
    )
    assert answer.status_code == 400 and 'id="name-error"' in answer.text


@SQLITE
def test_p24_a_pupil_of_the_same_name_but_for_a_slip_is_asked_about_once_more(
    signed_in: Callable[[Role], Browser],
) -> None:
    officer, asked = signed_in(Role.DPO), "There is already Amelia Thornbury in Year 4 Kestrels."
    assert '<option value="Year 4 Kestrels"></option>' in officer.get("/consent").text
    slip = {"name": "amélia  thornbury", "class_name": "Year 4 kestrel"}
    answer = officer.post("/consent", "/consent", **slip)
    assert answer.status_code == 400 and asked in answer.text
    assert "No other pupil is in a class “Year 4 kestrel”. Did you mean Year 4 Kestrels?" in answer.text
    again = officer.post("/consent", "/consent", **(slip | {"right": "another name, Year 1"}))
    assert again.status_code == 400 and asked in again.text, "what was ticked was another name"
    ticked = re.search(r'name="right" value="([^"]+)"', again.text)
    assert ticked
    assert officer.post("/consent", "/consent", **slip, right=ticked[1]).status_code == 302
    # A class that differs in capitals and spaces alone is that class.
    plain = {"name": "Una Price", "class_name": "year  4 KESTRELS"}
    assert officer.post("/consent", "/consent", **plain).status_code == 302
    assert pupil_named("Una Price").class_name == "Year 4 Kestrels"


@SQLITE
def test_p24_the_dpo_corrects_a_name_and_a_class(signed_in: Callable[[Role], Browser], head: Browser) -> None:
    officer, pupil = signed_in(Role.DPO), pupil_named("Amelia Thornbury")
    page = f"/consent/{pupil.id}"
    assert "Correct the name or the class" in officer.get(page).text
    assert "Correct the name" not in head.get(page).text
    right = {"name": "Amelia Thornberry", "class_name": "Year 4 Kestrels"}
    assert head.post(f"{page}/name", "/me", **right).status_code == 404
    taken = officer.post(f"{page}/name", page, name="yusuf siddiqui", class_name="Year 4 Kestrels")
    assert taken.status_code == 400 and "There is already Yusuf Siddiqui" in taken.text
    taken = officer.post(f"{page}/name", page, name="Yusuf Siddiqui", class_name="Year 4 Kestrels")
    assert taken.status_code == 400 and "Yusuf Siddiqui is in Year 4 Kestrels already" in taken.text
    assert officer.post(f"{page}/name", page, **right).status_code == 302
    assert pupil_named("Amelia Thornberry").id == pupil.id
    with reading() as session:
        [entry] = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "pupil_corrected"))
        assert entry.detail == {"changed": ["name"]}, "the trail keeps no pupil's name"
    assert "corrected the name or class of" in officer.get("/audit").text


@SQLITE
def test_p24_a_class_that_was_written_wrong_for_one_pupil_alone_is_put_right_as_typed(
    signed_in: Callable[[Role], Browser],
) -> None:
    """How it was written for them counts for nothing; how it is for others does, and the page says which."""
    officer = signed_in(Role.DPO)
    added = officer.post("/consent", "/consent", name="Una Price", class_name="saplings")
    page = added.headers["Location"]
    put = {"name": "Una Price", "class_name": "Saplings"}
    shown = officer.get(officer.post(f"{page}/name", page, **put).headers["Location"]).text
    assert pupil_named("Una Price").class_name == "Saplings"
    assert "The register has Una Price in Saplings now." in shown
    put["class_name"] = "year 4 kestrels"
    shown = officer.get(officer.post(f"{page}/name", page, **put).headers["Location"]).text
    assert "The register has Una Price in Year 4 Kestrels now." in shown


@SQLITE
def test_p34_a_pupil_whose_data_was_erased_meanwhile_is_not_named_again(
    session: Session, school_people: dict[Role, Person]
) -> None:
    """The form was open, and its list of pupils read, when the erasure came."""
    officer = school_people[Role.DPO]
    pupil = session.scalars(sa.select(Pupil).where(Pupil.name == "Amelia Thornbury")).one()
    session.execute(
        sa.update(Pupil)
        .where(Pupil.id == pupil.id)
        .values(name="erased", class_name="")
        .execution_options(synchronize_session=False)
    )
    assert pupil.class_name == "Year 4 Kestrels", "as it was read"
    with pytest.raises(MoveNotAllowed, match="was erased"):
        pupil_names.correct(session, pupil.id, name="Amelia", class_name="Year 4", by=officer, now=now())


@SQLITE
def test_the_headteacher_reads_and_changes_nothing(head: Browser) -> None:
    """P4: the DPO edits; others read only what they need."""
    page = f"/consent/{pupil_named('Oliver Penhaligon').id}"
    assert "may not be shown" in head.get(page).text
    assert 'action="/consent' not in head.get("/consent").text + head.get(page).text
    assert head.post(page, "/me", kind="image", given_by="Mark").status_code == 404
    assert head.get("/consent").text.count("Not to be shown") == 2


@SQLITE
def test_p24_the_office_list_is_shown_before_it_is_applied(signed_in: Callable[[Role], Browser]) -> None:
    officer = signed_in(Role.DPO)

    def send(text: str, **more: str) -> TestResponse:
        return officer.post(
            "/consent/import", "/consent/import", file=(io.BytesIO(text.encode()), "Sept <b>.csv"), **more
        )

    assert officer.post("/consent/import", "/consent/import").status_code == 400
    bad = send("Name,Class,Photos,Given by\nIda Moss,Year 1,maybe,Jo Moss\nTed Moss,Year 2,no,\n")
    assert bad.status_code == 400 and "Line 2 (Ida Moss)" in bad.text and "neither yes nor no" in bad.text
    assert 'id="file-error"' not in bad.text, "said once"
    assert "1 is fine" in bad.text and "Ted Moss" not in officer.get("/consent").text
    # A column that was filled wrongly hides no other mistake; nor does a class that was mistyped pass unseen.
    lines = "".join(f"Pupil {one}ell,Year 4 Kestrels,first name,\n" for one in "ABCD")
    said = send(f"Name,Class,Naming,Given by\n{lines}Ted Moss,Year 2,perhaps,\n").text
    assert said.count("“first name” in the column for naming") == 1 and "4 lines (2, 3, 4, 5)" in said
    assert said.index("Ted Moss") < said.index("4 lines")
    lines = "Yusuf Siddiqui,Year 4 Kestrels\nMia Ash,Year 4 Kestrels\n"
    odd = send(f"Name,Class\nIda Moss,Yr 4\nJo Lark,Wrens\n{lines}")
    said = officer.get(odd.headers["Location"]).text
    assert "Line 2 (Ida Moss): “Yr 4” means Year 4 Kestrels" in said
    assert "Wrens”" not in said
    good = send(
        "Name,Class,Photos,Given by,Platforms,Until\n"
        "Ida Moss,Year 1,yes,Jo Moss 🌻,X,01/09/2099\nYusuf Siddiqui,Year 4 Kestrels,no,\n"
    )
    assert good.status_code == 302
    address = good.headers["Location"]
    page = officer.get(address).text
    assert "Ida Moss: Pictures on X, from" in page and ">1 September 2099</time>, given by Jo Moss" in page
    assert "On the list: 2 pupils, none of them unchanged." in page and "not on it and stay as they" in page
    assert "There is an emoji" in page and "Line 2: Ida Moss, given by Jo" in page
    assert "Sept &lt;b&gt;.csv" in page and "Ida Moss, Year 1" in page
    assert page.index("Consents that end at once") < page.index("New pupils") < page.index("Consents to be")
    assert page.index('href="#apply"') < page.index("New pupils")
    assert "Consents that end at once" in page and "Yusuf Siddiqui: Pictures" in page
    assert "Ida Moss" not in officer.get("/consent").text, "nothing is applied by looking"
    assert officer.post(address, address, do="apply").status_code == 302
    assert "Ida Moss" in officer.get("/consent").text
    gone_back = officer.get(address)
    assert gone_back.status_code == 302 and "was applied already" in officer.get("/consent").text
    again = send("Name,Class,Photos,Given by\nYusuf Siddiqui,Year 4 Kestrels,yes,Sara Siddiqui\n")
    said = officer.get(again.headers["Location"]).text
    assert "Withdrawn before, and given again by this list (1)" in said
    assert "Yusuf Siddiqui: Pictures on every platform" in said and "says no." in said
    [key] = re.findall(r'name="give_again" value="([^"]+)"', said)
    assert key not in re.findall(r'value="([^"]+)" checked', said), "left out unless somebody says so"
    address, yusuf = again.headers["Location"], pupil_named("Yusuf Siddiqui").id
    assert officer.post(address, address, do="apply").status_code == 302
    assert "Left out, since withdrawn before: 1." in officer.get("/consent").text
    assert ">in force<" not in officer.get(f"/consent/{yusuf}").text
    same = officer.get(send("Name,Class\nIda Moss,Year 1\n").headers["Location"]).text
    assert "There is nothing to change." in same and "Throw the list away" in same
    assert 'value="apply"' not in same and 'href="#apply"' not in same
    address = send(
        "Larkfield consents 2026,,,,\n\nName,Class,Photos,Given by,Foto ok\n"
        "Yusuf Siddiqui,Year 4 Kestrels,yes,Sara Siddiqui,yes\n"
    ).headers["Location"]
    assert "were not read: “Foto ok”" in officer.get(address).text
    assert officer.post(address, address, do="apply", give_again=key.replace("2", "4")).status_code == 302
    assert ">in force<" in officer.get(f"/consent/{yusuf}").text
    thrown = send("Name,Class\nUna Price,Year 1\n", whole_school="yes").headers["Location"]
    said = officer.get(thrown).text
    assert "Pupils who have left" in said
    [taken, total] = re.findall(r"This takes (\d+) of (\d+) pupils off", said)[0]
    assert int(total) == int(taken) >= 3
    for seen in ({}, {"seen_leaving": "1"}, {"seen_leaving": "all"}):
        refused = officer.post(thrown, thrown, do="apply", **seen)
        assert refused.status_code == 400 and "Nothing was applied" in refused.text
    assert "Una Price" not in officer.get("/consent").text
    assert officer.post(thrown, thrown, do="discard").status_code == 302
    assert "Una Price" not in officer.get("/consent").text and "Ida Moss" in officer.get("/consent").text


@SQLITE
def test_p24_a_pupil_who_left_may_not_be_shown(signed_in: Callable[[Role], Browser]) -> None:
    officer, pupil = signed_in(Role.DPO), pupil_named("Amelia Thornbury")
    page = f"/consent/{pupil.id}"
    assert officer.post(f"{page}/left", page).status_code == 302
    assert officer.post(f"{page}/left", "/consent").status_code == 409
    assert "Left the school on" in officer.get(page).text
    with reading() as session:
        assert consent.missing_consent(session, [pupil.id], ConsentKind.IMAGE, on=today(now()))
    assert "Pupils who have left (1)" in officer.get("/consent").text
    refused = officer.post(f"{page}/back", page, reason="Amelia’s mother rang")
    assert refused.status_code == 400 and 'id="back-reason-error"' in refused.text
    assert officer.post(f"{page}/back", page, reason="mistake").status_code == 302
    assert "is at the school again" in officer.get(page).text
    assert officer.post(f"{page}/back", page, reason="mistake").status_code == 409
    with reading() as session:
        assert not consent.missing_consent(session, [pupil.id], ConsentKind.IMAGE, on=today(now()))
        [entry] = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "pupil_brought_back"))
        assert entry.detail["reason"] == consent.BACK["mistake"] and "Amelia" not in str(entry.detail)


@SQLITE
def test_p25_the_dpo_sees_what_a_withdrawal_touches_and_what_became_of_it(
    signed_in: Callable[[Role], Browser],
    session: Session,
    school_people: dict[Role, Person],
    make_account: Callable[..., Account],
    head: Browser,
) -> None:
    moment = now()
    teacher, headteacher = school_people[Role.STAFF], school_people[Role.HEADTEACHER]
    account, pupil = make_account("x"), pupil_named("Amelia Thornbury")
    media = scenes.add_picture(session, teacher, moment)
    draft, [publication] = scenes.approved(
        session,
        teacher,
        headteacher,
        moment,
        account,
        text="Kestrels build a bridge",
        pictures=(scenes.choice(media),),
        pupil_ids=(pupil.id,),
        none_shown=False,
    )
    for state in (PublicationState.PUBLISHING, PublicationState.PUBLISHED):
        move_publication(session, publication, state, actor=Actor.PRODUCT, by=None, reason="Out", now=moment)
    publication.published_at = moment
    session.commit()
    officer, page = signed_in(Role.DPO), f"/consent/{pupil.id}"
    shown = officer.get(page).text
    assert "Kestrels build a bridge" in shown and "published" in shown
    [given] = [one for one in pupil.consents if one.kind is ConsentKind.IMAGE]
    assert officer.post(f"{page}/{given.id}/withdraw", page, reason="Letter").status_code == 302
    after = officer.get(page).text
    assert "1 published post is being taken down" in after and "being taken down" in after
    with transaction() as working:
        [takedown_id] = takedowns.due(working, now=now())
        # Without an id of the platform's it was posted by hand, so a person removes it.
        assert takedowns.claim(working, takedown_id, now=now()) is None
    assert "to be taken down by hand" in officer.get(page).text
    assert "post to remove by hand" in officer.get("/").text
    address = f"/drafts/{draft.id}"
    assert "I have removed it" in officer.get(address).text
    assert "I have removed it" not in signed_in(Role.STAFF).get(address).text
    done = f"{address}/takedowns/{takedown_id}/done"
    assert signed_in(Role.STAFF).post(done, address).status_code == 404
    assert officer.post(done, address).status_code == 302
    assert "taken down" in officer.get(page).text
    assert officer.post(done, address).status_code == 409
    again = head.post(f"{address}/publications/{publication.id}/takedown", address, reason="x")
    assert again.status_code == 302, "asked for twice is once"


@SQLITE
def test_p25_a_post_that_waits_for_approval_and_lost_its_consent_is_said_to_be_so(
    app: Flask, signed_in: Callable[[Role], Browser], session: Session, school_people: dict[Role, Person],
    make_account: Callable[..., Account], head: Browser,
) -> None:  # fmt: skip
    """To its author by mail, on Today and on its page; to whoever decides, above the decision."""
    moment, teacher = now(), school_people[Role.STAFF]
    pupil = pupil_named("Amelia Thornbury")
    other = scenes.make_pupil(session, school_people[Role.DPO], "Efa Pritchard", consented=True, now=moment)
    shown = (scenes.choice(scenes.add_picture(session, teacher, moment)),)
    what = scenes.content(
        make_account("x"), at=moment + timedelta(days=1), text="Kestrels build", pictures=shown,
        pupil_ids=(pupil.id, other.id), none_shown=False,
    )  # fmt: skip
    draft = drafts.save(session, None, what, by=teacher, now=moment)
    session.commit()
    scenes.submit(session, draft, teacher, moment)
    link = f"/approve/{scenes.token_in(scenes.mails(session, 'approval_request')[-1])}"
    session.commit()
    address, author, cannot = f"/drafts/{draft.id}", signed_in(Role.STAFF), "It can’t be approved as it is."
    visitor = Browser(app.test_client())
    assert cannot not in head.get(address).text + visitor.get(link).text
    assert "lacks a pupil’s consent" not in author.get("/").text
    officer, page = signed_in(Role.DPO), f"/consent/{pupil.id}"
    officer.post(f"{page}/withdraw", page, kind="", reason="A letter")
    assert "1 post that waits can’t go out as it is: its author is told." in officer.get(page).text
    for answer in (head.get(address).text, visitor.get(link).text):
        assert cannot in answer and "Amelia Thornbury has no consent for pictures" in answer
        assert answer.index(cannot) < answer.index("Your decision")
    assert "post of yours lacks a pupil’s consent: change it and hand it in again" in author.get("/").text
    own = author.get(address).text
    assert "Consent is missing: it can’t go out as it is" in own and "Amelia Thornbury has no consent" in own
    [mail] = scenes.mails(session, "consent_lost", teacher)
    assert str(mail["Subject"]).endswith("“Kestrels build”")
    body = mail.get_body(("plain",))
    assert body is not None and "hand it in again" in body.get_content() and "Amelia" not in mail.as_string()
    # One mail until something was mended, however many more consents go.
    session.commit()
    theirs = f"/consent/{other.id}"
    officer.post(f"{theirs}/withdraw", theirs, kind="", reason="Another letter")
    assert "1 post that waits can’t go out" in officer.get(theirs).text
    assert len(scenes.mails(session, "consent_lost", teacher)) == 1
    session.commit()
    day = str(today(moment) + timedelta(days=2))
    officer.post(page, page, kind="image", given_by="A parent", first_day=str(today(moment)), last_day=day)
    officer.post(f"{page}/withdraw", page, kind="", reason="A third letter")
    assert len(scenes.mails(session, "consent_lost", teacher)) == 2
