"""A redraw of regions by a keeper."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.journal.policy import Author
from shanzhi.kernel.organisation import operations as organisation
from shanzhi.kernel.organisation import queries
from shanzhi.kernel.organisation.operations import RegionsChangedCount
from shanzhi.kernel.organisation.policy.plan import Plan
from shanzhi.modules.keeper.policy import check_drawn


@transaction.atomic
def redraw_carry_out(*, plan: Plan, version: UUID | None, actor: Actor, now: datetime) -> RegionsChangedCount:
    """Carry out a plan on the tree on which it was tried.

    Raises:
        NotAllowed: a region lies outside the actor's place.
        TreeMoved: somebody changed regions, units or posts since.
        BadChange: it can't be.
    """
    # Drawn twice, here and under the lock: the tree is the same, or the second says that it isn't.
    check_drawn(actor.place, queries.plan_preview(plan).drawn)
    author = Author("post", actor.post_id, actor.unit_id)
    return organisation.regions_change(plan=plan, version=version, now=now, author=author)
