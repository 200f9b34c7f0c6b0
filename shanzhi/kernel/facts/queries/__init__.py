"""Every read of facts: how far they are, whether they are what the journal makes them, what the cubes say, facts as files."""

from shanzhi.kernel.facts.queries.asking import Answer, BadQuestion, ask
from shanzhi.kernel.facts.queries.cubes import CubeRow, cube_days, cube_months, cube_units
from shanzhi.kernel.facts.queries.exporting import FolderInUse, export
from shanzhi.kernel.facts.queries.state import FactsState, facts_state, row_counts
from shanzhi.kernel.facts.queries.verifying import Verified, verify

__all__ = [
    "Answer",
    "BadQuestion",
    "CubeRow",
    "FactsState",
    "FolderInUse",
    "Verified",
    "ask",
    "cube_days",
    "cube_months",
    "cube_units",
    "export",
    "facts_state",
    "row_counts",
    "verify",
]
