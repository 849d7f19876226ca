"""A consent is for an exact kind and, where the parents say so, for one platform (P24 to P26)."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from pypdf import PdfReader
from sqlalchemy.orm import Session

from approvals import drafts, publishing, submissions, takedowns
from approvals.checks import DraftRefused
from approvals.models import Draft, PupilsAppear
from approvals.moves import move_publication
from approvals.standing import standing
from approvals.states import Actor, PublicationState
from school import audit, consent, consent_import, consent_lists, consent_plan, consent_record
from school.errors import BadInput, MoveNotAllowed
from school.models import Account, Consent, ConsentKind, Person, Pupil, Role
from school.models.consent import StoredKind
from school.times import today
from tests.approvals import scenes

SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
HOUR = timedelta(hours=1)


@pytest.fixture
def officer(school_people: dict[Role, Person]) -> Person:
    return school_people[Role.DPO]


@pytest.fixture
def agree(session: Session, officer: Person, now: datetime) -> Callable[..., Consent]:
    """Enters a consent that holds from yesterday to next month."""

    def enter(pupil: Pupil, kind: ConsentKind = ConsentKind.IMAGE, platform: str | None = None) -> Consent:
        made = consent.record_consent(
            session,
            pupil,
            kind=kind,
            given_by="A parent",
            first_day=today(now) - timedelta(days=1),
            last_day=today(now) + timedelta(days=60),
            platform=platform,
            by=officer,
            now=now,
        )
        session.commit()
        return made

    return enter


def places(pupil: Pupil, kind: ConsentKind, on: date) -> set[str]:
    """Where the register lets the pupil appear."""
    return {
        one.platform or "everywhere"
        for one in pupil.consents
        if one.kind is kind and consent.in_force(one, on=on)
    }


def handed_in(
    session: Session, author: Person, now: datetime, *where: Account, picture: bool = True, **more: Any
) -> Draft:
    shown = (scenes.choice(scenes.add_picture(session, author, now)),) if picture else ()
    content = scenes.content(*where, at=now + HOUR, pictures=shown, none_shown=False, **more)
    draft = drafts.save(session, None, content, by=author, now=now)
    session.commit()
    submissions.submit(
        session, draft.id, revision_number=draft.revision_number, findings=[], by=author, now=now
    )
    return draft


@SQLITE
def test_p26_a_consent_for_one_platform_is_none_for_another(
    session: Session, teacher: Person, x: Account, facebook: Account, tobias: Pupil, agree: Any, now: datetime
) -> None:
    agree(tobias, platform="x")
    handed_in(session, teacher, now, x, pupil_ids=(tobias.id,))
    with pytest.raises(DraftRefused, match="no consent for pictures on Facebook in force"):
        handed_in(session, teacher, now, x, facebook, pupil_ids=(tobias.id,))


@SQLITE
@pytest.mark.parametrize(
    ("given", "appear", "refusal"),
    [
        (ConsentKind.IMAGE, PupilsAppear.NAMED, "no consent for being named"),
        (ConsentKind.IMAGE, PupilsAppear.WORK, "no consent for showing their work"),
        (ConsentKind.WORK, PupilsAppear.SEEN, "no consent for pictures"),
        (ConsentKind.NAME, PupilsAppear.SEEN, "no consent for pictures"),
        (ConsentKind.NAME, PupilsAppear.NAMED, ""),
        (ConsentKind.WORK, PupilsAppear.WORK, ""),
        (ConsentKind.IMAGE, PupilsAppear.SEEN, ""),
    ],
)
def test_p26_each_kind_is_a_consent_of_its_own(
    session: Session,
    teacher: Person,
    x: Account,
    tobias: Pupil,
    agree: Any,
    now: datetime,
    given: ConsentKind,
    appear: PupilsAppear,
    refusal: str,
) -> None:
    agree(tobias, given)
    more = {"pupil_ids": (tobias.id,), "pupils_appear": appear}
    if refusal:
        with pytest.raises(DraftRefused, match=refusal):
            handed_in(session, teacher, now, x, **more)
    else:
        assert handed_in(session, teacher, now, x, **more).revision_number == 1


@SQLITE
def test_p12_how_pupils_appear_is_part_of_what_was_approved(
    session: Session, teacher: Person, head: Person, x: Account, tobias: Pupil, agree: Any, now: datetime
) -> None:
    """Turned behind the product's back from “only named” to “seen”, the approval is for something else."""
    agree(tobias, ConsentKind.NAME)
    agree(tobias, ConsentKind.WORK)
    draft, [publication] = scenes.approved(
        session, teacher, head, now, x, none_shown=False, pupil_ids=(tobias.id,),
        pupils_appear=PupilsAppear.NAMED,
    )  # fmt: skip
    drafts.current_revision(session, draft).pupils_appear = "work"
    session.commit()
    assert publishing.claim(session, publication.id, now=publication.due_at) is None
    assert "not exactly what was approved" in (publication.problem or "")


