"""The triage desk: what came in is read, corrected, accepted and given to the unit that has to act."""
