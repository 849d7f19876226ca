"""What the school's own records hold on one person, for a subject access request (P34; article 15)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, undefer

from school import (
    consent,
    forms,
    holds,
    mail,
    named_in_forms,
    notices,
    provider_links,
    push,
    recovery,
    second_factor,
    sign_ins,
)
from school.consent_lists import ListedPupil
from school.models import (
    Account,
    AccountOwner,
    AuditEntry,
    Authorisation,
    Consent,
    ConsentImport,
    Deputy,
    FormEntry,
    FormStep,
    HoldOn,
    NoticeTimes,
    OutboxEmail,
    Passkey,
    Person,
    Pupil,
    RecoveryState,
    Role,
    RoleGrant,
    TermsAcceptance,
    TermsVersion,
    TrainingRecord,
)
from school.retention import Subject
from school.spelling import same_name

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Section:
    """One kind of record, as it is handed out: a name and a value for each thing it says."""

    title: str
    rows: Sequence[Row] = field(default_factory=list)


def was_headteacher(session: Session, person_id: Any) -> bool:
    """Whether a person is or was the headteacher: what concerns the headteacher is not for them (P3)."""
    return (
        session.scalar(
            sa.select(RoleGrant.id)
            .where(RoleGrant.person_id == person_id, RoleGrant.role == Role.HEADTEACHER)
            .limit(1)
        )
        is not None
    )


def sections(
    session: Session, subject: Subject, *, past_head: bool, unsaid: Collection[UUID] = ()
) -> list[Section]:
    """What is held on a member of staff or a pupil.

    `past_head`: the file goes to a headteacher, so forms that concern the headteacher are left out, and so
    are lines of the trail about `unsaid`, things that it must not tell of (P3).
    """
    if subject.kind is HoldOn.PUPIL:
        return _of_pupil(session, session.get_one(Pupil, subject.id))
    if subject.kind is HoldOn.PERSON:
        person = session.get_one(Person, subject.id)
        return [*_of_person(session, person), *_done_by(session, person, past_head=past_head, unsaid=unsaid)]
    return []


def mentions_in_forms(
    session: Session, name: str, *, past_head: bool, back: Collection[UUID] = ()
) -> Section:
    """Forms that say the person's name, without those that are held back."""
    found = named_in_forms.naming(session, name, past_head=past_head)
    return Section(
        "Forms that name them", [named_in_forms.row(entry) for entry in found if entry.id not in back]
    )


def _of_pupil(session: Session, pupil: Pupil) -> list[Section]:
    consents = session.scalars(
        sa.select(Consent).where(Consent.pupil_id == pupil.id).order_by(Consent.recorded_at)
    )
    return [
        Section(
            "In the consent register",
            [
                {
                    "name": pupil.name,
                    "class": pupil.class_name,
                    "the office's number": pupil.reference or "",
                    "entered": pupil.created_at,
                    "left": pupil.left_on or "",
                }
            ],
        ),
        Section(
            "Consents",
            [
                {
                    "kind": one.kind,
                    "where": consent.where(one),
                    "given by": one.given_by,
                    "from": one.first_day,
                    "to": one.last_day,
                    "recorded": one.recorded_at,
                    "withdrawn": one.withdrawn_at or "",
                    "why withdrawn": one.withdrawn_reason or "",
                }
                for one in consents
            ],
        ),
        Section("Lists of the office that wait", _listed(session, pupil)),
    ]


def _listed(session: Session, pupil: Pupil) -> list[Row]:
    """Their lines in lists that were read and are neither applied nor thrown away; those keep no lines."""
    pupils = session.scalars(sa.select(Pupil).where(Pupil.id != pupil.id))
    namesakes = any(same_name(other.name) == same_name(pupil.name) for other in pupils)
    kept = session.scalars(
        sa.select(ConsentImport)
        .where(ConsentImport.applied_at.is_(None), ConsentImport.discarded_at.is_(None))
        .options(undefer(ConsentImport.rows))
        .order_by(ConsentImport.uploaded_at)
    )
    return [
        {
            "file": one.filename,
            "uploaded": one.uploaded_at,
            "line": entry.line,
            "name": entry.name,
            "class": entry.class_name or "no class",
            "the office's number": entry.reference or "",
            "yes to": [consent.KINDS[kind] for kind in sorted(entry.kinds)],
            "no to": [consent.KINDS[kind] for kind in sorted(entry.refused)],
            "given by": entry.given_by,
            "from": entry.first_day or "",
            "to": entry.last_day or "",
            "where": [consent.PLATFORMS[place] for place in entry.platforms or ()],
        }
        for one in kept
        for entry in _theirs([ListedPupil.from_json(row) for row in one.rows], pupil, namesakes=namesakes)
    ]


