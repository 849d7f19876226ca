"""What each role lets somebody do, in plain words, from the one table of permissions (P2)."""

from __future__ import annotations

from collections.abc import Mapping

from school.models import Person, Role
from school.permissions import ALLOWED, Action

_A = Action
_SEE_DATA = "see what the school holds on people"
_READ_LOG = "read the log of abuse and take it out as a file"
_LETTERS = "write the school’s letters, and the answers to comments that everybody can use"

WORDS: Mapping[Action, str] = {
    _A.WRITE_DRAFTS: "write posts for the accounts that the headteacher names",
    _A.SEE_ALL_DRAFTS: "see everybody’s posts before they are published",
    _A.APPROVE_DRAFTS: "decide whether other people’s posts are published",
    _A.HOLD_PUBLICATIONS: "say what becomes of a post that went wrong",
    _A.STOP_PUBLISHING: "stop all publishing",
    _A.MODERATE: "see abusive comments and decide on them",
    _A.SEE_LOG: _READ_LOG,
    _A.EXPORT_LOG: _READ_LOG,
    _A.REFER: "pass a comment on to the safeguarding lead, the chair or the police",
    _A.SEE_REFERRALS: "read the concerns that are passed on to this role",
    _A.MAKE_EVIDENCE: "make the evidence of an entry into one file",
    _A.KEEP_PICTURES: "keep a picture that came with a comment as evidence",
    _A.ISSUE_LETTERS: "send a letter about an entry",
    _A.SET_LETTERS: _LETTERS,
    _A.SET_REPLIES: _LETTERS,
    _A.CHECK_DOCUMENTS: "check whether a document was made here",
    _A.SET_THRESHOLDS: "set which words and comments are flagged",
    _A.VET_FOLLOWERS: "approve and remove followers",
    _A.MANAGE_PEOPLE: "add people, give and take roles, and say who may write for which account",
    _A.END_SIGN_INS: "see who is signed in, and sign somebody out everywhere",
    _A.RECOVER_PEOPLE: "confirm, as one of two, who somebody is who can’t sign in any more",
    _A.MANAGE_TRAINING: "enter who was trained",
    _A.SET_TERMS: "publish the terms of use",
    _A.SEE_REPORTS: "see the reports of each term",
    _A.SEE_FIGURES: "see how far the school’s posts came",
    _A.SET_PURPOSES: "say what an account is for, name its administrators, and close it",
    _A.KEEP_REGISTER: "say what an account is for, name its administrators, and close it",
    _A.REVIEW_ACCOUNTS: "write down how well an account does its job",
    _A.SEE_ACCOUNTS: "see how the school’s accounts are",
    _A.CONNECT_ACCOUNTS: "connect the school’s accounts",
    _A.RUN_ACCOUNTS: "pause an account, and use it again",
    _A.EDIT_CONSENT: "keep the consent register",
    _A.SEE_CONSENT: "look up a pupil’s consent",
    _A.SEE_PROTECTION: _SEE_DATA,
    _A.PROTECT_DATA: "take out and erase what is held on a person, and set how long things are kept",
    _A.SET_SCHOOL_DATES: "enter terms and holidays",
    _A.SET_POST_TEMPLATES: "write what posts may begin with",
    _A.APPROVE_DEVICES: "say which school devices may take pictures",
    _A.SEE_AUDIT: "read the trail: who did what, and when",
    _A.SEE_HEALTH: "see what is wrong with Schoolgate itself",
    _A.USE_PRACTICE: "practise on the made-up platforms, where there are any",
}
"""Two actions may be called the same; a page says it once."""

_NARROWER: Mapping[tuple[Role, Action], str] = {
    (Role.CHAIR, _A.APPROVE_DRAFTS): (
        "decide whether the headteacher’s own posts are published, and as a deputy others’ too"
    ),
}
"""Where a rule about one thing (`school.people.may_approve`) leaves a role less than the table."""

_FORMS: Mapping[Role, str] = {
    Role.STAFF: "fill in the school’s forms",
    Role.HEADTEACHER: "decide on the school’s forms",
    Role.NETWORK_MANAGER: "answer forms about blocked and unsuitable content",
    Role.MARKETING_OFFICER: "sign the form that asks for a new account",
    Role.CHAIR: "answer forms that are about the headteacher",
}
"""What the table of forms (`school.forms.MOVES`) adds where a page should say it."""


def said_of(role: Role, action: Action) -> str:
    """What an action is called where a role may do it."""
    return _NARROWER.get((role, action), WORDS[action])


def of_role(role: Role) -> list[str]:
    """What a role adds to what everybody at the school may do; for staff, what everybody may."""
    found = [
        said_of(role, action)
        for action in Action
        if role in ALLOWED[action] and (role is Role.STAFF or Role.STAFF not in ALLOWED[action])
    ]
    return list(dict.fromkeys([*found, *([_FORMS[role]] if role in _FORMS else [])]))


def of_person(person: Person) -> list[tuple[Role, list[str]]]:
    """By role, in the order of the table, what a person may do, each thing once."""
    said: set[str] = set()
    found = []
    for role in Role:
        if role in person.roles and (words := [one for one in of_role(role) if one not in said]):
            found.append((role, words))
            said.update(words)
    return found
