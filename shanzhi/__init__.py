"""Shanzhi (善治): the operating platform of a Chinese city."""
