"""The termly report for governors as a PDF, with the plots that its page has (P10)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from approvals.models import DecisionKind, Objective
from approvals.reach_report import Reach
from moderation import trends
from moderation.reporting import Flags, Vetted
from moderation.speed import said
from moderation.words import KINDS, OUTCOMES, URGENT
from school.paper import Letterhead, Paper
from school.times import say, say_date
from web.naming import platform_name

Rows = list[tuple[str, int]]

STEPS = (
    (timedelta(minutes=15), "within 15 minutes"),
    (timedelta(hours=1), "within an hour"),
    (timedelta(hours=4), "within 4 hours"),
    (timedelta(days=1), "within a day"),
    (timedelta.max, "later"),
)
"""Lengths of time that plots tell apart: at most so long, and the words for it."""


def spread(waits: Iterable[timedelta]) -> Rows:
    """How many took how long, for a plot."""
    counts = trends.shares(waits, [most for most, _ in STEPS])
    return [(words, count) for (_, words), count in zip(STEPS, counts, strict=True)]


def vetted(found: Vetted | None) -> Rows:
    """What became of followers, for a plot; nobody counts as removed who is still there."""
    of = found or Vetted()
    waiting = [("To be removed, not done yet", of.to_be_removed)] if of.to_be_removed else []
    return [("Approved", of.approved), ("Declined", of.declined), ("Removed", of.removed), *waiting]


def covered(coverage: Any) -> Rows:
    """Training and terms, for a plot."""
    return [
        ("People at the school", coverage.people),
        ("Training in date today", coverage.trained),
        ("Terms of use accepted", coverage.accepted_terms),
    ]


def consents(coverage: Any) -> Rows:
    """How many pupils gave consent or took it back, for a plot."""
    return [("Consent recorded", coverage.gave), ("Consent withdrawn", coverage.withdrew)]


def draw(figures: dict[str, Any], *, head: Letterhead, maker: str, now: datetime) -> bytes:
    """The whole report; `figures` as the page shows them."""
    when = figures["when"]
    days = f"{say_date(when.first_day)} to {say_date(when.last_day)}"
    paper = Paper(f"Social media report, {days}", footer=f"{head.name}: social media report", made_at=now)
    paper.letterhead(head)
    paper.title("Social media report for governors", f"{days}. Made {say(now)} by {maker}.")
    if soon := when.still_to_come(now):
        paper.text(soon)
    approvals = figures["approvals"]
    paper.heading("Approvals before publication")
    paper.bars(
        "What those who approve decided",
        [
            ("Approved", approvals.by_kind[DecisionKind.APPROVE]),
            ("Changes asked for", approvals.by_kind[DecisionKind.CHANGES]),
            ("Rejected", approvals.by_kind[DecisionKind.REJECT]),
        ],
    )
    paper.bars("How long authors waited", spread(approvals.waits), facts=2)
    paper.facts(
        [("Half were decided within", said(approvals.median)), ("The slowest took", said(approvals.slowest))]
    )
    _flags(paper, figures)
    _duties(paper, figures)
    _costs(paper, figures)
    for account in figures["accounts"]:
        _account(paper, account, figures)
    if not figures["accounts"]:
        paper.text("No account is connected yet, so there is nothing more to report.")
    elsewhere = figures["flags"].get(None)
    if elsewhere:
        paper.heading("Seen elsewhere")
        paper.facts(
            [("Reported by staff", str(elsewhere.flagged)), ("Not decided yet", str(elsewhere.still_open))]
        )
    paper.text(
        "Entries of the log are counted as far as who made this report may know of them. How far posts came "
        "is what each platform counts and gives, a day, a week and a month after each came out. People are "
        "never added up over posts, since whoever saw two would count twice.",
        small=True,
    )
    return paper.finish()


def _flags(paper: Paper, figures: dict[str, Any]) -> None:
    paper.heading("Comments and what was flagged")
    flags = figures["flags"].values()
    paper.facts(totals(flags))
    for caption, counts, names in (
        ("Why, each comment counted once", figures["all_kinds"], KINDS),
        ("What people decided (perhaps several things about one)", figures["all_outcomes"], OUTCOMES),
    ):
        rows = [(str(names.get(value, value)).capitalize(), count) for value, count in counts.most_common()]
        if rows:
            paper.bars(caption, rows)
    paper.bars("How long until somebody had decided", spread(_waits(flags)))


def totals(flags: Iterable[Flags]) -> list[tuple[str, str]]:
    """What was flagged on all accounts together, and seen elsewhere: for page and PDF alike."""
    each = list(flags)
    return [
        ("Comments read", f"{sum(one.comments for one in each):,}"),
        ("Flagged", f"{sum(one.flagged for one in each):,}"),
        (f"Of those, urgent ({URGENT})", f"{sum(one.urgent for one in each):,}"),
        ("Of those, only in another language", f"{sum(one.unread for one in each):,}"),
        ("Not decided yet", f"{sum(one.still_open for one in each):,}"),
    ]


def _waits(flags: Iterable[Any]) -> list[timedelta]:
    return [wait for one in flags for wait in one.waits]


def _duties(paper: Paper, figures: dict[str, Any]) -> None:
    coverage, removed = figures["coverage"], figures["removals"]
    paper.heading("Training, terms, consent")
    paper.bars("People", covered(coverage))
    paper.bars(
        "Pupils whose consents changed in the period",
        consents(coverage),
    )
    paper.heading("Posts taken down, on each account by itself")
    paper.bars("How long until the platform had removed them", spread(removed))


def _costs(paper: Paper, figures: dict[str, Any]) -> None:
    # Facebook and Instagram charge nothing; X charges in US dollars.
    charged = [one for one in figures["accounts"] if figures["costs"].get(one.id, (0, 0.0))[1]]
    rows: Sequence[tuple[str, str, str]] = [
        (
            f"{account.display_name} on {platform_name(account.platform)}",
            f"{figures['costs'].get(account.id, (0, 0.0))[0]:,}",
            f"${figures['costs'].get(account.id, (0, 0.0))[1]:.2f}",
        )
        for account in charged
    ]
    if rows:
        paper.heading("What the platforms charged, in US dollars")
        paper.table(("Account", "Questions to the platform", "Charged"), rows, widths=(60, 22, 18))
        cents = [
            (words, round(figures["costs"].get(account.id, (0, 0.0))[1] * 100))
            for account, (words, _, _) in zip(charged, rows, strict=True)
        ]
        paper.bars("In US cents", cents)


def _account(paper: Paper, account: Any, figures: dict[str, Any]) -> None:
    post = figures["posts"].get(account.id, figures["no_posts"])
    flag = figures["flags"].get(account.id, figures["no_flags"])
    purpose = figures["purposes"].get(account.id)
    paper.heading(f"{account.display_name} on {platform_name(account.platform)}")
    paper.facts(
        [
            ("Purpose", purpose.purpose if purpose else "Nobody has written it down yet."),
            ("How success is judged", purpose.measures if purpose else ""),
        ]
    )
    paper.bars(
        "What posts through Schoolgate were for",
        [(one.in_words, post.by_objective[one]) for one in Objective],
    )
    paper.bars(
        "What became of posts",
        [
            ("Published through Schoolgate", post.published),
            ("Not approved in time, so not published", post.missed),
            ("Could not be published", post.failed),
            ("Taken down", post.taken_down),
        ],
    )
    paper.bars(
        "Comments",
        [
            ("Read", flag.comments),
            ("Flagged", flag.flagged),
            ("Urgent", flag.urgent),
            ("Only in another language", flag.unread),
            ("Open", flag.still_open),
        ],
        facts=2,
    )
    paper.facts([("Half were decided within", said(flag.median)), ("The slowest took", said(flag.slowest))])
    paper.bars("New followers whom a person looked at", vetted(figures["vetting"].get(account.id)))
    _reach(paper, figures["reach"].get(account.id))


def _for(objective: Objective | None) -> str:
    return f"({objective.in_words[0].lower()}{objective.in_words[1:]})" if objective is not None else ""


def _reach(paper: Paper, found: Reach | None) -> None:
    if found is None:
        return
    paper.text("How far the posts came", bold=True)
    paper.facts(found.facts)
    if found.by_objective:
        paper.bars(found.caption, found.by_objective)
    paper.table(
        ("Post", "Published", "How far it came", "Besides", "Asked on"),
        [
            (f"{one.words} {_for(one.objective)}", one.published_on, one.said, one.besides, one.read_on)
            for one in found.listed
        ],
        widths=(34, 16, 24, 15, 13),
    )
    if len(found.posts) > len(found.listed):
        paper.text(f"These are the newest {len(found.listed)} of {len(found.posts):,}.", small=True)
