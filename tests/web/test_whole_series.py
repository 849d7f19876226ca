"""A series is handed in and decided in one press; each post of it keeps its version and decision (P12)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from email.message import EmailMessage
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from flask import Flask
from markupsafe import escape
from sqlalchemy.orm import Session

from approvals import asking, decided_together, decisions, drafts, odd_times, series_together
from approvals.decisions import DraftChanged
from approvals.mail_subjects import short_time
from approvals.models import (
    ApprovalDecision,
    ApprovalRequest,
    Criterion,
    DecisionKind,
    Draft,
    DraftRevision,
    Publication,
    RevisionPupil,
    Submission,
)
from approvals.states import DraftState
from school import people, school_year
from school.db import now, reading, transaction
from school.models import Account, DatesKind, OutboxEmail, Person, Pupil, Role, School
from school.models.mail import MailState
from school.setup import PRACTICE_PIN
from school.times import LONDON, say
from tests.web.conftest import Browser
from tests.web.test_asked_once import asked
from tests.web.writing import count, fields, mailed_token, mails, rows, write
from web.saying import timed

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

TOO = "Decide the same for the other"


def repeated(teacher: Browser, x: Account, at: datetime, weeks: int = 3) -> tuple[str, list[str]]:
    """A post that was handed in, and the pages of its repetitions, soonest first."""
    path = write(teacher, x, at=at)
    until = f"{(at + timedelta(weeks=weeks)).astimezone(LONDON):%Y-%m-%d}"
    teacher.post(f"{path}/repeat", f"{path}/repeat", series=str(uuid4()), rhythm="weekly", until=until)
    with reading() as session:
        draft = session.get_one(Draft, UUID(path[-36:]))
        others = [one for one, _planned_at in drafts.in_series(session, draft) if one.id != draft.id]
        return path, [f"/drafts/{one.id}" for one in others]


def listed(page: str) -> list[str]:
    """What a page's form brings back of the other posts."""
    return re.findall(r'name="other" value="([^"]+)"', page)


def states(*paths: str) -> list[DraftState]:
    with reading() as session:
        return [session.get_one(Draft, UUID(path[-36:])).state for path in paths]


def hand_in_all(teacher: Browser, path: str) -> str:
    page = teacher.get(path).text
    teacher.post(f"{path}/series/hand-in", path, revision="1", other=listed(page))
    return teacher.get(path).text


def test_a_series_is_handed_in_with_the_checklist_of_the_first(
    teacher: Browser, x: Account, later: datetime
) -> None:
    path, others = repeated(teacher, x, later)
    page = teacher.get(path).text
    assert "3 other posts of this series say the same" in page and "Hand in these 3, too" in page
    assert [one.partition(" ")[0] for one in listed(page)] == [other[-36:] for other in others]
    # On a page of one that isn't handed in itself there is no checklist yet that could count.
    assert "say the same" not in teacher.get(others[0]).text
    shown = hand_in_all(teacher, path)
    assert "3 more posts are handed in." in shown and "say the same" not in shown
    assert states(path, *others) == [DraftState.SUBMITTED] * 4
    with reading() as session:
        newest = drafts.current_revisions(session, session.scalars(sa.select(Draft)).all())
        assert {frozenset(one.checklist) for one in newest.values()} == {frozenset(Criterion)}
        handed_in = session.scalars(sa.select(Submission.revision_id)).all()
        assert sorted(handed_in) == sorted(one.id for one in newest.values())
        assert len({one.planned_at for one in newest.values()}) == 4
    # Once more, from the page of before: nothing is handed in twice.
    again = teacher.post(f"{path}/series/hand-in", path, revision="1", other=listed(page))
    assert "changed or decided meanwhile" in teacher.get(again.headers["Location"]).text
    assert count(Submission) == 4


