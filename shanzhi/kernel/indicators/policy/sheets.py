"""The indicator catalogue as a workbook, for people who don't write TOML, and back. Pure: bytes and tables in, tables and
pages out.

`tables` are a catalogue file as `parse` gives it. `pages_of` and `tables_of` are each other's inverse: what goes out
and comes back unchanged is equal, so nothing gets lost on the way; a key that the sheets don't know is refused.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from shanzhi.core.errors import InputError
from shanzhi.core.sheets import Page
from shanzhi.core.text import clean_text, msg
from shanzhi.core.workbook import read_workbook
from shanzhi.kernel.indicators.policy import layout
from shanzhi.kernel.indicators.policy.cells import BadCell, Shown
from shanzhi.kernel.indicators.policy.layout import Column, Sheet

Tables = dict[str, Any]
ROWS_MOST = 5_000
COLUMNS_MOST = 60
TOLD_MOST = 50
"""Faults that are told at once."""

_PARTS = {"reported": layout.REPORTED, "survey": layout.SURVEYED, "declared": layout.DECLARED}


class BadSheets(InputError):
    """Cells that can't be read, or rows that belong to nothing; `fields` says of each cell what is wrong with it."""

    code = "indicator-sheets"


@dataclass(frozen=True, slots=True)
class BookRead:
    """The tables of a workbook, and by each table's id where its row stands ("指标 第 5 行")."""

    tables: Tables
    places: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class _Row:
    """A row as it was read: its number in the sheet and the values of its filled cells by key."""

    number: int
    values: dict[str, Any]


class _Faults:
    """What was found to be wrong, by cell; the first of a cell stays."""

    def __init__(self) -> None:
        self.said: dict[str, str] = {}

    def add(self, sheet: Sheet, row: int, column: Column, message: str, **params: object) -> None:
        """One fault: the sheet's name, the cell, the column's head, and what is wrong."""
        letter = _letter(sheet.columns.index(column))
        sentence = message % params if params else message
        self.said.setdefault(f"{sheet.name}!{letter}{row}（{column.head}）", sentence)

    def check(self) -> None:
        """Raises BadSheets where there is any."""
        if self.said:
            place, sentence = next(iter(self.said.items()))
            raise BadSheets(
                msg("表格里有 %(count)d 处要改，没有转换。第一处在 %(place)s：%(what)s"),
                count=len(self.said),
                place=place,
                what=sentence,
                fields=dict(list(self.said.items())[:TOLD_MOST]),
            )


def _letter(position: int) -> str:
    """A column's letters by its position from 0: A, B, …, Z, AA."""
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def parse(source: str) -> Tables:
    """A catalogue file's tables, decimals as they are written. Raises tomllib.TOMLDecodeError."""
    return tomllib.loads(source, parse_float=Decimal)


# ── out ───────────────────────────────────────────────────────────────────────


def pages_of(tables: Tables) -> list[Page]:
    """The workbook's pages: what it is, then one page a sheet.

    Raises:
        BadSheets: a key that no column holds, or a value of the wrong kind; names the row as it would stand.
    """
    faults = _Faults()
    rows: dict[str, list[Mapping[str, Any]]] = {sheet.name: [] for sheet in layout.SHEETS}
    unknown = set(tables) - {"catalogue", "project", "indicator", "index"}
    rows[layout.CATALOGUE.name].append(_table(tables, "catalogue"))
    rows[layout.PROJECTS.name].extend(_list(tables, "project"))
    for each in _list(tables, "indicator"):
        _spread_indicator(each, rows)
    for each in _list(tables, "index"):
        _spread_index(each, rows)
    made = [_about()]
    for sheet in layout.SHEETS:
        lines = [_line(sheet, number, row, faults) for number, row in enumerate(rows[sheet.name], start=2)]
        made.append(_page(sheet, lines))
    for key in sorted(unknown):
        faults.add(layout.CATALOGUE, 1, layout.CATALOGUE.columns[0], msg("表格里没有放“%(key)s”的地方。"), key=key)
    faults.check()
    return made


def _table(of: Mapping[str, Any], key: str) -> dict[str, Any]:
    """A table within a table; empty where it is missing."""
    return _list({key: [of.get(key, {})]}, key)[0]


