"""Every read of evidence, under row-level security: the archive, what items lack, what a pack takes along."""

from shanzhi.kernel.evidence.queries.archive import (
    ArchivePage,
    EvidenceCard,
    EvidenceRow,
    Filter,
    Step,
    UseRow,
    alike,
    archive_page,
    archive_rows,
    evidence_card,
    same_content,
    years,
)
from shanzhi.kernel.evidence.queries.items import ItemEvidence, item_evidence
from shanzhi.kernel.evidence.queries.lacking import completeness
from shanzhi.kernel.evidence.queries.packs import PackEvidence, counts_for, for_items, path_of
from shanzhi.kernel.evidence.queries.places import PlaceEvidence, place_evidence
from shanzhi.kernel.evidence.rules import rules

__all__ = [
    "ArchivePage",
    "EvidenceCard",
    "EvidenceRow",
    "Filter",
    "ItemEvidence",
    "PackEvidence",
    "PlaceEvidence",
    "Step",
    "UseRow",
    "alike",
    "archive_page",
    "archive_rows",
    "completeness",
    "counts_for",
    "evidence_card",
    "for_items",
    "item_evidence",
    "path_of",
    "place_evidence",
    "rules",
    "same_content",
    "years",
]
