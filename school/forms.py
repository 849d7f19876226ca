"""The policy's three forms: what they ask, who may see them, and who answers (P8, P30, P31)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlsplit
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from school import audit, form_turns, mail, people
from school.errors import BadInput, MoveNotAllowed, NotFound, NotPermitted
from school.form_turns import Turn
from school.models.forms import FormEntry, FormKind, FormState, FormStep
from school.models.people import Person, Role
from school.people import reason_text

K, S = FormKind, FormState

WORDS_MAX = 5000
LINES_MAX = 50


@dataclass(frozen=True, slots=True)
class Field:
    """One question of a form."""

    name: str
    label: str
    hint: str = ""
    kind: str = "words"
    """"line", "words", "date", "addresses" (web addresses, one a line) or "people" (names, one a line)."""
    required: bool = True
    at_least: int = 1
    """Lines, of "addresses" and "people"."""


@dataclass(frozen=True, slots=True)
class Form:
    """One form of the policy."""

    title: str
    """What whoever fills it in wants to do."""
    filed_as: str
    """What it is called once it is filed, for whoever answers it."""
    intro: str
    fields: Sequence[Field]


FORMS: Mapping[FormKind, Form] = {
    K.BLOCKED_CONTENT: Form(
        "Ask for access to blocked content",
        "Access to blocked content",
        "For a site that the school's network blocks. The headteacher decides; the network manager then "
        "opens it.",
        (
            Field("day", "Needed from", kind="date"),
            Field("url", "Web address", "Whole, one on each line.", kind="addresses"),
            Field("content", "What is there"),
            Field("reasons", "Why it is needed"),
            Field("risks", "Risks"),
            Field("controls", "What will be done about the risks"),
        ),
    ),
    K.INAPPROPRIATE_CONTENT: Form(
        "Report inappropriate content",
        "Report of inappropriate content",
        "For something that was seen on the school's devices or network, or about the school. The network "
        "manager acts and writes down what was done; about the headteacher, the chair of governors does. If "
        "a child may be in danger, tell the DSL now.",
        (
            Field("day", "Seen on", kind="date"),
            Field("person", "Who was involved, if known", kind="line", required=False),
            Field("url", "Web addresses", "Whole, one on each line.", kind="addresses", required=False),
            Field("nature", "What it was"),
        ),
    ),
    K.NEW_ACCOUNT: Form(
        "Ask for a new social media account",
        "New social media account",
        "No account is made without this form, signed by the marketing officer and then the headteacher.",
        (
            Field("department", "Department", kind="line"),
            Field("platform", "Platform and name of the account", kind="line"),
            Field("moderator", "Who moderates it", kind="line"),
            Field("purpose", "Purpose"),
            Field("aims", "Aims, and how success is judged"),
            Field("content", "What will be posted"),
            Field("audience", "For whom"),
            Field("contributors", "Who contributes", "One name on each line.", kind="people"),
            Field(
                "administrators",
                "Administrators",
                "At least two, one name on each line, as they stand under People.",
                kind="people",
                at_least=2,
            ),
            Field("vetting", "Who vets the contributors", kind="line"),
            Field("host", "Where it is hosted", kind="line"),
            Field("go_live", "Goes live on", kind="date"),
            Field("advertising", "How it is advertised"),
            Field("consent", "How consent is obtained"),
            Field("security", "Security measures"),
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class Move:
    """One allowed step: whose it is, and what its button and its words are called."""

    role: Role
    """Its holders do it, but for what `form_turns.of` says."""
    button: str
    words: str
    needed: bool = True
    """Whether it can't be done without words: a refusal says why, and what was done is told."""


MOVES: Mapping[tuple[FormKind, FormState, FormState], Move] = {
    (K.BLOCKED_CONTENT, S.FILED, S.APPROVED): Move(Role.HEADTEACHER, "Approve", "Remarks", needed=False),
    (K.BLOCKED_CONTENT, S.FILED, S.DECLINED): Move(Role.HEADTEACHER, "Decline", "Reason"),
    (K.BLOCKED_CONTENT, S.APPROVED, S.DONE): Move(Role.NETWORK_MANAGER, "It is done", "What was done"),
    (K.INAPPROPRIATE_CONTENT, S.FILED, S.DONE): Move(Role.NETWORK_MANAGER, "Close it", "Action taken"),
    (K.NEW_ACCOUNT, S.FILED, S.SIGNED): Move(Role.MARKETING_OFFICER, "Sign", "Remarks", needed=False),
    (K.NEW_ACCOUNT, S.FILED, S.DECLINED): Move(Role.MARKETING_OFFICER, "Decline", "Reason"),
    (K.NEW_ACCOUNT, S.SIGNED, S.APPROVED): Move(Role.HEADTEACHER, "Sign", "Remarks", needed=False),
    (K.NEW_ACCOUNT, S.SIGNED, S.DECLINED): Move(Role.HEADTEACHER, "Decline", "Reason"),
}
"""The one table of moves; whoever isn't named here can't make them."""

