"""A list as a file, as it is shown: the same lines in the same order, the same columns, and what they mean."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import FileResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from shanzhi.core.errors import InputError
from shanzhi.core.periods import CITY_ZONE
from shanzhi.core.sheets import MEDIA_TYPES, WRITERS, Sheet, hash_of
from shanzhi.core.text import msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.matters import operations
from shanzhi.kernel.matters.queries import ListFilter, MatterRow
from shanzhi.kernel.matters.web.columns import Field, fields_of, named_in
from shanzhi.kernel.matters.web.desk import check_staff
from shanzhi.kernel.matters.web.find import FindForm
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.ui.downloads import checked_format, send_file, spooled
from shanzhi.ui.invented import invented_lines


@dataclass(frozen=True, slots=True)
class Listing:
    """A list that may be taken along: the name of its page, what it is called and what it shows (message ids)."""

    page: str
    name: str
    meaning: str


FOUND = Listing("matters:list", msg("查找事项"), msg("导出岗位看得到、符合下列条件的事项"))


@require_GET
def matters(request: ActingRequest) -> FileResponse:
    """The list of matters as a file."""
    check_staff(request)
    form = FindForm(request)
    form.is_strict = True
    wanted = form.wanted()
    if form.nothing:
        raise InputError(form.nothing)
    return send_list(request, FOUND, wanted, form.told(), named_in(request.GET))


def file_links(url: str, state: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Label and address by which a list in this state is taken along as a file."""
    return [
        (gettext(label), f"{url}?{urlencode([*state, ('format', code)])}")
        for code, label in (("xlsx", msg("导出 XLSX")), ("csv", msg("导出 CSV")))
    ]


def send_list(
    request: ActingRequest, listing: Listing, wanted: ListFilter, told: Sequence[tuple[str, str]], codes: list[str]
) -> FileResponse:
    """A list as a file in the format that the address names; `told` are its conditions in words, `codes` its columns.

    Written before it is sent, so that an error is a page and the journal tells of what was really made.

    Raises:
        InputError: no such format.
        ListTooLong: more lines than one person takes along.
    """
    file_format = checked_format(request.GET.get("format", ""))
    fields = fields_of(codes)
    sheet = Sheet(
        gettext(msg("事项")),
        tuple(gettext(f.label) for f in fields),
        gettext(msg("说明")),
        (*invented_lines(), *_about(request, listing, told, fields)),
    )
    file = spooled()

    def write(rows: Iterator[MatterRow]) -> tuple[int, str]:
        count = WRITERS[file_format](file, sheet, ([field.value(row) for field in fields] for row in rows))
        return count, hash_of(file)

    with ExitStack() as undone:
        undone.callback(file.close)  # where there is no answer to close it with
        operations.list_take(
            page=listing.page,
            wanted=wanted,
            columns=[field.code for field in fields],
            file_format=file_format,
            write=write,
            actor=request.actor,
            now=request.now,
        )
        undone.pop_all()
    name = f"shanzhi-{request.now.astimezone(CITY_ZONE):%Y%m%d-%H%M}.{file_format}"
    return send_file(file, name, MEDIA_TYPES[file_format])


def _about(
    request: ActingRequest, listing: Listing, told: Sequence[tuple[str, str]], fields: Sequence[Field]
) -> tuple[tuple[str, str], ...]:
    """What the file says of itself: which list, when, by whom, which conditions, what each column means."""
    now = request.now.astimezone(CITY_ZONE)
    unit = organisation.unit_by_id(request.actor.unit_id or 0, now.date())
    conditions = gettext(msg("；")).join(f"{label}: {value}" for label, value in told)
    return (
        (
            gettext(msg("清单")),
            gettext(msg("%(name)s：%(meaning)s"))
            % {"name": gettext(listing.name), "meaning": gettext(listing.meaning)},
        ),
        (gettext(msg("导出时间")), f"{now:%Y-%m-%d %H:%M:%S}"),
        (gettext(msg("导出岗位")), " ".join((unit.name if unit else "", gettext(request.actor.post_title))).strip()),
        (gettext(msg("条件")), conditions or gettext(msg("无"))),
        (gettext(msg("范围")), gettext(msg("只含导出岗位看得到的事项；不含联系方式和原文"))),
        *((gettext(field.label), gettext(field.meaning)) for field in fields),
    )
