"""What the triage desk does in one go: two steps of the loop, both or neither."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.matters import operations as matters
from shanzhi.kernel.matters.operations import Done


@dataclass(frozen=True, slots=True)
class Act:
    """A step to take: the action's code in the matter's process, and its fields by code."""

    action: str
    fields: Mapping[str, object] = field(default_factory=dict)


@transaction.atomic
def accept_and_dispatch(
    *,
    matter_id: int,
    first: Act,
    then: Act,
    actor: Actor,
    now: datetime,
    version: int | None = None,
    key: uuid.UUID | None = None,
) -> Done:
    """Accept (or correct) with `first` and dispatch with `then`, in one transaction; returns the state afterwards.

    Both steps stand in the journal, each with its own words and clock. `version` is the one that the screen showed;
    `key` names the submission: sent again, both steps are answered and neither is done again.

    Raises:
        DomainError: as `matters.operations.act`; whatever the second step raises undoes the first.
    """
    done = matters.act(
        matter_id=matter_id,
        action=first.action,
        actor=actor,
        now=now,
        fields=first.fields,
        version=version,
        key=key,
    )
    return matters.act(
        matter_id=matter_id,
        action=then.action,
        actor=actor,
        now=now,
        fields=then.fields,
        version=None if done.replayed else done.version,
        key=uuid.uuid5(key, "dispatch") if key else None,
    )
