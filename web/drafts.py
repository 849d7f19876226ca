"""Drafts: the list, the form, one draft with all that became of it, and what people do with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from approvals import (
    claims,
    decisions,
    drafts,
    repeats,
    schedule,
    submissions,
    takedowns,
    throwing_away,
    unread_remarks,
    unsaved,
    video_digest,
)
from approvals.checks import account_name
from approvals.content import DraftContent
from approvals.differences import Change
from approvals.drafts import EditConflict
from approvals.models import Criterion, DecisionKind, Draft, DraftRevision, Publication
from approvals.models.takedowns import Takedown
from approvals.states import DraftState, PublicationState
from approvals.takedowns import ALL_WORDS, Stands
from school import people
from school.db import now, reading, transaction
from school.errors import BadInput, MoveNotAllowed, NotPermitted
from school.models import Person
from school.permissions import Action, may
from school.times import parse_day
from web import (
    begun_posts,
    draft_files,
    draft_form,
    draft_offers,
    draft_page,
    handing_in,
    headline,
    picture_order,
    whole_series,
)
from web.access import current_person, needs, signed_in
from web.approve import CHOOSE_ONE
from web.draft_form import CROP, FACES, DraftForm
from web.forms import Typed, identifier, whole_number
from web.headline import BADGES, SENT_BACK
from web.keeping import RESTORE, restores

pages = Blueprint("drafts", __name__)

WAITING_MOST = 50
"""Drafts that wait for a decision, shown at once: the soonest."""
NOT_YOURS = "Only the author can change a draft. Ask for changes instead."


@pages.url_value_preprocessor
def _room_for_pictures(_endpoint: str | None, _values: dict[str, object] | None) -> None:
    # This early, since the check of the form's token reads the form.
    if request.method == "POST":
        draft_files.allow_big_upload()


@pages.get("/drafts")
@signed_in
def show() -> ResponseReturnValue:
    """The person's drafts, those that wait for their decision, and all where their role allows it."""
    moment = now()
    with reading() as session:
        person = current_person(session)
        sees_all = may(person, Action.SEE_ALL_DRAFTS) or person in people.deputies(session, now=moment)
        only = drafts.Of(wanted) if (wanted := request.args.get("only", "")) in set(drafts.Of) else None
        mine = "mine" in request.args or not sees_all or only is not None
        in_work = "work" in request.args and not mine
        waiting, count = schedule.waiting_for(session, person, most=WAITING_MOST, now=moment)
        skip = whole_number(request.args.get("skip", "")) or 0
        listed, more = drafts.listed(
            session,
            by=person,
            mine=mine,
            in_work=in_work,
            only=only,
            waiting_of=schedule.authors_to_decide_on(session, person, now=moment),
            skip=skip,
            now=moment,
        )
        return render_template(
            "drafts/list.html",
            rows=_grouped(session, listed, _rows(session, listed)),
            waiting=[] if skip or in_work or only else _rows(session, waiting),
            waiting_in_all=count,
            skip=skip,
            go_on=skip + len(listed) if more else 0,
            mine=mine,
            only=only,
            in_work=in_work,
            sees_all=sees_all,
            may_write=bool(people.authorised_accounts(session, person)),
            badges=BADGES,
            in_words=ALL_WORDS,
            begun=[] if skip or in_work or only else begun_posts.everything(session, person),
            unread=set(unread_remarks.said(session, person, now=moment)),
        )


