"""A post reads alike wherever it stands: how it stands, what happened, what was written under it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from flask import Flask

from approvals.models import Draft, PostFigures, Publication, PublicationMove
from approvals.models.takedowns import Takedown, TakedownState
from approvals.states import PublicationState
from moderation.decisions import Outcome
from moderation.models import Comment, CommentState, LogEntry, ReferTo
from school.db import now, transaction
from school.models import Account, Person, Role
from tests.moderation import scenes
from tests.moderation.platform import ScriptedPlatform, author, comment
from tests.web.conftest import Browser
from tests.web.writing import decide, fields, mailed_token, rows, write

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
SignIn = Callable[[Role], Browser]


def published(app: Flask, teacher: Browser, account: Account, later: datetime) -> str:
    """A post that is approved and out as “post-1”; its page's path."""
    path = write(teacher, account, at=later)
    assert decide(app, mailed_token()).status_code == 200
    with transaction() as session:
        session.execute(
            sa.update(Publication).values(
                state=PublicationState.PUBLISHED, post_platform_id="post-1", published_at=now()
            )
        )
    return path


def under(browser: Browser, path: str) -> str:
    """What the page says of the comments; empty where it says nothing."""
    found = re.search(r'<section aria-labelledby="comments">.*?</section>', browser.get(path).text, re.DOTALL)
    return found[0] if found else ""


def test_p2_p3_a_posts_page_shows_its_comments_to_whom_the_queue_does(
    app: Flask,
    signed_in: SignIn,
    make_account: Callable[..., Account],
    school_people: dict[Role, Person],
    later: datetime,
) -> None:
    account, clock = make_account("facebook", identity_id="school"), scenes.PresentClock()
    teacher, slt = signed_in(Role.STAFF), signed_in(Role.SLT)
    path = published(app, teacher, account, later)
    first, about_head = scenes.flagged(
        account.id,
        ScriptedPlatform(),
        clock,
        comment(1, "You idiot Periwinkle", author=author("Rude Ron")),
        comment(2, "The head is an idiot, Xylophone", author=author("Angry Ann")),
        comment(3, "Lovely sunflowers", author=author("Kind Kit")),
        comment(4, "An idiot elsewhere, Zanzibar", post="post-2"),
    )[:2]
    seen = under(slt, path)
    assert "3 comments." in seen and ">2 wait for a decision</a>" in seen
    assert "Lovely sunflowers" in seen and "Kind Kit" in seen and "Zanzibar" not in seen
    assert f'href="/moderation/{first}"' in seen
    # Abuse is covered as in the queue, and what is friendly isn't.
    covered = re.findall(r'<details class="covered">.*?</details>', seen, re.DOTALL)
    assert len(covered) == 2 and "Periwinkle" in "".join(covered) and "sunflowers" not in "".join(covered)
    # What somebody put into the log though nothing was found in it is covered, too.
    with transaction() as session:
        session.execute(
            sa.update(Comment)
            .where(Comment.id.in_(sa.select(LogEntry.comment_id).where(LogEntry.id == first)))
            .values(state=CommentState.CLEAR)
        )
    still = re.findall(r'<details class="covered">.*?</details>', under(slt, path), re.DOTALL)
    assert "Periwinkle" in "".join(still)
    link = re.search(r'href="(/moderation\?[^"]+)"', seen)
    assert link
    queue = slt.get(link[1].replace("&amp;", "&")).text
    assert "Periwinkle" in queue and "Zanzibar" not in queue
    # Whoever wrote the post and doesn't moderate sees as little of it as of the queue; so does the chair.
    for role in (Role.STAFF, Role.CHAIR, Role.DPO):
        page = signed_in(role).get(path)
        assert page.status_code == 200 and "Periwinkle" not in page.text, role
        assert 'id="comments"' not in page.text, role
    scenes.decide(first, Outcome.HIDE, by=school_people[Role.SLT], clock=clock)
    scenes.decide(
        about_head, Outcome.REFER, by=school_people[Role.SLT], clock=clock, refer_to=ReferTo.CHAIR,
        about_headteacher=True,
    )  # fmt: skip
    assert "None waits for a decision." in under(slt, path)
    head = under(signed_in(Role.HEADTEACHER), path)
    assert "2 comments." in head and "None waits for a decision." in head
    assert "Periwinkle" in head and "Xylophone" not in head and "Angry Ann" not in head
    assert str(about_head) not in head


