"""One account: its register, who administers it, its reviews, and its end (P8 to P11)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from approvals import closing as stopping_posts
from approvals import takedowns
from moderation import hand_tasks
from school import accounts, closing, people, pins, register, reporting
from school.db import now, reading, transaction
from school.errors import BadInput
from school.models import Account, AccountPurpose, AccountState, DataFate, FormEntry, Person
from school.permissions import Action, may
from school.times import today
from web.access import current_person, needs
from web.account_health import health
from web.forms import Typed
from web.people import day

pages = Blueprint("register", __name__)

FATES = [(fate.value, closing.FATE_WORDS[fate]) for fate in DataFate]


def _page(account_id: UUID, typed: Typed) -> str:
    moment = now()
    with reading() as session:
        person = current_person(session)
        account = accounts.get(session, account_id)
        entry = register.of(session, account_id)
        named = register.owners(session, account_id)
        form = session.get(FormEntry, entry.form_id) if entry is not None and entry.form_id else None
        everybody = people.everybody(session)
        return render_template(
            "accounts/one.html",
            account=account,
            row=health(session, account, now=moment),
            closed=account.state is AccountState.CLOSED,
            closure=closing.of(session, account_id),
            fate_words=closing.FATE_WORDS,
            fates=FATES,
            entry=entry,
            form=form,
            signatures=register.signatures(form) if form is not None else [],
            purpose=session.get(AccountPurpose, account_id),
            owners=named,
            ownerships=register.ownerships(session, account_id),
            free=[(one.id, one.name) for one in everybody if one.active and one not in named],
            reviews=register.reviews(session, account_id),
            lacks=register.problems(session, account, now=moment),
            sees_recovery=may(person, Action.CONNECT_ACCOUNTS) or person in named,
            names={one.id: one.name for one in everybody},
            next_review=today(moment) + register.REVIEW_AFTER,
            typed=typed,
        )


@pages.get("/accounts/<uuid:account_id>")
@needs(Action.SEE_ACCOUNTS)
def show(account_id: UUID) -> ResponseReturnValue:
    """Everything that the school wrote down of one account."""
    return _page(account_id, Typed())


Work = Callable[[Session, Account, Person, Typed], None]


def _act(account_id: UUID, work: Work, said: str) -> ResponseReturnValue:
    typed = Typed(request.form)
    try:
        with transaction() as session:
            work(session, accounts.get(session, account_id), current_person(session), typed)
    except BadInput as error:
        return _page(account_id, typed.refuse(error)), 400
    flash(said, "success")
    return redirect(url_for("register.show", account_id=account_id))


@pages.post("/accounts/<uuid:account_id>/owners")
@needs(Action.KEEP_REGISTER)
def name_owner(account_id: UUID) -> ResponseReturnValue:
    """Make somebody administrator of the account."""

    def work(session: Session, account: Account, by: Person, typed: Typed) -> None:
        person = people.get(session, typed.identifier("person"))
        try:
            register.name_owner(session, account, person, reason=typed["owner_reason"], by=by, now=now())
        except BadInput as error:
            field = "owner_reason" if error.field == "reason" else error.field
            raise BadInput(str(error), field=field) from None

    return _act(account_id, work, "The administrator is named.")


@pages.post("/accounts/<uuid:account_id>/owners/<uuid:person_id>/end")
@needs(Action.KEEP_REGISTER)
def end_owner(account_id: UUID, person_id: UUID) -> ResponseReturnValue:
    """End somebody's part as administrator."""

    def work(session: Session, account: Account, by: Person, typed: Typed) -> None:
        person = people.get(session, person_id)
        try:
            register.end_owner(session, account, person, reason=typed["reason"], by=by, now=now())
        except BadInput as error:
            raise BadInput(str(error), field=f"end-{person_id}") from None

    return _act(account_id, work, "That is recorded. See below what the account lacks now, if anything.")


@pages.post("/accounts/<uuid:account_id>/purpose")
@needs(Action.SET_PURPOSES)
def set_purpose(account_id: UUID) -> ResponseReturnValue:
    """Say what the account is for, and how its success is judged."""

    def work(session: Session, account: Account, by: Person, typed: Typed) -> None:
        reporting.set_purpose(
            session, account.id, purpose=typed["purpose"], measures=typed["measures"], by=by, now=now()
        )

    return _act(account_id, work, "The purpose is recorded.")


