"""The log can only be added to, a change is found, and what is taken out can't harm (P17)."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
import threading
from datetime import date
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from moderation import followers, log, log_csv, log_filters, review
from moderation import words as moderation_words
from moderation.decisions import Outcome
from moderation.log_filters import LogFilters
from moderation.models import CaseState, LogEntry, LogOrigin
from moderation.places import place
from school import cells
from school.db import now, reading, transaction
from school.errors import BadInput, SchoolgateError
from school.models import Person, Role
from tests.moderation.platform import ScriptedPlatform, author, comment
from tests.moderation.scenes import Clock, act, decide, flagged, tampering

pytestmark = pytest.mark.usefixtures("numbered_in_turn")
on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def three(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: dict[Role, Person]
) -> list[UUID]:
    """Three entries, the first of them decided and hidden."""
    entries = flagged(
        account_id,
        platform,
        clock,
        comment(1, "=HYPERLINK idiot", author=author("@cmd")),
        comment(2, "idiot “two” 🙈\nline"),
        comment(3, "idiot three"),
    )
    decide(entries[0], Outcome.HIDE, by=school_people[Role.SLT], clock=clock, reason="+1 against")
    act(platform, clock)
    return entries


@pytest.mark.parametrize("table", ["log_entries", "log_events", "flagging_rules"])
@pytest.mark.parametrize("statement", ["DELETE FROM {}", "UPDATE {} SET {} = {}"])
def test_the_database_refuses_changes(three: list[UUID], table: str, statement: str) -> None:
    column = {"log_entries": "severity", "log_events": "at", "flagging_rules": "made_at"}[table]
    with pytest.raises(DBAPIError, match="append-only"), transaction() as session:
        session.execute(sa.text(statement.format(table, column, column)))


def test_an_untouched_log_holds(three: list[UUID]) -> None:
    with reading() as session:
        assert log.verify(session) is None


def test_an_empty_log_holds(database: str) -> None:
    with reading() as session:
        assert log.verify(session) is None


@pytest.mark.parametrize(
    ("statement", "bad"),
    [
        ("UPDATE log_entries SET text = 'nice' WHERE number = 1", 1),
        ("UPDATE log_entries SET author_name = 'x' WHERE number = 2", 2),
        ("UPDATE log_entries SET severity = 0 WHERE number = 3", 3),
        ("UPDATE log_events SET detail = '{}' WHERE seq = 4", 4),
        ("UPDATE log_events SET seq = 9 WHERE seq = 5", 5),
        ("DELETE FROM log_events WHERE seq = 4", 4),
        ("UPDATE log_events SET kind = 'note' WHERE seq = 2", 2),
    ],
)
def test_a_change_behind_the_databases_back_is_found(three: list[UUID], statement: str, bad: int) -> None:
    with transaction() as session, tampering(session, statement):
        pass
    with reading() as session:
        assert log.verify(session) == bad


def test_csv_cells_are_harmless_and_complete(three: list[UUID]) -> None:
    with reading() as session:
        text = "".join(log_csv.to_csv(log.rows(session, viewer=None)))
    found = {row["number"]: row for row in csv.DictReader(io.StringIO(text))}
    assert len(found) == 3
    first = found["1"]
    assert first["text"] == "'=HYPERLINK idiot" and first["author_name"] == "'@cmd"
    assert found["2"]["text"] == "idiot “two” 🙈\nline"
    assert first["outcomes"] == "hidden" and first["acts"].startswith("Hide the comment: done 2027-06-03 ")
    put, decided, hidden = first["what_happened"].splitlines()
    assert put.endswith(" BST: Put into the log, with the evidence as first seen")
    assert ": Decided: hidden, by " in decided and "+1 against" in decided and "Hide" in hidden
    assert first["minutes_to_decision"] == "0.0" and 0 <= float(first["score_toxicity"]) <= 1
    assert re.fullmatch(r"2027-06-03 \d\d:\d\d:\d\d BST", first["recorded_at"]), "the school's time"
    assert not [cell for row in found.values() for cell in row.values() if cell[:1] in ("{", "[") and cell]
    assert not [cell for row in found.values() for cell in row.values() if cell[:1] in "=+-@\t" and cell]


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1", "'=1"), ("+1", "'+1"), ("-1", "'-1"), ("@a", "'@a"), ("\tx", "'\tx"), ("  =1", "'  =1"),
        ("a=1", "a=1"), ("", ""), (None, ""), (0.5, "0.5"), (True, "True"), (-0.5, "-0.5"),
    ],
)  # fmt: skip
def test_cells(value: object, cell: str) -> None:
    assert cells.safe_cell(value) == cell


def test_json_lines_say_what_the_log_says(three: list[UUID]) -> None:
    with reading() as session:
        rows = [json.loads(line) for line in log.to_jsonl(log.rows(session, viewer=None))]
    assert [row["number"] for row in rows] == [3, 2, 1]
    assert rows[2]["text"] == "=HYPERLINK idiot" and list(rows[0]) == list(log.COLUMNS)


@pytest.mark.parametrize(
    ("filters", "numbers"),
    [
        (LogFilters(), {1, 2, 3}),
        (LogFilters(text="TWO"), {2}),
        (LogFilters(text="%"), set()),
        (LogFilters(author="cmd"), {1}),
        (LogFilters(state=CaseState.OPEN), {2, 3}),
        (LogFilters(outcome="hide"), {1}),
        (LogFilters(platform="x"), set()),
        (LogFilters(kind="toxicity"), {1, 2, 3}),
        (LogFilters(origin=LogOrigin.MANUAL), set()),
        (LogFilters(date_from=date(2027, 6, 3), date_to=date(2027, 6, 3)), {1, 2, 3}),
        (LogFilters(date_from=date(2027, 6, 4)), set()),
        (LogFilters(date_to=date(2027, 6, 2)), set()),
    ],
)
def test_filters(three: list[UUID], filters: LogFilters, numbers: set[int]) -> None:
    with reading() as session:
        assert {row.entry.number for row in log.rows(session, viewer=None, filters=filters)} == numbers


def test_pages_hold_every_entry_once(three: list[UUID]) -> None:
    with reading() as session:
        found: list[int] = []
        after: str | None = ""
        while after is not None:
            page = log.page(session, viewer=None, after=after, limit=1)
            found += [row.entry.number for row in page.rows]
            after = page.following
    assert found == [3, 2, 1]


NOWHERE = (
    "x", "e30", "WyIyMDI3LTA2LTAzIiwgIngiXQ", "§§§", "bnVsbA",
    base64.urlsafe_b64encode(b"[" * 5000).decode(),
    place("0001-01-01T00:00:00+23:00", uuid4()),
    place(False, 10**400, "0001-01-01T00:00:00+23:00", uuid4()),
    place(float("nan"), "2027-06-03T08:00:00+00:00", uuid4()),
    place(10**400, "2027-06-03T08:00:00+00:00", uuid4()),
)  # fmt: skip
"""Addresses of a following page that nobody was given: cut off, too deep, beyond numbers and times."""


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_broken_page_address_is_refused(database: str, school_people: dict[Role, Person]) -> None:
    head = school_people[Role.HEADTEACHER]
    for after in NOWHERE:
        with reading() as session:
            with pytest.raises(BadInput):
                log.page(session, viewer=None, after=after)
            with pytest.raises(BadInput):
                review.queue(session, viewer=head, after=after, now=now())
            with pytest.raises(BadInput):
                followers.queue(session, viewer=head, after=after)


def test_writers_at_once_make_one_chain(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: dict[Role, Person]
) -> None:
    entries = flagged(
        account_id, platform, clock, *(comment(n, "idiot", author=author(f"A{n}")) for n in range(12))
    )
    start = threading.Barrier(4)
    failed: list[SchoolgateError | DBAPIError] = []

    def work(part: list[UUID]) -> None:
        start.wait()
        try:
            for entry_id in part:
                decide(entry_id, Outcome.HIDE, Outcome.BLOCK, by=school_people[Role.SLT], clock=clock)
        except (SchoolgateError, DBAPIError) as error:
            failed.append(error)

    workers = [threading.Thread(target=work, args=(entries[n::4],)) for n in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert failed == []
    with reading() as session:
        assert log.verify(session) is None


def asked(**values: str) -> LogFilters:
    with reading() as session:
        return log_filters.parse(session, values, viewer=None)


@on_sqlite
def test_a_search_names_accounts_and_people_as_people_do(
    three: list[UUID], account_id: UUID, school_people: dict[Role, Person]
) -> None:
    """By handle, by name or address, or by what a page's list sends."""
    slt = school_people[Role.SLT]
    assert asked(account="@LarkfieldPrimary").account_ids == frozenset({account_id})
    for said in (slt.email.upper(), slt.name, str(slt.id)):
        with reading() as session:
            found = log.rows(session, viewer=None, filters=asked(person=said))
            assert [row.entry.number for row in found] == [1]
    with reading() as session:
        assert [one.id for one in log_filters.people(session, None)] == [slt.id]
    nobody = asked(person=school_people[Role.DSL].email, account=str(account_id))
    with reading() as session:
        assert list(log.rows(session, viewer=None, filters=nobody)) == []


