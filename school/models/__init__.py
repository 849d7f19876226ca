"""The tables of the school itself."""

from school.models.accounts import Account, AccountProbe, AccountState, CallLedger
from school.models.audit import AuditEntry, ChainAnchor
from school.models.connections import AccountConnection, AppKeys, ConnectionState
from school.models.consent import Consent, ConsentImport, ConsentKind, Pupil
from school.models.devices import Device
from school.models.documents import DocumentKind, IssuedDocument, Letterhead
from school.models.forms import FormEntry, FormKind, FormState, FormStep
from school.models.heartbeats import Heartbeat, MachineClock
from school.models.incidents import Incident
from school.models.mail import BounceMailbox, MailState, OutboxEmail
from school.models.notices import HeldNotice, NoticeChoice, NoticeTimes
from school.models.passkeys import Passkey, PasskeyChallenge
from school.models.people import Authorisation, Deputy, Invitation, Person, Role, RoleGrant
from school.models.protection import (
    DataExport,
    ErasureDecision,
    ExportOf,
    ExportState,
    HoldOn,
    LegalHold,
    RetentionPeriod,
    RetentionRound,
)
from school.models.providers import ProviderDocument, ProviderIdentity, ProviderSignIn, ProviderState
from school.models.purposes import AccountPurpose
from school.models.push import PushKey, PushNotice, PushSilence, PushState, PushSubscription
from school.models.recoveries import Recovery, RecoveryState
from school.models.register import AccountClosure, AccountOwner, AccountReview, DataFate, RegisterEntry
from school.models.rules import (
    PolicyReview,
    Reminder,
    TermsAcceptance,
    TermsVersion,
    TrainingRecord,
    TrainingRefresh,
)
from school.models.school import School
from school.models.school_year import DatesKind, SchoolDates
from school.models.sign_ins import Authenticator, KnownDevice, RecoveryCode, SignIn

__all__ = [
    "Account",
    "AccountClosure",
    "AccountConnection",
    "AccountOwner",
    "AccountProbe",
    "AccountPurpose",
    "AccountReview",
    "AccountState",
    "AppKeys",
    "AuditEntry",
    "Authenticator",
    "Authorisation",
    "BounceMailbox",
    "CallLedger",
    "ChainAnchor",
    "ConnectionState",
    "Consent",
    "ConsentImport",
    "ConsentKind",
    "DataExport",
    "DataFate",
    "DatesKind",
    "Deputy",
    "Device",
    "DocumentKind",
    "ErasureDecision",
    "ExportOf",
    "ExportState",
    "FormEntry",
    "FormKind",
    "FormState",
    "FormStep",
    "Heartbeat",
    "HeldNotice",
    "HoldOn",
    "Incident",
    "Invitation",
    "IssuedDocument",
    "KnownDevice",
    "LegalHold",
    "Letterhead",
    "MachineClock",
    "MailState",
    "NoticeChoice",
    "NoticeTimes",
    "OutboxEmail",
    "Passkey",
    "PasskeyChallenge",
    "Person",
    "PolicyReview",
    "ProviderDocument",
    "ProviderIdentity",
    "ProviderSignIn",
    "ProviderState",
    "Pupil",
    "PushKey",
    "PushNotice",
    "PushSilence",
    "PushState",
    "PushSubscription",
    "Recovery",
    "RecoveryCode",
    "RecoveryState",
    "RegisterEntry",
    "Reminder",
    "RetentionPeriod",
    "RetentionRound",
    "Role",
    "RoleGrant",
    "School",
    "SchoolDates",
    "SignIn",
    "TermsAcceptance",
    "TermsVersion",
    "TrainingRecord",
    "TrainingRefresh",
]
