"""A draft as it will appear, for the author's page, the approver's mail and the approver's page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from approvals import (
    beside_media,
    first_names,
    link_looks,
    odd_times,
    picture_words,
    pictures,
    repeats,
    same_words,
    shown_faces,
    unticked,
    video_checks,
)
from approvals.checks import CONSENT_FOR, account_name, name_problems, without_consent
from approvals.content import shown_on
from approvals.differences import AskedBefore, Change, asked_before, changes, seen_before
from approvals.findings import ALL_CLEAR, EARLIER_ALL_CLEAR, concerns
from approvals.link_looks import LinkPreview
from approvals.models import Criterion, Draft, DraftRevision, PupilsAppear, RevisionAccount
from approvals.same_words import SameWords
from approvals.states import DraftState
from approvals.video_checks import VideoPreview
from connectors import feeds
from connectors.base import Platform
from connectors.feeds import Piece
from connectors.limits import LIMITS, text_length
from school import consent
from school.models import ConsentKind, Person
from school.times import say, today

CUT_NAMED_BY = 3
"""Words that say where a feed cuts a text."""


@dataclass(frozen=True, slots=True)
class AccountPreview:
    """The post on one account."""

    account_id: UUID
    platform: Platform
    name: str
    text: str
    length: int
    limit: int
    own_wording: bool
    link_card: str
    """The link where the platform shows it as a card of its own; empty elsewhere."""
    display_name: str
    handle: str
    """Without its @."""
    shown_first: tuple[Piece, ...]
    """The text that the feed shows at once."""
    card: LinkPreview | None
    """What the platform shows as a card below the text; None where it shows none."""
    links: int
    """How many links stand in the text."""
    cut: str
    """What stands there to be pressed for the rest, about where; empty where all is shown."""
    rest: tuple[Piece, ...]

    @property
    def left(self) -> int:
        """How many characters it could have more; negative: so many are too many."""
        return self.limit - self.length

    @property
    def wording(self) -> tuple[str, str, str]:
        """What is read there: the words, and what the platform makes of the link."""
        return self.text, self.link_card, self.card.address if self.card is not None else ""

    @property
    def differs_in(self) -> str:
        """What is not as elsewhere where the same words stand: how long they may be, where they are cut."""
        said = [f"{self.length:,} of {self.limit:,} characters"]
        if self.cut:
            shown = "".join(words for _kind, words in self.shown_first).split()
            said.append(f"cut after “… {' '.join(shown[-CUT_NAMED_BY:])}”")
        if self.links and self.platform is Platform.INSTAGRAM:
            said.append("nobody can press the link")
        return ", ".join(said)

    @property
    def initials(self) -> str:
        """What stands for the account's picture: it isn't kept here."""
        return "".join(word[0] for word in self.display_name.split()[:2]).upper()


@dataclass(frozen=True, slots=True)
class PicturePreview:
    """One picture and what is said of it."""

    media_id: UUID
    cid: str
    filename: str
    alt_text: str
    source: str
    licence: str
    width: int
    height: int
    faces: str
    """How many faces were found in it, in words."""


@dataclass(frozen=True, slots=True)
class PupilPreview:
    """One pupil shown, and whether consent is in force on the planned day (P26)."""

    name: str
    class_name: str
    consent: bool
    lacking: str
    """What there is no consent for, and where; empty when nothing is missing."""


@dataclass(frozen=True, slots=True)
class DraftPreview:
    """Everything that somebody needs who decides on a draft."""

    draft_id: UUID
    revision_id: UUID
    revision_number: int
    author_name: str
    place: str
    """Which of a series it is, in words; empty where it isn't repeated."""
    made_at: datetime
    accounts: tuple[AccountPreview, ...]
    pictures: tuple[PicturePreview, ...]
    video: VideoPreview | None
    link: str
    links: tuple[LinkPreview, ...]
    """Every web address in it, with what is known of it now."""
    planned_at: datetime | None
    planned: str
    objective: str
    urgent: bool
    device: str
    checklist: tuple[tuple[str, bool], ...]
    """Each criterion in words, and whether the author has signed it (P14)."""
    findings: tuple[Mapping[str, Any], ...]
    """As they were when it was handed in, without the all-clear."""
    all_clear: str
    """The sentence for a wording in which nothing was found; empty where something was, or nobody looked."""
    warnings: tuple[str, ...]
    """What is to be asked of its pictures, its links and its time, names that may be pupils', full
    names beside them (P27), and the same words in another post, as known now."""
    same_words: tuple[SameWords, ...]
    """Of the warnings those about another post."""
    unfinished: tuple[str, ...]
    """What Schoolgate is still looking at; what it finds is said among the warnings then."""
    none_shown: bool
    pupils: tuple[PupilPreview, ...]
    pupils_appear: str
    """How, in words."""
    compared_with: str
    """The version that was handed in before, in words; empty where this is the first."""
    changes: tuple[Change, ...]
    """What this version says otherwise than that one."""
    asked_before: AskedBefore | None
    """Changes that were asked for when it was decided last."""

    @property
    def worded(self) -> tuple[tuple[AccountPreview, ...], ...]:
        """The accounts, those together on which the same words are read."""
        groups: dict[tuple[str, str, str], list[AccountPreview]] = {}
        for account in self.accounts:
            groups.setdefault(account.wording, []).append(account)
        return tuple(tuple(group) for group in groups.values())

    def same_as(self, account: AccountPreview) -> AccountPreview | None:
        """The account above this one that shows the same, but for what `differs_in` says; None where none.

        Not where a platform lays several pictures out, or cuts them, as another doesn't; nor where one is
        too long there, has a shape that it doesn't show, or shows a pupil without consent for one of them.
        """
        alike = next(group for group in self.worded if account in group)
        fits = all(pictures.fits_instagram(one.width, one.height) for one in self.pictures)
        apart = (
            alike[0] is account
            or account.left < 0
            or len(self.pictures) > 1
            or (account.platform is Platform.INSTAGRAM and not fits)
            or not all(pupil.consent for pupil in self.pupils)
        )
        return None if apart else alike[0]

    @property
    def signed_words(self) -> str:
        """How much of the checklist is signed, and by whom."""
        signed = sum(done for _words, done in self.checklist)
        if not signed:
            return "not signed yet"
        much = "" if signed == len(self.checklist) else f"{signed} of {len(self.checklist)} points "
        return f"{much}signed by {self.author_name}"


