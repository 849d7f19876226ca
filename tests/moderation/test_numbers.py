"""P3: an entry's number tells nothing of the others, so no gap tells of one that is kept from somebody."""

from __future__ import annotations

import random
import threading
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from moderation import chain
from moderation.models import LogEntry, LogOrigin
from school.db import now, reading, transaction


def evidence(text: str = "You idiot") -> LogEntry:
    texts = (
        "comment_platform_id", "author_platform_id", "author_handle", "author_name", "author_url", "url",
        "post_platform_id", "post_text", "model_name", "picture_type",
    )  # fmt: skip
    return LogEntry(
        **dict.fromkeys(texts, ""), origin=LogOrigin.MANUAL, platform="x", text=text, attachment_urls=[],
        scores={}, reasons=[{"kind": "toxicity"}], severity=0.5,
    )  # fmt: skip


def record(session: Session, many: int) -> list[LogEntry]:
    made = [evidence() for _ in range(many)]
    chain.record_all(session, [(one, False) for one in made], by=None, now=now())
    return made


def numbers() -> list[int]:
    """Those of all entries, as they came into the log."""
    with reading() as session:
        return list(session.scalars(sa.select(LogEntry.number).order_by(LogEntry.recorded_at, LogEntry.id)))


def test_numbers_are_drawn_by_chance_singly_and_together(database: str) -> None:
    for many in (1, 1, 20, 1, 20):
        with transaction() as session:
            record(session, many)
    found = numbers()
    assert len(set(found)) == 43 and all(10_000 <= one <= 99_999 for one in found)
    # In no order and with no step that is usual: by chance this fails once in ten to the fiftieth.
    assert found != sorted(found) and found[2:22] != sorted(found[2:22])
    assert max(found) - min(found) > 1_000
    with reading() as session:
        assert chain.verify(session) is None


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_an_entrys_number_depends_on_none_before_it(database: str) -> None:
    """The same chance gives it the same number, however many there are already that somebody may not see."""
    given = []
    for before in (0, 1, 7):
        with transaction() as session:
            record(session, before)
        chance = random.Random(5)
        with pytest.MonkeyPatch.context() as patch, transaction() as session:
            patch.setattr(chain.random, "randbelow", chance.randrange)
            [entry] = record(session, 1)
            given.append(entry.number)
            session.rollback()
    assert len(set(given)) == 1


def test_each_number_is_given_once_also_where_few_are_left_and_many_write(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Entries that have running numbers from earlier versions keep them."""
    monkeypatch.setattr(chain, "FIRST_NUMBER", 1)
    monkeypatch.setattr(chain, "NUMBERS", 9)
    with transaction() as session, pytest.MonkeyPatch.context() as earlier:
        in_turn = iter(range(1, 6))
        earlier.setattr(chain, "drawn", lambda _times: next(in_turn))
        old: list[UUID] = [entry.id for _ in range(5) for entry in record(session, 1)]
    begins = threading.Barrier(3)
    written: list[int] = []

    def write(many: int) -> None:
        begins.wait()
        for _ in range(4):
            with transaction() as session:
                record(session, many)
            written.append(many)

    workers = [threading.Thread(target=write, args=[many]) for many in (1, 1, 20)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
    assert sorted(written) == [1] * 8 + [20] * 4
    found = numbers()
    assert len(set(found)) == len(found) == 5 + 4 * 22
    with reading() as session:
        assert [session.get_one(LogEntry, one).number for one in old] == [1, 2, 3, 4, 5]
        assert chain.verify(session) is None


def test_every_number_can_be_drawn_and_longer_ones_where_those_are_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for last, ends in ((lambda _below: 0, (10_000, 100_000)), (lambda below: below - 1, (99_999, 999_999))):
        monkeypatch.setattr(chain.random, "randbelow", last)
        assert (chain.drawn(1), chain.drawn(10)) == ends
