"""Requests and sign-in pages of the slice."""