@pages.get("/drafts/new")
@needs(Action.WRITE_DRAFTS)
def new() -> ResponseReturnValue:
    """An empty form.

    The id of the draft that it begins is in its address, so that whoever goes back to it after saving
    finds that draft: the browser puts what was typed into the fields again, whatever the page holds.
    """
    with reading() as session:
        person = current_person(session)
        if not people.authorised_accounts(session, person):
            return render_template("drafts/not_yet.html"), 403
        kept = None
        if "unsaved" in request.args:
            wanted, begins = request.args["unsaved"], request.args.get("begins", "")
            kept = begun_posts.asked_for(session, wanted, person, begins=begins)
        if kept is not None:
            form = draft_form.of_kept(kept.fields)
        elif copied := request.args.get("copy", ""):
            model = drafts.find(session, identifier(copied), by=person, now=now())
            form = draft_form.of_model(drafts.current_revision(session, model))
        else:
            form = DraftForm(typed=Typed())
            if on := request.args.get("on", ""):
                # A day of the calendar.
                form.typed.values["planned_date"] = parse_day(on, "the day", field="on").isoformat()
        if "begins" not in request.args:
            copy, unsaved_too = request.args.get("copy"), request.args.get("unsaved")
            day = request.args.get("on")
            return redirect(url_for("drafts.new", copy=copy, unsaved=unsaved_too, on=day, begins=form.begins))
        form.begins = identifier(request.args["begins"])
        begun = draft_form.begun(session, form, person=person)
        if begun is None:
            offers = draft_offers.of(session, form, now=now())
            others = [one for one in begun_posts.of_new(session, person) if kept is None or one.id != kept.id]
            return draft_form.page(
                session, form, person=person, draft=None, kept=kept, begun_too=others, offers=offers
            )
        if not drafts.editable(session, begun):
            return redirect(url_for("drafts.one", draft_id=begun.id))
        return _changing(session, begun, person)


@pages.post("/drafts/new")
@needs(Action.WRITE_DRAFTS)
@restores
def create() -> ResponseReturnValue:
    """Keep a new draft, and hand it in where that was asked."""
    return _take(None)


@pages.get("/drafts/<uuid:draft_id>")
@signed_in
def one(draft_id: UUID) -> ResponseReturnValue:
    """One draft: as it will appear, what became of it, and what to do."""
    return draft_page.page(draft_id, Typed())


@pages.get("/drafts/<uuid:draft_id>/edit")
@needs(Action.WRITE_DRAFTS)
def edit(draft_id: UUID) -> ResponseReturnValue:
    """The form with the newest version."""
    with reading() as session:
        draft = _own(session, draft_id)
        drafts.check_editable(session, draft)
        return _changing(session, draft, current_person(session))


@pages.post("/drafts/<uuid:draft_id>/edit")
@needs(Action.WRITE_DRAFTS)
@restores
def change(draft_id: UUID) -> ResponseReturnValue:
    """Keep a new version of a draft, and hand it in where that was asked."""
    return _take(draft_id)


@pages.post("/drafts/<uuid:draft_id>/submit")
@needs(Action.WRITE_DRAFTS)
def submit(draft_id: UUID) -> ResponseReturnValue:
    """Hand the newest version in for approval."""
    typed = Typed(request.form)
    try:
        number = whole_number(typed["revision"]) or 0
        asked = handing_in.hand_in(draft_id, number, as_it_is=typed["as_it_is"] == "yes")
    except BadInput as error:
        return draft_page.page(draft_id, typed.refuse(BadInput(str(error)))), 400
    flash(f"It is handed in. {asked} You get an e-mail when it is decided.", "success")
    return redirect(url_for("drafts.one", draft_id=draft_id))


@pages.post("/drafts/<uuid:draft_id>/withdraw")
@needs(Action.WRITE_DRAFTS)
def withdraw(draft_id: UUID) -> ResponseReturnValue:
    """Take a draft back."""
    with transaction() as session:
        drafts.withdraw(
            session, draft_id, reason=request.form.get("reason", ""), by=current_person(session), now=now()
        )
    flash("It is taken back. Nothing of it will be published.", "success")
    return redirect(url_for("drafts.one", draft_id=draft_id))


@pages.post("/drafts/<uuid:draft_id>/throw-away")
@needs(Action.WRITE_DRAFTS)
def throw_away(draft_id: UUID) -> ResponseReturnValue:
    """Throw a draft away that was never out, with the rest of its series where that was ticked."""
    with transaction() as session:
        gone = throwing_away.throw_away(
            session,
            draft_id,
            others=request.form.get("others") == "yes",
            by=current_person(session),
            now=now(),
        )
        draft = session.get_one(Draft, draft_id)
        words = schedule.summary(drafts.current_revision(session, draft).text) or "(no text)"
    what = f"“{words}” is thrown away." if len(gone) < 2 else f"{len(gone)} drafts are thrown away."
    again = Markup('If you want it after all: <a href="{}">write a new one like it</a>.')
    flash(escape(what) + " " + again.format(url_for("drafts.new", copy=draft_id)), "success")
    return redirect(url_for("drafts.show"))


