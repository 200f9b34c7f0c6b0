"""What a grid worker does that is more than one step of a matter: to report an incident and to take it up at once."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import connection, transaction

from shanzhi.core.errors import DomainError
from shanzhi.core.geo import Point, metres_between
from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.files import operations as files
from shanzhi.kernel.files.operations import Readable
from shanzhi.kernel.matters import operations as matters
from shanzhi.kernel.matters.operations import Reported
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.kernel.matters.queries import current_kind
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.policy import Level, level_of
from shanzhi.kernel.organisation.policy.places import NoSuchPlace, PlaceClosed
from shanzhi.kernel.organisation.queries import PlaceRow
from shanzhi.modules.grid.policy import (
    COMMUNITY_DIGITS,
    INCIDENT,
    BadMark,
    NoGrid,
    OutsideMyGrid,
    distance_class,
    take_up_of,
)


@transaction.atomic
def incident_found(
    *,
    new: NewReport,
    uploads: Sequence[tuple[str, Readable]],
    actor: Actor,
    now: datetime,
    key: uuid.UUID | None,
) -> Reported:
    """A grid worker found something: reported for the post's own grid, whatever `new` says, and taken up at once.

    `uploads` are (name, file). Sent again with the same key it is done once.

    Raises:
        NoGrid: the post stands for no grid.
        DomainError: what `matters.operations.report`, `act` and `files.operations.store` raise; a refused file is named by
            its field.
    """
    _check_grid(actor)
    try:
        stored = tuple(files.store(data=data, name=name, now=now) for name, data in uploads)
    except DomainError as error:
        error.fields.setdefault("photos", error.sentence())
        raise
    if new.place_id is not None:
        _my_place(new.place_id, actor, now)
    new = replace(new, kind=INCIDENT, channel="grid", region_code=actor.region_code)
    made = matters.report(new=new, actor=actor, now=now, key=key, stored=stored)
    take_up = take_up_of(current_kind(INCIDENT, local_date(now)))
    if take_up and not made.replayed:
        matters.act(matter_id=made.matter_id, action=take_up, actor=actor, now=now)
    return made


@dataclass(frozen=True, slots=True)
class Signed:
    """What became of a sign-in: how far it was (`policy.DISTANCES`), the incident, whether it stood already."""

    place: PlaceRow
    distance: str
    number: str = ""
    replayed: bool = False


@transaction.atomic
def patrol_sign(
    *,
    place_id: int,
    actor: Actor,
    now: datetime,
    key: uuid.UUID,
    mark: str = "",
    here: Point | None = None,
    found: NewReport | None = None,
    uploads: Sequence[tuple[str, Readable]] = (),
) -> Signed:
    """Sign in at a place: nothing found, or a finding that becomes an incident there.

    `mark` is what the place's QR code says, `here` where the phone is (WGS84, if its holder gives it): of it only the
    distance's class is kept. Kept are place, unit and day, neither post nor time nor position: it is the place's
    record, and nobody's way through the day can be read off it. That is why no journal entry, which is signed by a post
    and dated to the second, is written for it; a finding has its own. Sent again, or found nothing twice on a day, it is
    kept once.

    Raises:
        NoGrid: the post stands for no grid.
        NoSuchPlace, PlaceClosed, OutsideMyGrid, BadMark: not this place, not today, not of this community, another's code.
        DomainError: what `incident_found` raises.
    """
    _check_grid(actor)
    place = _my_place(place_id, actor, now)
    if mark and mark != place.mark:
        raise BadMark(msg("这个二维码不是这个场所的。请重新扫码，或从列表里选场所签到。"))
    metres = metres_between(here, place.point) if here is not None and place.point is not None else None
    made = None
    if found is not None:
        made = incident_found(new=replace(found, place_id=place.id), uploads=uploads, actor=actor, now=now, key=key)
    assert actor.unit_id is not None  # noqa: S101 - a post has a unit
    with connection.cursor() as cursor:
        cursor.execute(
            'INSERT INTO grid_patrol (key, place_id, unit_id, scope_code, "on", by_mark, distance, matter_id)'
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
            [
                key,
                place.id,
                actor.unit_id,
                place.region_code,
                local_date(now),
                bool(mark),
                distance_class(metres),
                made.matter_id if made else None,
            ],
        )
        is_new = cursor.rowcount == 1
    return Signed(place, distance_class(metres), made.number if made else "", replayed=not is_new)


def _check_grid(actor: Actor) -> None:
    if not actor.region_code or level_of(actor.region_code) is not Level.GRID:
        raise NoGrid(msg("您现在的岗位不在网格里，不能这样上报。请换到网格岗位，或用“反映问题”。"))


def _my_place(place_id: int, actor: Actor, now: datetime) -> PlaceRow:
    """An open place of the actor's community."""
    place = organisation.place_by_id(place_id, local_date(now))
    if place is None:
        raise NoSuchPlace(msg("没有找到这个场所。请从列表里选。"))
    if place.is_closed:
        raise PlaceClosed(
            msg("“%(name)s”已经关闭，不用再签到。里面还有事的，请用“上报事件”写清地点。"), name=place.name
        )
    if place.region_code[:COMMUNITY_DIGITS] != actor.region_code[:COMMUNITY_DIGITS]:
        raise OutsideMyGrid(msg("“%(name)s”不在您的村（社区）。请从自己网格的列表里选。"), name=place.name)
    return place
