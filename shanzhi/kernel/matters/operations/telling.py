"""What a later slice writes into a matter's history."""

from datetime import datetime

from django.db import transaction

from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal.policy import Payload, Subject
from shanzhi.kernel.matters.operations.step import author_of, lock_matter


@transaction.atomic
def entry_add(*, matter_id: int, payload: Payload, actor: Actor, now: datetime) -> int:
    """Append an entry of a later slice to a matter's own; nothing of the matter changes. Returns the entry's number.

    Raises:
        MatterNotFound: it isn't there, or not in the actor's sight.
    """
    matter = lock_matter(matter_id, actor=actor)
    matter.steps += 1
    matter.save(update_fields=["steps"])
    subject = Subject("matter", matter.pk, matter.steps, matter.scope_code)
    journal.record(payload=payload, subject=subject, author=author_of(actor), happened_at=now)
    return matter.steps