@pages.post("/drafts/<uuid:draft_id>/ask-again")
@needs(Action.WRITE_DRAFTS)
def ask_again(draft_id: UUID) -> ResponseReturnValue:
    """Send the mail that asks for a decision again."""
    try:
        with transaction() as session:
            asked = submissions.ask_again(session, draft_id, by=current_person(session), now=now())
    except BadInput as error:
        return draft_page.page(draft_id, Typed().refuse(error)), 400
    flash(f"A new e-mail goes to {', '.join(person.name for person in asked)}.", "success")
    return redirect(url_for("drafts.one", draft_id=draft_id))


@pages.post("/drafts/<uuid:draft_id>/decide")
@signed_in
def decide(draft_id: UUID) -> ResponseReturnValue:
    """A signed-in approver's decision; whether they may is checked with the decision."""
    typed = Typed(request.form)
    try:
        if typed["decision"] not in set(DecisionKind):
            raise BadInput(CHOOSE_ONE, field="decision")
        kind = DecisionKind(typed["decision"])
        number = whole_number(typed["revision"]) or 0
        with reading() as session:
            drafts.find(session, draft_id, by=current_person(session), now=now())
            video_digest.prepare(session, video_digest.of_draft(session, draft_id))
        with transaction() as session:
            person = current_person(session)
            drafts.find(session, draft_id, by=person, now=now())
            proof = decisions.prove_signed_in(session, draft_id, by=person, revision_number=number)
            alike = whole_series.waiting(session, proof)
            decided = decisions.decide(session, proof, decision=kind, reason=typed.raw("reason"), now=now())
            whole_series.hold_back(session, decided, alike)
            stopped = decisions.waits_for_stop(session, decided)
    except BadInput as error:
        return draft_page.page(draft_id, typed.refuse(error)), 400
    together = whole_series.decide(proof, alike, kind, typed.raw("reason"))
    said = (f"You {kind.in_words}{together.with_it}.", stopped, "The author gets an e-mail.")
    flash(" ".join(filter(None, said)), "success")
    for sentence in together.refused:
        flash(f"Not decided: {sentence}", "warning")
    return redirect(url_for("drafts.one", draft_id=draft_id))


def _changing(session: Session, draft: Draft, person: Person) -> str:
    kept = unsaved.found(session, draft.id, by=person)
    if kept is not None and "unsaved" in request.args:
        form = draft_form.of_kept(kept.fields)
    else:
        form = draft_form.of_revision(drafts.current_revision(session, draft))
        draft_form.sign_anew(session, form, draft)
    offers = draft_offers.of(session, form, now=now())
    return draft_form.page(session, form, person=person, draft=draft, kept=kept, offers=offers)


