"""The keeper's pages: what a city keeps up to date by itself."""
