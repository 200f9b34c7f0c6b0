"""133 formulas in the style that indicators are written in: one SELECT over the facts each, for `bench.by_hand`.

Thirteen stand for themselves; eight of them are asked of each of fifteen first-level categories as well. `by_hand` says the
same in few statements, as a person would write who knew them all: each table read once.
"""

from dataclasses import dataclass

CATEGORIES = tuple(
    "housing health environment safety culture transport market cityscape governance welfare education labour rural planning"
    " utilities".split()
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A formula: what it counts in which table, by which month."""

    key: str
    table: str
    month: str
    numerator: str
    denominator: str
    joined: str = ""

    def text(self, category: str = "") -> str:
        """The SELECT; of one category's matters where one is given."""
        where = f"\nWHERE f.category_1 = '{category}'" if category else ""
        return (
            f"SELECT f.region_id AS community, f.{self.month} AS month, {self.numerator} AS numerator,"
            f" {self.denominator} AS denominator\nFROM {self.table} AS f{self.joined}{where}"
            f"\nGROUP BY f.region_id, f.{self.month}"
        )


MATTER, RATING, CLOCK = ("fact_matter", "reported_month"), ("fact_rating", "rated_month"), ("fact_clock", "due_month")
BY_CATEGORY = (
    Asked("accepted_in_a_day", *MATTER, "COUNT(*) FILTER (WHERE f.accept_seconds <= 86400)", "COUNT(*)"),
    Asked("on_time", *MATTER, "COUNT(*) FILTER (WHERE f.on_time = 1)", "COUNT(f.on_time)"),
    Asked("returned", *MATTER, "COUNT(*) FILTER (WHERE f.returns > 0)", "COUNT(*)"),
    Asked(
        "reopened", *MATTER, "COUNT(*) FILTER (WHERE f.reopenings > 0)", "COUNT(*) FILTER (WHERE f.result = 'closed')"
    ),
    Asked("took", *MATTER, "COALESCE(SUM(f.end_seconds), 0)", "COUNT(f.end_seconds)"),
    Asked("solved", *RATING, "COUNT(*) FILTER (WHERE f.solved = 1)", "COUNT(f.solved)"),
    Asked("pleased", *RATING, "COUNT(*) FILTER (WHERE f.satisfied >= 4)", "COUNT(f.satisfied)"),
    Asked("missed", *CLOCK, "COUNT(*) FILTER (WHERE f.kept = 0)", "COUNT(f.kept)"),
)
ALONE = (
    Asked("phoned", *MATTER, "SUM(CASE WHEN f.channel = 'phone' THEN 1 ELSE 0 END)", "COUNT(*)"),
    Asked("urged", *MATTER, "COALESCE(SUM(f.urges), 0)", "COUNT(*)"),
    Asked("helped", "fact_assignment", "assigned_month", "COUNT(*) FILTER (WHERE f.part = 'co' AND f.on_time = 1)",
          "COUNT(f.on_time)"),
    Asked("late_steps", "fact_step", "month", "COUNT(*) FILTER (WHERE f.is_late = 1)",
          "COUNT(*) FILTER (WHERE f.author_kind = 'post')"),
    Asked("late_and_cross", *RATING, "COUNT(*) FILTER (WHERE m.was_late = 1 AND f.satisfied <= 2)", "COUNT(f.satisfied)",
          "\nJOIN fact_matter AS m ON m.matter_id = f.matter_id"),
)  # fmt: skip


def formulas() -> dict[str, str]:
    """All 133 by key."""
    found = {one.key: one.text() for one in (*BY_CATEGORY, *ALONE)}
    return found | {f"{one.key}_{category}": one.text(category) for one in BY_CATEGORY for category in CATEGORIES}


def by_hand() -> list[tuple[str, list[str], bool]]:
    """Statements with the keys of their pairs of columns, and whether they are by category: each table is read once (and
    the one join once), community, month and, where asked, category apart."""
    found = []
    for group, has_category in ((BY_CATEGORY, True), (ALONE, False)):
        for source in dict.fromkeys((one.table, one.month, one.joined) for one in group):
            table, month, joined = source
            asked = [one for one in group if (one.table, one.month, one.joined) == source]
            pairs = ", ".join(
                f"{one.numerator} AS n{nth}, {one.denominator} AS d{nth}" for nth, one in enumerate(asked)
            )
            category = ", f.category_1" if has_category else ""
            found.append(
                (
                    f"SELECT f.region_id AS community, f.{month} AS month{category}, {pairs} FROM {table} AS f{joined}"
                    f" WHERE f.{month} BETWEEN {{since}} AND {{until}} GROUP BY f.region_id, f.{month}{category}",
                    [one.key for one in asked],
                    has_category,
                )
            )
    return found