def _take(draft_id: UUID | None) -> ResponseReturnValue:
    """Save, and perhaps submit, what the form brought; on trouble it comes again with everything in it."""
    form = draft_form.read()
    wanted = form.typed["do"]
    if wanted == RESTORE:
        return _form_again(draft_id, form, 200)
    with reading() as session:
        if draft_id is not None:
            # Before anything that came with it is kept.
            _own(session, draft_id)
        offered = draft_offers.take(session, form, wanted)
    draft_form.drop_removed(form)
    draft_files.keep_new_pictures(form, draft_id)
    draft_files.keep_new_video(form, draft_id)
    offered = picture_order.take(form, wanted) or offered
    if offered or wanted in {"pictures", "video", "preview"} or form.problems:
        _keep_at_once(draft_id, form)
        preview = wanted == "preview"
        return _form_again(draft_id, form, 200 if not form.problems else 400, ask_for_links=preview)
    try:
        content = draft_form.content(form)
        if draft_id is None and draft_form.says_nothing(content) and not _begun(form):
            return _nothing_yet(form, wanted)
        draft, before = _save(draft_id, content, begin_as=form.begins)
        number = draft.revision_number
        # A change makes the version after the one that it is based on, and takes back what was handed in.
        unchanged = before is not None and number == content.based_on
        stands = draft.state in handing_in.STANDS
    except EditConflict as error:
        draft_id = draft_id or form.begins
        form.problems.append(("", str(error)))
        with reading() as session:
            person = current_person(session)
            newest = drafts.find(session, draft_id, by=person, now=now())
            # Whoever saves again has read what is different, and means to replace what is saved.
            form.typed.values["based_on"] = str(newest.revision_number)
            draft_form.keep_blurred(session, form, drafts.current_revision(session, newest))
            differing = draft_form.against_saved(session, form, newest, person=person)
        return _form_again(draft_id, form, 409, differing)
    except MoveNotAllowed as error:
        # Somebody was faster: what was typed must not go with it.
        form.problems.append(("", str(error)))
        return _form_again(draft_id or form.begins, form, 409)
    except NotPermitted as error:
        # Leave was withdrawn meanwhile.
        form.problems.append(("", str(error)))
        return _form_again(draft_id, form, 403)
    except BadInput as error:
        form.refuse(error)
        if wanted == "submit":
            draft_form.judge(form, draft_id)
        return _form_again(draft_id, form, 400)
    if stands and (unchanged or wanted != "submit") and not wanted.startswith((FACES, CROP)):
        flash(f"Nothing was changed, so {handing_in.STANDS[draft.state]}.", "info")
    elif wanted == "submit":
        form.typed.values["based_on"] = str(number)
        try:
            asked = handing_in.hand_in(draft.id, number)
        except handing_in.NothingChanged as error:
            done = "It is not handed in." if unchanged else "It is saved, but not handed in."
            flash(f"{done} {error}", "warning")
            return redirect(url_for("drafts.one", draft_id=draft.id))
        except BadInput as error:
            form.saved = True
            form.refuse(error)
            return _form_again(draft.id, form, 400)
        done = "It is handed in." if unchanged else "It is saved and handed in."
        flash(f"{done} {asked} You get an e-mail when it is decided.", "success")
    elif wanted.startswith(FACES):
        media_id = identifier(wanted.removeprefix(FACES))
        return redirect(url_for("faces.show", draft_id=draft.id, media_id=media_id, back="form"))
    elif wanted.startswith(CROP):
        media_id = identifier(wanted.removeprefix(CROP))
        return redirect(url_for("crops.show", draft_id=draft.id, media_id=media_id, back="form"))
    elif unchanged:
        flash("The draft is saved; nothing was changed.", "success")
    elif before is not None and before in handing_in.TAKEN_BACK:
        flash(_to_sign(f"The draft is saved. {handing_in.TAKEN_BACK[before]}", content, draft), "warning")
    elif before is DraftState.CHANGES_REQUESTED:
        flash(_to_sign("The draft is saved. Hand it in when it is ready.", content, draft), "success")
    else:
        flash("The draft is saved.", "success")
    return redirect(url_for("drafts.one", draft_id=draft.id))


def _keep_at_once(draft_id: UUID | None, form: DraftForm) -> None:
    """Whoever leaves right after adding a picture finds it again with what is written."""
    try:
        with transaction() as session:
            form.kept = begun_posts.keep_form(session, draft_id, form, by=current_person(session))
    except BadInput as error:
        flash(str(error), "warning")


def _begun(form: DraftForm) -> bool:
    """Whether this form began a draft already: emptied, it is saved empty."""
    with reading() as session:
        return draft_form.begun(session, form, person=current_person(session)) is not None


def _nothing_yet(form: DraftForm, wanted: str) -> ResponseReturnValue:
    """An empty form begins no draft; whoever would hand it in reads all that it takes."""
    if wanted == "submit":
        draft_form.judge(form, None)
    else:
        form.problems.append(("text", "There is nothing to save yet: write something, or add a picture."))
    return _form_again(None, form, 400)


def _to_sign(said: str, content: DraftContent, draft: Draft) -> str:
    """With it what to do about the checklist of a wording that was changed after it was signed (P14)."""
    if not set(Criterion) - content.checklist:
        return said
    where = url_for("drafts.edit", draft_id=draft.id, _anchor="checklist-heading")
    sign = Markup('You changed it, so first <a href="{}">sign the checklist for the new wording</a>.')
    return escape(said) + " " + sign.format(where)