def _theirs(lines: list[ListedPupil], pupil: Pupil, *, namesakes: bool) -> list[ListedPupil]:
    """The lines that are this pupil's: another number is another child; if two share a name, another class.

    `namesakes`: others on the register have the name.
    """
    called = [entry for entry in lines if same_name(entry.name) == same_name(pupil.name)]
    shared = namesakes or len(called) > 1

    def is_meant(entry: ListedPupil) -> bool:
        if entry.reference and pupil.reference:
            return entry.reference == pupil.reference
        return entry in called and (not shared or same_name(entry.class_name) == same_name(pupil.class_name))

    return [entry for entry in lines if is_meant(entry)]


def _of_person(session: Session, person: Person) -> list[Section]:
    accounts = {
        row.id: f"{row.display_name} on {consent.PLATFORMS.get(row.platform, row.platform)}"
        for row in session.scalars(sa.select(Account))
    }
    leaves = session.scalars(
        sa.select(Authorisation)
        .where(Authorisation.person_id == person.id)
        .order_by(Authorisation.granted_at)
    )
    owned = session.scalars(
        sa.select(AccountOwner).where(AccountOwner.person_id == person.id).order_by(AccountOwner.named_at)
    )
    deputies = session.scalars(sa.select(Deputy).where(Deputy.person_id == person.id))
    trained = session.scalars(sa.select(TrainingRecord).where(TrainingRecord.person_id == person.id))
    accepted = session.execute(
        sa.select(TermsVersion.number, TermsAcceptance.accepted_at)
        .join(TermsAcceptance, TermsAcceptance.terms_id == TermsVersion.id)
        .where(TermsAcceptance.person_id == person.id)
    )
    return [
        Section(
            "Who they are here",
            [
                {
                    "name": person.name,
                    "e-mail address": person.email,
                    "added": person.created_at,
                    "may sign in": person.active,
                    "signed in last": person.current_login_at or "never",
                    "times signed in": person.login_count,
                    "second factor set up": second_factor.set_up_by(session, person.id),
                    "password and PIN": "kept as fingerprints that can't be turned back",
                }
            ],
        ),
        Section(
            "Where they signed in",
            [
                {
                    "browser": one.browser,
                    "from": one.began_at,
                    "last seen": one.seen_at,
                    "by": one.how,
                    "ended": one.ended_at or "",
                }
                for one in sign_ins.history(session, person.id)
            ],
        ),
        Section(
            "Passkeys",
            [
                {"name": one.name, "made": one.made_at, "used": one.used_at or ""}
                for one in session.scalars(sa.select(Passkey).where(Passkey.person_id == person.id))
            ],
        ),
        Section(
            "Their account for single sign-on",
            [
                {
                    "provider": one.issuer,
                    "number there": one.subject,
                    "address": one.email,
                    "since": one.linked_at,
                    "used last": one.used_at,
                }
                for one in provider_links.history(session, person.id)
            ],
        ),
        *_how_told(session, person),
        Section(
            "Browsers that get notices",
            [
                {"browser": one.browser, "added": one.made_at, "last used": one.used_at or ""}
                for one in push.of(session, person.id)
            ],
        ),
        Section(
            "How they were let in again",
            [
                {
                    "asked": one.asked_at,
                    "reason": one.reason,
                    "used": one.ended_at if one.state is RecoveryState.USED else "",
                }
                for one in recovery.history(session, person.id)
            ],
        ),
        Section(
            "Roles",
            [
                {
                    "role": one.role,
                    "from": one.granted_at,
                    "reason": one.reason,
                    "until": one.withdrawn_at or "",
                    "why ended": one.withdrawn_reason or "",
                }
                for one in sorted(person.grants, key=lambda grant: grant.granted_at)
            ],
        ),
        Section(
            "Accounts they may write for",
            [
                {
                    "account": accounts.get(one.account_id, ""),
                    "from": one.granted_at,
                    "reason": one.reason,
                    "until": one.withdrawn_at or "",
                    "why ended": one.withdrawn_reason or "",
                }
                for one in leaves
            ],
        ),
        Section(
            "Accounts they administer",
            [
                {
                    "account": accounts.get(one.account_id, ""),
                    "from": one.named_at,
                    "reason": one.reason,
                    "until": one.ended_at or "",
                }
                for one in owned
            ],
        ),
        Section("Stood in for the headteacher", [{"from": d.first_day, "to": d.last_day} for d in deputies]),
        Section(
            "Training",
            [{"held": one.held_on, "counts until": one.valid_until, "about": one.about} for one in trained],
        ),
        Section("Terms of use", [{"version": number, "accepted": at} for number, at in accepted]),
    ]


