"""Applying the office's list to the consent register: shown first, then as a whole or not at all (P24)."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, undefer

from school import audit
from school.consent_lists import LineProblem, ListedPupil, PupilList, is_odd, same_name
from school.errors import BadInput, MoveNotAllowed, NotFound
from school.models.consent import Consent, ConsentImport, ConsentKind, Pupil
from school.models.people import Person
from school.permissions import Action, require
from school.times import today


@dataclass(frozen=True, slots=True)
class GivenAgain:
    """A consent that the list gives, and that was withdrawn before."""

    entry: ListedPupil
    kind: ConsentKind
    platform: str | None
    before: Consent
    """The withdrawal."""

    @property
    def key(self) -> str:
        """Names it among those of the list."""
        return f"{self.entry.line}-{self.kind.value}-{self.platform or 'all'}"


@dataclass(slots=True)
class Plan:
    """What applying a list would do."""

    new: list[ListedPupil] = field(default_factory=list)
    moved: list[tuple[str, str, ListedPupil]] = field(default_factory=list)
    """(name in the register, class in the register, as listed): another class or spelling."""
    consents: list[tuple[ListedPupil, ConsentKind, str | None]] = field(default_factory=list)
    """Consents that the register lacks, with their platform; None: every platform."""
    withdrawals: list[tuple[Pupil, Consent, ListedPupil]] = field(default_factory=list)
    """Consents in force that the list says no to."""
    given_again: list[GivenAgain] = field(default_factory=list)
    """What the list gives and the parents withdrew before (P25): the list may be older than their letter,
    so it is entered only where a person says so."""
    left: list[Pupil] = field(default_factory=list)
    unchanged: int = 0
    """Lines of the list that change nothing."""
    staying: int = 0
    """Pupils on the register who are not on the list and stay as they are."""
    odd_names: list[ListedPupil] = field(default_factory=list)
    """Those whose name has an emoji or a digit in it: worth a look, and applied as it is."""
    odd_classes: list[tuple[ListedPupil, str]] = field(default_factory=list)
    """Those alone in a class that reads like another one, and that one: mostly mistyped, applied as it is."""
    days: dict[int, tuple[date, date]] = field(default_factory=dict)
    """By line: first and last day of the consents that it gives."""
    problems: list[LineProblem] = field(default_factory=list)
    pupils: dict[int, Pupil] = field(default_factory=dict)
    """By line: who is meant."""
    on_roll: int = 0
    """Pupils in the register who have not left."""

    @property
    def many_leave(self) -> bool:
        """Whether the list takes off more than a school loses at once: it may be of one class only."""
        return len(self.left) >= 3 and 10 * len(self.left) > self.on_roll


def school_year(day: date) -> tuple[date, date]:
    """First and last day of the school year that the day is in: 1 September to 31 August."""
    first = day.year if day.month >= 9 else day.year - 1
    return date(first, 9, 1), date(first + 1, 8, 31)


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
    """A list that waits to be applied. Raises NotFound, MoveNotAllowed when it was dealt with already."""
    require(by, Action.EDIT_CONSENT)
    kept = session.scalar(
        sa.select(ConsentImport)
        .where(ConsentImport.id == import_id)
        .options(undefer(ConsentImport.rows))
        .with_for_update()
    )
    if kept is None:
        raise NotFound("There is no such list.")
    if kept.applied_at or kept.discarded_at:
        raise MoveNotAllowed(
            f"“{kept.filename}” was {'applied' if kept.applied_at else 'thrown away'} already. Nothing was "
            "done a second time."
        )
    return kept


def plan(session: Session, kept: ConsentImport, *, now: datetime) -> Plan:
    """What applying the list would do to the register as it is now."""
    made = Plan()
    everybody = list(session.scalars(sa.select(Pupil)))
    by_reference = {pupil.reference: pupil for pupil in everybody if pupil.reference}
    by_place = {(same_name(pupil.name), same_name(pupil.class_name)): pupil for pupil in everybody}
    by_name: dict[str, list[Pupil]] = {}
    for pupil in everybody:
        by_name.setdefault(same_name(pupil.name), []).append(pupil)
    listed = [ListedPupil.from_json(row) for row in kept.rows]
    names_listed: dict[str, int] = {}
    for entry in listed:
        key = same_name(entry.name)
        names_listed[key] = names_listed.get(key, 0) + 1
    taken: dict[UUID, int] = {}
    for entry in listed:
        found = by_reference.get(entry.reference) if entry.reference else None
        if found is None:
            found = by_place.get((same_name(entry.name), same_name(entry.class_name)))
        if found is None:
            same = by_name.get(same_name(entry.name), [])
            # A child who goes up a class; two of one name can't be told apart without a number.
            if len(same) == 1 and names_listed[same_name(entry.name)] == 1:
                found = same[0]
            elif same:
                made.problems.append(
                    LineProblem(
                        entry.line,
                        f"There are several pupils called {entry.name}, none of them in {entry.class_name}: "
                        "give each their number (UPN) in the list and in the register.",
                        entry.name,
                    )
                )
                continue
        if found is not None and entry.reference and found.reference not in (None, entry.reference):
            # Another child of the same name.
            if (same_name(entry.name), same_name(entry.class_name)) in by_place:
                made.problems.append(
                    LineProblem(
                        entry.line,
                        f"{entry.name} in {entry.class_name} has number {found.reference} in the register, "
                        f"and {entry.reference} here: correct one of the two.",
                        entry.name,
                    )
                )
                continue
            found = None
        if found is not None and found.id in taken:
            made.problems.append(
                LineProblem(entry.line, f"This is the same pupil as in line {taken[found.id]}.", entry.name)
            )
            continue
        if found is not None:
            taken[found.id] = entry.line
            made.pupils[entry.line] = found
        _one(made, entry, found, on=today(now))
    made.odd_names = [entry for entry in listed if is_odd(entry.name) or is_odd(entry.given_by)]
    made.odd_classes = _odd_classes(listed, [one for one in everybody if one.left_on is None])
    made.on_roll = sum(pupil.left_on is None for pupil in everybody)
    absent = [pupil for pupil in everybody if pupil.left_on is None and pupil.id not in taken]
    if kept.whole_school:
        made.left = absent
    else:
        made.staying = len(absent)
    return made


def _odd_classes(listed: Sequence[ListedPupil], roll: Sequence[Pupil]) -> list[tuple[ListedPupil, str]]:
    """Lines whose class nobody else is in, with the class that is like it; none where none is."""
    names = {same_name(one.name) for one in listed}
    called: dict[str, list[str]] = {}
    for name, class_name in [
        *((one.name, one.class_name) for one in listed),
        # Who is on the list is in the class that the list says.
        *((one.name, one.class_name) for one in roll if same_name(one.name) not in names),
    ]:
        called.setdefault(class_name, []).append(name)
    full = [class_name for class_name, pupils in called.items() if len(pupils) > 1]
    found = []
    for one in listed:
        if len(called[one.class_name]) == 1 and (like := like_class(one.class_name, full)):
            found.append((one, like))
    return found


def like_class(class_name: str, others: Sequence[str]) -> str:
    """The class that somebody may have meant; empty where none is like it."""
    plain = {_bare(other): other for other in others}
    # “Yr 4” and “4K” say the year alone, so letters and digits are compared without what they stand in.
    for bare, other in plain.items():
        if _years(bare) and _years(bare) == _years(_bare(class_name)):
            return other
    near = difflib.get_close_matches(_bare(class_name), list(plain), n=1, cutoff=0.75)
    return plain[near[0]] if near else ""


def _bare(class_name: str) -> str:
    return "".join(one for one in same_name(class_name) if one.isalnum())


def _years(bare: str) -> str:
    return "".join(one for one in bare if one.isdigit())


def _one(made: Plan, entry: ListedPupil, found: Pupil | None, *, on: date) -> None:
    changed = False
    if found is None:
        made.new.append(entry)
        changed = True
    elif (
        found.name != entry.name
        or found.class_name != entry.class_name
        or found.left_on is not None
        or (entry.reference and found.reference != entry.reference)
    ):
        made.moved.append((found.name, found.class_name, entry))
        changed = True
    first, last = made.days[entry.line] = _days(entry, on=on)
    for kind in ConsentKind:
        of_kind = [
            one for one in (found.consents if found else []) if one.kind is kind and not one.withdrawn_at
        ]
        if kind in entry.kinds:
            wanted = _wanted(entry, of_kind, on=on)
            if found is not None and None not in wanted and entry.platforms is not None:
                # The list says where, so what reaches further ends.
                for one in [one for one in of_kind if one.platform not in wanted and one.last_day >= on]:
                    of_kind.remove(one)
                    made.withdrawals.append((found, one, entry))
                    changed = True
            for platform in wanted:
                if not any(
                    one.platform in {None, platform}
                    and one.first_day <= max(first, on)
                    and one.last_day >= last
                    for one in of_kind
                ):
                    changed = True
                    if found is not None and (before := _withdrawn(found, kind, platform)):
                        made.given_again.append(GivenAgain(entry, kind, platform, before))
                    else:
                        made.consents.append((entry, kind, platform))
        elif kind in entry.refused:
            for one in of_kind:
                if found is not None and one.last_day >= on:
                    made.withdrawals.append((found, one, entry))
                    changed = True
    made.unchanged += not changed


def _wanted(entry: ListedPupil, held: list[Consent], *, on: date) -> list[str | None]:
    """Where a yes of the list is for; None among it: everywhere.

    A list that doesn't say leaves it as it was in the last year: a yes must not reach further than the
    parents' own.
    """
    if entry.platforms:
        return list(entry.platforms)
    before = [one for one in held if one.last_day >= on - timedelta(days=366)]
    if entry.platforms is None and before and all(one.platform for one in before):
        return [*sorted({one.platform for one in before if one.platform})]
    return [None]


def _withdrawn(pupil: Pupil, kind: ConsentKind, platform: str | None) -> Consent | None:
    """The newest withdrawal of what a list gives, where nobody has entered that consent since."""
    of_kind = [one for one in pupil.consents if one.kind is kind]
    ended = [
        (one.withdrawn_at, one)
        for one in of_kind
        if one.withdrawn_at is not None and (platform is None or one.platform in {None, platform})
    ]
    if not ended:
        return None
    when, last = max(ended, key=lambda pair: pair[0])
    given_since = any(
        one.withdrawn_at is None and one.platform in {None, platform} and one.recorded_at >= when
        for one in of_kind
    )
    return None if given_since else last


def _days(entry: ListedPupil, *, on: date) -> tuple[date, date]:
    """A consent without dates runs from today, or from its first day, to the end of that school year."""
    first = entry.first_day or on
    return first, entry.last_day or school_year(max(first, on))[1]


def apply(
    session: Session,
    import_id: UUID,
    *,
    give_again: Collection[str] = (),
    seen_leaving: int | None = None,
    by: Person,
    now: datetime,
) -> Plan:
    """Do all that the plan says, in this one transaction; what was done.

    `give_again`: the keys of what was withdrawn before and is given again all the same; `given_again` of the
    answer is what was left out. One that was withdrawn since the list was shown is left out too.
    `seen_leaving`: how many leavers the person has confirmed; None where nobody was asked.
    Raises BadInput (field `seen_leaving`) where many leave and that number isn't theirs, BadInput naming the
    first lines that can't be applied to the register as it is now, and
    what `get` raises.
    """
    kept = get(session, import_id, by=by)
    made = plan(session, kept, now=now)
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
