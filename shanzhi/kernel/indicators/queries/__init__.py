"""Every read of indicators: the engines on which formulas run, and the figures that come of it."""
