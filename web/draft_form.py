"""The form of a draft: from what was typed to what the room takes, and back onto the page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from flask import render_template, request
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from approvals import (
    blurring,
    checks,
    consent_shown,
    decisions,
    differences,
    drafts,
    link_looks,
    previews,
    revising,
    shown_faces,
    submissions,
    unticked,
    video_checks,
    video_copy,
)
from approvals.checks import DraftRefused, Problem, account_name
from approvals.content import DraftContent, PictureChoice, VideoChoice
from approvals.differences import Change
from approvals.link_looks import LinkPreview
from approvals.models import (
    ApprovalDecision,
    Criterion,
    DecisionKind,
    Draft,
    DraftRevision,
    MediaFile,
    Objective,
    PupilsAppear,
    UnsavedDraft,
    VideoFile,
)
from approvals.previews import AccountPreview, PicturePreview
from approvals.states import DraftState
from approvals.unticked import Unticked
from approvals.video_checks import VideoPreview
from connectors.base import Platform
from connectors.limits import LIMITS
from school import consent, devices, gates, people
from school.db import new_id, now, reading
from school.errors import BadInput, NotPermitted
from school.models import Account, Person
from school.settings import settings
from school.times import say, today
from web.access import current_person
from web.forms import Typed, whole_number

FACES = "faces-"
"""What a button says that saves the draft and goes on to a picture's faces; the picture's id follows."""
CROP = "crop-"
"""The same for cutting the picture."""
LICENCES = (
    "Taken by school staff; owned by the school",
    "Used with the photographer's written leave",
    "Bought from a picture library",
    "Creative Commons, with the name given",
)
"""Offered while typing; anything may be written."""


@dataclass
class DraftForm:
    """What was typed, as strings, with the pictures that are kept already and all that is wrong."""

    typed: Typed
    media_ids: list[UUID] = field(default_factory=list)
    video_id: UUID | None = None
    problems: list[tuple[str, str]] = field(default_factory=list)
    """(field, sentence), in the order in which the room names them."""
    saved: bool = False
    """Whether what it says is saved, though it could not be handed in."""
    signed_before: bool = False
    """Whether the checklist was signed for a wording that was handed in, and is to be signed anew."""
    added: list[str] = field(default_factory=list)
    """The names of the pictures that this request brought."""
    moved: UUID | None = None
    """The picture that this request put in another place."""
    kept: bool = False
    """Whether this request kept what is written, unsaved."""
    begins: UUID = field(default_factory=new_id)
    """The id of the draft that this form begins: sent twice, it begins one draft."""

    def refuse(self, error: BadInput) -> None:
        """Show an error's sentences, each beside its field too."""
        said = (
            [(problem.field, problem.sentence) for problem in error.problems]
            if isinstance(error, DraftRefused)
            else [(error.field, str(error))]
        )
        for name, sentence in said:
            self.problems.append((name, sentence))
            earlier = self.typed.error(name)
            self.typed.errors[name] = f"{earlier} {sentence}".strip()

    @property
    def based_on(self) -> int:
        """The revision that the person began with; 0 for a new draft."""
        return whole_number(self.typed["based_on"]) or 0


def read() -> DraftForm:
    """The form of this request. What can't be a picture's id is named and left out."""
    return _of_fields(MultiDict(request.form))


def _of_fields(values: MultiDict[str, str]) -> DraftForm:
    form = DraftForm(typed=Typed(values))
    _take_media(form)
    with suppress(ValueError):
        form.begins = UUID(form.typed["begins"])
    return form


def _take_media(form: DraftForm) -> None:
    if form.typed["video"]:
        try:
            form.video_id = UUID(form.typed["video"])
        except ValueError:
            form.refuse(BadInput("The video that was chosen does not exist any more.", field="video"))
    for value in dict.fromkeys(form.typed.all("media")):
        try:
            form.media_ids.append(UUID(value))
        except ValueError:
            form.refuse(BadInput("A picture that was chosen does not exist any more.", field="pictures"))


