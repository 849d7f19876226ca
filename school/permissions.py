"""Who may do what: the one table that pages, commands and tests read (P2, P5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from school.errors import NotPermitted
from school.models.people import Person, Role


class Action(StrEnum):
    """Everything a person can do that not everybody may."""

    WRITE_DRAFTS = "write_drafts"
    """For accounts they are authorised for; `school.people.may_post` says which."""
    SEE_ALL_DRAFTS = "see_all_drafts"
    APPROVE_DRAFTS = "approve_drafts"
    """Never their own; the chair as a named deputy may too, `school.people.may_approve` says."""
    HOLD_PUBLICATIONS = "hold_publications"
    """Decide what becomes of a publication that failed, was missed or has an unknown outcome."""
    STOP_PUBLISHING = "stop_publishing"
    MODERATE = "moderate"
    """See the moderation queue and decide on comments (P2, P18)."""
    SEE_LOG = "see_log"
    EXPORT_LOG = "export_log"
    REFER = "refer"
    SEE_REFERRALS = "see_referrals"
    MAKE_EVIDENCE = "make_evidence"
    """Take everything about an entry out as one file (P22)."""
    KEEP_PICTURES = "keep_pictures"
    """Have a picture that came with a comment fetched and kept as evidence."""
    ISSUE_LETTERS = "issue_letters"
    """Send a letter about an entry (P20)."""
    SET_LETTERS = "set_letters"
    """The letterhead and the templates of letters."""
    SET_REPLIES = "set_replies"
    """Write the answers to comments that everybody who moderates can insert."""
    CHECK_DOCUMENTS = "check_documents"
    """Ask whether a file is one that was made here."""
    SET_THRESHOLDS = "set_thresholds"
    VET_FOLLOWERS = "vet_followers"
    MANAGE_PEOPLE = "manage_people"
    """Roles and authorisations: the headteacher alone (P1)."""
    END_SIGN_INS = "end_sign_ins"
    """See who is signed in and who has a second factor, and sign somebody out everywhere (P5)."""
    RECOVER_PEOPLE = "recover_people"
    """Vouch, one of two, for somebody who lost their sign-in; `school.recovery.may_vouch` says for whom."""
    MANAGE_TRAINING = "manage_training"
    """Enter who was trained, and call for a refresh after an incident (P6)."""
    SET_TERMS = "set_terms"
    """Publish the terms of use and enter the policy's review (P7, P32)."""
    SEE_REPORTS = "see_reports"
    SEE_FIGURES = "see_figures"
    """Of the report what tells how the school's own posts did, and nothing of comments or people (P10)."""
    SET_PURPOSES = "set_purposes"
    """Say what an account is for and how its success is judged (P10)."""
    KEEP_REGISTER = "keep_register"
    """Name an account's administrators, its go-live day and its review day; close it (P8)."""
    REVIEW_ACCOUNTS = "review_accounts"
    """Record that an account was looked at, and what was found (P10)."""
    SEE_ACCOUNTS = "see_accounts"
    CONNECT_ACCOUNTS = "connect_accounts"
    """Also what an account may cost in a month."""
    RUN_ACCOUNTS = "run_accounts"
    """Pause an account, use it again, have it read now."""
    EDIT_CONSENT = "edit_consent"
    SEE_CONSENT = "see_consent"
    SEE_PROTECTION = "see_protection"
    """See how long what is kept, what is on hold, and what was asked for (P34)."""
    PROTECT_DATA = "protect_data"
    """Set periods, place and lift holds, take out and erase what is held on a person: the DPO (P34)."""
    SET_SCHOOL_DATES = "set_school_dates"
    """Enter terms, holidays and days without pupils."""
    SET_POST_TEMPLATES = "set_post_templates"
    """Write what a post may begin with (P13)."""
    APPROVE_DEVICES = "approve_devices"
    """Say which of the school's devices may be used for pictures: the network manager (P29)."""
    SEE_AUDIT = "see_audit"
    SEE_HEALTH = "see_health"
    USE_PRACTICE = "use_practice"


_HEAD = Role.HEADTEACHER

