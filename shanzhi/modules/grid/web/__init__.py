"""The grid worker's pages."""
