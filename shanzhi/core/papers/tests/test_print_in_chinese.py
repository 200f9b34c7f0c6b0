"""A paper printed as PDF shows its Chinese, by the layout of official papers; never boxes."""

import re
from collections import Counter
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
import typst
from PIL import Image

from shanzhi.core.papers import FontMissing, FontSet, Heading, Paragraph, Table, pages, shipped_fonts, to_pdf, to_png
from shanzhi.core.papers.fonts import SAMPLE
from shanzhi.core.papers.glyphs import characters
from shanzhi.core.papers.model import Column
from shanzhi.core.papers.numbering import chinese, plain
from shanzhi.core.papers.tests.paper_support import FUNNEL, LINE, paper
from shanzhi.core.papers.tests.pdf_support import Pdf

FONTS = shipped_fonts()
MM = 72 / 25.4
MARKUP = "#let x = 1 $y^2$ [z] @ref \\n *b* _i_ `c` <l> // w /* v */ = h - p ~ '单' \"双\" {a} https://q.r &amp;"


def _text(text: str) -> str:
    return plain(text).replace(" ", "").replace("\u00a0", "")


def test_every_letter_has_its_glyph_and_the_fonts_lie_in_the_file():
    pdf = Pdf(to_pdf(paper(), FONTS))
    shown = [glyph for page in pdf.glyphs() for glyph in page]
    assert len(shown) > 500
    assert [letter for glyph, letter in shown if glyph == 0] == []
    assert {name for name in pdf.font_names() if "Identity" not in name} == {
        "NotoSerifSC-Regular",
        "NotoSansSC-Regular",
    }


def test_the_package_has_what_official_chinese_needs():
    covered = frozenset[int]().union(*(characters(info.path, info.index) for info in FONTS.loaded.fonts()))
    # GB 2312-80: 6,763 characters, by its own code.
    gb2312 = {
        bytes((row, cell)).decode("gb2312")
        for row in range(0xB0, 0xF8)
        for cell in range(0xA1, 0xFF)
        if not (row == 0xD7 and cell > 0xF9)
    }
    assert len(gb2312) == 6763
    assert {letter for letter in gb2312 | set(SAMPLE) if ord(letter) not in covered} == set()


def test_letters_look_different_as_they_do_not_without_a_chinese_font():
    """Without one the typesetter draws the same box for every character, and says nothing."""
    latin = typst.Fonts(include_system_fonts=False, include_embedded_fonts=True)
    boxes = {
        typst.compile(letter.encode(), font_paths=latin, ignore_system_fonts=True, format="png")
        for letter in "善治网格"
    }
    assert len(boxes) == 1
    drawn = {pages(paper(Paragraph(letter), title="题"), FONTS)[0] for letter in "善治网格"}
    assert len(drawn) == 4


def test_without_a_chinese_font_there_is_a_sentence_and_no_file(tmp_path):
    for fonts in (FontSet(places=()), FontSet(places=(tmp_path,))):
        with pytest.raises(FontMissing) as told:
            to_pdf(paper(), fonts)
        assert "没有中文字体" in str(told.value)
        assert "make setup" in str(told.value)
        with pytest.raises(FontMissing):
            to_png(LINE, fonts)


def test_a_font_without_chinese_is_not_enough(tmp_path):
    """A file of the name alone: its letters are looked at."""
    latin = next(Path("/usr/share/fonts").rglob("*.ttf"), None) if Path("/usr/share/fonts").exists() else None
    if latin is None:
        pytest.skip("no Latin font on this machine")
    (tmp_path / latin.name).write_bytes(latin.read_bytes())
    with pytest.raises(FontMissing):
        to_pdf(paper(), FontSet(places=(tmp_path,)))


def test_a_character_that_no_font_has_is_marked_and_told():
    pdf = Pdf(to_pdf(paper(Paragraph("张\U0002a6b2街道")), FONTS))
    assert "张〓街道" in pdf.text()
    assert "文中“〓”处的字，本机字库没有：U+2A6B2。" in pdf.text()
    assert all(glyph for page in pdf.glyphs() for glyph, _ in page)


