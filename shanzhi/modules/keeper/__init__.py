"""The keeper of the city's tables: regions, units, places, processes."""