BAD_SEARCHES = [
    ("from", "yesterday", "can't be read"),
    ("from", "2027-02-30", "can't be read"),
    ("to", "9999-12-31", "check the year"),
    ("to", "0001-01-01", "check the year"),
    ("platform", "mars", "There is no platform “mars”"),
    ("account", "nobody", "There is no account “nobody”"),
    ("state", "lost", "Choose one of: open, decided"),
    ("outcome", "explode", "There is no outcome"),
    ("kind", "%", "There is no kind"),
    ("origin", "mars", "There is no origin"),
    ("person", "Nobody At All", "Nobody of the school"),
    ("referred", "lost", "Choose one of: waiting"),
    ("author", "x" * 101, "at most 100"),
    ("text", "x" * 201, "at most 200"),
]


@on_sqlite
def test_a_bad_search_names_its_field_and_value(account_id: UUID) -> None:
    for field, value, sentence in BAD_SEARCHES:
        with pytest.raises(BadInput, match=sentence) as found:
            asked(**{field: value})
        assert found.value.field == field and value[:20] in str(found.value)
    with pytest.raises(BadInput, match="exchange them") as found:
        asked(**{"from": "2027-06-04", "to": "2027-06-03"})
    assert found.value.field == "from"
    assert asked(**{"from": " 2027-06-03 ", "text": "a\x00b"}).text == "a\ufffdb"


@on_sqlite
def test_an_export_holds_only_some_entries_at_a_time(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "_AT_ONCE", 2)
    flagged(account_id, platform, clock, *(comment(n, f"idiot {n}") for n in range(12)))
    held, numbers = [], []
    with reading() as session:
        for row in log.rows(session, viewer=None):
            numbers.append(row.entry.number)
            held.append(sum(isinstance(one, LogEntry) for one in session.identity_map.values()))
    assert numbers == list(range(12, 0, -1))
    assert max(held) <= 5


def test_the_pages_know_every_kind_and_outcome() -> None:
    assert set(log_filters.KINDS) == set(moderation_words.KINDS)
    assert set(log_filters.OUTCOMES) <= set(moderation_words.OUTCOMES)
