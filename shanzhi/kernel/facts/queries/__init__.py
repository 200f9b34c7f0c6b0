"""Every read of facts: how far they are, and whether they are what the journal makes them."""

from shanzhi.kernel.facts.queries.state import FactsState, facts_state, row_counts
from shanzhi.kernel.facts.queries.verifying import Verified, verify

__all__ = ["FactsState", "Verified", "facts_state", "row_counts", "verify"]
