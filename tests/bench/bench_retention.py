"""How long the page takes that says what will be erased, with 100,000 comments stored (P34)."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa
from flask import Flask

from school import db, retention
from school.models import Role
from tests.bench.bench_pages import account_id, first_rows
from tests.bench.filling import SECONDS_APART, Filling
from tests.web.conftest import app, practice
from web.retained import RULES

__all__ = ["account_id", "app", "practice"]

COMMENTS = int(os.environ.get("BENCH_RETAINED", "100000"))


def test_the_preview_of_what_is_erased(
    app: Flask, database: str, account_id: UUID, school_people: dict[Role, object]
) -> None:
    """As it stands when half of the comments are a year old."""
    first_rows(account_id)
    with db.transaction() as session:
        Filling(session).fill(COMMENTS)
        if session.get_bind().dialect.name == "postgresql":
            session.execute(sa.text("ANALYZE"))
    half = timedelta(seconds=SECONDS_APART * COMMENTS // 2)
    taken, counted = {}, {}
    for rule in RULES:
        times = []
        for _ in range(3):
            with db.reading() as session:
                began = time.monotonic()
                found = retention.standing(
                    session, rule, seen={}, now=db.now() + timedelta(days=retention.YEAR) - half
                )
                times.append(time.monotonic() - began)
        taken[rule.key], counted[rule.key] = min(times), found.now
    print(f"\n{database.partition(':')[0]}, {COMMENTS:,} comments, all kinds: {sum(taken.values()):.2f} s")
    for key, seconds in sorted(taken.items(), key=lambda item: -item[1])[:6]:
        print(f"{seconds:8.3f}  {key} ({counted[key]:,} to be erased)")
