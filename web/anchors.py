"""Anchors of the records: what was mailed out each day, as a page and on paper, and checking one (P17)."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from moderation import anchors, chain, proofs
from moderation.sight import may_count_all
from school import audit, letterhead
from school.db import now, reading, transaction
from school.errors import BadInput
from school.models import ChainAnchor, Person
from school.paper import Paper
from school.permissions import Action
from school.times import say, say_date, today
from web.access import current_person, needs
from web.documents import pdf
from web.forms import Typed

pages = Blueprint("anchors", __name__)

SHOWN = 35
"""Days on page and paper: a month and some days before it."""


def _page(typed: Typed, verdicts: list[proofs.Verdict]) -> str:
    with reading() as session:
        person = current_person(session)
        return render_template(
            "anchors/list.html",
            days=[
                (one, _lines(one, person), anchors.sent_to(session, one))
                for one in anchors.newest(session, SHOWN)
            ],
            keepers=[one.name for one in anchors.keepers(session)],
            independent=bool(anchors.independent(session)),
            typed=typed,
            verdicts=verdicts,
        )


def _lines(anchor: ChainAnchor, person: Person) -> list[str]:
    whole = may_count_all(person)
    return anchors.lines(anchor, numbered=whole, with_log=whole)


@pages.get("/audit/anchors")
@needs(Action.SEE_AUDIT)
def show() -> ResponseReturnValue:
    """The newest anchors, and the form to check one."""
    return _page(Typed(), [])


@pages.post("/audit/anchors")
@needs(Action.SEE_AUDIT)
def check() -> ResponseReturnValue:
    """Say whether today's records still begin with what a pasted e-mail says."""
    typed = Typed(request.form)
    try:
        with reading() as session:
            seen = proofs.read(session, typed.raw("anchor").encode("utf-8", "replace"))
            if not may_count_all(current_person(session)):
                # By the fingerprint alone: answers to made-up numbers would tell how many there are.
                trails = [one for one in seen if one.which == anchors.TRAIL]
                seen = list(dict.fromkeys(replace(one, count=None) for one in trails))
            if not seen:
                raise BadInput("Paste the line of the trail, which proves the log too.", field="anchor")
            verdicts = proofs.check(session, seen, trail=audit.examine(session), log=chain.examine(session))
    except BadInput as error:
        return _page(typed.refuse(error), []), 400
    return _page(typed, verdicts)


@pages.post("/audit/anchors/pdf")
@needs(Action.SEE_AUDIT)
def as_pdf() -> ResponseReturnValue:
    """The same on paper, to be kept where no computer reaches it; that it was taken is recorded."""
    moment = now()
    with transaction() as session:
        person = current_person(session)
        data = _draw(session, person)
        audit.record(
            session,
            by=person,
            action="anchors_taken_out",
            object_kind="chain",
            object_id=today(moment).isoformat(),
            now=moment,
        )
    return pdf(data, f"proof-of-records-{today(moment)}")


def _draw(session: Session, person: Person) -> bytes:
    moment, head = now(), letterhead.current(session)
    paper = Paper("Proof of the records", footer=f"{head.name}: proof of the records", made_at=moment)
    paper.letterhead(head)
    paper.title("Proof of the records", f"Made {say(moment)} by {person.name}.")
    last = (
        "how many entries the records of one day had, and the fingerprint of the last,"
        if may_count_all(person)
        else "the fingerprint of the last entry that the trail had on one day,"
    )
    paper.text(
        f"Each line says {last} "
        "which nobody can bring about again after changing an entry. Keep this where nobody who runs the "
        "school's server can reach it. To check a line, type it under Trail, Proof; or on the server: "
        "schoolgate audit verify --anchor “LINE”."
    )
    for anchor in anchors.newest(session, SHOWN):
        paper.heading(say_date(anchor.day))
        for line in _lines(anchor, person):
            paper.text(line, small=True)
    return paper.finish()
