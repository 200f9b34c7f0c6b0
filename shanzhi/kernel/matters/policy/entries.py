"""Entries that later slices write into a matter's history: what they are called, and that they stay inside the offices."""

from collections.abc import Mapping

_titles: dict[str, str] = {}


def offer_entry(action: str, title: str) -> None:
    """Let a later slice's action be told in a matter's history under this title (a message id); reporters don't read it."""
    _titles[action] = title


def entries_offered() -> Mapping[str, str]:
    """The titles by action."""
    return _titles
