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


def test_p3_the_chair_answers_a_report_about_the_headteacher(
    signed_in: Callable[[Role], Browser], head: Browser
) -> None:
    """Also that of the network manager, who can't close what they filed."""
    manager, chair = signed_in(Role.NETWORK_MANAGER), signed_in(Role.CHAIR)
    address = "/forms/inappropriate-content"
    typed = filled(FormKind.INAPPROPRIATE_CONTENT, about_headteacher="yes")
    entry = manager.post(address, address, **typed).headers["Location"]
    page = manager.get(entry).text
    assert "It waits for: Chair of governors." in page and 'name="to"' not in page
    assert "to answer" not in manager.get("/").text and "to answer" not in head.get("/").text
    assert "<b>1</b> report about the headteacher to answer" in chair.get("/").text
    listed = chair.get("/forms").text
    assert "Waiting for you" in listed and "No other form that you filed" in listed
    assert "No form yet" not in listed
    assert manager.post(entry, "/me", to="done", words="Nothing in it").status_code == 403
    assert chair.post(entry, entry, to="done", words="I spoke to them").status_code == 302
    assert "I spoke to them" in manager.get(entry).text and head.get(entry).status_code == 404


def test_p31_whoever_alone_can_answer_their_own_is_told_so(signed_in: Callable[[Role], Browser]) -> None:
    manager, lead = signed_in(Role.NETWORK_MANAGER), signed_in(Role.DSL)
    address = "/forms/inappropriate-content"
    entry = manager.post(address, address, **filled(FormKind.INAPPROPRIATE_CONTENT)).headers["Location"]
    assert "You filed this yourself. Nobody else at the school may answer it" in manager.get(entry).text
    assert "They filed it themselves" in lead.get(entry).text


def test_the_trail_says_whose_names_it_keeps_from_the_reader(signed_in: Callable[[Role], Browser]) -> None:
    chair, officer = signed_in(Role.CHAIR), signed_in(Role.DPO)
    kept = "are not shown to you: none can be looked for."
    assert "Names of pupils" in chair.get("/audit?about=Amelia").text and kept in chair.get("/audit").text
    assert kept not in officer.get("/audit").text
