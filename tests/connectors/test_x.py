"""The X connector's own behaviour: what it sends, what it reads, where it goes on."""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

import pytest
from oauthlib.common import Request as OAuthRequest
from oauthlib.oauth1.rfc5849 import signature

from connectors.base import Capability, Picture, PostContent
from connectors.errors import ConnectorError, ConnectorRefused, OutcomeUnknown
from connectors.x import XConnector
from tests.connectors.scripted import OWN_X_ID, SECRETS, Received, Reply, Scripted, Steps, answer, x_at

JPEG = Picture(b"\xff\xd8\xff" + bytes(2000), "image/jpeg", "Year 4 planting beans, seen from behind.")


def snowflake(moment: datetime, extra: int = 0) -> str:
    return str((int(moment.timestamp() * 1000) - 1288834974657 << 22) + extra)


HOUR_AGO = datetime.now(UTC) - timedelta(hours=1)
OUR_POST = snowflake(HOUR_AGO)


def comment(platform_id: str, words: str = "Lovely", **fields: Any) -> dict[str, Any]:
    return {
        "id": platform_id,
        "text": words,
        "author_id": "9",
        "conversation_id": OUR_POST,
        "created_at": "2026-03-01T10:00:00.000Z",
        "edit_history_tweet_ids": [platform_id],
    } | fields


PEOPLE = {"users": [{"id": "9", "name": "A. Parent", "username": "aparent", "description": "Mum of two"}]}


def test_publishing_uploads_each_picture_with_its_alt_text_and_posts_once(
    server: Scripted, x: XConnector, steps: Steps
) -> None:
    server.answers(
        answer({"data": {"id": "111", "media_key": "3_111"}}),
        answer({"data": {"id": "111", "associated_metadata": {"alt_text": {"text": JPEG.alt_text}}}}),
        answer({"data": {"id": OUR_POST, "text": "t"}}, 201),
    )
    post = x.publish(PostContent("Beans!", (JPEG,), "https://school.example/beans"), steps=steps)
    upload, alt_text, tweet = server.received
    assert upload.path == "/2/media/upload"
    assert b'name="media"; filename="picture"\r\nContent-Type: image/jpeg\r\n\r\n' + JPEG.data in upload.body
    assert b'name="media_category"\r\n\r\ntweet_image' in upload.body
    assert alt_text.json == {"id": "111", "metadata": {"alt_text": {"text": JPEG.alt_text}}}
    assert tweet.json == {"text": "Beans!\nhttps://school.example/beans", "media": {"media_ids": ["111"]}}
    assert post.platform_id == OUR_POST
    assert post.url.endswith(f"/status/{OUR_POST}")
    assert abs(post.created_at - HOUR_AGO) < timedelta(seconds=1)
    assert [record.operation for record in x.calls()] == ["upload", "alt_text", "publish"]


def test_an_uploaded_picture_is_not_uploaded_again(server: Scripted, x: XConnector, steps: Steps) -> None:
    server.answers(
        answer({"data": {"id": "111"}}),
        answer({"data": {}}),
        answer({}, 429),
        answer({"data": {"id": "17"}}, 201),
    )
    content = PostContent("Beans!", (JPEG,))
    with pytest.raises(ConnectorError):
        x.publish(content, steps=steps)
    assert x.publish(content, steps=steps).platform_id == "17"
    assert [request.path for request in server.received] == [
        "/2/media/upload",
        "/2/media/metadata",
        "/2/tweets",
        "/2/tweets",
    ]


