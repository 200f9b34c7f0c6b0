"""Schema of the organisation, small steps, each reversible."""
