"""Looking into the mailbox that failed mail comes back to, where the school has set one."""

from __future__ import annotations

import structlog

from approvals import approval_mail
from school import bounce_mailbox, bounces
from school.bounce_mailbox import Look, MailboxAway
from school.db import transaction
from school.models import BounceMailbox
from school.settings import settings
from worker.clock import now

log = structlog.get_logger(__name__)


def look() -> int:
    """Read what came since the last look, and mark the mails of ours that weren't delivered; how many."""
    url = settings().bounces_url
    if not url:
        return 0
    key = bounce_mailbox.key_of(url)
    with transaction() as session:
        place = bounces.claim_look(session, key, now=now())
    if place is None:
        return 0
    try:
        found = bounce_mailbox.look(
            url,
            wanted=bounces.may_be_report,
            uid_validity=place.uid_validity,
            last_uid=place.last_uid,
            now=now(),
        )
    except MailboxAway as error:
        _away(key, str(error))
        return 0
    reports = [(report, mail.at) for mail in found.mails if (report := _read(mail.raw, mail.uid))]
    returned = 0
    with transaction() as session:
        for report, at in reports:
            row = bounces.note(session, report, arrived=at, now=now())
            if row is not None:
                returned += 1
                approval_mail.tell_author_of_failed(session, row, now=now())
                log.info("mail_came_back", mail_id=str(row.id), status=report.status)
        _keep(session.get_one(BounceMailbox, key, with_for_update=True), found)
    return returned


def _read(raw: bytes, uid: int) -> bounces.Report | None:
    try:
        return bounces.read(raw)
    except Exception as error:  # noqa: BLE001 - one mail that nobody can read must not keep the others from it
        log.warning("returned_mail_not_readable", uid=uid, kind=type(error).__name__)
        return None


def _keep(place: BounceMailbox, found: Look) -> None:
    place.uid_validity, place.last_uid = found.uid_validity, found.last_uid
    place.problem, place.problem_since = None, None
    if found.more:
        # The next look needn't wait.
        place.next_look_at = now()
    else:
        place.read_at = now()


def _away(key: str, problem: str) -> None:
    with transaction() as session:
        place = session.get_one(BounceMailbox, key, with_for_update=True)
        place.problem, place.problem_since = problem, place.problem_since or now()
    log.warning("bounce_mailbox_away", problem=problem)
