"""Who reads a report about the headteacher, and whom no e-mail about it reached (P3)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from school import form_turns, forms, mail, people
from school.models.forms import FormEntry
from school.models.people import Person


def readers(session: Session, entry: FormEntry) -> list[Person]:
    """Who of the school's people may read a report about the headteacher, by name (P3)."""
    asked = {one.id: one for one in people.holders(session, *form_turns.PAST_HEAD)}
    filer = people.get(session, entry.filed_by_id)
    asked[filer.id] = filer
    those = [person for person in asked.values() if forms.may_see(session, entry, person)]
    return sorted(those, key=lambda one: (one.name, one.id))


def undelivered(session: Session, entry: FormEntry, *, viewer: Person) -> list[Person]:
    """Whom no mail about a report about the headteacher reached: nobody but its readers is told (P3).

    Without the viewer, who knows it now, whoever has answered it, and who may not read it (any more).
    """
    if not entry.about_headteacher:
        return []
    failed = mail.undelivered_about(session, [entry.id], mail.FORM).get(entry.id, [])
    known = {viewer.id, *(step.by_id for step in entry.steps)}
    those = [people.get(session, one.to_id) for one in failed if one.to_id is not None]
    return [one for one in those if one.id not in known and forms.may_see(session, entry, one)]
