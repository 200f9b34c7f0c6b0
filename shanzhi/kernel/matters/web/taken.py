"""The auditor's page of lists that were taken along: when, by which post, which list, by which conditions, how many lines."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import page_name
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.clock.policy import Light
from shanzhi.kernel.matters import queries
from shanzhi.kernel.matters.policy.process import Kind
from shanzhi.kernel.matters.policy.report import CHANNELS
from shanzhi.kernel.matters.web import desk
from shanzhi.kernel.matters.web.columns import FIELDS
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.ui.components import Column, Pager, Row, Table

FEATURE = "audit"


@require_safe
@never_cache
def taken(request: ActingRequest) -> HttpResponse:
    """Files of lists, newest first."""
    desk.check_staff(request, FEATURE)
    page = queries.lists_taken(request.GET.get("before", ""))
    posts = organisation.post_names({row.post_id for row in page.rows})
    units = organisation.units_by_ids({row.kept.get("unit_id") or 0 for row in page.rows}, local_date(request.now))
    names = _Names(desk.kinds(), {pk: unit.name for pk, unit in units.items()}, local_date(request.now))
    rows = []
    for row in page.rows:
        post = posts.get(row.post_id)
        cells = {
            "at": row.at,
            "post": f"{post.unit_name} {gettext(post.title)}" if post else "",
            "list": gettext(page_name(row.kept.get("page", ""))),
            "rows": row.kept.get("rows", 0),
            "conditions": gettext(msg("；")).join(names.told(row.kept)) or gettext(msg("无")),
            "columns": gettext(msg("、")).join(
                gettext(FIELDS[code].label) for code in row.kept.get("columns", ()) if code in FIELDS
            ),
            "format": str(row.kept.get("file_format", "")).upper(),
            "sha256": str(row.kept.get("sha256", ""))[:16],
        }
        rows.append(Row("", cells))
    columns = [
        Column("at", gettext(msg("时间")), "time"),
        Column("post", gettext(msg("岗位"))),
        Column("list", gettext(msg("清单"))),
        Column("rows", gettext(msg("条数")), "number"),
        Column("conditions", gettext(msg("条件"))),
        Column("columns", gettext(msg("栏目"))),
        Column("format", gettext(msg("格式"))),
        Column("sha256", gettext(msg("文件 SHA-256（前 16 位）"))),
    ]
    is_later = bool(request.GET.get("before"))
    context = {
        "table": Table(gettext(msg("导出的清单")), columns, rows),
        "pager": Pager(
            previous_url="?" if is_later else "", next_url=f"?before={page.next_before}" if page.next_before else ""
        ),
    }
    return render(request, "matters/taken.html", context)


class _Names:
    """Codes of conditions in words."""

    def __init__(self, kinds: list[Kind], units: Mapping[int, str], on: date) -> None:
        self.kinds, self.units, self.on = kinds, units, on

    def told(self, kept: Mapping[str, Any]) -> Iterator[str]:
        """The conditions that were set, one by one; of words only that there were some."""
        for label, value in self._pairs(kept):
            if value:
                yield f"{gettext(label)}: {value}"

    def _pairs(self, kept: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        stages = {stage.code: gettext(stage.name) for kind in self.kinds for stage in kind.stages}
        kinds = {kind.code: gettext(kind.name) for kind in self.kinds}
        light, channel, kind = kept.get("light", ""), kept.get("channel", ""), kept.get("matter_kind", "")
        yield msg("环节"), gettext(msg("、")).join(stages.get(code, code) for code in kept.get("stages", ()))
        yield msg("区域"), self._region(kept.get("region", ""))
        yield msg("承办单位"), self.units.get(kept.get("unit_id") or 0, "")
        yield msg("分类"), gettext(queries.categories().name(kept["category"])) if kept.get("category") else ""
        yield msg("事项类型"), kinds.get(kind, kind)
        yield msg("来源渠道"), gettext(CHANNELS.get(channel, channel))
        yield msg("时限"), gettext(Light(light).label) if light in set(Light) else ""
        yield msg("反映时间从"), kept.get("since") or ""
        yield msg("到"), kept.get("until") or ""
        yield msg("范围"), "" if kept.get("open_only", True) else gettext(msg("全部，含已结束"))
        by = [
            name
            for name, is_set in ((msg("词语"), kept.get("by_words")), (msg("地点"), kept.get("by_place")))
            if is_set
        ]
        yield msg("另按（内容不留）"), gettext(msg("、")).join(gettext(name) for name in by)

    def _region(self, code: str) -> str:
        found = organisation.path(code, self.on) if code else []
        return " ".join(row.short_name for row in found[1:] or found) or code
