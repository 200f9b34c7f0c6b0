"""Pages of drives."""
