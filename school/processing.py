"""What the record of processing says besides the retention rules (UK GDPR, articles 30 and 32)."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from school.models import Account, Role
from school.settings import Settings

OFFICERS = (Role.DPO, Role.HEADTEACHER)


def recipients(session: Session, chosen: Settings) -> list[tuple[str, str]]:
    """Who gets personal data, and which."""
    platforms = session.scalars(sa.select(Account.platform).distinct().order_by(Account.platform)).all()
    found = [
        (
            {"x": "X", "facebook": "Facebook (Meta)", "instagram": "Instagram (Meta)"}.get(name, name),
            "posts and pictures that were approved; which comments to hide, delete or answer, whom to block. "
            "Servers may be outside the United Kingdom: the platform's own terms say under which safeguards.",
        )
        for name in platforms
    ]
    mail = chosen.smtp_url
    found.append(
        (
            "The school's mail server" if mail else "The mailbox built into Schoolgate",
            "e-mails to staff: drafts to approve, threats and referrals to look at, reminders",
        )
    )
    found.append(
        (
            "Police, DSL, chair of governors",
            "an entry that a person refers to them, with its evidence; nothing goes to the police by itself",
        )
    )
    return found


def measures(chosen: Settings) -> list[tuple[str, str]]:
    """How the data is kept safe, by the settings in force."""
    kind = "SQLite" if chosen.effective_database_url.startswith("sqlite") else "PostgreSQL"
    by_tls = chosen.effective_public_url.startswith("https://")
    hides = (
        f"a comment that scores above {chosen.hide_threshold} is hidden until a person has looked; "
        "nothing is deleted by the machine"
    )
    return [
        ("Where it is", f"in a database ({kind}) on the school's own server"),
        ("Who judges comments", "a classifier on the same server; no text is sent away to be judged"),
        ("Automatic decisions", hides if chosen.hide_at_once else "none: a person decides on every flag"),
        ("Encrypted at rest", "tokens of the accounts, pictures as they came, files made for requests"),
        ("Encrypted on the way", "yes" if by_tls else "pages are not served by https"),
        ("Who may see what", "roles, checked on every page and action"),
        ("Signing in", "passwords hashed with argon2; wrong PINs lock; a second factor where set up"),
        ("Trail", "every act in a chain of hashes, which shows any change"),
        ("Logs of the server", "hold no name, text or address of a person"),
        ("Sessions", "a signed cookie for 12 hours; none is stored on the server"),
        (
            "Comments are read",
            f"for posts of the last {chosen.watch_posts_for_days} days, older ones in turn",
        ),
    ]
