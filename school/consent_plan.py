"""What applying the office's list would do to the consent register (P24)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from school.consent_lists import NO_CLASS, LineProblem, ListedPupil, is_odd
from school.models.consent import Consent, ConsentImport, ConsentKind, Pupil
from school.spelling import like_class, same_name
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
    def ending(self) -> set[UUID]:
        """The pupils of whom it ends a consent."""
        return {pupil.id for pupil, _consent, _entry in self.withdrawals} | {one.id for one in self.left}

    @property
    def many_leave(self) -> bool:
        """Whether the list takes off more than a school loses at once: it may be of one class only."""
        return len(self.left) >= 3 and 10 * len(self.left) > self.on_roll


def school_year(day: date) -> tuple[date, date]:
    """First and last day of the school year that the day is in: 1 September to 31 August."""
    first = day.year if day.month >= 9 else day.year - 1
    return date(first, 9, 1), date(first + 1, 8, 31)


class Register:
    """The pupils as lines of a list are compared with them."""

    def __init__(self, session: Session) -> None:
        self.everybody = list(session.scalars(sa.select(Pupil)))
        self.roll = [pupil for pupil in self.everybody if pupil.left_on is None]
        self._by_reference = {pupil.reference: pupil for pupil in self.everybody if pupil.reference}
        self._by_place = {(same_name(one.name), same_name(one.class_name)): one for one in self.everybody}
        self._by_name: dict[str, list[Pupil]] = {}
        for pupil in self.everybody:
            self._by_name.setdefault(same_name(pupil.name), []).append(pupil)

    def by_reference(self, reference: str | None) -> Pupil | None:
        """The pupil with that number."""
        return self._by_reference.get(reference) if reference else None

    def in_place(self, entry: ListedPupil) -> Pupil | None:
        """The pupil of that name in that class."""
        return self._by_place.get((same_name(entry.name), same_name(entry.class_name)))

    def called(self, name: str) -> list[Pupil]:
        """All of that name."""
        return self._by_name.get(same_name(name), [])

    def has_class(self, name: str, reference: str | None) -> bool:
        """Whether it is clear who of the school is meant without a class."""
        found = self.by_reference(reference)
        same = [found] if found is not None else self.called(name)
        return len(same) == 1 and same[0].left_on is None


def plan(
    session: Session, kept: ConsentImport, *, now: datetime, classes: Mapping[int, str] | None = None
) -> Plan:
    """What applying a list would do to the register as it is now.

    `classes`: by line, the class that is meant instead of the one that is written.
    """
    made, register = Plan(), Register(session)
    listed = [ListedPupil.from_json(row) for row in kept.rows]
    listed = [replace(one, class_name=(classes or {}).get(one.line, one.class_name)) for one in listed]
    spelt = _spelt(register.roll, listed)
    names_listed = Counter(same_name(entry.name) for entry in listed)
    taken: dict[UUID, int] = {}
    entries: list[ListedPupil] = []
    for written in listed:
        problem, found = _meant(written, register, alone=names_listed[same_name(written.name)] == 1)
        if not problem and found is not None and found.id in taken:
            problem = f"This is the same pupil as in line {taken[found.id]}."
        if problem:
            made.problems.append(LineProblem(written.line, problem, written.name))
            continue
        entry = _as_spelt(written, found, spelt)
        entries.append(entry)
        if found is not None:
            taken[found.id] = entry.line
            made.pupils[entry.line] = found
        _one(made, entry, found, on=today(now))
    made.problems += _clashes(entries, made.pupils, register)
    made.odd_names = [entry for entry in entries if is_odd(entry.name) or is_odd(entry.given_by)]
    made.odd_classes = _odd_classes(entries, register.roll)
    made.on_roll = len(register.roll)
    absent = [pupil for pupil in register.roll if pupil.id not in taken]
    if kept.whole_school:
        made.left = absent
    else:
        made.staying = len(absent)
    return made


def _meant(entry: ListedPupil, register: Register, *, alone: bool) -> tuple[str, Pupil | None]:
    """What is wrong with who is meant, empty where nothing is; and the pupil, None: a new one.

    `alone`: no other line has that name.
    """
    found = register.by_reference(entry.reference) or register.in_place(entry)
    if found is None:
        same = register.called(entry.name)
        # A child who goes up a class; two of one name can't be told apart without a number.
        if len(same) == 1 and alone:
            found = same[0]
        elif same and entry.class_name:
            return (
                f"There are several pupils called {entry.name}, none of them in {entry.class_name}: "
                "give each their number (UPN) in the list and in the register."
            ), None
    if found is not None and entry.reference and found.reference not in (None, entry.reference):
        # Another child of the same name.
        if register.in_place(entry) is not None:
            return (
                f"{entry.name} in {entry.class_name} has number {found.reference} in the register, "
                f"and {entry.reference} here: correct one of the two."
            ), None
        found = None
    if not entry.class_name and (found is None or found.left_on is not None):
        return NO_CLASS, None
    return "", found


def _clashes(
    entries: Sequence[ListedPupil], pupils: Mapping[int, Pupil], register: Register
) -> Iterator[LineProblem]:
    """Lines after which two pupils of one name would be in one class: the register tells them apart by these.

    In the file they were in different places: the class of one is put right, or one is known by their number.
    """
    listed, places = {pupil.id for pupil in pupils.values()}, dict[tuple[str, str], int]()
    for entry in entries:
        before = places.setdefault((same_name(entry.name), same_name(entry.class_name)), entry.line)
        there = register.in_place(entry)
        if before != entry.line:
            sentence = f"This is the same pupil as in line {before}."
        elif there is not None and there.id not in listed:
            sentence = (
                f"The register has another pupil called {entry.name} in {entry.class_name}: correct the "
                "number, or add a middle name if these are two children."
            )
        else:
            continue
        yield LineProblem(entry.line, sentence, entry.name)


def _spelt(roll: Sequence[Pupil], listed: Sequence[ListedPupil]) -> dict[str, str]:
    """How each class is written, by it without capitals: as in the register, else as first in the list."""
    common = Counter(pupil.class_name for pupil in roll).most_common()
    found: dict[str, str] = {}
    for class_name in [*(name for name, _many in common), *(entry.class_name for entry in listed)]:
        found.setdefault(class_name.casefold(), class_name)
    return found


def _as_spelt(entry: ListedPupil, found: Pupil | None, spelt: Mapping[str, str]) -> ListedPupil:
    """The line as the register writes it, where it leaves the class out or capitals alone differ.

    Office systems write surnames in capitals: that is no other name.
    """
    name, group = entry.name, spelt[entry.class_name.casefold()]
    if found is not None:
        if found.name.casefold() == name.casefold():
            name = found.name
        if not group or found.class_name.casefold() == group.casefold():
            group = found.class_name
    return replace(entry, name=name, class_name=group)


def _odd_classes(listed: Sequence[ListedPupil], roll: Sequence[Pupil]) -> list[tuple[ListedPupil, str]]:
    """Lines whose class nobody else is in, with the class that is like it; none where none is."""
    names = {same_name(one.name) for one in listed}
    called: dict[str, list[str]] = {}
    for class_name in [
        *(one.class_name for one in listed),
        # Who is on the list is in the class that the list says.
        *(one.class_name for one in roll if same_name(one.name) not in names),
    ]:
        called.setdefault(class_name.casefold(), []).append(class_name)
    full = [written[0] for written in called.values() if len(written) > 1]
    found = []
    for one in listed:
        if len(called[one.class_name.casefold()]) == 1 and (like := like_class(one.class_name, full)):
            found.append((one, like))
    return found


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
