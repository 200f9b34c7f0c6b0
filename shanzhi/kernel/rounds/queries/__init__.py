"""Every read of rounds: a city's own pages. A round is given by the number of the city's row in it."""

from shanzhi.kernel.rounds.operations._own import written_by
from shanzhi.kernel.rounds.queries.city import board, claims, frame, item_page, leads, owed, round_rows
from shanzhi.kernel.rounds.queries.handed import (
    findings_page,
    letter_of_city,
    list_published,
    objections_page,
    sent_page,
)

__all__ = [
    "board",
    "claims",
    "findings_page",
    "frame",
    "item_page",
    "leads",
    "letter_of_city",
    "list_published",
    "objections_page",
    "owed",
    "round_rows",
    "sent_page",
    "written_by",
]
