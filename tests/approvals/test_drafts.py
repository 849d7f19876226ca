"""Saving, handing in and taking back (P1, P12 to P16, P26, P27)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals import checks, differences, drafts, findings, revising, schedule, submissions
from approvals.checks import DraftRefused
from approvals.content import DraftContent, PictureChoice, of_revision, revision_hash
from approvals.drafts import EditConflict
from approvals.models import (
    ApprovalDecision,
    ApprovalRequest,
    Criterion,
    Draft,
    DraftMove,
    DraftRevision,
    MediaRendition,
    Objective,
    PupilsAppear,
    RenditionUse,
)
from approvals.states import DraftState, PublicationState
from school import audit, consent, people, secrets, terms, training
from school.db import new_id
from school.errors import BadInput, MoveNotAllowed, NotPermitted
from school.models import Account, AuditEntry, Person, Pupil, Role
from school.times import today
from tests.approvals import scenes

SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def refused(session: Session, by: Person, what: DraftContent, now: datetime) -> str:
    with pytest.raises(DraftRefused) as error:
        drafts.save(session, None, what, by=by, now=now)
    assert session.scalar(sa.select(sa.func.count()).select_from(Draft)) == 0
    return str(error.value)


def asked(session: Session, by: Person, what: DraftContent, now: datetime) -> str:
    """What handing in says of a draft that was saved, and stays just so."""
    draft = drafts.save(session, None, what, by=by, now=now)
    with pytest.raises(DraftRefused) as error:
        scenes.submit(session, draft, by, now)
    assert (draft.state, draft.revision_number) == (DraftState.DRAFT, 1)
    return str(error.value)


def test_a_draft_may_be_saved_unfinished(
    session: Session, teacher: Person, x: Account, now: datetime
) -> None:
    draft = drafts.save(session, None, DraftContent(account_ids=(x.id,)), by=teacher, now=now)
    assert (draft.state, draft.revision_number) == (DraftState.DRAFT, 1)
    problems = checks.submission_problems(session, drafts.current_revision(session, draft), now=now)
    assert {problem.field for problem in problems} == {
        "text",
        "planned_time",
        "objective",
        "checklist",
        "pupils",
    }
    with pytest.raises(DraftRefused):
        scenes.submit(session, draft, teacher, now)
    assert draft.state is DraftState.DRAFT
    as_written = DraftContent(account_ids=(x.id,), link="www.larkfield.sch.uk/fair")
    other = drafts.save(session, None, as_written, by=teacher, now=now)
    assert drafts.current_revision(session, other).link == "https://www.larkfield.sch.uk/fair"


def test_only_who_is_authorised_for_every_account_saves_and_hands_in(
    session: Session,
    teacher: Person,
    head: Person,
    x: Account,
    facebook: Account,
    later: datetime,
    now: datetime,
) -> None:
    """P1: by page, API or command, all come through here."""
    draft = drafts.save(session, None, scenes.content(x, facebook, at=later), by=teacher, now=now)
    session.commit()
    people.withdraw_authorisation(session, teacher, facebook, by=head, reason="Moved class", now=now)
    with pytest.raises(NotPermitted, match="Facebook Larkfield Primary"):
        drafts.save(session, None, scenes.content(x, facebook, at=later), by=teacher, now=now)
    with pytest.raises(NotPermitted):
        scenes.submit(session, draft, teacher, now)
    newcomer = people.find(session, "newteacher@larkfield.test")
    assert newcomer is not None
    with pytest.raises(NotPermitted):
        drafts.save(session, None, scenes.content(x, at=later), by=newcomer, now=now)
    with pytest.raises(NotPermitted, match="Only the author"):
        drafts.save(session, draft.id, scenes.content(x, at=later, based_on=1), by=head, now=now)
    people.set_active(session, teacher, False, by=head, reason="Left", now=now)
    with pytest.raises(NotPermitted):
        drafts.save(session, None, scenes.content(x, at=later), by=teacher, now=now)


def test_an_edit_after_approval_voids_it_and_cancels_what_was_scheduled(
    session: Session, teacher: Person, head: Person, x: Account, later: datetime, now: datetime
) -> None:
    """P12."""
    draft, [publication] = scenes.approved(session, teacher, head, now, x, at=later)
    # Saved with nothing changed, in the form that comes with an empty checklist: the approval stands.
    same = scenes.content(x, at=later, based_on=1)
    for unchanged in (same, replace(same, checklist=frozenset())):
        drafts.save(session, draft.id, unchanged, by=teacher, now=now)
    assert (draft.state, draft.revision_number) == (DraftState.APPROVED, 1)
    assert publication.state is PublicationState.SCHEDULED
    drafts.save(
        session, draft.id, scenes.content(x, at=later, text="Another", based_on=1), by=teacher, now=now
    )
    session.commit()
    assert draft.state is DraftState.DRAFT and draft.revision_number == 2
    assert publication.state is PublicationState.CANCELLED
    decision = session.scalars(sa.select(ApprovalDecision)).one()
    assert decision.voided_at == now
    kept = session.scalars(sa.select(DraftRevision.text).order_by(DraftRevision.number)).all()
    assert kept == ["The summer fair is on Saturday at noon.", "Another"]
    new = [move.new.value for move in drafts.moves(session, draft)]
    assert new == ["draft", "submitted", "approved", "draft"]
    assert audit.verify(session) is None
    actions = set(session.scalars(sa.select(AuditEntry.action)))
    assert {"draft_submitted", "draft_approved", "draft_draft", "publication_cancelled"} <= actions
    # The same words handed in again need, and get, an approval of their own.
    scenes.submit(session, draft, teacher, now)
    scenes.approve(session, draft, head, now)
    assert [p.state.value for p in schedule.publications(session, draft)] == ["scheduled", "cancelled"]


@SQLITE
def test_p12_whatever_is_changed_is_no_longer_what_is_saved(
    session: Session,
    school_people: dict[Role, Person],
    teacher: Person,
    head: Person,
    x: Account,
    facebook: Account,
    rosa: Pupil,
    later: datetime,
    now: datetime,
) -> None:
    """Each thing that a form holds by itself, approved or not: no change is taken for none."""
    first, second = (scenes.choice(scenes.add_picture(session, teacher, now)) for _ in range(2))
    same_name = consent.add_pupil(
        session, name=rosa.name, class_name="Year 2 Owls", by=school_people[Role.DPO], now=now
    )
    more = {"none_shown": False, "pupil_ids": (rosa.id,), "pictures": (first, second), "text": "The fair."}
    draft, _ = scenes.approved(session, teacher, head, now, x, facebook, at=later, **more)
    same = scenes.content(x, facebook, at=later, **more)
    moved = replace(first, source="", licence=f"{first.source} · {first.licence}")
    changes: list[dict[str, object]] = [
        {"text": "The fair!"},
        {"own_texts": {x.id: "The fair."}},
        {"account_ids": (x.id,)},
        {"link": "https://example.sch.uk/fair"},
        scenes.planned(later + timedelta(minutes=1)),
        scenes.planned(later + timedelta(days=365)),
        {"objective": Objective.PARENTS},
        {"urgent": True},
        {"device": "School tablet 5"},
        {"pupil_ids": (same_name.id,)},
        {"pupil_ids": (rosa.id, same_name.id)},
        {"pupil_ids": (), "none_shown": True},
        {"pupils_appear": next(one for one in PupilsAppear if one is not PupilsAppear.SEEN)},
        {"pictures": (second, first)},
        {"pictures": (first,)},
        {"pictures": (first, scenes.choice(scenes.add_picture(session, teacher, now)))},
        {"pictures": (replace(first, alt_text="Stalls"), second)},
        {"pictures": (moved, second)},
        {"checklist": frozenset(list(Criterion)[:6])},
    ]

    def saved(what: DraftContent) -> bool:
        revision, problems = revising.revise(session, what, draft, by=teacher, now=now)
        assert not problems
        return drafts.is_saved(session, draft, revision)

    unsigned = replace(same, checklist=frozenset())
    assert saved(same) and saved(replace(same, account_ids=(facebook.id, x.id))) and saved(unsigned)
    for change in changes:
        assert not saved(replace(same, **change)), change  # type: ignore[arg-type]
    # Another file in a picture's place, under the same id.
    copy = session.scalars(
        sa.select(MediaRendition).where(
            MediaRendition.media_id == first.media_id, MediaRendition.use == RenditionUse.FACEBOOK
        )
    ).one()
    kept, copy.sealed = copy.sealed, secrets.encrypt(b"another")
    session.flush()
    assert not saved(same)
    copy.sealed = kept
    drafts.withdraw(session, draft.id, reason="", by=teacher, now=now)
    assert saved(same) and not saved(unsigned)
    for change in changes:
        assert not saved(replace(same, **change)), change  # type: ignore[arg-type]
    # What was changed is named in words, to whoever asked for a change.
    revision, _ = revising.revise(
        session,
        replace(same, pupil_ids=(same_name.id,), pictures=(moved, second)),
        draft,
        by=teacher,
        now=now,
    )
    named = differences.changes(drafts.current_revision(session, draft), revision)
    assert [one.what.split(" of ")[0] for one in named] == ["Owner", "Licence", "Pupils shown or named"]
    session.rollback()


def test_an_edit_while_waiting_kills_the_links(
    session: Session, teacher: Person, x: Account, later: datetime, now: datetime
) -> None:
    draft = drafts.save(session, None, scenes.content(x, at=later), by=teacher, now=now)
    scenes.submit(session, draft, teacher, now)
    some = frozenset(list(Criterion)[:6])
    drafts.save(
        session, draft.id, scenes.content(x, at=later, based_on=1, checklist=some), by=teacher, now=now
    )
    requests = session.scalars(sa.select(ApprovalRequest).execution_options(populate_existing=True)).all()
    assert requests and all(request.voided_at == now for request in requests)
    assert "edited" in str(requests[0].void_reason)


def test_taking_back_is_for_what_is_handed_in(
    session: Session, teacher: Person, head: Person, x: Account, later: datetime, now: datetime
) -> None:
    draft, [publication] = scenes.approved(session, teacher, head, now, x, at=later)
    with pytest.raises(NotPermitted):
        drafts.withdraw(session, draft.id, reason="", by=head, now=now)
    drafts.withdraw(session, draft.id, reason="The fair is off", by=teacher, now=now)
    assert (draft.state, publication.state) == (DraftState.DRAFT, PublicationState.CANCELLED)
    with pytest.raises(MoveNotAllowed):
        drafts.withdraw(session, draft.id, reason="", by=teacher, now=now)
    scenes.submit(session, draft, teacher, now)
    scenes.approve(session, draft, head, now)
    assert len(schedule.publications(session, draft)) == 2


def test_an_older_version_is_not_written_over_a_newer_one(
    session: Session, teacher: Person, x: Account, later: datetime, now: datetime
) -> None:
    draft = drafts.save(session, None, scenes.content(x, at=later), by=teacher, now=now)
    drafts.save(
        session, draft.id, scenes.content(x, at=later, text="Tab one", based_on=1), by=teacher, now=now
    )
    with pytest.raises(EditConflict, match="version 1, and version 2 is saved"):
        drafts.save(
            session, draft.id, scenes.content(x, at=later, text="Tab two", based_on=1), by=teacher, now=now
        )
    assert drafts.current_revision(session, draft).text == "Tab one"
    with pytest.raises(MoveNotAllowed):
        submissions.submit(session, draft.id, revision_number=1, findings=[], by=teacher, now=now)


@SQLITE
def test_p16_texts_are_counted_as_each_platform_counts(
    session: Session, teacher: Person, x: Account, facebook: Account, later: datetime, now: datetime
) -> None:
    """P16."""
    fits = scenes.content(x, at=later, text="a" * 256, link="https://example.sch.uk/" + "long/" * 40)
    assert drafts.save(session, None, fits, by=teacher, now=now)
    session.rollback()
    assert "counts 281 characters" in asked(session, teacher, replace(fits, text="a" * 257), now)
    emoji = scenes.content(x, at=later, text="🏫" * 141)
    assert "counts 282 characters" in asked(session, teacher, emoji, now)
    both = scenes.content(x, facebook, at=later, text="ä" * 100_000)
    said = asked(session, teacher, both, now)
    assert "X @larkfieldprimary counts 100,000 characters: at most 280" in said
    assert "Facebook Larkfield Primary counts 100,000 characters: at most 63,206" in said
    own = scenes.content(x, facebook, at=later, text="b" * 5000, own_texts={x.id: "Short"})
    assert drafts.save(session, None, own, by=teacher, now=now)


@SQLITE
def test_p16_more_pictures_than_a_platform_takes_are_not_handed_in(
    session: Session, teacher: Person, x: Account, facebook: Account, later: datetime, now: datetime
) -> None:
    small = scenes.picture_bytes(120, 120)
    five = tuple(scenes.choice(scenes.add_picture(session, teacher, now, small)) for _ in range(5))
    for account, pictures in ((x, five[:4]), (facebook, five)):
        drafts.save(session, None, scenes.content(account, at=later, pictures=pictures), by=teacher, now=now)
    both = scenes.content(x, facebook, at=later, pictures=five)
    draft = drafts.save(session, None, both, by=teacher, now=now)
    with pytest.raises(DraftRefused, match=r"^X @\S+ takes at most 4 pictures in a post; this one has 5"):
        scenes.submit(session, draft, teacher, now)


@SQLITE
def test_instagram_needs_a_picture_of_a_shape_that_it_shows(
    session: Session, teacher: Person, instagram: Account, later: datetime, now: datetime
) -> None:
    draft = drafts.save(session, None, scenes.content(instagram, at=later), by=teacher, now=now)
    with pytest.raises(DraftRefused, match="takes no post without a picture"):
        scenes.submit(session, draft, teacher, now)
    session.rollback()
    tall = scenes.add_picture(session, teacher, now, scenes.picture_bytes(300, 1000))
    what = scenes.content(instagram, at=later, pictures=(scenes.choice(tall),))
    assert "too tall for Instagram" in asked(session, teacher, what, now)
    what = scenes.content(instagram, at=later, text="#a " * 31)
    assert "at most 30 hashtags" in asked(session, teacher, what, now)


@SQLITE
@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"planned_date": "soon"}, "can't be read"),
        ({"planned_date": "2026-12-01", "planned_time": "noon"}, "can't be read"),
        ({"planned_date": "", "planned_time": "noon"}, "can't be read"),
        ({"planned_date": "0001-01-01"}, "out of range"),
        ({"planned_time": "10:00+05:00"}, "no zone"),
        ({"link": "https://example.sch.uk/" + "a" * 3000}, "at most 2,000"),
        ({"device": "d" * 1001}, "at most 1,000"),
    ],
)
def test_bad_input_is_one_clear_sentence(
    change: dict[str, object],
    says: str,
    session: Session,
    teacher: Person,
    x: Account,
    later: datetime,
    now: datetime,
) -> None:
    assert says in refused(session, teacher, replace(scenes.content(x, at=later), **change), now)  # type: ignore[arg-type]


UNSOUND = [
    ({"planned_date": "2027-03-28", "planned_time": "01:30"}, "does not exist"),
    ({"planned_date": "2027-10-31", "planned_time": "01:30"}, "happens twice"),
    ({"planned_date": "2020-01-01", "planned_time": "10:00"}, "in the past"),
    ({"planned_date": "2039-01-01", "planned_time": "10:00"}, "more than a year ahead"),
    ({"planned_time": ""}, "The time is missing"),
    ({"planned_date": ""}, "The date is missing"),
    ({"link": "javascript:alert(1)"}, "isn't a web address"),
    ({"link": "https://me:secret@example.sch.uk/"}, "isn't a web address"),
    ({"text": "a" * 281}, "counts 281 characters"),
]
"""What a draft in work may say and nothing that is handed in may."""


@SQLITE
@pytest.mark.parametrize(("change", "says"), UNSOUND)
def test_what_can_not_be_handed_in_is_saved_as_it_was_typed(
    change: dict[str, object],
    says: str,
    session: Session,
    teacher: Person,
    x: Account,
    later: datetime,
    now: datetime,
) -> None:
    """P12, P16: a draft can be saved half finished; only handing it in judges."""
    typed = replace(scenes.content(x, at=later), **change)  # type: ignore[arg-type]
    assert says in asked(session, teacher, typed, now)
    draft = session.scalars(sa.select(Draft)).one()
    session.commit()
    session.expire_all()
    assert of_revision(drafts.current_revision(session, draft)) == typed
    assert (
        drafts.save(session, draft.id, replace(typed, based_on=1), by=teacher, now=now).revision_number == 1
    )
    better = replace(scenes.content(x, at=later), based_on=1)
    drafts.save(session, draft.id, better, by=teacher, now=now)
    scenes.submit(session, draft, teacher, now)


@SQLITE
@pytest.mark.parametrize(("change", "says"), UNSOUND)
def test_p12_what_is_handed_in_or_approved_is_not_given_up_for_what_can_not_be_handed_in(
    change: dict[str, object],
    says: str,
    session: Session,
    teacher: Person,
    x: Account,
    later: datetime,
    now: datetime,
) -> None:
    """P12: the page says what is wrong, and the decision or the asking for it stands."""
    what = scenes.content(x, at=later)
    draft = drafts.save(session, None, what, by=teacher, now=now)
    scenes.submit(session, draft, teacher, now)
    worse = replace(what, based_on=1, **change)  # type: ignore[arg-type]
    with pytest.raises(DraftRefused, match=says):
        drafts.save(session, draft.id, worse, by=teacher, now=now)
    assert (draft.state, draft.revision_number) == (DraftState.SUBMITTED, 1)


@SQLITE
def test_ids_that_nobody_offered_are_refused(
    session: Session, teacher: Person, head: Person, x: Account, later: datetime, now: datetime
) -> None:
    theirs = scenes.add_picture(session, head, now)
    for change, says in (
        ({"account_ids": (new_id(),)}, "An account that was chosen does not exist"),
        ({"pupil_ids": (new_id(),), "none_shown": False}, "A pupil who was chosen is not in the consent"),
        ({"pictures": (scenes.choice(theirs),)}, "A picture that was chosen does not exist"),
    ):
        assert says in refused(session, teacher, replace(scenes.content(x, at=later), **change), now)  # type: ignore[arg-type]


@SQLITE
def test_a_draft_without_an_account_is_kept_and_can_not_be_handed_in(
    session: Session, teacher: Person, later: datetime, now: datetime
) -> None:
    draft = drafts.save(session, None, scenes.content(at=later), by=teacher, now=now)
    session.commit()
    with pytest.raises(DraftRefused, match="No account is chosen"):
        scenes.submit(session, draft, teacher, now)


@SQLITE
def test_p15_pictures_need_description_owner_and_licence(
    session: Session, teacher: Person, x: Account, later: datetime, now: datetime
) -> None:
    """P15, P16."""
    media = scenes.add_picture(session, teacher, now)
    what = scenes.content(x, at=later, pictures=(PictureChoice(media_id=media.id, alt_text="  "),))
    draft = drafts.save(session, None, what, by=teacher, now=now)
    with pytest.raises(DraftRefused) as error:
        scenes.submit(session, draft, teacher, now)
    # One sentence for one picture, however much is missing beside it.
    name = media.filename
    said = [one.sentence for one in error.value.problems if one.field == "pictures"]
    assert said == [f"“{name}” has no description, no owner and no licence: fill them in beside it."]
    for given, missing in (
        ({"alt_text": "Stalls", "source": "Us"}, "has no licence: say why the school may use it."),
        ({"alt_text": "Stalls", "licence": "Ours"}, "has no owner: say who took it or where it is from."),
        ({"source": "Us"}, "has no description and no licence: fill them in beside it."),
    ):
        what = scenes.content(x, at=later, pictures=(PictureChoice(media_id=media.id, **given),))
        draft = drafts.save(session, None, what, by=teacher, now=now)
        with pytest.raises(DraftRefused) as error:
            scenes.submit(session, draft, teacher, now)
        assert f"“{name}” {missing}" in [one.sentence for one in error.value.problems]


@SQLITE
@pytest.mark.parametrize(
    "words",
    [
        "Well done Rosa Ainsworth!",
        "well done ROSA   ainsworth",
        "Rosa\nAinsworth won",
        "Rosa-Ainsworth",
        "#Rosa Áinsworth",
    ],
)
def test_p27_a_pupils_full_name_beside_a_picture_stops_the_draft(
    words: str, session: Session, teacher: Person, x: Account, rosa: Pupil, later: datetime, now: datetime
) -> None:
    """P27: in the text, in an own wording and in a description."""
    media = scenes.add_picture(session, teacher, now)
    for change in (
        {"text": words, "pictures": (scenes.choice(media),)},
        {"own_texts": {x.id: words}, "pictures": (scenes.choice(media),)},
        {"pictures": (scenes.choice(media, alt_text=words),)},
    ):
        draft = drafts.save(session, None, scenes.content(x, at=later, **change), by=teacher, now=now)
        with pytest.raises(DraftRefused, match=r"full name, “Rosa Ainsworth”"):
            scenes.submit(session, draft, teacher, now)
    for fine in ("Well done Rosa!", "Rosamund Ainsworthy", "The Ainsworth cup"):
        draft = drafts.save(
            session,
            None,
            scenes.content(x, at=later, text=fine, pictures=(scenes.choice(media),)),
            by=teacher,
            now=now,
        )
        scenes.submit(session, draft, teacher, now)


@SQLITE
def test_p26_every_pupil_shown_needs_consent_on_the_planned_day(
    session: Session, teacher: Person, head: Person, x: Account, rosa: Pupil, tobias: Pupil, now: datetime
) -> None:
    """P26."""
    soon = now + timedelta(hours=2)
    both = scenes.content(x, at=soon, none_shown=False, pupil_ids=(rosa.id, tobias.id))
    draft = drafts.save(session, None, both, by=teacher, now=now)
    with pytest.raises(DraftRefused, match="Tobias Fairclough has no consent"):
        scenes.submit(session, draft, teacher, now)
    far = scenes.content(x, at=now + timedelta(days=320), none_shown=False, pupil_ids=(rosa.id,))
    draft = drafts.save(session, None, far, by=teacher, now=now)
    with pytest.raises(DraftRefused, match="Rosa Ainsworth has no consent"):
        scenes.submit(session, draft, teacher, now)
    torn = drafts.save(session, None, scenes.content(x, at=soon, pupil_ids=(rosa.id,)), by=teacher, now=now)
    with pytest.raises(DraftRefused, match="take one of the two back"):
        scenes.submit(session, torn, teacher, now)
    silent = scenes.content(x, at=soon, none_shown=False)
    draft = drafts.save(session, None, silent, by=teacher, now=now)
    with pytest.raises(DraftRefused, match="Say which pupils are shown or named"):
        scenes.submit(session, draft, teacher, now)


@SQLITE
def test_the_hash_covers_what_an_approval_must_and_nothing_by_chance(
    session: Session,
    teacher: Person,
    x: Account,
    facebook: Account,
    rosa: Pupil,
    later: datetime,
    now: datetime,
) -> None:
    one, two = (
        scenes.add_picture(session, teacher, now),
        scenes.add_picture(session, teacher, now, scenes.picture_bytes(500, 500)),
    )
    base = scenes.content(x, facebook, at=later, pictures=(scenes.choice(one),))

    def hashed(what: DraftContent) -> str:
        draft = drafts.save(session, None, what, by=teacher, now=now)
        revision = drafts.current_revision(session, draft)
        session.commit()
        session.expire_all()
        assert revision_hash(session, revision) == revision.content_hash
        return revision.content_hash

    first = hashed(base)
    assert hashed(base) == first
    # Not covered: what says nothing of the post itself.
    assert hashed(replace(base, device="Another", urgent=True)) == first
    assert hashed(replace(base, own_texts={x.id: base.text})) == first
    assert hashed(replace(base, account_ids=tuple(reversed(base.account_ids)))) == first
    others = [
        replace(base, text="Else"),
        replace(base, own_texts={x.id: "Else"}),
        replace(base, own_texts={facebook.id: "Else"}),
        replace(base, link="https://example.sch.uk/"),
        replace(base, account_ids=(x.id,)),
        replace(base, pictures=()),
        replace(base, pictures=(scenes.choice(two),)),
        replace(base, pictures=(scenes.choice(one), scenes.choice(two))),
        replace(base, pictures=(scenes.choice(two), scenes.choice(one))),
        replace(base, pictures=(scenes.choice(one, alt_text="Else"),)),
        replace(base, none_shown=False, pupil_ids=(rosa.id,)),
        replace(base, **scenes.planned(later + timedelta(minutes=1))),
    ]
    hashes = [hashed(what) for what in others]
    assert len({first, *hashes}) == len(others) + 1


@SQLITE
def test_any_unicode_survives_and_what_cannot_be_stored_is_replaced(
    session: Session, teacher: Person, facebook: Account, later: datetime, now: datetime
) -> None:
    text = "Łódź 學校 🏫‍👩‍👧 \x00 \ud800 \u202e done\r\nline two"
    draft = drafts.save(session, None, scenes.content(facebook, at=later, text=text), by=teacher, now=now)
    session.commit()
    session.expire_all()
    revision = drafts.current_revision(session, draft)
    assert revision.text == "Łódź 學校 🏫‍👩‍👧 \ufffd \ufffd \u202e done\nline two"
    assert revision_hash(session, revision) == revision.content_hash


@SQLITE
def test_a_draft_that_nobody_may_approve_is_not_handed_in(
    session: Session,
    head: Person,
    school_people: dict[Role, Person],
    x: Account,
    later: datetime,
    now: datetime,
) -> None:
    """The headteacher's own draft goes to others; with nobody left it can't be handed in."""
    draft = drafts.save(session, None, scenes.content(x, at=later), by=head, now=now)
    session.commit()
    for role in (Role.SLT, Role.CHAIR):
        for person in people.holders(session, role):
            people.set_active(session, person, False, by=head, reason="Away", now=now)
    session.flush()
    with pytest.raises(BadInput, match="Nobody can approve"):
        scenes.submit(session, draft, head, now)


@SQLITE
def test_who_sees_which_draft(
    session: Session,
    teacher: Person,
    school_people: dict[Role, Person],
    x: Account,
    later: datetime,
    now: datetime,
) -> None:
    draft = drafts.save(session, None, scenes.content(x, at=later), by=teacher, now=now)
    session.commit()
    for role, person in school_people.items():
        sees = role in {Role.STAFF, Role.HEADTEACHER, Role.SLT, Role.CHAIR, Role.DPO}
        assert drafts.may_see(session, draft, by=person, now=now) is sees, role
        # What was never handed in is listed for others only where they ask for it.
        own = role is Role.STAFF
        assert (draft in drafts.listed(session, by=person, mine=False, now=now)[0]) is own
        listed, _more = drafts.listed(session, by=person, mine=False, in_work=True, now=now)
        assert (draft in listed) is sees
    scenes.submit(session, draft, teacher, now)
    for role, person in school_people.items():
        sees = role in {Role.STAFF, Role.HEADTEACHER, Role.SLT, Role.CHAIR, Role.DPO}
        assert (draft in drafts.listed(session, by=person, mine=False, now=now)[0]) is sees


def test_p14_findings_name_scores_personal_data_and_links(now: datetime) -> None:
    """P14: beside the checklist, stopping nothing."""
    found = findings.findings(
        ["Ring 020 7946 0958 or write to office@larkfield.sch.uk", "See https://example.org/x"],
        link="https://example.sch.uk/",
        score=lambda texts: [{"toxicity": 0.1, "insult": 0.9} for _ in texts],
        personal=lambda text: [f"Look: {text}"],
    )
    said = [finding.sentence for finding in found]
    assert said[0] == "The wording reads as rude or hurtful: insult 90%."
    assert said[1].startswith("Look: Ring 020 7946 0958 or write to")
    assert sum(finding.kind == "link" for finding in found) == 2
    flagged = findings.findings(
        ["One", "Two"], score=lambda texts: [{} for _ in texts], flags=lambda text, _: [f"has {text}"]
    )
    assert flagged[0].sentence == "As a comment this would be flagged: has One; has Two."
    assert "not scored" in findings.findings(["Hello"])[0].sentence
    fine = findings.findings(["Hello"], score=lambda texts: [{"toxicity": 0.0}])
    assert [finding.kind for finding in fine] == ["none"]
    earlier = {"kind": "score", "sentence": findings.EARLIER_ALL_CLEAR}
    link = findings.Finding("link", "Open its link and look at the page: https://example.org/a").as_json()
    kept = [earlier, *(one.as_json() for one in (*fine, *flagged[:1])), link]
    for known, left in (([], [kept[2], link]), (["https://example.org/a"], [kept[2]])):
        assert findings.concerns(kept, said_of=known) == left, "an all-clear is no concern, nor a link twice"


@SQLITE
def test_every_save_leaves_its_trace(
    session: Session, teacher: Person, x: Account, later: datetime, now: datetime
) -> None:
    draft = drafts.save(session, None, scenes.content(x, at=later), by=teacher, now=now)
    scenes.submit(session, draft, teacher, now)
    moves = session.scalars(sa.select(DraftMove).order_by(DraftMove.id)).all()
    assert [(move.old, move.new.value, move.actor_id) for move in moves] == [
        (None, "draft", teacher.id),
        (DraftState.DRAFT, "submitted", teacher.id),
    ]
    assert len(Criterion) == 7


def test_the_calendar_shows_what_each_may_see(
    session: Session,
    teacher: Person,
    head: Person,
    x: Account,
    school_people: dict[Role, Person],
    make_account: Callable[..., Account],
    later: datetime,
    now: datetime,
) -> None:
    scenes.approved(session, teacher, head, now, x, at=later)
    drafts.save(session, None, scenes.content(x, at=later, text="Not yet"), by=teacher, now=now)
    session.commit()
    day = later.date()
    dates = {"first": day, "last": day, "now": now}
    assert len(schedule.calendar(session, by=teacher, **dates)) == 2  # type: ignore[arg-type]
    assert len(schedule.calendar(session, by=head, **dates)) == 2  # type: ignore[arg-type]
    [entry] = schedule.calendar(session, by=school_people[Role.MODERATOR], **dates)  # type: ignore[arg-type]
    assert entry.state is PublicationState.SCHEDULED and entry.at == later


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_p6_p7_nobody_hands_in_without_training_and_terms(
    session: Session, teacher: Person, head: Person, x: Account, now: datetime, later: datetime
) -> None:
    """It can be written and saved all the same: nothing typed is lost."""
    # The practice school, which may have been made within this minute, was trained before the incident.
    now += timedelta(minutes=1)
    training.refresh_after_incident(session, reason="Incident", by=head, url="https://social.test", now=now)
    terms.publish(
        session,
        text="New terms",
        what_changed="All",
        based_on=1,
        by=head,
        url="https://social.test",
        now=now,
    )
    draft = drafts.save(session, None, scenes.content(x, at=later), by=teacher, now=now)
    with pytest.raises(DraftRefused) as refused:
        submissions.submit(
            session, draft.id, revision_number=draft.revision_number, findings=[], by=teacher, now=now
        )
    assert [p.field for p in refused.value.problems] == ["", ""]
    assert "terms of use" in str(refused.value) and "After an incident" in str(refused.value)
    assert draft.state is DraftState.DRAFT
    terms.accept(session, number=2, by=teacher, now=now)
    training.record(
        session,
        person_ids=[teacher.id],
        held_on=today(now),
        valid_until=None,
        about="Refresher",
        by=head,
        now=now,
    )
    submissions.submit(
        session, draft.id, revision_number=draft.revision_number, findings=[], by=teacher, now=now
    )
    assert draft.state is DraftState.SUBMITTED