ALLOWED: Mapping[Action, frozenset[Role]] = {
    Action.WRITE_DRAFTS: frozenset({Role.STAFF}),
    Action.SEE_ALL_DRAFTS: frozenset({_HEAD, Role.SLT, Role.CHAIR, Role.DPO}),
    Action.APPROVE_DRAFTS: frozenset({_HEAD, Role.SLT, Role.CHAIR}),
    Action.HOLD_PUBLICATIONS: frozenset({_HEAD, Role.SLT}),
    Action.STOP_PUBLISHING: frozenset({_HEAD, Role.SLT}),
    Action.MODERATE: frozenset({_HEAD, Role.SLT, Role.DSL, Role.MODERATOR}),
    Action.SEE_LOG: frozenset({_HEAD, Role.SLT, Role.DSL}),
    Action.EXPORT_LOG: frozenset({_HEAD, Role.SLT, Role.DSL}),
    Action.REFER: frozenset({_HEAD, Role.SLT, Role.DSL, Role.MODERATOR}),
    Action.SEE_REFERRALS: frozenset({_HEAD, Role.DSL, Role.CHAIR}),
    Action.MAKE_EVIDENCE: frozenset({_HEAD, Role.SLT, Role.DSL, Role.CHAIR}),
    Action.KEEP_PICTURES: frozenset({_HEAD, Role.SLT, Role.DSL}),
    Action.ISSUE_LETTERS: frozenset({_HEAD, Role.SLT, Role.DSL, Role.CHAIR}),
    Action.SET_LETTERS: frozenset({_HEAD, Role.SLT}),
    Action.SET_REPLIES: frozenset({_HEAD, Role.SLT}),
    Action.CHECK_DOCUMENTS: frozenset({_HEAD, Role.SLT, Role.DSL, Role.CHAIR, Role.DPO}),
    Action.SET_THRESHOLDS: frozenset({_HEAD, Role.SLT}),
    Action.VET_FOLLOWERS: frozenset({_HEAD, Role.SLT, Role.MODERATOR}),
    Action.MANAGE_PEOPLE: frozenset({_HEAD}),
    Action.END_SIGN_INS: frozenset({_HEAD, Role.NETWORK_MANAGER}),
    Action.RECOVER_PEOPLE: frozenset({_HEAD, Role.SLT, Role.NETWORK_MANAGER, Role.CHAIR}),
    Action.MANAGE_TRAINING: frozenset({_HEAD, Role.SLT}),
    Action.SET_TERMS: frozenset({_HEAD}),
    Action.SEE_REPORTS: frozenset({_HEAD, Role.SLT, Role.CHAIR}),
    Action.SEE_FIGURES: frozenset({Role.MARKETING_OFFICER}),
    Action.SET_PURPOSES: frozenset({_HEAD}),
    Action.KEEP_REGISTER: frozenset({_HEAD}),
    Action.REVIEW_ACCOUNTS: frozenset({_HEAD, Role.SLT, Role.MARKETING_OFFICER}),
    Action.SEE_ACCOUNTS: frozenset({_HEAD, Role.SLT, Role.NETWORK_MANAGER, Role.MARKETING_OFFICER}),
    Action.CONNECT_ACCOUNTS: frozenset({_HEAD, Role.NETWORK_MANAGER}),
    Action.RUN_ACCOUNTS: frozenset({_HEAD, Role.SLT, Role.NETWORK_MANAGER}),
    Action.EDIT_CONSENT: frozenset({Role.DPO}),
    Action.SEE_CONSENT: frozenset({_HEAD, Role.SLT, Role.DPO}),
    Action.SEE_PROTECTION: frozenset({_HEAD, Role.DPO}),
    Action.PROTECT_DATA: frozenset({Role.DPO}),
    Action.SET_SCHOOL_DATES: frozenset({_HEAD, Role.SLT, Role.MARKETING_OFFICER}),
    Action.SET_POST_TEMPLATES: frozenset({_HEAD, Role.SLT}),
    Action.APPROVE_DEVICES: frozenset({Role.NETWORK_MANAGER}),
    Action.SEE_AUDIT: frozenset({_HEAD, Role.DPO, Role.CHAIR}),
    Action.SEE_HEALTH: frozenset({_HEAD, Role.SLT, Role.NETWORK_MANAGER}),
    Action.USE_PRACTICE: frozenset(Role),
}

SECOND_FACTOR_ROLES = frozenset({_HEAD, Role.SLT, Role.DSL, Role.DPO, Role.NETWORK_MANAGER})
"""Who must have a second factor in a real school, unless SCHOOLGATE_SECOND_FACTOR says otherwise."""

SIGNED_ROLES = SECOND_FACTOR_ROLES | {Role.CHAIR}
"""What is given and taken on a page only with the headteacher's PIN, after a second look (P1).

The chair decides on the headteacher's own posts and gets the concerns about them (P3, P12)."""


@dataclass(frozen=True, slots=True)
class ObjectRule:
    """Who of those whose role opens a page may see or do something with one particular thing."""

    thing: str
    rule: str
    asked_by: str
    """The one function that pages, exports, mails and commands ask, as `module.function`."""


OBJECTS: tuple[ObjectRule, ...] = (
    ObjectRule(
        "a draft", "its author; whoever sees all drafts; who may decide on it, a deputy in their days too",
        "approvals.sight.may_see",
    ),
    ObjectRule(
        "a picture or a video", "who uploaded it; who may see a draft that shows it",
        "approvals.sight.may_see_picture",
    ),
    ObjectRule(
        "the decision on a draft",
        "headteacher, SLT; the chair on the headteacher's own, or as that day's deputy; never the author",
        "school.people.may_approve",
    ),
    ObjectRule(
        "writing for an account", "whom the headteacher authorised for that account, until it is withdrawn",
        "school.people.may_post",
    ),
    ObjectRule(
        "an entry of the log",
        "who moderates; the chair, if it was referred there; never the headteacher, if it is about them",
        "moderation.sight.visible_to",
    ),
    ObjectRule(
        "what the trail says of a thing", "as for the thing, where it concerns the headteacher",
        "moderation.sight.kept_from",
    ),
    ObjectRule(
        "a filled-in form",
        "who filed it and the roles of its kind; if it is about the headteacher, who filed it and the chair, "
        "or the safeguarding lead in the chair's place",
        "school.forms.may_see",
    ),
)  # fmt: skip
"""To whoever may not, the answer is that of a thing that isn't there."""


def may(person: Person, action: Action) -> bool:
    """Whether one of the person's roles in force allows the action."""
    return bool(ALLOWED[action] & person.roles)


def require(person: Person, action: Action) -> None:
    """Raise NotPermitted, naming the roles that may, unless `may`."""
    if not may(person, action):
        who = ", ".join(sorted(role.value.replace("_", " ") for role in ALLOWED[action]))
        raise NotPermitted(f"You may not do this ({action.value.replace('_', ' ')}). It is open to: {who}.")


def headteacher_only(by: Person | None) -> None:
    """Raises NotPermitted for anybody else (P1); None is a command on the server."""
    if by is not None and Role.HEADTEACHER not in by.roles:
        raise NotPermitted("Only the headteacher decides who may do what.")
