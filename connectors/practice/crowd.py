"""The crowd: parents, pupils, neighbours and trolls who keep commenting and following by themselves."""

from __future__ import annotations

import random
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

import structlog

from connectors.base import Platform
from connectors.practice.elsewhere import KINDS
from connectors.practice.material import Character, Line, characters, lines
from connectors.practice.records import Comment, Person, Post
from connectors.practice.world import World
from school.errors import SchoolgateError

log = structlog.get_logger(__name__)

T = TypeVar("T")

DAY_LIMIT = 4_000
"""Comments in 24 hours after which the crowd rests, so that a school left running overnight stays small."""
FRESH = timedelta(minutes=3)
"""How long a new post draws people."""
HURRY = 3.0
"""How much faster they come then."""

_WRITERS = {
    "abuse": ("troll",),
    "obfuscated_abuse": ("troll",),
    "subtle_abuse": ("troll", "parent"),
    "threat": ("troll",),
    "spam": ("spammer",),
    "other_language_abuse": ("troll", "parent"),
    "disclosure": ("parent", "pupil"),
}
_ANYBODY = ("parent", "parent", "parent", "pupil", "neighbour")
_KINDS = (
    ("praise", 24),
    ("question", 11),
    ("logistics", 10),
    ("complaint", 7),
    ("emoji", 6),
    ("identity", 4),
    ("sarcasm", 4),
    ("friendly_swearing", 4),
    ("other_language", 7),
    ("abuse", 6),
    ("subtle_abuse", 5),
    ("obfuscated_abuse", 3),
    ("threat", 2),
    ("personal_data", 4),
    ("spam", 2),
    ("disclosure", 2),
    ("other_language_abuse", 1),
)
_PLATFORMS = ((Platform.FACEBOOK, 40), (Platform.X, 35), (Platform.INSTAGRAM, 25))
_EVENTS = (
    ("comment", 68),
    ("answer", 12),
    ("follow", 12),
    ("edit", 3),
    ("take back", 2),
    ("post elsewhere", 2),
    ("new profile", 1),
)


@dataclass(frozen=True, slots=True)
class CrowdEvent:
    """One thing that happened."""

    what: str
    """"comment", "answer", "follow", "edit", "take back", "post elsewhere" or "new profile"."""
    platform: Platform
    id: str
    """The comment's, the post's or the person's id."""


