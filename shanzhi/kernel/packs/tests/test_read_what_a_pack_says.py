"""The texts of a pack are read with suspicion: what becomes a part of a statement is a whole number, and a month is a month."""

import json
from dataclasses import asdict
from typing import Any

import pytest

from shanzhi.kernel.packs.policy import contents

CUT = contents.CutTold(202510, 2, 1, 9, 3, "ab" * 32, "cd" * 32, 1, 12)
TOLD = contents.Told("3703", "淄博市", "", 202510, 202510, "by_hand", "指标", 1, "ef" * 32, (CUT,), 0, 3, 20)
PIECE = contents.Evidence("ab" * 32, 5, "paper", "清单", ("a",), "value 1")


def changed(**changes: Any) -> str:
    return json.dumps(json.loads(TOLD.text()) | changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"first": "0 OR 1); DROP TABLE last_cut; --"},
        {"first": True},
        {"first": 202513},
        {"last": 10**30},
        {"matters": 3.0},
        {"city": 3703},
        {"cuts": [asdict(CUT) | {"month": "202510; SELECT 1"}]},
        {"cuts": [asdict(CUT) | {"month": 0}]},
        {"cuts": [asdict(CUT) | {"leaf": "9"}]},
        {"more": 1},
        {"form": "another-form"},
        {"form": None},
    ],
)
def test_a_number_is_a_number_and_a_month_a_month(changes: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError)):
        contents.read_told(changed(**changes))


def test_a_newer_form_asks_for_an_upgrade() -> None:
    for read, text in (
        (contents.read_told, changed(form="shanzhi-pack-2")),
        (contents.read_evidence, contents.evidence_text([PIECE]).replace("pack-1", "pack-9")),
    ):
        with pytest.raises(contents.PackNewer, match="升级"):
            read(text)


def test_heads_and_evidence_are_what_they_say() -> None:
    heads = contents.Heads(("k",), (), (contents.EpochTold(1, "sha256", True, "…"),))
    assert contents.read_heads(heads.text()) == heads
    assert contents.read_told(TOLD.text()) == TOLD
    assert contents.read_evidence(contents.evidence_text([PIECE])) == (PIECE,)
    said = json.loads(heads.text())
    for wrong in ({"keys": "k"}, {"keys": [1]}, {"epochs": [said["epochs"][0] | {"number": "1 OR 1"}]}):
        with pytest.raises((ValueError, TypeError)):
            contents.read_heads(json.dumps(said | wrong))
    with pytest.raises((ValueError, TypeError)):
        contents.read_evidence(contents.evidence_text([PIECE]).replace('"is_inside": false', '"is_inside": 0'))
