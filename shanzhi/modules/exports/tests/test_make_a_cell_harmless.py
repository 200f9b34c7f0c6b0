"""Whatever somebody wrote into a cell, a spreadsheet shows it and carries nothing out; figures stay figures."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shanzhi.core.errors import InputError
from shanzhi.core.sheets import csv_line, harmless
from shanzhi.modules.exports.policy import COLUMNS, wanted_of

GOOD = {"since": "2025-11-01", "until": "2025-11-30", "columns": "stage,number", "format": "csv"}


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        "+1+1",
        "-1+1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        " =1",
        "　＝1",
        "＋1-1",
        "－cmd",
        "＠x",
        '=HYPERLINK("http://evil","x")',
        "-2+3+cmd|' /C calc'!A0",
        "+86 138",
        "--1",
        "-1.5.2",
        "-",
    ],
)
def test_it_puts_an_apostrophe_before_what_begins_like_a_formula(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "-5", "+3", "-1.25", "12345", "张店区", "a=b", "'=1", "20251118-000001"])
def test_it_leaves_figures_and_plain_words_alone(cell: str) -> None:
    assert harmless(cell) == cell


@given(st.lists(st.one_of(st.none(), st.integers(), st.text()), min_size=1, max_size=5))
def test_it_writes_lines_that_read_back_as_so_many_cells_none_of_them_a_formula(cells: list[str | int | None]) -> None:
    lines = list(csv.reader(io.StringIO(csv_line(cells), newline="")))
    assert [len(line) for line in lines] == [len(cells)] or (cells == [None] and lines in ([[]], [[""]]))
    for line in lines:
        for read, given_ in zip(line, cells, strict=False):
            if isinstance(given_, str):
                assert read == harmless(given_)
                assert not read[:1] or read[0] not in "=@\t\r＝＋－＠"


def test_it_takes_columns_in_the_order_of_the_list() -> None:
    assert wanted_of(GOOD).columns == ("number", "stage")
    assert wanted_of(wanted_of(GOOD).fields()) == wanted_of(GOOD)


@pytest.mark.parametrize(
    "field, value",
    [
        ("since", ""),
        ("since", "2025-13-01"),
        ("until", "2025-10-31"),
        ("columns", ""),
        ("columns", "number,body"),
        ("columns", "title"),
        ("columns", "follow_hash"),
        ("columns", "contact_phone"),
        ("format", "xlsx"),
        ("format", "../x"),
    ],
)
def test_it_says_what_is_wrong(field: str, value: str) -> None:
    with pytest.raises(InputError) as refused:
        wanted_of({**GOOD, field: value})
    assert set(refused.value.fields) == {field}


def test_it_offers_no_column_of_free_text_or_of_the_vault() -> None:
    assert not {"title", "body", "place", "place_text", "contact_phone", "follow_hash", "latitude"} & set(COLUMNS)
