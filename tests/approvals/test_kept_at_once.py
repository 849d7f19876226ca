"""One form of a new post is kept twice in the same moment, from two tabs: it is listed once."""

from __future__ import annotations

import threading
from datetime import timedelta

from approvals import unsaved
from school.db import now, reading, transaction
from school.models import Person, Role

ROUNDS = 12


def test_two_keepings_of_one_new_form_at_once_are_one(
    database: str, school_people: dict[Role, Person]
) -> None:
    teacher, failed = school_people[Role.STAFF], []

    def keep(begins: str, text: str, together: threading.Barrier) -> None:
        try:
            together.wait(30)
            with transaction() as session:
                by = session.get_one(Person, teacher.id)
                unsaved.keep(session, None, [("begins", begins), ("text", text)], by=by, now=now())
        except Exception as error:  # noqa: BLE001 - said in the thread that waits
            failed.append(error)

    for number in range(ROUNDS):
        together = threading.Barrier(3)
        threads = [
            threading.Thread(target=keep, args=(f"form-{number}", text, together)) for text in ("a", "b", "c")
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert failed == []
    with reading() as session:
        kept = unsaved.of_new(session, by=teacher)
        assert sorted(unsaved.begins_with(one.fields) for one in kept) == sorted(
            f"form-{number}" for number in range(ROUNDS)
        )
        assert all(now() - one.kept_at < timedelta(minutes=5) for one in kept)
