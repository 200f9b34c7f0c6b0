"""Every write of facts: projecting the journal, rebuilding, cutting a month."""

from shanzhi.kernel.facts.operations.cutting import Cut, NotProjected, cut_due, cut_month
from shanzhi.kernel.facts.operations.projecting import BATCH, Projected, Unfoldable, project
from shanzhi.kernel.facts.operations.rebuilding import CHUNK, Rebuilding, Rebuilt, last_matter, rebuild

__all__ = [
    "BATCH",
    "CHUNK",
    "Cut",
    "NotProjected",
    "Projected",
    "Rebuilding",
    "Rebuilt",
    "Unfoldable",
    "cut_due",
    "cut_month",
    "last_matter",
    "project",
    "rebuild",
]
