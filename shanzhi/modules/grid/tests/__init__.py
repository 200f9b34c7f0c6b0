"""Tests of the grid worker's page."""
