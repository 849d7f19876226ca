"""The pages of the policy's forms (P8, P30, P31)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from school.models import FormKind, Role
from tests.school.test_forms import filled
from tests.web.conftest import Browser

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def test_p30_from_the_teachers_request_to_the_open_site(
    signed_in: Callable[[Role], Browser], head: Browser
) -> None:
    teacher, manager = signed_in(Role.STAFF), signed_in(Role.NETWORK_MANAGER)
    address = "/forms/blocked-content"
    assert "Ask for access to blocked content" in teacher.get("/forms").text
    lacking = teacher.post(address, address, **filled(FormKind.BLOCKED_CONTENT, reasons="", risks="Some <b>"))
    assert lacking.status_code == 400 and "“Why it is needed” is empty" in lacking.text
    assert "Some &lt;b&gt;" in lacking.text, "what was typed stays"
    answer = teacher.post(address, address, **filled(FormKind.BLOCKED_CONTENT, risks="Ads <script>"))
    assert answer.status_code == 302
    entry = answer.headers["Location"]
    assert "Ads &lt;script&gt;" in teacher.get(entry).text
    assert "It waits for: Headteacher." in teacher.get(entry).text
    assert "It waits for" not in head.get(entry).text, "whose turn it is sees the form to answer"
    assert "form to answer" in head.get("/").text and "form to answer" not in teacher.get("/").text
    assert signed_in(Role.SLT).get(entry).status_code == 404, "as for one that doesn't exist"
    assert teacher.post(entry, "/me", to="approved", words="Mine").status_code == 403
    refused = head.post(entry, entry, to="declined", words=" ")
    assert refused.status_code == 400 and "reason is empty" in refused.text, "a refusal says why"
    assert head.post(entry, entry, to="nonsense", words="x").status_code == 400
    assert head.post(entry, entry, to="approved", words="").status_code == 302, "a signature needs no remark"
    assert "It waits for: Network manager." in teacher.get(entry).text
    assert head.post(entry, "/me", to="declined", words="Second thoughts").status_code == 409
    assert manager.post(entry, entry, to="done", words="Opened for Year 6").status_code == 302
    page = teacher.get(entry).text
    assert "It waits for" not in page
    assert (
        "12 January 2027" in page
        and ">2027-01-12" not in page
        and "Opened for Year 6" in page
        and "Gareth Pugh" in page
    )
    trail = head.get("/audit").text
    assert "the form “Access to blocked content”" in trail and "Ask for access" not in trail


def test_p8_and_p31_are_offered_and_a_form_that_is_none_is_not_found(
    signed_in: Callable[[Role], Browser],
) -> None:
    teacher = signed_in(Role.STAFF)
    page = teacher.get("/forms/new-account").text
    for label in (
        "Department",
        "Administrators",
        "Goes live on",
        "Security measures",
        "How consent is obtained",
    ):
        assert label in page
    assert "This concerns the headteacher" in teacher.get("/forms/inappropriate-content").text
    assert teacher.get("/forms/nothing").status_code == 404
