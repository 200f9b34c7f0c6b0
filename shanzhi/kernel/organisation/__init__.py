"""Regions as of a date, units, posts and who held them."""
