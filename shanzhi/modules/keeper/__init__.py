"""The keeper of the rule book: what a city keeps up to date by itself."""
