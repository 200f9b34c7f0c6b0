"""Which kinds of things other systems may be told of: said by the slice that has them."""

from collections.abc import Callable, Mapping

_offers: list[Callable[[], Mapping[str, str]]] = []


def offer_kinds(read: Callable[[], Mapping[str, str]]) -> None:
    """Say which kinds there are now: code → name (a second offer replaces the first)."""
    _offers[:] = [read]


def kinds_offered() -> Mapping[str, str]:
    """The kinds by code, with their names."""
    return _offers[0]() if _offers else {}