def _save(draft_id: UUID | None, content: DraftContent, *, begin_as: UUID) -> tuple[Draft, DraftState | None]:
    """The draft with what was typed, and the state that it was in before; None where it is begun."""

    def once() -> tuple[Draft, DraftState | None]:
        with transaction() as session:
            person = current_person(session)
            # A form that began a draft is that draft's when it is sent once more.
            there = session.get(Draft, draft_id or begin_as, with_for_update={"of": Draft})
            before = there.state if there is not None else None
            draft = drafts.save(session, draft_id, content, by=person, now=now(), begin_as=begin_as)
            if draft_id is None:
                unsaved.drop(session, None, by=person, begins=str(begin_as))
            unsaved.drop(session, draft.id, by=person)
            return draft, before

    with reading() as session:
        video_digest.prepare(session, content.video.video_id if content.video is not None else None)
    try:
        return once()
    except IntegrityError:
        # The same form was sent twice at once, and the other sending began the draft.
        return once()


def _own(session: Session, draft_id: UUID) -> Draft:
    """The draft, if it is of the person who is here. Raises NotFound, NotPermitted."""
    person = current_person(session)
    draft = drafts.find(session, draft_id, by=person, now=now())
    if draft.author_id != person.id:
        raise NotPermitted(NOT_YOURS)
    return draft


def _form_again(
    draft_id: UUID | None,
    form: DraftForm,
    status: int,
    differing: tuple[Change, ...] = (),
    *,
    ask_for_links: bool = False,
) -> ResponseReturnValue:
    with transaction() if ask_for_links else reading() as session:
        person = current_person(session)
        draft = _own(session, draft_id) if draft_id is not None else None
        offers = draft_offers.of(session, form, now=now())
        return (
            draft_form.page(
                session,
                form,
                person=person,
                draft=draft,
                differing=differing,
                offers=offers,
                ask_for_links=ask_for_links,
            ),
            status,
        )


def _grouped(
    session: Session, listed: Sequence[Draft], rows: Sequence[dict[str, object]]
) -> list[dict[str, object]]:
    """The rows of these drafts: what is written of a repeated post is under the first of its drafts.

    What was sent back is to be changed until it is handed in again.
    """
    changing = drafts.being_changed(session, listed)
    shown: list[dict[str, object]] = []
    series: dict[UUID, list[dict[str, object]]] = {}
    for draft, row in zip(listed, rows, strict=True):
        if draft.id in changing:
            row["standing"] = SENT_BACK
        elif draft.series_id is not None and draft.state is DraftState.DRAFT:
            if draft.series_id in series:
                series[draft.series_id].append(row)
                continue
            row["others"] = series[draft.series_id] = []
        shown.append(row)
    return shown


def _rows(session: Session, listed: Sequence[Draft]) -> list[dict[str, object]]:
    revisions = drafts.current_revisions(session, listed)
    publications = schedule.publications_of(session, [draft.id for draft in listed])
    places = repeats.places(session, listed)
    gone = takedowns.of_publications(
        session, [one.id for several in publications.values() for one in several]
    )
    stopped = claims.stopped(session)
    return [
        _row(
            draft,
            revisions[draft.id],
            publications.get(draft.id, []),
            gone,
            places.get(draft.id),
            stopped=stopped,
        )
        for draft in listed
    ]


def _row(
    draft: Draft,
    revision: DraftRevision,
    publications: Sequence[Publication],
    gone: Mapping[UUID, Takedown],
    place: str | None,
    *,
    stopped: bool,
) -> dict[str, object]:
    first = revision.accounts[0] if revision.accounts else None
    made = schedule.present(draft, revision, publications)
    standing = headline.of(draft, made, gone, stopped=stopped)
    alike: dict[Stands, list[Publication]] = {}
    for one in made:
        stands = takedowns.stands(one, gone.get(one.id), stopped=stopped)
        if stands is not PublicationState.SCHEDULED and not standing.says_all:
            alike.setdefault(stands, []).append(one)
    return {
        "standing": standing,
        "draft": draft,
        "revision": revision,
        "summary": schedule.summary(revision.text_for(first.account_id) if first else revision.text)
        or "(no text)",
        "accounts": ", ".join(account_name(entry.account) for entry in revision.accounts),
        "place": place,
        "publications": made,
        "out_at": min((one.published_at for one in made if one.published_at is not None), default=None),
        "alike": alike,
    }
