"""What stands in a draft's way (P13 to P16, P26, P27)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy.orm import Session

from approvals import beside_media, first_names, picture_words, pictures, planned, unticked, video_checks
from approvals.content import shown_on
from approvals.models import Criterion, DraftRevision, PupilsAppear
from approvals.picture_words import Said
from connectors.base import Platform
from connectors.limits import LIMITS, text_length
from connectors.posting import NAMES
from school import consent, devices, register
from school.errors import BadInput
from school.models import Account, ConsentKind, Pupil
from school.times import say_date, today

TEXT_STORED_MAX = 200_000
LINK_MAX = 2000
TIGHT_MIN = 8
"""A full name of more characters is looked for without its space, too: shorter ones are in any word."""
_WORD_JOIN = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that stops a draft: the form's field and a sentence that says what to do."""

    field: str
    sentence: str
    inside: UUID | None = None
    """The picture inside which a name was read."""


class DraftRefused(BadInput):
    """A draft that can't be saved or submitted as it is; `problems` are all the reasons."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(" ".join(problem.sentence for problem in problems), field=problems[0].field)
        self.problems = tuple(problems)


def account_name(account: Account) -> str:
    """An account as people call it: "X @greenfield"."""
    handle = (
        account.handle if account.handle.startswith("@") or " " in account.handle else f"@{account.handle}"
    )
    return f"{NAMES[Platform(account.platform)]} {handle}"


def whole_link(link: str) -> str:
    """An address as people write it down, without its beginning, made whole: every site answers to https."""
    return f"https://{link}" if link.casefold().startswith("www.") else link


def link_problem(link: str) -> str:
    """Why a link can't be taken; empty when it can."""
    if not link:
        return ""
    if len(link) > LINK_MAX:
        return f"The link has {len(link):,} characters: at most {LINK_MAX:,} are taken."
    try:
        parts = urlsplit(link)
        fine = parts.scheme in {"http", "https"} and bool(parts.hostname) and not re.search(r"[\s<>\"]", link)
        fine = fine and parts.username is None and "." in (parts.hostname or "")
    except ValueError:
        fine = False
    if fine:
        return ""
    return f"The link “{link[:80]}” isn't a web address. Write it whole, such as https://www.example.sch.uk/news."


_ORDER_TURNERS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Unicode's explicit bidirectional marks: right-to-left languages need none of them in a post."""


def _shows_nothing(text: str) -> bool:
    """Whether nobody would see anything of it: only spaces and characters without a shape."""
    return all(unicodedata.category(character)[0] in "ZC" for character in text)


def platform_problems(revision: DraftRevision) -> list[Problem]:
    """What breaks the platforms' own rules already while drafting (P16)."""
    found: list[Problem] = []
    for entry in revision.accounts:
        platform = Platform(entry.account.platform)
        limits, name = LIMITS[platform], account_name(entry.account)
        shown = shown_on(revision, entry.account_id, platform)
        length = text_length(platform, shown)
        field = f"own_text_{entry.account_id}" if entry.own_text is not None else "text"
        if length > limits.text_max:
            found.append(
                Problem(
                    field,
                    f"The text for {name} counts {length:,} characters: at most {limits.text_max:,} are "
                    f"allowed there. Shorten it by {length - limits.text_max:,}"
                    f"{f', or give {name} its own wording' if entry.own_text is None else ''}.",
                )
            )
        if limits.hashtags_max is not None:
            tags = len(re.findall(r"(?<!\w)#\w", shown[:TEXT_STORED_MAX]))
            if tags > limits.hashtags_max:
                found.append(
                    Problem(
                        field, f"{name} takes at most {limits.hashtags_max} hashtags; the text has {tags}."
                    )
                )
        if revision.video is not None:
            found += [
                Problem("video", said)
                for said in video_checks.on_platform(
                    revision.video, len(revision.pictures), limits.video, name, platform
                )
            ]
        if len(revision.pictures) > limits.pictures_max:
            found.append(
                Problem(
                    "pictures",
                    f"{name} takes at most {limits.pictures_max} pictures in a post; this one has "
                    f"{len(revision.pictures)}. Take some out, or leave {name} out.",
                )
            )
        for picture in revision.pictures:
            if platform is Platform.INSTAGRAM and (problem := pictures.instagram_problem(picture.media)):
                found.append(Problem("pictures", problem))
            if len(picture.alt_text) > limits.alt_text_max:
                found.append(
                    Problem(
                        "pictures",
                        f"The description of “{picture.media.filename}” has {len(picture.alt_text):,} "
                        f"characters: {name} takes at most {limits.alt_text_max:,}.",
                    )
                )
    return found


