"""What a day is at the school, from the terms that it entered and England's bank holidays."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy.orm import Session

from school import db, school_year
from school.errors import BadInput, NotFound, NotPermitted
from school.models import DatesKind, Person, Role

K = DatesKind


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_whoever_plans_a_post_is_told_what_its_day_is(
    session: Session, school_people: dict[Role, Person]
) -> None:
    head = school_people[Role.HEADTEACHER]

    def enter(kind: DatesKind, name: str, first: date, last: date, by: Person = head) -> None:
        school_year.enter(session, kind=kind, name=name, first_day=first, last_day=last, by=by, now=db.now())

    enter(K.TERM, "Autumn term", date(2026, 9, 2), date(2026, 12, 18))
    enter(K.TERM, "Spring term", date(2027, 1, 4), date(2027, 3, 25))
    enter(K.TERM, "Summer term", date(2027, 4, 12), date(2027, 7, 21))
    enter(K.TERM, "Autumn term", date(2027, 9, 1), date(2027, 12, 17))
    enter(K.HALF_TERM, "October half-term", date(2026, 10, 26), date(2026, 10, 30))
    enter(K.INSET, "staff training", date(2027, 1, 4), date(2027, 1, 4))
    year = school_year.load(session)
    said = {
        date(2026, 12, 22): "is in the Christmas holidays",
        date(2026, 12, 25): "is a bank holiday: Christmas Day",
        date(2027, 1, 4): "is an INSET day (staff training)",
        date(2026, 10, 27): "is in “October half-term”: no pupils at school",
        date(2027, 4, 7): "is in the Easter holidays",
        date(2027, 8, 3): "is in the summer holidays",
        date(2027, 2, 6): "is a Saturday",
        date(2028, 1, 5): "",
        date(2027, 2, 8): "",
    }
    for day, words in said.items():
        assert words in year.of(day).warning and bool(words) == bool(year.of(day).warning), day
    # A bank holiday that falls on a Saturday is marked as well as the Monday instead.
    marked = [day for n in range(31) if (day := date(2026, 12, 1 + n)) and "Boxing" in year.of(day).marked]
    assert marked == [date(2026, 12, 26), date(2026, 12, 28)]
    # The weekends of a holiday are in it, from right after the last school day; others aren't marked.
    for day in (date(2026, 12, 19), date(2026, 12, 20), date(2026, 12, 27), date(2027, 1, 3)):
        assert year.of(day).marked == "Christmas holidays", day
    assert not year.of(date(2026, 12, 12)).marked and not year.of(date(2028, 1, 8)).marked
    assert year.of(date(2027, 2, 8)).school_day and not year.of(date(2028, 1, 5)).school_day
    assert year.in_term(date(2026, 12, 18), date(2026, 12, 31))
    assert not year.in_term(date(2026, 12, 19), date(2027, 1, 4))
    with pytest.raises(BadInput, match="exchange them"):
        enter(K.INSET, "a", date(2027, 2, 2), date(2027, 2, 1))
    with pytest.raises(BadInput, match="at most 130"):
        enter(K.TERM, "a", date(2028, 1, 1), date(2029, 1, 1))
    with pytest.raises(BadInput, match="“Spring term” has some"):
        enter(K.TERM, "a", date(2027, 3, 25), date(2027, 4, 1))
    with pytest.raises(NotPermitted):
        enter(K.INSET, "a", date(2027, 2, 1), date(2027, 2, 1), by=school_people[Role.STAFF])
    [training] = [one for one in school_year.entered(session) if one.kind is K.INSET]
    school_year.take_off(session, training.id, by=head, now=db.now())
    with pytest.raises(NotFound):
        school_year.take_off(session, training.id, by=head, now=db.now())
    assert school_year.load(session).of(date(2027, 1, 4)).school_day
