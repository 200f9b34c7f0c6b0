"""What was asked about a matter falls away where it can't be answered any more: with the share of the unit that asked, with
the stage, or with the clock that it was about."""

from datetime import datetime

from django.db.models import OuterRef, QuerySet, Subquery

from shanzhi.kernel.matters.models import Ask, Clock, Matter
from shanzhi.kernel.matters.policy.process import AskType, Kind, lasting
from shanzhi.kernel.matters.rulebook import kind_version


def drop_with_share(matter: Matter, now: datetime) -> None:
    """What the unit asked, or was urged to, falls away with its share; a supervision follows the matter to the next."""
    _drop(_open(matter).exclude(type=AskType.SUPERVISE), matter, now)


def drop_with_stage(matter: Matter, kind: Kind, now: datetime) -> None:
    """What nobody can answer in the stage in which the matter is now, and what is about a clock that has stopped since.

    1 query where nothing is open, as with almost every step."""
    lasts = lasting(kind, matter.stage)
    asked = list(_open(matter).exclude(type__in=(AskType.SUPERVISE, AskType.REPORT)))
    gone = [ask.pk for ask in asked if ask.code not in lasts or not _has_its_clock(ask)]
    if gone:
        _drop(Ask.objects.filter(pk__in=gone), matter, now)


def _has_its_clock(ask: Ask) -> bool:
    """Does the clock still run for which more time was asked? True of what is about no clock."""
    if ask.type != AskType.EXTEND:
        return True
    clocks = Clock.objects.filter(matter=ask.matter_id, code=ask.clock, stopped_at=None)
    return clocks.filter(started_at__lte=ask.asked_at).exists()


def asks_drop(*, now: datetime) -> int:
    """End what was left open on matters that have moved on since; returns how many. Worker's role.

    Every step ends what it leaves behind; this is for what was left before it did.
    """
    left = Ask.objects.filter(state="open").exclude(type__in=(AskType.SUPERVISE, AskType.REPORT))
    where = left.values_list("code", "matter__kind", "matter__kind_version", "matter__stage").distinct()
    stale = [key for key in where if key[0] not in lasting(kind_version(key[1], key[2]), key[3])]
    steps = Matter.objects.filter(pk=OuterRef("matter_id")).values("steps")
    return sum(
        left.filter(code=code, matter__kind=kind, matter__kind_version=version, matter__stage=stage).update(
            state="dropped", decided_at=now, decided_step=Subquery(steps)
        )
        for code, kind, version, stage in stale
    )


def _open(matter: Matter) -> QuerySet[Ask]:
    return Ask.objects.filter(matter=matter, state="open")


def _drop(rows: QuerySet[Ask], matter: Matter, now: datetime) -> None:
    rows.update(state="dropped", decided_at=now, decided_step=matter.steps)
