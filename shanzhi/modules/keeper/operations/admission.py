"""准入清单: added to and ended by the city's keeper."""

from datetime import date, datetime

from django.db import transaction

from shanzhi.core.errors import NotAllowed
from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.organisation import operations as organisation
from shanzhi.kernel.organisation.policy import Level, level_of
from shanzhi.modules.keeper.operations._common import check_keeper


@transaction.atomic
def item_add(*, item: str, level: str, ground: str, on: date, until: date | None, actor: Actor, now: datetime) -> int:
    """Let something be asked of communities or grids; the item's id.

    Raises:
        SignInNeeded, NotAllowed: the acting post isn't the city's keeper.
        DomainError: see `organisation.operations.admission_add`.
    """
    author = check_keeper(actor)
    _check_city(actor)
    return organisation.admission_add(
        item=item, level=Level(level), ground=ground, on=on, until=until, now=now, author=author
    )


@transaction.atomic
def item_end(*, admission_id: int, on: date, actor: Actor, now: datetime) -> None:
    """Take something off the list from a day on.

    Raises:
        SignInNeeded, NotAllowed: the acting post isn't the city's keeper.
        DomainError: see `organisation.operations.admission_end`.
    """
    author = check_keeper(actor)
    _check_city(actor)
    organisation.admission_end(admission_id=admission_id, on=on, now=now, author=author)


def _check_city(actor: Actor) -> None:
    if level_of(actor.region_code) is not Level.CITY:
        raise NotAllowed(msg("准入清单由市级系统管理员维护。请把意见报给市级。"))
