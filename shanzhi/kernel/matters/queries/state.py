"""The state of the whole loop (for checks of the installation), and who has a part in matters (for notices)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Count

from shanzhi.kernel.matters.models import Ask, Assignment, Matter
from shanzhi.kernel.matters.operations.step import KEPT_FROM_WORKER
from shanzhi.kernel.matters.policy.process import Kind, Owner, Party
from shanzhi.kernel.matters.rulebook import kind_version


@dataclass(frozen=True, slots=True)
class Parties:
    """A matter's kind and stage, and the units in each part."""

    kind: Kind
    stage: str
    title: str
    number: str
    units: dict[Party, tuple[int, ...]]
    due_at: datetime | None = None
    scope_code: str = ""
    holder_unit_id: int | None = None


def parties_of(matter_ids: Sequence[int]) -> dict[int, Parties]:
    """Who has a part in these matters now: of those who handle them, the lead and co-handlers of the last dispatch, over
    or not; 3 queries (worker's role sees all)."""
    shares: dict[int, list[Assignment]] = {}
    for row in Assignment.objects.filter(matter_id__in=matter_ids).order_by("id"):
        shares.setdefault(row.matter_id, []).append(row)
    asked: dict[int, tuple[int, ...]] = {}
    askers: dict[int, tuple[int, ...]] = {}
    for ask in Ask.objects.filter(matter_id__in=matter_ids).order_by("decided_step", "id"):
        if ask.state == "open":
            asked[ask.matter_id] = (*asked.get(ask.matter_id, ()), ask.to_unit_id)
        elif ask.state in ("granted", "declined"):
            askers[ask.matter_id] = (ask.unit_id,)
    return {
        matter.pk: Parties(
            kind_version(matter.kind, matter.kind_version),
            matter.stage,
            matter.title,
            matter.number,
            {
                Party.INTAKE: (matter.intake_unit_id,),
                Party.CHECKER: (_checking(matter),),
                Party.SUPERVISOR: (matter.intake_unit_id,),
                Party.ASKED: asked.get(matter.pk, ()),
                Party.ASKER: askers.get(matter.pk, ()),
                **_sharing(shares.get(matter.pk, [])),
            },
            matter.due_at,
            matter.scope_code,
            matter.holder_unit_id,
        )
        for matter in Matter.objects.defer(*KEPT_FROM_WORKER).filter(pk__in=matter_ids)
    }


def _checking(matter: Matter) -> int:
    """The centre whose checkers have the turn, or would have: not always the one that took it in."""
    stage = kind_version(matter.kind, matter.kind_version).stage(matter.stage)
    return matter.holder_unit_id or matter.intake_unit_id if stage.owner is Owner.CHECKER else matter.intake_unit_id


def _sharing(rows: list[Assignment]) -> dict[Party, tuple[int, ...]]:
    """A dispatch writes its lead first, then its co-handlers."""
    start = max((place for place, row in enumerate(rows) if row.part == "lead"), default=0)
    units = tuple(row.unit_id for row in rows[start:])
    return {Party.LEAD: units[:1], Party.CO: units[1:]}


@dataclass(frozen=True, slots=True)
class LoopState:
    """How the loop stands: matters by stage, and each way in which records disagree, with the numbers at fault.

    `lost`: matters without the journal entries that their counters tell of, or the reverse. `out_of_step`: open
    matters without a running clock, or with another deadline than the soonest of theirs, or ended ones with a clock
    or an open assignment.
    """

    total: int
    by_stage: dict[str, int]
    lost: tuple[str, ...]
    out_of_step: tuple[str, ...]


_LOST = """
SELECT m.number FROM matters_matter m
LEFT JOIN (SELECT subject_id, count(*) AS entries, max(subject_step) AS last
           FROM journal_entry WHERE subject_kind = 'matter' GROUP BY subject_id) j ON j.subject_id = m.id
WHERE j.entries IS DISTINCT FROM m.steps OR j.last IS DISTINCT FROM m.steps
UNION ALL
SELECT 'journal ' || e.subject_id FROM journal_entry e
WHERE e.subject_kind = 'matter' AND e.subject_step = 1
  AND NOT EXISTS (SELECT 1 FROM matters_matter m WHERE m.id = e.subject_id)
LIMIT 100
"""
_OUT_OF_STEP = """
SELECT m.number FROM matters_matter m
LEFT JOIN (SELECT matter_id, min(due_at) AS due_at FROM matters_clock WHERE stopped_at IS NULL GROUP BY matter_id) c
    ON c.matter_id = m.id
WHERE (m.ended_at IS NULL AND c.due_at IS DISTINCT FROM m.due_at)
   OR (m.ended_at IS NULL AND EXISTS (SELECT 1 FROM matters_clock o
       WHERE o.matter_id = m.id AND o.stopped_at IS NULL AND o.code = '' AND o.stage <> m.stage))
   OR (m.ended_at IS NOT NULL AND (c.matter_id IS NOT NULL
       OR EXISTS (SELECT 1 FROM matters_assignment a WHERE a.matter_id = m.id AND a.ended_at IS NULL)))
LIMIT 100
"""


def loop_state() -> LoopState:
    """Count and cross-check everything that this role may see; 4 queries."""
    by_stage = {
        row["stage"]: row["n"] for row in Matter.objects.values("stage").annotate(n=Count("pk")).order_by("stage")
    }
    with connection.cursor() as cursor:
        cursor.execute(_LOST)
        lost = tuple(row[0] for row in cursor.fetchall())
        cursor.execute(_OUT_OF_STEP)
        out_of_step = tuple(row[0] for row in cursor.fetchall())
    return LoopState(sum(by_stage.values()), by_stage, lost, out_of_step)
