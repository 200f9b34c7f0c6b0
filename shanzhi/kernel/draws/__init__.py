"""Draws that nobody can steer: announced before they can be known, made from public numbers, done again by anybody."""
