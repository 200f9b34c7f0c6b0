"""Requests of the slice."""
