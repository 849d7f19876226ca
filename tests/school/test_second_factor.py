"""The second factor: what counts, what never counts twice, and what happens to whoever guesses."""

from __future__ import annotations

import base64
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from sqlalchemy.orm import Session

from school import authenticator_codes, passkeys, people, second_factor, sign_ins, sign_up
from school.db import now, reading, transaction
from school.errors import BadInput, MoveNotAllowed
from school.models import Authenticator, KnownDevice, OutboxEmail, Passkey, Person, RecoveryCode, Role
from school.second_factor import Given

ONE_DATABASE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def code_of(seed: str, moment: float) -> str:
    """What an authenticator app shows then."""
    return TOTP(base64.b32decode(seed), 6, SHA1(), 30).generate(int(moment)).decode()


def enrolled(session: Session, person: Person) -> tuple[str, list[str]]:
    """A second factor for the person, set up two minutes ago: its seed and the recovery codes."""
    seed, then = authenticator_codes.new_seed(), now() - timedelta(minutes=2)
    codes = second_factor.enrol(session, person, seed, code_of(seed, then.timestamp()), now=then)
    session.commit()
    return seed, codes


def until_it_waits(session: Session) -> None:
    """Wait until another transaction waits for this one; on SQLite it can't even begin."""
    if session.get_bind().dialect.name != "postgresql":
        return
    waits = sa.text(
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    for _ in range(400):
        with reading() as other:
            if other.scalar(waits):
                return
        time.sleep(0.05)
    raise AssertionError("the second one never came so far")


def test_rfc_6238_gives_the_codes_of_its_own_examples() -> None:
    """Appendix B, SHA-1, the last six of eight digits."""
    seed = base64.b32encode(b"12345678901234567890").decode()
    assert [code_of(seed, at) for at in (59, 1111111109, 20000000000)] == ["287082", "081804", "353130"]


@ONE_DATABASE
def test_a_code_counts_once_and_one_step_early_or_late(
    session: Session, school_people: dict[Role, Person]
) -> None:
    person = school_people[Role.DSL]
    seed, _codes = enrolled(session, person)
    moment = now()

    def give(at: int) -> Given | None:
        code = code_of(seed, moment.timestamp() + at)
        return second_factor.check(session, person, code, device=None, now=moment)

    assert give(-60) is None and give(60) is None
    assert give(-30) is Given.APP
    assert give(0) is Given.APP
    assert give(0) is None, "the same code again"
    assert give(-30) is None, "one from before it"
    assert give(30) is Given.APP


def test_the_same_code_twice_at_once_lets_one_in(
    session: Session, school_people: dict[Role, Person]
) -> None:
    person = school_people[Role.DSL]
    seed, codes = enrolled(session, person)
    moment = now()

    def give(code: str) -> Given | None:
        with transaction() as own:
            fresh = own.get_one(Person, person.id)
            return second_factor.check(own, fresh, code, device=None, now=moment)

    def set_up() -> str:
        with transaction() as own:
            fresh = own.get_one(Person, person.id)
            try:
                second_factor.enrol(own, fresh, other, code_of(other, moment.timestamp()), now=moment)
            except second_factor.AlreadySetUp:
                return "again"
            return "set up"

    for code, given in ((code_of(seed, moment.timestamp()), Given.APP), (codes[0], Given.PAPER)):
        with ThreadPoolExecutor(4) as pool:
            assert sorted(map(str, pool.map(give, [code] * 4))) == ["None", "None", "None", given]
    # From a browser that the person knows and from elsewhere, each of which counts by itself: nothing but the
    # step that is taken holds the second one back, which has read the former before the first is through.
    moment += timedelta(seconds=30)
    with transaction() as own:
        known = sign_ins.remember_device(own, "x" * 43, own.get_one(Person, person.id), now=moment).id
    with ThreadPoolExecutor(1) as pool, transaction() as first:
        fresh, device = first.get_one(Person, person.id), first.get_one(KnownDevice, known)
        code = code_of(seed, moment.timestamp())
        assert second_factor.check(first, fresh, code, device=device, now=moment) is Given.APP
        second = pool.submit(give, code)
        until_it_waits(first)
        first.commit()
        assert second.result() is None
    other = authenticator_codes.new_seed()
    with ThreadPoolExecutor(3) as pool:
        assert sorted(pool.map(lambda _: set_up(), range(3))) == ["again", "again", "set up"]


@ONE_DATABASE
def test_five_wrong_codes_wait_and_only_where_they_came_from(
    session: Session, school_people: dict[Role, Person]
) -> None:
    person, moment = school_people[Role.HEADTEACHER], now()
    seed, codes = enrolled(session, person)
    own_browser = sign_ins.remember_device(session, "the headteacher's", person, now=moment)
    for _ in range(second_factor.TRIES):
        assert second_factor.check(session, person, "000 000", device=None, now=moment) is None
    right = code_of(seed, moment.timestamp())
    with pytest.raises(second_factor.TooManyCodes):
        second_factor.check(session, person, right, device=None, now=moment)
    # Whoever guesses elsewhere keeps the headteacher out nowhere that they have signed in before.
    assert second_factor.check(session, person, right, device=own_browser, now=moment) is Given.APP
    later = moment + second_factor.LOCK + timedelta(seconds=1)
    assert second_factor.check(session, person, codes[3].upper(), device=None, now=later) is Given.PAPER
    told = session.scalars(sa.select(OutboxEmail.subject).where(OutboxEmail.to_id == person.id)).all()
    assert "Wrong codes at your sign-in" in told and "A recovery code of yours was used" in told


@ONE_DATABASE
def test_seeds_are_sealed_and_recovery_codes_hashed(
    session: Session, school_people: dict[Role, Person]
) -> None:
    person = school_people[Role.DPO]
    seed, codes = enrolled(session, person)
    stored = session.scalars(sa.select(Authenticator.seed)).one()
    assert seed.encode() not in stored and base64.b32decode(seed) not in stored
    hashes = session.scalars(sa.select(RecoveryCode.code_hash)).all()
    assert len(hashes) == len(set(codes)) == second_factor.CODES
    assert not any(code.replace("-", "") in "".join(hashes) for code in codes)
    again = second_factor.new_codes(session, person, now=now())
    assert second_factor.check(session, person, codes[0], device=None, now=now()) is None
    assert second_factor.check(session, person, again[0], device=None, now=now()) is Given.PAPER


@ONE_DATABASE
def test_whoever_must_have_one_can_not_drop_it(
    session: Session, school_people: dict[Role, Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    from school.models import School
    from school.settings import settings

    slt, teacher = school_people[Role.SLT], school_people[Role.STAFF]
    assert not second_factor.demanded(session, slt), "the practice school's people sign in with one press"
    session.scalars(sa.select(School)).one().practice = False
    session.flush()
    demanded = {role for role in Role if second_factor.demanded(session, school_people[role])}
    assert demanded == {Role.HEADTEACHER, Role.SLT, Role.DSL, Role.DPO, Role.NETWORK_MANAGER}
    enrolled(session, slt)
    enrolled(session, teacher)
    with pytest.raises(MoveNotAllowed):
        second_factor.remove(session, slt, now=now())
    key = Passkey(
        person_id=teacher.id, credential_id=b"1", public_key=b"2", sign_count=0, name="my phone",
        made_at=now(),
    )  # fmt: skip
    session.add(key)
    second_factor.remove(session, teacher, now=now())
    assert second_factor.codes_left(session, teacher.id) == second_factor.CODES, "for the passkey's sake"
    passkeys.remove(session, teacher, key.id, now=now())
    assert not second_factor.set_up_by(session, teacher.id)
    assert second_factor.codes_left(session, teacher.id) == 0
    for value, must in (("everybody", True), ("off", False)):
        monkeypatch.setenv("SCHOOLGATE_SECOND_FACTOR", value)
        settings.cache_clear()
        assert second_factor.demanded(session, teacher) is must


@ONE_DATABASE
def test_a_sign_in_ends_by_idling_by_age_and_with_everything_that_ends_trust(
    session: Session, school_people: dict[Role, Person]
) -> None:
    person, head, began = school_people[Role.SLT], school_people[Role.HEADTEACHER], now()

    def begin() -> tuple[str, str]:
        token = sign_ins.begin(
            session, person, how="password", second_factor=False, waits=False, browser="Firefox", now=began
        )
        return token, person.fs_uniquifier

    def is_in(cookie: tuple[str, str], minutes: float = 0) -> bool:
        return sign_ins.find(session, *cookie, now=began + timedelta(minutes=minutes)) is not None

    cookie = begin()
    assert is_in(cookie, 29) and not is_in(cookie, 31)
    for quarter in range(1, 48):
        found = sign_ins.find(session, *cookie, now=began + timedelta(minutes=15 * quarter))
        assert found is not None
        sign_ins.seen(session, found[0].id, now=began + timedelta(minutes=15 * quarter))
        session.expire_all()
    assert not is_in(cookie, 12 * 60 + 1), "twelve hours end it, however busy"

    for end in (
        lambda: sign_up.set_password(session, person, "seven rainy harvest moons", by=person, now=began),
        lambda: people.withdraw_role(session, person, Role.SLT, by=head, reason="has left", now=began),
        lambda: sign_ins.end_for(session, person, by=head, reason="a laptop was stolen", now=began),
        lambda: people.set_active(session, person, False, by=head, reason="has left", now=began),
    ):
        one, other = begin(), begin()
        assert is_in(one) and is_in(other)
        end()
        session.flush()
        assert not is_in(one) and not is_in(other)
        # Not even with the person's new mark: the rows themselves have ended.
        assert not is_in((one[0], person.fs_uniquifier))


@ONE_DATABASE
def test_a_reason_is_asked_for_and_the_first_wrong_code_sets_nothing_up(
    session: Session, school_people: dict[Role, Person]
) -> None:
    person = school_people[Role.DPO]
    with pytest.raises(BadInput, match="reason"):
        sign_ins.end_for(session, person, by=school_people[Role.HEADTEACHER], reason=" ", now=now())
    with pytest.raises(BadInput, match="not the code"):
        second_factor.enrol(session, person, authenticator_codes.new_seed(), "123456", now=now())
    with reading() as fresh:
        assert not second_factor.set_up_by(fresh, person.id)
