# ruff: noqa: E501 - subjects are easier to check unbroken
"""How people are asked to decide: telling subjects, several in one mail, reminders in time (P12)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals import asking, asking_again, decisions, drafts, planning, submissions
from approvals.checks import account_name
from approvals.models import ApprovalRequest, Draft, MediaFile, Submission
from school import consent, people, push, standing_in
from school.models import Account, OutboxEmail, Person, PushNotice, Role, School
from school.settings import settings
from school.times import clock, say_date, today
from tests.approvals import scenes
from tests.school.test_push import Browser

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
ASKS = "approval_request"
SEVERAL = "approval_requests"


def hand_in(
    session: Session, author: Person, x: Account, text: str, at: datetime, now: datetime, **more: object
) -> Draft:
    made = drafts.save(session, None, scenes.content(x, text=text, at=at, **more), by=author, now=now)
    session.commit()
    scenes.submit(session, made, author, now)
    return made


def write_due(session: Session, now: datetime) -> int:
    found = asking_again.remind(session, now=now)
    written = asking.mail_due(session, now=now)
    session.commit()
    return found + written


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Sports day is on Friday. Bring a hat, a drink and a friend.", "“Sports day is on Friday. Bring a hat, a…”"),
        ("Well done Idris!\r\nBcc: all@example.org", "“Well done …! Bcc: …”"),
        ("Star of the week: IDRIS V. of Robins", "“Star of the week: …. of Robins”"),
        ("Ring Mrs Birch on 07700 900123 or a.b@example.org", "“Ring Mrs Birch on … or …”"),
        ("Fête 12.06.2027, 9.30-10.30", "“Fête 12.06.2027, 9.30-10.30”"),
        ("Hats off 👩\u200d🏫 🇬🇧", "“Hats off 👩\u200d🏫 🇬🇧”"),
        ("नमस्ते" * 30, f"“{('नमस्ते' * 30)[:44]}…”"),
        ("   \n ", "a post with pictures"),
    ],
)  # fmt: skip
def test_a_subject_tells_posts_apart_and_names_no_pupil(
    session: Session, teacher: Person, head: Person, x: Account, now: datetime, school_people: dict[Role, Person],
    text: str, shown: str,
) -> None:  # fmt: skip
    consent.add_pupil(session, name="Idris Vaughan", class_name="Robins", by=school_people[Role.DPO], now=now)
    media = scenes.choice(scenes.add_picture(session, teacher, now), alt_text="Flags")
    hand_in(session, teacher, x, text, now + timedelta(hours=1), now, pictures=(media,))
    [mail] = scenes.mails(session, ASKS, head)
    subject = str(mail["Subject"])
    assert subject.startswith("Decide: ") and subject.endswith(f"m, {shown}"), subject
    assert mail["Bcc"] is None and mail.keys().count("Subject") == 1
    html = mail.get_body(("html",))
    assert html is not None
    source = html.get_content()
    assert "prefers-color-scheme: dark" in source and 'name="color-scheme"' in source
    assert "display:flex" not in source and "white-space" not in source, "Outlook knows neither"


def real_school(session: Session) -> None:
    session.execute(sa.update(School).values(practice=False))
    session.commit()


def test_several_within_minutes_are_one_mail_each_with_a_link_that_works(
    session: Session, teacher: Person, head: Person, x: Account, now: datetime
) -> None:
    in_time = now + timedelta(hours=6)
    hand_in(session, teacher, x, "Tried out", in_time, now - timedelta(minutes=25))
    hand_in(session, teacher, x, "Tried out again", in_time, now - timedelta(minutes=24))
    assert len(scenes.mails(session, ASKS, head)) == 2, "a practice school gathers nothing"
    session.execute(sa.delete(OutboxEmail))
    real_school(session)
    first = hand_in(session, teacher, x, "The first fair", in_time, now)
    second = hand_in(session, teacher, x, "The second fair\nwith a line", in_time, now + timedelta(minutes=1))
    third = hand_in(session, teacher, x, "The third fair", in_time, now + timedelta(minutes=2))
    soon = hand_in(session, teacher, x, "The soon fair", now + timedelta(hours=1), now + timedelta(minutes=3))
    assert len(scenes.mails(session, ASKS, head)) == 2, "the first, and what goes out soon"
    for draft, said in (
        (first, "Asked to decide: Margaret Oyelaran, by e-mail "),
        (
            second,
            f"To be asked: Margaret Oyelaran, by e-mail at {clock(now + asking.TOGETHER)}, together with another",
        ),
    ):
        submission = submissions.open_submission(session, draft)
        assert submission is not None
        assert asking.how_asked(session, submission)[0].sentence.startswith(said)
    assert write_due(session, now + timedelta(minutes=19)) == 0
    decisions_at = now + asking.TOGETHER
    push.subscribe(
        session, head, Browser("https://push.test").said, browser="Firefox", allowed=True, now=decisions_at
    )
    assert write_due(session, decisions_at) == 1 and write_due(session, decisions_at) == 0
    assert session.scalars(sa.select(PushNotice.count)).all() == [2], "the notice counts both"
    [mail] = scenes.mails(session, SEVERAL, head)
    assert "Decide on 2 posts" in str(mail["Subject"]) and "The second fair" in str(mail["Subject"])
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None and html is not None
    assert "The third fair" in plain.get_content() and "The second fair<br>with a line" in html.get_content()
    tokens = [part.split()[0] for part in plain.get_content().split("/approve/")[1:]]
    for token, draft in zip(tokens, (second, third), strict=True):
        assert decisions.look(session, token, now=decisions_at).draft.draft_id == draft.id
    scenes.approve_by_link(session, tokens[0], decisions_at)
    assert submissions.open_submission(session, second) is None
    assert submissions.open_submission(session, third) is not None
    following = asking.next_link(session, head, now=decisions_at)
    assert following is not None and "The soon fair" in following[1]
    assert decisions.look(session, following[0], now=decisions_at).draft.draft_id == soon.id
    assert asking.next_link(session, teacher, now=decisions_at) is None
    head.asked_one_by_one = True
    fourth = hand_in(session, teacher, x, "The fourth fair", in_time, decisions_at)
    assert str(scenes.mails(session, ASKS, head)[-1]["Subject"]).endswith("“The fourth fair”")
    assert {first.id, soon.id, fourth.id}


def test_in_a_mail_of_several_each_wording_names_its_accounts(
    session: Session,
    teacher: Person,
    head: Person,
    x: Account,
    facebook: Account,
    instagram: Account,
    now: datetime,
) -> None:
    """Whoever decides from the mail reads where each will stand, a link that is only a card too (P12)."""
    at = now + timedelta(hours=6)
    real_school(session)
    media = scenes.choice(scenes.add_picture(session, teacher, now), alt_text="Flags")
    hand_in(session, teacher, x, "The first fair", at, now)
    hand_in(session, teacher, x, "The second fair", at, now)
    words = scenes.content(
        x, facebook, instagram, at=at, text="Come to the fair", link="https://www.gov.uk/fair",
        own_texts={x.id: "Fair at noon"}, pictures=(media,),
    )  # fmt: skip
    draft = drafts.save(session, None, words, by=teacher, now=now)
    session.commit()
    scenes.submit(session, draft, teacher, now)
    assert write_due(session, now + asking.TOGETHER) == 1
    [mail] = scenes.mails(session, SEVERAL, head)
    for kind in ("plain", "html"):
        body = mail.get_body((kind,))
        assert body is not None
        said = " ".join(re.sub(r"<[^>]+>", " ", body.get_content()).split())
        names = [account_name(one) for one in (x, facebook, instagram)]
        for name in names:
            assert re.search(rf"On [^:]*{re.escape(name)}[^:]*: ", said), (name, said)
        assert said.count("Fair at noon") == 1 and said.count("The second fair") == 1


def test_what_is_decided_meanwhile_is_left_out_of_the_mail(
    session: Session, teacher: Person, head: Person, x: Account, now: datetime
) -> None:
    in_time = now + timedelta(hours=6)
    real_school(session)
    hand_in(session, teacher, x, "The first fair", in_time, now)
    second = hand_in(session, teacher, x, "The second fair", in_time, now)
    scenes.approve(session, second, head, now)
    assert write_due(session, now + asking.TOGETHER) == 0
    assert not scenes.mails(session, SEVERAL) and len(scenes.mails(session, ASKS, head)) == 1
    # Nor is what was to be decided mailed to whoever may not decide any more.
    third = hand_in(session, teacher, x, "The third fair", in_time, now)
    people.grant_role(session, teacher, Role.HEADTEACHER, by=head, reason="Follows", now=now)
    people.withdraw_role(session, head, Role.HEADTEACHER, by=teacher, reason="Left", now=now)
    assert not people.may_approve(session, head, author_id=teacher.id, now=now)
    assert write_due(session, now + 2 * asking.TOGETHER) == 0
    assert len(scenes.mails(session, ASKS, head)) == 1
    waits = submissions.open_submission(session, third)
    assert waits is not None and not asking.how_asked(session, waits), "nobody is said to have been asked"


def test_before_its_time_passes_people_are_asked_again_and_then_others(
    session: Session,
    teacher: Person,
    head: Person,
    x: Account,
    now: datetime,
    school_people: dict[Role, Person],
) -> None:
    planned = now + timedelta(hours=2)
    draft = hand_in(session, teacher, x, "The summer fair", planned, now)
    assert write_due(session, now + timedelta(minutes=59)) == 0
    assert write_due(session, now + timedelta(minutes=60)) == 2 and write_due(session, planned) == 0
    again = scenes.mails(session, ASKS, head)
    assert len(again) == 2 and str(again[1]["Subject"]).startswith("Still waits: ")
    at = now + timedelta(minutes=91)
    assert not scenes.mails(session, ASKS, school_people[Role.SLT])
    assert write_due(session, at) >= 2 and write_due(session, at) == 0
    [asked] = scenes.mails(session, ASKS, school_people[Role.SLT])
    [told] = scenes.mails(session, "approval_waits", teacher)
    assert head.name in told.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert not scenes.mails(session, ASKS, school_people[Role.DSL]), "only who may decide"
    decision = scenes.approve_by_link(session, scenes.token_in(asked), at)
    assert decision.approver_id == school_people[Role.SLT].id and draft.id == decision.draft_id
    [in_place] = scenes.mails(session, "decided_in_place")
    assert head.email in str(in_place["To"]) and school_people[Role.SLT].name in str(in_place["Subject"])
    assert settings().effective_public_url in told.get_body(("plain",)).get_content()  # type: ignore[union-attr]


def test_a_mail_of_several_to_a_deputy_says_for_whom_and_what_there_is_to_look_at(
    session: Session,
    school_people: dict[Role, Person],
    teacher: Person,
    head: Person,
    x: Account,
    now: datetime,
) -> None:
    chair, day = school_people[Role.CHAIR], today(now)
    standing_in.name(session, chair, first_day=day, last_day=day + timedelta(days=3), by=head, now=now)
    real_school(session)
    hand_in(session, teacher, x, "The first fair", now + timedelta(days=2), now)
    stands_in = f"You stand in for {head.name} until {say_date(day + timedelta(days=3))}."
    alone = scenes.mails(session, ASKS, chair)[-1].get_body(("plain",))
    assert alone is not None and stands_in in alone.get_content()
    media = scenes.choice(scenes.add_picture(session, teacher, now), alt_text="Flags over the hall")
    words = scenes.content(x, at=now + timedelta(days=3), text="Weekly fair", pictures=(media,))
    weekly = drafts.save(session, None, words, by=teacher, now=now)
    planning.repeat(
        session,
        weekly.id,
        rhythm=planning.Rhythm.WEEKLY,
        until=day + timedelta(days=24),
        series=uuid4(),
        by=teacher,
        now=now,
    )
    scenes.submit(session, weekly, teacher, now)
    hand_in(session, teacher, x, "The third fair", now + timedelta(days=2), now)
    assert write_due(session, now + asking.TOGETHER) == 1
    [mail] = scenes.mails(session, SEVERAL, chair)
    for kind in ("plain", "html"):
        body = mail.get_body((kind,))
        assert body is not None
        said = " ".join(re.sub(r"<[^>]+>", "", body.get_content()).split())
        assert said.count(stands_in) == 1
        assert f"Picture 1, {media_name(session)}: Flags over the hall" in said
        assert said.count(", 1 of a series of 4") == 1 and said.count("No picture, no video.") == 1
    head_mail = scenes.mails(session, ASKS, head)
    assert not head_mail, "who is away is not asked"


def media_name(session: Session) -> str:
    return session.scalars(sa.select(MediaFile.filename)).one()


def test_a_mail_names_each_picture_beside_it(
    session: Session, teacher: Person, head: Person, x: Account, now: datetime
) -> None:
    """What Schoolgate noticed speaks of pictures by their names."""
    media = [
        scenes.choice(scenes.add_picture(session, teacher, now), alt_text=text) for text in ("Flags", "Cakes")
    ]
    words = scenes.content(x, at=now + timedelta(days=3), pictures=tuple(media))
    scenes.submit(session, drafts.save(session, None, words, by=teacher, now=now), teacher, now)
    for kind in ("plain", "html"):
        body = scenes.mails(session, ASKS, head)[-1].get_body((kind,))
        assert body is not None
        said = " ".join(re.sub(r"<[^>]+>", " ", body.get_content()).split())
        names = session.scalars(sa.select(MediaFile.filename).order_by(MediaFile.id)).all()
        for place, (name, alt) in enumerate(zip(names, ("Flags", "Cakes"), strict=True), start=1):
            assert f"{place}. {name} Description: {alt}" in said


def test_who_stands_in_since_is_told_and_asked_about_what_waits_already(
    session: Session,
    school_people: dict[Role, Person],
    teacher: Person,
    head: Person,
    x: Account,
    now: datetime,
) -> None:
    draft = drafts.save(session, None, scenes.content(x, at=now + timedelta(days=2)), by=teacher, now=now)
    session.commit()
    scenes.submit(session, draft, teacher, now)
    chair, day = school_people[Role.CHAIR], today(now)
    assert (
        asking_again.ask_deputies(session, now=now) == 0
        and standing_in.in_force(session, chair, now=now) is None
    )
    standing_in.name(session, chair, first_day=day, last_day=day + timedelta(days=3), by=head, now=now)
    assert standing_in.in_force(session, chair, now=now) == (head, day + timedelta(days=3))
    assert [asking_again.ask_deputies(session, now=now), asking_again.ask_deputies(session, now=now)] == [
        1,
        0,
    ]
    assert asking.mail_due(session, now=now) == 1
    session.flush()
    for purpose, said in (("deputy_named", "You stand in for"), ("approval_request", "Decide")):
        mail = scenes.mails(session, purpose)[-1]
        assert mail["To"].addresses[0].addr_spec == chair.email and said in mail["Subject"]
    slt = school_people[Role.SLT]
    own = drafts.save(session, None, scenes.content(x, at=now + timedelta(days=2)), by=slt, now=now)
    session.commit()
    scenes.submit(session, own, slt, now)
    standing_in.name(session, slt, first_day=day, last_day=day, by=head, now=now)
    asking_again.ask_deputies(session, now=now)
    asked = sa.select(ApprovalRequest.approver_id).join(Submission).where(Submission.draft_id == own.id)
    assert slt.id not in set(session.scalars(asked)), "nobody is asked about their own (P12)"


def test_what_waits_for_somebody_who_no_longer_decides_is_asked_of_others(
    session: Session,
    school_people: dict[Role, Person],
    teacher: Person,
    head: Person,
    x: Account,
    now: datetime,
) -> None:
    chair, day = school_people[Role.CHAIR], today(now)
    named = standing_in.name(session, chair, first_day=day, last_day=day, by=head, now=now)
    draft = hand_in(session, teacher, x, "Sports day is on Friday.", now + timedelta(days=2), now)
    submission = session.scalars(sa.select(Submission).where(Submission.draft_id == draft.id)).one()
    assert asking.asked(session, submission) == [chair] and asking_again.ask_others(session, now=now) == 0
    standing_in.withdraw(session, named.id, by=head, now=now)
    assert [asking_again.ask_others(session, now=now), asking_again.ask_others(session, now=now)] == [1, 0]
    assert head in asking.asked(session, submission) and asking.mail_due(session, now=now) == 1
    session.flush()
    for purpose, person, said in (
        ("deputy_withdrawn", chair, "no longer"),
        ("approval_request", head, "Decide"),
    ):
        mail = scenes.mails(session, purpose)[-1]
        assert mail["To"].addresses[0].addr_spec == person.email and said in mail["Subject"]


def test_a_deputys_own_post_goes_to_other_leaders_before_who_is_away(
    session: Session,
    school_people: dict[Role, Person],
    head: Person,
    x: Account,
    later: datetime,
    now: datetime,
) -> None:
    """Nobody decides on their own post (P12), and who is away is asked only where nobody else may."""
    deputy, day = school_people[Role.SLT], today(now)
    people.authorise(session, deputy, x, by=head, reason="Writes", now=now)
    standing_in.name(session, deputy, first_day=day, last_day=day + timedelta(days=3), by=head, now=now)
    session.flush()
    draft = drafts.save(session, None, scenes.content(x, at=later), by=deputy, now=now)
    asked = scenes.submit(session, draft, deputy, now)
    assert [one.name for one in asking.how_asked(session, asked)] == [head.name]
    why = standing_in.on_own_post(session, deputy, [head.id], reader=deputy, now=now)
    assert f"{head.name} is away until" in why and "You stand in" in why and "nobody else who may" in why
    [mail] = scenes.mails(session, "approval_request", head)
    assert "You are away until" in str(mail.get_body(("plain",)))
    drafts.withdraw(session, draft.id, reason="", by=deputy, now=now)
    other, _token = people.add(
        session, name="Ngozi Adeyemi", email="ngozi@larkfield.sch.uk", roles={Role.SLT}, by=head, reason="New",
        now=now,
    )  # fmt: skip
    other.active = True
    session.flush()
    asked = scenes.submit(session, draft, deputy, now)
    assert [one.name for one in asking.how_asked(session, asked)] == [other.name]
    assert "somebody else is asked" in standing_in.on_own_post(session, deputy, [other.id], now=now)