def of_revision(revision: DraftRevision) -> DraftForm:
    """The form as it looks when a revision is opened for changing."""
    values: MultiDict[str, str] = MultiDict(
        {
            "based_on": str(revision.number),
            "text": revision.text,
            "link": revision.link,
            "planned_date": (revision.planned_local or "T").split("T")[0],
            "planned_time": (revision.planned_local or "T").split("T")[1],
            "objective": revision.objective.value if revision.objective else "",
            "device": revision.device,
            "pupils_appear": revision.pupils_appear or PupilsAppear.SEEN.value,
        }
    )
    values.setlist("account", [str(entry.account_id) for entry in revision.accounts])
    for entry in revision.accounts:
        values[f"own_text_{entry.account_id}"] = entry.own_text or ""
    values.setlist("checklist", list(revision.checklist))
    values.setlist("pupil", [str(entry.pupil_id) for entry in revision.pupils])
    values.setlist("not_seen", list(revision.not_seen or ()))
    if revision.none_shown:
        values["none_shown"] = "yes"
    if revision.urgent:
        values["urgent"] = "yes"
    media: list[UUID] = []
    for picture in revision.pictures:
        media.append(picture.media_id)
        values[f"alt_{picture.media_id}"] = picture.alt_text
        values[f"source_{picture.media_id}"] = picture.source
        values[f"licence_{picture.media_id}"] = picture.licence
    video = revision.video
    if video is not None:
        values["video_alt"], values["video_source"] = video.alt_text, video.source
        values["video_licence"] = video.licence
    return DraftForm(typed=Typed(values), media_ids=media, video_id=video.video_id if video else None)


def sign_anew(session: Session, form: DraftForm, draft: Draft) -> None:
    """Take the signatures off: ticking signs one wording, and another is about to be written (P14).

    Of one that was handed in before and is being written again they are off already.
    """
    if draft.state is DraftState.DRAFT:
        missing = len(set(form.typed.all("checklist"))) < len(Criterion)
        form.signed_before = missing and submissions.latest(session, draft) is not None
    else:
        form.signed_before = bool(form.typed.values.poplist("checklist"))


def of_model(revision: DraftRevision) -> DraftForm:
    """The form of a new draft like an older one: its time and signatures are to be given anew."""
    form = of_revision(revision)
    for name in ("planned_date", "planned_time", "checklist", "not_seen"):
        form.typed.values.poplist(name)
    form.typed.values["based_on"] = "0"
    return form


def of_kept(fields: list[list[str]]) -> DraftForm:
    """The form as it was kept while somebody wrote it."""
    return _of_fields(MultiDict([(name, value) for name, value in fields]))


def drop_removed(form: DraftForm) -> None:
    """Leave out the pictures ticked for removal, and the video."""
    if form.typed["remove_video"]:
        form.video_id = None
    gone = set(form.typed.all("remove"))
    form.media_ids = [media_id for media_id in form.media_ids if str(media_id) not in gone]


def content(form: DraftForm) -> DraftContent:
    """What the room is to keep. Raises BadInput for values that no page of ours sends."""
    typed = form.typed
    chosen = tuple(_ids(typed.all("account"), "accounts"))
    objective = typed["objective"]
    if objective and objective not in set(Objective):
        raise BadInput("Choose what the post is for from the list.", field="objective")
    appear = typed["pupils_appear"]
    if appear and appear not in set(PupilsAppear):
        raise BadInput("Choose from the list how the pupils appear.", field="pupils_appear")
    for name in typed.values:
        account = name.removeprefix("own_text_")
        if account != name and typed[name] and account not in {str(one) for one in chosen}:
            raise BadInput(
                "A wording is written for an account that isn't ticked: tick that account, or empty the "
                "wording.",
                field=name,
            )
    return DraftContent(
        text=typed.raw("text"),
        account_ids=chosen,
        own_texts={
            account_id: typed.raw(f"own_text_{account_id}")
            for account_id in chosen
            if typed[f"own_text_{account_id}"]
        },
        pictures=tuple(
            PictureChoice(
                media_id=media_id,
                alt_text=typed[f"alt_{media_id}"],
                source=typed[f"source_{media_id}"],
                licence=typed[f"licence_{media_id}"],
            )
            for media_id in form.media_ids
        ),
        video=VideoChoice(
            video_id=form.video_id,
            alt_text=typed["video_alt"],
            source=typed["video_source"],
            licence=typed["video_licence"],
        )
        if form.video_id is not None
        else None,
        link=typed["link"],
        planned_date=typed["planned_date"],
        planned_time=typed["planned_time"],
        objective=Objective(objective) if objective else None,
        checklist=frozenset(Criterion(value) for value in typed.all("checklist") if value in set(Criterion)),
        pupil_ids=tuple(_ids(typed.all("pupil"), "pupils")),
        not_seen=tuple(_ids(typed.all("not_seen"), "pupils")),
        none_shown=bool(typed["none_shown"]),
        pupils_appear=PupilsAppear(appear) if appear else PupilsAppear.SEEN,
        urgent=bool(typed["urgent"]),
        device=typed["device"],
        based_on=form.based_on,
    )


def says_nothing(said: DraftContent) -> bool:
    """Whether a new form holds nothing that is worth a draft; what is merely ticked or chosen isn't."""
    words = (said.text, said.link, said.planned_date, said.planned_time, *said.own_texts.values())
    return not (any(one.strip() for one in words) or said.pictures or said.video or said.pupil_ids)


