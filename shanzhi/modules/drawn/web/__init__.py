"""Pages and API of draws."""
