"""What a city builds out of its daily work passes the check that knows nothing but the file; what was rewritten before, doesn't."""

from pathlib import Path

from shanzhi.config import database
from shanzhi.kernel.journal.tests.sealing import keeper
from shanzhi.kernel.packs.operations.building import build
from shanzhi.kernel.packs.policy.checked import Verdict
from shanzhi.kernel.packs.policy.faults import Step
from shanzhi.kernel.packs.queries import checking
from shanzhi.kernel.packs.queries.checking import Asked
from tests.packed import BUILT_AT, Packed, city, packed

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


def test_a_journal_that_was_rewritten_before_the_build_doesn_t_pass(packed: Packed, tmp_path: Path) -> None:
    """Whoever holds the server says in the journal itself, and nowhere else, that a matter wasn't late."""
    matter = packed.excluded.matter_id
    step = f"subject_kind = 'matter' AND subject_id = {matter} AND subject_step = 2"
    with keeper(packed.city.installation) as admin:
        (before,) = admin.execute(f"SELECT payload::text FROM journal_entry WHERE {step}").fetchall()
        admin.execute(f"UPDATE journal_entry SET payload = payload || '{{\"unit_id\": 77}}' WHERE {step}")
        try:
            with database.acting_as(packed.city.installation, "worker"):
                build(tmp_path / "rewritten.pack", packed.asked, now=BUILT_AT)
        finally:
            admin.execute(f"UPDATE journal_entry SET payload = %s WHERE {step}", before)
    found = checking.check_pack(tmp_path / "rewritten.pack", Asked(is_full=True))
    assert found.verdict is Verdict.FAILED
    assert any("按校验数据重算，和签过名的" in str(one) for one in found.faults)
