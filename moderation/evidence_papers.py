"""What an evidence pack looks like: the comment as it was shown, and all that is known about it (P22)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from moderation import words
from moderation.chain import unlisted
from moderation.fingerprints import evidence_hash
from moderation.letters import SIGNING_AS
from moderation.log import LogRow
from moderation.models import CameWith, Comment, Letter, LogCase, LogEntry
from moderation.review import EntryPage
from moderation.thread import Said, Shared
from school.models import Person
from school.paper import Paper
from school.times import say, say_date, say_short

_SHORT = 1000
"""Letters of another comment that are printed, so that a flood can be; the attached file has the whole."""
_VERSIONS_MAX = 20


def draw(
    paper: Paper,
    page: EntryPage,
    out: Shared,
    *,
    row: LogRow,
    earlier: Sequence[tuple[LogEntry, LogCase]],
    letters: Sequence[tuple[Letter, str]],
    picture: bytes | None,
    came_with: Sequence[tuple[CameWith, bytes]],
    by: Person,
    now: datetime,
) -> None:
    """Write the whole pack."""
    entry = page.item.entry
    paper.title(
        f"Evidence pack: log entry {entry.number}",
        f"Made {say(now)} by {by.name} ({_roles(by)}). Times are school time (London).",
    )
    _comment(paper, page, row, picture)
    _came_with(paper, entry, came_with)
    _why(paper, entry)
    _thread(paper, page, out)
    _author(paper, page, earlier)
    _decisions(paper, page, row)
    _passed_on(paper, row, letters)
    _checking(paper, entry, row)


def _roles(person: Person) -> str:
    return ", ".join(said.lower() for role, said in SIGNING_AS if role in person.roles)


def _comment(paper: Paper, page: EntryPage, row: LogRow, picture: bytes | None) -> None:
    entry, comment = page.item.entry, page.item.comment
    paper.heading("What was written")
    handle = f"@{entry.author_handle}" if entry.author_handle else ""
    when = words.written(entry)
    nobody = entry.nobody
    paper.post(
        platform=entry.platform,
        name=entry.author_name or handle or f"{nobody[0].upper()}{nobody[1:]}",
        below=" · ".join(part for part in (handle if entry.author_name else "", when) if part),
        text=entry.text or "(no words)",
        foot=f"{words.platform(entry.platform)}, as first seen by Schoolgate {say(entry.recorded_at)}",
    )
    paper.facts(
        [
            ("Platform", words.platform(entry.platform)),
            (
                "School's account",
                f"{row.account.display_name} (@{row.account.handle})" if row.account else "",
            ),
            ("Link", entry.url),
            ("Author's name", entry.author_name),
            ("Author's handle", handle),
            ("Author's number there", entry.author_platform_id),
            ("Author's page", entry.author_url),
            ("Comment's number there", entry.comment_platform_id),
            ("Written", when),
            ("In the school's log", f"{say(entry.recorded_at)}, {_how(row)}"),
            ("On the platform now", _stands(comment)),
            ("Pictures and links with it", "\n".join(entry.attachment_urls)),
        ]
    )
    if picture:
        paper.picture(picture, f"The picture kept as evidence, SHA-256 {entry.picture_sha256}.")
    if comment is not None and comment.version > 1:
        paper.text("The author changed the text. It stands now like this:", bold=True)
        paper.text(comment.text)
        for version in page.versions[-_VERSIONS_MAX:]:
            paper.text(f"Version {version.number}, until {say(version.replaced_at)}:", bold=True)
            paper.text(_short(paper, version.text))
        if len(page.versions) > _VERSIONS_MAX:
            paper.text("Earlier versions are in the attached entry.json.", small=True)


def _came_with(paper: Paper, entry: LogEntry, kept: Sequence[tuple[CameWith, bytes]]) -> None:
    for one, data in kept:
        paper.picture(
            data,
            f"Picture {one.place} of {len(entry.attachment_urls)} that came with it, fetched from the "
            f"platform {say(one.finished_at or one.requested_at)} and saved anew as a JPEG, "
            f"SHA-256 {one.sha256}.",
        )


def _how(row: LogRow) -> str:
    if row.entry.comment_id is None:
        return f"entered by hand by {row.recorded_by or 'somebody'}"
    return "found by the classifier"


def _stands(comment: Comment | None) -> str:
    if comment is None:
        return "not known: it was entered by hand"
    if comment.gone_at is not None:
        return f"gone, noticed {say(comment.gone_at)}"
    return "hidden" if comment.hidden else f"visible, last seen {say(comment.checked_at)}"


def _why(paper: Paper, entry: LogEntry) -> None:
    paper.heading("Why it is in the log")
    for reason in entry.reasons:
        kind = str(reason.get("kind", ""))
        paper.text(f"{words.KINDS.get(kind, kind).capitalize()}: {reason.get('detail', '')}")
    if entry.scores:
        paper.text(
            f"Scores from 0 to 1 by model {entry.model_name}, version {entry.rules_version} of the rules:"
        )
        scores = sorted(entry.scores.items(), key=lambda pair: -float(pair[1]))
        paper.table(
            ("What the model looks for", "Score"),
            [(label.replace("_", " "), f"{float(score):.3f}") for label, score in scores],
            widths=(70, 30),
        )
        paper.text("A score is a machine's estimate, not a finding. People decided what follows.", small=True)


def _thread(paper: Paper, page: EntryPage, out: Shared) -> None:
    """The post, what the comment answers and, where somebody asked for them, the comments around it."""
    entry, comment = page.item.entry, page.item.comment
    post = page.post.text if page.post else entry.post_text
    if not (post or out.answered or out.answers_an_entry or out.rest or out.unasked or out.entries):
        return
    paper.heading("The thread it stands in")
    if post:
        gone = f" (gone since {say(page.post.gone_at)})" if page.post and page.post.gone_at else ""
        paper.text(f"The school's post{gone}:", bold=True)
        paper.text(_short(paper, post))
    if out.answered:
        paper.text("It answers:", bold=True)
        _said(paper, out.answered)
    elif out.answers_an_entry:
        paper.text("What it answers is another entry of the log, and is left out.")
    if out.rest:
        paper.text("The comments around it:", bold=True)
    for one in out.rest:
        _said(paper, one, this=comment is not None and one[0].id == comment.id)
    if out.unasked:
        paper.text(f"Other people's comments under this post, not printed here: {out.unasked:,}.")
    if out.entries:
        paper.text(f"Left out: {out.entries:,}, other entries of the log.")


def _said(paper: Paper, one: Said, *, this: bool = False) -> None:
    other, name = one
    marks = [say(other.created_at)]
    marks += ["hidden"] if other.hidden else []
    marks += ["gone"] if other.gone_at else []
    marks += ["this is the comment of this pack"] if this else []
    paper.text(f"{name or 'Not named'} · {' · '.join(marks)}", bold=True)
    paper.text(_short(paper, other.text))


def _author(paper: Paper, page: EntryPage, earlier: Sequence[tuple[LogEntry, LogCase]]) -> None:
    if page.author is None or page.item.author is None:
        return
    author, known = page.author, page.item.author
    paper.heading("The author's history with the school")
    paper.facts(
        [
            ("Name there now", author.display_name),
            ("About themselves", author.bio),
            ("Account opened", say(author.opened_at) if author.opened_at else "not known"),
            ("First seen by the school", say(author.first_seen_at)),
            ("Comments to the school", f"{known.comments:,}"),
            ("Of those in the log", f"{known.flagged:,}, {known.open:,} of them not decided"),
            ("Block list", "on it" if known.blocked else "not on it"),
        ]
    )
    if earlier:
        paper.table(
            ("Entry", "In the log", "For", "Decided", "Text"),
            [
                (
                    str(entry.number),
                    say_short(entry.recorded_at),
                    ", ".join(words.KINDS.get(kind, kind) for kind in unlisted(case.kinds)),
                    words.outcomes(case.outcomes) or "not yet",
                    _short(paper, entry.text),
                )
                for entry, case in earlier
            ],
            widths=(9, 20, 17, 17, 37),
        )
    others = [comment for comment in page.history if comment.state != "flagged"]
    if others:
        paper.text("Other comments, newest first:", bold=True)
        for comment in others:
            paper.text(f"{say(comment.created_at)}: {_short(paper, comment.text)}")


def _decisions(paper: Paper, page: EntryPage, row: LogRow) -> None:
    paper.heading("What was done, by whom and why")
    paper.table(
        ("When", "Who", "What and why"),
        [
            (
                say_short(event.at),
                name or "Schoolgate itself",
                ". ".join(part for part in (words.happened(event), words.more(event)) if part),
            )
            for event, name in row.events
        ],
        widths=(22, 22, 56),
    )
    if page.acts:
        paper.text("On the platform", bold=True)
        paper.table(
            ("What", "State", "Asked", "Ended", "The platform's answer"),
            [
                (
                    words.ACTS[act.kind],
                    words.ACT_STATES[act.state][0],
                    say_short(act.requested_at),
                    say_short(act.finished_at) if act.finished_at else "",
                    act.answer,
                )
                for act in page.acts
            ],
            widths=(20, 13, 20, 20, 27),
        )


def _passed_on(paper: Paper, row: LogRow, letters: Sequence[tuple[Letter, str]]) -> None:
    if not (row.referrals or row.meetings or letters):
        return
    paper.heading("Referrals, meetings and letters")
    lines = [
        (
            say_short(found.referred_at),
            f"Referred to {words.REFER_TO[found.to]}",
            f"Reference {found.reference}. {found.reason}" if found.reference else found.reason,
        )
        for found in row.referrals
    ]
    lines += [
        (say_short(found.asked_at), f"Asked to a meeting on {say_date(found.on)}", found.reason)
        for found in row.meetings
    ]
    lines += [
        (
            say_short(letter.issued_at),
            f"Letter “{letter.template}” to {letter.addressed_to}, issued by {name}",
            letter.body,
        )
        for letter, name in letters
    ]
    paper.table(("When", "What", "Reason or words"), lines, widths=(22, 30, 48))


def _checking(paper: Paper, entry: LogEntry, row: LogRow) -> None:
    paper.heading("How this file can be checked")
    paper.text(
        "There are two fingerprints (SHA-256). That of this file can’t stand in it: the school keeps it, "
        "with who made the file and when, and the page “Check a document” or “schoolgate audit document” "
        "tells whether a copy is that file. The one below is of the evidence in the school’s log, and is the "
        "same in every file made about it."
    )
    paper.facts(
        [
            ("Fingerprint of the evidence in the log (SHA-256)", evidence_hash(entry)),
            *([("Last event of the log's chain", f"{row.events[-1][0].seq}: {row.events[-1][0].hash}")]
              if row.events else []),
        ]
    )  # fmt: skip
    paper.text(
        "The attached entry.json holds the same for machines: whole texts, and the events with the hashes "
        "that chain each to the one before.",
        small=True,
    )


def _short(paper: Paper, text: str) -> str:
    part = text[:_SHORT]
    # A letter that no font has is written as its number, which is eight times as long.
    while len(paper.shown(part)) > 2 * _SHORT:
        part = part[: len(part) // 2]
    if part == text:
        return text
    return f"{part} … ({len(text) - len(part):,} more characters are in the attached entry.json)"
