"""The three cubes that dashboards read: what is counted in them, by which day, and under which key.

A measure counts rows of one table of facts (or sums a column over them) by a day in that row. Where it counts by `EVENT`,
that is the day on which the thing happened; by `COHORT`, the day on which the matter was reported, so that the figure of a
past month still grows while its matters go on. A matter counts under the regions that its own lay in on the day of its
report; `queries` restates that under any other day's tree.

This is all that is said of them: `counting.apply` tells what a change of rows changes, `cube_sql` says the same to
PostgreSQL; the tables and the page that documents them follow from here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from shanzhi.kernel.facts.policy import columns, histogram


class Counts(StrEnum):
    """By which day a measure counts."""

    EVENT = "event"
    COHORT = "cohort"


class Is(StrEnum):
    """What a condition asks of a column."""

    KNOWN = "known"
    ONE_OF = "one of"
    NONE_OF = "none of"
    AT_LEAST = "at least"


@dataclass(frozen=True, slots=True)
class Where:
    """A condition on a column; NULL meets none."""

    column: str
    asks: Is
    values: tuple[int | str, ...] = ()


@dataclass(frozen=True, slots=True)
class Measure:
    """A column of a cube: how many rows of `table` meet all of `where`, by the day in `at`; with `sums` that column's sum."""

    name: str
    says: str
    counts: Counts
    table: str
    at: str
    where: tuple[Where, ...] = ()
    sums: str = ""


