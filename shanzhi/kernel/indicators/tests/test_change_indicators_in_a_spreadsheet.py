"""A keeper takes the catalogue out as a workbook, changes it there and brings it back."""

import io
import tomllib
from collections.abc import Callable
from copy import deepcopy
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from typer.testing import CliRunner

from shanzhi.config.cli import cli
from shanzhi.core.errors import FileUnusable
from shanzhi.core.sheets import write_pages
from shanzhi.core.text import clean_text
from shanzhi.kernel.indicators.policy import layout
from shanzhi.kernel.indicators.policy.cells import guarded, unguarded
from shanzhi.kernel.indicators.policy.loading import load_catalogue
from shanzhi.kernel.indicators.policy.sheets import BadSheets, pages_of, parse, read_book
from shanzhi.kernel.indicators.policy.toml_text import toml_of

SAMPLE = Path(__file__).parents[1] / "catalogue" / "indicators.toml"
SOURCE = SAMPLE.read_text(encoding="utf-8")


def book_of(tables: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    write_pages(out, pages_of(tables))
    return out.getvalue()


@pytest.fixture(scope="module")
def sample() -> bytes:
    return book_of(parse(SOURCE))


def changed(data: bytes, change: Callable[[Workbook], object]) -> bytes:
    book = load_workbook(io.BytesIO(data))
    change(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def set_cell(sheet: str, cell: str, value: Any) -> Callable[[Workbook], None]:
    def change(book: Workbook) -> None:
        book[sheet][cell] = value

    return change


def head_cell(sheet: layout.Sheet, head: str, row: int) -> str:
    place = next(index for index, column in enumerate(sheet.columns) if column.head == head)
    letters = Workbook().active
    assert letters is not None
    return str(letters.cell(row, place + 1).coordinate)


def test_it_goes_out_and_comes_back_equal(sample: bytes) -> None:
    assert read_book(sample).tables == parse(SOURCE)


def test_the_text_that_is_made_of_it_says_the_same_and_is_sound(sample: bytes) -> None:
    text = toml_of(read_book(sample).tables, head="由表格转换而来")
    assert parse(text) == parse(SOURCE)
    assert load_catalogue(text) == load_catalogue(SOURCE)


def test_a_spreadsheet_that_saves_it_again_changes_nothing(sample: bytes) -> None:
    again = changed(sample, lambda book: None)
    assert read_book(again).tables == parse(SOURCE)


def test_choices_are_offered_in_words_and_taken_in_words_or_codes(sample: bytes) -> None:
    book = load_workbook(io.BytesIO(sample))
    sheet = book[layout.INDICATORS.name]
    offered = [str(each.formula1) for each in sheet.data_validations.dataValidation]
    assert '"越高越好,越低越好,只看不比"' in offered
    cell = head_cell(layout.INDICATORS, "方向", 2)
    assert sheet[cell].value == "越高越好"
    for words in ("越低越好", "lower"):
        tables = read_book(changed(sample, set_cell(layout.INDICATORS.name, cell, words))).tables
        assert tables["indicator"][0]["direction"] == "lower"


def test_a_month_that_the_spreadsheet_took_for_a_day_is_still_a_month(sample: bytes) -> None:
    cell = head_cell(layout.INDICATORS, "生效月份", 2)
    for value in ("2025-03", "2025年3月", "2025-03-01"):
        tables = read_book(changed(sample, set_cell(layout.INDICATORS.name, cell, value))).tables
        assert tables["indicator"][0]["holds_from"] == "2025-03"


def test_a_bad_cell_is_named_by_sheet_row_and_column_all_of_them_at_once(sample: bytes) -> None:
    def change(book: Workbook) -> None:
        book["指标"][head_cell(layout.INDICATORS, "周期", 7)] = "半年"
        book["指标"][head_cell(layout.INDICATORS, "权重", 9)] = "十"
        book["指标"][head_cell(layout.INDICATORS, "名称", 10)] = None
        book["指标"][head_cell(layout.INDICATORS, "最小样本", 11)] = 2.5
        book["依据"][head_cell(layout.GROUNDS, "指标", 3)] = "nobody"

    with pytest.raises(BadSheets) as caught:
        read_book(changed(sample, change))
    assert caught.value.fields == {
        "指标!K7（周期）": "没有“半年”这个选项，请选：月、季、年。",
        "指标!U9（权重）": "“十”不是数。",
        "指标!F10（名称）": "这一格要填。",
        "指标!R11（最小样本）": "“2.5”不是整数。",
        "依据!A3（指标）": "“nobody 2”在它所属的表里没有这一行。",
    }
    assert "有 5 处要改" in str(caught.value)
    assert "指标!K7（周期）" in str(caught.value)


@pytest.mark.parametrize("number", ["1e999999999", "-1E+99999999", "9" * 5000, "1e-999999999"])
def test_a_number_without_end_is_no_number(sample: bytes, number: str) -> None:
    def change(book: Workbook) -> None:
        book["指标"][head_cell(layout.INDICATORS, "权重", 9)] = number

    with pytest.raises(BadSheets) as caught:
        read_book(changed(sample, change))
    assert list(caught.value.fields) == ["指标!U9（权重）"]


@pytest.mark.parametrize("number", ["1e999999999", "inf", "nan", "-inf"])
def test_a_number_without_end_doesn_t_go_out_either(number: str) -> None:
    with pytest.raises(BadSheets, match="应当是数"):
        pages_of(parse(f"[catalogue]\nversion = {number}"))


@pytest.mark.parametrize(
    "text",
    [
        "catalogue = 3",
        "project = [1]",
        "[[indicator]]\nscoring = 3",
        "[[indicator]]\nground = 'x'",
        "[[index]]\nclass = 1",
    ],
)
def test_a_file_in_another_shape_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(BadSheets, match="不是表，没有导出"):
        pages_of(parse(text))


def test_two_rows_of_one_version_are_told_apart(sample: bytes) -> None:
    def change(book: Workbook) -> None:
        sheet = book["指标"]
        sheet.append([sheet.cell(2, place).value for place in range(1, sheet.max_column + 1)])

    with pytest.raises(BadSheets) as caught:
        read_book(changed(sample, change))
    assert list(caught.value.fields.values()) == ["“response_rate 1”写了两行。"]


def test_a_column_or_a_sheet_that_is_gone_is_missed(sample: bytes) -> None:
    with pytest.raises(BadSheets) as caught:
        read_book(changed(sample, lambda book: book["项目"].delete_cols(4)))
    assert caught.value.fields["项目!D1（权重）"] == "少了这一列。列名不要改。"
    with pytest.raises(FileUnusable):
        read_book(changed(sample, lambda book: book.remove(book["依据"])))


def test_empty_rows_between_don_t_matter(sample: bytes) -> None:
    tables = read_book(changed(sample, lambda book: book["项目"].insert_rows(4, 3))).tables
    assert tables == parse(SOURCE)


def test_what_the_sheets_have_no_place_for_is_refused_and_not_lost() -> None:
    tables = parse(SOURCE)
    tables["indicator"][0]["colour"] = "red"
    tables["extra"] = {"a": 1}
    with pytest.raises(BadSheets) as caught:
        pages_of(tables)
    assert set(caught.value.fields.values()) == {"表格里没有放“colour”的地方。", "表格里没有放“extra”的地方。"}


def test_no_cell_is_carried_out() -> None:
    tables = parse(SOURCE)
    evil = ["=1+1", "+cmd|' /C calc'!A0", "@SUM(A1)", "-2+3", "＝1+1", "'=1+1", "''x", "-5"]
    for project, text in zip(tables["project"], evil, strict=False):
        project["text"] = text
    data = book_of(tables)
    sheet = load_workbook(io.BytesIO(data))["项目"]
    for row in range(2, 2 + len(evil)):
        cell = sheet[head_cell(layout.PROJECTS, "说明", row)]
        assert cell.data_type == "s"
        assert not str(cell.value).startswith(("=", "+", "@", "＝")), cell.value
    assert read_book(data).tables == tables


@given(st.text(max_size=40).map(clean_text))
@settings(max_examples=300)
def test_any_text_comes_back_as_it_was(text: str) -> None:
    assert unguarded(guarded(text)) == text


TEXTS = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Co", "Cn", "Cf", "Zl", "Zp")), min_size=1,
                max_size=12).map(clean_text).filter(bool)  # fmt: skip
NUMBERS = st.one_of(
    st.integers(-(10**9), 10**9), st.decimals(-1000, 1000, places=3, allow_nan=False).map(lambda each: each.normalize())
)


@st.composite
def one_changed(draw: st.DrawFn) -> dict[str, Any]:
    """A small catalogue with texts and numbers by chance."""
    tables = {key: deepcopy(value) for key, value in parse(SOURCE).items()}
    tables["indicator"] = [each for each in tables["indicator"] if each["key"] in {"feeling_safe", "end_days_median"}]
    for each in tables["indicator"]:
        each["name"], each["definition"] = draw(TEXTS), draw(TEXTS)
        each["target"] = draw(NUMBERS)
        each["ground"] = [{"law": draw(TEXTS), "quote": draw(TEXTS)} for _ in range(draw(st.integers(1, 3)))]
        if "survey" in each:
            each["survey"]["answers"] = draw(st.lists(TEXTS, min_size=1, max_size=4))
        else:
            each["scoring"]["steps"] = [[draw(NUMBERS), draw(NUMBERS)] for _ in range(draw(st.integers(1, 3)))]
    tables["project"] = tables["project"][:1]
    return tables


@given(one_changed())
@settings(max_examples=8, deadline=None)
def test_whatever_is_written_in_it_comes_back_by_way_of_both_files(tables: dict[str, Any]) -> None:
    back = read_book(book_of(tables)).tables
    assert back == tables
    assert parse(toml_of(back)) == tables


def test_decimals_come_back_exactly() -> None:
    tables = parse(SOURCE)
    exact = ["0.1", "33.333", "0.30000000000000000001", "1e-7"]
    for project, text in zip(tables["project"], exact, strict=False):
        project["weight"] = Decimal(text)
    back = read_book(book_of(tables)).tables
    assert [project["weight"] for project in back["project"][:4]] == [Decimal(text) for text in exact]
    assert parse(toml_of(back)) == back


# ── by command ────────────────────────────────────────────────────────────────


def test_the_commands_take_it_out_and_bring_it_back(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(SOURCE.replace('by = "assessor"', 'by = "keeper"'), encoding="utf-8")
    book, back = tmp_path / "out.xlsx", tmp_path / "back.toml"
    made = CliRunner().invoke(cli, ["indicator", "sheet", str(book), "--catalogue", str(mine)])
    assert made.exit_code == 0, made.output
    brought = CliRunner().invoke(cli, ["indicator", "from-sheet", str(book), str(back)])
    assert brought.exit_code == 0, brought.output
    assert "109 条指标" in brought.output
    assert "catalogue/indicators.toml" in brought.output
    assert tomllib.loads(back.read_text(encoding="utf-8")) == tomllib.loads(mine.read_text(encoding="utf-8"))


def test_a_bad_cell_leaves_what_was_there_untouched(tmp_path: Path, sample: bytes) -> None:
    book, back = tmp_path / "in.xlsx", tmp_path / "indicators.toml"
    book.write_bytes(changed(sample, set_cell("指标", head_cell(layout.INDICATORS, "来源", 5), "听说")))
    back.write_text("mine", encoding="utf-8")
    said = CliRunner().invoke(cli, ["indicator", "from-sheet", str(book), str(back)])
    assert said.exit_code == 1
    assert "指标!L5（来源）" in said.output
    assert back.read_text(encoding="utf-8") == "mine"


def test_a_formula_that_is_refused_is_told_with_its_row(tmp_path: Path) -> None:
    source = SOURCE.replace('by = "assessor"', 'by = "keeper"')
    data = book_of(parse(source))
    book, back = tmp_path / "in.xlsx", tmp_path / "indicators.toml"
    cell = head_cell(layout.INDICATORS, "公式", 4)
    book.write_bytes(changed(data, set_cell("指标", cell, "SELECT now()")))
    said = CliRunner().invoke(cli, ["indicator", "from-sheet", str(book), str(back)])
    assert said.exit_code == 1
    assert "指标 第 4 行" in said.output
    assert "solution_rate" in said.output
    assert not back.exists()
