"""The practice platforms' own side: what the public sees, acting as anybody, switches for misbehaviour."""

from __future__ import annotations

import math
from collections.abc import Callable
from http import HTTPStatus

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from connectors.base import Platform
from connectors.practice.elsewhere import KINDS
from connectors.practice.faults import Fault, FaultRule, OperationKind
from connectors.practice.pages import video_response
from connectors.practice.servers import PracticePlatforms
from connectors.practice.world import World
from school.errors import BadInput, NotFound, NotPermitted
from school.permissions import Action
from web.access import needs
from web.forms import Typed
from web.naming import platform_name

pages = Blueprint("practice", __name__)

POSTS_SHOWN = 12

FAULT_WORDS: dict[Fault, str] = {
    Fault.DELAY: "Answers late",
    Fault.RATE_LIMIT: "Says “too many requests”, and until when",
    Fault.RATE_LIMIT_NO_RESET: "Says “too many requests”, but not until when",
    Fault.ERROR_500: "Answers with an error of its own (500)",
    Fault.ERROR_503: "Is out of order (503)",
    Fault.HTML_502: "Sends a web page instead of an answer (502)",
    Fault.RESET_BEFORE: "Hangs up before it does anything",
    Fault.RESET_AFTER: "Does it, then hangs up without an answer",
    Fault.TRUNCATED: "Does it, then sends half an answer",
    Fault.JSON_ARRAY: "Does it, then sends an answer of the wrong shape",
    Fault.EMPTY: "Does it, then sends an empty answer",
    Fault.ERROR_AFTER: "Does it, but says that it failed",
    Fault.DEAD_TOKEN: "Says that the school’s access has ended",
    Fault.OUT_OF_CREDIT: "Wants money first (X only)",
}

KIND_WORDS: dict[OperationKind, str] = {
    OperationKind.ALL: "everything",
    OperationKind.READ: "reading",
    OperationKind.PUBLISH: "posting and answering",
    OperationKind.ACTION: "hiding, deleting, blocking",
}


def running() -> PracticePlatforms | None:
    """The practice platforms of this process; None where it has none."""
    found: PracticePlatforms | None = current_app.extensions["schoolgate_practice"]
    return found


def _world() -> World:
    practice = running()
    if practice is None:
        raise NotFound("The practice platforms aren’t running here.")
    return practice.world


def _platform(name: str) -> Platform:
    try:
        return Platform(name)
    except ValueError:
        raise NotFound("There is no such practice platform.") from None


ELSEWHERE = {
    "visitor_post": ("Visitors’ own posts on the Page", "Post on the Page as anybody"),
    "tag": ("Posts that tag the school", "Tag the school as anybody"),
}
"""Heading and invitation of what people post of their own accord, by its kind."""


@pages.get("/practice")
@needs(Action.USE_PRACTICE)
def show() -> ResponseReturnValue:
    """The first platform; or a word that there is nothing to practise on here."""
    if running() is None:
        return render_template("practice/none.html")
    return redirect(url_for("practice.platform", name=Platform.X))


def _wall(platform: Platform, typed: Typed, status: int = 200) -> ResponseReturnValue:
    world = _world()
    return (
        render_template(
            "practice/wall.html",
            platform=platform,
            school=world.school(platform),
            posts=world.public_posts(platform, limit=POSTS_SHOWN),
            mentions=[
                comment for comment in world.comments(platform, post_id="", order="newest", limit=POSTS_SHOWN)
                if not comment.hidden
            ] if platform is Platform.X else [],
            elsewhere=[
                (kind, *ELSEWHERE[kind], world.elsewhere(platform, kind, limit=POSTS_SHOWN))
                for kind in KINDS.get(platform, ())
            ],
            names=[person.name for person in world.people(platform)][:200],
            typed=typed,
        ),
        status,
    )  # fmt: skip


@pages.get("/practice/<any(x, facebook, instagram):name>")
@needs(Action.USE_PRACTICE)
def platform(name: str) -> ResponseReturnValue:
    """The school's page on this platform, as any visitor sees it."""
    return _wall(_platform(name), Typed())


@pages.post("/practice/<any(x, facebook, instagram):name>/comments")
@needs(Action.USE_PRACTICE)
def comment(name: str) -> ResponseReturnValue:
    """Comment as anybody: a new name opens an account there."""
    place, typed = _platform(name), Typed(request.form)
    try:
        if not typed["author"]:
            raise BadInput("Write a name: whose comment is it?", field="author")
        made = _world().say(
            place, typed["post_id"] or None, typed["author"], typed.raw("text"), typed["parent_id"] or None
        )
    except BadInput as error:
        return _wall(place, typed.refuse(error), 400)
    except NotPermitted as error:
        return _wall(place, typed.refuse(BadInput(str(error), field="author")), 400)
    flash(f"{made.author.name} commented on {platform_name(place)}.", "success")
    anchor = f"#post-{made.post_id}" if made.post_id else "#mentions"
    return redirect(url_for("practice.platform", name=place) + anchor)