def judge(form: DraftForm, draft_id: UUID | None) -> None:
    """Add to a form that can't be handed in all that handing it in would ask for besides (P14)."""
    with reading() as session:
        person = current_person(session)
        draft = session.get(Draft, draft_id) if draft_id is not None else None
        missing = [Problem("", one.sentence) for one in gates.obstacles(session, person, now=now())]
        try:
            revision, _problems = revising.revise(session, content(form), draft, by=person, now=now())
        except (BadInput, NotPermitted):
            return
        missing += checks.submission_problems(session, revision, now=now())
        said = {sentence for _field, sentence in form.problems}
        # Of a field that holds what can't be read it is said already what to do.
        named = {field for field, _sentence in form.problems if field in {"planned_time", "link"}}
        for one in missing:
            if one.sentence not in said and one.field not in named:
                form.refuse(BadInput(one.sentence, field=one.field))


def keep_blurred(session: Session, form: DraftForm, saved: DraftRevision) -> None:
    """Have each picture that was blurred since the form was opened stay so, with what was typed of it."""
    for old, copy in blurring.blurred_meanwhile(session, form.media_ids, saved).items():
        place = form.media_ids.index(old)
        form.media_ids[place] = copy
        for name in ("alt", "source", "licence"):
            form.typed.values[f"{name}_{copy}"] = form.typed.raw(f"{name}_{old}")
        filename = session.get_one(MediaFile, copy).filename
        form.problems.append(
            ("pictures", f"“{filename}” was blurred meanwhile, so the blurred picture stands below.")
        )


def against_saved(session: Session, form: DraftForm, draft: Draft, *, person: Person) -> tuple[Change, ...]:
    """What somebody typed otherwise than it was saved meanwhile; empty where the form holds nonsense."""
    try:
        typed, _problems = revising.revise(session, content(form), draft, by=person, now=now())
    except (BadInput, NotPermitted):
        return ()
    return differences.changes(drafts.current_revision(session, draft), typed)


@dataclass(frozen=True, slots=True)
class Look:
    """How what stands in the form would appear; `problem` says why that can't be shown."""

    accounts: tuple[AccountPreview, ...] = ()
    pictures: tuple[PicturePreview, ...] = ()
    video: VideoPreview | None = None
    when: str = ""
    problem: str = ""
    links: tuple[LinkPreview, ...] = ()
    places: Mapping[str, str] = field(default_factory=dict)
    """Of each address the field in which it stands."""


def look(
    session: Session, form: DraftForm, draft: Draft | None, *, person: Person, ask_for_links: bool = False
) -> Look:
    """What stands in the form, saved or not, as it would appear on each account that is ticked.

    `ask_for_links`: have a worker look at what its links lead to, where that isn't known.
    """
    try:
        revision, _problems = revising.revise(session, content(form), draft, by=person, now=now())
    except (BadInput, NotPermitted) as error:
        return Look(problem=str(error))
    if ask_for_links:
        link_looks.ask(session, link_looks.addresses(revision), now=now())
    links = link_looks.previews(session, revision)
    return Look(
        accounts=previews.on_accounts(revision, links),
        links=links,
        places={one.address: _place(revision, one.address) for one in links},
        pictures=previews.pictures_of(session, revision),
        video=video_checks.shown(revision.video) if revision.video is not None else None,
        when=say(revision.planned_at) if revision.planned_at else "",
    )


def _place(revision: DraftRevision, address: str) -> str:
    """The field of the form in which an address stands."""
    if address == revision.link:
        return "link"
    for entry in revision.accounts:
        if entry.own_text is not None and address in entry.own_text:
            return f"own_text_{entry.account_id}"
    return "text"


