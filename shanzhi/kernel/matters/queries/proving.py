"""The proof of a matter's entries that its reporter takes home."""

from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.journal.policy import Proof
from shanzhi.kernel.matters.models import Matter, Remark
from shanzhi.kernel.matters.policy.shown import is_entry_proved_to_reporter
from shanzhi.kernel.matters.rulebook import kind_version


def own_proof(matter_id: int) -> Proof:
    """The proof of those entries that the reporter reads, each whole, without what names somebody else's report; 3 queries
    before `journal.queries.proof_of`. The caller has found the matter as its reporter.

    Raises:
        NotFound, ProofError: `journal.queries.proof_of`.
    """
    matter = Matter.objects.only("number", "kind", "kind_version").get(pk=matter_id)
    kind = kind_version(matter.kind, matter.kind_version)
    said = set(Remark.objects.filter(matter=matter_id, for_reporter=True, part="words").values_list("step", flat=True))
    shown = [
        row.step
        for row in journal.entries_of("matter", matter_id)
        if is_entry_proved_to_reporter(row.action, row.payload, row.author_kind, kind, has_words=row.step in said)
    ]
    return journal.proof_of("matter", matter_id, number=matter.number, steps=shown)