@SQLITE
def test_p25_withdrawn_for_one_platform_it_goes_out_and_stays_on_the_others(
    session: Session,
    officer: Person,
    teacher: Person,
    head: Person,
    x: Account,
    facebook: Account,
    rosa: Pupil,
    now: datetime,
) -> None:
    [given] = rosa.consents
    media = scenes.add_picture(session, teacher, now)
    _draft, made = scenes.approved(
        session, teacher, head, now - 3 * HOUR, x, facebook, at=now - HOUR, none_shown=False,
        pupil_ids=(rosa.id,), pictures=(scenes.choice(media),),
    )  # fmt: skip
    out = {one.account.platform: one for one in made}
    for one in made:
        for state in (PublicationState.PUBLISHING, PublicationState.PUBLISHED):
            move_publication(session, one, state, actor=Actor.PRODUCT, by=None, reason="Out", now=now - HOUR)
        one.published_at, one.post_platform_id = now - HOUR, f"1_{one.account.platform}"
    _draft, waiting = scenes.approved(
        session, teacher, head, now - 3 * HOUR, x, facebook, at=now, none_shown=False,
        pupil_ids=(rosa.id,), pictures=(scenes.choice(media),), text="Another",
    )  # fmt: skip
    consent.withdraw(session, given.id, reason="Not on X any more", platform="x", by=officer, now=now)
    session.commit()
    said = {one.account.platform: standing(session, one, now=now - HOUR).sentence for one in waiting}
    assert "does not go out" in said["x"] and "consent for a pupil in it is missing" in said["x"]
    assert said["facebook"].startswith("It goes out on")
    assert places(rosa, ConsentKind.IMAGE, today(now)) == {"facebook", "instagram"}
    assert {one.last_day for one in rosa.consents} == {given.last_day}, "to the same day as before"
    assert [one.publication_id for one in takedowns.open_for_withdrawn_consent(session, now=now)] == [
        out["x"].id
    ]
    session.commit()
    claimed = {
        one.account.platform: publishing.claim(session, one.id, now=now) is not None for one in waiting
    }
    assert claimed == {"x": False, "facebook": True}
    session.commit()
    # What is left of the consent ends as everybody's does: that is no withdrawal.
    assert takedowns.open_for_withdrawn_consent(session, now=now + timedelta(days=500)) == []
    consent.mark_left(session, rosa.id, by=officer, now=now)
    session.commit()
    assert takedowns.open_for_withdrawn_consent(session, now=now) == []
    [kept] = [one for one in rosa.consents if one.platform == "facebook"]
    consent.withdraw(session, kept.id, reason="Nowhere", platform=None, by=officer, now=now + HOUR)
    session.commit()
    assert [one.publication_id for one in takedowns.open_for_withdrawn_consent(session, now=now + HOUR)] == [
        out["facebook"].id
    ]
    session.commit()
    assert audit.verify(session) is None