def test_hidden_comments_and_those_that_nothing_has_looked_at_are_counted_and_covered(
    app: Flask, signed_in: SignIn, make_account: Callable[..., Account], later: datetime
) -> None:
    account, clock = make_account("facebook", identity_id="school"), scenes.PresentClock()
    path = published(app, signed_in(Role.STAFF), account, later)
    platform = ScriptedPlatform()
    platform.show(comment(1, "Not looked at, Periwinkle"), comment(2, "Hidden there", hidden=True))
    scenes.poll(account.id, platform, clock)
    seen = under(signed_in(Role.SLT), path)
    assert "2 comments, 1 of them hidden." in seen and "2 wait to be checked for abuse." in seen
    assert seen.count('<details class="covered">') == 2


def test_what_went_with_a_post_that_was_taken_down_is_not_said_to_be_there(
    app: Flask, signed_in: SignIn, make_account: Callable[..., Account], later: datetime
) -> None:
    account, clock = make_account("facebook", identity_id="school"), scenes.PresentClock()
    path = published(app, signed_in(Role.STAFF), account, later)
    words = ("You idiot", "Lovely")
    scenes.flagged(
        account.id, ScriptedPlatform(), clock, *(comment(n, text) for n, text in enumerate(words, start=1))
    )
    head = signed_in(Role.HEADTEACHER)
    assert "went from Facebook" not in under(head, path)
    [publication] = rows(sa.select(Publication.id))
    down = head.post(f"{path}/publications/{publication}/takedown", path, reason="A mistake", do="here")
    assert down.status_code == 302
    page = head.get(path).text
    assert "is having it taken down</b> (asked " in page and "had it taken down" not in page
    assert "It is still to be seen on Facebook" in page and "went from Facebook" not in under(head, path)
    with transaction() as session:
        session.execute(sa.update(Takedown).values(state=TakedownState.DONE, finished_at=now()))
    page, seen = head.get(path).text, under(head, path)
    assert "had it taken down</b>" in page and "is having it" not in page
    assert "2 comments. They went from Facebook with the post; what is in the log stays there." in seen
    assert ">1 still waits for a decision</a>" in seen


def test_how_many_comments_there_are_is_said_once(
    app: Flask, signed_in: SignIn, make_account: Callable[..., Account], later: datetime
) -> None:
    """The platform's count is of another hour: beside the comments that have come in it contradicts them."""
    account, clock = make_account("facebook", identity_id="school"), scenes.PresentClock()
    teacher = signed_in(Role.STAFF)
    path = published(app, teacher, account, later)
    scenes.flagged(account.id, ScriptedPlatform(), clock, comment(1, "You idiot"), comment(2, "Lovely"))
    with transaction() as session:
        [publication] = session.scalars(sa.select(Publication.id))
        session.add(PostFigures(id=publication, attempts=0, read_at=now(), people=9, likes=4, comments=27))
    read = signed_in(Role.HEADTEACHER).get(path).text
    assert "By then: 4 reactions." in read and "2 comments." in read and "27 comments" not in read
    # Who is shown no comments reads what the platform counted, with its day.
    assert "By then: 4 reactions, 27 comments." in teacher.get(path).text


def test_one_word_says_everywhere_that_a_post_is_approved_and_to_come(
    app: Flask, signed_in: SignIn, make_account: Callable[..., Account], later: datetime
) -> None:
    accounts = make_account("x"), make_account("facebook")
    teacher = signed_in(Role.STAFF)
    path = write(teacher, *accounts, at=later)
    head = signed_in(Role.HEADTEACHER)
    places = ("/", "/drafts", f"/calendar?list={later:%Y-%m-%d}", path)

    def badges(browser: Browser, place: str) -> set[str]:
        main = browser.get(place).text.partition("<main")[2]
        words = set(re.findall(r'<span class="badge text-bg-\w+">([^<]+)</span>', main))
        return words & {"approved", "scheduled", "waiting for approval", "published"}

    assert {place: badges(teacher, place) for place in places} == {
        place: {"waiting for approval"} for place in places
    }
    assert decide(app, mailed_token()).status_code == 200
    assert {place: badges(teacher, place) for place in places} == {place: {"scheduled"} for place in places}
    assert badges(head, "/data-protection/search?words=fair") <= {"scheduled"}
    assert "It is approved. It will be published on" in teacher.get(path).text


