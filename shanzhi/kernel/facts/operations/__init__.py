"""Every write of facts: projecting the journal."""
