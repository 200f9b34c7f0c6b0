"""Every read of drives, under row-level security; titles are everybody's."""

from shanzhi.modules.drives.queries.choosing import deciders, entries
from shanzhi.modules.drives.queries.lists import (
    TitleFilter,
    TitlesPage,
    application_file,
    drive_rows,
    drive_view,
    due,
    title_rows,
    titles_page,
)
from shanzhi.modules.drives.queries.one import application_view, decider_of
from shanzhi.modules.drives.queries.samples import sample, sample_text, samples

__all__ = [
    "TitleFilter",
    "TitlesPage",
    "application_file",
    "application_view",
    "decider_of",
    "deciders",
    "drive_rows",
    "drive_view",
    "due",
    "entries",
    "sample",
    "sample_text",
    "samples",
    "title_rows",
    "titles_page",
]
