"""What may be exported, and what can be wrong. Pure.

The columns are a fixed list without free text: what residents and staff wrote may carry personal data that masking has
missed, and a file that has left the house can't be masked any more. Contacts and originals (the vault) are never in it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from shanzhi.core.errors import Conflict, InputError, NotAllowed, NotFound
from shanzhi.core.text import msg

FEATURE = "export"
"""The feature of roles.toml that asking for an export needs."""
KIND = "exports.matters"
"""The kind of sign-off."""
KEPT_FOR = timedelta(days=7)
"""How long a file waits for its download."""
FORMATS: Mapping[str, str] = {"csv": msg("CSV 表格"), "jsonl": msg("JSON Lines")}
MEDIA_TYPES: Mapping[str, str] = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl"}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the safe list: its head and, for whoever reads the file later, what it says. Message ids."""

    code: str
    label: str
    meaning: str


COLUMNS: Mapping[str, Column] = {
    column.code: column
    for column in (
        Column("number", msg("编号"), msg("事项编号，日期加序号")),
        Column("kind", msg("事项类型"), msg("流程代码")),
        Column("channel", msg("来源渠道"), msg("反映的渠道代码")),
        Column("category", msg("分类代码"), msg("两级分类的代码，未分类为空")),
        Column("category_name", msg("分类"), msg("两级分类的名称")),
        Column("region_code", msg("区域代码"), msg("当前所在区域的代码")),
        Column("region_name", msg("区域"), msg("当前所在区域，从县区写起")),
        Column("stage", msg("环节"), msg("现在所处的环节")),
        Column("result", msg("结果"), msg("办结结果的代码，未结束为空")),
        Column("reported_at", msg("反映时间"), msg("北京时间，ISO 8601")),
        Column("due_at", msg("到期时间"), msg("当前环节的期限，已结束为空")),
        Column("ended_at", msg("结束时间"), msg("北京时间，未结束为空")),
        Column("intake_unit", msg("受理单位"), msg("受理这件事的综治中心")),
        Column("holder_unit", msg("承办单位"), msg("现在轮到的单位，已结束为空")),
        Column("returns", msg("退单次数"), msg("承办单位退回的次数")),
        Column("check_failures", msg("核查退回次数"), msg("核查没有通过的次数")),
        Column("reopenings", msg("重办次数"), msg("反映人认为没有解决而重办的次数")),
        Column("solved", msg("是否解决"), msg("反映人的评价：1 是，0 否，未评为空")),
        Column("satisfied", msg("满意度"), msg("反映人的评分，1 到 5，未评为空")),
    )
}


class ExportNotFound(NotFound):
    """No such export of this post and person, or its file is gone."""

    code = "export-not-found"


class ExportNotReady(Conflict):
    """The file isn't written yet, or the export can't be cancelled any more."""

    code = "export-not-ready"


class OutOfScope(NotAllowed):
    """The region doesn't lie where the post sees."""

    code = "export-scope"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be exported: days are those of the report, both included; empty texts don't filter."""

    since: date
    until: date
    columns: tuple[str, ...]
    file_format: Literal["csv", "jsonl"]
    region: str = ""
    category: str = ""
    kind: str = ""

    def fields(self) -> dict[str, str]:
        """As the fields of a sign-off."""
        given = {
            "since": self.since.isoformat(),
            "until": self.until.isoformat(),
            "columns": ",".join(self.columns),
            "format": self.file_format,
            "region": self.region,
            "category": self.category,
            "matter_kind": self.kind,
        }
        return {code: value for code, value in given.items() if value}


def wanted_of(fields: Mapping[str, str]) -> Wanted:
    """From a sign-off's fields, or from a form.

    Raises:
        InputError: a day is missing or after the other, no column or one that isn't on the list; says where.
    """
    wrong: dict[str, str] = {}
    days = {}
    for name in ("since", "until"):
        try:
            days[name] = date.fromisoformat(fields.get(name, ""))
        except ValueError:
            wrong[name] = msg("请写成 2025-11-18 这样的日期。")
    if not wrong and days["until"] < days["since"]:
        wrong["until"] = msg("结束日期不能早于开始日期。")
    chosen = [code for code in fields.get("columns", "").split(",") if code]
    if not chosen or any(code not in COLUMNS for code in chosen):
        wrong["columns"] = msg("请从列表里至少选一栏。")
    file_format = fields.get("format", "")
    if file_format not in FORMATS:
        wrong["format"] = msg("请选择文件格式。")
    if wrong:
        raise InputError(msg("申请还没有提交，请按提示补全。"), fields=wrong)
    return Wanted(
        since=days["since"],
        until=days["until"],
        columns=tuple(code for code in COLUMNS if code in chosen),
        file_format="csv" if file_format == "csv" else "jsonl",
        region=fields.get("region", ""),
        category=fields.get("category", ""),
        kind=fields.get("matter_kind", ""),
    )


def definitions(wanted: Wanted, heads: Iterable[str]) -> list[str]:
    """The lines by which a file tells what it is: filter and meaning of each column; `heads` are "label: meaning"."""
    filters = [f"{wanted.since.isoformat()}..{wanted.until.isoformat()}"]
    filters += [part for part in (wanted.region, wanted.category, wanted.kind) if part]
    return [" ".join(filters), *heads]
