"""The practice X behaves as X does, seen through the real tweepy client."""

from __future__ import annotations

from typing import Any

import pytest
import requests
import tweepy

from connectors.practice.servers import PracticePlatforms
from connectors.practice.world import World
from tests.connectors.practice.conftest import Redirected


def mentions(x: tweepy.Client, world: World, **more: Any) -> list[dict[str, Any]]:
    """All mentions, page after page."""
    found: list[dict[str, Any]] = []
    while True:
        answer = x.get_users_mentions(world.school("x").id, max_results=5, user_auth=True, **more)
        found += answer.get("data", [])
        if "next_token" not in answer["meta"]:
            return found
        more["pagination_token"] = answer["meta"]["next_token"]


@pytest.mark.parametrize("part", ["consumer_key", "consumer_secret", "access_token", "access_token_secret"])
def test_a_wrong_key_is_refused(platforms: PracticePlatforms, session: Redirected, part: str) -> None:
    keys = platforms.x_credentials | {part: "0123456789abcdef0123456789"}
    client = tweepy.Client(**keys, return_type=dict)
    client.session = session
    with pytest.raises(tweepy.Unauthorized):
        client.create_tweet(text="Not ours")
    assert platforms.world.posts("x") == []


def test_a_signature_covers_the_query(x: tweepy.Client, session: Redirected, signature: Any) -> None:
    request = requests.Request(
        "GET", f"{session.base}/2/users/me", params={"user.fields": "name"}, auth=signature
    )
    prepared = request.prepare()
    assert prepared.url is not None
    prepared.url = prepared.url.replace("name", "description")
    assert session.send(prepared, timeout=5).status_code == 401


def test_texts_look_as_x_returns_them(x: tweepy.Client, world: World) -> None:
    post = x.create_tweet(text="Cake & <tea> https://larkfield.example/cake")["data"]
    assert post["text"].startswith("Cake &amp; &lt;tea&gt; https://t.co/")
    world.say("x", post["id"], "Jo Bloggs", "Yes & please")
    found = mentions(x, world, tweet_fields=["entities", "display_text_range", "in_reply_to_user_id"])[0]
    assert found["text"] == "@larkfieldschool Yes &amp; please"
    assert found["text"][slice(*found["display_text_range"])] == "Yes &amp; please"
    assert found["entities"]["mentions"][0]["id"] == found["in_reply_to_user_id"] == world.school("x").id
    shown = x.get_tweet(post["id"], tweet_fields=["entities"], user_auth=True)["data"]
    link = shown["entities"]["urls"][0]
    assert link["expanded_url"] == "https://larkfield.example/cake"
    assert shown["text"][link["start"] : link["end"]] == link["url"]


def test_mentions_come_newest_first_in_pages_and_after_an_id(x: tweepy.Client, world: World) -> None:
    post = x.create_tweet(text="Hello")["data"]["id"]
    said = [world.say("x", post, f"Parent {n}", f"Word {n}").id for n in range(13)]
    assert [item["id"] for item in mentions(x, world)] == said[::-1]
    assert [item["id"] for item in mentions(x, world, since_id=said[9])] == said[:9:-1]


def test_an_edited_reply_has_a_new_id_and_tells_its_history(x: tweepy.Client, world: World) -> None:
    post = x.create_tweet(text="Hello")["data"]["id"]
    first = world.say("x", post, "Jo", "Nice")
    second = world.edit_comment("x", first.id, "Not nice")
    found = mentions(x, world, since_id=first.id)
    assert [item["id"] for item in found] == [second.id]
    assert found[0]["edit_history_tweet_ids"] == [first.id, second.id]
    assert x.get_tweet(first.id, user_auth=True)["data"]["text"].endswith("Nice")


def test_a_hidden_reply_is_out_of_the_public_view_until_shown(x: tweepy.Client, world: World) -> None:
    post = x.create_tweet(text="Hello")["data"]["id"]
    reply = world.say("x", post, "Troll", "Rubbish").id
    x.hide_reply(reply)
    public = world.public_post("x", post)
    assert (public.comments, public.hidden_count) == ((), 1)
    assert [comment.id for comment in world.hidden_comments("x")] == [reply]
    x.unhide_reply(reply)
    assert [branch.comment.id for branch in world.public_post("x", post).comments] == [reply]


def test_the_whole_conversation_is_found_by_search(x: tweepy.Client, world: World) -> None:
    post = x.create_tweet(text="Hello")["data"]["id"]
    first = world.say("x", post, "Jo", "One")
    second = world.say("x", post, "Al", "Two", first.id)
    other = x.create_tweet(text="Another")["data"]["id"]
    world.say("x", other, "Mo", "Elsewhere")

    def search(query: str) -> set[str]:
        answer = x.search_recent_tweets(query, max_results=10, user_auth=True)
        return {item["id"] for item in answer.get("data", [])}

    assert search(f"conversation_id:{post}") == {post, first.id, second.id}
    assert search(f"conversation_id:{post} is:reply") == {first.id, second.id}
    assert search("from:jo OR from:al") == {first.id, second.id}
    assert search('"One" -from:al') == {first.id}
    assert search("(to:jo two) OR elsewhere -is:retweet") == {
        second.id,
        world.comments("x", post_id=other)[0].id,
    }


