"""How long posts, pictures and the pupils shown are kept (P34). Periods are defaults: the DPO sets them."""

from __future__ import annotations

import sqlalchemy as sa

from approvals import erasing, link_looks, unsaved
from approvals.models import Draft, LinkLook, MediaFile, UnsavedDraft, VideoFile
from school import holds
from school.models import HoldOn, Pupil
from school.retention import YEAR, Condition, Rule, Subject

STAFF = "staff"


def _drafts_of(subject: Subject) -> Condition | None:
    if subject.kind is HoldOn.PERSON:
        return Draft.author_id == subject.id
    return erasing.shows(subject.id) if subject.kind is HoldOn.PUPIL else None


def _of(subject: Subject, *conditions: Condition) -> Condition | None:
    theirs = _drafts_of(subject)
    return None if theirs is None else sa.and_(theirs, erasing.settled(), *conditions)


RULES = (
    Rule(
        key="unsaved",
        title="What somebody was writing and did not save",
        called="What they were writing and did not save",
        why="So that nothing typed is lost when a browser or a machine stops.",
        counted_from="from when it was last kept",
        days=unsaved.FOR.days,
        least=1,
        most=90,
        tables=("unsaved_drafts",),
        column=UnsavedDraft.id,
        over=lambda begins: (UnsavedDraft.kept_at < begins,),
        held=erasing.unsaved_held,
        erase=erasing.erase_unsaved,
        of=lambda subject: UnsavedDraft.person_id == subject.id if subject.kind is HoldOn.PERSON else None,
        people=STAFF,
        data="the unfinished form",
    ),
    Rule(
        key="links",
        title="What was found behind the links of drafts",
        why="To show a link as the platforms will, and to say that one leads nowhere, without asking its "
        "site each time.",
        counted_from="from when it was last looked at",
        days=link_looks.FRESH.days,
        least=1,
        most=30,
        tables=("link_looks",),
        column=LinkLook.id,
        over=lambda begins: (LinkLook.asked_at < begins,),
        held=sa.false,
        erase=erasing.erase_link_looks,
    ),
    Rule(
        key="drafts",
        title="Drafts that were never published",
        why="To take up an idea again, and to see what was refused and why.",
        counted_from="from the last change",
        days=YEAR,
        least=30,
        most=6 * YEAR,
        tables=(
            "drafts",
            "draft_revisions",
            "draft_moves",
            "draft_remarks",
            "submissions",
            "approval_requests",
        ),
        column=Draft.id,
        over=lambda begins: (Draft.changed_at < begins, erasing.settled(), sa.not_(erasing.published())),
        held=erasing.draft_held,
        erase=erasing.erase_drafts,
        of=lambda subject: _of(subject, sa.not_(erasing.published())),
        people="staff who write, decide or are written about; pupils named or shown",
        data="texts, pictures, names of the pupils shown, findings, remarks, decisions and their reasons",
    ),
    Rule(
        key="posts",
        title="Published posts with their approvals",
        why="What the school said in public, who approved it and which pupils it shows: as long as a child "
        "is at a primary school. A post that shows a pupil still at the school is kept, so that a withdrawn "
        "consent finds it.",
        counted_from="from the last change",
        days=7 * YEAR,
        least=YEAR,
        most=25 * YEAR,
        tables=(
            "drafts",
            "approval_decisions",
            "post_figures",
            "publications",
            "publication_moves",
            "publication_steps",
            "public_pictures",
            "revision_accounts",
            "revision_pictures",
            "revision_pupils",
            "revision_videos",
            "takedowns",
            "takedown_moves",
        ),
        column=Draft.id,
        over=lambda begins: (
            Draft.changed_at < begins,
            erasing.settled(),
            erasing.published(),
            sa.not_(erasing.shows_pupil_at_school()),
            sa.not_(erasing.kept_with_account()),
        ),
        held=erasing.draft_held,
        erase=erasing.erase_drafts,
        of=lambda subject: _of(subject, erasing.published()),
        people="staff who write, decide or are written about; pupils named or shown",
        data="texts, pictures, names of the pupils shown, findings, remarks, decisions, takedowns, "
        "how often each post was seen",
    ),
    Rule(
        key="originals",
        title="Pictures as they came from the camera",
        why="To blur or crop anew from the best copy; they hold place and device, so they go early. The "
        "clean copies stay with their post.",
        counted_from="from the upload",
        days=YEAR,
        least=1,
        most=7 * YEAR,
        tables=("media_files",),
        column=MediaFile.id,
        over=lambda begins: (MediaFile.uploaded_at < begins, MediaFile.original_erased_at.is_(None)),
        held=erasing.picture_held,
        erase=erasing.erase_originals,
        of=lambda subject: (
            sa.and_(MediaFile.uploaded_by_id == subject.id, MediaFile.original_erased_at.is_(None))
            if subject.kind is HoldOn.PERSON
            else None
        ),
        people="pupils and staff who are shown",
        data="the picture with place, time and device, encrypted",
    ),
    Rule(
        key="pictures",
        title="Pictures that no post uses",
        called="Pictures that they uploaded and no post uses",
        why="Somebody may still choose them for the draft they are writing.",
        counted_from="from the upload",
        days=30,
        least=1,
        most=YEAR,
        tables=(
            "media_files",
            "media_renditions",
            "picture_looks",
            "picture_words",
            "blur_choices",
            "crop_choices",
        ),
        column=MediaFile.id,
        over=lambda begins: (MediaFile.uploaded_at < begins, sa.not_(erasing.used())),
        held=erasing.picture_held,
        erase=erasing.erase_pictures,
        of=lambda subject: (
            sa.and_(MediaFile.uploaded_by_id == subject.id, sa.not_(erasing.used()))
            if subject.kind is HoldOn.PERSON
            else None
        ),
        people="pupils and staff who are shown",
        data="the picture and its copies; where faces are in it, never whose; the text inside it; who chose "
        "what is blurred or cut out",
    ),
    Rule(
        key="videos",
        title="Videos that no post uses",
        called="Videos that they uploaded and no post uses",
        why="Somebody may still choose them for the draft they are writing. A video as it came from the "
        "camera goes as soon as its clean copy is made.",
        counted_from="from the upload",
        days=30,
        least=1,
        most=YEAR,
        tables=("videos", "video_pieces", "video_moves"),
        column=VideoFile.id,
        over=lambda begins: (VideoFile.uploaded_at < begins, sa.not_(erasing.video_used())),
        held=erasing.video_held,
        erase=erasing.erase_videos,
        of=lambda subject: (
            sa.and_(VideoFile.uploaded_by_id == subject.id, sa.not_(erasing.video_used()))
            if subject.kind is HoldOn.PERSON
            else None
        ),
        people="pupils and staff who are shown",
        data="the video, encrypted; place, time and device only until it is prepared",
    ),
    Rule(
        key="pupils",
        title="Pupils who left, with their consents",
        called="Entry in the consent register, with consents",
        why="To show that there was consent for a post while it can still be seen or complained about.",
        counted_from="from when they left",
        days=3 * YEAR,
        least=30,
        most=25 * YEAR,
        tables=("pupils", "consents"),
        column=Pupil.id,
        over=lambda begins: (Pupil.left_on < begins.date(), sa.not_(erasing.pupil_shown())),
        held=lambda: holds.held(HoldOn.PUPIL, Pupil.id),
        erase=erasing.erase_pupils,
        of=lambda subject: Pupil.id == subject.id if subject.kind is HoldOn.PUPIL else None,
        people="pupils; parents who gave consent",
        data="name, class, the office's number, consents with giver, dates and withdrawal",
    ),
)
