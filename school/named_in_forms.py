"""Forms that name somebody, and which of them are held back from that person's file (P3, P34).

What somebody reported of a person is like a referral of what they wrote: said too early it warns whoever is
looked into, or tells of a child (Data Protection Act 2018: schedule 2, part 1, paragraph 2 and part 3,
paragraph 16; schedule 3, parts 4 and 5). A person judges it each time; until then nothing tells of it.
"""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from school import forms
from school.models import FormEntry, FormKind
from school.retention import Subject


def naming(session: Session, name: str, *, past_head: bool) -> list[FormEntry]:
    """The forms that say a name in whole words, the first filed first; none where no name is known.

    `past_head`: for a headteacher, without what concerns the headteacher (P3).
    """
    wanted = name.strip().casefold()
    if not wanted:
        return []
    whole = re.compile(rf"(?<!\w){re.escape(wanted)}(?!\w)")
    query = sa.select(FormEntry).order_by(FormEntry.filed_at, FormEntry.id)
    if past_head:
        query = query.where(FormEntry.about_headteacher.is_(False))
    return [
        entry
        for entry in session.scalars(query)
        if any(
            whole.search(str(said).casefold())
            for said in (*entry.fields.values(), *(one.words for one in entry.steps))
        )
    ]


def reports(session: Session, subject: Subject, *, past_head: bool) -> list[FormEntry]:
    """The reports that name somebody, and forms that concern the headteacher and do, unknown to them.

    Whoever filed or answered it knows it; a request for a site or an account reports nobody.
    """
    return [
        entry
        for entry in naming(session, subject.name, past_head=past_head)
        if (entry.kind is FormKind.INAPPROPRIATE_CONTENT or entry.about_headteacher)
        and subject.id not in {entry.filed_by_id, *(step.by_id for step in entry.steps)}
    ]


def row(entry: FormEntry) -> dict[str, Any]:
    """A form as it is handed out: each question with what was answered, and what came of it."""
    return {
        "form": forms.FORMS[entry.kind].filed_as,
        "filed": entry.filed_at,
        **{field.label: entry.fields.get(field.name, "") for field in forms.FORMS[entry.kind].fields},
        "answers": [f"{forms.IN_WORDS[step.new]}: {step.words}" for step in entry.steps],
    }
