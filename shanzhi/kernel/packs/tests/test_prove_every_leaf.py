"""Nothing counts as proved that doesn't lead to the signed root: salts and hashes of odd lengths open no way around it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from shanzhi.kernel.journal.policy.tree import leaf_hash
from shanzhi.kernel.packs.policy.checked import Checked, Verdict
from shanzhi.kernel.packs.policy.faults import Step
from shanzhi.kernel.packs.queries import checking
from shanzhi.kernel.packs.queries.checking import Asked
from shanzhi.kernel.packs.tests import by_hand
from shanzhi.kernel.packs.tests.by_hand import Made
from shanzhi.kernel.packs.tests.made import KEY

WIDTH = 256


def typed_better(made: Made) -> int:
    """An entry in a full tile says another figure now; the number of its leaf's row."""
    last = max(row[1] for row in made.entries)
    nth = next(nth for nth, row in enumerate(made.entries) if row[2] == "figure" and row[1] // WIDTH < last // WIDTH)
    row = made.entries[nth]
    made.entries[nth] = (*row[:6], str(row[6]).replace('"late": false', '"late": true'))
    assert made.entries[nth] != row
    return nth


def shorten_a_salt(made: Made) -> None:
    nth = typed_better(made)
    row = made.entries[nth]
    made.entries[nth] = (*row[:5], row[5][:15], row[6])


def shorten_a_hash(made: Made) -> None:
    place = made.entries[typed_better(made)][1] // WIDTH
    nth = next(nth for nth, row in enumerate(made.leaves) if row[1] // WIDTH == place)
    made.leaves[nth] = (*made.leaves[nth][:2], made.leaves[nth][2][:31])


def let_a_neighbour_stand_for_two(made: Made) -> None:
    """The changed entry gives no hash, the leaf before it gives that of both: together they would be the old tile."""
    hashes = {row[1]: row[2] for row in made.leaves}
    last = max(row[1] for row in made.entries)
    nth, row = next(
        (nth, row)
        for nth, row in enumerate(made.entries)
        if row[2] == "figure" and row[1] // WIDTH < last // WIDTH and row[1] - 1 in hashes and row[1] % WIDTH
    )
    from_before = leaf_hash(by_hand.SHA256, row[5] + str(row[6]).encode())
    changed = str(row[6]).replace('"late": false', '"late": true')
    made.entries[nth] = (*row[:5], row[5][:15], changed)
    at = next(nth for nth, leaf in enumerate(made.leaves) if leaf[1] == row[1] - 1)
    made.leaves[at] = (*made.leaves[at][:2], made.leaves[at][2] + from_before)


@pytest.mark.parametrize("is_full", [False, True])
@pytest.mark.parametrize("change", [shorten_a_salt, shorten_a_hash, let_a_neighbour_stand_for_two])
def test_a_leaf_of_another_length_proves_nothing(tmp_path: Path, change: Callable[[Made], None], is_full: bool) -> None:
    made = by_hand.made(matters=60, folder=tmp_path)
    change(made)
    path = made.write(tmp_path / "doctored.pack")
    found: Checked = checking.check_pack(path, Asked((KEY.public,), is_full=is_full))
    assert found.verdict is Verdict.FAILED
    assert [one for one in map(str, found.of_step(Step.TREE)) if "长度不对" in one]
    assert [one for one in map(str, found.faults) if "没有得到证明" in one]


def test_a_row_of_no_matter_is_named(tmp_path: Path) -> None:
    made = by_hand.made(matters=20, folder=tmp_path)
    row = list(made.facts["fact_rating"][0])
    row[0], row[made.column("fact_rating", "satisfied")] = None, 5
    made.facts["fact_rating"] += [tuple(row)] * 3
    made.count_again(tmp_path / "again")
    found = checking.check_pack(made.write(tmp_path / "doctored.pack"), Asked((KEY.public,)))
    assert "facts/fact_rating.parquet 里有事项 None（None）的行" in str(found.of_step(Step.FACTS)[0])
