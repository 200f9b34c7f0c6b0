"""A unit's worklist: what is due from this unit now, and everything that may be done with it."""