SEEN_BY: Mapping[FormKind, frozenset[Role]] = {
    K.BLOCKED_CONTENT: frozenset({Role.HEADTEACHER, Role.NETWORK_MANAGER}),
    K.INAPPROPRIATE_CONTENT: frozenset({Role.HEADTEACHER, Role.NETWORK_MANAGER, Role.DSL}),
    K.NEW_ACCOUNT: frozenset({Role.HEADTEACHER, Role.MARKETING_OFFICER}),
}
"""Besides whoever filed it."""

IN_WORDS: Mapping[FormState, str] = {
    S.FILED: "waiting",
    S.SIGNED: "signed by the marketing officer",
    S.APPROVED: "approved",
    S.DECLINED: "declined",
    S.DONE: "done",
}


class FormRefused(BadInput):
    """A form that can't be filed as it is; `problems` are all the fields with their sentences."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(" ".join(problems.values()), field=next(iter(problems)))
        self.problems = dict(problems)


def file(
    session: Session,
    kind: FormKind,
    values: Mapping[str, str],
    *,
    about_headteacher: bool = False,
    by: Person,
    url: str,
    now: datetime,
) -> FormEntry:
    """File a form; whoever has to answer it is told by mail. `url` begins the link in the mail.

    Raises FormRefused naming every field that lacks something.
    """
    taken: dict[str, object] = {}
    problems: dict[str, str] = {}
    for field in FORMS[kind].fields:
        try:
            taken[field.name] = _value(field, values.get(field.name, ""))
        except BadInput as error:
            problems[field.name] = str(error)
    if problems:
        raise FormRefused(problems)
    entry = FormEntry(
        kind=kind,
        state=S.FILED,
        fields=taken,
        about_headteacher=about_headteacher and kind is K.INAPPROPRIATE_CONTENT,
        filed_at=now,
        filed_by_id=by.id,
        steps=[],
    )
    session.add(entry)
    # The trail and the mails name it by id.
    session.flush()
    _trail(session, entry, by=by, now=now)
    _ask_next(session, entry, by=by, url=url, now=now)
    return entry


def find(session: Session, entry_id: UUID, *, by: Person, lock: bool = False) -> FormEntry:
    """A form that the person may see. Raises NotFound for every other, as for one that doesn't exist."""
    entry = session.get(FormEntry, entry_id, with_for_update=True if lock else None)
    if entry is None or not may_see(session, entry, by):
        raise NotFound("There is no such form, or you may not see it.")
    return entry


def may_see(session: Session, entry: FormEntry, person: Person) -> bool:
    """Whoever filed it, and the roles of its kind.

    About the headteacher, besides its filer: the chair, or who answers or answered in the chair's place (P3).
    """
    if not person.active:
        return False
    if entry.filed_by_id == person.id:
        return True
    if not entry.about_headteacher:
        return bool(person.roles & SEEN_BY[entry.kind])
    if Role.HEADTEACHER in person.roles or not person.roles & set(form_turns.PAST_HEAD):
        return False
    if Role.CHAIR in person.roles or person.id in {step.by_id for step in entry.steps}:
        return True
    return person in form_turns.past_head(session, filed_by=entry.filed_by_id).people


def kept_from(session: Session, person: Person) -> list[UUID]:
    """The forms that nothing may tell this person of: of the headteacher, what concerns them (P3)."""
    if Role.HEADTEACHER not in person.roles:
        return []
    query = sa.select(FormEntry.id).where(FormEntry.about_headteacher, FormEntry.filed_by_id != person.id)
    return list(session.scalars(query))


def visible(session: Session, person: Person) -> list[FormEntry]:
    """The forms that the person may see, newest first."""
    query = sa.select(FormEntry).order_by(FormEntry.filed_at.desc(), FormEntry.id.desc())
    return [entry for entry in session.scalars(query) if may_see(session, entry, person)]


def open_moves(session: Session, entry: FormEntry, person: Person) -> list[tuple[FormState, Move]]:
    """What the person may do with the form now."""
    if not may_see(session, entry, person):
        return []
    return [
        (new, move) for new, move in _next(entry) if person in form_turns.of(session, entry, move.role).people
    ]


def turns(session: Session, entry: FormEntry) -> list[Turn]:
    """Whose answer the form waits for, by role; none once nothing more is to be done."""
    return [
        form_turns.of(session, entry, role) for role in sorted({move.role for _new, move in _next(entry)})
    ]


def _next(entry: FormEntry) -> list[tuple[FormState, Move]]:
    here = (entry.kind, entry.state)
    return [(new, move) for (kind, old, new), move in MOVES.items() if (kind, old) == here]


