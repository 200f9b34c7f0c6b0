"""Every change of evidence: what comes by itself, what posts put in and open, what is destroyed when its time is over."""

from shanzhi.kernel.evidence.operations.putting import (
    content_marks,
    evidence_describe,
    evidence_open,
    evidence_put,
    gone_said,
    use_add,
    use_end,
)
from shanzhi.kernel.evidence.operations.retiring import evidence_retire
from shanzhi.kernel.evidence.operations.taking import evidence_mark, evidence_take

__all__ = [
    "content_marks",
    "evidence_describe",
    "evidence_mark",
    "evidence_open",
    "evidence_put",
    "evidence_retire",
    "evidence_take",
    "gone_said",
    "use_add",
    "use_end",
]