@SQLITE
def test_p25_all_of_a_kind_or_everything_is_withdrawn_at_once(
    session: Session,
    officer: Person,
    teacher: Person,
    head: Person,
    x: Account,
    facebook: Account,
    rosa: Pupil,
    agree: Any,
    now: datetime,
) -> None:
    media = scenes.add_picture(session, teacher, now)
    _draft, made = scenes.approved(
        session, teacher, head, now - 3 * HOUR, x, facebook, at=now - HOUR, none_shown=False,
        pupil_ids=(rosa.id,), pictures=(scenes.choice(media),),
    )  # fmt: skip
    out = {one.account.platform: one for one in made}
    for one in made:
        for state in (PublicationState.PUBLISHING, PublicationState.PUBLISHED):
            move_publication(session, one, state, actor=Actor.PRODUCT, by=None, reason="Out", now=now - HOUR)
        one.published_at, one.post_platform_id = now - HOUR, f"1_{one.account.platform}"
    session.commit()

    def end(at: datetime, kind: ConsentKind | None, platform: str | None = None) -> set[str]:
        consent.withdraw_all(
            session, rosa.id, kind=kind, platform=platform, reason="Letter", by=officer, now=at
        )
        session.commit()
        opened = takedowns.open_for_withdrawn_consent(session, now=at)
        session.commit()
        return {next(p for p, one in out.items() if one.id == down.publication_id) for down in opened}

    year_on = now + timedelta(days=500)
    for kind, platform in ((ConsentKind.VIDEO, "x"), (ConsentKind.VIDEO, None), (ConsentKind.WORK, None)):
        agree(rosa, kind, platform)
    assert end(now, ConsentKind.VIDEO) == set(), "it was the picture's consent that counted"
    assert places(rosa, ConsentKind.VIDEO, today(now)) == set()
    assert places(rosa, ConsentKind.WORK, today(now)) == {"everywhere"}
    with pytest.raises(MoveNotAllowed, match="no such consent left"):
        end(now, ConsentKind.VIDEO)
    # What ran out is withdrawn too, there alone: the post on the other platform stays.
    assert end(year_on, None, "x") == {"x"}
    assert end(year_on + HOUR, None) == {"facebook"}
    assert all(one.withdrawn_at for one in rosa.consents)
    with pytest.raises(MoveNotAllowed, match="no such consent on X left"):
        end(year_on + HOUR, None, "x")
    assert audit.verify(session) is None


@SQLITE
def test_a_consent_for_one_platform_is_withdrawn_there_or_everywhere(
    session: Session, officer: Person, tobias: Pupil, agree: Any, now: datetime
) -> None:
    given = agree(tobias, platform="facebook")
    with pytest.raises(BadInput, match="for Facebook alone"):
        consent.withdraw(session, given.id, reason="Letter", platform="x", by=officer, now=now)
    with pytest.raises(BadInput, match="Choose a platform"):
        consent.withdraw(session, given.id, reason="Letter", platform="myspace", by=officer, now=now)
    consent.withdraw(session, given.id, reason="Letter", platform="facebook", by=officer, now=now)
    assert places(tobias, ConsentKind.IMAGE, today(now)) == set()


@SQLITE
def test_a_process_of_the_version_before_shows_less_never_more(
    session: Session, rosa: Pupil, tobias: Pupil, agree: Any
) -> None:
    """It reads the column `kind` alone, and looks for pictures' consents only."""
    agree(tobias, platform="x")
    agree(tobias, ConsentKind.NAME)
    kinds = sa.select(Consent.stored_kind).where(Consent.pupil_id == tobias.id)
    assert set(session.scalars(kinds)) == {StoredKind.WORK}
    assert [one.stored_kind for one in rosa.consents] == [StoredKind.IMAGE]


# The office's list


@SQLITE
def test_p25_a_list_that_gives_again_what_was_withdrawn_says_so(
    session: Session, officer: Person, rosa: Pupil, now: datetime
) -> None:
    [given] = rosa.consents
    consent.withdraw(session, given.id, reason="Letter", platform="x", by=officer, now=now)
    session.commit()
    told = take(
        session, officer, now + HOUR, "Rosa Ainsworth,Year 5 Kites,yes,,A parent,Facebook and Instagram"
    )
    assert not told.given_again, "that was never withdrawn"
    listed = "Rosa Ainsworth,Year 5 Kites,yes,,A parent,all"
    told = take(session, officer, now + HOUR, listed)
    assert [one.before.id for one in told.given_again] == [given.id] and not told.consents, "left out"
    assert places(rosa, ConsentKind.IMAGE, today(now)) == {"facebook", "instagram"}
    [key] = [one.key for one in told.given_again]
    told = take(session, officer, now + HOUR, listed, give_again=(key,))
    # In the last hour of a day what is given an hour later is in force from the next day on.
    assert not told.given_again and places(rosa, ConsentKind.IMAGE, today(now + HOUR)) >= {"everywhere"}
    told = take(session, officer, now + timedelta(days=340), listed)
    assert told.consents and not told.given_again, "entered anew since"


