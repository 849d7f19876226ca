"""One draft on a page: as it will appear, what became of it, its history, and what can be done."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from flask import render_template, request, url_for
from sqlalchemy.orm import Session

from approvals import (
    asking,
    checks,
    claims,
    decisions,
    drafts,
    holding,
    holding_together,
    late_names,
    lost_consent,
    reach,
    reach_words,
    remarks,
    same_words,
    schedule,
    series,
    series_together,
    stopped_posts,
    submissions,
    takedown_asking,
    takedowns,
    throwing_away,
    unread_remarks,
    video_checks,
)
from approvals.checks import account_name
from approvals.content import shown_on
from approvals.findings import Finding
from approvals.link_looks import LinkPreview
from approvals.models import DecisionKind, Draft, DraftRevision, Publication
from approvals.models.takedowns import Takedown, TakedownState
from approvals.previews import DraftPreview, PicturePreview, preview
from approvals.standing import standing
from approvals.states import IN_WORDS, DraftState, PublicationState
from approvals.takedowns import ALL_WORDS
from connectors.base import Platform
from moderation import under_post
from school import people, standing_in
from school.db import now, reading
from school.models import Person, Role
from school.permissions import Action, may
from school.times import in_minutes, say, say_date
from web import draft_findings, draft_history, headline, whole_series
from web.access import current_person
from web.forms import Typed, whole_number
from web.headline import BADGES, Headline

OWN = {
    IN_WORDS[DraftState.DRAFT]: "It is with you: change it, and hand it in when it is ready.",
    IN_WORDS[DraftState.CHANGES_REQUESTED]: "Changes were asked for: change it and hand it in again.",
    IN_WORDS[PublicationState.MISSED]: "Nobody approved it in time, so it was not published. If it is still "
    "wanted, move it to a new time and hand it in again.",
    IN_WORDS[PublicationState.CANCELLED]: "It was approved and then stopped, so it is not published. If it "
    "is still wanted, change it and hand it in again, or write a new one like it.",
}
"""What its author is told instead, by the badge beside it."""
TO_SETTLE = {
    IN_WORDS[PublicationState.HELD]: "Decide whether it still goes out.",
    IN_WORDS[PublicationState.FAILED]: "Publishing it failed. Decide what becomes of it.",
}
"""What whoever may say so is told instead, by the badge beside it."""
BARRED = "It was approved, but can’t go out as it is."
"""What everybody is told instead where no decision lets it out; the page says below what is missing."""
WHERE_IN_FORM = {
    "accounts": "where",
    "text": "text",
    "link": "link",
    "pictures": "pictures-heading",
    "video": "video-heading",
    "pupils": "who",
    "not_seen": "who",
    "planned_time": "planned_date",
    "objective": "objective",
    "device": "device",
    "checklist": "checklist-heading",
}
"""By the field of a problem, the place in the form where it is put right."""


def page(draft_id: UUID, typed: Typed) -> str:
    """The page of one draft for whoever is signed in. Raises NotFound for a draft that they may not see."""
    moment = now()
    with reading() as session:
        person = current_person(session)
        draft = drafts.find(session, draft_id, by=person, now=moment)
        number = whole_number(request.args.get("version", ""))
        if number is None:
            number = draft.revision_number
        revision = drafts.revision_of(session, draft, number)
        # On the page of an earlier version nothing is handed in or decided: other words would be meant (P12).
        newest = number == draft.revision_number
        with_author = newest and draft.state in {DraftState.DRAFT, DraftState.CHANGES_REQUESTED}
        to_hand_in = with_author and draft.thrown_away_at is None
        submission = submissions.latest(session, draft)
        decision = decisions.latest(session, draft)
        findings = submission.findings if submission and submission.revision_id == revision.id else []
        if not findings:
            # Before it is handed in there is time to take it out; scoring waits for that.
            said = draft_findings.personal_in(session)("\n".join(dict.fromkeys(revision.words)))
            findings = [Finding("personal_data", sentence).as_json() for sentence in said]
        waits = draft.state is DraftState.SUBMITTED
        may_decide = (
            waits and newest and people.may_approve(session, person, author_id=draft.author_id, now=moment)
        )
        decided_by_me = decision is not None and decision.approver_id == person.id and not waits
        waiting = schedule.waiting_for(session, person, most=1, now=moment)[0] if decided_by_me else []
        own = draft.author_id == person.id
        asked = asking.how_asked(session, submission) if submission else []
        every = schedule.publications(session, draft)
        publications = schedule.present(draft, drafts.current_revision(session, draft), every)
        to_come = _to_come(draft, publications)
        gone = takedowns.of_publications(session, [one.id for one in publications])
        stopped = claims.stopped(session)
        standing_now = headline.of(draft, publications, gone, stopped=stopped)
        out = [one for one in publications if one.state is PublicationState.PUBLISHED]
        held = [one for one in publications if one.state in holding_together.WAITING]
        figures = reach.of_publications(session, [one.id for one in out])
        can_change = drafts.editable(session, draft)
        editable = own and can_change
        inside = (
            late_names.inside(session, revision, now=moment)
            if own and newest and draft.state in {DraftState.SUBMITTED, DraftState.APPROVED}
            else []
        )
        posts = {one.id: (one.account_id, one.post_platform_id) for one in out if one.post_platform_id}
        under = under_post.of_posts(session, list(posts.values()), viewer=person)
        repeated = drafts.in_series(session, draft)
        may_settle = may(person, Action.HOLD_PUBLICATIONS)
        barred = _barred(session, held, now=moment)
        answers = own or bool(may_settle and barred)
        lost = lost_consent.sentences(session, draft, now=moment) if answers else []
        why_barred = _why_barred(session, held, barred, now=moment) if answers else []
        shown = preview(session, draft, revision, findings=findings)
        standing_now = headline.instead(standing_now, draft, drafts.being_changed(session, [draft]))
        look_at = _look_at(shown) if editable and newest else []
        return render_template(
            "drafts/one.html",
            draft=draft,
            revision=revision,
            shown=shown,
            to_hand_in=to_hand_in,
            unchanged=shown.asked_before.unchanged if shown.asked_before and to_hand_in else "",
            picture_url=lambda place, picture: url_for("media.preview", media_id=picture.media_id),
            faces_url=_faces_url(draft) if editable and newest else None,
            video_url=lambda video: url_for("videos.play", video_id=video.video_id),
            still_url=lambda video: url_for("videos.still", video_id=video.video_id),
            link_picture_url=link_picture_url,
            waits_for_video=revision.video is not None and video_checks.coming(revision.video),
            publications=publications,
            takedowns=gone,
            stands_as={
                one.id: takedowns.stands(one, gone.get(one.id), stopped=stopped) for one in publications
            },
            seen_on=[account_name(one.account) for one in out if not _is_down(gone.get(one.id))],
            can_go=[one for one in out if one.id not in gone],
            was_out=any(one.revision_id == revision.id for one in out),
            reach={
                # Who reads the comments below reads there how many have come in, too.
                one.id: reach_words.sentences(
                    one, figures.get(one.id), comments=posts.get(one.id) not in under, now=moment
                )
                for one in out
                # Of what was taken down nothing is asked any more: only what is known is said.
                if not _is_down(gone.get(one.id)) or (one.id in figures and figures[one.id].read_at)
            },
            standings={one.id: standing(session, one, stopped=stopped, now=moment) for one in publications},
            submission=submission,
            asked=asked,
            may_too=_may_too(session, draft, [one.person_id for one in asked], now=moment) if waits else [],
            on_own_post=standing_in.on_own_post(
                session, draft.author, [one.person_id for one in asked], reader=person, now=moment
            )
            if waits
            else "",
            decision=decision,
            voided_words=_voided_words(decision.void_reason or "", own=own) if decision else "",
            decided_by_me=decided_by_me,
            following=waiting[0] if waiting else None,
            comments=[(one, under[posts[one.id]]) for one in out if posts.get(one.id) in under],
            series=repeated,
            reword=series.with_old_wording(session, draft) if own and newest else [],
            hand_in_too=whole_series.listed(series_together.to_hand_in(session, draft))
            if own and newest
            else [],
            series_too=whole_series.listed(series_together.waiting(session, draft)) if may_decide else [],
            series_standings=headline.of_many(session, [other for other, _planned_at in repeated]),
            remarks=remarks.conversation(session, draft),
            unread=unread_remarks.unread(session, draft, person, now=moment),
            remarks_closed=remarks.closed(draft),
            takedown_asked=takedown_asking.waiting(session, draft),
            takedown_answered=takedown_asking.answered(session, draft),
            taken_down=_taken_down(session, out, gone),
            may_ask_takedown=takedown_asking.may_ask(session, draft, by=person, now=moment),
            may_throw_away=own and throwing_away.possible(session, draft),
            throw_away_too=len(throwing_away.others_of_series(session, draft)) if own else 0,
            may_remark=remarks.may_say(session, draft, by=person, now=moment),
            versions=draft_history.versions(session, draft) if draft.revision_number > 1 else [],
            history=draft_history.lines(session, draft),
            problems=checks.submission_problems(session, revision, now=moment) if own and to_hand_in else [],
            where_in_form=WHERE_IN_FORM,
            names_inside=inside,
            consent_lost=bool(lost),
            barred_by=[one for one in dict.fromkeys([*lost, *why_barred]) if one not in inside],
            obstacles=decisions.obstacles(session, revision, now=moment) if may_decide else [],
            stopped=stopped,
            own=own,
            look_at=look_at,
            same_words=same_words.open_to(session, shown.same_words, by=person, now=moment),
            # What its author is asked above isn't said once more among the rest.
            background=_without(shown, look_at, unfinished=editable and newest),
            editable=editable,
            can_change=can_change,
            may_write=own and bool(people.authorised_accounts(session, person)),
            may_decide=may_decide,
            may_settle=may_settle,
            to_come=to_come,
            stops=stopped_posts.of(session, publications),
            # Nothing of it is left to take back, nor to move.
            all_stopped=bool(publications)
            and all(one.state is PublicationState.CANCELLED for one in publications),
            can_stop=[one for one in publications if one.state is PublicationState.SCHEDULED],
            stop_too=len(stopped_posts.others_of_series(session, draft)) if to_come else 0,
            held=held,
            barred=barred,
            held_seen=holding.seen(session, held),
            soon=in_minutes(revision.planned_at, moment) if waits and newest and revision.planned_at else "",
            next_step=f"It is approved. It will be published on {say(to_come[0].planned_at)}."
            if to_come and not stopped
            else _next_step(standing_now, own=own, may_settle=may_settle, held=held, barred=barred),
            headline=standing_now,
            kinds=DecisionKind,
            account_name=account_name,
            badges=BADGES,
            in_words=ALL_WORDS,
            typed=typed,
            summary=schedule.summary(_first_text(revision)) or "(no text)",
        )


def _why_barred(
    session: Session, held: Sequence[Publication], barred: Collection[UUID], *, now: datetime
) -> list[str]:
    """What keeps them from going out, a sentence each; naming pupils."""
    if not barred:
        return []
    revision = session.get_one(DraftRevision, held[0].revision_id)
    platforms = {one.account.platform for one in held if one.id in barred}
    return [one.sentence for one in holding.lacks(session, revision, platforms, now=now)]


def _barred(session: Session, held: Sequence[Publication], *, now: datetime) -> set[UUID]:
    """Those of what is held that no decision lets out: consent is missing, or a full name is in them."""
    return {
        one.id
        for one in held
        if holding.lacks(
            session, session.get_one(DraftRevision, one.revision_id), [one.account.platform], now=now
        )
    }


def _next_step(
    standing_now: Headline,
    *,
    own: bool,
    may_settle: bool,
    held: Sequence[Publication],
    barred: Collection[UUID],
) -> str:
    if held and len(held) == len(barred) and standing_now.words in TO_SETTLE:
        return BARRED
    if may_settle and held and standing_now.words == headline.PARTLY:
        return "It is not out on every account. Decide below what becomes of the rest."
    told = {**(OWN if own else {}), **(TO_SETTLE if may_settle else {})}
    return told.get(standing_now.words, standing_now.sentence)


def _to_come(draft: Draft, publications: Sequence[Publication]) -> list[Publication]:
    """Those of an approved post of which nothing has gone out yet, nor tried to; else none."""
    # Those of an earlier approval are cancelled.
    counting = [one for one in publications if one.state is not PublicationState.CANCELLED]
    waits = all(one.state is PublicationState.SCHEDULED for one in counting)
    return counting if draft.state is DraftState.APPROVED and waits else []


def _may_too(session: Session, draft: Draft, asked: Sequence[UUID], *, now: datetime) -> list[str]:
    """Who was not asked and may decide all the same: the headteacher, and the leadership team (P12).

    With who is away, and until when.
    """
    found = []
    for one in people.holders(session, Role.HEADTEACHER, Role.SLT):
        if one.id not in asked and people.may_approve(session, one, author_id=draft.author_id, now=now):
            away = standing_in.for_whom_is_away(session, one, now=now)
            until = max((last for _deputy, last in away), default=None)
            found.append(one.name if until is None else f"{one.name} (away until {say_date(until)})")
    return found


def _voided_words(reason: str, *, own: bool) -> str:
    """Why a decision no longer counts, as whoever reads the page is told it: links are of mails."""
    said = reason.replace(" When it is handed in again, a new e-mail comes.", "")
    if own:
        said = said.replace("The author took the draft back", "You took the draft back").replace(
            "The draft was edited after this", "You changed the draft after this"
        )
    return said


def _look_at(shown: DraftPreview) -> list[str]:
    """What its author should look at of what was noticed, while they can still change it (P14, P26)."""
    found = [str(one["sentence"]) for one in shown.findings if one["kind"] == "personal_data"]
    said = f"{shown.author_name} says that "
    own = [
        f"You say that {one.removeprefix(said)}" if one.startswith(said) else one for one in shown.warnings
    ]
    return [*own, *found]


def _without(shown: DraftPreview, look_at: Sequence[str], *, unfinished: bool) -> DraftPreview:
    """The same without what stands at the top of its author's page already."""
    if not look_at and not (unfinished and shown.unfinished):
        return shown
    rest = [one for one in shown.findings if one["kind"] != "personal_data"]
    above = {"kind": "above", "sentence": "What to look at stands at the top of this page."}
    return replace(
        shown,
        warnings=() if look_at else shown.warnings,
        unfinished=() if unfinished else shown.unfinished,
        findings=(above, *rest) if look_at else shown.findings,
    )


def _taken_down(
    session: Session, out: Sequence[Publication], gone: Mapping[UUID, Takedown]
) -> tuple[str, Takedown] | None:
    """Who had a post taken down last, where nothing of it is out that is not gone or going; else None."""
    if not out or any(one.id not in gone for one in out):
        return None
    last = max((gone[one.id] for one in out), key=lambda takedown: takedown.requested_at)
    by = session.get_one(Person, last.requested_by_id).name if last.requested_by_id else "Schoolgate"
    return by, last


def _is_down(takedown: Takedown | None) -> bool:
    return takedown is not None and takedown.state is TakedownState.DONE


def link_picture_url(_place: int, link: LinkPreview) -> str:
    """Where the picture of the page behind a link is, for people signed in."""
    return url_for("media.link_picture", look_id=link.look_id)


def _faces_url(draft: Draft) -> Callable[[PicturePreview], str]:
    return lambda picture: url_for("faces.show", draft_id=draft.id, media_id=picture.media_id)


def _first_text(revision: DraftRevision) -> str:
    for entry in revision.accounts:
        return shown_on(revision, entry.account_id, Platform(entry.account.platform))
    return revision.text