def test_one_word_says_everywhere_that_changes_were_asked_for_until_it_is_handed_in_again(
    app: Flask, signed_in: SignIn, make_account: Callable[..., Account], later: datetime
) -> None:
    """Changing it makes it a draft in work, which is no news to its author."""
    account = make_account("x")
    teacher = signed_in(Role.STAFF)
    path = write(teacher, account, at=later)
    until = f"{later + timedelta(days=8):%Y-%m-%d}"
    repeat = {"rhythm": "weekly", "until": until, "series": str(uuid4()), "do": "begin"}
    assert teacher.post(f"{path}/repeat", path, **repeat).status_code == 302
    assert decide(app, mailed_token(), decision="changes", reason="Name no teacher").status_code == 200
    at = later + timedelta(days=9)
    typed = fields(account, at=at, text="Another wording", based_on="1", do="save")
    assert teacher.post(f"{path}/edit", f"{path}/edit", **typed).status_code == 302
    [other] = rows(sa.select(Draft.id).where(Draft.id != UUID(path.rpartition("/")[2])))
    for place in ("/drafts", f"/calendar?list={at:%Y-%m-%d}", path, f"/drafts/{other}"):
        main = teacher.get(place).text.partition("<main")[2]
        assert ">changes asked for</span>" in main, place
        # Its repetition, which nobody has decided on; on its own page it stands among the series as well.
        assert main.count(">being written</span>") <= 1 + place.endswith(str(other)), place
    # Nor is it folded away under those of its series that come before it.
    assert "more of this series" not in teacher.get("/drafts").text


def test_the_history_and_the_trail_say_in_plain_words_what_happened(
    app: Flask,
    signed_in: SignIn,
    make_account: Callable[..., Account],
    school_people: dict[Role, Person],
    later: datetime,
) -> None:
    account, clock = make_account("facebook", identity_id="school"), scenes.PresentClock()
    teacher = signed_in(Role.STAFF)
    path = published(app, teacher, account, later)
    with transaction() as session:
        # As an earlier release wrote it down.
        [publication] = session.scalars(sa.select(Publication))
        for old, new, reason in (
            (PublicationState.SCHEDULED, PublicationState.PUBLISHING, "A worker took it up."),
            (PublicationState.PUBLISHING, PublicationState.PUBLISHED, "The platform took it."),
        ):
            session.add(
                PublicationMove(publication_id=publication.id, old=old, new=new, reason=reason, at=now())
            )
    page = teacher.get(path).text
    assert "worker" not in page and "took it" not in page
    assert "Its time came, so Schoolgate began to publish it." in page
    [entry, *_] = scenes.flagged(account.id, ScriptedPlatform(), clock)
    scenes.decide(entry, Outcome.DISMISS, by=school_people[Role.SLT], clock=clock)
    trail = signed_in(Role.HEADTEACHER).get("/audit").text
    assert "<dt>Decided</dt><dd>no action</dd>" in trail
    assert "<dt>Before</dt><dd>waiting for approval</dd>" in trail
    for bare in ("<dd>dismiss</dd>", "<dd>submitted</dd>", "<dt>Outcomes</dt>", "<dt>Revision</dt>"):
        assert bare not in trail, bare


@pytest.mark.parametrize(
    ("who", "told"),
    [("newteacher", True), ("marketing", False), ("network", False), ("moderator", False), ("chair", False)],
)
def test_only_who_is_to_write_is_told_what_is_missing_for_it(who: str, told: bool, visitor: Browser) -> None:
    visitor.sign_in(f"{who}@larkfield.test")
    for page in ("/", "/drafts"):
        assert ("You can’t write posts yet" in visitor.get(page).text) == told, page


@pytest.mark.parametrize(
    ("who", "does"),
    [
        ("marketing", "/me#may"),
        ("network", "/accounts#connect-heading"),
        ("head", "/accounts#connect-heading"),
    ],
)
def test_whoever_opens_the_form_of_a_post_is_told_what_is_missing(
    who: str, does: str, visitor: Browser
) -> None:
    """Also who writes none as a rule; whoever can mend it is led to where."""
    visitor.sign_in(f"{who}@larkfield.test")
    answer = visitor.get("/drafts/new")
    assert answer.status_code == 403 and "You can’t write posts yet. This is missing:" in answer.text
    assert "No account of the school is connected yet" in answer.text and f'href="{does}"' in answer.text
