"""The consent register: who may be shown, and who may change that (P4, P24 to P26)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from school import audit
from school.errors import BadInput, MoveNotAllowed, NotFound
from school.models.consent import Consent, ConsentKind, Pupil
from school.models.people import Person
from school.people import person_name, reason_text
from school.permissions import Action, require
from school.spelling import plain_name
from school.times import say_date, today
from school.wording import and_last

KINDS: Mapping[ConsentKind, str] = {
    ConsentKind.IMAGE: "Pictures",
    ConsentKind.VIDEO: "Videos",
    ConsentKind.WORK: "The pupil’s work",
    ConsentKind.NAME: "First name or class",
}
"""What each kind is called on pages."""
KINDS_IN_FULL: Mapping[ConsentKind, str] = {
    ConsentKind.IMAGE: "Pictures that show the pupil",
    ConsentKind.VIDEO: "Videos that show the pupil",
    ConsentKind.WORK: "The pupil’s work",
    ConsentKind.NAME: "The pupil’s first name or class",
}
"""The same where nothing around it says more, as in a parent's record."""
PLATFORMS: Mapping[str, str] = {"x": "X", "facebook": "Facebook", "instagram": "Instagram"}
EVERYWHERE = "every platform"
NO_SUCH = "There is no such pupil in the register."
BACK: Mapping[str, str] = {
    "mistake": "It was a mistake: the pupil never left",
    "list": "The office’s list lacked the pupil by mistake",
    "returned": "The pupil has come back to the school",
}
"""Why a leaver is brought back. To choose from, since the trail is kept for ever and names no pupil (P34)."""


def in_words(platforms: Collection[str]) -> str:
    """Platforms in a sentence: "Facebook, Instagram and X"."""
    return and_last([PLATFORMS.get(one, one) for one in platforms])


def pupils(session: Session) -> list[Pupil]:
    """The pupils of the school, by class and name, whatever their capitals and accents."""
    found = session.scalars(sa.select(Pupil).where(Pupil.left_on.is_(None)).order_by(Pupil.id))
    return sorted(found, key=lambda one: (plain_name(one.class_name), plain_name(one.name)))


def names(session: Session) -> list[str]:
    """The full names of all pupils: what comments (P21) and picture texts (P27) are checked for."""
    return list(session.scalars(sa.select(Pupil.name).where(Pupil.left_on.is_(None)).order_by(Pupil.name)))


def get(session: Session, pupil_id: UUID) -> Pupil:
    """The pupil, or NotFound."""
    pupil = session.get(Pupil, pupil_id)
    if pupil is None:
        raise NotFound(NO_SUCH)
    return pupil


def add_pupil(session: Session, *, name: str, class_name: str, by: Person, now: datetime) -> Pupil:
    """Enter a pupil. Raises BadInput when the same name stands in the same class already."""
    require(by, Action.EDIT_CONSENT)
    full, group = person_name(name), person_name(class_name, field="class_name")
    if session.scalar(sa.select(Pupil.id).where(Pupil.name == full, Pupil.class_name == group)) is not None:
        raise BadInput(
            f"{full} is in {group} already. Add a middle name if this is another child.", field="name"
        )
    pupil = Pupil(name=full, class_name=group, created_at=now)
    session.add(pupil)
    # The trail names the pupil by id.
    session.flush()
    audit.record(session, by=by, action="pupil_added", object_kind="pupil", object_id=pupil.id, now=now)
    return pupil


def mark_left(session: Session, pupil_id: UUID, *, by: Person, now: datetime) -> Pupil:
    """Enter that a pupil has left: consent is for the time at the school (P24), so none counts any more."""
    require(by, Action.EDIT_CONSENT)
    pupil = session.get(Pupil, pupil_id, with_for_update=True)
    if pupil is None:
        raise NotFound(NO_SUCH)
    if pupil.left_on is not None:
        raise MoveNotAllowed("This pupil has left already.")
    pupil.left_on = today(now)
    audit.record(session, by=by, action="pupil_left", object_kind="pupil", object_id=pupil.id, now=now)
    return pupil


