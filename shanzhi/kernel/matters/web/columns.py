"""The columns of a list of matters: what each is called, what it says, and its value. For the page and for its files."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.http import QueryDict
from django.utils.translation import gettext

from shanzhi.core.text import msg
from shanzhi.kernel.matters.policy.report import CHANNELS
from shanzhi.kernel.matters.queries import MatterRow
from shanzhi.kernel.matters.web import show
from shanzhi.ui.components import CellKind, Column, LightLevel

Value = str | int | datetime | None


@dataclass(frozen=True, slots=True)
class Field:
    """One column: its head and, for whoever reads a file of it later, what it says (message ids); its value in a row."""

    code: str
    label: str
    meaning: str
    value: Callable[[MatterRow], Value]
    kind: CellKind = "text"

    def column(self) -> Column:
        """As a column of the page's table; the title is always shown."""
        return Column(self.code, gettext(self.label), self.kind, optional=self.code != "title")


def level_of(row: MatterRow) -> LightLevel | None:
    """The sign that the table draws for a light."""
    return show.LEVELS[row.light] if row.light else None


FIELDS: Mapping[str, Field] = {
    field.code: field
    for field in (
        Field("title", msg("事项"), msg("标题，已隐去姓名、电话等个人信息"), lambda row: row.title),
        Field("category", msg("分类"), msg("两级分类的名称"), lambda row: gettext(row.category_name)),
        Field("region", msg("区域"), msg("现在所在的区域，从县区写起"), lambda row: row.region_name),
        Field("stage", msg("环节"), msg("现在所处的环节"), lambda row: gettext(row.stage_name)),
        Field(
            "light",
            msg("时限"),
            msg("导出时的时限状态：正常、临期、超期；已结束为空"),
            lambda row: gettext(row.light.label) if row.light else None,
            "light",
        ),
        Field("due", msg("到期"), msg("当前环节的期限，北京时间；已结束为空"), lambda row: row.due_at, "time"),
        Field(
            "holder",
            msg("承办"),
            msg("现在轮到的单位；已结束为空"),
            lambda row: row.holder_name if row.light else None,
        ),
        Field("number", msg("编号"), msg("事项编号：日期加序号"), lambda row: row.number),
        Field("reported", msg("反映时间"), msg("收到反映的时间，北京时间"), lambda row: row.reported_at, "time"),
        Field(
            "ended",
            msg("结束时间"),
            msg("办结或以其他方式结束的时间，北京时间；未结束为空"),
            lambda row: row.ended_at,
            "time",
        ),
        Field("kind", msg("事项类型"), msg("办理流程的名称"), lambda row: gettext(row.kind_name)),
        Field(
            "channel",
            msg("来源渠道"),
            msg("从哪里反映来的"),
            lambda row: gettext(CHANNELS.get(row.channel, row.channel)),
        ),
        Field("place", msg("地点"), msg("反映时填写的地点，已隐去个人信息"), lambda row: row.place),
        Field("reopened", msg("重办次数"), msg("反映人认为没有解决而重办的次数"), lambda row: row.reopened, "number"),
        Field(
            "reports",
            msg("反映件数"),
            msg("同一问题共有几件反映，连本件在内；只数件数，不数人"),
            lambda row: row.reports,
            "number",
        ),
    )
}
SHOWN = frozenset({"category", "region", "stage", "light", "due", "holder"})
"""Shown, with the title, where nobody chose."""


def named_in(data: QueryDict) -> list[str]:
    """The columns that an address names; where it names none and asks how often things were reported, the usual ones with that
    figure in the category's place."""
    codes = data.getlist("col")
    return codes or (sorted(SHOWN - {"category"} | {"reports"}) if data.get("reports") else [])


def chosen(codes: list[str]) -> frozenset[str]:
    """The columns that somebody chose beside the title; the usual ones where nobody did."""
    return frozenset(codes) or SHOWN


def fields_of(codes: list[str]) -> tuple[Field, ...]:
    """The title's and the chosen columns', in the table's order; a column that isn't there any more is left out."""
    wanted = chosen(codes) | {"title"}
    return tuple(field for code, field in FIELDS.items() if code in wanted)