@pages.post("/practice/<any(x, facebook, instagram):name>/elsewhere")
@needs(Action.USE_PRACTICE)
def post_elsewhere(name: str) -> ResponseReturnValue:
    """Post on the Page as a visitor, or tag the school in a post of one's own."""
    place, typed = _platform(name), Typed(request.form)
    try:
        if not typed["author"]:
            raise BadInput("Write a name: whose post is it?", field="author")
        made = _world().post_elsewhere(place, typed["kind"], typed["author"], typed.raw("text"))
    except BadInput as error:
        return _wall(place, typed.refuse(error), 400)
    except NotPermitted as error:
        return _wall(place, typed.refuse(BadInput(str(error), field="author")), 400)
    flash(f"{made.author.name} posted on {platform_name(place)}.", "success")
    return redirect(url_for("practice.platform", name=place) + f"#{made.kind}")


@pages.post("/practice/<any(x, facebook, instagram):name>/elsewhere/<post_id>")
@needs(Action.USE_PRACTICE)
def take_down_elsewhere(name: str, post_id: str) -> ResponseReturnValue:
    """Its author takes such a post down."""
    place = _platform(name)
    _world().take_down_elsewhere(place, post_id)
    flash("The author took the post down.", "success")
    return redirect(url_for("practice.platform", name=place))


@pages.post("/practice/<any(x, facebook, instagram):name>/comments/<comment_id>")
@needs(Action.USE_PRACTICE)
def change_comment(name: str, comment_id: str) -> ResponseReturnValue:
    """Its author edits a comment or takes it back."""
    place, typed = _platform(name), Typed(request.form)
    try:
        if typed["do"] == "delete":
            _world().delete_comment_by_author(place, comment_id)
            flash("The author took the comment back.", "success")
        else:
            _world().edit_comment(place, comment_id, typed.raw("text"))
            flash("The author edited the comment.", "success")
    except BadInput as error:
        flash(str(error), "error")
    return redirect(url_for("practice.platform", name=place))


@pages.get("/practice/<any(x, facebook, instagram):name>/pictures/<picture_id>")
@needs(Action.USE_PRACTICE)
def picture(name: str, picture_id: str) -> ResponseReturnValue:
    """A picture that was published there."""
    data, mime_type = _world().picture_data(_platform(name), picture_id)
    return Response(data, content_type=mime_type, headers={"Cache-Control": "private, max-age=3600"})


@pages.get("/practice/<any(x, facebook, instagram):name>/videos/<video_id>")
@needs(Action.USE_PRACTICE)
def video(name: str, video_id: str) -> ResponseReturnValue:
    """A video that was published there."""
    answer = video_response(_world(), name, video_id)
    if answer.status_code == HTTPStatus.NOT_FOUND:
        # There the platform answers a program; here somebody looks at a page.
        raise NotFound("There is no such video.")
    return answer


def _behind(place: Platform, typed: Typed, status: int = 200) -> ResponseReturnValue:
    world = _world()
    return (
        render_template(
            "practice/behind.html",
            platform=place,
            followers=world.followers(place, limit=100),
            follower_count=world.count_followers(place),
            requests=world.requests(place) if place is Platform.X else [],
            protected=world.protected,
            blocked=world.blocked(place),
            muted=world.muted(place) if place is Platform.X else [],
            hidden=world.hidden_comments(place),
            deleted=world.deleted_comments(place, limit=50),
            deleted_posts=world.posts(place, deleted=True),
            typed=typed,
        ),
        status,
    )


@pages.get("/practice/<any(x, facebook, instagram):name>/people")
@needs(Action.USE_PRACTICE)
def behind(name: str) -> ResponseReturnValue:
    """What a visitor doesn't see: followers, requests, blocked people, hidden and deleted comments."""
    return _behind(_platform(name), Typed())


@pages.post("/practice/<any(x, facebook, instagram):name>/follow")
@needs(Action.USE_PRACTICE)
def follow(name: str) -> ResponseReturnValue:
    """Follow the school as anybody."""
    place, typed = _platform(name), Typed(request.form)
    try:
        made = _world().follow(place, typed["name"], bio=typed["bio"])
    except BadInput as error:
        return _behind(place, typed.refuse(error), 400)
    did = "asks to follow" if made.state == "requested" else "follows"
    flash(f"{made.person.name} {did} the school on {platform_name(place)}.", "success")
    return redirect(url_for("practice.behind", name=place))


