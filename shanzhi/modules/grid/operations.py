"""What a grid worker does that is more than one step of a matter: to report an incident and to take it up at once."""

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.db import transaction

from shanzhi.core.errors import DomainError
from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.files import operations as files
from shanzhi.kernel.files.operations import Readable
from shanzhi.kernel.matters import operations as matters
from shanzhi.kernel.matters.operations import Reported
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.kernel.matters.queries import current_kind
from shanzhi.kernel.organisation.policy import Level, level_of
from shanzhi.modules.grid.policy import INCIDENT, NoGrid, take_up_of


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
    if not actor.region_code or level_of(actor.region_code) is not Level.GRID:
        raise NoGrid(msg("您现在的岗位不在网格里，不能这样上报。请换到网格岗位，或用“反映问题”。"))
    try:
        stored = tuple(files.store(data=data, name=name, now=now) for name, data in uploads)
    except DomainError as error:
        error.fields.setdefault("photos", error.sentence())
        raise
    new = replace(new, kind=INCIDENT, channel="visit", region_code=actor.region_code)
    made = matters.report(new=new, actor=actor, now=now, key=key, stored=stored)
    take_up = take_up_of(current_kind(INCIDENT, local_date(now)))
    if take_up and not made.replayed:
        matters.act(matter_id=made.matter_id, action=take_up, actor=actor, now=now)
    return made
