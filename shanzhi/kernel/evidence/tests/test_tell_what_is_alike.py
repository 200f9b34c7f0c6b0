"""What looks or reads alike is told by few lines of arithmetic, and what it can't tell it doesn't."""

import io

from PIL import Image, ImageDraw

from shanzhi.kernel.evidence.policy.likeness import (
    PICTURE_MOST,
    TEXT_LEAST,
    bits_between,
    picture_hash,
    share_alike,
    text_signature,
)
from shanzhi.kernel.evidence.policy.texts import text_of, words_in_order
from shanzhi.kernel.evidence.tests.made import document, workbook
from shanzhi.kernel.files.policy import DOCX, PDF, TXT, XLSX

NOTICE = "世纪花园社区议事会于十一月十五日召开，讨论加装电梯的费用分摊办法，到会代表二十三人，形成决议三条。"


def scene(seed: int, size: tuple[int, int] = (640, 480), quality: int = 90) -> bytes:
    """A picture with some shapes; the same seed is the same scene."""
    image = Image.new("L", (64, 48), 40 + seed * 7 % 120)
    draw = ImageDraw.Draw(image)
    for at in range(6):
        x, y = (seed * 13 + at * 17) % 50, (seed * 29 + at * 11) % 36
        draw.rectangle((x, y, x + 12, y + 10), fill=(seed * 53 + at * 41) % 256)
    out = io.BytesIO()
    image.resize(size, Image.Resampling.BICUBIC).convert("RGB").save(out, "JPEG", quality=quality)
    return out.getvalue()


def test_a_picture_that_was_made_smaller_is_alike_and_another_is_not() -> None:
    one, small, other = (picture_hash(data) for data in (scene(3), scene(3, (200, 150), 50), scene(8)))
    assert one is not None
    assert small is not None
    assert other is not None
    assert bits_between(one, small) <= PICTURE_MOST < bits_between(one, other)


def test_bits_are_counted_over_the_sign() -> None:
    assert (bits_between(-1, 0), bits_between(-(1 << 63), 0), bits_between(5, 5)) == (64, 1, 0)


def test_what_is_no_picture_has_no_hash() -> None:
    assert picture_hash(b"%PDF-1.7") is None


def test_a_text_with_a_word_changed_is_alike_and_another_is_not() -> None:
    one, same, other = (
        text_signature(words_in_order(text))
        for text in (
            NOTICE,
            NOTICE.replace("二十三人", "二十四人"),
            "周村区北郊镇消防检查记录，共查九小场所四十家，责令整改六家。",
        )
    )
    assert share_alike(one, same) >= TEXT_LEAST > share_alike(one, other)
    assert len(one) == 64


def test_of_two_words_nothing_can_be_said() -> None:
    assert text_signature(["会议", "纪要"]) == []
    assert share_alike([], []) == 0.0


def test_papers_of_an_office_are_read() -> None:
    assert "加装电梯" in text_of(document(NOTICE), DOCX)
    assert "马尚街道 5" in text_of(workbook([["马尚街道", 5]]), XLSX)
    assert text_of("加装电梯".encode("gb18030"), TXT) == "加装电梯"


def test_a_broken_paper_has_no_words() -> None:
    assert [text_of(b"PK\x03\x04broken", DOCX), text_of(document(NOTICE)[:900], XLSX), text_of(b"%PDF", PDF)] == [
        "",
        "",
        "",
    ]
