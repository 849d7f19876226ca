"""What every start makes sure of before anything else begins."""

from __future__ import annotations

from school import keys, secrets, weak_secrets
from school.db import now, transaction
from school.errors import BadInput
from school.models import School
from school.settings import settings
from worker import resealing, shown


def settle_key(school: School) -> None:
    """Refuse to start a real school with a secret key that isn't its own; a practice school goes on anew.

    Raises KeyMissing or BadInput, saying what to do.
    """
    if settings().secret_key is not None:
        # One that is too short must be mended outside, in a practice school too.
        secrets.all_keys()
    try:
        with transaction() as session:
            keys.check(session)
            keys.vouch(session)
        if not school.practice:
            weak_secrets.refuse(settings())
    except (secrets.KeyMissing, BadInput):
        if not school.practice:
            raise
        # Its accounts' tokens are the practice platforms' own, which connect it again by themselves.
        resealing.start_anew()


def note_settings() -> None:
    """Leave a line in the trail where settings differ from those that the product last started with."""
    with transaction() as session:
        shown.note_changes(session, now=now())