def test_a_worker_killed_while_posting_does_not_post_again(
    server: Scripted, x: XConnector, steps: Steps
) -> None:
    # What a killed worker leaves behind: the mark, and no answer.
    steps.put("posting", "2026-03-01T10:00:00+00:00")
    with pytest.raises(OutcomeUnknown):
        x.publish(PostContent("Beans!"), steps=steps)
    assert server.received == []
    # Somebody has looked, found nothing and cleared the mark.
    steps.put("posting", "")
    server.answers(answer({"data": {"id": "17"}}, 201))
    assert x.publish(PostContent("Beans!"), steps=steps).platform_id == "17"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (PostContent("x" * 281), "length"),
        (PostContent("日" * 141), "length"),
        (PostContent("x" * 100_000), "length"),
        (PostContent(" "), "empty"),
        (PostContent("x", (JPEG,) * 5), "pictures"),
        (PostContent("x", (Picture(b"GIF89a", "image/gif", ""),)), "pictures"),
        (PostContent("x", (Picture(b"x" * (5 * 1024 * 1024 + 1), "image/png", ""),)), "pictures"),
        (PostContent("x", (Picture(b"x", "image/png", "a" * 1001),)), "pictures"),
        (PostContent("half a character: \ud83d"), "text"),
    ],
)
def test_p16_a_post_beyond_the_limits_is_refused_without_a_request(
    server: Scripted, x: XConnector, steps: Steps, content: PostContent, code: str
) -> None:
    with pytest.raises(ConnectorRefused) as caught:
        x.publish(content, steps=steps)
    assert caught.value.code == code
    assert server.received == []


def test_every_request_is_signed_for_the_address_it_goes_to(server: Scripted) -> None:
    server.answers(answer({"data": []}))
    x = x_at(server.url + "/stands/for/x/")
    x.fetch_comments(post_platform_id=None, since="17", cursor=None)
    (request,) = server.received
    assert request.path == f"/stands/for/x/2/users/{OWN_X_ID}/mentions"
    header = request.headers["authorization"].removeprefix("OAuth ")
    given = {name: unquote(value) for name, value in re.findall(r'(\w+)="([^"]*)"', header)}
    sent = given.pop("oauth_signature")
    asked = OAuthRequest(server.url + request.target, "GET")
    asked.params = [
        (name, value) for name, value in (*given.items(), *request.query.items()) if name != "realm"
    ]
    asked.signature = sent
    assert signature.verify_hmac_sha1(asked, SECRETS["consumer_secret"], SECRETS["access_token_secret"])
    asked.uri = "https://api.twitter.com" + request.target
    assert not signature.verify_hmac_sha1(asked, SECRETS["consumer_secret"], SECRETS["access_token_secret"])


def test_a_poll_pages_to_the_end_and_remembers_the_largest_id_as_a_number(
    server: Scripted, x: XConnector
) -> None:
    server.answers(
        answer({"data": [comment("99"), comment("1000")], "includes": PEOPLE, "meta": {"next_token": "n2"}}),
        answer({"data": [comment("101")], "includes": PEOPLE, "meta": {"result_count": 1}}),
    )
    first = x.fetch_comments(post_platform_id=OUR_POST, since="98", cursor=None)
    assert first.watermark is None
    assert first.cursor is not None
    last = x.fetch_comments(post_platform_id=OUR_POST, since="98", cursor=first.cursor)
    assert (last.cursor, last.watermark, last.complete) == (None, "1000", True)
    assert [request.query.get("next_token") for request in server.received] == [None, "n2"]
    assert all(request.query["since_id"] == "98" for request in server.received)
    assert [found.platform_id for found in (*first.comments, *last.comments)] == ["99", "1000", "101"]
    assert [record.items for record in x.calls()] == [2, 1]


def test_a_poll_that_finds_nothing_keeps_the_watermark(server: Scripted, x: XConnector) -> None:
    server.answers(answer({"meta": {"result_count": 0}}))
    for since in (None, "17"):
        page = x.fetch_comments(post_platform_id=None, since=since, cursor=None)
        assert (page.comments, page.cursor, page.watermark) == ((), None, since)


def test_timed_ids_are_read_again_for_some_seconds(server: Scripted, x: XConnector) -> None:
    server.answers(answer({"meta": {"result_count": 0}}))
    x.fetch_comments(post_platform_id=OUR_POST, since=OUR_POST, cursor=None)
    x.fetch_comments(post_platform_id=None, since=OUR_POST, cursor=None)
    search, mentions = (int(request.query["since_id"]) for request in server.received)
    assert int(OUR_POST) - search == 60_000 << 22
    assert int(OUR_POST) - mentions == 10_000 << 22


