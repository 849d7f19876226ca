"""What is different between two versions of a draft, in words."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals.checks import account_name
from approvals.models import (
    ApprovalDecision,
    Criterion,
    DecisionKind,
    DraftRevision,
    PupilsAppear,
    Submission,
)
from school.times import say

WORDS_COMPARED_MOST = 2000
"""Longer texts are shown whole: comparing them word by word would take seconds."""

SIGNED = "Signed in the checklist"
PLANNED, OBJECTIVE, APPEAR = "Planned for", "What it is for", "How they appear"
_WHOLE = frozenset({PLANNED, OBJECTIVE, APPEAR})
"""What is one thing and not a text: half of an old date beside half of a new one can be read as neither."""

Kind = Literal["same", "gone", "new"]


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that was different before; `before` and `after` are never both empty."""

    what: str
    before: str
    after: str

    @property
    def note(self) -> str:
        """What to say in place of the two; empty where they are to be read.

        A change of the words ends every signature, so those of the checklist went by no hand (P14).
        """
        return "The checklist has to be signed again." if self.what == SIGNED and not self.after else ""

    @property
    def pieces(self) -> list[tuple[Kind, str]]:
        """The two as one text, piece by piece: what stayed, what went, what is new."""
        if self.what in _WHOLE and self.before and self.after:
            return [("gone", self.before), ("same", " → "), ("new", self.after)]
        old, new = (re.findall(r"\s+|[^\s]+", text) for text in (self.before, self.after))
        if len(old) > WORDS_COMPARED_MOST or len(new) > WORDS_COMPARED_MOST or not old or not new:
            whole: list[tuple[Kind, str]] = [("gone", self.before), ("new", self.after)]
            return [piece for piece in whole if piece[1]]
        found: list[tuple[Kind, str]] = []
        for tag, i, j, k, m in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
            if tag == "equal":
                found.append(("same", "".join(old[i:j])))
                continue
            found += [("gone", "".join(old[i:j]))] * (i < j)
            found += [("new", "".join(new[k:m]))] * (k < m)
        return found


@dataclass(frozen=True, slots=True)
class AskedBefore:
    """That an approver asked for changes the last time, and what is different since."""

    name: str
    at: datetime
    of_number: int
    """Of which version."""
    reason: str
    changes: tuple[Change, ...]

    @property
    def unchanged(self) -> str:
        """A sentence for the author who changed nothing; empty where something was changed."""
        return "" if self.changes else f"You changed nothing since {self.name} asked: “{self.reason}”"

    @property
    def since(self) -> str:
        """What was changed since, for whoever decides."""
        if not self.changes:
            return "Nothing was changed since."
        return f"Changed since: {', '.join(change.what for change in self.changes)}."


def asked_before(session: Session, revision: DraftRevision) -> AskedBefore | None:
    """Who asked for changes of a version or of one before it, if that is the last that was decided."""
    found = session.execute(
        sa.select(ApprovalDecision, DraftRevision)
        .join(DraftRevision, DraftRevision.id == ApprovalDecision.revision_id)
        .where(ApprovalDecision.draft_id == revision.draft_id, DraftRevision.number <= revision.number)
        .order_by(ApprovalDecision.decided_at.desc(), ApprovalDecision.id.desc())
        .limit(1)
    ).first()
    if found is None or found[0].kind is not DecisionKind.CHANGES:
        return None
    decision, before = found
    return AskedBefore(
        decision.approver.name, decision.decided_at, before.number, decision.reason, changes(before, revision)
    )


def decided_before(session: Session, revision: DraftRevision) -> bool:
    """Whether anything was decided of this version or of one before it, whether it counts or not."""
    earlier = (
        sa.select(ApprovalDecision.id)
        .join(DraftRevision, DraftRevision.id == ApprovalDecision.revision_id)
        .where(ApprovalDecision.draft_id == revision.draft_id, DraftRevision.number <= revision.number)
    )
    return bool(session.scalar(sa.select(earlier.exists())))


def changes(before: DraftRevision, after: DraftRevision) -> tuple[Change, ...]:
    """What a second version says otherwise than a first, in the order of the form; empty when nothing."""
    old, new = _said(before), _said(after)
    return tuple(
        Change(what, old.get(what, ""), new.get(what, ""))
        for what in dict.fromkeys([*old, *new])
        if old.get(what, "") != new.get(what, "")
    )


def seen_before(session: Session, revision: DraftRevision) -> DraftRevision | None:
    """The version that was handed in last before this one, if any: what approvers have seen."""
    return session.scalar(
        sa.select(DraftRevision)
        .join(Submission, Submission.revision_id == DraftRevision.id)
        .where(DraftRevision.draft_id == revision.draft_id, DraftRevision.number < revision.number)
        .order_by(DraftRevision.number.desc())
        .limit(1)
    )


def _said(revision: DraftRevision) -> dict[str, str]:
    """Everything that a version says, by what a person calls it."""
    said = {"Accounts": ", ".join(sorted(account_name(entry.account) for entry in revision.accounts))}
    said["Text"] = revision.text
    for entry in revision.accounts:
        if entry.own_text is not None:
            said[f"Wording for {account_name(entry.account)}"] = entry.own_text
    said["Link"] = revision.link
    # With a part of its id: another file of the same name is another picture.
    said["Pictures"] = ", ".join(
        f"{picture.media.filename} (no. {picture.media_id.hex[-4:]})" for picture in revision.pictures
    )
    for place, picture in enumerate(revision.pictures, start=1):
        name = f"picture {place}, {picture.media.filename}"
        said[f"Description of {name}"] = picture.alt_text
        said[f"Owner of {name}"], said[f"Licence of {name}"] = picture.source, picture.licence
    if revision.video is not None:
        name = revision.video.video.filename
        said["Video"] = f"{name} (no. {revision.video.video_id.hex[-4:]})"
        said[f"Description of the video {name}"] = revision.video.alt_text
        said[f"Owner of the video {name}"] = revision.video.source
        said[f"Licence of the video {name}"] = revision.video.licence
    said["Pupils shown or named"] = (
        "none, says the author"
        if revision.none_shown
        # With the class: another pupil may have the same name.
        else ", ".join(sorted(f"{entry.pupil.name} ({entry.pupil.class_name})" for entry in revision.pupils))
    )
    if revision.pupils:
        said[APPEAR] = PupilsAppear(revision.pupils_appear or PupilsAppear.SEEN).in_words
    said[PLANNED] = say(revision.planned_at) if revision.planned_at else ""
    said[OBJECTIVE] = revision.objective.in_words if revision.objective else ""
    said["Urgent"] = "yes" if revision.urgent else "no"
    said["Device"] = revision.device
    # What is signed, so that a signature that is missing now is struck out, not marked as new.
    said[SIGNED] = " ".join(
        criterion.in_words for criterion in Criterion if criterion.value in revision.checklist
    )
    return said
