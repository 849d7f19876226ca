"""The register of accounts: basis, administrators, go-live, reviews, what each lacks (P8 to P10)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from school import audit, people
from school.errors import BadInput, MoveNotAllowed, NotFound, NotPermitted
from school.models.accounts import Account, AccountState
from school.models.forms import FormEntry, FormKind, FormState, FormStep
from school.models.people import Person
from school.models.purposes import AccountPurpose
from school.models.register import AccountOwner, AccountReview, RegisterEntry
from school.permissions import Action, require
from school.times import say_date, today

ADMINISTRATORS_MIN = 2
REVIEW_AFTER = timedelta(days=365)
WORDS_MAX = 2000


# On what an account rests


def signed_form(session: Session, form_id: UUID) -> FormEntry:
    """The creation form that a new account may be connected by (P8).

    Raises NotPermitted unless the marketing officer and then the headteacher, two people, signed it,
    and MoveNotAllowed where an account rests on it already.
    """
    form = session.get(FormEntry, form_id)
    if form is None or form.kind is not FormKind.NEW_ACCOUNT:
        raise NotFound("There is no such form for a new account.")
    signers = {step.by_id for step in signatures(form)}
    if form.state is not FormState.APPROVED or len(signers) < 2:
        raise NotPermitted(
            "This form is not signed by both: the marketing officer signs it, then the headteacher. "
            "Only then can the account be connected."
        )
    used = session.scalar(sa.select(RegisterEntry.account_id).where(RegisterEntry.form_id == form.id))
    if used is not None:
        raise MoveNotAllowed("An account was connected by this form already: each needs a form of its own.")
    return form


def signatures(form: FormEntry) -> list[FormStep]:
    """The signatures under a creation form, in order."""
    return [step for step in form.steps if step.new in {FormState.SIGNED, FormState.APPROVED}]


def unused_forms(session: Session) -> list[FormEntry]:
    """The creation forms that both signed and that no account rests on yet, oldest first."""
    query = (
        sa.select(FormEntry)
        .where(
            FormEntry.kind == FormKind.NEW_ACCOUNT,
            FormEntry.state == FormState.APPROVED,
            ~sa.select(RegisterEntry.account_id).where(RegisterEntry.form_id == FormEntry.id).exists(),
        )
        .order_by(FormEntry.filed_at)
    )
    return list(session.scalars(query))


def enter(
    session: Session, account: Account, *, form: FormEntry | None, why: str, by: Person, now: datetime
) -> RegisterEntry:
    """Make the register's entry of an account that was just connected.

    By a form: purpose, measures, go-live day and administrators are taken from it, these as far as
    their names are people's here; with fewer than two the account is not live, whatever the form's
    day. Without: the school had it, so it is live, and whoever takes it over is its first administrator.
    """
    entry = session.get(RegisterEntry, account.id)
    if entry is not None:
        return entry
    entry = RegisterEntry(
        account_id=account.id,
        form_id=form.id if form is not None else None,
        why=why,
        review_on=today(now) + REVIEW_AFTER,
        recovery="",
        made_at=now,
        made_by_id=by.id,
    )
    session.add(entry)
    if form is None:
        _name(session, account, by, by=by, reason="Took the account over.", now=now)
        return entry
    session.add(
        AccountPurpose(
            account_id=account.id,
            purpose=str(form.fields["purpose"]),
            measures=str(form.fields["aims"]),
            set_at=now,
            set_by_id=signatures(form)[-1].by_id,
        )
    )
    for person in _called(session, form.fields["administrators"]):
        _name(session, account, person, by=by, reason="Named in the signed form.", now=now)
    if len(owners(session, account.id)) >= ADMINISTRATORS_MIN:
        entry.go_live_on = date.fromisoformat(str(form.fields["go_live"]))
    return entry


def _called(session: Session, names: Sequence[str]) -> list[Person]:
    """The active people with these names, however they are spaced and written; two of one name are nobody."""
    found = []
    everybody = [person for person in people.everybody(session) if person.active]
    for name in names:
        fitting = [person for person in everybody if _plain(name) in {_plain(person.name), person.email}]
        if len(fitting) == 1 and fitting[0] not in found:
            found += fitting
    return found


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()


def of(session: Session, account_id: UUID) -> RegisterEntry | None:
    """What the register says of an account; None where it was taken over before there was a register."""
    return session.get(RegisterEntry, account_id)


def _entry(session: Session, account: Account, *, by: Person, now: datetime) -> RegisterEntry:
    """The entry to write into; one is made for an account that has none yet."""
    found = session.get(RegisterEntry, account.id, with_for_update=True)
    if found is None:
        found = RegisterEntry(
            account_id=account.id,
            why="The school had this account before there was a register.",
            recovery="",
            made_at=now,
            made_by_id=by.id,
        )
        session.add(found)
    return found


# When it goes live


def not_live(session: Session, account: Account, *, on: date) -> str:
    """Why nothing may be published on the account on that day yet; empty when it may (P8)."""
    entry = of(session, account.id)
    if entry is None or (entry.go_live_on is not None and entry.go_live_on <= on):
        return ""
    if entry.go_live_on is None:
        if entry.form_id is None:
            return ""
        return (
            f"@{account.handle} is not live yet: it needs two administrators and a go-live day. The "
            "headteacher enters both on the account's page."
        )
    return f"@{account.handle} goes live on {say_date(entry.go_live_on)}: nothing is published before."


def set_days(
    session: Session,
    account: Account,
    *,
    go_live_on: date | None,
    review_on: date | None,
    by: Person,
    now: datetime,
) -> None:
    """Say when the account goes live and when it is reviewed next.

    Raises BadInput for a go-live day without two administrators (P8), and for a review in the past.
    """
    require(by, Action.KEEP_REGISTER)
    entry = _entry(session, account, by=by, now=now)
    if go_live_on is not None and go_live_on != entry.go_live_on:
        named = len(owners(session, account.id))
        if named < ADMINISTRATORS_MIN:
            raise BadInput(
                f"The account has {_count(named)}: name at least two before it goes live.",
                field="go_live_on",
            )
    if review_on is None or (review_on < today(now) and review_on != entry.review_on):
        raise BadInput(
            "Say when the account is looked at next: today or later, in a year at most by habit.",
            field="review_on",
        )
    entry.go_live_on, entry.review_on = go_live_on, review_on
    trail(
        session,
        "account_days_set",
        account,
        by=by,
        now=now,
        go_live_on=go_live_on.isoformat() if go_live_on else None,
        review_on=review_on.isoformat(),
    )


def set_recovery(session: Session, account: Account, words: str, *, by: Person, now: datetime) -> None:
    """Write down how to get back into the account; who may connect accounts may. Raises BadInput."""
    require(by, Action.CONNECT_ACCOUNTS)
    text = words.strip()
    if len(text) > WORDS_MAX:
        raise BadInput(f"This has {len(text):,} characters: at most {WORDS_MAX:,} fit.", field="recovery")
    _entry(session, account, by=by, now=now).recovery = text
    trail(session, "account_recovery_set", account, by=by, now=now)


# Reviews


def review(
    session: Session, account: Account, *, found: str, next_on: date, by: Person, now: datetime
) -> AccountReview:
    """Record that the account was looked at, what was found, and when the next look is due (P10)."""
    require(by, Action.REVIEW_ACCOUNTS)
    words = found.strip()
    if not words:
        raise BadInput("Say what was found: does the account still serve its purpose?", field="found")
    if len(words) > WORDS_MAX:
        raise BadInput(f"This has {len(words):,} characters: at most {WORDS_MAX:,} fit.", field="found")
    if next_on <= today(now):
        raise BadInput("The next review must be after today.", field="next_on")
    made = AccountReview(account_id=account.id, found=words, next_on=next_on, at=now, by_id=by.id)
    session.add(made)
    _entry(session, account, by=by, now=now).review_on = next_on
    trail(session, "account_reviewed", account, by=by, now=now, next_on=next_on.isoformat())
    return made


def reviews(session: Session, account_id: UUID) -> list[AccountReview]:
    """The account's reviews, newest first."""
    query = sa.select(AccountReview).where(AccountReview.account_id == account_id)
    return list(session.scalars(query.order_by(AccountReview.at.desc())))


