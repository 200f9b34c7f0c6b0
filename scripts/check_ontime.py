"""How long answers took, counted a second time, from the file alone: `python scripts/check_ontime.py answered.csv`.

Reads a CSV with the columns `reported_at` and `replied_at` (ISO 8601; without an offset they are Beijing's) and prints what the
on-time page has to show of it. It shares nothing with the product but the definition: days of the calendar between the two
dates in Beijing, the day of the report not counted (civil code, article 201); the median is the lower one of two middle values.
"""

import csv
import json
import sys
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from statistics import median_low

BEIJING = timezone(timedelta(hours=8))
LIMITS = (0, 5, 15, 30, 60)


def date_in_beijing(text: str) -> int:
    """The ordinal of a time's date in Beijing."""
    at = datetime.fromisoformat(text.strip())
    return (at if at.tzinfo is None else at.astimezone(BEIJING)).date().toordinal()


@dataclass(frozen=True, slots=True)
class Figures:
    """What a file says: pairs with both times, rows without a reply's time, the median, and how many within each limit."""

    pairs: int
    untimed: int
    median: int | None
    within: dict[str, int]


def figures(path: Path) -> Figures:
    """Count a file."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [(row["reported_at"], row["replied_at"].strip()) for row in csv.DictReader(file)]
    days = [date_in_beijing(last) - date_in_beijing(first) for first, last in rows if last]
    within = {str(limit): sum(each <= limit for each in days) for limit in LIMITS}
    return Figures(len(days), len(rows) - len(days), median_low(days) if days else None, within)


def percent(part: int, whole: int) -> str:
    """One decimal, halves up, by integers alone."""
    tenths = (2000 * part + whole) // (2 * whole)
    return f"{tenths // 10}.{tenths % 10}%"


def main() -> int:
    """Print the figures: as lines, or as JSON with `--json`. 2 where no file is named."""
    names = [name for name in sys.argv[1:] if not name.startswith("--")]
    if len(names) != 1:
        print("usage: check_ontime.py FILE [--json]", file=sys.stderr)
        return 2
    found = figures(Path(names[0]))
    if "--json" in sys.argv:
        print(json.dumps(asdict(found)))
        return 0
    pairs = found.pairs
    print(f"pairs {pairs}\nwithout a reply's time {found.untimed}\nmedian {found.median} days")
    for limit, part in found.within.items():
        print(f"within {limit} days {part} / {pairs}" + (f" = {percent(part, pairs)}" if pairs else ""))
    return 0


if __name__ == "__main__":
    sys.exit(main())
