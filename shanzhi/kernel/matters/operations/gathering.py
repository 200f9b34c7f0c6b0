"""Wholes follow their parts, by the background: one whole a transaction, it and its parts locked in the order of ids.

It only looks at how things stand, so that it can be done again at any time: once every part has ended the whole goes to
its lead, who joins the answers (汇总) into one; and parts whose whole ended, or took them back, end with it.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from shanzhi.kernel.access.policy import SYSTEM
from shanzhi.kernel.matters.models import Assignment, Matter
from shanzhi.kernel.matters.operations.act import act
from shanzhi.kernel.matters.operations.parting import kind_of_row, verb_code, whole_with_parts, wholes_of
from shanzhi.kernel.matters.operations.step import KEPT_FROM_WORKER, take_part
from shanzhi.kernel.matters.policy.process import Verb


def parts_follow(*, matter_ids: Iterable[int], now: datetime) -> int:
    """Let wholes and parts follow each other; returns how many steps were taken. Worker's role."""
    return sum(_whole_follow(whole_id, now) for whole_id in wholes_of(matter_ids))


@transaction.atomic
def _whole_follow(whole_id: int, now: datetime) -> int:
    whole, parts, back = whole_with_parts(whole_id, KEPT_FROM_WORKER)
    done = 0
    for part in parts:
        if part.ended_at is not None:
            continue
        if whole.ended_at is not None or part.pk in back:
            done += _act(part, Verb.FOLD, now)
        else:
            # Who works on a part reads what was reported, and the whole's lead reads how each part goes.
            take_part(whole.pk, dict.fromkeys(_units_of(part), "receiver"), now)
            take_part(part.pk, dict.fromkeys(_units_of(whole), "receiver"), now)
    kind = kind_of_row(whole)
    waits = whole.ended_at is None and whole.stage == kind.parted_stage
    if waits and all(part.ended_at is not None or part.pk in back for part in parts):
        done += _act(whole, Verb.COLLECT, now)
    return done


def _units_of(matter: Matter) -> list[int]:
    return list(Assignment.objects.filter(matter=matter, ended_at=None).values_list("unit_id", flat=True))


def _act(matter: Matter, verb: Verb, now: datetime) -> int:
    act(matter_id=matter.pk, action=verb_code(kind_of_row(matter), verb), actor=SYSTEM, now=now)
    return 1