def bring_back(session: Session, pupil_id: UUID, *, reason: str, by: Person, now: datetime) -> Pupil:
    """Take back that a pupil has left; consents count again to their last day (P24).

    `reason`: one of BACK. Raises BadInput, NotFound, MoveNotAllowed where the pupil hasn't left.
    """
    require(by, Action.EDIT_CONSENT)
    if reason not in BACK:
        raise BadInput("Choose why the pupil is brought back.", field="reason")
    pupil = session.get(Pupil, pupil_id, with_for_update=True)
    # One whose data was erased (P34) keeps a row without a class, for the posts that showed somebody.
    if pupil is None or not pupil.class_name:
        raise NotFound(NO_SUCH)
    if pupil.left_on is None:
        raise MoveNotAllowed("This pupil is at the school.")
    audit.record(
        session,
        by=by,
        action="pupil_brought_back",
        object_kind="pupil",
        object_id=pupil.id,
        detail={"reason": BACK[reason], "left_on": pupil.left_on},
        now=now,
    )
    pupil.left_on = None
    return pupil


def leavers(session: Session) -> list[Pupil]:
    """The pupils who left and whose data is kept still, the last to leave first."""
    return list(
        session.scalars(
            sa.select(Pupil)
            .where(Pupil.left_on.is_not(None), Pupil.class_name != "")
            .order_by(Pupil.left_on.desc(), Pupil.name)
        )
    )


def record_consent(
    session: Session,
    pupil: Pupil,
    *,
    kind: ConsentKind,
    given_by: str,
    first_day: date,
    last_day: date,
    platform: str | None = None,
    by: Person,
    now: datetime,
) -> Consent:
    """Enter a consent for one kind of processing between two days, both included (P24).

    `platform`: where it is for; None: every platform.
    """
    require(by, Action.EDIT_CONSENT)
    if last_day < first_day:
        raise BadInput(
            f"The last day ({say_date(last_day)}) is before the first ({say_date(first_day)}): swap them.",
            field="last_day",
        )
    _known(platform)
    consent = Consent.given(
        kind,
        platform,
        given_by=person_name(given_by, field="given_by"),
        first_day=first_day,
        last_day=last_day,
        recorded_at=now,
        recorded_by_id=by.id,
    )
    pupil.consents.append(consent)
    # The trail names the consent by id.
    session.flush()
    audit.record(
        session,
        by=by,
        action="consent_recorded",
        object_kind="consent",
        object_id=consent.id,
        detail={"pupil": str(pupil.id), "kind": kind.value, "platform": platform or EVERYWHERE},
        now=now,
    )
    return consent


def withdraw(
    session: Session,
    consent_id: UUID,
    *,
    reason: str,
    platform: str | None = None,
    by: Person,
    now: datetime,
) -> Consent:
    """End a consent at once (P25). Raises MoveNotAllowed when it has ended already.

    `platform`: only there. A consent for every platform ends, and one for each of the others, by the same
    person and to the same day, takes its place.
    """
    require(by, Action.EDIT_CONSENT)
    _known(platform)
    why = reason_text(reason)
    consent = session.get(Consent, consent_id, with_for_update=True)
    if consent is None:
        raise NotFound("There is no such consent in the register.")
    if consent.withdrawn_at is not None:
        raise MoveNotAllowed("This consent was withdrawn already.")
    if platform is not None and consent.platform not in {None, platform}:
        raise BadInput(
            f"This consent is for {where(consent)} alone: choose that, or every platform.", field="platform"
        )
    if platform is not None and consent.platform is None:
        for other in PLATFORMS:
            if other != platform:
                ended = consent.last_day < today(now)
                record_consent(
                    session,
                    consent.pupil,
                    kind=consent.kind,
                    given_by=consent.given_by,
                    # Also one that ended: posts from then stay on the others.
                    first_day=consent.first_day if ended else max(consent.first_day, today(now)),
                    last_day=consent.last_day,
                    platform=other,
                    by=by,
                    now=now,
                )
    consent.withdrawn_at, consent.withdrawn_by_id, consent.withdrawn_reason = now, by.id, why
    audit.record(
        session,
        by=by,
        action="consent_withdrawn",
        object_kind="consent",
        object_id=consent.id,
        # The reason stays in the register: the trail is kept for ever, a pupil's data is not (P34).
        detail={
            "pupil": str(consent.pupil_id),
            "kind": consent.kind.value,
            "platform": platform or consent.platform or EVERYWHERE,
        },
        now=now,
    )
    return consent


