"""Pages of an assessment: the city's board and items; the levels above."""
