"""Units, posts and the admission list from a city's own files: each row by the same operation that a keeper uses."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.db import transaction

from shanzhi.core.errors import DomainError
from shanzhi.core.importing import Circumstances, Field, RowUnusable, Subject, Taken
from shanzhi.core.text import msg
from shanzhi.kernel.journal.policy import Author
from shanzhi.kernel.organisation import operations, queries
from shanzhi.kernel.organisation.operations import NewPost, NewUnit
from shanzhi.kernel.organisation.policy import UNIT_KIND_NAMES, Level, UnitKind
from shanzhi.kernel.organisation.policy.admission import LEVELS, AdmissionStands
from shanzhi.kernel.organisation.queries import UnitRow, unit_catalogue

IMPORTER = Author("importer")
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?: 00:00(?::00)?)?")
SERIAL_DIGITS = 5
# A spreadsheet counts days from here, its own leap year of 1900 taken into account (ECMA-376).
_SHEET_BEGINS = date(1899, 12, 30)
_Row = Mapping[str, Any]
_KINDS = {str(kind): kind for kind in UnitKind} | {name: kind for kind, name in UNIT_KIND_NAMES.items()} | {
    "街道": UnitKind.TOWNSHIP, "乡镇": UnitKind.TOWNSHIP, "社区": UnitKind.COMMUNITY, "村": UnitKind.COMMUNITY,
}  # fmt: skip
_LEVELS = {str(level): level for level in LEVELS} | {name: level for level, name in LEVELS.items()} | {
    "社区": Level.COMMUNITY, "村": Level.COMMUNITY,
}  # fmt: skip


def _kind(cell: str, column: str) -> UnitKind:
    found = _KINDS.get(cell.strip())
    if found is None:
        raise RowUnusable(f"“{column}”写的是“{cell}”，应为：{'、'.join(UNIT_KIND_NAMES.values())}。")
    return found


def _level(cell: str, column: str) -> Level:
    found = _LEVELS.get(cell.strip())
    if found is None:
        raise RowUnusable(f"“{column}”写的是“{cell}”，应为：{'、'.join(LEVELS.values())}。")
    return found


def _number(cell: str, column: str) -> int | None:
    text = cell.strip()
    if text and not (text.isascii() and text.isdigit() and len(text) < 8):
        raise RowUnusable(f"“{column}”写的是“{cell}”，应为整数。")
    return int(text) if text else None


def _day(cell: str, column: str) -> date | None:
    text = cell.strip()
    found = _DAY.fullmatch(text)
    try:
        if text.isascii() and text.isdigit() and len(text) == SERIAL_DIGITS:
            return _SHEET_BEGINS + timedelta(days=int(text))
        if found:
            year, month, day = (int(part) for part in found.groups())
            return date(year, month, day)
    except ValueError:
        found = None
    if text and not found:
        raise RowUnusable(f"“{column}”写的是“{cell}”，应为 2025-11-18 这样的日期。")
    return None


UNIT_FIELDS = (
    Field("name", msg("单位名称"), "张店区司法局", True, synonyms=("名称", "单位全称", "全称")),
    Field("kind", msg("单位类型"), "部门", True, _kind, ("类型", "单位类别")),
    Field("region_code", msg("区域代码"), "370303", True, synonyms=("行政区划代码", "区划代码", "所在区域代码")),
    Field("code", msg("单位代码"), "justice-370303", synonyms=("代码", "编码")),
    Field("short_name", msg("简称"), "张店司法局", synonyms=("单位简称",)),
    Field("department", msg("部门类型"), "司法局", synonyms=("职能", "条线")),
    Field("parent", msg("上级单位"), "淄博市司法局", synonyms=("上级", "主管单位", "上级单位代码")),
    Field("capacity", msg("承办上限"), "60", parse=_number, synonyms=("在办上限",)),
)
POST_FIELDS = (
    Field("unit", msg("单位"), "justice-370303", True, synonyms=("单位代码", "单位名称", "所在单位")),
    Field("role", msg("角色"), "承办员", True, synonyms=("岗位角色", "岗位类型")),
    Field("title", msg("岗位名称"), "承办员", synonyms=("岗位",)),
    Field("region_code", msg("区域代码"), "370303", synonyms=("行政区划代码", "区划代码", "责任区域代码")),
    Field("seat", msg("序号"), "1", parse=_number, synonyms=("席位",)),
    Field("work_number", msg("工号"), "Z-0001", synonyms=("人员编号", "职工号")),
    Field("staff_name", msg("姓名"), "王伟", synonyms=("任职人", "人员姓名")),
    Field("since", msg("任职日期"), "2025-01-01", parse=_day, synonyms=("任职时间", "到任日期")),
)
ADMISSION_FIELDS = (
    Field("item", msg("事项"), "居民身份证明", True, synonyms=("事项名称", "准入事项")),
    Field("level", msg("层级"), "村（社区）", True, _level, ("可以要求谁", "对象")),
    Field("ground", msg("依据"), "某市准入清单（2025）第 3 项", True, synonyms=("文件依据", "法律依据")),
    Field("since", msg("从哪天起"), "2025-01-01", parse=_day, synonyms=("开始日期", "生效日期")),
    Field("until", msg("到哪天止"), "2027-01-01", parse=_day, synonyms=("结束日期", "失效日期")),
)

_ADDED, _KNOWN = msg("新增"), msg("原已有，不动")


def units_take(rows: Sequence[_Row], how: Circumstances) -> Taken:
    """Set up the units of a file from `how.on`; a unit that stands is left as it is. Rows may name each other as above."""

    def one(row: _Row) -> bool:
        check_here(row["region_code"], how)
        there = _unit_there(row, how.on)
        if there is not None:
            _check_same(there, row)
            return False
        parent = _unit_called(row.get("parent", ""), how.on)
        new = NewUnit(
            row["kind"],
            row["name"],
            row["region_code"],
            row.get("short_name", ""),
            row.get("code", ""),
            _department(row.get("department", "")),
            parent.id if parent else None,
            row.get("capacity"),
        )
        operations.unit_add(new=new, on=how.on, now=how.now, author=IMPORTER)
        return True

    return each(rows, how, one, again=True)


def posts_take(rows: Sequence[_Row], how: Circumstances) -> Taken:
    """Set up the posts of a file, and where it names somebody let them take it. What stands is left as it is.

    From a page nobody is appointed: that takes two people.
    """
    seats: Counter[tuple[str, str, str]] = Counter()
    numbered = []
    for row in rows:
        key = (row["unit"], row["role"], row.get("region_code", ""))
        seats[key] += 1
        numbered.append({**row, "seat": row.get("seat") or seats[key]})

    def one(row: _Row) -> bool:
        unit = _unit_called(row["unit"], how.on)
        if unit is None:
            raise RowUnusable(msg("请写单位代码或全称。"))
        code = row.get("region_code") or unit.region_code
        check_here(code, how)
        if row.get("work_number") and how.post_id is not None:
            raise RowUnusable("任职要双人复核，网页导入只设岗位。请去掉工号和姓名两列，再到岗位页面安排任职。")
        post_id, is_new = _post(row, unit, code, how)
        return _held(row, post_id, how) or is_new

    return each(numbered, how, one)


def admission_take(rows: Sequence[_Row], how: Circumstances) -> Taken:
    """Put the items of a file on the admission list; an item that stands with the same ground is left as it is."""

    def one(row: _Row) -> bool:
        if how.post_id is not None:
            _check_city(how)
        on = row.get("since") or how.on
        standing = queries.admitted(on, level=row["level"], item=row["item"]) if row["item"] else []
        there = next(iter(standing), None)
        if there is not None and there.ground == row["ground"]:
            return False
        try:
            operations.admission_add(
                item=row["item"],
                level=row["level"],
                ground=row["ground"],
                on=on,
                until=row.get("until"),
                now=how.now,
                author=IMPORTER,
            )
        except AdmissionStands as error:
            raise RowUnusable(str(error)) from error
        return True

    return each(rows, how, one)


SUBJECTS = (
    Subject("units", msg("单位"), UNIT_FIELDS, units_take),
    Subject("posts", msg("岗位"), POST_FIELDS, posts_take),
    Subject("admission", msg("准入清单"), ADMISSION_FIELDS, admission_take),
)


@transaction.atomic
def each(rows: Sequence[_Row], how: Circumstances, one: Callable[[_Row], bool], *, again: bool = False) -> Taken:
    """Take over row by row, each in a savepoint; `again`: those refused are tried once more while others succeed."""
    added: dict[int, str] = {}
    known: dict[int, str] = {}
    waiting = dict(enumerate(rows))
    wrong: dict[int, str] = {}
    while waiting:
        wrong = {}
        for place, row in waiting.items():
            try:
                with transaction.atomic():
                    (added if one(row) else known)[place] = ""
            except (DomainError, RowUnusable) as error:
                wrong[place] = _why(error)
        if not again or len(wrong) == len(waiting):
            break
        waiting = {place: waiting[place] for place in wrong}
    if how.is_preview:
        transaction.set_rollback(True)
    becomes = dict.fromkeys(added, _ADDED) | dict.fromkeys(known, _KNOWN)
    return Taken(len(added), len(known), wrong, becomes)


def _why(error: Exception) -> str:
    beside = "".join(error.fields.values()) if isinstance(error, DomainError) else ""
    return beside or str(error)


def check_here(code: str, how: Circumstances) -> None:
    """From a page nobody reaches beyond the place of the post that began the import: raises RowUnusable."""
    if how.post_id is None:
        return
    post = queries.post_card(how.post_id, how.on)
    if post is None or not post.ranges.contains(code):
        raise RowUnusable(f"区域 {code} 不在您管的范围里。")


def _check_city(how: Circumstances) -> None:
    post = queries.post_card(how.post_id or 0, how.on)
    if post is None or post.unit_level is not Level.CITY:
        raise RowUnusable("准入清单由市级系统管理员维护。")


def _unit_called(words: str, on: date) -> UnitRow | None:
    words = words.strip()
    if not words:
        return None
    found = queries.units_named(words, on)
    if not found:
        raise RowUnusable(f"没有叫“{words}”的单位。请核对，或把它放进同一个文件。")
    if len(found) > 1:
        raise RowUnusable(f"“{words}”有几个单位，请写单位代码：{'、'.join(unit.code for unit in found[:5])}。")
    return found[0]


def _unit_there(row: _Row, on: date) -> UnitRow | None:
    if row.get("code"):
        return queries.unit_by_code(row["code"].lower(), on)
    same = (unit for unit in queries.units_named(row["name"], on) if unit.kind is row["kind"])
    return next((unit for unit in same if unit.region_code == row["region_code"]), None)


def _check_same(there: UnitRow, row: _Row) -> None:
    if (there.name, there.kind, there.region_code) != (row["name"], row["kind"], row["region_code"]):
        raise RowUnusable(f"单位代码 {there.code} 已经是“{there.name}”。导入不改名、不改类型，请在单位页面上改。")


def _department(words: str) -> str:
    words = words.strip()
    types = unit_catalogue().departments
    return next((one.code for one in types if words in (one.code, one.name, one.short)), words)


def _post(row: _Row, unit: UnitRow, code: str, how: Circumstances) -> tuple[int, bool]:
    roles = unit_catalogue().roles
    role = next((one.code for one in roles.values() if row["role"] in (one.code, one.name)), row["role"])
    for seat in queries.seats_of_unit(unit.id, how.on):
        if (seat.role, seat.region_code, seat.seat) == (role, code, row["seat"]):
            return seat.post_id, False
    new = NewPost(unit.id, role, code, row.get("title", ""))
    return operations.post_add(new=new, on=how.on, now=how.now, author=IMPORTER), True


def _held(row: _Row, post_id: int, how: Circumstances) -> bool:
    number = row.get("work_number", "")
    if not number:
        return False
    name = row.get("staff_name", "")
    staff = next((one for one in queries.find_staff(number) if one.work_number == number), None)
    if staff is not None and name and staff.name != name:
        raise RowUnusable(f"工号 {number} 登记的不是“{name}”。请核对。")
    on = row.get("since") or how.on
    card = queries.seat_card(post_id)
    holder = card.holder(on) if card else None
    if holder is not None and staff is not None and holder.staff_id == staff.staff_id:
        return False
    staff_id = (
        staff.staff_id if staff else operations.staff_add(name=name, work_number=number, now=how.now, author=IMPORTER)
    )
    operations.hold_post(post_id=post_id, staff_id=staff_id, on=on, now=how.now, author=IMPORTER, only_next=True)
    return True
