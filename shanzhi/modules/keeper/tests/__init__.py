"""Tests of the keeper's pages."""