@pytest.mark.parametrize("practice", [True, False])
def test_what_is_handed_in_in_one_press_is_one_mail_with_a_link_for_each(
    teacher: Browser, x: Account, later: datetime, practice: bool
) -> None:
    """Also in a practice school, which mails one by one what comes one by one."""
    path, others = repeated(teacher, x, later)
    with transaction() as session:
        session.execute(sa.update(School).values(practice=practice))
        if not practice:
            # Handed in long before, so that nothing else gathers them.
            session.execute(sa.update(ApprovalRequest).values(created_at=now() - timedelta(hours=1)))
    assert len(mails("approval_request")) == 1
    shown = hand_in_all(teacher, path)
    assert "3 more posts are handed in. Asked to decide: Margaret Oyelaran, by e-mail" in shown
    assert len(mails("approval_request")) == 1
    [mail] = mails("approval_requests")
    assert str(mail["Subject"]).startswith("Decide on 3 posts: ")
    plain = mail.get_body(("plain",))
    assert plain is not None
    tokens = [part.split()[0] for part in plain.get_content().split("/approve/")[1:]]
    with reading() as session:
        asks = [decisions.look(session, token, now=now()).draft.draft_id for token in tokens]
        assert asking.mail_due(session, now=now() + timedelta(hours=1)) == 0, "none is asked about twice"
    assert [f"/drafts/{one}" for one in asks] == others


