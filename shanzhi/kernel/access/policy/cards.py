"""The cards of the keeper's start page, one for each subject that a city keeps up to date: any slice offers its own. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from shanzhi.kernel.access.policy import Actor, Role


@dataclass(frozen=True, slots=True)
class Card:
    """One subject: title, one line, the name of its page's address, what `count` of things needs attention.

    `order` sorts; `feature` is what it takes to open the page; `count` answers for who looks, now, and `counted` says what
    it counts ("个岗位空缺", a message id).
    """

    url_name: str
    title: str
    line: str
    order: int
    feature: str
    count: Callable[[Actor, datetime], int] | None = None
    counted: str = ""


_cards: dict[str, Card] = {}


def offer_card(card: Card) -> None:
    """Offer a card for the start page; a second offer under the same address replaces the first."""
    _cards[card.url_name] = card


def cards_for(role: Role | None) -> list[Card]:
    """The cards that a role gets to see, in their order."""
    open_ = (card for card in _cards.values() if role is not None and card.feature in role.may)
    return sorted(open_, key=lambda card: (card.order, card.url_name))
