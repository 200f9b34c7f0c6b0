"""Files that a browser saves and never shows, and that nothing in between keeps."""

from tempfile import SpooledTemporaryFile
from typing import IO, cast

from django.http import FileResponse

from shanzhi.core.errors import InputError
from shanzhi.core.sheets import WRITERS
from shanzhi.core.text import msg

HEADERS = {
    "Cache-Control": "private, no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
}
IN_MEMORY = 1 << 20


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
