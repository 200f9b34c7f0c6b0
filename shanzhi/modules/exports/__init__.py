"""Bulk export of matters, by two people."""
