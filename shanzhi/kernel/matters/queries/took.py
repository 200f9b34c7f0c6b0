"""How long matters took: in days of the calendar from report to end, counted in the database; no person in it.

A day counts from the one after the report (civil code, article 201: the day on which it begins isn't counted), by the city's
dates: whoever reports at 23:50 and is answered at 00:30 was answered after one day. What ends on the day of its report took 0.
"""

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL

from shanzhi.kernel.matters.models import Assignment, Clock, Matter
from shanzhi.kernel.matters.rulebook import promise_clocks

ANSWERED = ("closed", "lapsed")
"""Results that count as answered; what was refused or withdrawn is counted apart."""
LEADS = ("waiting", "taken", "done", "over")
"""States of a share whose unit leads now or led at the end."""
NOBODY = 0
"""In place of a unit's id: no unit led it (imported records, what was answered at once)."""
_DAYS = (
    "((matters_matter.ended_at AT TIME ZONE 'Asia/Shanghai')::date"
    " - (matters_matter.reported_at AT TIME ZONE 'Asia/Shanghai')::date)"
)


@dataclass(frozen=True, slots=True)
class Took:
    """Conditions on how a matter ended; an empty one doesn't filter.

    `answered`: closed, with a verdict or without; False: ended otherwise. `least`, `most`: days that it took. `led_by`: the
    unit that leads or led at the end (`NOBODY`: none). `kept`: whether the dates that were promised were kept; what was
    promised none is neither.
    """

    answered: bool | None = None
    least: int | None = None
    most: int | None = None
    led_by: int | None = None
    kept: bool | None = None

    def narrowed(self, rows: QuerySet[Matter]) -> QuerySet[Matter]:
        """The rows that meet the conditions, for the policy to look at."""
        if self.answered is not None:
            rows = rows.filter(ended_at__isnull=False)
            rows = rows.filter(result__in=ANSWERED) if self.answered else rows.exclude(result__in=ANSWERED)
        days = {"_took__gte": self.least, "_took__lte": self.most}
        days = {name: value for name, value in days.items() if value is not None}
        if days:
            rows = rows.annotate(_took=RawSQL(_DAYS, [])).filter(**days)  # noqa: S611 - a fixed text
        if self.led_by is not None:
            led = Assignment.objects.filter(matter_id=OuterRef("pk"), part="lead", state__in=LEADS)
            rows = rows.filter(Exists(led.filter(unit_id=self.led_by)) if self.led_by else ~Exists(led))
        return rows if self.kept is None else rows.filter(self._promised())

    def _promised(self) -> Q:
        """The same as in the search function: the last row of each clock's course tells."""
        rows = Clock.objects.filter(matter_id=OuterRef("pk"), code__in=promise_clocks())
        after = Clock.objects.filter(
            matter_id=OuterRef("matter_id"),
            code=OuterRef("code"),
            started_at=OuterRef("started_at"),
            pk__gt=OuterRef("pk"),
        )
        broke = rows.filter(stopped_at__gt=F("due_at")).filter(~Exists(after))
        return Q(Exists(rows)) & (Q(~Exists(broke)) if self.kept else Q(Exists(broke)))

    def values(self) -> list[Any]:
        """As the search function's last six arguments."""
        codes = None if self.kept is None else list(promise_clocks())
        return [self.answered, self.least, self.most, self.led_by, self.kept, codes]


ANYHOW = Took()
"""No condition."""
