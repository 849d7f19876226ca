"""What the queue's page asks every few seconds: whether something has come or changed.

Asked for, not pushed. A stream of events would hold one of a process's eight threads for every open tab
(`worker.serving`, `worker.processes`): a leadership team with two tabs each would leave none for the pages. A
question costs a thread some milliseconds; most are answered with 304 and nothing else; it passes every
proxy as it is; and who asks, and what they may see, is looked at each time, so that it ends with the session.
"""

from __future__ import annotations

import threading
import time
from datetime import datetime

from flask import Blueprint, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from moderation.queue_state import NEWEST, State, state
from school.db import now, reading
from school.errors import BadInput
from school.models import Person, Role
from school.permissions import Action
from web.access import current_person, needs

pages = Blueprint("live", __name__)

FRESH = 2.0
"""Seconds for which an answer from the database serves everybody in this process who sees the same."""


class Shared:
    """The last answers of the database, one for each part of the queue that people can see."""

    def __init__(self) -> None:
        """Knows nothing yet."""
        self._lock = threading.Lock()
        self._kept: dict[bool, tuple[float, State]] = {}

    def of(self, session: Session, person: Person, *, anew: bool = False) -> State:
        """The kept answer while it is fresh; otherwise one thread asks, and the others wait for it.

        `anew`: ask in any case. A page says how the queue stands from what it shows, and is asked about
        later than `FRESH`, so that no older answer makes it look changed.
        """
        # Among those who may open the queue `visible_to` tells the headteacher from the others (P3).
        key = Role.HEADTEACHER in person.roles
        with self._lock:
            at, found = self._kept.get(key, (0.0, None))
            if anew or found is None or time.monotonic() - at > FRESH:
                found = state(session, person)
                self._kept[key] = (time.monotonic(), found)
            return found


def shared() -> Shared:
    """The answers that this application keeps."""
    kept: Shared = current_app.extensions.setdefault("schoolgate_live", Shared())
    return kept


@pages.get("/moderation/news")
@needs(Action.MODERATE)
def news() -> ResponseReturnValue:
    """Whether the queue is as it was, and how many entries have come since the page was made."""
    with reading() as session:
        found = shared().of(session, current_person(session))
    new = found.since(_since())
    answer = jsonify(mark=found.mark, new=min(new, NEWEST), more=new >= NEWEST)
    answer.set_etag(f"{found.mark}-{new}")
    # A shared computer keeps nothing of it; the page itself remembers what it was told.
    answer.headers["Cache-Control"] = "no-store"
    return answer.make_conditional(request)


def _since() -> datetime:
    try:
        moment = datetime.fromisoformat(request.args.get("since", "") or now().isoformat())
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise BadInput("Say since when, as in ?since=2027-06-03T08:40:00Z.", field="since")
    return moment
