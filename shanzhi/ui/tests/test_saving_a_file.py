"""A file that is taken along is saved by the browser: never shown, never kept in between, never read by another site."""

from io import BytesIO

import pytest

from shanzhi.core.errors import InputError
from shanzhi.ui.downloads import checked_format, send_file


def test_it_is_saved_and_neither_shown_nor_kept() -> None:
    answer = send_file(BytesIO(b"<script>alert(1)</script>"), "清单 1.csv", "text/csv; charset=utf-8")
    assert dict(answer.headers) == {
        "Content-Type": "text/csv; charset=utf-8",
        "Content-Length": "25",
        "Content-Disposition": "attachment; filename*=utf-8''%E6%B8%85%E5%8D%95%201.csv",
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    assert b"".join(answer.streaming_content) == b"<script>alert(1)</script>"  # type: ignore[arg-type]


def test_a_name_breaks_no_header() -> None:
    answer = send_file(BytesIO(b""), 'a"\r\nSet-Cookie: x=1; b.csv', "text/csv")
    assert "\r" not in answer["Content-Disposition"]
    assert "\n" not in answer["Content-Disposition"]
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("code", ["", "html", "../csv", "xls"])
def test_it_knows_no_other_form(code: str) -> None:
    with pytest.raises(InputError):
        checked_format(code)
