"""Mails about the rules by which comments are flagged: what was changed, and what scoring again found."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from moderation import alerts
from moderation.models import FlaggingRules
from school import people
from school.models import Person, Role


def rules_saved(
    session: Session, made: FlaggingRules, before: FlaggingRules, *, by: Person, url: str, now: datetime
) -> None:
    """Tell headteacher and DSL who changed what makes a comment flagged, and why; not whoever did it.

    The words themselves are on the page: a list can hold names.
    """
    was = before.thresholds
    changes = [
        f"{label.replace('_', ' ')}: {float(was.get(label, value)):g} before, {float(value):g} now"
        for label, value in sorted(made.thresholds.items())
        if float(was.get(label, value)) != float(value)
    ]
    changes += [
        f"{said}: {len(old)} before, {len(new)} now"
        for said, old, new in (
            ("Words that flag a comment", before.words, made.words),
            ("Words to let pass", before.passes, made.passes),
        )
        if list(old) != list(new)
    ]
    if made.other_languages != before.other_languages:
        now_so = "a person is asked" if made.other_languages else "nobody is asked, they are only counted"
        changes.append(f"Comments in languages that the classifier can't read: {now_so}")
    for person in people.holders(session, Role.HEADTEACHER, Role.DSL):
        if person.id == by.id:
            continue
        alerts.tell(
            session,
            person,
            subject=f"What makes a comment flagged was changed: version {made.version}",
            paragraphs=[
                (f"{by.name} saved version {made.version} of the words and thresholds.", ""),
                ("A higher threshold lets more pass. What was changed:", ""),
                *((one, "") for one in changes),
                (f"Reason given: {made.reason}", ""),
                ("All versions, and how to bring one back:", f"{url}/moderation/rules"),
            ],
            purpose="rules_changed",
            now=now,
        )


def scored_again(session: Session, more: int, *, url: str, now: datetime) -> None:
    """Tell SLT and DSL that scoring again brought up more urgent entries than were mailed one by one."""
    for person in people.holders(session, *alerts.CALLED):
        alerts.tell(
            session,
            person,
            subject=f"Urgent: scoring again found {more} more",
            paragraphs=[
                (f"Comments were scored again: {more} more may be threats or worries about a child.", ""),
                ("They are on top of the queue behind the link.", f"{url}/moderation"),
            ],
            purpose="urgent_comment",
            count=more,
            now=now,
        )