@pages.post("/accounts/<uuid:account_id>/days")
@needs(Action.KEEP_REGISTER)
def set_days(account_id: UUID) -> ResponseReturnValue:
    """Say when the account goes live, and when it is reviewed next."""

    def work(session: Session, account: Account, by: Person, typed: Typed) -> None:
        live: date | None = day(typed, "go_live_on", "the day it goes live") if typed["go_live_on"] else None
        register.set_days(
            session,
            account,
            go_live_on=live,
            review_on=day(typed, "review_on", "the day of the next review"),
            by=by,
            now=now(),
        )

    return _act(account_id, work, "The days are recorded.")


@pages.post("/accounts/<uuid:account_id>/review")
@needs(Action.REVIEW_ACCOUNTS)
def review(account_id: UUID) -> ResponseReturnValue:
    """Record that the account was looked at, and what was found."""

    def work(session: Session, account: Account, by: Person, typed: Typed) -> None:
        register.review(
            session,
            account,
            found=typed["found"],
            next_on=day(typed, "next_on", "the day of the next review"),
            by=by,
            now=now(),
        )

    return _act(account_id, work, "The review is recorded.")


@pages.post("/accounts/<uuid:account_id>/recovery")
@needs(Action.CONNECT_ACCOUNTS)
def set_recovery(account_id: UUID) -> ResponseReturnValue:
    """Write down how to get back into the account."""

    def work(session: Session, account: Account, by: Person, typed: Typed) -> None:
        register.set_recovery(session, account, typed["recovery"], by=by, now=now())

    return _act(account_id, work, "The recovery notes are kept.")


@pages.post("/accounts/<uuid:account_id>/close")
@needs(Action.KEEP_REGISTER)
def close(account_id: UUID) -> ResponseReturnValue:
    """Close the account for good: the headteacher signs with their PIN."""
    typed = Typed(request.form)
    moment = now()
    try:
        fate = _fate(typed)
        reason = people.reason_text(typed["close_reason"], field="close_reason")
        with transaction() as session:
            by = current_person(session)
            signed = pins.check(session, by, typed["pin"], now=moment)
            if signed:
                account = accounts.get(session, account_id)
                stopping_posts.lock_waiting(session, account)
                closing.close(session, account, reason=reason, data_fate=fate, by=by, now=moment)
                stopped = stopping_posts.stop_for(session, account, reason=reason, by=by, now=moment)
        if signed:
            # What the workers' next look would find as well: nothing waits for an account that is gone. Each
            # by itself, since a worker at a task takes that before the trail.
            with transaction() as session:
                takedowns.hand_over_closed(session, now=moment)
            with transaction() as session:
                hand_tasks.hand_over_closed(session, now=moment)
        # A wrong PIN counts, so the transaction above was committed all the same.
        if not signed:
            raise pins.refusal(by, now=moment)
    except BadInput as error:
        return _page(account_id, typed.refuse(error)), 400
    flash(
        f"The account is closed and its credentials are wiped. {stopped} "
        f"{'post or draft was' if stopped == 1 else 'posts and drafts were'} stopped and the authors told. "
        "What is left to do by hand stands below.",
        "success",
    )
    return redirect(url_for("register.show", account_id=account_id))


def _fate(typed: Typed) -> DataFate:
    try:
        return DataFate(typed["data_fate"])
    except ValueError:
        raise BadInput("Say what becomes of the account's data.", field="data_fate") from None


@pages.post("/accounts/<uuid:account_id>/page-gone")
@needs(Action.CONNECT_ACCOUNTS)
def page_gone(account_id: UUID) -> ResponseReturnValue:
    """Tick off that the closed account is deleted on the platform itself."""

    def work(session: Session, account: Account, by: Person, typed: Typed) -> None:
        closing.note_page_gone(session, account, words=typed["words"], by=by, now=now())

    return _act(account_id, work, "Ticked off.")


@pages.post("/accounts/<uuid:account_id>/reopen")
@needs(Action.KEEP_REGISTER)
def reopen(account_id: UUID) -> ResponseReturnValue:
    """Take a closing back: the account must then be connected anew."""

    def work(session: Session, account: Account, by: Person, typed: Typed) -> None:
        closing.reopen(session, account, reason=typed["reason"], by=by, now=now())

    return _act(account_id, work, "The account is open again. Connect it again, and name its administrators.")