@pages.post("/practice/<any(x, facebook, instagram):name>/people/<person_id>")
@needs(Action.USE_PRACTICE)
def person(name: str, person_id: str) -> ResponseReturnValue:
    """What the school does by hand on the platform's own pages, or the person by themselves."""
    place, world = _platform(name), _world()
    acts: dict[str, Callable[[], object]] = {
        "accept": lambda: world.accept_request(person_id),
        "deny": lambda: world.deny_request(person_id),
        "remove": lambda: world.remove_follower(place, person_id),
        "leave": lambda: world.unfollow(place, person_id),
        "block": lambda: world.block(place, person_id),
        "unblock": lambda: world.unblock(place, person_id),
        "mute": lambda: world.mute(place, person_id),
        "unmute": lambda: world.unmute(place, person_id),
    }
    act = acts.get(request.form.get("do", ""))
    if act is None:
        raise BadInput("Choose what to do with this person.", field="do")
    act()
    flash("Done, on the platform’s side.", "success")
    return redirect(url_for("practice.behind", name=place))


@pages.post("/practice/x/protected")
@needs(Action.USE_PRACTICE)
def protect() -> ResponseReturnValue:
    """Make the school's X account protected, so that people must ask to follow it, or public again."""
    _world().set_protected(request.form.get("protected") == "yes")
    return redirect(url_for("practice.behind", name=Platform.X))


def _switches(typed: Typed, status: int = 200) -> ResponseReturnValue:
    return (
        render_template(
            "practice/faults.html",
            current=[
                (switch, FAULT_WORDS[switch.rule.fault], KIND_WORDS[switch.kind])
                for switch in _world().faults.current()
            ],
            faults=[(fault.value, words) for fault, words in FAULT_WORDS.items()],
            kinds=[(kind.value, words) for kind, words in KIND_WORDS.items()],
            platforms=[(one.value, platform_name(one)) for one in Platform],
            typed=typed,
        ),
        status,
    )


@pages.get("/practice/faults")
@needs(Action.USE_PRACTICE)
def faults() -> ResponseReturnValue:
    """The switches that make the practice platforms misbehave."""
    return _switches(Typed())


def _number(typed: Typed, name: str, otherwise: float) -> float:
    try:
        found = float(typed[name]) if typed[name] else otherwise
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise BadInput(f"“{typed[name][:20]}” is not a number. Write it in digits.", field=name)
    return found


@pages.post("/practice/faults")
@needs(Action.USE_PRACTICE)
def set_fault() -> ResponseReturnValue:
    """Turn a switch on."""
    typed = Typed(request.form)
    try:
        for field, known in (
            ("platform", set(Platform)),
            ("kind", set(OperationKind)),
            ("fault", set(Fault)),
        ):
            if typed[field] not in known:
                raise BadInput("Choose one from the list.", field=field)
        count = _number(typed, "next_n", 0)
        _world().faults.set(
            typed["platform"],
            typed["kind"],
            FaultRule(
                Fault(typed["fault"]),
                probability=_number(typed, "percent", 100) / 100,
                next_n=int(count) if typed["next_n"] else None,
                seconds=_number(typed, "seconds", 5),
            ),
        )
    except (BadInput, OverflowError) as error:
        refused = (
            error if isinstance(error, BadInput) else BadInput("That number is too big.", field="next_n")
        )
        field = {"probability": "percent"}.get(refused.field, refused.field)
        return _switches(typed.refuse(BadInput(str(refused), field=field)), 400)
    flash("The switch is on.", "warning")
    return redirect(url_for("practice.faults"))


@pages.post("/practice/revoke")
@needs(Action.USE_PRACTICE)
def revoke() -> ResponseReturnValue:
    """Let a platform forget the school's keys: its account stops until it is connected again."""
    name = request.form.get("platform", "")
    if name not in {Platform.X, Platform.FACEBOOK}:
        raise BadInput("Choose one from the list.", field="platform")
    _world().revoke(name)
    which = "X" if name == Platform.X else "Facebook, and Instagram with it,"
    flash(f"{which} has forgotten the school’s keys. Watch Accounts, then connect again there.", "warning")
    return redirect(url_for("practice.faults"))


@pages.post("/practice/faults/clear")
@needs(Action.USE_PRACTICE)
def clear_faults() -> ResponseReturnValue:
    """Turn one switch off, or all."""
    form = request.form
    _world().faults.clear(form.get("platform") or None, form.get("kind") or None, form.get("fault") or None)
    flash("Switched off.", "success")
    return redirect(url_for("practice.faults"))
