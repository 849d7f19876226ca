"""A letter that is issued twice at the same moment is one letter (P20)."""

from __future__ import annotations

import threading
from uuid import UUID

import pytest
import sqlalchemy as sa

from moderation import letters
from moderation.models import EventKind, Letter, LogEvent
from school.db import new_id, reading, transaction
from school.models import Person, Role
from tests.moderation.platform import ScriptedPlatform
from tests.moderation.scenes import URL, Clock, flagged


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_p20_issued_twice_at_once_is_one_letter(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: dict[Role, Person]
) -> None:
    entry_id = flagged(account_id, platform, clock)[0]
    draft = letters.Draft("warning", "Mrs Kowalska", "", "Dear {reader}")
    slt = school_people[Role.SLT]
    with reading() as session:
        by = session.get_one(Person, slt.id)
        prepared = letters.prepare(session, new_id(), entry_id, draft, by=by, url=URL, now=clock())
    begin, kept, wrong = threading.Barrier(4), [], []

    def press() -> None:
        begin.wait(timeout=60)
        try:
            with transaction() as session:
                by = session.get_one(Person, slt.id)
                kept.append(letters.keep(session, prepared, by=by, now=clock()).id)
        except Exception as error:  # noqa: BLE001 - whatever a thread stumbles over is the finding
            wrong.append(error)

    threads = [threading.Thread(target=press) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert not wrong and len(kept) == 4 and set(kept) == {prepared.id}
    with reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Letter)) == 1
        issued = sa.select(sa.func.count()).where(LogEvent.kind == EventKind.ISSUED)
        assert session.scalar(issued) == 1
