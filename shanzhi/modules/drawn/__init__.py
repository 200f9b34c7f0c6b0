"""Draws for everybody: what was announced, how it stands, its file, and a page that does a draw again."""