def test_the_school_may_answer_whoever_mentions_it_once(x: tweepy.Client, world: World) -> None:
    lonely = world.say("x", None, "Passer By", "@larkfieldschool is the hall free?")
    answer = x.create_tweet(text="Ring the office, please.", in_reply_to_tweet_id=lonely.id)["data"]["id"]
    assert world.comment("x", answer).parent_id == lonely.id
    with pytest.raises(tweepy.Forbidden, match="duplicate"):
        x.create_tweet(text="Ring the office, please.", in_reply_to_tweet_id=lonely.id)
    unrelated = world.say("x", None, "Somebody", "Nice weather")
    with pytest.raises(tweepy.Forbidden, match="Reply to this conversation is not allowed"):
        x.create_tweet(text="It is!", in_reply_to_tweet_id=unrelated.id)


def test_a_picture_has_its_alt_text_and_an_address(
    x: tweepy.Client, world: World, session: Redirected, signature: Any, jpeg: bytes
) -> None:
    picture = session.post(
        "https://api.x.com/2/media/upload",
        files={"media": ("a.jpg", jpeg, "image/jpeg")},
        data={"media_category": "tweet_image"},
        auth=signature,
    ).json()["data"]["id"]
    session.post(
        "https://api.x.com/2/media/metadata",
        json={"id": picture, "metadata": {"alt_text": {"text": "A field"}}},
        auth=signature,
    )
    post = x.create_tweet(text="Look", media_ids=[picture])["data"]["id"]
    shown = world.public_post("x", post).post.pictures[0]
    assert shown.alt_text == "A field"
    assert requests.get(shown.url, timeout=5).content == jpeg
    answer = x.get_tweet(
        post, expansions=["attachments.media_keys"], media_fields=["alt_text"], user_auth=True
    )
    assert answer["includes"]["media"][0]["alt_text"] == "A field"
    assert "https://t.co/" in answer["data"]["text"]
    with pytest.raises(tweepy.BadRequest):
        x.create_tweet(text="Again", media_ids=[picture])


def test_the_old_way_to_upload_still_answers(
    platforms: PracticePlatforms, session: Redirected, jpeg: bytes, x: tweepy.Client, tmp_path: Any
) -> None:
    keys = platforms.x_credentials
    api = tweepy.API(
        tweepy.OAuth1UserHandler(
            keys["consumer_key"], keys["consumer_secret"], keys["access_token"], keys["access_token_secret"]
        )
    )
    api.session = session
    (tmp_path / "a.jpg").write_bytes(jpeg)
    media = api.simple_upload(str(tmp_path / "a.jpg"))
    api.create_media_metadata(media.media_id_string, "A field")
    post = x.create_tweet(text="Look", media_ids=[media.media_id_string])["data"]["id"]
    assert platforms.world.post("x", post).pictures[0].alt_text == "A field"


def test_follow_requests_are_listed_only_while_the_account_is_protected(
    platforms: PracticePlatforms, session: Redirected, x: tweepy.Client
) -> None:
    world, keys = platforms.world, platforms.x_credentials
    api = tweepy.API(
        tweepy.OAuth1UserHandler(
            keys["consumer_key"], keys["consumer_secret"], keys["access_token"], keys["access_token_secret"]
        )
    )
    api.session = session
    with pytest.raises(tweepy.Forbidden) as refusal:
        api.incoming_friendships()
    assert refusal.value.api_codes == [453]
    world.set_protected(True)
    asker = world.request_follow("Asker", bio="New here").person
    other = world.follow("x", "Another").person
    assert api.incoming_friendships() == [int(other.id), int(asker.id)]
    status = x.get_users(ids=[asker.id], user_fields=["connection_status"], user_auth=True)["data"][0]
    assert status["connection_status"] == ["follow_request_received"]
    world.accept_request(asker.id)
    world.deny_request(other.id)
    assert api.incoming_friendships() == []
    followers = x.get_users_followers(world.school("x").id, user_auth=True)
    assert [user["id"] for user in followers["data"]] == [asker.id]


def test_the_limit_is_kept_and_told(x: tweepy.Client, world: World, session: Redirected) -> None:
    post = x.create_tweet(text="Hello")["data"]["id"]
    reply = world.say("x", post, "Troll", "Rubbish").id
    for count in range(50):
        x.hide_reply(reply)
        assert session.answers[-1].headers["x-rate-limit-remaining"] == str(49 - count)
    with pytest.raises(tweepy.TooManyRequests) as refusal:
        x.unhide_reply(reply)
    assert int(refusal.value.response.headers["x-rate-limit-reset"]) > 0
    assert world.comment("x", reply).hidden


def test_blocking_is_not_for_this_tier(world: World, session: Redirected, signature: Any) -> None:
    troll = world.say("x", None, "Troll", "@larkfieldschool rubbish").author
    answer = session.post(
        f"https://api.x.com/2/users/{world.school('x').id}/blocking",
        json={"target_user_id": troll.id},
        auth=signature,
    )
    assert (answer.status_code, answer.json()["reason"]) == (403, "client-not-enrolled")
