"""A region's week, month or quarter as a file to take along: the same paper from a page, a program's call or a command."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from shanzhi.core.errors import InputError
from shanzhi.core.papers import MEDIA_TYPES, to_docx, to_pdf, to_xlsx
from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.indicators.policy.periods import read_period
from shanzhi.kernel.indicators.policy.reports import compose, is_week, read_week
from shanzhi.kernel.indicators.queries.values.gone import not_there
from shanzhi.kernel.indicators.queries.values.papers import report_of
from shanzhi.kernel.indicators.queries.values.weeks import week_report
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.ui.invented import invented_lines

WRITERS = {"pdf": to_pdf, "docx": to_docx, "xlsx": to_xlsx}
"""What writes a report, by the format's code."""


class NoSuchPaper(InputError):
    """A format in which no report is written."""

    code = "report-format"


@dataclass(frozen=True, slots=True)
class ReportFile:
    """A report as it is saved: its name with the ending, its media type, its bytes."""

    name: str
    media_type: str
    content: bytes


def report_region(code: str, period: str, *, now: datetime) -> int:
    """The permanent id of the region of a report by its code at the period's end; empty: the whole city (or province).

    Raises:
        PeriodUnreadable: the text is no period.
        NoSuchPlace: nobody held the code then; says what became of it.
    """
    on = _ends_on(period, local_date(now))
    found = organisation.region_of_code(code, on) if code else next(iter(organisation.top_regions(on)), None)
    if found is None:
        raise not_there(on, code=code)
    return found.id


def _ends_on(period: str, today: date) -> date:
    return min(read_week(period).last, today) if is_week(period) else read_period(period).ends_on


def report_file(region_id: int, period: str, written_as: str, *, issuer: str, now: datetime) -> ReportFile:
    """The report of a region's week (`2026-W47`), month (`2026-10`) or quarter (`2026-Q4`) in a format of `WRITERS`; as many
    statements as `report_of` and `week_report` take.

    Raises:
        NoSuchPaper: no such format.
        NoSuchPlace, PeriodUnreadable: as `report_of` and `week_report`.
    """
    if written_as not in WRITERS:
        raise NoSuchPaper(msg("报告有 PDF、Word（DOCX）和 XLSX 三种。请从中选一种。"))
    if is_week(period):
        week = read_week(period)
        key, report = week.key, week_report(region_id, week, issuer=issuer, now=now)
    else:
        span = read_period(period)
        key, report = str(span), report_of(region_id, span, issuer=issuer, now=now)
    paper = compose(report)
    marks = (*(text for _, text in invented_lines()), paper.mark)
    paper = replace(paper, mark="；".join(mark for mark in marks if mark))
    return ReportFile(f"{paper.title}-{key}.{written_as}", MEDIA_TYPES[written_as], WRITERS[written_as](paper))
