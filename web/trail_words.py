"""What each line of the trail says in plain English, and what lines belong together."""

from __future__ import annotations

from collections.abc import Mapping

from approvals.states import DraftState, PublicationState
from approvals.takedowns import ALL_WORDS
from moderation.words import FOLLOWER_DONE, OUTCOMES, PLATFORMS
from school.consent import KINDS
from school.forms import FORMS
from school.models import FormState
from web.naming import ROLE_NAMES

PHRASES: Mapping[str, str] = {
    # Looking.
    "referral_viewed": "looked at {}, which was referred",
    "comment_put_into_log": "put {} into the log, which no rule had flagged",
    "log_viewed": "went through the log",
    "log_exported": "took the log out as a file",
    # Posts.
    f"draft_{DraftState.DRAFT}": "began or changed {}",
    f"draft_{DraftState.SUBMITTED}": "handed in {}",
    f"draft_{DraftState.APPROVED}": "approved {}",
    f"draft_{DraftState.CHANGES_REQUESTED}": "sent back {}",
    f"draft_{DraftState.REJECTED}": "rejected {}",
    f"publication_{PublicationState.SCHEDULED}": "scheduled {}",
    f"publication_{PublicationState.PUBLISHING}": "began to publish {}",
    f"publication_{PublicationState.PUBLISHED}": "published {}",
    f"publication_{PublicationState.FAILED}": "could not publish {}",
    f"publication_{PublicationState.UNKNOWN}": "got no answer about {}",
    f"publication_{PublicationState.HELD}": "held back {}",
    f"publication_{PublicationState.MISSED}": "missed the time of {}",
    f"publication_{PublicationState.CANCELLED}": "gave up {}",
    "draft_remark": "said something about {}",
    "draft_thrown_away": "threw {} away",
    "takedown_asked": "asked for {} to be taken down",
    "takedown_stays": "answered that {} stays",
    "takedown_requested": "had {} taken down",
    "takedown_done": "saw {} taken down",
    "picture_added": "added {}",
    "picture_blurred": "had places blurred in {}",
    "picture_unblurred": "took the blurring back from {}",
    "picture_cropped": "cut {}",
    "video_added": "added {}",
    "practice_post": "wrote {} for people to practise with",
    "publishing_stopped": "stopped all publishing",
    "publishing_allowed": "let publishing go on",
    # Comments and the log.
    "comment_decided": "decided on {}",
    "comment_decided_back": "took back the decision on {}",
    "police_rung": "noted that the police were rung about {}",
    "entry_given": "gave {} to a colleague",
    "abuse_recorded": "put {} into the log by hand",
    "picture_asked_for": "had a picture kept that came with {}",
    "evidence_made": "made an evidence pack of {}",
    "letter_made": "issued a letter about {}",
    "letter_template_saved": "saved the wording of a letter",
    "letter_template_retired": "retired the wording of a letter",
    "follower_decided": "decided on {}",
    "flagging_rules_changed": "changed what makes a comment flagged",
    "scoring_again_asked": "had comments scored again",
    "scoring_again_stopped": "stopped scoring again",
    # Consent.
    "pupil_added": "entered {}",
    "pupil_corrected": "corrected the name or class of {}",
    "pupil_left": "entered that {} left",
    "pupil_brought_back": "entered that {} is back",
    "consent_recorded": "recorded a consent of {}",
    "consent_withdrawn": "withdrew a consent of {}",
    "consent_exported": "took the consent register out as a file",
    "consent_list_applied": "applied the office’s list",
    # People.
    "person_added": "added {}",
    "person_invited": "invited {}",
    "person_let_in": "let {} in again",
    "person_shut_out": "shut {} out",
    "role_granted": "gave {} a role",
    "role_withdrawn": "took a role from {}",
    "authorised": "let {} write for an account",
    "authorisation_withdrawn": "ended that {} may write for an account",
    "deputy_named": "named {} as deputy",
    "deputy_withdrawn": "ended that {} is deputy",
    "address_changed": "changed the e-mail address of {}",
    "password_set": "set the password of {}",
    "pin_set": "set the PIN of {}",
    "pin_locked": "locked the PIN of {}",
    "signed_out_everywhere": "signed {} out everywhere",
    "training_recorded": "recorded that {} was trained",
    "training_refresh_called": "called for everybody’s training",
    "terms_accepted": "accepted the terms of use",
    "terms_published": "published new terms of use",
    "policy_reviewed": "recorded the policy’s review",
    "recovery_asked": "asked that {} be let in again",
    "recovery_confirmed": "confirmed that {} be let in again",
    "recovery_stopped": "stopped that {} be let in again",
    "recovery_used": "let in {} again, by the link",
    "recovery_by_command": "let in {} again, by a command on the server",
    "authenticator_set_up": "set up the authenticator app of {}",
    "authenticator_replaced": "replaced the authenticator app of {}",
    "recovery_code_used": "used a recovery code",
    "recovery_codes_made": "made new recovery codes",
    "second_factor_locked": "locked the second factor of {} for a while",
    "provider_linked": "signed in with an account elsewhere for the first time",
    "provider_unlinked": "unlinked the account elsewhere of {}",
    "provider_contested": "turned away a second account elsewhere with the address of {}",
    "push_added": "had notices shown in a browser",
    "push_removed": "had no more notices shown in a browser",
    "passkey_added": "added a passkey of {}",
    "passkey_removed": "removed a passkey of {}",
    "calendar_feed_made": "made a calendar address for {}",
    "calendar_feed_ended": "ended the calendar address of {}",
    # Accounts.
    "account_adopted": "took over {}",
    "account_connected": "connected {}",
    "connection_asked": "began to connect an account",
    "connection_ready": "made the way to a platform’s own page ready",
    "connection_returned": "came back from a platform’s own page",
    "connection_done": "finished connecting an account",
    "connection_cancelled": "ended a try to connect an account",
    "connection_failed": "could not connect an account",
    "account_reconnected": "connected {} again",
    "account_owner_named": "named an administrator of {}",
    "account_owner_ended": "ended that somebody administers {}",
    "account_days_set": "set the days of {}",
    "account_recovery_set": "wrote down how {} is recovered",
    "account_reviewed": "reviewed {}",
    "account_paused": "paused {}",
    "account_resumed": "let {} go on",
    "account_budget_set": "set the budget of {}",
    "account_credentials_dead": "found the keys of {} dead",
    "purpose_set": "set the purpose of {}",
    "app_keys_entered": "entered the keys of the school’s app",
    # Data protection.
    "erased": "erased {} whose time was over",
    "erased_on_request": "erased records on request",
    "erasure_refused": "refused to erase records",
    "retention_changed": "changed how long {} are kept",
    "hold_placed": "placed a hold",
    "hold_lifted": "lifted a hold",
    "export_asked": "asked for a file of what is held",
    "report_let_into_file": "let {}, in which they are named, into the file of somebody",
    "referral_let_into_file": "let {}, which was referred, into the file of somebody",
    "export_made": "made a file of what is held",
    "export_fetched": "fetched a file of what is held",
    # Forms.
    f"form_{FormState.FILED}": "filed {}",
    f"form_{FormState.SIGNED}": "signed {}",
    f"form_{FormState.APPROVED}": "approved {}",
    f"form_{FormState.DECLINED}": "declined {}",
    f"form_{FormState.DONE}": "wrote down what was done about {}",
    # The school.
    "report_made": "took out the report of a term",
    "school_dates_entered": "entered dates of the school",
    "school_dates_taken_off": "took dates of the school off",
    "model_put_to_use": "put a model of the classifier to use",
    "device_approved": "approved a device",
    "device_ended": "ended the approval of a device",
    "confidential_mail_failed": "could not deliver an e-mail in confidence",
    "confidential_mail_put_away": "put a failed e-mail in confidence away",
    "confidential_mail_tried_again": "had an e-mail in confidence sent again",
    "mail_failed": "could not deliver an e-mail",
    "mail_put_away": "put a failed e-mail away",
    "mail_tried_again": "had an e-mail sent again",
    "post_template_written": "wrote a wording to begin with",
    "post_template_taken_away": "took a wording to begin with away",
    "saved_reply_saved": "saved an answer",
    "saved_reply_retired": "retired a saved answer",
    "school_set_up": "set up the school",
    "restored_from_backup": "was restored from a backup",
    "backup_made": "made a backup",
    "letterhead_set": "changed the letterhead",
    "anchors_taken_out": "took out the proof of trail and log",
}
"""By the action's name, after who did it; {} is what it was done to. Any other action is said by its name."""

