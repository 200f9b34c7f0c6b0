"""A pack of two cut months: what it holds is what the journal and the facts say; nothing else leaves the city."""

from shanzhi.kernel.packs.policy.letter import open_letter
from tests.packed import Packed, city, packed

__all__ = ["city", "packed"]


def test_it_holds_what_was_cut(packed: Packed) -> None:
    letter = open_letter(packed.path)
    assert letter.faults == ()
