"""The keeper's desk: what a city runs by."""