def preview(
    session: Session, draft: Draft, revision: DraftRevision, *, findings: Sequence[Mapping[str, Any]] = ()
) -> DraftPreview:
    """One revision as it will appear, with the findings of its submission."""
    day = today(revision.planned_at) if revision.planned_at else today(revision.made_at)
    asked = asked_before(session, revision)
    # What was handed in again as it was is compared with itself: "nothing".
    again = asked is not None and asked.of_number == revision.number and draft.state is DraftState.SUBMITTED
    earlier = revision if again else seen_before(session, revision)
    lacking = {pupil.id: kinds for pupil, kinds in without_consent(session, revision, on=day).items()}
    author = session.get_one(Person, draft.author_id)
    links = link_looks.previews(session, revision)
    twice = same_words.elsewhere(session, draft, revision)
    return DraftPreview(
        draft_id=draft.id,
        revision_id=revision.id,
        revision_number=revision.number,
        author_name=author.name,
        place=repeats.places(session, [draft]).get(draft.id, ""),
        made_at=revision.made_at,
        accounts=on_accounts(revision, links),
        pictures=pictures_of(session, revision),
        video=video_checks.shown(revision.video) if revision.video is not None else None,
        link=revision.link,
        links=links,
        planned_at=revision.planned_at,
        planned=say(revision.planned_at) if revision.planned_at else "not planned yet",
        objective=revision.objective.in_words if revision.objective else "not chosen yet",
        urgent=revision.urgent,
        device=revision.device,
        checklist=tuple(
            (criterion.in_words, criterion.value in revision.checklist) for criterion in Criterion
        ),
        findings=tuple(concerns(findings, said_of=[one.address for one in links if one.sentence])),
        all_clear=ALL_CLEAR
        if any(one["kind"] == "none" or one["sentence"] == EARLIER_ALL_CLEAR for one in findings)
        else "",
        warnings=(
            *(one.sentence for one in twice),
            *(problem.sentence for problem in name_problems(session, revision)),
            *(one.sentence for one in links if one.sentence),
            *first_names.perhaps_pupils(session, revision, on=day),
            *(one.told(author.name) for one in unticked.of(session, revision, on=day) if one.said),
            *shown_faces.warnings(session, revision),
            *picture_words.warnings(session, revision),
            *_very_short(revision),
            *odd_times.warnings(session, revision.planned_at),
        ),
        same_words=twice,
        unfinished=(
            *shown_faces.unfinished(session, revision),
            *picture_words.unfinished(session, revision),
        ),
        none_shown=revision.none_shown,
        pupils=tuple(
            PupilPreview(
                entry.pupil.name,
                entry.pupil.class_name,
                entry.pupil_id not in lacking,
                _lacking(lacking.get(entry.pupil_id, {})),
            )
            for entry in sorted(revision.pupils, key=lambda entry: entry.pupil.name)
        ),
        pupils_appear=PupilsAppear(revision.pupils_appear or PupilsAppear.SEEN).in_words,
        compared_with=f"version {earlier.number} of {say(earlier.made_at)}" if earlier else "",
        changes=changes(earlier, revision) if earlier else (),
        asked_before=asked,
    )


