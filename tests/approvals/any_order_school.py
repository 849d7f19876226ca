"""What happens at a school beside its posts: consents, people, accounts."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import strategies as some
from hypothesis.stateful import precondition, rule
from sqlalchemy.orm import Session

from approvals import closing as stopping_posts
from school import (
    accounts,
    closing,
    consent,
    consent_import,
    consent_lists,
    consent_plan,
    people,
    standing_in,
    stopping,
    terms,
    training,
)
from school.models import ConsentKind, DataFate, Role
from tests.approvals.any_order_base import ADULTS, AUTHORS, CHILDREN, LATER_CHILD, PLATFORMS, School
from tests.approvals.plain_school import Agreed, Child, Post

SOMEWHERE = some.sampled_from(("", "x", "facebook"))
"""A platform; empty: all of them."""


class BesideThePosts(School):
    """Rules for everything that a post rests on."""

    # Consents

    @rule(
        name=some.sampled_from(CHILDREN), kind=some.sampled_from(list(ConsentKind)), where=SOMEWHERE,
        first=some.integers(-3, 3), days=some.integers(0, 200),
    )  # fmt: skip
    def agree(self, name: str, kind: ConsentKind, where: str, first: int, days: int) -> None:
        begins = self.plain.today + timedelta(days=first)
        ends = begins + timedelta(days=days)

        def record(session: Session) -> None:
            consent.record_consent(
                session,
                self.pupil(session, name),
                kind=kind,
                given_by="A parent",
                first_day=begins,
                last_day=ends,
                platform=where or None,
                by=self.person(session, "dpo"),
                now=self.now,
            )

        if self.do(record):
            self.plain.children[name].agreed.append(Agreed(kind.value, begins, ends, where))

    @rule(name=some.sampled_from(CHILDREN), kind=some.sampled_from([*ConsentKind, None]), where=SOMEWHERE)
    def withdraw_consents(
        self, name: str, kind: ConsentKind | None = ConsentKind.IMAGE, where: str = ""
    ) -> None:
        self.do(
            lambda s: consent.withdraw_all(
                s, self.pupil(s, name).id, kind=kind, reason="A letter", platform=where or None,
                by=self.person(s, "dpo"), now=self.now,
            )
        )  # fmt: skip
        for one in [kind] if kind else list(ConsentKind):
            self.plain.children[name].says_no(one.value, where, self.plain.today)

    @rule(name=some.sampled_from(CHILDREN))
    def leaves(self, name: str) -> None:
        if self.do(
            lambda s: consent.mark_left(
                s, self.pupil(s, name).id, by=self.person(s, "dpo"), now=self.now
            )
        ):  # fmt: skip
            self.plain.children[name].left = True

    @rule(name=some.sampled_from(CHILDREN))
    def comes_back(self, name: str) -> None:
        if self.do(
            lambda s: consent.bring_back(
                s, self.pupil(s, name).id, reason="mistake", by=self.person(s, "dpo"), now=self.now
            )
        ):
            self.plain.children[name].left = False

    @rule(yes=some.sets(some.sampled_from((*CHILDREN, LATER_CHILD))), whole=some.booleans(), where=SOMEWHERE)
    def the_offices_list(self, yes: set[str], whole: bool, where: str) -> None:
        """The roll-over of a new year, or a list in between: yes for some, no for the others."""
        new = LATER_CHILD not in self.plain.children
        listed = [*CHILDREN, *([LATER_CHILD] if not new or LATER_CHILD in yes else [])]
        text = "Name,Class,Images,Given by,Platforms\n" + "".join(
            f"{name},Year 5 Kites,{'yes' if name in yes else 'no'},A parent,{where or 'all'}\n"
            for name in listed
        )
        dpo = lambda s: self.person(s, "dpo")  # noqa: E731

        def apply(session: Session) -> None:
            kept = consent_import.keep(
                session,
                consent_lists.read(text.encode(), "list.csv"),
                filename="list.csv",
                whole_school=whole,
                by=dpo(session),
                now=self.now,
            )
            again = [one.key for one in consent_plan.plan(session, kept, now=self.now).given_again]
            consent_import.apply(session, kept.id, give_again=again, by=dpo(session), now=self.now)

        assert self.do(apply)
        day = self.plain.today
        ends = date(day.year + (day.month >= 9), 8, 31)
        for name in listed:
            child = self.plain.children.setdefault(name, Child(name))
            child.left = False
            for agreed in child.agreed:
                if agreed.kind == "image" and agreed.last >= day:
                    reaches_further = bool(where) and agreed.platform != where
                    agreed.withdrawn = agreed.withdrawn or name not in yes or reaches_further
            if name in yes:
                child.agreed.append(Agreed("image", day, ends, where))

    # People

    @rule(name=some.sampled_from(ADULTS), role=some.sampled_from([Role.SLT, Role.HEADTEACHER, Role.CHAIR]))
    def grant(self, name: str, role: Role) -> None:
        if self.do(
            lambda s: people.grant_role(
                s, self.person(s, name), role, by=self.person(s, "head"), reason="So", now=self.now
            )
        ):
            self.plain.adults[name].roles.add(role.value)

    @rule(name=some.sampled_from(ADULTS), role=some.sampled_from([Role.SLT, Role.HEADTEACHER, Role.CHAIR]))
    def withdraw_role(self, name: str, role: Role) -> None:
        if self.do(
            lambda s: people.withdraw_role(s, self.person(s, name), role, by=None, reason="So", now=self.now)
        ):
            self.plain.adults[name].roles.discard(role.value)

    @rule(name=some.sampled_from(ADULTS), active=some.booleans())
    def let_in_or_shut_out(self, name: str, active: bool = False) -> None:
        if self.do(
            lambda s: people.set_active(
                s, self.person(s, name), active, by=None, reason="So", now=self.now
            )
        ):  # fmt: skip
            self.plain.adults[name].active = active

    @rule(name=some.sampled_from(AUTHORS), where=some.sampled_from(PLATFORMS), given=some.booleans())
    def leave_to_write(self, name: str, where: str, given: bool) -> None:
        def change(session: Session) -> None:
            how = people.authorise if given else people.withdraw_authorisation
            how(
                session,
                self.person(session, name),
                self.account(session, where),
                by=self.person(session, "head"),
                reason="So",
                now=self.now,
            )

        if self.do(change):
            (self.plain.adults[name].leave.add if given else self.plain.adults[name].leave.discard)(where)

    @rule(name=some.sampled_from(("teacher", "chair", "moderator")), days=some.integers(0, 5))
    def name_deputy(self, name: str, days: int) -> None:
        first, last = self.plain.today, self.plain.today + timedelta(days=days)
        if self.do(
            lambda s: standing_in.name(
                s, self.person(s, name), first_day=first, last_day=last, by=self.person(s, "head"),
                now=self.now,
            )
        ):  # fmt: skip
            self.plain.deputies.append((name, first, last))

    @rule(names=some.sets(some.sampled_from(AUTHORS), min_size=1), days=some.sampled_from([1, 200, 365]))
    def train(self, names: set[str], days: int) -> None:
        held = self.plain.today
        until = held + timedelta(days=days)
        if self.do(
            lambda s: training.record(
                s,
                person_ids=[self.ids[name] for name in names],
                held_on=held,
                valid_until=until,
                about="Training",
                by=self.person(s, "head"),
                now=self.now,
            )
        ):
            for name in names:
                self.plain.adults[name].trained.append((self.now, held, until))

    @rule()
    def refresh_after_incident(self) -> None:
        if self.do(
            lambda s: training.refresh_after_incident(
                s, reason="An incident", by=self.person(s, "head"), url="http://127.0.0.1", now=self.now
            )
        ):
            self.plain.refreshed = self.now

    @rule(by=some.sampled_from(AUTHORS))
    def accept_terms(self, by: str) -> None:
        if self.do(
            lambda s: terms.accept(s, number=self.plain.terms, by=self.person(s, by), now=self.now)
        ):  # fmt: skip
            self.plain.adults[by].accepted = self.plain.terms

    @rule()
    def new_terms(self) -> None:
        number = self.plain.terms
        if self.do(
            lambda s: terms.publish(
                s, text=f"Terms {number + 1}", what_changed="All", based_on=number,
                by=self.person(s, "head"), url="http://127.0.0.1", now=self.now,
            )
        ):  # fmt: skip
            self.plain.terms = number + 1
            self.plain.adults["head"].accepted = number + 1

    # Accounts

    @precondition(lambda self: not self.plain.closed)
    @rule(where=some.sampled_from(PLATFORMS))
    def close_account(self, where: str) -> None:
        def close(session: Session) -> None:
            account, head = self.account(session, where), self.person(session, "head")
            closing.close(
                session, account, reason="Enough", data_fate=DataFate.KEEP, by=head, now=self.now
            )  # fmt: skip
            stopping_posts.stop_for(session, account, reason="Enough", by=head, now=self.now)

        if self.do(close):
            self.plain.closed.add(where)
            for adult in self.plain.adults.values():
                adult.leave.discard(where)
            for post in self.plain.posts.values():
                if post.approved is not None:
                    post.stopped.add(where)
                elif post.handed_in is not None and where in post.versions[-1].accounts:
                    self.undone(post)

    @rule(where=some.sampled_from(PLATFORMS))
    def connect_again(self, where: str) -> None:
        """A closed account is opened again; one whose keys died gets new ones."""

        def connect(session: Session) -> None:
            account, head = self.account(session, where), self.person(session, "head")
            if where in self.plain.closed:
                closing.reopen(session, account, reason="Again", by=head, now=self.now)
            found = accounts.Found(
                where, account.platform_id, account.handle, account.display_name, account.url
            )
            accounts.reconnect(
                session, account, found, credentials=self.platforms.credentials(where), by=head, now=self.now
            )

        if self.do(connect):
            self.plain.closed.discard(where)

    @rule(stop=some.booleans())
    def stop_or_allow(self, stop: bool = True) -> None:
        how = stopping.stop_publishing if stop else stopping.allow_publishing
        if self.do(lambda s: how(s, by=self.person(s, "deputy"), reason="So", now=self.now)):
            self.plain.stopped = stop
            self.plain.allowed = self.plain.allowed if stop else self.now

    def undone(self, post: Post) -> None:
        """Nothing rests on the post any more."""
        post.handed_in = post.approved = None
        post.released.clear()
        post.stopped.clear()
