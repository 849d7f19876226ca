"""The school's devices for pictures: the network manager's list, and what a post must name (P29)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from approvals import drafts, submissions
from approvals.checks import DraftRefused
from school import audit, db, devices
from school.errors import NotPermitted
from school.models import Account, Person, Role
from tests.approvals import scenes
from tests.web.conftest import Browser

SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def test_p29_the_network_manager_keeps_the_list(signed_in: Callable[[Role], Browser]) -> None:
    manager = signed_in(Role.NETWORK_MANAGER)
    assert "No device is on the list yet" in manager.get("/devices").text
    assert manager.post("/devices", "/devices", name="Office tablet 2").status_code == 302
    again = manager.post("/devices", "/devices", name="office  TABLET 2")
    assert again.status_code == 400 and "on the list already" in again.text
    assert "The name is empty" in manager.post("/devices", "/devices", name=" ").text
    page = manager.get("/devices").text
    assert "Office tablet 2" in page and 'href="/devices"' in page
    address = page.partition('action="/devices/')[2].partition('"')[0]
    assert "reason is empty" in manager.post(f"/devices/{address}", "/devices", reason="").text
    assert manager.post(f"/devices/{address}", "/devices", reason="Lost <it>").status_code == 302
    assert "Lost &lt;it&gt;" in manager.get("/devices").text
    assert manager.post(f"/devices/{address}", "/devices", reason="Again").status_code == 409


@SQLITE
def test_p29_a_post_with_pictures_names_a_device_of_the_list(
    session: Session,
    school_people: dict[Role, Person],
    make_account: Callable[..., Account],
) -> None:
    now = db.now()
    later = now + timedelta(days=2)
    teacher, manager = school_people[Role.STAFF], school_people[Role.NETWORK_MANAGER]
    x, media = make_account("x"), scenes.add_picture(session, teacher, now)

    def hand_in(**more: Any) -> None:
        draft = drafts.save(session, None, scenes.content(x, at=later, **more), by=teacher, now=now)
        session.commit()
        submissions.submit(
            session, draft.id, revision_number=draft.revision_number, findings=[], by=teacher, now=now
        )

    shown = {"pictures": (scenes.choice(media),)}
    hand_in(device="My own phone", **shown)  # nobody has made a list
    with pytest.raises(NotPermitted):
        devices.approve(session, name="School tablet 4", by=teacher, now=now)
    tablet = devices.approve(session, name="School tablet 4", by=manager, now=now)
    hand_in(device="School tablet 4", **shown)
    hand_in(device="")  # without pictures none is needed
    for device, said in (("My own phone", "not on the list"), ("", "No device is named")):
        with pytest.raises(DraftRefused, match=said) as refused:
            hand_in(device=device, **shown)
        assert [problem.field for problem in refused.value.problems] == ["device"]
        session.rollback()
    devices.approve(session, name="Camera 1", by=manager, now=now)
    devices.end(session, tablet.id, reason="Stolen", by=manager, now=now)
    with pytest.raises(DraftRefused, match="not on the list"):
        hand_in(device="School tablet 4", **shown)
    session.commit()
    assert audit.verify(session) is None


@SQLITE
def test_p29_the_form_offers_the_list(
    session: Session,
    school_people: dict[Role, Person],
    make_account: Callable[..., Account],
    signed_in: Callable[[Role], Browser],
) -> None:
    make_account("x")
    teacher = signed_in(Role.STAFF)
    page = teacher.get("/drafts/new").headers["Location"]
    assert 'type="text" id="device"' in teacher.get(page).text
    devices.approve(session, name="Camera 1", by=school_people[Role.NETWORK_MANAGER], now=db.now())
    session.commit()
    assert '<option value="Camera 1">Camera 1</option>' in teacher.get(page).text