def test_what_is_handed_in_is_asked_about_though_the_rest_of_the_press_is_lost(
    teacher: Browser, x: Account, later: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pages stop before the mail is written: a worker writes it, once, and says that it is urgent."""
    path, others = repeated(teacher, x, later)
    with transaction() as session:
        # Handed in long before, so that nothing else gathers them; urgent, which waits for nothing.
        session.execute(sa.update(ApprovalRequest).values(created_at=now() - timedelta(hours=1)))
        session.execute(sa.update(DraftRevision).values(urgent=True))

    def lost(*_args: object, **_named: object) -> int:
        raise RuntimeError("The server stopped.")

    monkeypatch.setattr(asking, "mail_together", lost)
    page = teacher.get(path).text
    answer = teacher.post(f"{path}/series/hand-in", path, revision="1", other=listed(page))
    assert answer.status_code == 500 and set(states(*others)) == {DraftState.SUBMITTED}
    assert mails("approval_requests") == []
    with transaction() as session:
        made = [asking.mail_due(session, now=now() + timedelta(seconds=wait)) for wait in (0, 15, 15)]
    assert made == [0, 1, 0]
    [mail] = mails("approval_requests")
    assert str(mail["Subject"]).startswith("Urgent, decide on 3 posts: ")


def test_who_wants_each_post_alone_is_mailed_each_alone(
    teacher: Browser, x: Account, later: datetime, school_people: dict[Role, Person]
) -> None:
    with transaction() as session:
        session.get_one(Person, school_people[Role.HEADTEACHER].id).asked_one_by_one = True
    path, _others = repeated(teacher, x, later, weeks=2)
    hand_in_all(teacher, path)
    assert len(mails("approval_request")) == 3 and mails("approval_requests") == []


def test_what_says_something_else_or_cannot_go_is_left_with_its_author(
    teacher: Browser, signed_in: Callable[[Role], Browser], x: Account, later: datetime
) -> None:
    path, others = repeated(teacher, x, later)
    before = teacher.get(path).text
    edit = f"{others[0]}/edit"
    at = later + timedelta(weeks=1)
    teacher.post(edit, edit, **fields(x, at=at, text="The fair is off.", based_on="1", do="save"))
    left = [one.partition(" ")[0] for one in listed(teacher.get(path).text)]
    assert left == [one[-36:] for one in others[1:]]
    # From the page of before the change: the changed one is named as left, the others go.
    answer = teacher.post(f"{path}/series/hand-in", path, revision="1", other=listed(before))
    shown = teacher.get(answer.headers["Location"]).text
    assert "2 more posts are handed in." in shown and "Not handed in: One of them was changed" in shown
    assert states(*others) == [DraftState.DRAFT, DraftState.SUBMITTED, DraftState.SUBMITTED]
    # Nobody else hands in an author's series, and no other draft goes with it.
    foreign = write(teacher, x, at=later + timedelta(days=40), do="save", text="Something else")
    teacher.post(f"{path}/series/hand-in", path, revision="1", other=f"{foreign[-36:]} 1")
    assert states(foreign) == [DraftState.DRAFT]
    head = signed_in(Role.HEADTEACHER)
    refused = head.post(f"{path}/series/hand-in", path, revision="1", other=f"{others[0][-36:]} 1")
    assert refused.status_code in {302, 403, 404} and states(others[0]) == [DraftState.DRAFT]


def test_p12_one_press_decides_each_of_a_series_for_itself(
    teacher: Browser, head: Browser, x: Account, later: datetime
) -> None:
    path, others = repeated(teacher, x, later)
    hand_in_all(teacher, path)
    page = head.get(path).text
    assert f"{TOO} 3 posts of this series that wait" in page
    # Without the tick it is one post's decision, as ever.
    sent = {"revision": "1", "decision": "approve", "other": listed(page)}
    head.post(f"{path}/decide", path, **sent)
    assert states(path, *others) == [DraftState.APPROVED, *[DraftState.SUBMITTED] * 3]
    page = head.get(others[0]).text
    assert f"{TOO} 2 posts" in page and path[-36:] not in " ".join(listed(page))
    answer = head.post(
        f"{others[0]}/decide", others[0], revision="2", decision="approve", series="yes", other=listed(page)
    )
    assert "You approved it, and 2 more posts of this series." in head.get(answer.headers["Location"]).text
    assert states(path, *others) == [DraftState.APPROVED] * 4
    with reading() as session:
        found = rows(sa.select(ApprovalDecision))
        revisions = {one.id: one for one in session.scalars(sa.select(DraftRevision))}
        newest = drafts.current_revisions(session, session.scalars(sa.select(Draft)).all())
        assert {one.revision_id for one in found} == {one.id for one in newest.values()}
        assert all(one.revision_hash == revisions[one.revision_id].content_hash for one in found)
        assert len({one.revision_hash for one in found}) == 4
    planned = {one.planned_at for one in rows(sa.select(Publication))}
    first = later.astimezone(LONDON)
    assert {at.astimezone(LONDON) for at in planned} == {first + timedelta(weeks=n) for n in range(4)}


def words_of(mail: EmailMessage) -> str:
    plain = mail.get_body(("plain",))
    assert plain is not None
    return str(plain.get_content())


def test_its_author_gets_one_mail_about_what_was_decided_in_one_press(
    teacher: Browser, head: Browser, x: Account, later: datetime
) -> None:
    path, _others = repeated(teacher, x, later)
    hand_in_all(teacher, path)
    page = head.get(path).text
    head.post(f"{path}/decide", path, revision="1", decision="approve", series="yes", other=listed(page))
    assert mails("decision") == []
    [mail] = mails("decisions")
    assert str(mail["Subject"]).startswith("Margaret Oyelaran approved 4 posts: ")
    said = words_of(mail)
    days = [short_time(one) for one in rows(sa.select(Publication.planned_at))]
    assert "They will be published on " in said and len(days) == 4 and all(day in said for day in days)
    with reading() as session:
        assert session.scalars(sa.select(OutboxEmail.next_try_at)).all()[-1] <= now()


def test_who_decides_in_the_headteachers_place_is_told_of_in_one_mail_too(
    teacher: Browser, signed_in: Callable[[Role], Browser], x: Account, later: datetime
) -> None:
    path, _others = repeated(teacher, x, later, weeks=1)
    hand_in_all(teacher, path)
    deputy = signed_in(Role.SLT)
    page = deputy.get(path).text
    why = {"decision": "changes", "reason": "Name the hall", "series": "yes", "other": listed(page)}
    deputy.post(f"{path}/decide", path, revision="1", **why)
    assert mails("decision") == mails("decided_in_place") == []
    found = {str(one["To"].addresses[0].addr_spec): one for one in mails("decisions")}
    assert set(found) == {"teacher@larkfield.test", "head@larkfield.test"}
    for_head = found["head@larkfield.test"]
    assert str(for_head["Subject"]).startswith("In your place, ") and "2 posts" in str(for_head["Subject"])
    assert "Hannah Birtwistle wrote them." in words_of(for_head)
    for_author = words_of(found["teacher@larkfield.test"])
    assert "asked for changes to these 2 posts" in for_author and "Name the hall" in for_author


def test_a_decision_is_told_of_by_itself_where_the_rest_of_the_press_is_lost(
    teacher: Browser, head: Browser, x: Account, later: datetime, school_people: dict[Role, Person]
) -> None:
    """The pages stop after the first: what they queued goes a minute later, and nothing twice."""
    path, others = repeated(teacher, x, later, weeks=2)
    hand_in_all(teacher, path)
    approver, ids = school_people[Role.HEADTEACHER], [UUID(one[-36:]) for one in (path, *others)]
    done = []
    for draft_id, number in zip(ids, (1, 2, 2), strict=True):
        with transaction() as session:
            by = session.get_one(Person, approver.id)
            proof = decisions.prove_signed_in(session, draft_id, by=by, revision_number=number)
            made = decisions.decide(session, proof, decision=DecisionKind.APPROVE, reason="", now=now())
            decided_together.hold_back(session, made, now=now())
            done.append(proof.submission_id)
    with transaction() as session:
        waiting = session.scalars(
            sa.select(OutboxEmail).where(OutboxEmail.purpose == "decision").order_by(OutboxEmail.id)
        ).all()
        assert len(waiting) == 3
        assert all(now() < one.next_try_at <= now() + decided_together.WAIT for one in waiting)
        # The first went after all: it isn't told once more.
        waiting[0].state = MailState.SENT
    with transaction() as session:
        decided_together.tell(session, done, now=now())
        decided_together.tell(session, done, now=now())
    assert len(mails("decision")) == 1
    [mail] = mails("decisions")
    assert "approved 2 posts" in str(mail["Subject"])


def test_p12_nothing_is_decided_that_was_not_listed_as_it_is_now(
    teacher: Browser, head: Browser, x: Account, later: datetime
) -> None:
    """Changed and handed in again after the page was opened; taken back; another post altogether."""
    path, others = repeated(teacher, x, later)
    hand_in_all(teacher, path)
    foreign = write(teacher, x, at=later + timedelta(days=40), text="Something else")
    page = head.get(path).text
    changed, taken, same = others
    edit = f"{changed}/edit"
    at = later + timedelta(weeks=1)
    teacher.post(edit, edit, **fields(x, at=at, text="Another fair.", based_on="2"))
    teacher.post(f"{taken}/withdraw", taken, reason="No")
    assert states(changed, taken) == [DraftState.SUBMITTED, DraftState.DRAFT]
    answer = head.post(
        f"{path}/decide", path, revision="1", decision="approve", series="yes",
        other=[*listed(page), f"{foreign[-36:]} 1", "nonsense", f"{same[-36:]} 1"],
    )  # fmt: skip
    shown = head.get(answer.headers["Location"]).text
    assert "You approved it, and 1 more post of this series." in shown and "Not decided: " in shown
    assert states(path, changed, taken, same, foreign) == [
        DraftState.APPROVED, DraftState.SUBMITTED, DraftState.DRAFT, DraftState.APPROVED,
        DraftState.SUBMITTED,
    ]  # fmt: skip
    assert count(ApprovalDecision) == 2


def test_it_is_said_where_all_the_others_were_decided_meanwhile(
    teacher: Browser, head: Browser, x: Account, later: datetime
) -> None:
    path, others = repeated(teacher, x, later)
    hand_in_all(teacher, path)
    before = head.get(path).text
    for other in others:
        head.post(f"{other}/decide", other, revision="2", decision="reject", reason="Not now.")
    answer = head.post(
        f"{path}/decide", path, revision="1", decision="approve", series="yes", other=listed(before)
    )
    page = head.get(answer.headers["Location"]).text
    assert "3 of them were changed or decided meanwhile: look at each by itself." in page
    assert states(path, *others) == [DraftState.APPROVED, *[DraftState.REJECTED] * 3]


def test_an_older_version_of_another_post_is_not_decided(
    teacher: Browser, head: Browser, x: Account, later: datetime
) -> None:
    path, others = repeated(teacher, x, later, weeks=1)
    hand_in_all(teacher, path)
    page = head.get(path).text
    # Moved to another day since: the same words, but not the version that was listed.
    at = (later + timedelta(days=9)).astimezone(LONDON)
    teacher.post(
        f"{others[0]}/move", f"{others[0]}/move",
        planned_date=f"{at:%Y-%m-%d}", planned_time=f"{at:%H:%M}", based_on="2", do="submit",
    )  # fmt: skip
    assert states(others[0]) == [DraftState.SUBMITTED]
    head.post(f"{path}/decide", path, revision="1", decision="approve", series="yes", other=listed(page))
    assert states(path, others[0]) == [DraftState.APPROVED, DraftState.SUBMITTED]


def test_p12_a_proof_for_one_post_is_none_for_what_says_something_else(
    teacher: Browser, x: Account, later: datetime, school_people: dict[Role, Person]
) -> None:
    """Whatever the page listed: it may have been changed at this moment."""
    path, others = repeated(teacher, x, later, weeks=2)
    hand_in_all(teacher, path)
    edit = f"{others[0]}/edit"
    at = later + timedelta(weeks=1)
    teacher.post(edit, edit, **fields(x, at=at, text="Another fair.", based_on="2"))
    foreign = write(teacher, x, at=later + timedelta(days=40))
    ids = {name: UUID(one[-36:]) for name, one in zip("abcd", (path, *others, foreign), strict=True)}
    head = school_people[Role.HEADTEACHER]
    with reading() as session:
        proof = decisions.prove_signed_in(session, ids["a"], by=head, revision_number=1)
        assert series_together.prove(session, proof, ids["c"], number=2).draft_id == ids["c"]
        for other, number in (("b", 3), ("d", 1)):
            with pytest.raises(DraftChanged, match="look at it by itself"):
                series_together.prove(session, proof, ids[other], number=number)


def test_p12_by_a_link_the_pin_counts_for_all_of_them(
    app: Flask, teacher: Browser, x: Account, later: datetime
) -> None:
    path, others = repeated(teacher, x, later)
    link = f"/approve/{mailed_token()}"
    hand_in_all(teacher, path)
    visitor = Browser(app.test_client())
    page = visitor.get(link).text
    assert f"{TOO} 3 posts" in page
    form = {"decision": "reject", "reason": "Not this year", "series": "yes", "other": listed(page)}
    wrong = visitor.post(link, link, **form, pin="000000")
    assert wrong.status_code == 403 and count(ApprovalDecision) == 0
    assert re.search(r'name="series"[^>]* checked', wrong.text), "the tick stays"
    assert visitor.post(link, link, **form, pin=PRACTICE_PIN).status_code == 303
    assert states(path, *others) == [DraftState.REJECTED] * 4
    assert {one.how for one in rows(sa.select(ApprovalDecision))} == {"pin"}
    done = visitor.get(f"{link}/done").text
    assert "Margaret Oyelaran rejected it, and 3 more posts of this series." in done
    assert "Another post waits" not in done


def test_pupils_are_the_same_in_whatever_order_the_database_gives_them(
    teacher: Browser, x: Account, later: datetime
) -> None:
    path, _others = repeated(teacher, x, later)
    with transaction() as session:
        pupils = session.scalars(sa.select(Pupil.id).order_by(Pupil.id)).all()
        assert len(pupils) > 1
        for number, revision in enumerate(session.scalars(sa.select(DraftRevision)).all()):
            for pupil in pupils if number % 2 else reversed(pupils):
                session.add(RevisionPupil(revision_id=revision.id, pupil_id=pupil))
                session.flush()
    with reading() as session:
        draft = session.get_one(Draft, UUID(path[-36:]))
        newest = drafts.current_revisions(session, drafts_of(session, draft), media=True)
        for number, one in enumerate(newest.values()):
            one.pupils.sort(key=lambda entry: entry.pupil_id, reverse=bool(number % 2))
        assert len(series_together.to_hand_in(session, draft)) == 3
        session.rollback()


def drafts_of(session: Session, draft: Draft) -> list[Draft]:
    return [one for one, _planned_at in drafts.in_series(session, draft)]


def test_a_long_series_is_compared_in_as_many_questions_as_a_short_one(
    teacher: Browser, x: Account, later: datetime
) -> None:
    took = []
    for weeks in (2, 9):
        path, others = repeated(teacher, x, later, weeks)
        for one in (None, UUID(others[0][-36:])):
            with reading() as session, asked() as found:
                draft = session.get_one(Draft, UUID(path[-36:]))
                alike = series_together.to_hand_in(session, draft, only=one)
                assert len(alike) == (weeks if one is None else 1)
            took.append(len(found))
    assert took[:2] == took[2:]


def test_of_many_that_can_not_go_it_is_said_why_of_the_first_and_how_many_more(
    teacher: Browser, x: Account, later: datetime, school_people: dict[Role, Person]
) -> None:
    path, others = repeated(teacher, x, later, weeks=8)
    with transaction() as session:
        head, author = (
            session.get_one(Person, school_people[one].id) for one in (Role.HEADTEACHER, Role.STAFF)
        )
        people.withdraw_authorisation(
            session, author, session.get_one(Account, x.id), by=head, reason="Moved", now=now()
        )
    page = teacher.get(path).text
    answer = teacher.post(
        f"{path}/series/hand-in", path, revision="1", other=[*listed(page), "nonsense", "another"]
    )
    shown = teacher.get(answer.headers["Location"]).text
    assert shown.count("Not handed in: ") == 7 and shown.count("has not authorised you") == 5
    assert "Not handed in: 3 more posts of this series: look at each by itself." in shown
    assert "Not handed in: 2 of them were changed or decided meanwhile: look at each by itself." in shown
    assert states(*others) == [DraftState.DRAFT] * 8


def test_what_is_odd_about_a_day_is_said_beside_it_to_who_hands_in_and_who_decides(
    app: Flask,
    teacher: Browser,
    head: Browser,
    x: Account,
    later: datetime,
    school_people: dict[Role, Person],
) -> None:
    """With the first they looked at what is odd about its own day alone."""
    at = later.astimezone(LONDON) + timedelta(weeks=2)
    with transaction() as session:
        school_year.enter(
            session, kind=DatesKind.INSET, name="Staff training", first_day=at.date(), last_day=at.date(),
            by=session.get_one(Person, school_people[Role.HEADTEACHER].id), now=now(),
        )  # fmt: skip
        [odd] = odd_times.warnings(session, at)
    path, _others = repeated(teacher, x, later)
    link, beside = f"/approve/{mailed_token()}", f"<li>{timed(say(at))} <b>{escape(odd)}</b></li>"
    assert beside in teacher.get(path).text
    hand_in_all(teacher, path)
    for page in (head.get(path).text, Browser(app.test_client()).get(link).text):
        assert TOO in page and beside in page
