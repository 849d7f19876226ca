"""Applying the office's list to the consent register: shown first, then as a whole or not at all (P24)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, undefer

from school import audit
from school.consent_lists import PupilList
from school.consent_plan import Plan, plan
from school.errors import BadInput, MoveNotAllowed, NotFound
from school.models.consent import Consent, ConsentImport, Pupil
from school.models.people import Person
from school.permissions import Action, require
from school.times import say, today


class DealtWith(MoveNotAllowed):
    """A list that was applied or thrown away before."""


def keep(
    session: Session, listed: PupilList, *, filename: str, whole_school: bool, by: Person, now: datetime
) -> ConsentImport:
    """Keep a list that was read, so that it can be shown and then applied.

    Raises BadInput when any of its lines is bad: nothing is applied in part.
    """
    require(by, Action.EDIT_CONSENT)
    if listed.problems:
        raise BadInput("The list has lines that can't be read: put them right first.", field="file")
    kept = ConsentImport(
        filename=" ".join(filename.split())[:200] or "list",
        rows=[pupil.as_json() for pupil in listed.pupils],
        whole_school=whole_school,
        uploaded_by_id=by.id,
        uploaded_at=now,
    )
    session.add(kept)
    # The page that shows it names it by id.
    session.flush()
    return kept


def get(session: Session, import_id: UUID, *, by: Person) -> ConsentImport:
    """A list that waits to be applied. Raises NotFound, DealtWith when it was dealt with already."""
    require(by, Action.EDIT_CONSENT)
    kept = session.scalar(
        sa.select(ConsentImport)
        .where(ConsentImport.id == import_id)
        .options(undefer(ConsentImport.rows))
        .with_for_update()
    )
    if kept is None:
        raise NotFound("There is no such list.")
    if dealt_with := kept.applied_at or kept.discarded_at:
        raise DealtWith(
            f"“{kept.filename}” was {'applied' if kept.applied_at else 'thrown away'} already, on "
            f"{say(dealt_with)}. Nothing was done a second time."
        )
    return kept


def waiting(session: Session, *, by: Person) -> list[tuple[ConsentImport, str]]:
    """The lists that are neither applied nor thrown away, newest first, each with who brought it."""
    require(by, Action.EDIT_CONSENT)
    query = (
        sa.select(ConsentImport, Person.name)
        .join(Person, Person.id == ConsentImport.uploaded_by_id)
        .where(ConsentImport.applied_at.is_(None), ConsentImport.discarded_at.is_(None))
        .order_by(ConsentImport.uploaded_at.desc(), ConsentImport.id)
    )
    return [(kept, name) for kept, name in session.execute(query)]


def apply(
    session: Session,
    import_id: UUID,
    *,
    give_again: Collection[str] = (),
    meant: Collection[str] = (),
    seen_leaving: int | None = None,
    by: Person,
    now: datetime,
) -> Plan:
    """Do all that the plan says, in this one transaction; what was done.

    `give_again`: the keys of what was withdrawn before and is given again all the same; `given_again` of the
    answer is what was left out. One that was withdrawn since the list was shown is left out too.
    `meant`: the lines of `odd_classes` for which the class that theirs is like is entered instead.
    `seen_leaving`: how many leavers the person has confirmed; None where nobody was asked.
    Raises BadInput (field `seen_leaving`) where many leave and that number isn't theirs, BadInput naming the
    first lines that can't be applied to the register as it is now, and
    what `get` raises.
    """
    kept = get(session, import_id, by=by)
    made = plan(session, kept, now=now)
    if meant:
        classes = {one.line: like for one, like in made.odd_classes if str(one.line) in meant}
        made = plan(session, kept, now=now, classes=classes)
    if made.problems:
        said = " ".join(f"{one.place}: {one.sentence}" for one in made.problems[:5])
        raise BadInput(f"Nothing was applied. {said}", field="file")
    if seen_leaving is not None and made.many_leave and seen_leaving != len(made.left):
        raise BadInput(
            f"Nothing was applied. The list takes {len(made.left)} of {made.on_roll} pupils off: if it "
            "really is the whole school, tick that they have left.",
            field="seen_leaving",
        )
    anew = [one for one in made.given_again if one.key in give_again]
    made.given_again = [one for one in made.given_again if one.key not in give_again]
    made.consents += [(one.entry, one.kind, one.platform) for one in anew]
    day = today(now)
    for entry in made.new:
        pupil = Pupil(name=entry.name, class_name=entry.class_name, reference=entry.reference, created_at=now)
        session.add(pupil)
        made.pupils[entry.line] = pupil
    moving = [(made.pupils[entry.line], entry) for _name, _class, entry in made.moved]
    # Two who swap classes would collide halfway: out of the way first.
    for pupil, _entry in moving:
        pupil.class_name = f"\u2026{pupil.id}"
    # In this order the names are free when they are given.
    session.flush()
    for pupil, entry in moving:
        pupil.name, pupil.class_name, pupil.left_on = entry.name, entry.class_name, None
        pupil.reference = entry.reference or pupil.reference
    for entry, kind, platform in made.consents:
        first, last = made.days[entry.line]
        session.add(
            Consent.given(
                kind, platform, pupil_id=made.pupils[entry.line].id, given_by=entry.given_by, first_day=first,
                last_day=last, recorded_at=now, recorded_by_id=by.id,
            )
        )  # fmt: skip
    reason = f"The office's list “{kept.filename}” says no."
    for _pupil, one, _entry in made.withdrawals:
        one.withdrawn_at, one.withdrawn_by_id, one.withdrawn_reason = now, by.id, reason
    for pupil in made.left:
        pupil.left_on = day
    kept.applied_at, kept.rows = now, []
    # The register must take all of it before the trail says so.
    session.flush()
    audit.record(
        session,
        by=by,
        action="consent_list_applied",
        object_kind="consent_import",
        object_id=kept.id,
        detail={
            "new_pupils": [str(made.pupils[entry.line].id) for entry in made.new],
            "changed_pupils": [str(pupil.id) for pupil, _entry in moving],
            "consents": len(made.consents),
            "given_again": [str(one.before.id) for one in anew],
            "left_out": [str(one.before.id) for one in made.given_again],
            "withdrawn": [str(one.id) for _pupil, one, _entry in made.withdrawals],
            "left": [str(pupil.id) for pupil in made.left],
        },
        now=now,
    )
    session.expire_all()
    return made


def discard(session: Session, import_id: UUID, *, by: Person, now: datetime) -> None:
    """Throw a list away that was only looked at."""
    kept = get(session, import_id, by=by)
    kept.discarded_at, kept.rows = now, []
