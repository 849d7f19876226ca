"""The settings in force, as they may be seen: without anything secret."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

import sqlalchemy as sa
from pydantic import SecretStr
from sqlalchemy.orm import Session

from school import audit, setup
from school.models import AuditEntry
from school.settings import Settings, settings

_HIDDEN = "(hidden)"
_OF_ONE_PROCESS = frozenset(
    {"home", "host", "port", "log_format", "log_level", "log_files", "classifier_threads"}
)
ACTION = "settings_changed"
_CHANGED = "changed"


def shown_settings(of: Settings | None = None) -> dict[str, str]:
    """Every setting in force (or of others), secrets and passwords inside addresses hidden."""
    shown = {}
    for name, value in (of or settings()).model_dump().items():
        if isinstance(value, SecretStr):
            shown[name] = _HIDDEN
        elif name.endswith("_url") and isinstance(value, str):
            shown[name] = _without_password(value)
        else:
            shown[name] = "" if value is None else str(value)
    return shown


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    if "@" not in parts.netloc:
        return url
    user, _, host = parts.netloc.rpartition("@")
    name = user.partition(":")[0]
    return parts._replace(netloc=f"{name}:{_HIDDEN}@{host}" if ":" in user else f"{name}@{host}").geturl()


def note_changes(session: Session, *, now: datetime) -> list[str]:
    """Leave an entry in the trail where the settings aren't those of its newest such entry; which differ.

    The entry holds every setting that isn't the default, secrets hidden, apart from what is of one process.
    """
    school = setup.current_school(session)
    if school is None:
        return []
    usual = shown_settings(Settings.model_construct())
    chosen = {
        name: value
        for name, value in shown_settings().items()
        if value != usual[name] and name not in _OF_ONE_PROCESS
    }
    before = session.scalar(
        sa.select(AuditEntry.detail)
        .where(AuditEntry.action == ACTION)
        .order_by(AuditEntry.seq.desc())
        .limit(1)
    )
    former = {name: value for name, value in (before or {}).items() if name != _CHANGED}
    changed = sorted(name for name in {*former, *chosen} if former.get(name) != chosen.get(name))
    if changed:
        audit.record(
            session,
            by=None,
            action=ACTION,
            object_kind="settings",
            object_id=school.id,
            detail={**chosen, _CHANGED: changed},
            now=now,
        )
    return changed
