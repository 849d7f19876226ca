"""What somebody began to write and did not save: kept at once, named in lists, offered to go on with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import url_for
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from approvals import drafts, schedule, unsaved
from approvals.models import Draft, UnsavedDraft
from school.db import now
from school.models import Person
from web import draft_form, keeping
from web.draft_form import DraftForm

Fields = Sequence[tuple[str, str]]
_REPLACED = ("media", "video", "begins", "remove", "remove_video")
"""Fields of a form whose values are those that stand by now: files were added or taken out."""


@dataclass(frozen=True, slots=True)
class Begun:
    """One post that was begun or changed and not saved."""

    id: UUID
    draft: Draft | None
    """None: it is to become a new draft."""
    words: str
    """Its first words."""
    files: str
    """"with 2 pictures"; empty where it has none."""
    kept_at: datetime
    go_on: str
    """Where it is gone on with."""
    drop: str
    """Where it is thrown away; of a new one the id is to be sent with it."""


def keep(session: Session, draft_id: UUID | None, fields: Fields, *, by: Person) -> None:
    """Keep what is written. The form that began a draft is that draft's by then."""
    if draft_id is None:
        form = draft_form.of_kept([list(field) for field in fields])
        if (begun := draft_form.begun(session, form, person=by)) is not None:
            # What that form knows is what it began the draft with.
            fields = [(name, "1" if name == "based_on" else value) for name, value in fields]
            draft_id = begun.id
    unsaved.keep(session, draft_id, fields, by=by, now=now())


def keep_form(session: Session, draft_id: UUID | None, form: DraftForm, *, by: Person) -> bool:
    """Keep a form that comes again with files added or taken out; whether it says anything to keep."""
    written = ("text", "link", *(name for name in form.typed.values if name.startswith("own_text_")))
    if not (form.media_ids or form.video_id or any(form.typed[name] for name in written)):
        return False
    there = [one for one in keeping.fields(form.typed.values) if one[0] not in _REPLACED]
    there += [("media", str(media_id)) for media_id in form.media_ids]
    if form.video_id is not None:
        there.append(("video", str(form.video_id)))
    if draft_id is None:
        there.append(("begins", str(form.begins)))
    keep(session, draft_id, there, by=by)
    return True


def of_new(session: Session, person: Person) -> list[Begun]:
    """The new posts that the person began and did not save, the last first."""
    return [
        _begun(one, None)
        for one in unsaved.of_new(session, by=person)
        if draft_form.worth_offering(session, one, None, person=person)
    ]


def everything(session: Session, person: Person) -> list[Begun]:
    """Those, and the drafts with changes that aren't saved."""
    return [*of_new(session, person), *_changed(session, person)]


def asked_for(session: Session, wanted: str, person: Person, *, begins: str = "") -> UnsavedDraft | None:
    """The new post of this id, else the one whose form begins with `begins`; never another."""
    kept = unsaved.of_new(session, by=person)
    named = next((one for one in kept if str(one.id) == wanted), None)
    same_form = (one for one in kept if begins and unsaved.begins_with(one.fields) == begins)
    return named or next(same_form, None)


def _changed(session: Session, person: Person) -> Iterator[Begun]:
    for one in unsaved.of_drafts(session, by=person):
        draft = session.get(Draft, one.draft_id)
        if (
            draft is not None
            and draft.author_id == person.id
            and drafts.editable(session, draft)
            and draft_form.worth_offering(session, one, draft, person=person)
        ):
            yield _begun(one, draft)


def _begun(kept: UnsavedDraft, draft: Draft | None) -> Begun:
    values = MultiDict([(name, value) for name, value in kept.fields])
    texts = (values.get("text", ""), *(value for name, value in kept.fields if name.startswith("own_text_")))
    pictures = len(values.getlist("media"))
    files = f"with {pictures} picture{'' if pictures == 1 else 's'}" if pictures else ""
    return Begun(
        id=kept.id,
        draft=draft,
        words=next((schedule.summary(text) for text in texts if text.strip()), "(no text)"),
        files=files or ("with a video" if values.get("video") else ""),
        kept_at=kept.kept_at,
        go_on=url_for("drafts.edit", draft_id=draft.id, unsaved="yes")
        if draft is not None
        else url_for("drafts.new", unsaved=kept.id),
        drop=url_for("unsaved.drop", draft_id=draft.id) if draft is not None else url_for("unsaved.drop_new"),
    )