@pytest.mark.parametrize("where", ["text", "lead", "note", "heading", "cell", "head", "title", "issuer"])
def test_what_is_markup_to_the_typesetter_comes_out_as_it_was_written(where):
    blocks = {
        "text": Paragraph(MARKUP),
        "lead": Paragraph("甲", lead=MARKUP),
        "note": Paragraph("甲", note=MARKUP),
        "heading": Heading(MARKUP),
        "cell": Table("乙", (Column("丙"),), ((MARKUP,),)),
        "head": Table("乙", (Column(MARKUP),), (("丙",),)),
    }
    given = {where: MARKUP} if where in ("title", "issuer") else {}
    made = paper(blocks.get(where, Paragraph("甲")), **given)
    assert _text(MARKUP) in Pdf(to_pdf(made, FONTS)).text()


def test_signs_that_nobody_sees_are_left_out():
    text = "".join(chr(code) for code in (*range(32), 0x7F, 0x85, 0x200B, 0x202E, 0x2066, 0xFEFF, 0xFFFF))
    shown = Pdf(to_pdf(paper(Paragraph(f"甲{text}乙")), FONTS)).text()
    assert "甲乙" in shown
    assert "〓" not in shown


def test_a_lone_surrogate_breaks_nothing():
    assert "甲乙" in Pdf(to_pdf(paper(Paragraph("甲\ud800乙")), FONTS)).text()


def test_heads_tables_and_charts_are_counted():
    shown = Pdf(to_pdf(paper(), FONTS)).text()
    wanted: tuple[str, ...] = ("一、概况", "二、三率", "（一）响应率", "1.网格", "2.社区", "（二）解决率")
    wanted += ("图1　按期办结率", "图2　各类事项", "图3　各镇街", "附件1", "表1　主要指标", "附件2", "[1]不含撤回的。")
    places = [shown.find(head) for head in wanted]
    assert -1 not in places
    assert places == sorted(places)
    assert [chinese(number) for number in (1, 10, 11, 20, 99)] == ["一", "十", "十一", "二十", "九十九"]


def test_the_page_is_as_the_standard_has_it():
    """GB/T 9704-2012, 5.2 and 7.5: A4, 22 lines of 28 characters, numbers outside."""
    made = to_pdf(paper(Paragraph("善" * 28 * 50)), FONTS)
    assert re.search(rb"/MediaBox\[0 0 595\.27\d* 841\.8\d*\]", made)
    pdf = Pdf(made)
    texts = ["".join(letter for _, letter in page).replace("\u00a0", " ") for page in pdf.glyphs()]
    assert len(texts) == 3
    assert all(f"— {number} —" in text for number, text in enumerate(texts, 1))
    assert texts[1].count("善") == 22 * 28


def test_heads_of_a_long_table_are_repeated():
    texts = ["".join(letter for _, letter in page) for page in Pdf(to_pdf(paper(), FONTS)).glyphs()]
    with_rows = [text for text in texts if re.search(r"指标\d", text)]
    assert len(with_rows) > 1
    assert all("本期" in text for text in with_rows)


def test_the_same_paper_makes_the_same_bytes():
    one = to_pdf(paper(), FONTS)
    assert one == to_pdf(paper(), FontSet(places=FONTS.places))
    assert b"/CreationDate(D:20251103010000Z)" in one
    later = paper(made_at=paper().made_at + timedelta(seconds=1))
    assert to_pdf(later, FONTS) != one


def test_pictures_of_charts_have_words_and_colours_of_one_hue():
    for chart in (LINE, FUNNEL):
        made = Image.open(BytesIO(to_png(chart, FONTS))).convert("RGB")
        assert made.width > 1400
        pixels = made.tobytes()
        colours = Counter(zip(pixels[::3], pixels[1::3], pixels[2::3], strict=True))
        hues = [colour for colour, count in colours.items() if count > 400 and max(colour) - min(colour) > 12]
        assert hues
        assert all(blue >= green >= red for red, green, blue in hues)
    assert "2月 无" in LINE.said()


def test_charts_are_told_in_words_to_those_who_cannot_see_them():
    made = to_pdf(paper(LINE), FONTS)
    assert LINE.title.encode("utf-16-be").hex().upper().encode() in made
