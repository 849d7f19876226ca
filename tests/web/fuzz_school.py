"""What the fuzz knows of the school that it walks: real ids, tokens out of mails, who may see what."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from email import message_from_bytes
from email.policy import default
from typing import TypeVar
from uuid import UUID

import sqlalchemy as sa
from argon2 import PasswordHasher
from sqlalchemy.orm import Session

import approvals.sight
import moderation.sight
from approvals.models import Draft, MediaFile, VideoFile
from moderation.models import LogCase
from school import forms, mail
from school.db import Base, reading, transaction
from school.models import FormEntry, OutboxEmail, Person
from school.setup import PRACTICE_PASSWORD, PRACTICE_PIN

_T = TypeVar("_T", bound=Base)

TABLES: Mapping[str, tuple[str, ...]] = {
    "account_id": ("accounts",),
    "act_id": ("platform_acts",),
    "connection_id": ("account_connections",),
    "consent_id": ("consents",),
    "dates_id": ("school_dates",),
    "deputy_id": ("deputies",),
    "device_id": ("devices",),
    "draft_id": ("drafts",),
    "entry_id": ("log_entries", "form_entries"),
    "export_id": ("data_exports",),
    "follower_id": ("followers",),
    "hold_id": ("legal_holds",),
    "identity_id": ("provider_identities",),
    "import_id": ("consent_imports",),
    "job_id": ("rescore_jobs",),
    "letter_id": ("letters",),
    "look_id": ("link_looks",),
    "mail_id": ("outbox_emails",),
    "media_id": ("media_files",),
    "passkey_id": ("passkeys",),
    "person_id": ("people",),
    "publication_id": ("publications",),
    "pupil_id": ("pupils",),
    "recovery_id": ("recoveries",),
    "sign_in_id": ("sign_ins",),
    "subscription_id": ("push_subscriptions",),
    "subject_id": ("people", "pupils", "authors"),
    "takedown_id": ("takedowns",),
    "template_id": ("post_templates",),
    "video_id": ("videos",),
}
"""By the name that addresses give an id, where such ids are."""

_LINKS = re.compile(r"https?://[^/\s\"<>]+(/(?:approve|join|recover|calendar/feed|media)/[^\s\"<>]+)")


def real_ids() -> dict[str, list[str]]:
    """Some ids of each kind that are there now, the newest."""
    found: dict[str, list[str]] = {}
    with reading() as session:
        for name, tables in TABLES.items():
            for table in tables:
                column = Base.metadata.tables[table].c.id
                ids = session.scalars(sa.select(column).order_by(column.desc()).limit(12))
                found.setdefault(name, []).extend(str(one) for one in ids)
    return found


def mailed_links() -> list[str]:
    """The addresses with a secret in them that mails carry."""
    found: dict[str, None] = {}
    with reading() as session:
        for row in session.scalars(sa.select(OutboxEmail).order_by(OutboxEmail.id.desc()).limit(40)):
            message = message_from_bytes(mail.whole(row), policy=default)
            body = message.get_body(("plain",))
            if body is not None:
                found.update(dict.fromkeys(_LINKS.findall(body.get_content())))
    return list(found)


def quick_hashes() -> None:
    """Let everybody's password and PIN cost nothing to check: it is slow on purpose."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with transaction() as session:
        session.execute(
            sa.update(Person)
            .where(Person.password.is_not(None))
            .values(password=quick.hash(PRACTICE_PASSWORD), pin_hash=quick.hash(PRACTICE_PIN))
        )


def is_anothers(session: Session, person: Person, values: Mapping[str, object], now: datetime) -> bool:
    """Whether an address names a thing that this person may not see, asked of the rules themselves."""
    if draft := _thing(session, Draft, values.get("draft_id")):
        return not approvals.sight.may_see(session, draft, by=person, now=now)
    if media := _thing(session, MediaFile, values.get("media_id")):
        return not approvals.sight.may_see_picture(session, media, by=person, now=now)
    if video := _thing(session, VideoFile, values.get("video_id")):
        return not approvals.sight.may_see_video(session, video, by=person, now=now)
    if (entry := values.get("entry_id")) is None:
        return False
    if filed := _thing(session, FormEntry, entry):
        return not forms.may_see(session, filed, person)
    shown = sa.select(LogCase.entry_id).where(LogCase.entry_id == entry)
    there = session.scalar(shown) is not None
    return there and session.scalar(shown.where(moderation.sight.visible_to(person))) is None


def _thing(session: Session, kind: type[_T], key: object) -> _T | None:
    return session.get(kind, key) if isinstance(key, UUID) else None
