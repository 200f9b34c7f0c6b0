"""The way of one matter through its stages: what it has gone, and the shortest that is left, for every shipped kind."""

import pytest

from shanzhi.kernel.matters.operations.kinds import shipped_kinds
from shanzhi.kernel.matters.policy.process import Kind, load_kind, way_gone, way_left


def shipped() -> dict[str, Kind]:
    found = [load_kind(path.read_text(encoding="utf-8")) for path in shipped_kinds()]
    return {kind.code: kind for kind in found if isinstance(kind, Kind)}


KINDS = shipped()

LEFT = {
    "finding": {
        "reported": "dispatched rectifying rechecking closed",
        "dispatched": "rectifying rechecking closed",
        "rectifying": "rechecking closed",
        "rechecking": "closed",
    },
    "incident": {
        "reported": "in_grid verdict closed",
        "in_grid": "verdict closed",
        "in_community": "checking verdict closed",
        "in_centre": "checking verdict closed",
        "in_unit": "checking verdict closed",
        "spot_check": "verdict closed",
        "checking": "verdict closed",
        "verdict": "closed",
    },
    "petition": {
        "reported": "accepted dispatched handling replied closed",
        "accepted": "dispatched handling replied closed",
        "advice": "studying advised",
        "studying": "advised",
        "dispatched": "handling replied closed",
        "handling": "replied closed",
        "replied": "closed",
        "appealed": "reviewing reviewed closed",
        "reviewing": "reviewed closed",
        "reviewed": "closed",
        "reappealed": "rechecking ended",
        "rechecking": "ended",
    },
    "request": {
        "reported": "accepted dispatched handling checking verdict closed",
        "accepted": "dispatched handling checking verdict closed",
        "dispatched": "handling checking verdict closed",
        "handling": "checking verdict closed",
        "checking": "verdict closed",
        "merged": "verdict closed",
        "parted": "handling checking verdict closed",
        "verdict": "closed",
        "gathering": "closed",
    },
    "suggestion": {
        "reported": "dispatched handling opinion closed",
        "reassigning": "dispatched handling opinion closed",
        "dispatched": "handling opinion closed",
        "handling": "opinion closed",
        "opinion": "closed",
        "again": "second_opinion closed",
        "again_reassigning": "again second_opinion closed",
        "second_opinion": "closed",
    },
}
"""Kind → open stage → what is left, in order."""


def test_it_knows_every_shipped_kind_and_stage() -> None:
    assert {code: [stage.code for stage in kind.open_stages] for code, kind in KINDS.items()} == {
        code: list(left) for code, left in LEFT.items()
    }


@pytest.mark.parametrize(("code", "stage"), [(code, stage) for code, left in LEFT.items() for stage in left])
def test_it_tells_what_is_left(code: str, stage: str) -> None:
    assert " ".join(way_left(KINDS[code], stage)) == LEFT[code][stage]


@pytest.mark.parametrize(
    ("code", "stage"), [(code, end.code) for code, kind in KINDS.items() for end in kind.stages if end.is_end]
)
def test_nothing_is_left_of_what_has_ended(code: str, stage: str) -> None:
    assert way_left(KINDS[code], stage) == ()


def test_a_part_ends_where_its_reporter_would_be_asked() -> None:
    assert way_left(KINDS["request"], "handling", is_part=True) == ("checking", "joined")
    assert way_left(KINDS["request"], "handling") == ("checking", "verdict", "closed")


@pytest.mark.parametrize(
    ("been", "gone"),
    [
        ("reported", "reported"),
        ("reported accepted accepted dispatched", "reported accepted dispatched"),
        # given back: what comes again isn't shown as done
        ("reported accepted dispatched accepted", "reported accepted"),
        ("reported accepted dispatched handling checking handling", "reported accepted dispatched handling"),
        # two rounds, the second by another way
        ("reported in_grid in_community in_grid in_community in_unit", "reported in_grid in_community in_unit"),
        ("", ""),
    ],
)
def test_it_leaves_the_rounds_out_of_what_was_gone(been: str, gone: str) -> None:
    assert way_gone(been.split()) == tuple(gone.split())
