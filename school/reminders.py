"""Reminders: training that ends, reviews of policy and accounts, administrators (P6, P8, P10, P32)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from school import accounts, mail, people, register, terms, training
from school.models.people import Person, Role
from school.models.rules import Reminder
from school.times import say_date, today

DAYS_BEFORE: Sequence[int] = (30, 7, 0)
"""How many days before the last day a reminder goes out."""


def due_now(session: Session, *, url: str, now: datetime) -> int:
    """Queue every reminder that is due and has not been sent; how many. Safe to run as often as one likes."""
    sent = 0
    for stands in training.standings(session, now=now):
        if stands.last is not None and not stands.refresh_due:
            end = stands.last.valid_until
            sent += _remind(
                session,
                stands.person,
                kind="training",
                due_on=end,
                subject=f"Your training on social media {_ends(end, now)}",
                lines=[
                    f"Your training on social media counts until {say_date(end)}.",
                    "After that you can write drafts, but not hand them in.",
                    "Ask the senior leadership team for the next training.",
                ],
                link=f"{url}/me",
                now=now,
            )
    review = terms.next_review(session)
    if review is not None:
        for person in people.holders(session, Role.HEADTEACHER, Role.CHAIR):
            sent += _remind(
                session,
                person,
                kind="policy_review",
                due_on=review,
                subject=f"The social media policy is due for review on {say_date(review)}",
                lines=[
                    f"The school's social media policy is due for its yearly review on {say_date(review)}.",
                    "When it has been reviewed, enter that on the page of the terms of use. If the terms "
                    "change with it, publish the new version there: everybody is then asked to accept it.",
                ],
                link=f"{url}/terms",
                now=now,
            )
    return sent + _about_accounts(session, url=url, now=now)


def _about_accounts(session: Session, *, url: str, now: datetime) -> int:
    """Each account's review as its day comes (P10); each week what has fewer than two administrators (P8)."""
    sent, short = 0, []
    heads = people.holders(session, Role.HEADTEACHER)
    for account in accounts.everything(session):
        named = register.owners(session, account.id)
        if len(named) < register.ADMINISTRATORS_MIN:
            short.append(account)
        entry = register.of(session, account.id)
        if entry is None or entry.review_on is None:
            continue
        name = f"{account.platform.capitalize()} @{account.handle}"
        day = say_date(entry.review_on)
        for person in {one.id: one for one in [*heads, *named]}.values():
            sent += _remind(
                session,
                person,
                kind=f"review:{account.id.hex}",
                due_on=entry.review_on,
                subject=f"{name} is due for review on {day}",
                lines=[
                    f"{name} is due for its review on {day}: does it still serve its purpose, by the "
                    "measures that were set?",
                    "Enter on the account's page what was found.",
                ],
                link=f"{url}/accounts/{account.id}",
                now=now,
            )
    if short:
        monday = today(now) - timedelta(days=today(now).weekday())
        which = ", ".join(f"{account.platform.capitalize()} @{account.handle}" for account in short)
        for person in heads:
            sent += _remind(
                session,
                person,
                kind="administrators",
                due_on=monday,
                subject="An account has fewer than two administrators",
                lines=[
                    f"Fewer than two people are administrators of: {which}.",
                    "The policy asks for at least two, so that nobody's leaving shuts the school out. "
                    "Name them under Accounts.",
                ],
                link=f"{url}/accounts",
                now=now,
            )
    return sent


def _ends(end: date, now: datetime) -> str:
    return "has run out" if end < today(now) else f"runs out on {say_date(end)}"


def _remind(
    session: Session,
    person: Person,
    *,
    kind: str,
    due_on: date,
    subject: str,
    lines: list[str],
    link: str,
    now: datetime,
) -> int:
    left = (due_on - today(now)).days
    stage = min((days for days in DAYS_BEFORE if left <= days), default=None)
    if stage is None:
        return 0
    sent = session.scalar(
        sa.select(sa.func.min(Reminder.days_before)).where(
            Reminder.person_id == person.id, Reminder.kind == kind, Reminder.due_on == due_on
        )
    )
    if sent is not None and sent <= stage:
        return 0
    session.add(Reminder(person_id=person.id, kind=kind, due_on=due_on, days_before=stage, queued_at=now))
    # Two schedulers at once collide here on the constraint, before a second mail is queued.
    session.flush()
    mail.queue_plain(
        session,
        to=person,
        subject=subject,
        lines=lines,
        link=link,
        purpose=f"{kind.partition(':')[0]}_reminder",
        now=now,
    )
    return 1