def _list(of: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """A list of tables within a table; empty where it is missing. Raises BadSheets for anything else."""
    found = of.get(key, [])
    if isinstance(found, list) and all(isinstance(each, dict) for each in found):
        return found
    raise BadSheets(msg("“%(key)s”不是表，没有导出。请先运行 shanzhi indicator check 检查这个文件。"), key=key)


def _spread_indicator(each: Mapping[str, Any], rows: dict[str, list[Mapping[str, Any]]]) -> None:
    link = {key: each[key] for key in ("key", "version") if key in each}
    own = {key: value for key, value in each.items() if key not in {"ground", "scoring", *_PARTS}}
    own |= {f"scoring.{key}": value for key, value in _table(each, "scoring").items()}
    rows[layout.INDICATORS.name].append(own)
    for name, sheet in _PARTS.items():
        if name in each:
            rows[sheet.name].append(link | _table(each, name))
    rows[layout.GROUNDS.name].extend(link | ground for ground in _list(each, "ground"))


def _spread_index(each: Mapping[str, Any], rows: dict[str, list[Mapping[str, Any]]]) -> None:
    link = {"index": each.get("code", ""), "index_version": each.get("version", 0)}
    rows[layout.INDICES.name].append({k: v for k, v in each.items() if k not in {"grades", "class"}})
    rows[layout.GRADES.name].extend(link | grade for grade in _list(each, "grades"))
    for part in _list(each, "class"):
        rows[layout.CLASSES.name].append(link | {k: v for k, v in part.items() if k != "part"})
        rows[layout.PARTS.name].extend(link | {"class": part.get("code", "")} | leaf for leaf in _list(part, "part"))


def _line(sheet: Sheet, number: int, row: Mapping[str, Any], faults: _Faults) -> list[Shown]:
    known = {column.key for column in sheet.columns}
    for key in sorted(set(row) - known):
        faults.add(sheet, number, sheet.columns[0], msg("表格里没有放“%(key)s”的地方。"), key=key)
    cells: list[Shown] = []
    for column in sheet.columns:
        value = row.get(column.key)
        try:
            cells.append(None if value is None else column.kind.shown(value))
        except BadCell as bad:
            cells.append(None)
            faults.add(sheet, number, column, bad.message, **bad.params)
    return cells


def _page(sheet: Sheet, lines: Sequence[Sequence[Shown]]) -> Page:
    return Page(
        name=sheet.name,
        heads=tuple(f"{column.head}*" if column.required else column.head for column in sheet.columns),
        rows=tuple(tuple(line) for line in lines),
        widths=tuple(column.width for column in sheet.columns),
        choices={position: column.kind.choices for position, column in enumerate(sheet.columns) if column.kind.choices},
    )


def _about() -> Page:
    lines: list[tuple[Shown, ...]] = [(sheet.name, sheet.says) for sheet in layout.SHEETS]
    lines.append(
        (
            "填写",
            "带 * 的必填；能选的请从下拉里选；月份写成 2026-01；空着就是没有。不要改工作表名和列名，不要合并单元格。",
        )
    )
    lines.append(
        ("转换", "改好后运行 shanzhi indicator from-sheet 表格.xlsx indicators.toml，有不对的会指出在哪张表、哪一格。")
    )
    return Page(name=layout.ABOUT, heads=("工作表", "写什么"), rows=tuple(lines), widths=(12, 100), choices={})


# ── in ────────────────────────────────────────────────────────────────────────


def read_book(data: bytes) -> BookRead:
    """What a workbook's bytes say.

    Raises:
        FileUnusable: no workbook, a sheet is missing, merged cells; see `core.workbook`.
        BadSheets: cells that can't be read; each is named by sheet, row and column.
    """
    return tables_of({
        sheet.name: read_workbook(data, rows_most=ROWS_MOST, columns_most=COLUMNS_MOST, sheet=sheet.name).rows
        for sheet in layout.SHEETS
    })  # fmt: skip


def tables_of(book: Mapping[str, Iterable[tuple[int, tuple[str, ...]]]]) -> BookRead:
    """What rows of texts by sheet say, the heads first. Raises BadSheets, with all that is wrong."""
    faults = _Faults()
    read = {sheet.name: list(_rows(sheet, book.get(sheet.name, ()), faults)) for sheet in layout.SHEETS}
    found: Tables = {}
    if len(read[layout.CATALOGUE.name]) != 1:
        first = layout.CATALOGUE.columns[0]
        faults.add(layout.CATALOGUE, 2, first, msg("这张表只写一行，不能多也不能少。"))
    else:
        found["catalogue"] = read[layout.CATALOGUE.name][0].values
    found["project"] = [row.values for row in read[layout.PROJECTS.name]]
    found["indicator"] = _indicators(read, faults)
    found["index"] = _indices(read, faults)
    faults.check()
    places = {id(row.values): f"{name} 第 {row.number} 行" for name, rows in read.items() for row in rows}
    return BookRead({key: value for key, value in found.items() if value}, places)


def _rows(sheet: Sheet, lines: Iterable[tuple[int, tuple[str, ...]]], faults: _Faults) -> Iterator[_Row]:
    numbered = iter(lines)
    head_row, heads = next(numbered, (1, ()))
    places = {clean_text(head).removesuffix("*").strip(): place for place, head in enumerate(heads)}
    for column in sheet.columns:
        if column.head not in places and column.required:
            faults.add(sheet, head_row, column, msg("少了这一列。列名不要改。"))
    for number, cells in numbered:
        values = {}
        for column in sheet.columns:
            place = places.get(column.head, len(cells))
            text = cells[place] if place < len(cells) else ""
            if clean_text(text):
                try:
                    values[column.key] = column.kind.read(text)
                except BadCell as bad:
                    faults.add(sheet, number, column, bad.message, **bad.params)
            elif column.required:
                faults.add(sheet, number, column, msg("这一格要填。"))
        yield _Row(number, values)


def _linked(
    sheet: Sheet, rows: Iterable[_Row], owners: Mapping[tuple[Any, ...], Any], faults: _Faults
) -> Iterator[tuple[tuple[Any, ...], _Row]]:
    """Rows with the key of the row to which they belong; a fault for what belongs to none."""
    for row in rows:
        link = tuple(row.values.pop(key, None) for key in sheet.links)
        if None in link:
            continue  # told already: the cell must be filled
        if link in owners:
            yield link, row
        else:
            words = msg("“%(link)s”在它所属的表里没有这一行。")
            faults.add(sheet, row.number, sheet.columns[0], words, link=" ".join(map(str, link)))


def _owners(
    sheet: Sheet, rows: Iterable[_Row], keys: tuple[str, ...], faults: _Faults
) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Rows by their key; a fault for one that stands twice."""
    made: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        link = tuple(row.values.get(key) for key in keys)
        if link in made and None not in link:
            words = msg("“%(link)s”写了两行。")
            faults.add(sheet, row.number, sheet.columns[0], words, link=" ".join(map(str, link)))
        made[link] = row.values
    return made


def _indicators(read: Mapping[str, list[_Row]], faults: _Faults) -> list[dict[str, Any]]:
    owners = _owners(layout.INDICATORS, read[layout.INDICATORS.name], ("key", "version"), faults)
    for values in owners.values():
        scoring = {key.removeprefix("scoring."): values.pop(key) for key in list(values) if key.startswith("scoring.")}
        if scoring:
            values["scoring"] = scoring
    for name, sheet in _PARTS.items():
        for link, row in _linked(sheet, read[sheet.name], owners, faults):
            if name in owners[link]:
                words = msg("“%(link)s”写了两行。")
                faults.add(sheet, row.number, sheet.columns[0], words, link=" ".join(map(str, link)))
            owners[link][name] = row.values
    for link, row in _linked(layout.GROUNDS, read[layout.GROUNDS.name], owners, faults):
        owners[link].setdefault("ground", []).append(row.values)
    return list(owners.values())


def _indices(read: Mapping[str, list[_Row]], faults: _Faults) -> list[dict[str, Any]]:
    owners = _owners(layout.INDICES, read[layout.INDICES.name], ("code", "version"), faults)
    for link, row in _linked(layout.GRADES, read[layout.GRADES.name], owners, faults):
        owners[link].setdefault("grades", []).append(row.values)
    classes: dict[tuple[Any, ...], dict[str, Any]] = {}
    for link, row in _linked(layout.CLASSES, read[layout.CLASSES.name], owners, faults):
        owners[link].setdefault("class", []).append(row.values)
        classes[*link, row.values.get("code")] = row.values
    for link, row in _linked(layout.PARTS, read[layout.PARTS.name], classes, faults):
        classes[link].setdefault("part", []).append(row.values)
    return list(owners.values())
