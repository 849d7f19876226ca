"""The connectors end to end against the practice platforms: what is done here shows there."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from PIL import Image

from connectors.base import (
    TAGGED,
    VISITOR_POSTS,
    Capability,
    CommentKind,
    CommentPage,
    Connector,
    Endpoints,
    Picture,
    Platform,
    PostContent,
)
from connectors.credentials import validate_credentials
from connectors.errors import (
    ConnectorError,
    ConnectorUnavailable,
    CredentialsDead,
    Gone,
    NotAllowed,
    OutcomeUnknown,
    OutOfCredit,
    RateLimited,
)
from connectors.figures import PERMISSIONS, Figures, Withheld
from connectors.practice import graph_figures
from connectors.practice.faults import Fault, FaultRule, OperationKind
from connectors.practice.seen import Seen
from connectors.practice.servers import PracticePlatforms
from connectors.practice.world import World
from connectors.registry import connector_for
from tests.connectors.scripted import Reply, Scripted, Steps

EACH = pytest.mark.parametrize("platform", list(Platform))


def jpeg(colour: str = "green") -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (640, 640), colour).save(target, "JPEG")
    return target.getvalue()


@pytest.fixture
def platforms() -> Iterator[PracticePlatforms]:
    with PracticePlatforms(None, pace=None, earlier_life=False) as running:
        yield running


@pytest.fixture
def world(platforms: PracticePlatforms) -> World:
    return platforms.world


def connector(platforms: PracticePlatforms, platform: Platform, timeout: float = 5.0) -> Connector:
    credentials = validate_credentials(platform, platforms.credentials(platform))
    there = Endpoints(
        x_url=platforms.x_url, graph_url=platforms.graph_url, timeout=timeout, x_follow_requests=True
    )
    return connector_for(platform, credentials, "", there)


def read(
    connector: Connector, stream: str | None, since: str | None = None
) -> tuple[list[CommentPage], str | None]:
    pages: list[CommentPage] = []
    cursor: str | None = None
    while True:
        pages.append(connector.fetch_comments(post_platform_id=stream, since=since, cursor=cursor))
        cursor = pages[-1].cursor
        if cursor is None:
            return pages, pages[-1].watermark


def texts(pages: list[CommentPage]) -> list[str]:
    return [comment.text for page in pages for comment in page.comments]


@EACH
def test_the_platform_says_whose_the_credentials_are(
    platforms: PracticePlatforms, platform: Platform
) -> None:
    me = connector(platforms, platform).probe()
    school = platforms.world.school(platform)
    assert (me.platform_id, me.handle) == (school.id, school.handle)


@EACH
def test_a_post_with_pictures_shows_as_written(
    platforms: PracticePlatforms, server: Scripted, platform: Platform
) -> None:
    server.script = lambda request: Reply(200, jpeg(request.path.strip("/")), {"content-type": "image/jpeg"})
    pictures = tuple(
        Picture(jpeg(colour), "image/jpeg", f"A {colour} field & sky", public_url=f"{server.url}/{colour}")
        for colour in ("green", "red")
    )
    content = PostContent("Sports day é 😀 <b>&amp;", pictures, "https://school.example/day?a=1&b=2")
    acting = connector(platforms, platform)
    post = acting.publish(content, steps=Steps())
    shown = platforms.world.public_post(platform, post.platform_id).post
    assert shown.text == acting.shown_text(content)
    assert [picture.alt_text for picture in shown.pictures] == ["A green field & sky", "A red field & sky"]
    (found,) = acting.recent_posts(since=datetime.now(UTC) - timedelta(minutes=5))
    assert (found.platform_id, found.text) == (post.platform_id, acting.shown_text(content))
    assert found.picture_count == 2
    acting.delete_post(post.platform_id)
    assert acting.recent_posts(since=datetime.now(UTC) - timedelta(minutes=5)) == []
    with pytest.raises(Gone):
        acting.delete_post(post.platform_id)


@pytest.mark.parametrize("platform", [Platform.X, Platform.FACEBOOK])
def test_a_text_with_a_link_shows_both(platforms: PracticePlatforms, platform: Platform) -> None:
    acting = connector(platforms, platform)
    post = acting.publish(
        PostContent("Letters are out.", link="https://school.example/letters"), steps=Steps()
    )
    shown = platforms.world.post(platform, post.platform_id)
    assert "https://school.example/letters" in f"{shown.text} {shown.link}"


@EACH
def test_comments_come_once_then_only_what_is_new(
    platforms: PracticePlatforms, world: World, platform: Platform
) -> None:
    post = world.publish(platform, "Sports day", at=datetime.now(UTC) - timedelta(hours=2))
    start = datetime.now(UTC) - timedelta(hours=1)
    first = world.say(platform, post.id, "Ann Parent", "First", at=start)
    nested = world.say(platform, post.id, "Bob Parent", "Nested", first.id, at=start + timedelta(minutes=10))
    for number in range(120):
        world.say(
            platform,
            post.id,
            "Ann Parent",
            f"More {number}",
            at=start + timedelta(minutes=11, seconds=10 * number),
        )
    reading = connector(platforms, platform)
    pages, mark = read(reading, post.id)
    comments = {
        comment.text.removeprefix("@" + world.school(platform).handle).strip(): comment
        for page in pages
        for comment in page.comments
    }
    assert len([c for page in pages for c in page.comments]) == 122
    assert len(pages) > 1
    assert comments["First"].author.display_name
    assert comments["First"].post_platform_id == post.id
    inner = next(comment for text, comment in comments.items() if text.endswith("Nested"))
    assert (inner.platform_id, inner.parent_platform_id) == (nested.id, first.id)
    world.say(platform, post.id, "Cat Parent", "Brand new")
    again, later = read(reading, post.id, mark)
    assert any(text.endswith("Brand new") for text in texts(again))
    assert len(texts(again)) < 122
    assert later != mark


@EACH
def test_a_late_answer_to_an_old_comment_is_seen(
    platforms: PracticePlatforms, world: World, platform: Platform
) -> None:
    post = world.publish(platform, "Sports day", at=datetime.now(UTC) - timedelta(days=3))
    old = world.say(platform, post.id, "Ann Parent", "Old one", at=datetime.now(UTC) - timedelta(days=2))
    reading = connector(platforms, platform)
    _, mark = read(reading, post.id)
    world.say(platform, post.id, "Bob Parent", "Late answer", old.id)
    pages, _ = read(reading, post.id, mark)
    assert any(text.endswith("Late answer") for text in texts(pages))


def test_x_mentions_elsewhere_are_seen_and_belong_to_no_post(
    platforms: PracticePlatforms, world: World
) -> None:
    handle = world.school(Platform.X).handle
    world.say(Platform.X, None, "Ann Parent", f"What is going on at @{handle}?")
    ((page,), mark) = read(connector(platforms, Platform.X), None)
    (comment,) = page.comments
    assert (comment.post_platform_id, comment.can_hide) == ("", False)
    assert comment.kind is CommentKind.MENTION
    newest, _, _ = (mark or "").partition("@")
    later = f"{newest}@{int(datetime.now(UTC).timestamp()) + 60}"
    ((empty,), same) = read(connector(platforms, Platform.X), None, later)
    assert empty.comments == ()
    assert same


@pytest.mark.parametrize(
    ("platform", "stream", "kind"),
    [
        (Platform.FACEBOOK, VISITOR_POSTS, CommentKind.VISITOR_POST),
        (Platform.FACEBOOK, TAGGED, CommentKind.TAG),
        (Platform.INSTAGRAM, TAGGED, CommentKind.TAG),
    ],
)
def test_what_others_post_is_read_as_comments_are(
    platforms: PracticePlatforms, world: World, platform: Platform, stream: str, kind: CommentKind
) -> None:
    reading = connector(platforms, platform)
    assert stream in set(reading.comment_streams(posts={}))
    start = datetime.now(UTC) - timedelta(hours=30)
    for number in range(60):
        at = start + timedelta(minutes=number)
        world.post_elsewhere(platform, kind.value, "Ann Parent", f"Seen {number}", at=at)
    pages, mark = read(reading, stream)
    assert len(pages) == 2 and len({*texts(pages)}) == 60
    found = pages[0].comments[0]
    assert (found.text, found.kind, found.post_platform_id) == ("Seen 59", kind, "")
    assert (found.can_hide, found.can_delete) == (False, False) and found.url
    ann = world.person_or_new(platform, "Ann Parent")
    assert found.author.platform_id == ann.id or found.author.handle == ann.handle
    new = world.post_elsewhere(platform, kind.value, "Bob Troll", "Brand new")
    again, _ = read(reading, stream, mark)
    assert len(again) == 1 and texts(again)[0] == "Brand new"
    world.take_down_elsewhere(platform, new.id)
    assert "Brand new" not in texts(read(reading, stream)[0])


@pytest.mark.parametrize("platform", [Platform.FACEBOOK, Platform.INSTAGRAM])
def test_the_platforms_own_count_fits_what_it_shows(
    platforms: PracticePlatforms, world: World, platform: Platform
) -> None:
    post = world.publish(platform, "Sports day")
    first = world.say(platform, post.id, "Ann Parent", "One")
    world.say(platform, post.id, "Bob Parent", "Two", first.id)
    world.school_comment(platform, post.id, "Ours", first.id)
    reading = connector(platforms, platform)
    ((page,), _) = read(reading, post.id)
    assert (len(page.comments), page.own) == (2, 1)
    (seen,) = reading.recent_posts(since=datetime.now(UTC) - timedelta(hours=1))
    assert (page.total if platform is Platform.FACEBOOK else seen.comment_count) == 3


def test_the_graph_says_what_a_token_allows_and_until_when(
    platforms: PracticePlatforms, world: World
) -> None:
    end = datetime.now(UTC).replace(microsecond=0) + timedelta(days=9)
    world.set_token_end("token", end)
    world.withdraw_permissions("pages_manage_posts")
    world.set_page_published(False)
    found = connector(platforms, Platform.FACEBOOK).inspect()
    assert found.identity.platform_id == found.owner_id == world.school(Platform.FACEBOOK).id
    assert found.kind == "Page token" and found.expires_at == end and not found.published
    assert found.permissions is not None
    assert "pages_manage_engagement" in found.permissions and "pages_manage_posts" not in found.permissions
    there = connector(platforms, Platform.INSTAGRAM).inspect()
    assert (there.owner_id, there.expires_at, there.published) == ("", end, True)


@EACH
def test_p10_how_far_posts_came_is_read_and_what_is_kept_back_is_named(
    platforms: PracticePlatforms, world: World, platform: Platform
) -> None:
    """Several at a time; one that is gone is left out; without the permission the rest is still there."""
    first, second, gone = (world.publish(platform, f"Post {number}") for number in range(3))
    world.say(platform, first.id, "Ann Parent", "Lovely")
    world.set_seen(platform, first.id, Seen(people=214, views=301, likes=12, shares=2))
    world.set_seen(platform, second.id, Seen(people=3, views=4, likes=0, shares=0))
    world.delete_post(platform, gone.id)
    reading = connector(platforms, platform)
    found = reading.figures([first.id, gone.id, second.id])
    assert set(found) == {first.id, second.id}
    people = None if platform is Platform.X else 214
    assert found[first.id] == Figures(people=people, views=301, likes=12, comments=1, shares=2)
    calls = reading.calls()
    assert {call.operation for call in calls} == {"figures"}
    if platform is Platform.X:
        assert [(call.items, call.status) for call in calls] == [(2, 200)], (
            "one request, paid for by the post"
        )
        return
    # Two for each, and one for that which is gone.
    assert len(calls) == 5
    few = Withheld.TOO_FEW if platform is Platform.INSTAGRAM else None
    assert found[second.id].withheld is few
    world.withdraw_permissions(PERMISSIONS[platform])
    without = reading.figures([first.id, second.id])
    assert {one.withheld for one in without.values()} == {Withheld.PERMISSION}
    assert (without[first.id].likes, without[first.id].people) == (12, None)
    assert len(reading.calls()) == 3, "what one post is refused, no other is asked for"


@pytest.mark.parametrize("platform", [Platform.FACEBOOK, Platform.INSTAGRAM])
def test_p10_a_metric_that_the_platform_no_longer_knows_takes_no_other_with_it(
    platforms: PracticePlatforms, world: World, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = world.publish(platform, "Sports day")
    world.set_seen(platform, post.id, Seen(people=214, views=301, likes=12, shares=0))
    kept = dict(graph_figures.METRICS)
    views = {Platform.FACEBOOK: "post_media_view", Platform.INSTAGRAM: "views"}[platform]
    kept[platform] = tuple(name for name in kept[platform] if name != views)
    monkeypatch.setattr(graph_figures, "METRICS", kept)
    [found] = connector(platforms, platform).figures([post.id]).values()
    assert (found.people, found.views, found.withheld) == (214, None, None)
    kept[platform] = ()
    [found] = connector(platforms, platform).figures([post.id]).values()
    assert (found.people, found.likes, found.withheld) == (None, 12, Withheld.UNSAID)


def test_an_edit_on_x_is_a_new_id_that_names_the_old(platforms: PracticePlatforms, world: World) -> None:
    post = world.publish(Platform.X, "Sports day")
    before = world.say(Platform.X, post.id, "Ann Parent", "Nice")
    reading = connector(platforms, Platform.X)
    _, mark = read(reading, post.id)
    after = world.edit_comment(Platform.X, before.id, "Not nice at all")
    pages, _ = read(reading, post.id, mark)
    edited = next(c for page in pages for c in page.comments if c.platform_id == after.id)
    assert edited.earlier_platform_ids == (before.id,)
    assert edited.text.endswith("Not nice at all")


def test_an_edit_on_facebook_shows_in_a_rescan(platforms: PracticePlatforms, world: World) -> None:
    post = world.publish(Platform.FACEBOOK, "Sports day")
    comment = world.say(
        Platform.FACEBOOK, post.id, "Ann Parent", "Nice", at=datetime.now(UTC) - timedelta(hours=1)
    )
    world.edit_comment(Platform.FACEBOOK, comment.id, "Not nice at all")
    pages, _ = read(connector(platforms, Platform.FACEBOOK), post.id)
    assert texts(pages) == ["Not nice at all"]


@EACH
def test_a_deleted_comment_has_vanished_and_is_missing_from_a_rescan(
    platforms: PracticePlatforms, world: World, platform: Platform
) -> None:
    post = world.publish(platform, "Sports day")
    kept = world.say(platform, post.id, "Ann Parent", "Kept")
    gone = world.say(platform, post.id, "Bob Parent", "Gone")
    world.delete_comment_by_author(platform, gone.id)
    reading = connector(platforms, platform)
    assert reading.vanished([kept.id, gone.id]) == {gone.id}
    pages, _ = read(reading, post.id)
    assert [comment.platform_id for page in pages for comment in page.comments] == [kept.id]


@EACH
def test_moderation_shows_on_the_platform(
    platforms: PracticePlatforms, world: World, platform: Platform
) -> None:
    post = world.publish(platform, "Sports day")
    comment = world.say(platform, post.id, "Ann Troll", "Rubbish school")
    acting = connector(platforms, platform)
    for hidden in (True, False, True):
        acting.set_hidden(comment.id, hidden)
        assert world.comment(platform, comment.id).hidden is hidden
    since = datetime.now(UTC) - timedelta(minutes=1)
    assert acting.find_reply(comment.id, "Please ring the office.", since=since) is None
    answer_id = acting.reply(comment.id, "Please ring the office.")
    assert acting.find_reply(comment.id, "Please ring the office.", since=since) == answer_id
    pages, _ = read(acting, post.id)
    assert answer_id not in {found.platform_id for page in pages for found in page.comments}
    if Capability.MUTE in acting.capabilities:
        acting.mute(comment.author.id)
        assert [block.person.id for block in world.muted(platform)] == [comment.author.id]
        acting.unmute(comment.author.id)
        assert world.muted(platform) == []
    if Capability.BLOCK in acting.capabilities:
        acting.block(comment.author.id)
        assert world.is_blocked(platform, comment.author.id)
        acting.unblock(comment.author.id)
        assert not world.is_blocked(platform, comment.author.id)
    if Capability.DELETE_COMMENT in acting.capabilities:
        acting.delete_comment(comment.id)
        with pytest.raises(Gone):
            acting.delete_comment(comment.id)


def test_followers_and_requests_on_x(platforms: PracticePlatforms, world: World) -> None:
    for number in range(103):
        world.follow(Platform.X, f"Follower {number}", bio=f"Bio {number}")
    acting = connector(platforms, Platform.X)
    first, cursor = acting.followers(cursor=None)
    rest, end = acting.followers(cursor=cursor)
    assert [person.display_name for person in first][:2] == ["Follower 102", "Follower 101"]
    assert (len(first) + len(rest), end) == (103, None)
    assert first[0].bio == "Bio 102"
    with pytest.raises(NotAllowed):
        acting.follow_requests(cursor=None)
    world.set_protected(True)
    world.request_follow("Asking Parent")
    people, end = acting.follow_requests(cursor=None)
    assert ([person.display_name for person in people], end) == (["Asking Parent"], None)


BEFORE = [
    (Fault.RATE_LIMIT, RateLimited),
    (Fault.RATE_LIMIT_NO_RESET, RateLimited),
    (Fault.DEAD_TOKEN, CredentialsDead),
    (Fault.OUT_OF_CREDIT, OutOfCredit),
]


@pytest.mark.parametrize("platform", [Platform.X, Platform.FACEBOOK])
@pytest.mark.parametrize(("fault", "error"), BEFORE)
def test_a_platform_that_says_no_has_posted_nothing(
    platforms: PracticePlatforms, world: World, platform: Platform, fault: Fault, error: type[ConnectorError]
) -> None:
    if fault is Fault.OUT_OF_CREDIT and platform is not Platform.X:
        pytest.skip("only X asks for money")
    world.faults.set(platform, OperationKind.PUBLISH, FaultRule(fault, next_n=1))
    acting, steps = connector(platforms, platform), Steps()
    with pytest.raises(error):
        acting.publish(PostContent("Sports day"), steps=steps)
    assert world.posts(platform) == []
    acting.publish(PostContent("Sports day"), steps=steps)
    assert len(world.posts(platform)) == 1


LOST = [
    Fault.ERROR_500,
    Fault.ERROR_503,
    Fault.HTML_502,
    Fault.RESET_BEFORE,
    Fault.RESET_AFTER,
    Fault.TRUNCATED,
    Fault.JSON_ARRAY,
    Fault.EMPTY,
    Fault.ERROR_AFTER,
]


@pytest.mark.parametrize("platform", [Platform.X, Platform.FACEBOOK])
@pytest.mark.parametrize("fault", LOST)
def test_a_lost_answer_never_posts_twice(
    platforms: PracticePlatforms, world: World, platform: Platform, fault: Fault
) -> None:
    world.faults.set(platform, OperationKind.PUBLISH, FaultRule(fault, next_n=1))
    acting, steps = connector(platforms, platform), Steps()
    for _ in range(3):
        with pytest.raises(OutcomeUnknown):
            acting.publish(PostContent("Sports day"), steps=steps)
    assert len(world.posts(platform)) <= 1
    found = acting.recent_posts(since=datetime.now(UTC) - timedelta(minutes=5))
    assert [post.platform_id for post in found] == [post.id for post in world.posts(platform)]


@EACH
@pytest.mark.parametrize("fault", LOST)
def test_an_act_whose_answer_is_lost_may_be_repeated(
    platforms: PracticePlatforms, world: World, platform: Platform, fault: Fault
) -> None:
    post = world.publish(platform, "Sports day")
    comment = world.say(platform, post.id, "Ann Troll", "Rubbish school")
    acting = connector(platforms, platform)
    world.faults.set(platform, OperationKind.ACTION, FaultRule(fault, next_n=1))
    with pytest.raises(ConnectorUnavailable):
        acting.set_hidden(comment.id, True)
    acting.set_hidden(comment.id, True)
    assert world.comment(platform, comment.id).hidden


@pytest.mark.parametrize("fault", [Fault.RESET_AFTER, Fault.ERROR_AFTER, Fault.TRUNCATED, Fault.HTML_502])
def test_instagram_finds_out_by_itself_what_became_of_a_post(
    platforms: PracticePlatforms, world: World, server: Scripted, fault: Fault
) -> None:
    server.script = lambda request: Reply(200, jpeg(), {"content-type": "image/jpeg"})
    content = PostContent(
        "Sports day", (Picture(jpeg(), "image/jpeg", "A field", public_url=f"{server.url}/a"),)
    )
    acting, steps = connector(platforms, Platform.INSTAGRAM, timeout=1.0), Steps()
    world.faults.set(Platform.INSTAGRAM, OperationKind.PUBLISH, FaultRule(fault, next_n=1))
    try:
        post = acting.publish(content, steps=steps)
    except (OutcomeUnknown, ConnectorUnavailable):
        assert world.posts(Platform.INSTAGRAM) == []
    else:
        assert [found.id for found in world.posts(Platform.INSTAGRAM)] == [post.platform_id]


def test_a_slow_platform_is_cut_off(platforms: PracticePlatforms, world: World) -> None:
    world.faults.set(Platform.X, OperationKind.PUBLISH, FaultRule(Fault.DELAY, next_n=1, seconds=3))
    acting = connector(platforms, Platform.X, timeout=0.5)
    with pytest.raises(OutcomeUnknown):
        acting.publish(PostContent("Sports day"), steps=Steps())