def test_a_gap_is_told(server: Scripted, x: XConnector) -> None:
    # The search reaches seven days back, the mentions 800 posts.
    server.answers(answer({"meta": {"result_count": 0}}))
    old = snowflake(datetime.now(UTC) - timedelta(days=9))
    assert not x.fetch_comments(post_platform_id=OUR_POST, since=old, cursor=None).complete
    assert "since_id" not in server.received[0].query
    assert "start_time" in server.received[0].query
    server.received.clear()
    server.answers(answer({"data": [comment("17")], "meta": {"next_token": "n2"}}), answer({"meta": {}}))
    first = x.fetch_comments(post_platform_id=OUR_POST, since=old, cursor=None)
    x.fetch_comments(post_platform_id=OUR_POST, since=old, cursor=first.cursor)
    assert len({request.query["start_time"] for request in server.received}) == 1
    pages = [[comment(str(1000 + page * 100 + place)) for place in range(100)] for page in range(8)]
    replies = [
        answer({"data": data, "meta": {"next_token": f"n{place}"}}) for place, data in enumerate(pages[:-1])
    ]
    x._roots[OUR_POST] = True
    server.answers(*replies, answer({"data": pages[-1], "meta": {}}))
    cursor, complete = None, True
    for _ in range(8):
        page = x.fetch_comments(post_platform_id=None, since="17", cursor=cursor)
        cursor, complete = page.cursor, complete and page.complete
    assert cursor is None
    assert not complete


def test_a_page_that_leads_to_itself_is_not_followed_for_ever(server: Scripted, x: XConnector) -> None:
    server.answers(answer({"data": [comment("17")], "meta": {"next_token": "same"}}))
    page = x.fetch_comments(post_platform_id=OUR_POST, since=None, cursor=None)
    page = x.fetch_comments(post_platform_id=OUR_POST, since=None, cursor=page.cursor)
    assert (page.cursor, page.complete) == (None, False)


def test_nested_replies_know_their_parent_and_their_post(server: Scripted, x: XConnector) -> None:
    top = comment(
        "200", referenced_tweets=[{"type": "replied_to", "id": OUR_POST}], in_reply_to_user_id=OWN_X_ID
    )
    nested = comment("300", referenced_tweets=[{"type": "replied_to", "id": "200"}])
    elsewhere = comment("400", conversation_id="250", referenced_tweets=[{"type": "replied_to", "id": "250"}])
    alone = comment("500", conversation_id="500")
    ours = comment("600", author_id=OWN_X_ID)
    repost = comment("700", referenced_tweets=[{"type": "retweeted", "id": "200"}])
    included = PEOPLE | {"tweets": [{"id": OUR_POST, "author_id": OWN_X_ID, "text": "Beans!"}]}
    server.answers(
        answer({"data": [top, nested, elsewhere, alone, ours, repost], "includes": included}),
        answer({"data": [{"id": "250", "author_id": "77", "text": "t"}]}),
    )
    page = x.fetch_comments(post_platform_id=None, since=None, cursor=None)
    found = {item.platform_id: item for item in page.comments}
    assert set(found) == {"200", "300", "400", "500"}
    assert (found["200"].post_platform_id, found["200"].parent_platform_id) == (OUR_POST, "")
    assert (found["300"].post_platform_id, found["300"].parent_platform_id) == (OUR_POST, "200")
    assert (found["400"].post_platform_id, found["400"].parent_platform_id) == ("", "250")
    assert found["500"].post_platform_id == ""
    assert [found[name].can_hide for name in ("200", "300", "400", "500")] == [True, True, False, False]
    assert server.received[1].query["ids"] == "250"
    assert found["200"].author.handle == "aparent"
    assert found["200"].url == "https://x.com/aparent/status/200"


def test_an_edited_reply_names_the_ids_it_had(server: Scripted, x: XConnector) -> None:
    server.answers(answer({"data": [comment("17", edit_history_tweet_ids=["15", "16", "17"])]}))
    (edited,) = x.fetch_comments(post_platform_id=OUR_POST, since=None, cursor=None).comments
    assert edited.earlier_platform_ids == ("15", "16")
    assert edited.edited_at is not None
    assert not edited.hidden_known