THINGS: Mapping[str, str] = {
    "log_entry": "an entry of the log",
    "draft": "a post",
    "publication": "a post",
    "media": "a picture",
    "video": "a video",
    "pupil": "a pupil",
    "consent": "a pupil",
    "follower": "a follower",
    "person": "somebody",
    "form": "a form",
    "account": "an account",
    "export": "a file",
    "hold": "a hold",
}
"""What a thing is called whose name isn't known, or not for everybody."""

DETAIL_NAMES: Mapping[str, str] = {
    "old": "before",
    "outcomes": "decided",
    "outcome": "decided",
    "revision": "version",
    "us_dollars_a_month": "US dollars a month",
}
"""What a detail is called where its own name isn't plain."""

_STATES = {state.value: words for state, words in ALL_WORDS.items()}
DETAIL_WORDS: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("log_entry", "outcomes"): {one.value: words for one, words in OUTCOMES.items()},
    ("follower", "outcome"): {one.value: words for one, words in FOLLOWER_DONE.items()},
    ("draft", "old"): _STATES,
    ("publication", "old"): _STATES,
    ("consent", "kind"): {one.value: words for one, words in KINDS.items()},
    ("person", "role"): {one.value: words for one, words in ROLE_NAMES.items()},
    ("form", "form"): {one.value: form.filed_as for one, form in FORMS.items()},
    **{(of, "platform"): PLATFORMS for of in ("account", "consent", "connection", "pupil")},
}
"""By the kind of thing and the detail, what its stored values are called."""

