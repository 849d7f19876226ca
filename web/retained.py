"""Every kind of record of every room, with how long it is kept (P34)."""

from __future__ import annotations

import sqlalchemy as sa

import approvals.retention_rules
import moderation.retention_rules
import school.retention_rules
import school.retention_upkeep
from moderation.models import LogCase, LogEntry
from moderation.sight import visible_to
from school.models import FormEntry, OutboxEmail, Person, PushNotice, Role
from school.push import Told
from school.retention import Condition, by_key

RULES = (
    *moderation.retention_rules.RULES,
    *approvals.retention_rules.RULES,
    *school.retention_rules.RULES,
    *school.retention_upkeep.RULES,
)
"""What came from the platforms first, then what goes there, then the school's own records."""

BY_KEY = by_key(RULES)

KEPT = {**moderation.retention_rules.KEPT, **school.retention_upkeep.KEPT}
"""Tables that nothing is erased from, with the reason."""

KEPT_NAMES = {
    "account_closures": "Closed accounts",
    "account_probes": "What each account’s keys allow",
    "account_purposes": "What each account is for",
    "account_reviews": "Reviews of accounts",
    "accounts": "The school’s accounts",
    "app_keys": "Keys of the school’s apps",
    "audit_entries": "The trail",
    "authenticators": "Authenticator apps",
    "bounce_mailboxes": "How far returned e-mail was read",
    "calendar_feeds": "Calendar addresses",
    "chain_anchors": "Daily proofs of trail and log",
    "comment_streams": "How far comments were read",
    "devices": "The school’s devices",
    "flagging_rules": "Rules for flagging",
    "heartbeats": "Signs that background work runs",
    "held_notices": "What waits for a digest",
    "letter_templates": "Wording of letters",
    "letterheads": "The letterhead",
    "machine_clocks": "Clocks of the machines",
    "moderation_habits": "How somebody works in the queue",
    "notice_choices": "What somebody wants to be told",
    "notice_times": "When somebody wants to be told",
    "passkey_challenges": "Random numbers for passkeys",
    "passkeys": "Passkeys",
    "policy_reviews": "Reviews of the policy",
    "poll_records": "When each account was last read",
    "post_templates": "What posts may begin with",
    "provider_documents": "What the sign-in provider says of itself",
    "provider_identities": "Accounts for single sign-on",
    "provider_sign_ins": "Sign-ins through the provider",
    "push_keys": "The key for notices in browsers",
    "push_silences": "What somebody wants no notices of",
    "recovery_codes": "Recovery codes",
    "register_entries": "What each account rests on",
    "retention_periods": "These periods",
    "retention_rounds": "When each kind was last gone through",
    "saved_replies": "Saved answers",
    "school": "The school",
    "school_dates": "Terms and holidays",
    "terms_versions": "The terms of use",
    "urgent_notices": "Whom the next urgent mail goes to",
    "urgent_pauses": "When somebody may be mailed again",
    "watched_posts": "The school’s posts whose comments are read",
}
"""What such a table is called on the pages."""


def kept() -> list[tuple[str, str]]:
    """What nothing is erased from, by name, with the reason."""
    return sorted((KEPT_NAMES[table], why) for table, why in KEPT.items())


def seen_by(viewer: Person) -> dict[str, Condition]:
    """By a rule's key, what may be counted for a person: for the headteacher, not what concerns them (P3)."""
    if Role.HEADTEACHER not in viewer.roles:
        return {}
    entries = LogEntry.id.in_(sa.select(LogCase.entry_id).where(visible_to(viewer)))
    return {
        "log": entries,
        "referrals": entries,
        "forms": FormEntry.about_headteacher.is_(False),
        "mails": OutboxEmail.confidential.is_(False),
        # It isn't kept of which entry of the log one was.
        "browser_notices": PushNotice.kind.in_((Told.DECISIONS, Told.DRAFTS)),
    }
