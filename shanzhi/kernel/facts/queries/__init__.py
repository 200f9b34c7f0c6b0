"""Every read of facts: how far they are, whether they are what the journal makes them, what the cubes say, facts as files."""

from shanzhi.kernel.facts.queries.asking import Answer, BadQuestion, ask
from shanzhi.kernel.facts.queries.between import Between, Days, counted_between
from shanzhi.kernel.facts.queries.cubes import CubeRow, cube_days, cube_days_in, cube_months, cube_units
from shanzhi.kernel.facts.queries.cuts import CutEntry, cut_entries, cut_tree, hashes_again, kept_faults, rows_before
from shanzhi.kernel.facts.queries.exporting import FolderInUse, NoRoom, export
from shanzhi.kernel.facts.queries.state import FactsState, facts_state, row_counts
from shanzhi.kernel.facts.queries.trees import bases_of
from shanzhi.kernel.facts.queries.verifying import Verified, verify

__all__ = [
    "Answer",
    "BadQuestion",
    "Between",
    "CubeRow",
    "CutEntry",
    "Days",
    "FactsState",
    "FolderInUse",
    "NoRoom",
    "Verified",
    "ask",
    "bases_of",
    "counted_between",
    "cube_days",
    "cube_days_in",
    "cube_months",
    "cube_units",
    "cut_entries",
    "cut_tree",
    "export",
    "facts_state",
    "hashes_again",
    "kept_faults",
    "row_counts",
    "rows_before",
    "verify",
]