GROUPS: Mapping[str, tuple[str, frozenset[str]]] = {
    "looked": ("Who looked at referrals and the log", frozenset()),
    "posts": (
        "Posts, pictures and approvals",
        frozenset({"draft", "publication", "media", "video", "post_template"}),
    ),
    "comments": (
        "Comments, the log and followers",
        frozenset(
            {
                "log_entry", "log", "follower", "flagging_rules", "rescore_job", "saved_reply",
                "letter_template", "letterhead",
            }
        ),
    ),
    "consent": ("Pupils and consent", frozenset({"pupil", "consent", "consent_import"})),
    "people": (
        "People, roles, training and sign-in",
        frozenset({"person", "training_refresh", "terms", "policy_review"}),
    ),
    "accounts": ("Accounts", frozenset({"account", "connection", "app"})),
    "protection": ("Data protection", frozenset({"retention", "erasure", "hold", "export"})),
    "forms": ("Forms", frozenset({"form"})),
}  # fmt: skip
"""What can be chosen: its words and the kinds of things that belong to it."""

SEEN: Mapping[str, str] = {"page": "the page of the entry", "picture": "a picture kept with it"}
"""What of a referral somebody looked at."""

LOOKED = frozenset({"referral_viewed", "log_viewed", "log_exported"})
"""The actions of the group "looked"."""
EVERY_KIND = frozenset(kind for _words, kinds in GROUPS.values() for kind in kinds)
REST = "school"
"""The group of all that belongs to no other: settings, keys, mail, dates."""
