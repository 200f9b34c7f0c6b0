"""The unit's notices as a page."""
