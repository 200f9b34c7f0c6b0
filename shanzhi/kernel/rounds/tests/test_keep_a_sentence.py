"""A sentence about a pack is kept and read again in the reader's language; what doesn't fit is left out."""

from shanzhi.kernel.rounds.policy.telling import KEPT_MOST, Sentence, keep, kept

SAID = "“%(item)s”锁定时是 %(locked)s"


def test_it_reads_what_it_kept() -> None:
    said: list[Sentence] = [(SAID, {"item": "满意率", "locked": "88/100"}), ("出错 %(count)d", {"count": 3})]
    assert kept(keep(said)) == said
    assert kept(keep([(SAID, {"item": ("甲", "乙"), "locked": 1})])) == [(SAID, {"item": "甲、乙", "locked": 1})]
    assert (keep([]), kept("")) == ("", [])


def test_it_leaves_out_what_does_not_fit() -> None:
    many: list[Sentence] = [(SAID, {"item": f"指标{number}", "locked": "1/2"}) for number in range(100)]
    text = keep(many)
    assert len(text) <= KEPT_MOST
    assert kept(text) == many[: len(kept(text))]