def _how_told(session: Session, person: Person) -> list[Section]:
    """What they chose of e-mails, as far as they chose anything."""
    chosen, times = notices.of(session, person).how, session.get(NoticeTimes, person.id)
    hours = (
        [
            {
                "digest": _clock(times.digest_at),
                "quiet": _clock(times.quiet_from),
                "until": _clock(times.quiet_to),
            }
        ]
        if times
        else []
    )
    return [
        Section(
            "Which e-mails they want",
            [{"about": notices.ABOUT[kind].words, "how": how} for kind, how in chosen.items()],
        ),
        Section("When they want e-mails", hours),
    ]


def _clock(minute: int | None) -> str:
    return "" if minute is None else f"{minute // 60:02}:{minute % 60:02}"


def _done_by(session: Session, person: Person, *, past_head: bool, unsaid: Collection[UUID]) -> list[Section]:
    mails = sa.select(OutboxEmail).where(OutboxEmail.to_id == person.id).order_by(OutboxEmail.created_at)
    filed = sa.select(FormEntry).where(FormEntry.filed_by_id == person.id).order_by(FormEntry.filed_at)
    answers = (
        sa.select(FormStep, FormEntry)
        .join(FormEntry, FormEntry.id == FormStep.entry_id)
        .where(FormStep.by_id == person.id)
        .order_by(FormStep.at)
    )
    if past_head:
        mails = mails.where(OutboxEmail.confidential.is_(False))
        filed = filed.where(FormEntry.about_headteacher.is_(False))
        answers = answers.where(FormEntry.about_headteacher.is_(False))
        unsaid = [*unsaid, *session.scalars(sa.select(FormEntry.id).where(FormEntry.about_headteacher))]
    trail = session.scalars(
        sa.select(AuditEntry)
        .where(
            sa.or_(AuditEntry.actor_id == person.id, AuditEntry.object_id == str(person.id)),
            AuditEntry.object_id.not_in([str(one) for one in unsaid]),
            AuditEntry.action.not_in(mail.IN_CONFIDENCE.values() if past_head else ()),
        )
        .order_by(AuditEntry.seq)
    )
    return [
        Section(
            "E-mails sent to them",
            [
                {"at": one.created_at, "subject": one.subject, "to": one.to_address, "state": one.state}
                for one in session.scalars(mails)
            ],
        ),
        Section("Forms they filed", [named_in_forms.row(entry) for entry in session.scalars(filed)]),
        Section(
            "Forms they answered",
            [
                {
                    "form": forms.FORMS[entry.kind].filed_as,
                    "at": step.at,
                    "answer": step.new,
                    "words": step.words,
                }
                for step, entry in session.execute(answers)
            ],
        ),
        Section(
            "In the trail",
            [
                {
                    # To a headteacher a number that is missed out tells of what is kept from them.
                    **({} if past_head else {"no.": one.seq}),
                    "at": one.at,
                    "what": one.action,
                    "done by them": one.actor_id == person.id,
                    "about": "them" if one.object_id == str(person.id) else one.object_kind,
                    "reason": one.detail.get("reason", ""),
                }
                for one in trail
            ],
        ),
        Section(
            "Holds",
            [
                {
                    "since": one.placed_at,
                    # In force it may warn whoever is looked into (DPA 2018, schedule 2, paragraph 2).
                    "reason": one.reason if one.lifted_at else "",
                    "lifted": one.lifted_at or "",
                }
                for one in holds.every(session)
                if one.object_id == person.id
            ],
        ),
    ]
