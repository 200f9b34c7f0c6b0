"""Rounds of an assessment: guideline, cities and their states, self-evaluation, scores, what came of it."""