FORM_ORDER = (
    "accounts",
    "text",
    "link",
    "pictures",
    "video",
    "pupils",
    "not_seen",
    "planned_date",
    "planned_time",
    "objective",
    "device",
    "checklist",
)


def unsound(revision: DraftRevision, *, now: datetime) -> list[Problem]:
    """What a draft in work may say and nothing that is handed in may: what isn't missing but wrong (P16)."""
    found = platform_problems(revision)
    if wrong := link_problem(revision.link):
        found.append(Problem("link", wrong))
    if revision.planned_local and (
        wrong := planned.problem(revision.planned_local, revision.planned_at, now=now)
    ):
        found.append(Problem(planned.FIELD, wrong))
    if revision.none_shown and revision.pupils:
        found.append(
            Problem("pupils", "Pupils are chosen and “no pupil” is ticked: take one of the two back.")
        )
    return found


def submission_problems(session: Session, revision: DraftRevision, *, now: datetime) -> list[Problem]:
    """Everything that keeps a revision from being handed in; empty when it is ready."""
    found = unsound(revision, now=now)
    if not revision.accounts:
        found.append(Problem("accounts", "No account is chosen: tick at least one."))
        if not revision.media_count and _shows_nothing(revision.text):
            found.append(Problem("text", "There is no text: write something, or add a picture or a video."))
    for entry in revision.accounts:
        platform = Platform(entry.account.platform)
        limits, name = LIMITS[platform], account_name(entry.account)
        if revision.media_count < limits.pictures_min:
            found.append(
                Problem(
                    "pictures",
                    f"{name} takes no post without a picture or a video: add one, or leave {name} out.",
                )
            )
        elif not revision.media_count and _shows_nothing(shown_on(revision, entry.account_id, platform)):
            found.append(
                Problem(
                    "text", f"The text for {name} is empty: write something, or add a picture or a video."
                )
            )
        if _ORDER_TURNERS & set(shown_on(revision, entry.account_id, platform)):
            found.append(
                Problem(
                    "text",
                    f"The text for {name} holds hidden characters that turn the order of words, so nobody "
                    "can be sure what will appear: type it anew instead of pasting it.",
                )
            )
    found += [
        Problem(
            "pictures",
            f"“{picture.media.filename}” can't be read any more: the secret key that it was encrypted with "
            "is lost. Take it out and add it again.",
        )
        for picture in revision.pictures
        if picture.media.original_lost_at is not None
    ]
    found += [
        Problem("pictures", lack)
        for picture in revision.pictures
        for lack in beside_media.lacks(
            picture.media.filename,
            alt_text=picture.alt_text,
            source=picture.source,
            licence=picture.licence,
        )
    ]
    if revision.video is not None:
        film = revision.video
        found += [
            Problem(video_checks.WAITS if video_checks.coming(revision.video) else "video", said)
            for said in video_checks.not_ready(revision.video)
        ]
        found += [
            Problem("video", lack)
            for lack in beside_media.lacks(
                film.video.filename, alt_text=film.alt_text, source=film.source, licence=film.licence
            )
        ]
    if not revision.planned_local:
        found.append(Problem(planned.FIELD, planned.NOT_YET))
    if revision.objective is None:
        found.append(Problem("objective", "What it is for is not chosen yet."))
    unsigned = len(Criterion) - len(set(revision.checklist))
    if unsigned:
        every = len(Criterion)
        said = (
            f"None of the {every} points of the checklist is signed"
            if unsigned == every
            else f"{unsigned} of the {every} points of the checklist "
            f"{'is' if unsigned == 1 else 'are'} not signed"
        )
        # Where none is, nobody read one that did not fit: often a change has just taken the ticks off.
        otherwise = "" if unsigned == every else ", or change the post"
        found.append(Problem("checklist", f"{said}: read and tick every one{otherwise}."))
    shows = bool(revision.pictures) or revision.video is not None
    if shows and (wrong := devices.problem(session, revision.device)):
        found.append(Problem("device", wrong))
    if not revision.pupils and not revision.none_shown:
        found.append(Problem("pupils", "Say which pupils are shown or named, or tick that there are none."))
    found += name_problems(session, revision)
    day = day_out(revision, now=now)
    found += consent_problems(session, revision, on=day)
    found += unticked_problems(session, revision, on=day)
    found += live_problems(session, revision, on=day)
    # In the form's order; what belongs to no one field of it comes first.
    return sorted(found, key=lambda one: FORM_ORDER.index(one.field) if one.field in FORM_ORDER else -1)


