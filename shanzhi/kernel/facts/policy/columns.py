"""The tables of facts and their columns, written down once: the database's tables, the Parquet files, the page that
documents them and the check of formulas all follow from here.

Nothing in here is about a person: no post, no contact, no word that anybody wrote. Days and months are the city's
(Asia/Shanghai); a month is the whole number `yyyymm`; yes and no are 1 and 0; durations are whole seconds of the
calendar. What isn't known or doesn't apply is NULL, an unknown code the empty text.
"""

from dataclasses import dataclass
from enum import StrEnum


class Of(StrEnum):
    """What a column holds. Times can't be used in formulas: engines differ in them; their days and months can."""

    INTEGER = "integer"
    TEXT = "text"
    DATE = "date"
    TIME = "time"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, what it holds, and what that means."""

    name: str
    of: Of
    says: str
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One table: what a row of it is, the columns that tell rows apart (and order exports), and all columns in order.

    `month` is the column by which rows are cut into months and into files; None for small tables that are written whole.
    """

    name: str
    says: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    month: str | None = None

    def column(self, name: str) -> Column:
        """A column by name; KeyError where there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


def _integer(name: str, says: str) -> Column:
    return Column(name, Of.INTEGER, says)


def _maybe(name: str, says: str) -> Column:
    return Column(name, Of.INTEGER, says, nullable=True)


def _text(name: str, says: str) -> Column:
    return Column(name, Of.TEXT, says)


def _time(name: str, says: str, *, nullable: bool = False) -> Column:
    return Column(name, Of.TIME, says, nullable)


def _date(name: str, says: str, *, nullable: bool = False) -> Column:
    return Column(name, Of.DATE, says, nullable)


_MATTER = _integer("matter_id", "the matter; leads back to its page and its journal entries")
_WHAT = (
    _text("kind", "kind of matter (`request`, `incident`, `petition`, ...)"),
    _text("category", "category, as it is after the last correction"),
    _text("category_1", "first level of that category"),
    _integer(
        "region_id",
        "permanent id of the region where it lies, corrected if need be; a redraw of regions doesn't change it",
    ),
    _text("channel", "door by which the matter came in"),
)

MATTER = Table(
    "fact_matter",
    "A matter as it stands after the last projected entry.",
    ("matter_id",),
    (
        _MATTER,
        _text("number", "its number as people read it"),
        *_WHAT,
        _integer("kind_version", "version of the process it runs under"),
        _text("category_reported", "category at the report"),
        _text("source", "system it was imported from"),
        _text("region_code", "division code of `region_id` when it was reported or put there by a correction"),
        _maybe("place_id", "place it is about, where one was chosen and the words weren't deleted"),
        _text("place_kind", "kind of that place"),
        _integer("intake_unit_id", "centre that took it in"),
        _maybe("lead_unit_id", "unit that has, or had last, the lead"),
        _maybe("linked_to", "matter under which it is, or was last, linked as the same problem"),
        _maybe("part_of", "matter of which it is a part"),
        _time("reported_at", "when it was reported"),
        _date("reported_on", "day of the report"),
        _integer("reported_month", "month of the report: its cohort"),
        _time("accepted_at", "when it was accepted first", nullable=True),
        _time("dispatched_at", "when a unit was given the lead first", nullable=True),
        _time("taken_at", "when a lead took it first", nullable=True),
        _time("contacted_at", "when the reporter was contacted first", nullable=True),
        _time("replied_at", "when a lead replied last", nullable=True),
        _time("ended_at", "when it ended", nullable=True),
        _date("ended_on", "day on which it ended", nullable=True),
        _maybe("ended_month", "month in which it ended"),
        _text("stage", "stage it is in"),
        _text(
            "result", "how it ended (`closed`, `refused`, `withdrawn`, `lapsed`, `joined`, ...); empty while it is open"
        ),
        _integer("is_open", "1 while it is open"),
        _maybe("solved", "reporter's last word: solved or not"),
        _maybe("satisfied", "reporter's last score, 1 to 5"),
        _maybe("rated_month", "month of the reporter's last verdict"),
        _maybe("accept_seconds", "report to first acceptance"),
        _maybe("dispatch_seconds", "report to `dispatched_at`"),
        _maybe("take_seconds", "`dispatched_at` to first taking over"),
        _maybe("contact_seconds", "first taking over to first contact"),
        _maybe("reply_seconds", "report to last reply"),
        _maybe("end_seconds", "report to end"),
        _maybe(
            "on_time", "were the limits kept by which its kind promises an answer; NULL without one, and while it runs"
        ),
        _integer("was_late", "1 where any of its clocks stopped after its date"),
        _integer("returns", "times that units gave it back"),
        _integer("reopenings", "times that it went back to the handler as not solved"),
        _integer("failed_checks", "times that a check sent it back"),
        _integer("extensions", "extensions granted"),
        _integer("pauses", "pauses granted"),
        _integer("urges", "urgings by units and reporters"),
        _integer("supervisions", "supervisions opened"),
        _integer("escalations", "times that it was handed to the level above"),
        _integer("co_handlers", "co-handling units that ever had a share"),
        _integer("papers", "official papers issued and not withdrawn"),
        _integer("steps", "number of its last projected entry"),
        _time("last_at", "when that entry happened"),
    ),
    "reported_month",
)

STEP = Table(
    "fact_step",
    "One entry of a matter's journal.",
    ("matter_id", "step"),
    (
        _MATTER,
        _integer("step", "number of the entry within the matter, from 1"),
        *_WHAT,
        _text("action", "action of the journal (`matters.reply`)"),
        _text("done_by", "the action's code in the kind's process; empty where it has none"),
        _text("stage", "stage before"),
        _text("to_stage", "stage after"),
        _text("author_kind", "`post`, `reporter`, `system` or `importer`"),
        _maybe("unit_id", "unit that did it"),
        _maybe("holder_unit_id", "unit whose turn it is after it"),
        _text("ground", "ground that was given"),
        _text("result", "how the matter ended with it"),
        _time("happened_at", "when it happened"),
        _date("happened_on", "day"),
        _integer("month", "month"),
        _integer("is_late", "1 where the stage was left after its date"),
        _integer("seconds", "since the entry before; 0 for the first"),
    ),
    "month",
)

ASSIGNMENT = Table(
    "fact_assignment",
    "A unit's share of a matter, from when it was given until it ended.",
    ("matter_id", "share"),
    (
        _MATTER,
        _integer("share", "number of the share within the matter, from 1"),
        *_WHAT,
        _integer("unit_id", "the unit"),
        _text("part", "`lead` or `co`"),
        _text("state", "`waiting`, `taken`, `done`, `returned`, `moved`, `over` or `excused`"),
        _text("ground", "ground on which it was given back"),
        _time("assigned_at", "when it was given"),
        _date("assigned_on", "day"),
        _integer("assigned_month", "month"),
        _time("taken_at", "when it was taken over", nullable=True),
        _time("ended_at", "when it ended", nullable=True),
        _maybe("ended_month", "month in which it ended"),
        _time("due_at", "by when a co-handler was to give its result", nullable=True),
        _maybe("take_seconds", "given to taken over"),
        _maybe("seconds", "given to ended"),
        _maybe("on_time", "was `due_at` kept; NULL without one, and while the share is open"),
    ),
    "assigned_month",
)

CLOCK = Table(
    "fact_clock",
    "A limit as it was promised: an extension or a pause ends a row and begins the next.",
    ("matter_id", "promise"),
    (
        _MATTER,
        _integer("promise", "number of the promise within the matter, from 1"),
        *_WHAT,
        _text("clock", "code of the clock in the kind's process; empty for the stage's own"),
        _text("stage", "stage in which it began"),
        _maybe("unit_id", "unit whose turn it was when it began"),
        _text("limit_text", "the limit as the process states it (`15wd`)"),
        _time("started_at", "when it began"),
        _time("due_at", "when it was due"),
        _date("due_on", "day on which it was due"),
        _integer("due_month", "month in which it was due"),
        _time("stopped_at", "when it stopped", nullable=True),
        _maybe("stopped_month", "month in which it stopped"),
        _text("ended_by", "`kept`, `late`, `extended`, `paused` or `moved`; empty while it runs"),
        _maybe("kept", "1 kept, 0 late; NULL while it runs, and where it went on as another promise"),
        _maybe("late_seconds", "how late it stopped; 0 where it was kept"),
    ),
    "due_month",
)

RATING = Table(
    "fact_rating",
    "A reporter's verdict, or that none came.",
    ("matter_id", "verdict"),
    (
        _MATTER,
        _integer("verdict", "number of the verdict within the matter, from 1"),
        *_WHAT,
        _integer("step", "the entry"),
        _integer("reported_month", "month of the matter's report"),
        _time("rated_at", "when"),
        _date("rated_on", "day"),
        _integer("rated_month", "month"),
        _maybe("unit_id", "unit that had the lead"),
        _maybe("solved", "1 solved, 0 not; NULL where no verdict came"),
        _maybe("satisfied", "score, 1 to 5"),
        _integer("is_lapsed", "1 where no verdict came in time"),
    ),
    "rated_month",
)

REGION = Table(
    "fact_region",
    "A region's code and parent from one day up to another (`until_on` excluded).",
    ("region_id", "from_on"),
    (
        _integer("region_id", "permanent id"),
        _date("from_on", "first day"),
        _date("until_on", "day after the last", nullable=True),
        _text("level", "`city`, `county`, `township`, `community`, `grid`, `zone`"),
        _text("code", "division code"),
        _text("name", "name"),
        _maybe("parent_id", "region above it"),
        _maybe(
            "became_id",
            "region that took its place where it ended on `until_on` (merged, split, closed); NULL where it didn't end",
        ),
    ),
)

UNIT = Table(
    "fact_unit",
    "A unit.",
    ("unit_id",),
    (
        _integer("unit_id", "permanent id"),
        _text("name", "name"),
        _text("kind", "`department`, `centre`, `township`, `community`, ..."),
        _integer("region_id", "region it is for"),
        _date("opened_on", "first day"),
        _date("closed_on", "day after the last", nullable=True),
    ),
)

TABLES: tuple[Table, ...] = (MATTER, STEP, ASSIGNMENT, CLOCK, RATING, REGION, UNIT)
"""All tables of facts, in the order in which they are written."""