def withdraw_all(
    session: Session,
    pupil_id: UUID,
    *,
    kind: ConsentKind | None,
    reason: str,
    platform: str | None = None,
    by: Person,
    now: datetime,
) -> list[Consent]:
    """End every consent of a pupil at once, of one kind or (None) all, everywhere or on one platform (P25).

    Those that ran out are withdrawn too, so that what was published under them is taken down. Raises
    MoveNotAllowed when there is none left, and what `withdraw` raises.
    """
    require(by, Action.EDIT_CONSENT)
    _known(platform)
    get(session, pupil_id)
    query = sa.select(Consent).where(Consent.pupil_id == pupil_id, Consent.withdrawn_at.is_(None))
    if platform is not None:
        query = query.where(sa.or_(Consent.platform.is_(None), Consent.platform == platform))
    # Two who withdraw at once: the second finds nothing left.
    found = session.scalars(query.order_by(Consent.id).with_for_update())
    ending = [one for one in found if kind in {None, one.kind}]
    if not ending:
        there = f" on {PLATFORMS[platform]}" if platform else ""
        raise MoveNotAllowed(f"There is no such consent{there} left to withdraw.")
    return [withdraw(session, one.id, reason=reason, platform=platform, by=by, now=now) for one in ending]


def _known(platform: str | None) -> None:
    if platform is not None and platform not in PLATFORMS:
        raise BadInput("Choose a platform from the list, or every platform.", field="platform")


def in_force(consent: Consent, *, on: date) -> bool:
    """Whether a consent holds on that day."""
    return consent.withdrawn_at is None and consent.first_day <= on <= consent.last_day


def running_out(session: Session, *, on: date, within: timedelta) -> list[Pupil]:
    """The pupils who may be shown in some way today and, as it stands, no more after that time, by name."""
    query = sa.select(Pupil).where(Pupil.left_on.is_(None)).join(Consent).where(
        Consent.withdrawn_at.is_(None), Consent.first_day <= on, Consent.last_day >= on,
        Consent.last_day < on + within,
    )  # fmt: skip
    return [
        pupil
        for pupil in session.scalars(query.distinct().order_by(Pupil.name))
        if not any(one.withdrawn_at is None and one.last_day >= on + within for one in pupil.consents)
    ]


def where(consent: Consent) -> str:
    """The platform that a consent is for, in words."""
    return PLATFORMS.get(consent.platform, consent.platform) if consent.platform else EVERYWHERE


def covers(consent: Consent, kind: ConsentKind, *, on: date, platform: str | None) -> bool:
    """Whether a consent is for that kind on that day, there; `platform` None: on every platform."""
    return consent.kind is kind and consent.platform in {None, platform} and in_force(consent, on=on)


def missing_consent(
    session: Session,
    pupil_ids: Collection[UUID],
    kind: ConsentKind,
    *,
    on: date,
    platform: str | None = None,
) -> list[Pupil]:
    """Which of these pupils may not be shown in that way on that day and platform (P26), by name.

    `platform` None: on every platform. Raises NotFound for an id that is no pupil's.
    """
    if not pupil_ids:
        return []
    found = list(session.scalars(sa.select(Pupil).where(Pupil.id.in_(pupil_ids)).order_by(Pupil.name)))
    if len(found) != len(set(pupil_ids)):
        raise NotFound("One of the pupils named is not in the consent register.")
    return [
        pupil
        for pupil in found
        if pupil.left_on is not None
        or not any(covers(consent, kind, on=on, platform=platform) for consent in pupil.consents)
    ]
