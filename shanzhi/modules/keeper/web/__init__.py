"""The keeper's pages."""