@dataclass(frozen=True, slots=True)
class Histogram:
    """A duration's columns `NAME_00` … of a cube: `column` of `table` in the bins of `histogram.EDGES`, by the day in `at`."""

    name: str
    says: str
    table: str
    at: str
    column: str
    where: tuple[Where, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Its columns, one a bin."""
        return tuple(f"{self.name}_{number:02d}" for number in range(histogram.BINS))


@dataclass(frozen=True, slots=True)
class Cube:
    """A table of counts. `units`: for a cube by unit, the column of each table that names the unit."""

    name: str
    says: str
    key: tuple[columns.Column, ...]
    measures: tuple[Measure, ...]
    histograms: tuple[Histogram, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)

    @property
    def key_names(self) -> tuple[str, ...]:
        """The columns that tell its rows apart."""
        return tuple(column.name for column in self.key)

    @property
    def value_names(self) -> tuple[str, ...]:
        """All its counting columns, `facts` (how many contributions there are) first."""
        names = [measure.name for measure in self.measures]
        return ("facts", *names, *(name for one in self.histograms for name in one.names))


def _is(column: str, *values: int | str) -> Where:
    return Where(column, Is.ONE_OF, values)


def _known(column: str) -> Where:
    return Where(column, Is.KNOWN)


def _some(column: str, least: int = 1) -> Where:
    return Where(column, Is.AT_LEAST, (least,))


def _event(name: str, says: str, table: str, at: str, *where: Where, sums: str = "") -> Measure:
    return Measure(name, says, Counts.EVENT, f"fact_{table}", at, where, sums)


def _cohort(name: str, says: str, *where: Where, sums: str = "") -> Measure:
    return Measure(f"cohort_{name}", says, Counts.COHORT, "fact_matter", "reported_on", where, sums)


RESULTS = ("closed", "lapsed", "refused", "withdrawn", "joined")
"""Ways of ending that have a column of their own."""
PLEASED = 4
"""From which score on a reporter counts as pleased."""

_COHORT = (
    _cohort("accepted", "of those reported: accepted by now", _known("accepted_at")),
    _cohort("contacted", "of those reported: the reporter was contacted by now", _known("contacted_at")),
    _cohort("replied", "of those reported: replied to by now", _known("replied_at")),
    _cohort("ended", "of those reported: ended by now", _known("ended_on")),
    _cohort("open", "of those reported: still open", _some("is_open")),
    _cohort("returned", "of those reported: given back at least once", _some("returns")),
    _cohort("returns", "of those reported: how often they were given back", sums="returns"),
    _cohort("reopened", "of those reported: went back as not solved at least once", _some("reopenings")),
    _cohort("extended", "of those reported: with an extension granted", _some("extensions")),
    _cohort("supervised", "of those reported: with a supervision opened", _some("supervisions")),
    _cohort("urged", "of those reported: urged at least once", _some("urges")),
    _cohort("late", "of those reported: one of their clocks ran over", _some("was_late")),
    _cohort("limited", "of those reported: whose handling limit was kept or is over", _known("on_time")),
    _cohort("on_time", "of those reported: whose handling limit was kept", _some("on_time")),
    _cohort("rated", "of those reported: with a verdict", _known("solved")),
    _cohort("solved", "of those reported: solved by the reporter's last word", _some("solved")),
    _cohort("scored", "of those reported: with a score", _known("satisfied")),
    _cohort("score_sum", "of those reported: sum of the last scores", sums="satisfied"),
    _cohort("pleased", "of those reported: with a last score of 4 or 5", _some("satisfied", PLEASED)),
)
_RATED = (
    _event("rated", "verdicts", "rating", "rated_on", _known("solved")),
    _event("solved", "verdicts that say solved", "rating", "rated_on", _some("solved")),
    _event("scored", "verdicts with a score", "rating", "rated_on", _known("satisfied")),
    _event("score_sum", "sum of those scores", "rating", "rated_on", sums="satisfied"),
    _event("pleased", "scores of 4 or 5", "rating", "rated_on", _some("satisfied", PLEASED)),
    _event("unrated", "times that no verdict came", "rating", "rated_on", _some("is_lapsed")),
)
_DUE = (
    _event(
        "due", "limits that were kept or missed, by the day on which they were due", "clock", "due_on", _known("kept")
    ),
    _event("kept", "limits that were kept", "clock", "due_on", _some("kept")),
    _event("missed", "limits that were missed", "clock", "due_on", _is("kept", 0)),
)
_MATTERS = (
    _event("reported", "matters reported", "matter", "reported_on"),
    _event("accepted", "matters accepted for the first time", "matter", "accepted_at"),
    _event("dispatched", "matters dispatched for the first time", "matter", "dispatched_at"),
    _event("replied", "matters replied to for the last time", "matter", "replied_at"),
    _event("ended", "matters ended", "matter", "ended_on"),
    *(
        _event(f"ended_{result}", f"matters ended as `{result}`", "matter", "ended_on", _is("result", result))
        for result in RESULTS
    ),
    _event(
        "ended_otherwise", "matters ended in another way", "matter", "ended_on", Where("result", Is.NONE_OF, RESULTS)
    ),
    _event("given_back", "shares given back by units", "assignment", "ended_at", _is("state", "returned")),
    *_DUE,
    *_RATED,
    *_COHORT,
)
_WAITS = (
    Histogram(
        "accepting", "report to first acceptance, by the day of it", "fact_matter", "accepted_at", "accept_seconds"
    ),
    Histogram("replying", "report to last reply, by the day of it", "fact_matter", "replied_at", "reply_seconds"),
    Histogram("ending", "report to end, by the day of it", "fact_matter", "ended_on", "end_seconds"),
)


def _key(name: str, says: str, of: columns.Of = columns.Of.INTEGER) -> columns.Column:
    return columns.Column(name, of, says)


_MONTH_KEY = _key("month", "month, `yyyymm`")
_KIND_KEY = _key("kind", "kind of matter", columns.Of.TEXT)

DAYS = Cube(
    "fact_cube_day",
    "A community and a day. What lies in no community counts at the region itself where it lies.",
    (_key("day", "the day", columns.Of.DATE), _key("region_id", "the community, as of the day of the report")),
    _MATTERS,
)
MONTHS = Cube(
    "fact_cube_month",
    "A region of any level from the community up, a kind, a first-level category and a month.",
    (
        _MONTH_KEY,
        _key("region_id", "the region, as of the day of the report"),
        _key("level", "its level", columns.Of.TEXT),
        _key("is_own", "1: what lies in just this region (all of a community's); 0: with everything below it"),
        _KIND_KEY,
        _key("category_1", "first level of the category", columns.Of.TEXT),
    ),
    _MATTERS,
    _WAITS,
)
UNITS = Cube(
    "fact_cube_unit",
    "A unit, a kind and a month.",
    (_MONTH_KEY, _key("unit_id", "the unit: whose share or limit it is, or who had the lead"), _KIND_KEY),
    (
        _event("given", "shares given to it", "assignment", "assigned_on"),
        _event("given_lead", "shares given to it as the lead", "assignment", "assigned_on", _is("part", "lead")),
        _event("taken", "shares taken over", "assignment", "taken_at"),
        _event("done", "shares done", "assignment", "ended_at", _is("state", "done")),
        _event("given_back", "shares given back", "assignment", "ended_at", _is("state", "returned")),
        _event("on_time", "shares done by their date", "assignment", "ended_at", _some("on_time")),
        _event("over_time", "shares not done by their date", "assignment", "ended_at", _is("on_time", 0)),
        *_DUE,
        *_RATED,
        _cohort("led", "matters by their report that it leads, or led last"),
        *_COHORT,
    ),
    (
        Histogram("taking", "given to taken over, by the day of it", "fact_assignment", "taken_at", "take_seconds"),
        Histogram(
            "working",
            "given to done, by the day of it",
            "fact_assignment",
            "ended_at",
            "seconds",
            (_is("state", "done"),),
        ),
    ),
    {"fact_matter": "lead_unit_id", "fact_assignment": "unit_id", "fact_clock": "unit_id", "fact_rating": "unit_id"},
)
CUBES = (DAYS, MONTHS, UNITS)
"""All cubes."""

TABLES = tuple(dict.fromkeys(measure.table for cube in CUBES for measure in cube.measures))
"""The tables that cubes are counted from."""
