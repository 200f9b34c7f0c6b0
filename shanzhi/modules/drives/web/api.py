"""Titles for machines: those in force, for everybody."""

from datetime import date, datetime
from typing import Annotated

from django.http import HttpRequest
from ninja import Router, Schema
from ninja.params.functions import Query

from shanzhi.core.periods import local_date
from shanzhi.kernel.access.web.auth import PROBLEMS, Problem, anyone
from shanzhi.modules.drives import queries
from shanzhi.modules.drives.queries import TitleFilter

router = Router(tags=["drives"])
After = Annotated[int, Query(ge=0, le=2**53)]
Code = Annotated[str, Query(max_length=40, pattern=r"^[a-z0-9_]*$")]
Region = Annotated[str, Query(max_length=15, pattern=r"^[0-9]*$")]


class TitleOut(Schema):
    """A title in force: the place, the checklist's `code`, the title's name, its region's code, its first and last day."""

    place: str
    code: str
    name: str
    region_code: str
    granted_on: date
    until_on: date


class TitlesOut(Schema):
    """A page of titles, newest first; `after` leads to the next page, null on the last."""

    titles: list[TitleOut]
    after: int | None


@router.get(
    "/drives/titles",
    auth=anyone,
    response={200: TitlesOut, PROBLEMS: Problem},
    summary="Titles",
    url_name="drive_titles",
)
def drive_titles(request: HttpRequest, after: After = 0, code: Code = "", region: Region = "") -> TitlesOut:
    """Titles of creation drives in force today, newest first; of one checklist, or below a region's code."""
    now: datetime = request.now  # type: ignore[attr-defined]
    found = queries.titles_page(TitleFilter(code, "", region), local_date(now), after=after)
    return TitlesOut(
        titles=[
            TitleOut(
                place=one.place_name, code=one.code, name=one.name, region_code=one.scope_code, granted_on=one.granted_on,
                until_on=one.until_on,
            )
            for one in found.rows
        ],
        after=found.after or None,
    )  # fmt: skip
