"""The tables of moves: every pair of states, for every actor, legal or not."""

from __future__ import annotations

from itertools import product

import pytest

from approvals.states import (
    DRAFT_MOVES,
    IN_WORDS,
    PUBLICATION_MOVES,
    SETTLED,
    Actor,
    DraftState,
    PublicationState,
    Stopped,
    check_draft_move,
    check_publication_move,
)
from school.errors import MoveNotAllowed, NotPermitted

LEGAL_DRAFT = {
    ("draft", "submitted"): "author",
    ("changes_requested", "submitted"): "author",
    ("changes_requested", "draft"): "author",
    ("submitted", "draft"): "author product",
    ("approved", "draft"): "author",
    ("submitted", "approved"): "approver",
    ("submitted", "changes_requested"): "approver",
    ("submitted", "rejected"): "approver",
}
LEGAL_PUBLICATION = {
    ("scheduled", "publishing"): "product",
    ("scheduled", "held"): "product",
    ("scheduled", "unknown"): "product",
    ("unknown", "scheduled"): "product",
    ("scheduled", "cancelled"): "author holder",
    ("publishing", "published"): "product",
    ("publishing", "failed"): "product",
    ("publishing", "unknown"): "product",
    ("publishing", "scheduled"): "product",
    ("publishing", "held"): "product",
    ("unknown", "published"): "product",
    ("unknown", "held"): "product",
    ("held", "scheduled"): "holder",
    ("held", "cancelled"): "author holder",
    ("held", "published"): "holder product",
    ("held", "unknown"): "holder",
    ("failed", "scheduled"): "holder",
    ("failed", "cancelled"): "author holder",
    ("failed", "published"): "holder",
}


@pytest.mark.parametrize(("old", "new", "actor"), list(product(DraftState, DraftState, Actor)))
def test_a_draft_moves_only_as_the_table_says(old: DraftState, new: DraftState, actor: Actor) -> None:
    who = LEGAL_DRAFT.get((old.value, new.value))
    if who is None:
        with pytest.raises(MoveNotAllowed):
            check_draft_move(old, new, actor)
    elif actor.value not in who.split():
        with pytest.raises(NotPermitted):
            check_draft_move(old, new, actor)
    else:
        check_draft_move(old, new, actor)
        assert actor in DRAFT_MOVES[old, new]


@pytest.mark.parametrize(("old", "new", "actor"), list(product(PublicationState, PublicationState, Actor)))
def test_a_publication_moves_only_as_the_table_says(
    old: PublicationState, new: PublicationState, actor: Actor
) -> None:
    who = LEGAL_PUBLICATION.get((old.value, new.value))
    if who is None:
        with pytest.raises(MoveNotAllowed):
            check_publication_move(old, new, actor)
    elif actor.value not in who.split():
        with pytest.raises(NotPermitted):
            check_publication_move(old, new, actor)
    else:
        check_publication_move(old, new, actor)
        assert actor in PUBLICATION_MOVES[old, new]


def test_nothing_leads_out_of_what_is_settled_and_every_state_has_words() -> None:
    assert not {old for old, _new in PUBLICATION_MOVES} & SETTLED
    assert set(IN_WORDS) == set(DraftState) | set(PublicationState) | set(Stopped)
