"""What has to stand beside a picture or a video before a post with it can be handed in (P15)."""

from __future__ import annotations

NEEDED = (
    ("no description", "say what it shows, for people who can't see it"),
    ("no owner", "say who took it or where it is from"),
    ("no licence", "say why the school may use it"),
)
"""What may be missing, and what is to be done then."""


ALT_SHORT, OWNER_SHORT = 8, 4
"""Characters; with fewer a description says nothing to whoever can't see it, and an owner is initials."""


def short(name: str, *, alt_text: str, source: str) -> list[str]:
    """What is so short beside a file that it is asked about; it stops nothing. What lacks, `lacks` says."""
    alt, owner = alt_text.strip(), source.strip()
    found = []
    if alt and len(alt) < ALT_SHORT:
        found.append(
            f"“{name}” is described as “{alt}”. That is very short: say what somebody who can’t see it "
            "would miss."
        )
    if owner and len(owner) < OWNER_SHORT:
        found.append(
            f"The owner of “{name}” is “{owner}”. That is very short: say who took it, or where it is from."
        )
    return found


def lacks(name: str, *, alt_text: str, source: str, licence: str) -> list[str]:
    """What is missing beside the file of this name, in one sentence; none where nothing is."""
    given = (alt_text, source, licence)
    missing = [needed for needed, text in zip(NEEDED, given, strict=True) if not text.strip()]
    if not missing:
        return []
    *before, last = (what for what, _do in missing)
    what = f"{', '.join(before)} and {last}" if before else last
    return [f"“{name}” has {what}: {'fill them in beside it' if before else missing[0][1]}."]
