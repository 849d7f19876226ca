"""Files about an entry of the log: making an evidence pack, and knowing a file again (P22)."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from moderation import evidence_pack, known_files
from school import documents
from school.db import now, reading, transaction
from school.errors import BadInput
from school.permissions import Action
from web.access import current_person, needs
from web.forms import Typed

pages = Blueprint("documents", __name__)


def pdf(data: bytes, name: str) -> Response:
    """A PDF to keep, which no shared computer's cache may."""
    answer = Response(data, mimetype="application/pdf")
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Content-Disposition"] = f"attachment; filename={name}.pdf"
    return answer


@pages.post("/moderation/<uuid:entry_id>/evidence")
@needs(Action.MAKE_EVIDENCE)
def make_evidence(entry_id: UUID) -> ResponseReturnValue:
    """Everything about an entry as one file; that it was made is recorded with its hash."""
    moment = now()
    with reading() as session:
        pack = evidence_pack.prepare(
            session,
            entry_id,
            whole_thread=Typed(request.form)["whole_thread"] == "yes",
            by=current_person(session),
            now=moment,
        )
    with transaction() as session:
        evidence_pack.keep(session, pack, by=current_person(session), now=moment)
    answer = pdf(pack.data, f"evidence-entry-{pack.number}")
    answer.headers["X-Content-SHA256"] = pack.sha256
    return answer


@pages.get("/documents/check")
@needs(Action.CHECK_DOCUMENTS)
def ask() -> ResponseReturnValue:
    """The form for a file."""
    return render_template("documents/check.html", typed=Typed(), digest="", found=[])


@pages.post("/documents/check")
@needs(Action.CHECK_DOCUMENTS)
def check() -> ResponseReturnValue:
    """Say whether the file was made here, when and by whom. Nothing of it is kept."""
    upload = request.files.get("file")
    data = upload.read() if upload and upload.filename else b""
    if not data:
        error = BadInput("Choose the file: a PDF that this school gave out.", field="file")
        return render_template("documents/check.html", typed=Typed().refuse(error), digest="", found=[]), 400
    with reading() as session:
        found = known_files.look_up(session, data, viewer=current_person(session))
    return render_template("documents/check.html", typed=Typed(), digest=documents.sha256(data), found=found)