def test_the_whole_text_is_read_as_a_reader_sees_it(server: Scripted, x: XConnector) -> None:
    words = "Tom &amp; Ann &lt;3 https://t.co/a https://t.co/pic"
    urls = [
        {"url": "https://t.co/a", "expanded_url": "https://school.example/a?b=1"},
        {"url": "https://t.co/pic", "expanded_url": "https://x.com/i/photo/1", "media_key": "3_1"},
    ]
    long = "L" * 400
    data = [comment("17", words, entities={"urls": urls}), comment("18", "LLL…", note_tweet={"text": long})]
    server.answers(answer({"data": data}))
    found = x.fetch_comments(post_platform_id=OUR_POST, since=None, cursor=None).comments
    assert [item.text for item in found] == ["Tom & Ann <3 https://school.example/a?b=1", long]


def test_the_newer_names_of_fields_are_read_too(server: Scripted, x: XConnector) -> None:
    post = comment(
        "17", referenced_posts=[{"type": "replied_to", "id": "16"}], edit_history_post_ids=["15", "17"]
    )
    del post["edit_history_tweet_ids"]
    server.answers(answer({"data": [post], "includes": {"posts": [{"id": OUR_POST, "author_id": OWN_X_ID}]}}))
    (found,) = x.fetch_comments(post_platform_id=None, since=None, cursor=None).comments
    assert (found.parent_platform_id, found.earlier_platform_ids, found.can_hide) == ("16", ("15",), True)


def test_odd_fields_lose_no_comment(server: Scripted, x: XConnector) -> None:
    data = [
        {"id": 17, "text": "number as id"},
        {"id": "18", "text": "half \ud83d and \x00 nothing", "created_at": "yesterday", "author_id": None},
        {"text": "no id", "author_id": "9"},
        {"id": "abc", "text": None, "referenced_tweets": "odd", "attachments": [], "entities": {"urls": {}}},
        "not an object",
    ]
    server.answers(
        answer({"data": data, "includes": {"users": [None, {"name": 5}], "media": "odd"}, "meta": None})
    )
    found = x.fetch_comments(post_platform_id=OUR_POST, since=None, cursor=None).comments
    assert [item.text for item in found] == ["number as id", "half \ufffd and \ufffd nothing", "no id", ""]
    assert found[0].platform_id == "17"
    assert found[2].platform_id.startswith("noid-")
    for item in found:
        assert item.created_at.tzinfo is not None
        item.text.encode()


def test_the_conversations_of_the_last_seven_days_are_searched(x: XConnector) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=8)
    posts = {OUR_POST: HOUR_AGO, snowflake(long_ago): long_ago, "17": HOUR_AGO}
    assert list(x.comment_streams(posts=posts)) == [None, OUR_POST, "17"]


def test_what_was_old_when_it_was_seen_is_not_paid_for_again(server: Scripted, x: XConnector) -> None:
    """X charges for every item read, so the newest reply of each post must not come with every poll."""
    server.answers(answer({"data": [comment(OUR_POST)], "includes": PEOPLE, "meta": {"result_count": 1}}))
    x._roots[OUR_POST] = True
    for stream in (None, OUR_POST):
        mark = x.fetch_comments(post_platform_id=stream, since=None, cursor=None).watermark
        x.fetch_comments(post_platform_id=stream, since=mark, cursor=None)
        assert server.received[-1].query["since_id"] == OUR_POST
        assert str(mark).startswith(f"{OUR_POST}@")


def test_a_silent_week_is_no_gap_but_an_unread_one_is(server: Scripted, x: XConnector) -> None:
    server.answers(answer({"meta": {"result_count": 0}}))
    eight_days_ago = datetime.now(UTC) - timedelta(days=8)
    newest, read_at = snowflake(eight_days_ago), int(HOUR_AGO.timestamp())
    page = x.fetch_comments(post_platform_id=OUR_POST, since=f"{newest}@{read_at}", cursor=None)
    assert page.complete, "it was read an hour ago: nothing can be missing"
    assert "start_time" in server.received[0].query, "X refuses ids from before the search's reach"
    unread = f"{newest}@{int(eight_days_ago.timestamp())}"
    assert not x.fetch_comments(post_platform_id=OUR_POST, since=unread, cursor=None).complete


