"""Every step that tells somebody has its words, and they reach those whose turn it is."""

import pytest

from shanzhi.kernel.matters.operations.kinds import shipped_kinds
from shanzhi.kernel.matters.policy.process import Party, Role, load_kind
from shanzhi.kernel.matters.queries import Parties
from shanzhi.kernel.matters.tasks import TEXTS, _of_lead

KINDS = [load_kind(path.read_text(encoding="utf-8")) for path in shipped_kinds()]
INCIDENT = next(kind for kind in KINDS if kind.code == "incident")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.code)
def test_every_notice_has_words(kind):
    telling = {action.journal for action in kind.actions if set(action.notify) - {Party.REPORTER}}
    assert telling - TEXTS.keys() == set()


@pytest.mark.parametrize(
    ("stage", "posts", "told"),
    [
        ("in_grid", {"handler", "grid_worker", "grid_chief"}, (Role.GRID_CHIEF, Role.GRID_WORKER)),
        ("in_community", {"handler", "grid_worker"}, (Role.HANDLER,)),
        ("in_centre", {"dispatcher", "checker", "supervisor"}, (Role.DISPATCHER, Role.SUPERVISOR)),
        ("in_unit", {"handler"}, (Role.HANDLER,)),
        # The reporter's turn: who led is told all the same.
        ("verdict", {"handler", "keeper"}, (Role.HANDLER,)),
        ("in_unit", {"keeper"}, ()),
    ],
)
def test_the_lead_is_told_in_the_roles_whose_turn_it_is(stage, posts, told):
    assert _of_lead(Parties(INCIDENT, stage, "", "", {}), frozenset(posts)) == told
