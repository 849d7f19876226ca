"""To untick a name takes nobody out of a picture (P26, P28)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from approvals import decisions, drafts
from approvals.checks import DraftRefused
from approvals.content import of_revision, revision_hash
from approvals.previews import preview
from approvals.states import DraftState
from school.models import Account, Person, Pupil
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