class Crowd:
    """People with a will of their own. The same seed in the same world makes the same choices."""

    def __init__(self, world: World, *, seed: int | None = None) -> None:
        self._world = world
        self._random = random.Random(seed)
        self._lines: dict[str, list[Line]] = {}
        self._answers: list[Line] = []
        for line in lines():
            if line.reply:
                self._answers.append(line)
            else:
                self._lines.setdefault(line.kind, []).append(line)
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    # -- the thread ------------------------------------------------------------------------------

    def start(self, pace: float) -> None:
        """Lets people come, one event about every `pace` seconds unless the world says otherwise."""
        if self._thread is None:
            self._stopping.clear()
            self._thread = threading.Thread(
                target=self._live, args=(pace,), name="practice-crowd", daemon=True
            )
            self._thread.start()

    def stop(self) -> None:
        """Ends the thread; waits for the event in hand."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout=10)
            self._thread = None

    def _live(self, pace: float) -> None:
        waited, patience = 0.0, self._random.uniform(0.5, 1.5)
        while True:
            chosen = self._world.crowd_pace()
            seconds = pace if chosen is None else chosen
            due = seconds * patience / (HURRY if self._fresh_post() else 1.0)
            if seconds and waited >= due:
                self.step()
                waited, patience = 0.0, self._random.uniform(0.5, 1.5)
                continue
            # In short steps, so that another pace, a new post or the end is noticed soon.
            step = min(0.5, max(due - waited, 0.01)) if seconds else 0.5
            if self._stopping.wait(step):
                return
            waited = waited + step if seconds else 0.0

    # -- one event -------------------------------------------------------------------------------

    def step(self, what: str | None = None) -> CrowdEvent | None:
        """One thing happens now: this kind of event, or any.

        None where there was nothing to do, or where the day's limit is reached.
        """
        if self._world.count_comments(since=self._world.clock() - timedelta(hours=24)) >= DAY_LIMIT:
            return None
        what = what or self._weighted(_EVENTS)
        platform = self._weighted(_PLATFORMS)
        try:
            match what:
                case "follow":
                    found = self._follow(platform)
                case "answer":
                    found = self._answer(platform) or self._comment(platform)
                case "edit":
                    found = self._edit(platform)
                case "take back":
                    found = self._take_back(platform)
                case "post elsewhere":
                    found = self._post_elsewhere(platform)
                case "new profile":
                    found = self._new_profile(platform)
                case _:
                    found = self._comment(platform)
        except SchoolgateError as error:
            # Somebody was blocked, or a post deleted, between the look and the act.
            log.info("practice_crowd_missed", what=what, platform=platform.value, error=type(error).__name__)
            return None
        if found is not None:
            log.info("practice_crowd", what=found.what, platform=found.platform.value, id=found.id)
        return found

    def _weighted(self, choices: Sequence[tuple[T, int]]) -> T:
        return self._random.choices([c for c, _ in choices], [weight for _, weight in choices])[0]

    def _fresh_post(self) -> Post | None:
        since = self._world.clock() - FRESH
        found = [post for platform in Platform for post in self._world.posts(platform, limit=1, since=since)]
        return max(found, key=lambda post: post.ordinal) if found else None

    def _where(self, platform: Platform) -> Post | None:
        fresh = self._fresh_post()
        if fresh is not None and self._random.random() < 0.7:
            return fresh
        recent = self._world.posts(platform, limit=6)
        return self._random.choices(recent, [6, 5, 4, 3, 2, 1][: len(recent)])[0] if recent else None

    def _who(self, platform: Platform, kind: str) -> Person:
        wanted = _WRITERS.get(kind, _ANYBODY)
        role = self._random.choice(wanted)
        character = self._random.choice([c for c in characters() if c.kind == role])
        return settle(self._world, platform, character)

    def _comment(self, platform: Platform) -> CrowdEvent | None:
        post = self._where(platform)
        if post is None or not self._world.comments_open(post.platform, post.id):
            return None
        used = self._world.texts_under(post.platform, post.id)
        kind = self._weighted(_KINDS)
        free = [line for line in self._lines[kind] if line.text not in used]
        free = free or [line for all_ in self._lines.values() for line in all_ if line.text not in used]
        if not free:
            return None
        line = self._random.choice(free)
        said = self._world.say(
            post.platform, post.id, self._who(post.platform, line.kind).id, line.text, kind=line.kind
        )
        return CrowdEvent("comment", said.platform, said.id)

    def _recent(self, platform: Platform) -> list[Comment]:
        found = self._world.comments(platform, order="newest", limit=25)
        return [c for c in found if c.post_id and not c.by_school and not c.hidden]

    def _answer(self, platform: Platform) -> CrowdEvent | None:
        recent = self._recent(platform)
        if not recent:
            return None
        parent = self._random.choice(recent)
        if not self._world.comments_open(platform, parent.post_id):
            return None
        used = self._world.texts_under(platform, parent.post_id)
        free = [line for line in self._answers if line.text not in used]
        if not free:
            return None
        line = self._random.choice(free)
        # Instagram has one level of answers.
        target = parent.parent_id or parent.id if platform is Platform.INSTAGRAM else parent.id
        author = self._who(platform, line.kind)
        said = self._world.say(platform, parent.post_id, author.id, line.text, target, kind=line.kind)
        return CrowdEvent("answer", platform, said.id)

    def _edit(self, platform: Platform) -> CrowdEvent | None:
        platform = Platform.FACEBOOK if platform is Platform.INSTAGRAM else platform
        recent = self._recent(platform)
        if not recent:
            return None
        before = self._random.choice(recent)
        used = self._world.texts_under(platform, before.post_id)
        endings = (
            " (sorry, typo!)",
            " Edit: got my answer, thanks.",
            " Edit: autocorrect, you know what I mean",
        )
        texts = [before.text + ending for ending in endings]
        # Now and then somebody turns a harmless comment into another one.
        texts += [line.text for line in self._random.sample(self._lines["subtle_abuse"], 2)]
        free = [text for text in texts if text not in used]
        if not free or "Edit:" in before.text:
            return None
        after = self._world.edit_comment(platform, before.id, self._random.choice(free))
        return CrowdEvent("edit", platform, after.id)

    def _take_back(self, platform: Platform) -> CrowdEvent | None:
        recent = self._recent(platform)
        if not recent:
            return None
        gone = self._random.choice(recent)
        self._world.delete_comment_by_author(platform, gone.id)
        return CrowdEvent("take back", platform, gone.id)

    def _post_elsewhere(self, platform: Platform) -> CrowdEvent:
        """Somebody mentions or tags the school, or posts on its Page."""
        line = self._random.choice(self._lines[self._weighted(_KINDS)])
        author = self._who(platform, line.kind)
        if platform is Platform.X:
            text = f"{line.text} @{self._world.school(platform).handle}"
            return CrowdEvent(
                "post elsewhere",
                platform,
                self._world.say(platform, None, author.id, text, kind=line.kind).id,
            )
        kind = self._random.choice(KINDS[platform])
        return CrowdEvent(
            "post elsewhere", platform, self._world.post_elsewhere(platform, kind, author.id, line.text).id
        )

    def _new_profile(self, platform: Platform) -> CrowdEvent | None:
        followers = self._world.followers(platform, limit=30)
        if not followers:
            return None
        person = self._random.choice(followers).person
        bio = self._random.choice([c.bio for c in characters() if c.bio and c.bio != person.bio])
        self._world.change_profile(platform, person.id, bio=bio)
        return CrowdEvent("new profile", platform, person.id)

    def _follow(self, platform: Platform) -> CrowdEvent | None:
        strangers = [
            c
            for c in characters()
            if (found := self._world.find_person(platform, f"@{c.handle}")) is None
            or not self._world.follow_state(platform, found.id)
        ]
        if strangers and self._random.random() < 0.6:
            person = settle(self._world, platform, self._random.choice(strangers))
        else:
            person = self._newcomer(platform)
        self._world.follow(platform, person.id)
        return CrowdEvent("follow", platform, person.id)

    def _newcomer(self, platform: Platform) -> Person:
        """Somebody whom nobody has seen yet: a first and a last name that meet for the first time."""
        first = self._random.choice(characters()).name.split()[0]
        last = self._random.choice(characters()).name.split()[-1]
        like = self._random.choice(characters())
        return self._world.add_person(
            platform,
            f"{first} {last}",
            bio=like.bio,
            location=like.location,
            kind=like.kind,
            age_days=like.age_days + self._random.randrange(30),
            followers=self._random.randrange(400),
            following=self._random.randrange(600),
        )


def settle(world: World, platform: Platform, character: Character) -> Person:
    """The account that this character has on the platform, opened when it is first needed."""
    found = world.find_person(platform, f"@{character.handle}")
    return found or world.add_person(
        platform,
        character.name,
        handle=character.handle,
        bio=character.bio,
        location=character.location,
        kind=character.kind,
        age_days=character.age_days,
        followers=character.followers,
        following=character.following,
        nameless=character.nameless and platform is Platform.FACEBOOK,
    )
