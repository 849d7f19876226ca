"""How long what the school itself keeps is kept (P34). Periods are defaults: the DPO sets them."""

from __future__ import annotations

import sqlalchemy as sa

from school import erasing, holds
from school.models import (
    AccountOwner,
    Authorisation,
    Consent,
    ConsentImport,
    Deputy,
    FormEntry,
    FormKind,
    HoldOn,
    Invitation,
    MailState,
    OutboxEmail,
    Person,
    Reminder,
    Role,
    RoleGrant,
    TermsAcceptance,
    TermsVersion,
    TrainingRecord,
    TrainingRefresh,
)
from school.retention import YEAR, Rule

STAFF = "staff"
RULES = (
    Rule(
        key="mails",
        title="E-mails that the product sent",
        called="E-mails to them",
        why="To send one again, and to see what somebody was told. They can hold drafts and comments.",
        counted_from="from when it was written",
        days=90,
        least=14,
        most=YEAR,
        tables=("outbox_emails",),
        column=OutboxEmail.id,
        over=lambda begins: (
            OutboxEmail.created_at < begins,
            OutboxEmail.state.in_((MailState.SENT, MailState.FAILED)),
        ),
        held=lambda: sa.or_(
            erasing.held(OutboxEmail.to_id)(),
            sa.and_(OutboxEmail.about_id.is_not(None), holds.held(HoldOn.DRAFT, OutboxEmail.about_id)),
        ),
        erase=erasing.rows(OutboxEmail.id),
        of=lambda subject: (
            sa.and_(
                OutboxEmail.to_id == subject.id,
                OutboxEmail.state.in_((MailState.SENT, MailState.FAILED)),
            )
            if subject.kind is HoldOn.PERSON
            else None
        ),
        people="staff who get them; whoever is written about in them",
        data="address, subject, the whole message",
    ),
    Rule(
        key="consents",
        title="Consents that ended",
        why="To show that there was consent for a post while it was published.",
        counted_from="from its last day, or from the withdrawal",
        days=6 * YEAR,
        least=YEAR,
        most=25 * YEAR,
        tables=("consents",),
        column=Consent.id,
        over=lambda begins: (
            sa.or_(Consent.last_day < begins.date(), Consent.withdrawn_at < begins),
            Consent.recorded_at < begins,
        ),
        held=lambda: holds.held(HoldOn.PUPIL, Consent.pupil_id),
        erase=erasing.rows(Consent.id),
        people="pupils; parents who gave consent",
        data="kind, giver, dates, withdrawal and its reason",
    ),
    Rule(
        key="imports",
        title="Lists from the school office that were read in",
        why="To look at what a list would do before it is applied; afterwards the register has it.",
        counted_from="from the upload",
        days=30,
        least=1,
        most=YEAR,
        tables=("consent_imports",),
        column=ConsentImport.id,
        over=lambda begins: (ConsentImport.uploaded_at < begins,),
        held=erasing.held(ConsentImport.uploaded_by_id),
        erase=erasing.rows(ConsentImport.id),
        people="pupils",
        data="name of the file; until it is applied, the names and consents in it",
    ),
    Rule(
        key="training",
        title="Training that ran out",
        called="Training",
        why="To show that whoever posted was trained then.",
        counted_from="from the last day on which it counted",
        days=6 * YEAR,
        least=YEAR,
        most=10 * YEAR,
        tables=("training_records",),
        column=TrainingRecord.id,
        over=lambda begins: (TrainingRecord.valid_until < begins.date(),),
        held=erasing.held(TrainingRecord.person_id),
        erase=erasing.rows(TrainingRecord.id),
        of=erasing.person(TrainingRecord.person_id),
        people=STAFF,
        data="day, what it was about, until when it counts",
    ),
    Rule(
        key="refreshes",
        title="Calls to train everybody anew",
        why="To show what followed an incident. A year later no training from before it counts anyway.",
        counted_from="from the call",
        days=6 * YEAR,
        least=2 * YEAR,
        most=10 * YEAR,
        tables=("training_refreshes",),
        column=TrainingRefresh.id,
        over=lambda begins: (TrainingRefresh.called_at < begins,),
        held=erasing.held(TrainingRefresh.called_by_id),
        erase=erasing.rows(TrainingRefresh.id),
        people="whoever the reason names",
        data="the reason",
    ),
    Rule(
        key="acceptances",
        title="Acceptances of former terms of use",
        called="Acceptances of the terms of use",
        why="To show that whoever posted had accepted the terms of that time.",
        counted_from="from the acceptance",
        days=6 * YEAR,
        least=YEAR,
        most=10 * YEAR,
        tables=("terms_acceptances",),
        column=TermsAcceptance.id,
        over=lambda begins: (
            TermsAcceptance.accepted_at < begins,
            TermsAcceptance.terms_id
            != sa.select(TermsVersion.id).order_by(TermsVersion.number.desc()).limit(1).scalar_subquery(),
        ),
        held=erasing.held(TermsAcceptance.person_id),
        erase=erasing.rows(TermsAcceptance.id),
        of=erasing.person(TermsAcceptance.person_id),
        people=STAFF,
        data="who accepted which version, when",
    ),
    Rule(
        key="roles",
        title="Roles that were withdrawn",
        why="To show who could do what at the time. That somebody was headteacher is kept, so that what "
        "concerned them then is never handed to them.",
        counted_from="from the withdrawal",
        days=6 * YEAR,
        least=YEAR,
        most=10 * YEAR,
        tables=("role_grants",),
        column=RoleGrant.id,
        over=lambda begins: (RoleGrant.withdrawn_at < begins, RoleGrant.role != Role.HEADTEACHER),
        held=erasing.held(RoleGrant.person_id),
        erase=erasing.rows(RoleGrant.id),
        of=lambda subject: (
            sa.and_(
                RoleGrant.person_id == subject.id,
                RoleGrant.withdrawn_at.is_not(None),
                RoleGrant.role != Role.HEADTEACHER,
            )
            if subject.kind is HoldOn.PERSON
            else None
        ),
        people=STAFF,
        data="role, dates, reasons",
    ),
    Rule(
        key="authorisations",
        title="Authorisations that were withdrawn",
        why="To show who was allowed to write for which account at the time.",
        counted_from="from the withdrawal",
        days=6 * YEAR,
        least=YEAR,
        most=10 * YEAR,
        tables=("authorisations",),
        column=Authorisation.id,
        over=lambda begins: (Authorisation.withdrawn_at < begins,),
        held=erasing.held(Authorisation.person_id),
        erase=erasing.rows(Authorisation.id),
        of=lambda subject: (
            sa.and_(Authorisation.person_id == subject.id, Authorisation.withdrawn_at.is_not(None))
            if subject.kind is HoldOn.PERSON
            else None
        ),
        people=STAFF,
        data="account, dates, reasons",
    ),
    Rule(
        key="owners",
        title="Former administrators of accounts",
        why="To show who could get into an account at the time.",
        counted_from="from the end",
        days=6 * YEAR,
        least=YEAR,
        most=10 * YEAR,
        tables=("account_owners",),
        column=AccountOwner.id,
        over=lambda begins: (AccountOwner.ended_at < begins,),
        held=erasing.held(AccountOwner.person_id),
        erase=erasing.rows(AccountOwner.id),
        of=lambda subject: (
            sa.and_(AccountOwner.person_id == subject.id, AccountOwner.ended_at.is_not(None))
            if subject.kind is HoldOn.PERSON
            else None
        ),
        people=STAFF,
        data="account, dates, reasons",
    ),
    Rule(
        key="deputies",
        title="Deputies of past absences",
        why="To show who could approve in the headteacher's place at the time.",
        counted_from="from the last day",
        days=6 * YEAR,
        least=YEAR,
        most=10 * YEAR,
        tables=("deputies",),
        column=Deputy.id,
        over=lambda begins: (Deputy.last_day < begins.date(),),
        held=erasing.held(Deputy.person_id),
        erase=erasing.rows(Deputy.id),
        of=lambda subject: (
            sa.and_(Deputy.person_id == subject.id, Deputy.last_day < sa.func.current_date())
            if subject.kind is HoldOn.PERSON
            else None
        ),
        people=STAFF,
        data="who, from when to when",
    ),
    Rule(
        key="invitations",
        title="Sign-up links that are used or ran out",
        called="Sign-up links",
        why="To see that a link was sent; only a fingerprint of the link is stored.",
        counted_from="from when it ran out",
        days=90,
        least=1,
        most=YEAR,
        tables=("invitations",),
        column=Invitation.id,
        over=lambda begins: (Invitation.expires_at < begins,),
        held=erasing.held(Invitation.person_id),
        erase=erasing.rows(Invitation.id),
        of=erasing.person(Invitation.person_id),
        people=STAFF,
        data="when a link was made and used",
    ),
    Rule(
        key="reminders",
        title="Reminders that went out",
        why="So that none goes out twice.",
        counted_from="from when it was sent",
        days=2 * YEAR,
        # Shorter, and one that is a year ahead would be sent again.
        least=YEAR + 90,
        most=6 * YEAR,
        tables=("reminders",),
        column=Reminder.id,
        over=lambda begins: (Reminder.queued_at < begins,),
        held=erasing.held(Reminder.person_id),
        erase=erasing.rows(Reminder.id),
        of=erasing.person(Reminder.person_id),
        people=STAFF,
        data="what somebody was reminded of, when",
    ),
    Rule(
        key="forms",
        title="Requests and reports on the policy's forms",
        why="To answer a question about a decision. Forms that asked for an account are kept with it.",
        counted_from="from the last answer",
        days=6 * YEAR,
        least=YEAR,
        most=25 * YEAR,
        tables=("form_entries", "form_steps"),
        column=FormEntry.id,
        over=erasing.forms_over,
        held=lambda: sa.or_(
            holds.held(HoldOn.FORM, FormEntry.id), holds.held(HoldOn.PERSON, FormEntry.filed_by_id)
        ),
        erase=erasing.erase_forms,
        of=lambda subject: (
            sa.and_(
                FormEntry.filed_by_id == subject.id,
                FormEntry.kind != FormKind.NEW_ACCOUNT,
                FormEntry.state.in_(erasing.ANSWERED),
            )
            if subject.kind is HoldOn.PERSON
            else None
        ),
        people="staff who file and answer; people who are reported",
        data="what the form says, each answer with its reason",
    ),
    Rule(
        key="people",
        title="Names and addresses of people who left",
        called="Their name and address",
        why="To say by name who approved or decided something, as long as that can be asked.",
        counted_from="from the last sign-in or the last role that ended",
        days=6 * YEAR,
        least=YEAR,
        most=25 * YEAR,
        tables=("people",),
        column=Person.id,
        over=erasing.people_over,
        held=lambda: holds.held(HoldOn.PERSON, Person.id),
        erase=erasing.erase_people,
        of=lambda subject: (
            sa.and_(
                Person.id == subject.id,
                Person.active.is_(False),
                Person.email.not_like(erasing.ERASED_ADDRESSES),
            )
            if subject.kind is HoldOn.PERSON
            else None
        ),
        people=STAFF,
        data="name, e-mail address, times of signing in",
    ),
)
