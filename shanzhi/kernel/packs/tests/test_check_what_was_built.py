"""What a city builds out of its daily work passes the check that knows nothing but the file."""

from shanzhi.kernel.packs.policy.checked import Verdict
from shanzhi.kernel.packs.policy.faults import Step
from shanzhi.kernel.packs.queries import checking
from shanzhi.kernel.packs.queries.checking import Asked
from tests.packed import Packed, city, packed

__all__ = ["city", "packed"]


def test_a_built_pack_passes_in_all_its_parts(packed: Packed) -> None:
    found = checking.check_pack(packed.path, Asked(is_full=True))
    assert [str(fault) for fault in found.faults] == []
    assert (found.verdict, found.done) == (Verdict.PASSED, list(Step))
    counts = found.counts
    assert counts["folded"] == counts["matters"] > 0
    assert counts["exclusions"] > 0
    assert counts["typed"] > 0
    assert counts["regions"] > 0
