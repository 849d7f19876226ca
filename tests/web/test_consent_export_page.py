"""The page where the DPO takes the consent register out, and the list to practise with (P4, P24)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from school import consent_export, consent_lists
from school.db import reading, transaction_unless_busy
from school.models import AuditEntry, Role, School
from school.setup import PRACTICE_LIST
from tests.web.conftest import Browser


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_page_gives_it_to_the_dpo_and_an_example_to_practise_with(
    signed_in: Callable[[Role], Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    make = consent_export.make

    def while_others_write(session: Session, kind: str, **more: Any) -> bytes:
        """The file of a big school takes seconds: nobody waits for it, as all would on SQLite otherwise."""
        with transaction_unless_busy() as other:
            other.execute(sa.update(School).values(name=School.name))
        return make(session, kind, **more)

    monkeypatch.setattr(consent_export, "make", while_others_write)
    officer, slt = signed_in(Role.DPO), signed_in(Role.SLT)
    answer = officer.post("/consent/export", "/consent", format="xlsx")
    assert answer.status_code == 200 and answer.data[:2] == b"PK"
    assert "consent" in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"
    with reading() as session:
        [line] = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "consent_exported"))
        assert line.detail == {"format": "xlsx"}
    refused = officer.post("/consent/export", "/consent", format="exe")
    assert refused.status_code == 400 and "choose CSV or XLSX" in refused.text
    assert slt.post("/consent/export", "/me", format="csv").status_code == 404
    assert "/consent/export" not in slt.get("/consent").text
    assert 'href="/consent/import/example"' in officer.get("/consent/import").text
    listed = consent_lists.read(officer.get("/consent/import/example").data, "practice-list.csv")
    assert not listed.problems and len(listed.pupils) == PRACTICE_LIST.count("\n") - 1