def answer(
    session: Session, entry_id: UUID, to: FormState, *, words: str, by: Person, url: str, now: datetime
) -> FormEntry:
    """Sign, decide, or write down what was done; whoever filed it and whoever is next are told.

    Raises NotFound where the person may not see it, MoveNotAllowed where it isn't at that point (any
    more), NotPermitted for another role's step, BadInput without words where the step needs them.
    """
    entry = find(session, entry_id, by=by, lock=True)
    move = MOVES.get((entry.kind, entry.state, to))
    if move is None:
        raise MoveNotAllowed(f"This form is {IN_WORDS[entry.state]} already; it can't become {IN_WORDS[to]}.")
    turn = form_turns.of(session, entry, move.role)
    if by not in turn.people:
        if turn.role not in by.roles:
            raise NotPermitted(f"Only the {turn.role.value.replace('_', ' ')} can do this.")
        if by.id in {step.by_id for step in entry.steps}:
            raise NotPermitted("The two signatures must be two people's.")
        if not turn.people:
            raise NotPermitted("This form is about the headteacher, and nobody else can answer it now.")
        others = " or ".join(person.name for person in turn.people)
        raise NotPermitted(f"You filed this form yourself, so it waits for {others}.")
    said = reason_text(words, field="words") if move.needed or words.strip() else ""
    entry.steps.append(FormStep(old=entry.state, new=to, words=said, at=now, by_id=by.id))
    entry.state = to
    _trail(session, entry, by=by, now=now)
    author = people.get(session, entry.filed_by_id)
    if author.active and author.id != by.id:
        _mail(session, entry, author, f"Your form is {IN_WORDS[to]}", url=url, now=now)
    _ask_next(session, entry, by=by, url=url, now=now)
    return entry


def waiting_for(session: Session, person: Person) -> list[FormEntry]:
    """The forms whose next step is the person's."""
    return [entry for entry in visible(session, person) if open_moves(session, entry, person)]


def _value(field: Field, typed: str) -> object:
    text = typed.replace("\r\n", "\n").strip()
    if not text:
        if field.required:
            raise BadInput(f"“{field.label}” is empty: fill it in.", field=field.name)
        return [] if field.kind in {"addresses", "people"} else ""
    if len(text) > WORDS_MAX:
        raise BadInput(
            f"“{field.label}” has {len(text):,} characters: at most {WORDS_MAX:,} fit.", field=field.name
        )
    match field.kind:
        case "date":
            try:
                return date.fromisoformat(text).isoformat()
            except ValueError:
                raise BadInput(
                    f"The date “{text[:40]}” can't be read. Write it as 2027-06-03.", field=field.name
                ) from None
        case "line":
            return " ".join(text.split())
        case "addresses" | "people":
            lines = [" ".join(line.split()) for line in text.split("\n") if line.strip()]
            if len({line.casefold() for line in lines}) < field.at_least:
                raise BadInput(
                    f"“{field.label}” needs at least {field.at_least} different names, one on each line.",
                    field=field.name,
                )
            if len(lines) > LINES_MAX:
                raise BadInput(f"“{field.label}” takes at most {LINES_MAX} lines.", field=field.name)
            if field.kind == "addresses":
                for line in lines:
                    _check_address(line, field)
            return lines
    return text


def _check_address(line: str, field: Field) -> None:
    try:
        parts = urlsplit(line)
        fine = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        fine = False
    if not fine:
        raise BadInput(
            f"“{line[:80]}” isn't a web address. Write it whole, such as https://www.example.sch.uk/page.",
            field=field.name,
        )


def _trail(session: Session, entry: FormEntry, *, by: Person, now: datetime) -> None:
    audit.record(
        session,
        by=by,
        action=f"form_{entry.state.value}",
        object_kind="form",
        object_id=entry.id,
        # Nothing of what it says: the trail is read by people who may not see the form.
        detail={"form": entry.kind.value},
        now=now,
    )


def _ask_next(session: Session, entry: FormEntry, *, by: Person, url: str, now: datetime) -> None:
    waited_for = {person.id: person for turn in turns(session, entry) for person in turn.people}
    for person in waited_for.values():
        if person.id != by.id and may_see(session, entry, person):
            _mail(session, entry, person, f"{FORMS[entry.kind].filed_as}: waits for you", url=url, now=now)


def _mail(session: Session, entry: FormEntry, to: Person, subject: str, *, url: str, now: datetime) -> None:
    mail.queue_plain(
        session,
        to=to,
        subject=subject,
        lines=[
            f"The form “{FORMS[entry.kind].filed_as}” is {IN_WORDS[entry.state]}.",
            "What it says is behind the link.",
        ],
        link=f"{url}/forms/entries/{entry.id}",
        purpose=mail.FORM,
        # What isn't delivered is said on its page alone.
        about=entry.id if entry.about_headteacher else None,
        confidential=entry.about_headteacher,
        now=now,
    )
