"""The start page's cards, one for each subject that a keeper looks after. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from shanzhi.kernel.access.policy import Actor


@dataclass(frozen=True, slots=True)
class Card:
    """One subject: title, one line, the name of its page's address, what `count` of things needs attention.

    `order` sorts; `count` answers for who looks, now, and `counted` says what it counts ("个岗位空缺", a message id).
    """

    url_name: str
    title: str
    line: str
    order: int
    count: Callable[[Actor, datetime], int] | None = None
    counted: str = ""


_cards: dict[str, Card] = {}


def offer_card(card: Card) -> None:
    """Offer a card for the start page; a second offer under the same address replaces the first."""
    _cards[card.url_name] = card


def cards() -> list[Card]:
    """All cards in their order."""
    return sorted(_cards.values(), key=lambda card: (card.order, card.url_name))
