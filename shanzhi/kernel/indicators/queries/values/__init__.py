"""The door for pages of figures: what was computed and typed in, the index, sheets, comparison, what is owed, exclusions.

A region is given by its permanent id, a period as `policy.periods.Period`. All of it under row-level security: a post reads
the figures of the regions whose region above touches its own place, that is its own, those below, those above and their
neighbours; elsewhere a figure is missing. Each function says how many statements it takes.
"""

from shanzhi.kernel.indicators.queries.values.excluded import exclusion_card, exclusion_shares, exclusions
from shanzhi.kernel.indicators.queries.values.gone import not_there
from shanzhi.kernel.indicators.queries.values.indexes import index_page
from shanzhi.kernel.indicators.queries.values.lists import comparison, indicator_list, region_sheet
from shanzhi.kernel.indicators.queries.values.owing import completeness, entered_since, owed, permits_waiting
from shanzhi.kernel.indicators.queries.values.page import entered_of, indicator_page
from shanzhi.kernel.indicators.queries.values.papers import report_of
from shanzhi.kernel.indicators.queries.values.records import records_behind
from shanzhi.kernel.indicators.queries.values.regions import region_table
from shanzhi.kernel.indicators.queries.values.taken import NoSuchPaper, ReportFile, report_file, report_region
from shanzhi.kernel.indicators.queries.values.units import unit_sheet
from shanzhi.kernel.indicators.queries.values.weeks import week_report
from shanzhi.kernel.indicators.queries.values.yearly import YearLine, year_lines

__all__ = [
    "NoSuchPaper",
    "ReportFile",
    "YearLine",
    "comparison",
    "completeness",
    "entered_of",
    "entered_since",
    "exclusion_card",
    "exclusion_shares",
    "exclusions",
    "index_page",
    "indicator_list",
    "indicator_page",
    "not_there",
    "owed",
    "permits_waiting",
    "records_behind",
    "region_sheet",
    "region_table",
    "report_file",
    "report_of",
    "report_region",
    "unit_sheet",
    "week_report",
    "year_lines",
]
