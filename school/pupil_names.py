"""What pupils and their classes are called: what is like another, and putting it right (P24)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from school import audit, consent
from school.errors import BadInput, MoveNotAllowed, NotFound
from school.models.consent import Pupil
from school.models.people import Person
from school.people import person_name
from school.permissions import Action, require
from school.spelling import like_class, plain_name


def classes(session: Session, *, but: UUID | None = None) -> list[str]:
    """What the classes of the pupils at the school are called, in order. `but`: a pupil who doesn't count."""
    query = sa.select(Pupil.class_name).where(Pupil.left_on.is_(None)).distinct()
    if but is not None:
        query = query.where(Pupil.id != but)
    return sorted(session.scalars(query.order_by(Pupil.class_name)), key=plain_name)


def as_known(session: Session, class_name: str, *, but: UUID | None = None) -> str:
    """A class as the register writes it, where only capitals and spaces differ; else as it was typed.

    `but`: the pupil whose class is put right: how it was written for them alone counts for nothing.
    """
    wanted = plain_name(class_name)
    known = classes(session, but=but)
    return next((one for one in known if plain_name(one) == wanted), class_name.strip())


def doubts(session: Session, *, name: str, class_name: str, but: UUID | None = None) -> Sequence[str]:
    """What may be a slip, as questions: a pupil of that name is there, or a class is like another.

    Names are the same whatever their capitals, spaces and accents; exactly the same in the same class is no
    question, but refused. `but`: the pupil whose name it is.
    """
    found = []
    written = as_known(session, class_name, but=but)
    others = [pupil for pupil in consent.pupils(session) if pupil.id != but]
    for pupil in others:
        if plain_name(pupil.name) == plain_name(name) and (pupil.name, pupil.class_name) != (name, written):
            found.append(f"There is already {pupil.name} in {pupil.class_name}. Is this another child?")
    known = {pupil.class_name for pupil in others}
    if written not in known and (like := like_class(written, sorted(known))):
        found.append(f"No other pupil is in a class “{written}”. Did you mean {like}?")
    return found


def correct(
    session: Session, pupil_id: UUID, *, name: str, class_name: str, by: Person, now: datetime
) -> Pupil:
    """Put right what a pupil or their class is called. Raises BadInput, NotFound, MoveNotAllowed (erased).

    The trail says which of the two, not what it was: it is kept for ever, a pupil's data is not (P34).
    """
    require(by, Action.EDIT_CONSENT)
    # As they are now: what was erased meanwhile is not to be named again.
    pupil = session.get(Pupil, pupil_id, with_for_update=True, populate_existing=True)
    if pupil is None:
        raise NotFound(consent.NO_SUCH)
    if not pupil.class_name:
        raise MoveNotAllowed("The data of this pupil was erased.")
    full = person_name(name)
    group = as_known(session, person_name(class_name, field="class_name"), but=pupil.id)
    same = sa.select(Pupil.id).where(Pupil.name == full, Pupil.class_name == group, Pupil.id != pupil.id)
    if session.scalar(same) is not None:
        raise BadInput(f"{full} is in {group} already: two pupils need different names.", field="name")
    changed = ["name"] if full != pupil.name else []
    changed += ["class"] if group != pupil.class_name else []
    if changed:
        pupil.name, pupil.class_name = full, group
        audit.record(
            session,
            by=by,
            action="pupil_corrected",
            object_kind="pupil",
            object_id=pupil.id,
            detail={"changed": changed},
            now=now,
        )
    return pupil