def page(
    session: Session,
    form: DraftForm,
    *,
    person: Person,
    draft: Draft | None,
    differing: tuple[Change, ...] = (),
    kept: UnsavedDraft | None = None,
    begun_too: Sequence[object] = (),
    offers: Mapping[str, Any],
    ask_for_links: bool = False,
) -> str:
    """The form's page. `differing`: what was saved meanwhile otherwise than it stands in the form.

    `kept`: what was written of it before and not saved, to be offered or shown already. `begun_too`:
    other new posts that were begun and not saved, as `web.begun_posts` has them. `offers`: what
    `web.draft_offers` offers. `ask_for_links`: as for `look`.
    """
    accounts = people.authorised_accounts(session, person)
    pupils = consent.pupils(session)
    spent = draft is not None and not drafts.editable(session, draft)
    media = [session.get(MediaFile, media_id) for media_id in form.media_ids]
    video = session.get(VideoFile, form.video_id) if form.video_id is not None else None
    return render_template(
        "drafts/form.html",
        form=form,
        typed=form.typed,
        draft=draft,
        accounts=[_account(account) for account in accounts],
        # Another's picture can't be looked at by guessing its id.
        media=[one for one in media if one is not None and revising.may_use(session, one, draft, by=person)],
        faces=shown_faces.of(session, form.media_ids),
        video=video
        if video is not None and revising.may_use_video(session, video, draft, by=person)
        else None,
        video_words=video_checks.state_words(video) if video is not None else "",
        video_length=video_copy.length_words(video.seconds) if video and video.seconds else "",
        video_mb=settings().max_video_bytes // 1024 // 1024,
        video_most=settings().max_video_bytes,
        video_longest=video_copy.length_words(video_copy.LENGTH_MAX),
        look=look(session, form, draft, person=person, ask_for_links=ask_for_links),
        **offers,
        differing=differing,
        asked_change=_asked_change(session, draft),
        kept=kept if kept is not None and worth_offering(session, kept, draft, person=person) else None,
        begun_too=begun_too,
        spent=spent,
        # Whoever pressed “Change it” changes what is there, though it was never handed in.
        first_time=draft is None
        or ("draft_id" not in (request.view_args or {}) and submissions.latest(session, draft) is None),
        # What can't be changed any more is begun anew.
        begins=new_id() if spent else form.begins,
        objectives=[(objective.value, objective.in_words) for objective in Objective],
        criteria=list(Criterion),
        pupils=pupils,
        may_be_shown=consent_shown.of(
            pupils, {account.platform for account in accounts}, on=_day(form) or today(now())
        ),
        consent_on=_day(form),
        unticked=_unticked(session, form, draft, person=person),
        appearing=[(one.value, one.in_words) for one in PupilsAppear],
        devices=_devices(session, form),
        licences=LICENCES,
        upload_mb=settings().max_upload_bytes // 1024 // 1024,
        upload_most=settings().max_upload_bytes,
    )


def _day(form: DraftForm) -> date | None:
    """The day for which consent is shown: the planned one, where that is still to come."""
    with suppress(ValueError):
        return max(date.fromisoformat(form.typed["planned_date"]), today(now()))
    return None


def _unticked(session: Session, form: DraftForm, draft: Draft | None, *, person: Person) -> list[Unticked]:
    """The pupils who are asked about since they were marked before; none where the form holds nonsense."""
    if not form.media_ids and form.video_id is None:
        return []
    try:
        revision, _problems = revising.revise(session, content(form), draft, by=person, now=now())
    except (BadInput, NotPermitted):
        return []
    return unticked.of(session, revision, on=checks.day_out(revision, now=now()))


def _asked_change(session: Session, draft: Draft | None) -> ApprovalDecision | None:
    """The decision that asks for the change which is being written, if it was asked for."""
    if draft is None or draft.state not in {DraftState.DRAFT, DraftState.CHANGES_REQUESTED}:
        return None
    decision = decisions.latest(session, draft)
    return decision if decision is not None and decision.kind is DecisionKind.CHANGES else None


def _devices(session: Session, form: DraftForm) -> list[tuple[str, str]]:
    """The devices to choose from, also one that is off the list by now; empty while there is no list."""
    names = [one.name for one in devices.approved(session)]
    if names and form.typed["device"] and form.typed["device"] not in names:
        names.append(form.typed["device"])
    return [(name, name) for name in names]


def worth_offering(session: Session, kept: UnsavedDraft, draft: Draft | None, *, person: Person) -> bool:
    """Whether what was kept isn't what was saved: the last keeping may come in after the saving."""
    form = of_kept(kept.fields)
    saved = draft or begun(session, form, person=person)
    if saved is None:
        return True
    try:
        typed, _problems = revising.revise(session, content(form), saved, by=person, now=now())
    except BadInput:
        # What can't be saved as it stands isn't what was saved: there is work in it.
        return True
    except NotPermitted:
        return False
    return not drafts.is_saved(session, saved, typed)


def begun(session: Session, form: DraftForm, *, person: Person) -> Draft | None:
    """The person's draft that this form began already, if it did."""
    draft = session.get(Draft, form.begins)
    return draft if draft is not None and draft.author_id == person.id else None


def _account(account: Account) -> dict[str, object]:
    platform = Platform(account.platform)
    limits = LIMITS[platform]
    return {
        "id": account.id,
        "name": account_name(account),
        "platform": platform.value,
        "limit": limits.text_max,
        "pictures_min": limits.pictures_min,
        "pictures_max": limits.pictures_max,
        "video_longest": video_copy.length_words(min(limits.video.seconds_max, video_copy.LENGTH_MAX)),
        "state": account.state.value,
        "problem": account.problem,
    }


def _ids(values: Iterable[str], name: str) -> Iterable[UUID]:
    for value in dict.fromkeys(values):
        try:
            yield UUID(value)
        except ValueError:
            raise BadInput("Choose from what the page offers, then save again.", field=name) from None
