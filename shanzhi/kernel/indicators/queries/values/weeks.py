"""What a region's week report says: counts of the cube by day, of what is finer by facts, for `policy.reports.compose`."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import cast

from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.facts.queries import Between, Days, counted_between, cube_days_in, cube_months
from shanzhi.kernel.indicators.policy.periods import PeriodUnreadable, month_of
from shanzhi.kernel.indicators.policy.reports import Report
from shanzhi.kernel.indicators.policy.reports.period import Period
from shanzhi.kernel.indicators.policy.reports.weekly import WEEKS_BACK, Counts, Group, Region, Week, weekly
from shanzhi.kernel.indicators.queries.values.left_out import MEASURES as LEFT_OUT
from shanzhi.kernel.indicators.queries.values.left_out import left_out_by_day
from shanzhi.kernel.indicators.queries.values.reading import Where, where
from shanzhi.kernel.indicators.queries.values.sight import check_reads_figures_under
from shanzhi.kernel.indicators.rules import catalogue
from shanzhi.kernel.matters.queries import categories
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.queries import one_tree

MEASURES = (
    "reported", "accepted", "dispatched", "ended", "given_back", "due", "kept", "missed", "rated", "solved", "scored",
    "pleased", "unrated",
)  # fmt: skip
_NOTHING = dict.fromkeys((*MEASURES, *(f"{name}_counted" for name in LEFT_OUT)), 0)
_WHOLE = {"city": "全市", "province": "全省"}
_PARTS = {"province": "市", "city": "县（区）", "county": "乡镇（街道）", "township": "村（社区）"}


@one_tree(is_read=True)
def week_report(region_id: int, week: Period, *, issuer: str, now: datetime) -> Report:
    """The report of a region's week, Monday to Sunday; 10 statements.

    Raises:
        NoSuchPlace: no region of this id at the week's end, or none that the post reads figures of.
        PeriodUnreadable: the week hasn't begun.
    """
    today = local_date(now)
    if week.first > today:
        raise PeriodUnreadable(msg("%(week)s 还没有开始。请选本周或以前的一周。"), week=week.key)
    on = min(week.last, today)
    around = where(region_id, on)
    # A week is counted on reading, so the policy on figures is asked here.
    check_reads_figures_under((around.above[-1] if around.above else around.place).code)
    found = _Counted(region_id, tuple(part.id for part in around.below), week, on, now)
    return weekly(
        found.week(around),
        name=around.place.name,
        code=around.place.code,
        whole=_WHOLE.get(around.place.level, around.place.name),
        parts_word=_PARTS.get(around.place.level, "区域"),
        issuer=issuer,
        now=now,
        today=today,
    )


class _Counted:
    """What was counted for a region and its parts: by week from the cube, and between days by group."""

    def __init__(self, region_id: int, parts: tuple[int, ...], week: Period, on: date, now: datetime) -> None:
        self.region_id, self.period = region_id, week
        year_ago = week.year_ago
        self.shown = [one for one in (week, week.before, year_ago) if one is not None]
        groups, self.begun = counted_between(
            region_id, parts, [Days(one.first, min(one.last, on)) for one in self.shown], on=on, at=now
        )
        self.groups: dict[Period, Between] = dict(zip(self.shown, groups, strict=True))
        self.past = [week]
        for _ in range(WEEKS_BACK):
            self.past.insert(0, self.past[0].before)
        self.counts: dict[tuple[int, date], dict[str, int]] = {}
        self.open: dict[Period, int] = {}
        self._months = cube_months(
            (region_id,), since=0, until=month_of(week.last), on=on, measures=("reported", "ended")
        )
        firsts = [(self.past[0], [week, week.before]), *([(year_ago, [year_ago])] if year_ago is not None else [])]
        # From the month in which a span's first week begins, so that whole months and these days are all that was.
        spans = [(first.first.replace(day=1), min(weeks[0].last, on)) for first, weeks in firsts]
        self._rows = [
            (row.of, cast("date", row.at), row.counts)
            for row in cube_days_in((region_id, *parts), spans, on=on, measures=MEASURES)
        ]
        self._add_up()
        self._leave_out((region_id, *parts), spans, on)
        for (since, _), (_, weeks) in zip(spans, firsts, strict=True):
            self._open_at(since, weeks)

    def _add_up(self) -> None:
        for region_id, day, counts in self._rows:
            sums = self.counts.setdefault((region_id, day - timedelta(days=day.weekday())), dict.fromkeys(MEASURES, 0))
            for name, count in counts.items():
                sums[name] += count

    def _leave_out(self, regions: Sequence[int], spans: Sequence[tuple[date, date]], on: date) -> None:
        """Shares are of what counts for the month's figures too; how many verdicts came is of all."""
        for counts in self.counts.values():
            counts |= {f"{name}_counted": counts[name] for name in LEFT_OUT}
        for region_id, day, less in left_out_by_day(catalogue(), regions, spans, on):
            week = self.counts[region_id, day - timedelta(days=day.weekday())]
            for name, count in less.items():
                week[f"{name}_counted"] -= count

    def _open_at(self, since: date, weeks: list[Period]) -> None:
        """How many were open at the end of `weeks`: what was reported less what ended, in all the months before `since` and on
        the days from it."""
        months = sum(_left(row.counts) for row in self._months if cast("int", row.at) < month_of(since))
        for week in weeks:
            own = (
                _left(counts)
                for region_id, day, counts in self._rows
                if region_id == self.region_id and since <= day <= week.last
            )
            self.open[week] = months + sum(own)

    def _is_known(self, week: Period) -> bool:
        return self.begun is not None and week.last >= self.begun

    def of(self, region_id: int, week: Period) -> Counts | None:
        """A region's week; None before the city's first record. What is late and open is known of the weeks shown alone."""
        if not self._is_known(week):
            return None
        counts = dict(self.counts.get((region_id, week.first), _NOTHING))
        between = self.groups.get(week)
        running = 0
        if between is not None:
            running = sum(count for (place, _), count in between.late.items() if place == region_id)
        counts["due"] += running
        counts["late"] = counts["due"] - counts["kept"]
        counts["open"] = self.open.get(week, 0) if region_id == self.region_id else 0
        return counts

    def week(self, around: Where) -> Week:
        """All of it for the report."""
        week, before, year_ago = self.period, self.period.before, self.period.year_ago
        nothing = _NOTHING | {"late": 0, "open": 0}
        then = None if year_ago is None else self.of(self.region_id, year_ago)
        return Week(
            week,
            self.of(self.region_id, week) or nothing,
            self.of(self.region_id, before),
            then,
            tuple((one.said, self.of(self.region_id, one)) for one in self.past[:-1]),
            tuple(Region(part.code, part.name, self.of(part.id, week) or nothing) for part in around.below),
            self._categories(),
            self._units(),
        )

    def _group(self, week: Period | None, side: str, code: str | int) -> Counts | None:
        """What was counted in a category or unit; None where the week has nothing to say."""
        if week is None or not self._is_known(week):
            return None
        between = self.groups[week]
        if side == "category":
            return {"reported": between.categories.get(str(code), 0)}
        return between.units.get(int(code), {})

    def _made(self, side: str, names: Mapping[str, str]) -> tuple[Group, ...]:
        week = self.period
        return tuple(
            Group(
                code, name, self._group(week, side, code) or {}, self._group(week.before, side, code),
                self._group(week.year_ago, side, code),
            )
            for code, name in names.items()
        )  # fmt: skip

    def _categories(self) -> tuple[Group, ...]:
        known = {group.code: group.name for group in categories().groups}
        codes = sorted({code for between in self.groups.values() for code in between.categories})
        return self._made("category", {code: known.get(code, code) or msg("未分类") for code in codes})

    def _units(self) -> tuple[Group, ...]:
        ids = list(self.groups[self.period].units)
        names, on = organisation.unit_names(ids), self.period.last
        rows = organisation.units_by_ids(ids, on)
        ordered = sorted(ids, key=lambda one: (rows[one].code if one in rows else "~", one))
        return self._made("unit", {str(one): names.get(one, str(one)) for one in ordered})


def _left(counts: Counts) -> int:
    return counts["reported"] - counts["ended"]
