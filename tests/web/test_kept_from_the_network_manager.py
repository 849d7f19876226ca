"""P3: who runs the network, and reports to the headteacher, learns nothing of a report about them."""

from __future__ import annotations

import html
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from school import people
from school.db import now, transaction
from school.models import MailState, OutboxEmail, Person, Role
from tests.web.conftest import Browser
from tests.web.test_kept_from_the_headteacher import CHANGING, addresses

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

ADDRESS = "/forms/inappropriate-content"
VALUES = {"day": "2026-06-03", "person": "Zanzibar", "url": "https://x.test/Zanzibar", "nature": "Yggdrasil"}


@pytest.mark.parametrize("role", [Role.NETWORK_MANAGER, Role.DSL, Role.SLT, Role.HEADTEACHER, Role.DPO])
def test_p3_nothing_that_they_can_open_changes_when_a_report_about_the_headteacher_is_filed_and_answered(
    app: Flask, signed_in: Callable[[Role], Browser], role: Role
) -> None:
    """Also where no mail about it could be delivered; the page itself is as one that isn't there.

    But for the trail, which tells the DPO that somebody filed a form and who answered, not what it says.
    """
    reader, teacher, chair = signed_in(role), signed_in(Role.STAFF), signed_in(Role.CHAIR)

    def all_pages(ids: list[str]) -> dict[str, str]:
        found = {}
        for path in addresses(app, ids):
            if path not in {"/me/sign-in/app", "/moderation/news"} and "mailbox/2" not in path:
                text = reader.get(path).get_data().decode("utf-8", "replace")
                found[path] = html.unescape(CHANGING.sub("", text))
        return found

    def differ(after: dict[str, str]) -> list[str]:
        assert not any(word in page for page in after.values() for word in ("Zanzibar", "Yggdrasil"))
        trail = role is Role.DPO
        return [it for it in before if before[it] != after[it] and not (trail and it.startswith("/audit"))]

    before = all_pages([])
    entry = teacher.post(ADDRESS, ADDRESS, about_headteacher="yes", **VALUES).headers["Location"]
    assert "Zanzibar" in chair.get(entry).text and "Yggdrasil" in teacher.get(entry).text
    with transaction() as session:
        mails = session.scalars(sa.select(OutboxEmail).where(OutboxEmail.purpose == "form")).all()
        assert len(mails) == 1
        mails[0].state, mails[0].problem = MailState.FAILED, "the recipient is unknown"
        mail_id = mails[0].id
    assert differ(all_pages([])) == []
    assert chair.post(entry, entry, to="done", words="I spoke to them").status_code == 302
    assert differ(all_pages([])) == []
    assert len(before) > 60 and before["/forms"].count("Report inappropriate content")
    assert reader.get(entry).status_code == 404
    assert reader.post(entry, "/me", to="done", words="Mine").status_code == 404
    for what in ("again", "away"):
        assert reader.post(f"/troubles/mail/{mail_id}/{what}", "/me").status_code == 404


def test_p3_the_form_says_who_will_read_it_and_its_page_who_can(
    signed_in: Callable[[Role], Browser], school_people: dict[Role, Person]
) -> None:
    teacher, chair = signed_in(Role.STAFF), signed_in(Role.CHAIR)
    filer, answerer, lead = (school_people[one].name for one in (Role.STAFF, Role.CHAIR, Role.DSL))
    said = html.unescape(teacher.get(ADDRESS).text)
    assert f"Then you and the chair of governors ({answerer}) alone can read it" in said
    assert "Then you and the safeguarding lead" in chair.get(ADDRESS).text and lead in chair.get(ADDRESS).text
    entry = teacher.post(ADDRESS, ADDRESS, about_headteacher="yes", **VALUES).headers["Location"]
    page = html.unescape(teacher.get(entry).text)
    assert f"only {' and '.join(sorted((filer, answerer)))} can read it, and the data protection" in page
    assert "was not delivered" not in page
    with transaction() as session:
        session.execute(
            sa.update(OutboxEmail)
            .where(OutboxEmail.purpose == "form")
            .values(state=MailState.FAILED, problem="the recipient is unknown")
        )
    told = f"The e-mail about this to {answerer} was not delivered"
    assert told in html.unescape(teacher.get(entry).text)
    # Whom it didn't reach and who is here all the same need not be told; nor anybody once it is answered.
    assert "was not delivered" not in chair.get(entry).text
    assert chair.post(entry, entry, to="done", words="I spoke to them").status_code == 302
    assert told not in html.unescape(teacher.get(entry).text)


def test_p3_who_may_no_longer_read_it_is_not_to_be_told_that_it_is_there(
    signed_in: Callable[[Role], Browser], school_people: dict[Role, Person]
) -> None:
    """The e-mail to a chair who has left since failed: whoever reads on must not send them there."""
    teacher, was_chair = signed_in(Role.STAFF), school_people[Role.CHAIR].id
    entry = teacher.post(ADDRESS, ADDRESS, about_headteacher="yes", **VALUES).headers["Location"]
    with transaction() as session:
        session.execute(
            sa.update(OutboxEmail)
            .where(OutboxEmail.purpose == "form")
            .values(state=MailState.FAILED, problem="the recipient is unknown")
        )
    assert "was not delivered" in teacher.get(entry).text
    with transaction() as session:
        head = people.get(session, school_people[Role.HEADTEACHER].id)
        people.withdraw_role(
            session, people.get(session, was_chair), Role.CHAIR, by=head, reason="Left", now=now()
        )
    assert "was not delivered" not in teacher.get(entry).text
