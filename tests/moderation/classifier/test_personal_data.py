"""Personal data, threats and safeguarding phrases (P21, P23): what must be seen, and what must not be."""

from __future__ import annotations

import time

import pytest

from moderation.classifier.flags import flag
from tests.moderation.classifier.uk_names import FIRST_NAMES, LAST_NAMES

NAMES = (
    "Oliver Smith", "Amelia Khan", "Zainab Hussain", "Jakub Kowalski", "Chinedu Okafor", "Mrs Khan",
    "Miss Brown", "Oluwaseun Adeyemi", "Katherine O'Neill", "Rose Hill", "Will Young", "Mohammed Ali",
    "Łukasz Dąbrowski", "Bethany-Rose Clarke", "Samuel Whitfield",
)  # fmt: skip


def labels(text: str, names: tuple[str, ...] = NAMES) -> set[str]:
    return {reason.label for reason in flag(text, {}, names=names)}


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Amelia Khan's brother pushed him", "name"),
        ("Chris’ mum and Ollie Smith’s dad", "name"),
        ("oliver smith hit my son", "name"),
        ("kasia and jakub in y4", "name"),
        ("kuba in Oak class", "name"),
        ("zainab h in 3B", "name"),
        ("Oliver from Miss Khan's class", "name"),
        ("Seun Adeyemi", "name"),
        ("muhammad ali from year 2", "name"),
        ("Lukasz Dabrowski", "name"),
        ("my number is o77oo 9oo123", "phone"),
        ("oh seven seven double oh nine oh oh one two three", "phone"),
        ("ring zero 1 1 3 four nine six zero one two three", "phone"),
        ("0044 7700 900982 is my husband's", "phone"),
        ("Phone her nan on (01632) 960 983", "phone"),
        ("07700.900.777", "phone"),
        ("0 7 7 0 0 9 0 0 4 4 4 thats me", "phone"),
        ("Her number's 077009 00888", "phone"),
        ("oh seven seven double oh nine hundred one two three", "phone"),
        ("kelly.barlow @ gmail.com", "email"),
        ("kelly [at] icloud [dot] com", "email"),
        ("Beth Clarke is in hospital", "name"),
        ("Bethany Clarke is in hospital", "name"),
        ("Whitfield, Samuel was missing from the list", "name"),
        ("12 oak road is where the party is", "address"),
        ("they moved to Beech Avenue, number 12", "address"),
        ("she lives on Oak Road", "address"),
        ("they live at 12 Oak Road", "address"),
        ("LS1 4AB", "postcode"),
        ("reg ab12cde parked on the zigzags", "car_registration"),
        ("email me jo.bloggs@gmail.com", "email"),
        ("what's ur snap?", "contact"),
        ("add me on snap: jake_09", "contact"),
        ("got insta?", "contact"),
        ("meet me at the park after school dont tell anyone", "contact"),
        ("you look so grown up for your age", "contact"),
        ("come to mine after school, my parents are out", "contact"),
        ("you can trust me, I won't tell your parents", "contact"),
        ("he said he'd hurt me if I told anyone", "disclosure"),
        ("im gonna kms", "self_harm"),
        ("gonna stab u", "violence"),
        ("gonna batter him after school", "violence"),
        ("ur dead tmrw", "violence"),
        ("I'll find you", "stalking"),
    ],
)
def test_what_somebody_must_see(text: str, label: str) -> None:
    assert label in labels(text)


@pytest.mark.parametrize(
    "text",
    [
        "Oliver Twist was brilliant", "Will the gates open at 8?", "will year 4 be back by 3?",
        "the rose in year 2's garden is out", "Well done year 4!", "Room 12 Oak Class assembly",
        "Score 12-10", "One two three four five six seven, oh what fun", "£12.50 per ticket",
        "A12 closed again", "KS1 SATS", "He ran 5 kms", "What class is he in?", "What year is she in now?",
        "how old are the children in reception?", "Add me to the list please", "Snap happy photographer!",
        "Has the school got Instagram?", "Can you message me about the PTA?",
        "Meet us at the park at 3pm for the picnic", "Don't tell your mum but I ate the cake!",
        "I'll find you a spare jumper", "I'll get you a ticket", "You're killing it Year 6",
        "The cake was to die for", "We beat St Marys 3-2", "gonna be a lovely day", "gonna miss you all",
        "your dead right", "he was dead on time", "They live in Yorkshire", "We live near the school",
        "3 cars on the road", "2 main road crossings", "Oak Road is closed on Monday", "We moved to Year 2",
        "The scores were 0 7 7 0 0 9", "ISBN 978-0-00-847", "Thank you, Samuel", "Clarke Hall, Beth Shan",
        "Order 20394857 hasn't arrived", "mail @ home was down", "Reading a hundred and one Dalmatians",
        "So mature for a Year 2 class!", "come to my class assembly, parents welcome",
    ],
)  # fmt: skip
def test_what_is_ordinary(text: str) -> None:
    assert labels(text) == set()


def test_a_large_register_slows_nothing_down() -> None:
    """2,000 pupils and 200 staff: by processor time, so that a busy machine doesn't matter."""
    names = tuple(f"{FIRST_NAMES[n % 199]} {LAST_NAMES[n % 151]}" for n in range(2000)) + tuple(
        f"Mrs {LAST_NAMES[n % 169]}" for n in range(200)
    )
    texts = [f"What a lovely day {n}, thank you all for the cakes and games in the hall" for n in range(300)]

    def seconds(known: tuple[str, ...]) -> float:
        labels("once", known)
        began = time.process_time()
        for text in texts:
            flag(text, {}, names=known)
        return time.process_time() - began

    assert min(seconds(names) for _ in range(3)) < 2 * min(seconds(NAMES) for _ in range(3)) + 0.05