# Administrators


def owners(session: Session, account_id: UUID) -> list[Person]:
    """The account's administrators, by name. Somebody who was shut out is none any more."""
    query = (
        sa.select(Person)
        .join(AccountOwner, AccountOwner.person_id == Person.id)
        .where(AccountOwner.account_id == account_id, AccountOwner.ended_at.is_(None), Person.active)
        .order_by(Person.name, Person.id)
    )
    return list(session.scalars(query))


def ownerships(session: Session, account_id: UUID) -> list[AccountOwner]:
    """Everybody who is or was administrator of the account, the newest first."""
    query = sa.select(AccountOwner).where(AccountOwner.account_id == account_id)
    return list(session.scalars(query.order_by(AccountOwner.named_at.desc(), AccountOwner.id.desc())))


def owned_by(session: Session, person_id: UUID) -> list[Account]:
    """The accounts, not closed, that the person is administrator of."""
    query = (
        sa.select(Account)
        .join(AccountOwner, AccountOwner.account_id == Account.id)
        .where(
            AccountOwner.person_id == person_id,
            AccountOwner.ended_at.is_(None),
            Account.state != AccountState.CLOSED,
        )
        .order_by(Account.platform, Account.handle)
    )
    return list(session.scalars(query))


def name_owner(
    session: Session, account: Account, person: Person, *, reason: str, by: Person, now: datetime
) -> None:
    """Make somebody administrator of the account. Raises BadInput, MoveNotAllowed when they are already."""
    require(by, Action.KEEP_REGISTER)
    why = people.reason_text(reason)
    if not person.active:
        raise BadInput(f"{person.name} can't sign in: choose somebody who works here.", field="person")
    if account.state is AccountState.CLOSED:
        raise MoveNotAllowed("This account is closed.")
    if person in owners(session, account.id):
        raise MoveNotAllowed(f"{person.name} is administrator of this account already.")
    _name(session, account, person, by=by, reason=why, now=now)


