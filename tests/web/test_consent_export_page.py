"""The page where the DPO takes the consent register out, and the list to practise with (P4, P24)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from school import consent_lists
from school.models import Role
from school.setup import PRACTICE_LIST
from tests.web.conftest import Browser


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_page_gives_it_to_the_dpo_and_an_example_to_practise_with(
    signed_in: Callable[[Role], Browser],
) -> None:
    officer, slt = signed_in(Role.DPO), signed_in(Role.SLT)
    answer = officer.post("/consent/export", "/consent", format="xlsx")
    assert answer.status_code == 200 and answer.data[:2] == b"PK"
    assert "consent" in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"
    refused = officer.post("/consent/export", "/consent", format="exe")
    assert refused.status_code == 400 and "choose CSV or XLSX" in refused.text
    assert slt.post("/consent/export", "/me", format="csv").status_code == 404
    assert "/consent/export" not in slt.get("/consent").text
    assert 'href="/consent/import/example"' in officer.get("/consent/import").text
    listed = consent_lists.read(officer.get("/consent/import/example").data, "practice-list.csv")
    assert not listed.problems and len(listed.pupils) == PRACTICE_LIST.count("\n") - 1