def day_out(revision: DraftRevision, *, now: datetime) -> date:
    """The day on which a revision goes out at the earliest: what it needs is asked for that day."""
    return max(today(revision.planned_at), today(now)) if revision.planned_at else today(now)


def live_problems(session: Session, revision: DraftRevision, *, on: date) -> list[Problem]:
    """The accounts on which nothing may be published on that day yet (P8)."""
    return [
        Problem("accounts", waits)
        for entry in revision.accounts
        if (waits := register.not_live(session, entry.account, on=on))
    ]


def unticked_problems(
    session: Session, revision: DraftRevision, *, on: date, platforms: Collection[str] | None = None
) -> list[Problem]:
    """Pupils without consent once marked in its files, of whom the author says nothing now (P26)."""
    asked = unticked.of(session, revision, on=on, platforms=platforms)
    return [Problem("not_seen", one.problem) for one in asked if not one.said]


def name_problems(session: Session, revision: DraftRevision) -> list[Problem]:
    """Full names of pupils in the text, in a description, or in a picture or a file's name (P27)."""
    if not revision.media_count:
        return []
    places = [Said("text", "the text", revision.text), Said("link", "the link", revision.link)]
    places += [
        Said(f"own_text_{entry.account_id}", f"the text for {account_name(entry.account)}", entry.own_text)
        for entry in revision.accounts
        if entry.own_text is not None
    ]
    places += [
        Said("pictures", f"the description of “{picture.media.filename}”", picture.alt_text)
        for picture in revision.pictures
    ]
    if revision.video is not None:
        film = revision.video
        places.append(Said("video", f"the description of “{film.video.filename}”", film.alt_text))
    places += picture_words.found(session, revision)
    beside = "a video" if revision.video is not None else "a picture"
    folded = [(said, _fold(said.text)) for said in places]
    # What is read in a picture, and the name of a file, may have lost its spaces.
    written = [(said, text, text.replace(" ", "") if said.place else "") for said, text in folded]
    found: list[Problem] = []
    for name in {*consent.names(session), *(entry.pupil.name for entry in revision.pupils)}:
        bare = _fold_name(name)
        tight = bare.replace(" ", "") if len(bare) > TIGHT_MIN else bare
        # Most of a school's names are in none of the texts: looking for them as they stand is far quicker.
        if " " not in bare or not any(bare in text or tight in joined for _said, text, joined in written):
            continue
        pattern = re.compile(rf"(?<!\w){re.escape(bare)}(?!\w)")
        found += [
            Problem(
                said.form_field,
                f"A pupil's full name, “{name}”, is in {said.where} beside {beside}. "
                f"{_full_name_instead(said)}",
                said.inside,
            )
            for said, text, joined in written
            if pattern.search(text) or tight in joined
        ]
    return found


def full_name_in(session: Session, text: str) -> str:
    """A pupil's full name in a text that isn't part of a post; empty where there is none (P27)."""
    folded = _fold(text)
    for name in consent.names(session):
        bare = _fold_name(name)
        if " " in bare and bare in folded and re.search(rf"(?<!\w){re.escape(bare)}(?!\w)", folded):
            return name
    return ""


def _full_name_instead(said: Said) -> str:
    if said.place is None:
        return "Use a general label or the first name alone."
    return f"{said.instead.capitalize()}."


@lru_cache(maxsize=8192)
def _fold_name(name: str) -> str:
    return _fold(name)


def _fold(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).casefold()
    bare = "".join(
        char for char in plain if not unicodedata.combining(char) and unicodedata.category(char) != "Cf"
    )
    return _WORD_JOIN.sub(" ", re.sub(r"[-_‐-―'’`.]", " ", bare)).strip()


