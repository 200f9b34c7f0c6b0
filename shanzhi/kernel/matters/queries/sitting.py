"""Where matters sit: whose turn it is, how often they came back, how long nothing moved, who gave them back to whom."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import BigIntegerField, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import F, RawSQL
from django.db.models.functions import Coalesce

from shanzhi.core.periods import CITY_ZONE, next_day
from shanzhi.kernel.matters.models import Assignment, Matter
from shanzhi.kernel.matters.queries.took import ANYHOW, Took


@dataclass(frozen=True, slots=True)
class Bounced:
    """Given back by one unit, then led by another (None: whoever), on a ground (empty: whichever)."""

    from_unit_id: int
    to_unit_id: int | None = None
    ground: str = ""


@dataclass(frozen=True, slots=True)
class Sitting:
    """Conditions on where and how long a matter sits; an empty one doesn't filter.

    `holder_id`: the unit whose turn it is. `returned`: given back at least so many times. `idle_days`: open, and in its
    stage for at least so many days. `ended_from`, `ended_to`: days on which it ended. `solved`: the resident's verdict.
    `reports`: reported at least so many times, its own report counted; how often, never by whom.
    `took`: how it ended, and after how many days.
    """

    holder_id: int | None = None
    returned: int = 0
    idle_days: int = 0
    ended_from: date | None = None
    ended_to: date | None = None
    solved: bool | None = None
    bounced: Bounced | None = None
    reports: int = 0
    took: Took = ANYHOW

    @property
    def is_empty(self) -> bool:
        """Does it ask for nothing?"""
        return self == NOWHERE

    def idle_since(self, now: datetime) -> datetime | None:
        """The time since when nothing may have moved."""
        return now - timedelta(days=self.idle_days) if self.idle_days else None

    @property
    def linked_least(self) -> int | None:
        """How many others are under it at least; None: that isn't asked."""
        return self.reports - 1 if self.reports > 1 else None

    def bounds(self) -> tuple[datetime | None, datetime | None]:
        """From which moment and before which one it ended."""
        until = next_day(self.ended_to) if self.ended_to else None
        return _midnight(self.ended_from), _midnight(until)

    def narrowed(self, rows: QuerySet[Matter], now: datetime) -> QuerySet[Matter]:
        """The rows that meet the conditions, for the policy to look at."""
        found: dict[str, Any] = {
            "holder_unit_id": self.holder_id,
            "stage_since__lte": self.idle_since(now),
            "ended_at__gte": self.bounds()[0],
            "ended_at__lt": self.bounds()[1],
            "solved": self.solved,
        }
        rows = rows.filter(**{name: value for name, value in found.items() if value is not None})
        if self.idle_days:
            rows = rows.filter(ended_at=None)
        if self.returned:
            rows = rows.annotate(_returned=RawSQL("coalesce((matters_matter.counts->>'returns')::int, 0)", []))
            rows = rows.filter(_returned__gte=self.returned)
        if self.linked_least is not None:
            rows = rows.annotate(_linked=RawSQL("coalesce((matters_matter.counts->>'linked')::int, 0)", []))
            rows = rows.filter(_linked__gte=self.linked_least)
        rows = self.took.narrowed(rows)
        return rows.filter(_gave_back(self.bounced)) if self.bounced else rows

    def values(self, now: datetime) -> list[Any]:
        """As the search function's last sixteen arguments."""
        bounced = self.bounced
        return [
            self.holder_id,
            self.returned or None,
            self.idle_since(now),
            *self.bounds(),
            self.solved,
            bounced.from_unit_id if bounced else None,
            bounced.to_unit_id if bounced else None,
            (bounced.ground or None) if bounced else None,
            self.linked_least,
            *self.took.values(),
        ]


NOWHERE = Sitting()
"""No condition."""


def _midnight(day: date | None) -> datetime | None:
    return datetime(day.year, day.month, day.day, tzinfo=CITY_ZONE) if day else None


def _gave_back(bounced: Bounced) -> Q:
    """The same as in the search function: a returned share of the unit, and who led next."""
    after = Assignment.objects.filter(matter_id=OuterRef("matter_id"), part="lead", pk__gt=OuterRef("pk")).order_by(
        "pk"
    )
    given = Assignment.objects.filter(matter_id=OuterRef("pk"), state="returned", unit_id=bounced.from_unit_id)
    if bounced.ground:
        given = given.filter(ground=bounced.ground)
    if bounced.to_unit_id is not None:
        given = given.annotate(
            _next=Coalesce(
                Subquery(after.values("unit_id")[:1]), F("matter__intake_unit_id"), output_field=BigIntegerField()
            )
        ).filter(_next=bounced.to_unit_id)
    return Q(Exists(given))
