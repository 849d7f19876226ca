"""What the fuzz types into forms: what nobody should send, and what a person would."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from io import BytesIO

from school.setup import PRACTICE_DOMAIN, PRACTICE_PASSWORD, PRACTICE_PIN
from tests.approvals.scenes import picture_bytes

CANARY = "zqx9"
HOSTILE = (
    "",
    " ",
    "0",
    "-1",
    "999999999999999999999999",
    "1e400",
    "NaN",
    "on",
    f"\"'><{CANARY} onerror=alert(1)>",
    f"</textarea></title><script>{CANARY}</script>",
    f"javascript:alert('{CANARY}')",
    f"{CANARY}{{{{7*7}}}}{{%raw%}}${{7*7}}#{{7*7}}",
    "'; DROP TABLE persons; --",
    "%' OR 1=1 --",
    '=HYPERLINK("http://x.test")',
    "../../../../etc/passwd",
    "http://169.254.169.254/latest/meta-data/",
    "//elsewhere.test/",
    "https://elsewhere.test/",
    "/\\elsewhere.test",
    "head@larkfield.test\r\nBcc: all@x.test",
    "line one\nline two\x0b\x0c\x1c\u2028\u2029\u0085",
    "\x00",
    "a\x00b",
    "\ud800",
    "\u202egnp.exe\u202c\u200b\u2066",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466" * 30,
    "Z\u0351\u036b\u0343" * 400,
    "x" * 70_000,
    "%_" * 30_000,
    "\u0660\u0661",
    "²",
    "1_000",
    "9223372036854775808",
    "2026-02-30",
    "0000-00-00",
    "0001-01-01",
    "9999-12-31",
    "9999-12-31T23:59",
    "2026-03-29T01:30",
    "25:99",
    "00000000-0000-0000-0000-000000000000",
    "[" * 3000,
    '{"a":' * 2000,
    "[]",
    "null",
)
"""What nobody should send, each for a mistake that some program made."""

FILES = (
    b"",
    b"\xff\xd8\xff\xe0junk",
    b"PK\x03\x04junk",
    b"name,class\n\xff\xfe,\n",
    b"Surname,Forename\nO\x92Brien,Zo\xeb\n",
    b"\x89PNG\r\n\x1a\n" + bytes(50),
    b"\x00\x00\x00\x18ftypmp42" + bytes(500),
    b"<svg onload=alert(1)>",
    bytes(3000),
)
NAMES = ("a.jpg", "b.csv", "../c.xlsx", "d.mp4", "e\r\n.png", "x" * 300)
"""Of files."""

PICTURE = picture_bytes(320, 240)
LIST = (
    b"Name,Class,Parent,Consent,From,Until\n"
    b"Amelia Thornbury,Year 4 Kestrels,Joanne Thornbury,yes,2026-09-01,2027-08-31\n"
    b"Rosa Ainsworth,Year 4 Kestrels,Bea Ainsworth,yes,2026-09-01,2027-08-31\n"
)
NEW_PASSWORD = "eleven dry badgers know this"
SENTENCES = (
    "The summer fair is on Saturday at noon.",
    "Year 4 grew tomatoes on the windowsill.",
    "Against the school's rules for its pages.",
    "A parent rang the office.",
    "you are all idiots",
)
WORDS = ("Nora Field", "Office tablet 9", "Spring fair", "Kites", "tomato")


def plausible(name: str, kind: str, value: str, chance: random.Random) -> object:
    """What a person might well type into a field of this name and kind."""
    day = datetime.now(UTC).date() + timedelta(days=chance.choice((-30, -1, 0, 1, 2, 7, 40)))
    if kind == "file":
        listed = "picture" not in name and "file" in name
        return BytesIO(LIST if listed else PICTURE), "list.csv" if listed else "fair.jpg"
    if kind == "password" or "password" in name or "pin" in name.split("_"):
        if "present" in name or name == "password":
            return chance.choice((PRACTICE_PASSWORD, PRACTICE_PIN))
        return PRACTICE_PIN if "pin" in name else PRACTICE_PASSWORD
    if "present" in name:
        return PRACTICE_PASSWORD
    if kind == "email" or "email" in name or name == "address":
        return f"new{chance.randrange(10**6)}@{PRACTICE_DOMAIN}"
    if value and chance.random() < 0.6:
        return value
    if kind == "date" or "date" in name or name.endswith(("_on", "day")):
        return f"{day:%Y-%m-%d}"
    if kind == "time":
        return f"{chance.randrange(24):02}:30"
    if kind == "datetime-local":
        return f"{day:%Y-%m-%d}T{chance.randrange(24):02}:30"
    if kind in {"number", "range"}:
        return str(chance.choice((1, 3, 12, 30)))
    if kind == "url" or "link" in name or "url" in name:
        return "https://www.gov.uk/school-term-holiday-dates"
    if kind == "textarea" or "reason" in name:
        return chance.choice(SENTENCES)
    return chance.choice(WORDS)
