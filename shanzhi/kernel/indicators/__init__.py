"""Figures with formulas: what they are, how they are computed, scored, compared and put together."""