def end_owner(
    session: Session, account: Account, person: Person, *, reason: str, by: Person, now: datetime
) -> None:
    """End somebody's part as administrator; what is missing then is named on the account's page."""
    require(by, Action.KEEP_REGISTER)
    _end(session, account, person, reason=people.reason_text(reason), by=by, now=now)


def hand_over(
    session: Session, leaver: Person, successors: dict[UUID, Person | None], *, by: Person, now: datetime
) -> list[Account]:
    """Somebody leaves: each of their accounts gets its successor; those that have none come back.

    `successors`: for each account's id who takes it over; None: nobody yet, which stays a named
    problem until somebody is. Raises BadInput for an account that `successors` leaves out.
    """
    require(by, Action.KEEP_REGISTER)
    orphaned = []
    for account in owned_by(session, leaver.id):
        if account.id not in successors:
            raise BadInput(
                f"{leaver.name} is administrator of @{account.handle}: say who takes it over, or that "
                "nobody does yet.",
                field=f"successor-{account.id}",
            )
        successor = successors[account.id]
        if successor is not None and (successor.id == leaver.id or not successor.active):
            raise BadInput("Choose somebody else who works here.", field=f"successor-{account.id}")
        reason = f"{leaver.name} left; {successor.name} takes over." if successor else f"{leaver.name} left."
        _end(session, account, leaver, reason=reason, by=by, now=now)
        if successor is None:
            orphaned.append(account)
        elif successor not in owners(session, account.id):
            _name(session, account, successor, by=by, reason=reason, now=now)
    return orphaned


def _name(
    session: Session, account: Account, person: Person, *, by: Person, reason: str, now: datetime
) -> None:
    ended = _in_force(session, account.id, person.id)
    if ended is not None:
        return
    session.add(
        AccountOwner(
            account_id=account.id, person_id=person.id, named_at=now, named_by_id=by.id, reason=reason
        )
    )
    trail(session, "account_owner_named", account, by=by, now=now, person=str(person.id), reason=reason)


def _end(
    session: Session, account: Account, person: Person, *, reason: str, by: Person, now: datetime
) -> None:
    found = _in_force(session, account.id, person.id)
    if found is None:
        raise MoveNotAllowed(f"{person.name} is not administrator of this account.")
    found.ended_at, found.ended_by_id, found.ended_reason = now, by.id, reason
    trail(session, "account_owner_ended", account, by=by, now=now, person=str(person.id), reason=reason)


def _in_force(session: Session, account_id: UUID, person_id: UUID) -> AccountOwner | None:
    return session.scalar(
        sa.select(AccountOwner).where(
            AccountOwner.account_id == account_id,
            AccountOwner.person_id == person_id,
            AccountOwner.ended_at.is_(None),
        )
    )


# What is wrong


def problems(session: Session, account: Account, *, now: datetime) -> list[str]:
    """What the register lacks for the account and what to do about it, a sentence or two each."""
    if account.state is AccountState.CLOSED:
        return []
    found = []
    named = owners(session, account.id)
    if len(named) < ADMINISTRATORS_MIN:
        who = f": {named[0].name}" if named else ""
        found.append(
            f"It has {_count(len(named))}{who}. The policy asks for at least two, so that nobody's leaving "
            "shuts the school out: the headteacher names another on its page."
        )
    entry, day = of(session, account.id), today(now)
    if waits := not_live(session, account, on=day):
        found.append(waits)
    review_on = entry.review_on if entry is not None else None
    if review_on is None:
        found.append("No review is planned: enter the day when it is looked at next.")
    elif review_on < day:
        found.append(f"Its review was due on {say_date(review_on)}: enter what was found.")
    if session.get(AccountPurpose, account.id) is None:
        found.append("What it is for, and how its success is judged, is not written down.")
    return found


def _count(number: int) -> str:
    return {0: "no administrator", 1: "one administrator only"}.get(number, f"{number} administrators")


def trail(
    session: Session, action: str, account: Account, *, by: Person, now: datetime, **detail: object
) -> None:
    """Note in the trail what was done about an account."""
    audit.record(
        session,
        by=by,
        action=action,
        object_kind="account",
        object_id=account.id,
        detail=detail,
        now=now,
    )
