"""To untick a name takes nobody out of a picture (P26, P28)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals import decisions, drafts, holding, planning, publishing
from approvals.checks import DraftRefused
from approvals.content import of_revision, revision_hash
from approvals.models import DecisionKind, Publication
from approvals.previews import preview
from approvals.states import DraftState, PublicationState
from school import consent
from school.models import Account, Person, Pupil, Role
from tests.approvals import scenes

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def test_p26_a_pupil_without_consent_is_not_unticked_out_of_the_same_picture(
    session: Session,
    teacher: Person,
    head: Person,
    x: Account,
    rosa: Pupil,
    tobias: Pupil,
    later: datetime,
    now: datetime,
) -> None:
    """Its author says that they can not be seen there, and whoever decides reads that."""
    first, second = scenes.add_picture(session, teacher, now), scenes.add_picture(session, teacher, now)
    marked = scenes.content(
        x, at=later, none_shown=False, pupil_ids=(rosa.id, tobias.id), pictures=(scenes.choice(first),)
    )
    draft = drafts.save(session, None, marked, by=teacher, now=now)
    session.commit()
    with pytest.raises(DraftRefused, match=r"Tobias .* on X in force on .*: blur or crop the pupil"):
        scenes.submit(session, draft, teacher, now)
    for appears in ({"pupil_ids": (rosa.id,)}, {"pupil_ids": (), "none_shown": True}):
        unticked = replace(marked, based_on=draft.revision_number, **appears)  # type: ignore[arg-type]
        drafts.save(session, draft.id, unticked, by=teacher, now=now)
        with pytest.raises(
            DraftRefused, match=r"Tobias Fairclough was marked as seen in “fair.jpg” before"
        ) as no:
            scenes.submit(session, draft, teacher, now)
        assert [problem.field for problem in no.value.problems] == ["not_seen"]
    # An answer that nobody asked for is none: Rosa has consent.
    said = replace(unticked, based_on=draft.revision_number, not_seen=(tobias.id, rosa.id))
    drafts.save(session, draft.id, said, by=teacher, now=now)
    revision = drafts.current_revision(session, draft)
    assert revision.not_seen == [str(tobias.id)] and of_revision(revision).not_seen == (tobias.id,)
    submitted = scenes.submit(session, draft, teacher, now)
    assert draft.state is DraftState.SUBMITTED and submitted.revision_id == revision.id
    sentence = f"{teacher.name} says that Tobias Fairclough can’t be seen in “fair.jpg”."
    assert any(one.startswith(sentence) for one in preview(session, draft, revision).warnings)
    for kind in ("plain", "html"):
        body = scenes.mails(session, "approval_request", head)[-1].get_body((kind,))
        assert body is not None and sentence in " ".join(body.get_content().split())
    # What the author says is part of what is approved.
    proof = decisions.prove_signed_in(session, draft.id, by=head, revision_number=revision.number)
    assert proof.revision_hash == revision_hash(session, revision)
    revision.not_seen = None
    assert proof.revision_hash != revision_hash(session, revision)
    session.rollback()
    other = replace(unticked, based_on=draft.revision_number, pictures=(scenes.choice(second),))
    drafts.save(session, draft.id, other, by=teacher, now=now)
    scenes.submit(session, draft, teacher, now)
    assert not any(
        "says that" in one
        for one in preview(session, draft, drafts.current_revision(session, draft)).warnings
    )


def test_p26_a_repetition_or_a_copy_asks_about_the_same_picture_again(
    session: Session,
    teacher: Person,
    x: Account,
    tobias: Pupil,
    later: datetime,
    now: datetime,
) -> None:
    """Neither loses what was said of the picture in the draft that it comes from."""
    picture = scenes.choice(scenes.add_picture(session, teacher, now))
    marked = scenes.content(x, at=later, none_shown=False, pupil_ids=(tobias.id,), pictures=(picture,))
    draft = drafts.save(session, None, marked, by=teacher, now=now)
    bare = replace(marked, based_on=1, pupil_ids=(), none_shown=True)
    drafts.save(session, draft.id, replace(bare, not_seen=(tobias.id,)), by=teacher, now=now)
    until = (later + timedelta(days=8)).date()
    [again] = planning.repeat(
        session, draft.id, rhythm=planning.Rhythm.WEEKLY, until=until, series=uuid4(), by=teacher, now=now
    )
    assert drafts.current_revision(session, again).not_seen == [str(tobias.id)]
    told = preview(session, again, drafts.current_revision(session, again)).warnings
    assert any("Tobias Fairclough can’t be seen" in one for one in told)
    copy = drafts.save(session, None, replace(bare, based_on=0), by=teacher, now=now)
    with pytest.raises(DraftRefused, match="Tobias Fairclough was marked as seen"):
        scenes.submit(session, copy, teacher, now)


@pytest.mark.parametrize("approved", [False, True])
def test_p26_a_consent_that_ends_later_is_asked_about_then(
    approved: bool,
    session: Session,
    teacher: Person,
    head: Person,
    school_people: dict[Role, Person],
    x: Account,
    rosa: Pupil,
    later: datetime,
    now: datetime,
) -> None:
    """While Rosa had consent nobody asked whether she can be seen: without that nothing goes on."""
    picture = scenes.choice(scenes.add_picture(session, teacher, now))
    marked = scenes.content(x, at=later, none_shown=False, pupil_ids=(rosa.id,), pictures=(picture,))
    draft = drafts.save(session, None, marked, by=teacher, now=now)
    bare = replace(marked, based_on=1, pupil_ids=(), none_shown=True)
    drafts.save(session, draft.id, bare, by=teacher, now=now)
    scenes.submit(session, draft, teacher, now)
    proof = decisions.prove_signed_in(session, draft.id, by=head, revision_number=2)

    def approve() -> None:
        decisions.decide(session, proof, decision=DecisionKind.APPROVE, reason="", now=now)

    if approved:
        approve()
    dpo = school_people[Role.DPO]
    consent.withdraw(session, rosa.consents[0].id, reason="Asked to", by=dpo, now=now)
    session.commit()
    if not approved:
        with pytest.raises(DraftRefused, match=r"Rosa .* was marked as seen"):
            approve()
        return
    [publication] = session.scalars(sa.select(Publication))
    assert publishing.claim(session, publication.id, now=later) is None
    assert publication.state is PublicationState.HELD
    assert "Rosa Ainsworth was marked as seen" in str(publication.problem)
    with pytest.raises(DraftRefused, match=r"Rosa .* was marked as seen"):
        holding.publish_now(session, publication.id, looked=False, reason="Now", by=head, now=later)
