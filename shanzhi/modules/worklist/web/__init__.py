"""The worklist's pages."""
