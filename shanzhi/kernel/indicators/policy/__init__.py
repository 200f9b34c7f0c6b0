"""Figures with formulas: definitions, the subset of SQL that is allowed, values, scores, indices, fair comparison. Pure."""
