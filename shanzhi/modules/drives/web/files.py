"""Tables of drives as files, with when they were made."""

from collections.abc import Iterable, Sequence

from django.http import FileResponse
from django.utils.translation import gettext

from shanzhi.core.periods import CITY_ZONE
from shanzhi.core.sheets import MEDIA_TYPES, WRITERS, Sheet
from shanzhi.core.text import msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.ui.downloads import checked_format, send_file, spooled
from shanzhi.ui.invented import invented_lines


def send_table(
    request: ActingRequest,
    name: str,
    heads: Sequence[str],
    about: Iterable[tuple[str, str]],
    rows: Iterable[Sequence[str | int]],
    file_name: str,
) -> FileResponse:
    """The file in the format that the address names.

    Raises:
        InputError: no such format.
    """
    file_format = checked_format(request.GET.get("format", ""))
    now = request.now.astimezone(CITY_ZONE)
    told = (*invented_lines(), (gettext(msg("导出时间")), f"{now:%Y-%m-%d %H:%M:%S}"), *about)
    file = spooled()
    WRITERS[file_format](file, Sheet(name, tuple(heads), gettext(msg("说明")), told), rows)
    file.seek(0)
    return send_file(file, f"{file_name}-{now:%Y%m%d-%H%M}.{file_format}", MEDIA_TYPES[file_format])
