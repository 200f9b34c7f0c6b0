"""Every read of rounds: a city's own pages. A round is given by the number of the city's row in it."""

from shanzhi.kernel.rounds.queries.city import board, claims, frame, item_page, leads, owed, round_rows

__all__ = ["board", "claims", "frame", "item_page", "leads", "owed", "round_rows"]