def take(
    session: Session, by: Person, now: datetime, *lines: str, give_again: Sequence[str] = ()
) -> consent_plan.Plan:
    text = "Name,Class,Images,Naming,Given by,Platforms\n" + "\n".join(lines)
    kept = consent_import.keep(
        session,
        consent_lists.read(text.encode(), "list.csv"),
        filename="list.csv",
        whole_school=False,
        by=by,
        now=now,
    )
    done = consent_import.apply(session, kept.id, give_again=give_again, by=by, now=now)
    session.commit()
    return done


@SQLITE
@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("", {"everywhere"}),
        ("all", {"everywhere"}),
        ("X", {"x"}),
        ("Facebook and Insta", {"facebook", "instagram"}),
        ("Twitter; FB", {"x", "facebook"}),
        ("all but X", {"facebook", "instagram"}),
        ("everywhere except on Facebook / Instagram", {"x"}),
        ("not instagram", {"x", "facebook"}),
    ],
)
def test_p24_the_list_says_where(
    session: Session, officer: Person, tobias: Pupil, now: datetime, cell: str, expected: set[str]
) -> None:
    take(session, officer, now, f'Tobias Fairclough,Year 5 Kites,yes,yes,A parent,"{cell}"')
    for kind in (ConsentKind.IMAGE, ConsentKind.NAME):
        assert places(tobias, kind, today(now)) == expected


@pytest.mark.parametrize("cell", ["MySpace", "all but X, Facebook and Instagram", "X and the newspaper"])
def test_p24_a_platform_that_nobody_knows_is_a_bad_line(cell: str) -> None:
    text = f'Name,Class,Images,Given by,Platforms\nA Child,Year 1,yes,A parent,"{cell}"\n'
    [problem] = consent_lists.read(text.encode(), "list.csv").problems
    assert problem.line == 2 and "write “all”" in problem.sentence


@SQLITE
def test_p24_a_list_narrows_and_a_later_one_without_platforms_does_not_widen(
    session: Session, officer: Person, rosa: Pupil, now: datetime
) -> None:
    done = take(session, officer, now, "Rosa Ainsworth,Year 5 Kites,yes,,A parent,X")
    assert len(done.withdrawals) == 1 and places(rosa, ConsentKind.IMAGE, today(now)) == {"x"}
    same = take(session, officer, now, "Rosa Ainsworth,Year 5 Kites,yes,,A parent,X")
    assert same.unchanged == 1 and not same.consents
    # The next September: the office's list has a yes, and says nothing of platforms.
    year_on = now + timedelta(days=340)
    take(session, officer, year_on, "Rosa Ainsworth,Year 5 Kites,yes,,A parent,")
    assert places(rosa, ConsentKind.IMAGE, today(year_on)) == {"x"}
    wider = "Rosa Ainsworth,Year 5 Kites,yes,,A parent,all"
    [again] = take(session, officer, year_on, wider).given_again
    assert places(rosa, ConsentKind.IMAGE, today(year_on)) == {"x"}, (
        "it had ended elsewhere: a person says so"
    )
    take(session, officer, year_on, wider, give_again=(again.key,))
    assert "everywhere" in places(rosa, ConsentKind.IMAGE, today(year_on))


@SQLITE
def test_p24_the_parents_record_says_where(
    session: Session, officer: Person, tobias: Pupil, agree: Any, now: datetime
) -> None:
    agree(tobias, platform="x")
    agree(tobias, ConsentKind.NAME)
    data = consent_record.draw(session, tobias.id, by=officer, now=now)
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)
    plain = " ".join(text.split())
    assert "Pictures that show the pupil X" in plain
    assert "every platform" in plain and "first name or class" in plain
    assert "pictures that show the pupil on Facebook" in plain.replace("Pictures", "pictures")
