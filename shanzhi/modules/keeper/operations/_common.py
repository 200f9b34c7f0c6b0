"""What the keeper's operations share: who acts, where, and that somebody stays who can."""

from collections.abc import Collection
from datetime import date, datetime

from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access import queries as access
from shanzhi.kernel.access.policy import Actor, check_may
from shanzhi.kernel.journal.policy import Author
from shanzhi.kernel.organisation import operations as organisation
from shanzhi.kernel.organisation import queries
from shanzhi.kernel.organisation.queries import OfficeCard, SeatCard, UnitRow
from shanzhi.modules.keeper.policy import FEATURE, LastOne, NotHere, TooMany, check_place

NEEDED = ("keep", "signoff")
"""Features that somebody in each place has to have: without the one nothing changes any more, without the other nobody
is appointed any more."""


def check_keeper(actor: Actor) -> Author:
    """Raises SignInNeeded or NotAllowed where the acting post is no keeper; the journal's author otherwise."""
    check_may(actor, access.roles().get(actor.role), FEATURE)
    return Author("post", actor.post_id, actor.unit_id)


def unit_here(unit_id: int, actor: Actor, now: datetime) -> OfficeCard:
    """A unit in the keeper's place, open or closed.

    Raises:
        NotHere: no such unit there.
    """
    card = queries.office_card(unit_id)
    region = queries.region_by_id(card.region_id, local_date(now)) if card else None
    if card is None or region is None:
        raise NotHere(msg("没有找到，或者不在您管的范围里。请核对后再选。"))
    check_place(actor, region.code)
    return card


def post_here(post_id: int, actor: Actor) -> SeatCard:
    """A post in the keeper's place, open or closed.

    Raises:
        NotHere: no such post there.
    """
    card = queries.seat_card(post_id)
    check_place(actor, queries.scope_code_of_post(post_id) if card else "")
    assert card is not None  # noqa: S101 - no code without one
    return card


def unit_meant(words: str, on: date) -> int | None:
    """The open unit that words mean: its code, its name or its short name; None for no words.

    Raises:
        NotHere: none. TooMany: several, which are named.
    """
    words = words.strip()
    if not words:
        return None
    found = queries.units_named(words, on)
    if not found:
        raise NotHere(msg("没有叫“%(words)s”的单位。请写全称或单位代码。"), words=words)
    if len(found) > 1:
        raise TooMany(
            msg("“%(words)s”有几个单位：%(units)s。请写单位代码。"),
            words=words,
            units="；".join(f"{unit.name}（{unit.code}）" for unit in found[:5]),
        )
    unit: UnitRow = found[0]
    return unit.id


def check_somebody_left(post_ids: Collection[int], actor: Actor, on: date) -> None:
    """Is there still a keeper and a security officer for each place, without these posts' holders?

    Takes the organisation's lock, so that two keepers can't take each other away at the same time.

    Raises:
        LastOne: no; says which role.
    """
    roles = access.roles()
    for feature in NEEDED:
        codes = [code for code, role in roles.items() if feature in role.may]
        held = [card for card in queries.posts_of_roles(codes, on) if card.staff_id is not None]
        leaving = [card for card in held if card.post_id in post_ids]
        if not leaving:
            continue
        organisation.offices_lock()
        held = [card for card in queries.posts_of_roles(codes, on) if card.staff_id is not None]
        staying = [card for card in held if card.post_id not in post_ids]
        for card in leaving:
            if not any(other.ranges.contains(card.region_code) for other in staying):
                raise LastOne(
                    msg("%(title)s是%(place)s最后一位在任的%(role)s，不能离任或撤销。请先安排另一位。"),
                    title=card.title,
                    place=card.region_name,
                    role=(roles[card.role].name,),
                )
