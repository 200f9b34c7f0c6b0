"""What whoever opens a drive chooses from."""

from datetime import date

from shanzhi.kernel.access import queries as acting
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.policy import Level
from shanzhi.modules.drives.policy.words import DECIDE


def entries(on: date) -> list[tuple[int, str]]:
    """The entries of the admission list that hold today for communities; 1 query."""
    return [(one.id, f"{one.item}（{one.ground}）") for one in organisation.admitted(on, level=Level.COMMUNITY)]


def deciders(actor: Actor, on: date) -> list[tuple[int, str]]:
    """The posts in the actor's place that may decide and that somebody holds, by unit and title; 1 query."""
    roles = [role.code for role in acting.roles().values() if DECIDE in role.may]
    return [
        (card.post_id, f"{card.unit_name} {card.title}")
        for card in organisation.posts_of_roles(roles, on)
        if card.staff_id is not None and actor.place.contains(card.region_code)
    ]