def _very_short(revision: DraftRevision) -> Iterator[str]:
    """Descriptions and owners that say next to nothing (P15)."""
    for picture in revision.pictures:
        yield from beside_media.short(
            picture.media.filename, alt_text=picture.alt_text, source=picture.source
        )
    if (film := revision.video) is not None:
        yield from beside_media.short(film.video.filename, alt_text=film.alt_text, source=film.source)


def _lacking(kinds: Mapping[ConsentKind, Sequence[str]]) -> str:
    return "; ".join(
        f"{CONSENT_FOR[kind]} on {', '.join(consent.PLATFORMS.get(one, one) for one in platforms)}"
        for kind, platforms in kinds.items()
    )


def on_accounts(revision: DraftRevision, links: Sequence[LinkPreview]) -> tuple[AccountPreview, ...]:
    """The post on each of its accounts; a revision that isn't saved has a look, too."""
    known = {one.address: one for one in links}
    return tuple(_account(revision, entry, known) for entry in revision.accounts)


def pictures_of(session: Session, revision: DraftRevision) -> tuple[PicturePreview, ...]:
    """The pictures of a revision with what is said of them."""
    faces = shown_faces.of(session, [picture.media_id for picture in revision.pictures])
    return tuple(
        PicturePreview(
            media_id=picture.media_id,
            cid=f"picture{place}",
            filename=picture.media.filename,
            alt_text=picture.alt_text,
            source=picture.source,
            licence=picture.licence,
            width=picture.media.width,
            height=picture.media.height,
            faces=faces[picture.media_id].sentence,
        )
        for place, picture in enumerate(revision.pictures, start=1)
    )


def _account(
    revision: DraftRevision, entry: RevisionAccount, known: Mapping[str, LinkPreview]
) -> AccountPreview:
    account = entry.account
    platform = Platform(account.platform)
    text = shown_on(revision, account.id, platform)
    first, cut, rest = feeds.parts(platform, text)
    found = feeds.links(text)
    carded = "" if revision.media_count else _carded(platform, revision.link, found)
    return AccountPreview(
        account_id=account.id,
        platform=platform,
        name=account_name(account),
        text=text,
        length=text_length(platform, text),
        limit=LIMITS[platform].text_max,
        own_wording=entry.own_text is not None,
        link_card=carded if platform is Platform.FACEBOOK else "",
        card=known.get(carded),
        links=len(found),
        display_name=account.display_name,
        handle=account.handle.removeprefix("@"),
        shown_first=feeds.pieces(platform, first),
        cut=cut,
        rest=feeds.pieces(platform, rest),
    )


def _carded(platform: Platform, link: str, found: Sequence[str]) -> str:
    """The address that a platform makes a card of, where there are no pictures; empty where of none."""
    match platform:
        case Platform.FACEBOOK:
            return link
        case Platform.X:
            return found[-1] if found else ""
        case _:
            return ""
