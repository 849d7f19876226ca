"""What people do with posts: write, change, hand in, decide, take back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from hypothesis import strategies as some
from hypothesis.stateful import initialize, multiple, rule
from sqlalchemy.orm import Session

from approvals import decisions, drafts, submissions
from approvals.content import PictureChoice
from approvals.models import DecisionKind, DraftRevision, PupilsAppear
from school.models import Account
from tests.approvals import scenes
from tests.approvals.any_order_base import (
    ADULTS,
    AGREED,
    AUTHORS,
    BEGINNING,
    CHILDREN,
    LATER_CHILD,
    NEVER_ASKED,
    PLATFORMS,
    YEAR,
)
from tests.approvals.any_order_school import BesideThePosts
from tests.approvals.plain_school import Adult, Agreed, Child, Post, Version

WHEN = some.sampled_from([timedelta(minutes=20), timedelta(hours=3), timedelta(days=2), timedelta(days=190)])
ROSA, TOBIAS, NOOR = CHILDREN
SOME_CHILDREN = some.sampled_from(((), (ROSA,), (TOBIAS,), (ROSA, TOBIAS), (ROSA,), (NOOR, ROSA)))
SOME_ACCOUNTS = some.sampled_from([("x",), ("facebook",), ("x", "facebook")])
LOOKS = some.sampled_from(("picture", "text", "picture", "work", "named"))
FirstPost = tuple[str, str, tuple[str, ...], tuple[str, ...], str, timedelta, bool]
FIRST_POST = some.tuples(
    some.sampled_from(("teacher", "teacher", "deputy", "head")),
    some.sampled_from(("head", *ADULTS)),
    SOME_ACCOUNTS,
    SOME_CHILDREN,
    LOOKS,
    WHEN,
    some.sampled_from((False, False, True)),
)
FIRST_POSTS = some.lists(FIRST_POST, min_size=2, max_size=4)


class Posts(BesideThePosts):
    """Rules for writing and deciding."""

    written = BesideThePosts.written

    @initialize(target=written, first=FIRST_POSTS)
    def school_as_it_is(self, first: list[FirstPost]) -> Any:
        """Everybody may do what is theirs, two of three pupils may be shown, some posts are on their way."""
        for name, role in zip(ADULTS, ("headteacher", "slt", "", "chair", "moderator"), strict=True):
            yesterday = (BEGINNING - timedelta(days=1)).date()
            self.plain.adults[name] = Adult(
                name,
                {role} - {""},
                leave=set(PLATFORMS) if name in AUTHORS else set(),
                trained=[(BEGINNING, yesterday, yesterday.replace(year=2028))],
                accepted=1,
            )
        for name in CHILDREN:
            given = [Agreed(kind.value, *YEAR) for kind in AGREED if name != NEVER_ASKED]
            self.plain.children[name] = Child(name, agreed=given)
        posts = [self._have_decided(each) for each in first]
        return multiple(*[made for made in posts if made is not None])

    # Writing, handing in, deciding

    def _content(self, version: Version, **more: Any) -> Any:
        return scenes.content(
            *[Account(id=self.ids[platform]) for platform in version.accounts],
            at=version.planned,
            text=version.text,
            pupil_ids=tuple(self.ids[name] for name in version.children),
            none_shown=not version.children,
            pupils_appear={"work": PupilsAppear.WORK, "name": PupilsAppear.NAMED}.get(
                version.appear, PupilsAppear.SEEN
            ),
            pictures=(self._picture(more.pop("author")),) if version.picture else (),
            based_on=more.get("based_on", 0),
        )

    def _picture(self, author: str) -> Any:
        return PictureChoice(
            media_id=self.ids[f"picture of {author}"], alt_text="Stalls", source="Us", licence="Ours"
        )

    def _version(
        self, where: tuple[str, ...], who: tuple[str, ...], looks: str, ahead: timedelta, named: bool
    ) -> Version:
        planned = (self.now + ahead).replace(second=0, microsecond=0)
        text = f"Post {next(self.numbers)} of the school" + (f" with {LATER_CHILD}" if named else "")
        appear = {"work": "work", "named": "name"}.get(looks, "image")
        return Version(text, where, who, looks in {"picture", "work"}, planned, appear)

    def _write(self, author: str, version: Version) -> Any:
        made: list[UUID] = []

        def save(session: Session) -> None:
            content = self._content(version, author=author)
            draft = drafts.save(session, None, content, by=self.person(session, author), now=self.now)
            made.append(draft.id)

        if not self.do(save):
            return None
        self.plain.posts[made[0]] = Post(author, [version])
        return made[0]

    @rule(
        target=written, author=some.sampled_from(AUTHORS), where=SOME_ACCOUNTS, who=SOME_CHILDREN,
        looks=LOOKS, ahead=WHEN, named=some.booleans(),
    )  # fmt: skip
    def write(
        self, author: str, where: tuple[str, ...], who: tuple[str, ...], looks: str, ahead: timedelta,
        named: bool,
    ) -> Any:  # fmt: skip
        made = self._write(author, self._version(where, who, looks, ahead, named))
        return multiple() if made is None else made

    @rule(target=written, post=FIRST_POST)
    def write_and_have_it_decided(self, post: FirstPost) -> Any:
        made = self._have_decided(post)
        return multiple() if made is None else made

    def _have_decided(self, post: FirstPost) -> Any:
        """Written, handed in, and approved by whoever tries first, or by the headteacher after that."""
        author, by, where, who, looks, ahead, named = post
        made = self._write(author, self._version(where, who, looks, ahead, named))
        if made is not None:
            self.hand_in(made)
            self.decide(made, by, DecisionKind.APPROVE)
            self.decide(made, "head", DecisionKind.APPROVE)
        return made

    @rule(
        draft=written, by=some.sampled_from(AUTHORS), where=SOME_ACCOUNTS, who=SOME_CHILDREN,
        looks=LOOKS, ahead=WHEN,
    )  # fmt: skip
    def edit(
        self, draft: UUID, by: str, where: tuple[str, ...], who: tuple[str, ...], looks: str,
        ahead: timedelta,
    ) -> None:  # fmt: skip
        post, version = self.plain.posts[draft], self._version(where, who, looks, ahead, False)
        content = self._content(version, author=by, based_on=len(post.versions))
        if self.do(
            lambda s: drafts.save(s, draft, content, by=self.person(s, by), now=self.now)
        ):  # fmt: skip
            assert by == post.author, "only the author changes a post"
            post.versions.append(version)
            self.undone(post)

    @rule(draft=written)
    def tamper(self, draft: UUID) -> None:
        """Somebody with the database changes the words behind the product's back."""
        number = len(self.plain.posts[draft].versions)
        with self.transaction() as session:
            session.execute(
                sa.update(DraftRevision)
                .where(DraftRevision.draft_id == draft, DraftRevision.number == number)
                .values(text=f"Tampered {next(self.numbers)}")
            )

    @rule(draft=written)
    def hand_in(self, draft: UUID) -> None:
        post = self.plain.posts[draft]
        done = self.do(
            lambda s: submissions.submit(
                s,
                draft,
                revision_number=len(post.versions),
                findings=[],
                by=self.person(s, post.author),
                now=self.now,
            )
        )
        # What waits already is not handed in a second time.
        if done and post.approved is None and post.handed_in is None:
            assert not self.plain.may_hand_in(post.author), self.plain.may_hand_in(post.author)
            post.handed_in = len(post.versions) - 1

    @rule(
        draft=written, by=some.sampled_from(ADULTS),
        kind=some.sampled_from([DecisionKind.APPROVE, DecisionKind.APPROVE, *DecisionKind]),
    )  # fmt: skip
    def decide(self, draft: UUID, by: str, kind: DecisionKind) -> None:
        post = self.plain.posts[draft]

        def decide(session: Session) -> None:
            proof = decisions.prove_signed_in(
                session, draft, by=self.person(session, by), revision_number=len(post.versions)
            )
            decisions.decide(session, proof, decision=kind, reason="So it is", now=self.now)

        if self.do(decide):
            assert self.plain.may_decide(by, post.author), f"{by} may not decide on {post.author}'s post"
            assert post.handed_in == len(post.versions) - 1, "nobody asked"
            self.undone(post)
            if kind is DecisionKind.APPROVE:
                post.approved = len(post.versions) - 1

    @rule(draft=written)
    def take_back(self, draft: UUID) -> None:
        post = self.plain.posts[draft]
        if self.do(
            lambda s: drafts.withdraw(s, draft, reason="", by=self.person(s, post.author), now=self.now)
        ):
            self.undone(post)
