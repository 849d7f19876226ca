"""How the databases look for what the pages show: with a million comments a page must not read them all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import pytest
import sqlalchemy as sa

from moderation import followers, log, log_filters, review, speed
from moderation.log_filters import LogFilters
from moderation.models import CaseState, Comment
from school import db
from school.models import Person, Role
from tests.bench.bench_pages import first_rows
from tests.bench.filling import Filling

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@contextmanager
def statements() -> Iterator[list[tuple[str, object]]]:
    """What is asked of the database meanwhile."""
    asked: list[tuple[str, object]] = []

    def note(_connection: object, _cursor: object, statement: str, values: object, *_more: object) -> None:
        if statement.startswith("SELECT"):
            asked.append((statement, values))

    sa.event.listen(db.engine(), "before_cursor_execute", note)
    try:
        yield asked
    finally:
        sa.event.remove(db.engine(), "before_cursor_execute", note)


def test_nothing_is_sorted_or_read_whole(
    database: str, account_id: UUID, school_people: dict[Role, Person]
) -> None:
    first_rows(account_id)
    with db.transaction() as session:
        stored = session.scalar(sa.select(sa.func.count()).select_from(Comment)) or 0
        Filling(session, after=stored).fill(4000)
    with db.reading() as session, statements() as asked:
        viewer = session.get_one(Person, school_people[Role.SLT].id)
        review.queue(session, viewer=viewer, now=db.now())
        speed.figures(session, viewer=viewer, now=db.now())
        followers.queue(session, viewer=viewer)
        log.page(session, viewer=viewer)
        log.page(session, viewer=viewer, filters=LogFilters(state=CaseState.OPEN))
        log_filters.people(session, None)
        log_filters.platforms(session, viewer=viewer)
    big = {"comments", "authors", "comment_scores", "log_entries", "log_cases", "log_events", "followers"}
    with db.reading() as session:
        for statement, values in asked:
            plan = [
                row[-1]
                for row in session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            ]
            whole = [step for step in plan if step.startswith("SCAN") and step.split()[1] in big]
            # In the order of an index until the page is full is as good as a search.
            whole = [step for step in whole if "USING INDEX" not in step or "LIMIT" not in statement]
            assert not whole, (statement, plan)
            # What belongs to the rows of one page may be sorted; what the page is chosen from may not.
            chosen = "LIMIT" in statement and "FROM people" not in statement
            assert not (chosen and any("ORDER BY" in step for step in plan)), (statement, plan)


def test_what_stands_above_the_queue_is_counted_from_indexes_alone(
    database: str, account_id: UUID, school_people: dict[Role, Person]
) -> None:
    first_rows(account_id)
    with db.transaction() as session:
        stored = session.scalar(sa.select(sa.func.count()).select_from(Comment)) or 0
        Filling(session, after=stored).fill(4000)
    with db.reading() as session, statements() as asked:
        viewer = session.get_one(Person, school_people[Role.SLT].id)
        page = review.queue(session, viewer=viewer, now=db.now())
        _, decided = speed.figures(session, viewer=viewer, most=50, now=db.now())
    assert page.open > 90 and decided.measured == 50 < decided.decided
    counting = [one for one in asked if one[0].startswith(("SELECT count(", "SELECT log_cases.urgent"))]
    with db.reading() as session:
        plans = [
            row[-1]
            for statement, values in counting
            for row in session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        ]
    # All open ones, those for their language alone, the latest decisions, how many there were, urgent ones.
    assert len(plans) >= 6, plans
    for plan in plans:
        assert "COVERING INDEX" in plan or "ix_log_cases_language_alone" in plan, plans