def test_what_the_keys_allow_is_told(server: Scripted, x: XConnector) -> None:
    me = {"data": {"id": OWN_X_ID, "name": "School", "username": "school"}}
    server.answers(answer(me, x_access_level="read"))
    found = x.inspect()
    assert (found.identity.platform_id, found.permissions) == (OWN_X_ID, frozenset({"read"}))
    server.answers(answer(me))
    assert x.inspect().permissions is None, "a server that says nothing forbids nothing"


def test_what_is_no_longer_shown_has_vanished(server: Scripted, x: XConnector) -> None:
    server.answers(
        answer({"data": [{"id": "2", "text": "t"}], "errors": [{"resource_id": "1", "type": "x"}]})
    )
    assert x.vanished(["1", "2", "noid-a"]) == {"1"}
    assert server.received[0].query["ids"] == "1,2"


def test_followers_come_with_what_is_known_of_them(server: Scripted, x: XConnector) -> None:
    user = {
        "id": "9",
        "name": "A. Parent",
        "username": "aparent",
        "description": "Mum of two",
        "created_at": "2013-12-14T04:35:55Z",
        "protected": True,
        "public_metrics": {"followers_count": 5, "following_count": 7, "tweet_count": 1, "listed_count": 0},
    }
    server.answers(answer({"data": [user], "meta": {"next_token": "n2"}}))
    (person,), cursor = x.followers(cursor=None)
    assert cursor == "n2"
    assert (person.bio, person.followers, person.following, person.protected) == ("Mum of two", 5, 7, True)
    assert person.created_at == datetime(2013, 12, 14, 4, 35, 55, tzinfo=UTC)


def test_follow_requests_are_read_where_the_tier_allows_it(server: Scripted) -> None:
    server.answers(
        answer({"ids": ["9", "10"], "next_cursor": 42}),
        answer({"data": [{"id": "9", "name": "A. Parent", "username": "aparent"}]}),
    )
    x = x_at(server.url, x_follow_requests=True)
    assert Capability.LIST_FOLLOW_REQUESTS in x.capabilities
    assert Capability.DECIDE_FOLLOW_REQUESTS not in x.capabilities
    people, cursor = x.follow_requests(cursor=None)
    assert [(person.platform_id, person.handle) for person in people] == [("9", "aparent"), ("10", "")]
    assert cursor == "42"
    assert server.received[0].path == "/1.1/friendships/incoming.json"


def test_our_own_answer_is_found_again(server: Scripted, x: XConnector) -> None:
    posts = [
        comment("20", "@aparent Thank  you.", referenced_tweets=[{"type": "replied_to", "id": "17"}]),
        comment("21", "@other Thank you.", referenced_tweets=[{"type": "replied_to", "id": "18"}]),
    ]
    server.answers(answer({"data": posts}))
    assert x.find_reply("17", "Thank you.", since=HOUR_AGO) == "20"
    assert x.find_reply("17", "Something else.", since=HOUR_AGO) is None


def test_our_own_id_is_asked_for_where_nothing_tells_it(server: Scripted) -> None:
    server.answers(
        answer({"data": {"id": "5", "name": "S", "username": "s"}}), answer({"data": {"muting": True}})
    )
    x = x_at(server.url, platform_id="")
    assert x._own_id() == OWN_X_ID
    x._known_id = ""
    x.mute("9")
    assert [request.path for request in server.received] == ["/2/users/me", "/2/users/5/muting"]


def test_p11_no_secret_is_in_an_error_or_a_log(
    server: Scripted, refused_url: str, steps: Steps, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    def echo(request: Received) -> Reply:
        # A server that shows what it was sent, as error pages do.
        return answer({"title": request.headers["authorization"], "detail": str(SECRETS)}, 400)

    server.script = echo
    for url in (server.url, refused_url, "http://nowhere.invalid", "http://[broken"):
        for act in (lambda x: x.probe(), lambda x: x.publish(PostContent("Beans!"), steps=steps)):
            with pytest.raises(ConnectorError) as caught:
                act(x_at(url))
            said = f"{caught.value!r} {caught.value} {caught.value.code} {caught.value.__context__!r}"
            assert "SECRET" not in said
            assert "oauth_" not in said
            assert "127.0.0.1" not in said
    assert "SECRET" not in caplog.text
    assert "oauth_" not in caplog.text
