"""What posts and drafts hold on one person, for a subject access request (P34; article 15)."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals import reach, reach_words
from approvals.erasing import shows
from approvals.models import (
    ApprovalDecision,
    CalendarFeed,
    Draft,
    DraftMove,
    DraftRemark,
    DraftRevision,
    MediaFile,
    Publication,
    Takedown,
    UnsavedDraft,
    VideoFile,
)
from approvals.models.composing import TAKEDOWN_ASKED, TAKEDOWN_STAYS
from approvals.states import IN_WORDS
from connectors.base import Platform
from school.consent import PLATFORMS
from school.held import Section
from school.models import HoldOn
from school.retention import Subject


def sections(session: Session, subject: Subject) -> list[Section]:
    """What somebody of the school wrote, decided and had not saved; the posts that show a pupil."""
    if subject.kind is HoldOn.PUPIL:
        drafts = session.scalars(sa.select(Draft).where(shows(subject.id)).order_by(Draft.created_at))
        return [Section("Posts that show or name them", [_draft(session, draft) for draft in drafts])]
    if subject.kind is not HoldOn.PERSON:
        return []
    drafts = session.scalars(sa.select(Draft).where(Draft.author_id == subject.id).order_by(Draft.created_at))
    decisions = session.scalars(
        sa.select(ApprovalDecision)
        .where(ApprovalDecision.approver_id == subject.id)
        .order_by(ApprovalDecision.decided_at)
    )
    moves = session.scalars(
        sa.select(DraftMove).where(DraftMove.actor_id == subject.id).order_by(DraftMove.at)
    )
    remarks = session.scalars(
        sa.select(DraftRemark).where(DraftRemark.author_id == subject.id).order_by(DraftRemark.at)
    )
    unsaved = session.scalars(sa.select(UnsavedDraft).where(UnsavedDraft.person_id == subject.id))
    pictures = session.scalars(
        sa.select(MediaFile).where(MediaFile.uploaded_by_id == subject.id).order_by(MediaFile.uploaded_at)
    )
    filmed = session.scalars(
        sa.select(VideoFile).where(VideoFile.uploaded_by_id == subject.id).order_by(VideoFile.uploaded_at)
    )
    return [
        Section("Drafts and posts they wrote", [_draft(session, draft) for draft in drafts]),
        Section(
            "Their calendar",
            [{"made": feed.made_at}] if (feed := session.get(CalendarFeed, subject.id)) else [],
        ),
        Section(
            "What they were writing and did not save",
            [{"kept": one.kept_at, **_fields(one.fields)} for one in unsaved],
        ),
        Section(
            "Decisions they made on posts",
            [
                {"at": one.decided_at, "decision": one.kind.in_words, "reason": one.reason, "by": one.how}
                for one in decisions
            ],
        ),
        Section(
            "What they said about drafts",
            [{"at": one.at, "remark": one.text} for one in remarks if one.takedown is None],
        ),
        *_takedowns(session, subject),
        Section(
            "What they did with drafts",
            [{"at": one.at, "made it": IN_WORDS[one.new], "reason": one.reason} for one in moves],
        ),
        Section(
            "Videos they uploaded",
            [{"at": one.uploaded_at, "file": one.filename, "state": one.state.value} for one in filmed],
        ),
        Section(
            "Pictures they uploaded",
            [
                {
                    "at": one.uploaded_at,
                    "file": one.filename,
                    "description": one.alt_text,
                    "source": one.source,
                    "licence": one.licence,
                }
                for one in pictures
            ],
        ),
    ]


def _takedowns(session: Session, subject: Subject) -> list[Section]:
    """Where they asked for a post to be taken down, answered that, had one taken down, or it was theirs."""
    said = (
        sa.select(DraftRemark)
        .join(Draft, Draft.id == DraftRemark.draft_id)
        .where(DraftRemark.takedown.is_not(None))
        .order_by(DraftRemark.at)
    )
    own = session.scalars(said.where(DraftRemark.author_id == subject.id)).all()
    of_theirs = session.scalars(
        said.where(DraftRemark.author_id != subject.id, Draft.author_id == subject.id)
    ).all()
    begun = session.scalars(
        sa.select(Takedown).where(Takedown.requested_by_id == subject.id).order_by(Takedown.requested_at)
    )
    ended = session.scalars(
        sa.select(Takedown).where(Takedown.finished_by_id == subject.id).order_by(Takedown.finished_at)
    )
    return [
        Section(
            "Posts that they asked to have taken down",
            [{"at": one.at, "reason": one.text} for one in own if one.takedown == TAKEDOWN_ASKED],
        ),
        Section(
            "Posts of which they answered that they stay",
            [{"at": one.at, "reason": one.text} for one in own if one.takedown == TAKEDOWN_STAYS],
        ),
        Section(
            "Posts of theirs that somebody asked to have taken down",
            [{"at": one.at, "reason": one.text} for one in of_theirs if one.takedown == TAKEDOWN_ASKED],
        ),
        Section(
            "Posts of theirs of which somebody answered that they stay",
            [{"at": one.at, "reason": one.text} for one in of_theirs if one.takedown == TAKEDOWN_STAYS],
        ),
        Section(
            "Posts that they had taken down",
            [{"at": one.requested_at, **_where(one.publication), "reason": one.reason} for one in begun],
        ),
        Section(
            "Posts that they took down by hand",
            [{"at": one.finished_at, **_where(one.publication)} for one in ended],
        ),
    ]


def _where(publication: Publication) -> dict[str, Any]:
    return {"on": f"{publication.account.display_name} on {PLATFORMS[publication.account.platform]}"}


def _fields(fields: list[list[str]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in fields:
        found.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def _draft(session: Session, draft: Draft) -> dict[str, Any]:
    revisions = session.scalars(
        sa.select(DraftRevision).where(DraftRevision.draft_id == draft.id).order_by(DraftRevision.number)
    )
    publications = session.scalars(sa.select(Publication).where(Publication.draft_id == draft.id)).all()
    removed = set(
        session.scalars(
            sa.select(Takedown.publication_id).where(
                Takedown.publication_id.in_([one.id for one in publications])
            )
        )
    )
    figures = reach.of_publications(session, [one.id for one in publications])
    return {
        "begun": draft.created_at,
        "state": IN_WORDS[draft.state],
        "versions": [
            {
                "at": one.made_at,
                "text": one.text,
                "other wordings": [entry.own_text for entry in one.accounts if entry.own_text],
                "link": one.link,
                "pictures": [picture.alt_text for picture in one.pictures],
                "video": one.video.alt_text if one.video is not None else "",
                "planned": one.planned_at or "",
                "pupils shown": len(one.pupils),
            }
            for one in revisions
        ],
        "published": [
            {
                "on": f"{one.account.display_name} on {PLATFORMS[one.account.platform]}",
                "at": one.published_at or "",
                "address": one.post_url or "",
                "state": IN_WORDS[one.state],
                "taken down or being so": one.id in removed,
                "seen by": reach_words.brief(Platform(one.account.platform), figures.get(one.id)),
            }
            for one in publications
        ],
    }
