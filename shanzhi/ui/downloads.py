"""Files that a browser saves and never shows, and that nothing in between keeps."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from tempfile import SpooledTemporaryFile
from typing import IO, Protocol, cast

from django.http import FileResponse, QueryDict
from django.utils.translation import gettext

from shanzhi.core.errors import InputError
from shanzhi.core.periods import CITY_ZONE
from shanzhi.core.sheets import MEDIA_TYPES, WRITERS, Sheet
from shanzhi.core.text import msg
from shanzhi.ui.invented import invented_lines

HEADERS = {
    "Cache-Control": "private, no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
}
IN_MEMORY = 1 << 20
EXPORTED_AT, COUNTED_AT = msg("导出时间"), msg("统计时间")
"""What a table's time is called: when it was taken along, or when it was counted."""


class Asking(Protocol):
    """What is needed of a request: its address, and the time that it counts as now."""

    now: datetime

    @property
    def GET(self) -> QueryDict:
        """The address's parameters."""


def checked_format(code: str) -> str:
    """A format in which tables can be had.

    Raises:
        InputError: none of this code.
    """
    if code not in WRITERS:
        raise InputError(msg("没有这种文件格式。请选择 CSV 或 XLSX。"))
    return code


def spooled() -> IO[bytes]:
    """A file to write and then send: in memory while it is small. Closed with the answer that sends it."""
    return cast(IO[bytes], SpooledTemporaryFile(max_size=IN_MEMORY))


def send_file(file: IO[bytes], name: str, media_type: str) -> FileResponse:
    """The answer by which the browser saves the file, read from where it stands."""
    return FileResponse(file, as_attachment=True, filename=name, content_type=media_type, headers=HEADERS)


def send_table(
    request: Asking,
    name: str,
    heads: Iterable[str],
    about: Iterable[tuple[str, str]],
    rows: Iterable[Sequence[str | int]],
    file_name: str,
    *,
    when: str = EXPORTED_AT,
) -> FileResponse:
    """A table as a file in the format that the address names, with its time and what it means on a second sheet.

    Raises:
        InputError: no such format.
    """
    file_format = checked_format(request.GET.get("format", ""))
    now = request.now.astimezone(CITY_ZONE)
    told = (*invented_lines(), (gettext(when), f"{now:%Y-%m-%d %H:%M:%S}"), *about)
    file = spooled()
    WRITERS[file_format](file, Sheet(name, tuple(heads), gettext(msg("说明")), told), rows)
    file.seek(0)
    return send_file(file, f"{file_name}-{now:%Y%m%d-%H%M}.{file_format}", MEDIA_TYPES[file_format])