CONSENT_FOR: Mapping[ConsentKind, str] = {
    ConsentKind.IMAGE: "pictures",
    ConsentKind.VIDEO: "videos",
    ConsentKind.WORK: "showing their work",
    ConsentKind.NAME: "being named",
}


def consent_needed(revision: DraftRevision, pupil: Pupil, said: Iterable[Said]) -> tuple[ConsentKind, ...]:
    """The exact kinds of consent that a pupil of a revision must have given for a platform (P26).

    `said`: what it says there, by `first_names.places`. Whoever is seen and called by their first name as
    well needs both.
    """
    match PupilsAppear(revision.pupils_appear or PupilsAppear.SEEN):
        case PupilsAppear.NAMED:
            return (ConsentKind.NAME,)
        case PupilsAppear.WORK:
            kind = ConsentKind.WORK
        case _:
            kind = ConsentKind.VIDEO if revision.video is not None else ConsentKind.IMAGE
    named = first_names.where(said, pupil.name) is not None
    return (kind, ConsentKind.NAME) if named else (kind,)


def without_consent(
    session: Session, revision: DraftRevision, *, on: date, platforms: Collection[str] | None = None
) -> dict[Pupil, dict[ConsentKind, list[str]]]:
    """The pupils of a revision who lack consent on that day (P26): for what, and on which platforms.

    `platforms`: those that matter; None: all that the revision is for.
    """
    if platforms is None:
        platforms = {entry.account.platform for entry in revision.accounts}
    found: dict[Pupil, dict[ConsentKind, list[str]]] = {}
    for platform in sorted(platforms):
        asked: dict[ConsentKind, list[UUID]] = {}
        # Read once for all of them: what stands in pictures is a question to the database.
        said = list(first_names.places(session, revision, platform)) if revision.pupils else []
        for entry in revision.pupils:
            for kind in consent_needed(revision, entry.pupil, said):
                asked.setdefault(kind, []).append(entry.pupil_id)
        for kind, pupil_ids in asked.items():
            for pupil in consent.missing_consent(session, pupil_ids, kind, on=on, platform=platform):
                found.setdefault(pupil, {}).setdefault(kind, []).append(platform)
    return found


def consent_problems(
    session: Session, revision: DraftRevision, *, on: date, platforms: Collection[str] | None = None
) -> list[Problem]:
    """One sentence for each pupil and kind without consent on that day; `platforms` as above."""
    lacking = without_consent(session, revision, on=on, platforms=platforms)
    return [
        _consent_problem(session, revision, pupil, kind, where, on=on)
        for pupil, kinds in sorted(lacking.items(), key=lambda item: item[0].name)
        for kind, where in kinds.items()
    ]


def _consent_problem(
    session: Session,
    revision: DraftRevision,
    pupil: Pupil,
    kind: ConsentKind,
    lacking: Sequence[str],
    *,
    on: date,
) -> Problem:
    lacks = f"{pupil.name} has no consent for {CONSENT_FOR[kind]}{_on(lacking)} in force on {say_date(on)}"
    named = None
    if kind is ConsentKind.NAME and revision.pupils_appear != PupilsAppear.NAMED:
        named = first_names.where(first_names.places(session, revision, lacking[0]), pupil.name)
    if named is None:
        return Problem("pupils", f"{lacks}: {_instead(revision, kind)}")
    return Problem(
        named.form_field,
        f"{lacks}, but the name “{first_names.first_name(pupil.name)}” is in {named.where}: {named.instead}, "
        "or ask the data protection officer to get that consent.",
        named.inside,
    )


def _instead(revision: DraftRevision, kind: ConsentKind) -> str:
    """What to do about a pupil without that consent: no longer ticking the name takes nobody out."""
    what, ask = "the pupil", "or ask the data protection officer"
    if kind is ConsentKind.WORK:
        what = "the pupil’s work"
    if kind is ConsentKind.NAME:
        do = f"take the name out of the words, {ask}"
    elif revision.video is not None:
        do = f"use another video, {ask}"
    elif revision.pictures:
        do = f"blur or crop {what} in the picture, use another picture, {ask}"
    else:
        return f"take {what} out of the post, {ask}."
    return f"{do}. Unticking the name is not enough."


def _on(platforms: Sequence[str]) -> str:
    """The platforms in words."""
    return f" on {consent.in_words(platforms)}"
