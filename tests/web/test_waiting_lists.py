"""Lists of the office that were looked at: they are listed, and what was dealt with leads on (P24)."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import pytest

from school.models import Role
from tests.web.conftest import Browser

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

PAGE = "/consent/import"


def send(officer: Browser, text: str, name: str) -> str:
    answer = officer.post(PAGE, PAGE, file=(io.BytesIO(text.encode()), name))
    assert answer.status_code == 302, answer.text
    return str(answer.headers["Location"])


def test_lists_that_wait_are_listed_with_who_brought_them_and_can_be_thrown_away(
    signed_in: Callable[[Role], Browser],
) -> None:
    officer = signed_in(Role.DPO)
    assert "Lists that wait" not in officer.get(PAGE).text
    first = send(officer, "Name,Class\nIda Moss,Year 1\n", "first <b>.csv")
    second = send(officer, "Name,Class\nIda Moss,Year 1\n", "second.csv")
    page = officer.get(PAGE).text
    assert f'<a href="{first}">first &lt;b&gt;.csv</a>' in page
    assert "Each goes by itself after 30 days" in page
    listed = page.partition('id="waiting"')[2]
    assert listed.index("second.csv") < listed.index("first "), "the newest first"
    who = re.search(r"second\.csv</a><br><small[^>]*>([^,<]+), <time", page)
    assert who and who[1].strip()
    assert officer.post(first, PAGE, do="discard").status_code == 302
    assert officer.post(second, second, do="apply").status_code == 302
    assert "Lists that wait" not in officer.get(PAGE).text
    assert signed_in(Role.HEADTEACHER).get(PAGE).status_code == 404


@pytest.mark.parametrize(("do", "done"), [("apply", "applied already"), ("discard", "thrown away already")])
def test_a_second_press_says_that_it_is_done_and_leads_to_the_register(
    do: str, done: str, signed_in: Callable[[Role], Browser]
) -> None:
    officer = signed_in(Role.DPO)
    address = send(officer, "Name,Class\nIda Moss,Year 1\n", "list.csv")
    assert officer.post(address, address, do=do).status_code == 302
    for again in ("apply", "discard"):
        answer = officer.post(address, PAGE, do=again)
        assert answer.status_code == 409 and done in answer.text
        assert "This is done already" in answer.text and "Somebody was faster" not in answer.text
        assert '<a class="btn btn-primary" href="/consent">The consent register</a>' in answer.text


def test_a_class_that_is_like_another_is_put_right_on_the_page(signed_in: Callable[[Role], Browser]) -> None:
    officer = signed_in(Role.DPO)
    address = send(officer, "Name,Class\nIda Moss,4K\nJo Lark,year 4 KESTRELS\n", "list.csv")
    page = officer.get(address).text
    assert "“4K” means Year 4 Kestrels" in page and "KESTRELS”" not in page
    assert officer.post(address, address, do="apply", meant="2").status_code == 302
    # Without the forms' tokens, in which any letters may come.
    register = re.sub(r"<[^>]*>", " ", officer.get("/consent").text)
    assert "4K" not in register and "KESTRELS" not in register and "Ida Moss" in register
