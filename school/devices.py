"""Which of the school's devices may be used for pictures, and who says so (P29)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from school import audit
from school.errors import BadInput, MoveNotAllowed, NotFound
from school.models.devices import Device
from school.models.people import Person
from school.models.school import School
from school.people import reason_text
from school.permissions import Action, require

NAME_MAX = 100


def approved(session: Session) -> list[Device]:
    """The devices that may be used, by name."""
    return list(session.scalars(sa.select(Device).where(Device.ended_at.is_(None)).order_by(Device.name)))


def ended(session: Session) -> list[Device]:
    """Those that may not be used any more, the last ended first."""
    query = sa.select(Device).where(Device.ended_at.is_not(None)).order_by(Device.ended_at.desc())
    return list(session.scalars(query))


def approve(session: Session, *, name: str, by: Person, now: datetime) -> Device:
    """Put a device on the list. Raises BadInput without a name, or for one that is on it already."""
    require(by, Action.APPROVE_DEVICES)
    label = " ".join(name.split())
    if not label:
        raise BadInput("The name is empty: write what stands on the device's label.", field="name")
    if len(label) > NAME_MAX:
        raise BadInput(f"The name has {len(label)} characters: at most {NAME_MAX} fit.", field="name")
    # Two who add one device at once come one after the other.
    session.scalar(sa.select(School.id).with_for_update())
    if any(one.name.casefold() == label.casefold() for one in approved(session)):
        raise BadInput(f"“{label}” is on the list already.", field="name")
    device = Device(name=label, approved_at=now, approved_by_id=by.id)
    session.add(device)
    # The trail names the device by id.
    session.flush()
    _trail(session, "device_approved", device, by=by, now=now)
    return device


def end(session: Session, device_id: UUID, *, reason: str, by: Person, now: datetime) -> Device:
    """Take a device off the list. Raises NotFound, BadInput without a reason, MoveNotAllowed twice."""
    require(by, Action.APPROVE_DEVICES)
    why = reason_text(reason)
    device = session.get(Device, device_id, with_for_update=True)
    if device is None:
        raise NotFound("There is no such device.")
    if device.ended_at is not None:
        raise MoveNotAllowed(f"“{device.name}” is off the list already.")
    device.ended_at, device.ended_by_id, device.ended_reason = now, by.id, why
    _trail(session, "device_ended", device, by=by, now=now)
    return device


def problem(session: Session, named: str) -> str:
    """Why a post with pictures or a video can't be handed in with this device; empty when it can.

    A school whose network manager has put none on the list yet is asked for nothing.
    """
    allowed = [one.name for one in approved(session)]
    if not allowed or named in allowed:
        return ""
    if not named:
        return "No device is named: choose the school's device that the pictures were taken and edited with."
    return (
        f"“{named[:80]}” is not on the list of the school's devices: choose one that is, or ask the network "
        "manager."
    )


def _trail(session: Session, action: str, device: Device, *, by: Person, now: datetime) -> None:
    audit.record(
        session,
        by=by,
        action=action,
        object_kind="device",
        object_id=device.id,
        detail={"name": device.name},
        now=now,
    )
