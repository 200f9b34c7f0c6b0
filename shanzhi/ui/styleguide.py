"""Example data for the style guide: invented, and about nothing but the components."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django import forms

from shanzhi.core.text import msg
from shanzhi.ui.components import (
    Badge,
    Choice,
    Column,
    Pager,
    Photo,
    Row,
    Step,
    Table,
    TimelineEntry,
)
from shanzhi.ui.icons import icon_names

NOW = datetime(2025, 11, 20, 15, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
_MARK = "/static/ui/mark.svg"


class ExampleForm(forms.Form):
    """One field of every widget that pages use."""

    title = forms.CharField(label=msg("标题"), max_length=40, help_text=msg("一句话说清是什么事、在哪里。"))
    body = forms.CharField(label=msg("情况说明"), max_length=200, widget=forms.Textarea(attrs={"rows": 4}))
    phone = forms.CharField(label=msg("手机号"), required=False, widget=forms.TextInput(attrs={"inputmode": "tel"}))
    kind = forms.ChoiceField(label=msg("类别"), choices=[("", msg("请选择")), ("a", msg("道路")), ("b", msg("照明"))])
    public = forms.ChoiceField(
        label=msg("是否公开"), choices=[("y", msg("公开")), ("n", msg("不公开"))], widget=forms.RadioSelect
    )
    channels = forms.MultipleChoiceField(
        label=msg("用什么方式通知您"),
        choices=[("sms", msg("短信")), ("site", msg("站内消息"))],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    on = forms.DateField(label=msg("发生日期"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    photo = forms.FileField(
        label=msg("照片"),
        required=False,
        help_text=msg("最多 9 张，每张不超过 10 MB。"),
        widget=forms.ClearableFileInput(attrs={"accept": "image/*"}),
    )
    agreed = forms.BooleanField(label=msg("我同意按说明使用我的联系方式"))


def _table(chosen: list[str]) -> Table:
    columns = (
        Column("title", msg("事项"), sort_url="?sort=title"),
        Column("unit", msg("承办单位")),
        Column("at", msg("受理时间"), "time", sort_url="?sort=at", sorted="descending"),
        Column("due", msg("时限"), "light"),
        Column("people", msg("涉及人数"), "number", optional=True),
        Column("state", msg("状态"), "badge", optional=True),
    )
    places = ("人民路路灯不亮", "柳泉小区东门井盖松动", "中心广场公交站牌倒伏", "和平街下水不畅")
    levels = ("normal", "near", "over", "paused")
    tones = (Badge("办理中", "action"), Badge("待答复", "warn"), Badge("已超期", "bad"), Badge("已办结", "good"))
    rows = tuple(
        Row(
            f"?open={n}",
            {
                "title": place,
                "unit": "示例市城市管理局",
                "at": NOW - timedelta(hours=5 + 17 * n * n),
                "due": levels[n],
                "people": (3, 128, 1_204, 23_456)[n],
                "state": tones[n],
            },
            current=n == 1,
        )
        for n, place in enumerate(places)
    )
    shown = frozenset(chosen) if chosen else None
    return Table(msg("示例事项"), columns, rows, shown)


def _timeline() -> tuple[TimelineEntry, ...]:
    return (
        TimelineEntry(
            NOW - timedelta(hours=1, minutes=25),
            "已答复",
            "示例市城市管理局 · 承办人",
            "已更换 3 盏灯头，今晚起恢复照明。",
            "good",
            (Photo(_MARK, _MARK, "换好的灯头"), Photo(_MARK, _MARK, "夜间效果")),
        ),
        TimelineEntry(NOW - timedelta(days=1, hours=6), "已派单", "示例市指挥中心", "请于11月25日前答复。"),
        TimelineEntry(NOW - timedelta(days=2), "已受理", "热线 · 受理员"),
    )


def _regions() -> tuple[Choice, ...]:
    return (
        Choice("01", "东城区"),
        Choice("0101", "人民路街道", "01"),
        Choice("010101", "柳泉社区", "0101"),
        Choice("010102", "和平社区", "0101"),
        Choice("0102", "中心街道", "01"),
        Choice("02", "西城区"),
        Choice("0201", "湖滨街道", "02"),
    )


def _invalid_form() -> ExampleForm:
    return ExampleForm(
        {"bad-title": "路灯" * 30, "bad-body": "灯不亮", "bad-public": "y", "bad-kind": ""}, prefix="bad"
    )


def styleguide_context(query: Mapping[str, str]) -> dict[str, object]:
    """What `ui/styleguide.html` shows. `query` is the page's GET parameters (`col` switches columns)."""
    chosen = query.getlist("col") if hasattr(query, "getlist") else []
    return {
        "now": NOW,
        "form": ExampleForm(),
        "bad_form": _invalid_form(),
        "table": _table(chosen),
        "pager": Pager(previous_url="?before=3", next_url="?after=9", count=1_001),
        "entries": _timeline(),
        "steps": (
            Step("已受理", "done", "11月18日"),
            Step("办理中", "now", "剩 2 天"),
            Step("待核查"),
            Step("待评价"),
            Step("办结"),
        ),
        "many_steps": (
            *(Step(name, "done") for name in ("待受理", "待转送", "待签收", "办理中", "已答复，可请求复查")),
            Step("复查中", "now"),
            *(Step(name) for name in ("已复查，可请求复核", "待安排复核", "复核中", "已办结")),
        ),
        "regions": _regions(),
        "pairs": (
            ("来源", "热线"),
            ("地点", "人民路与柳泉路路口东北角"),
            ("承办单位", "示例市城市管理局"),
            ("备注", ""),
        ),
        "remaining": timedelta(hours=12),
        "overdue": timedelta(days=-2, hours=-3),
        "moments": tuple(NOW - timedelta(hours=h) for h in (1, 26, 60, 24 * 400)),
        "numbers": (7, 1_234, 12_345, 123_456_789),
        "icons": sorted(n for n in icon_names() if not n.startswith("shape-")),
        "demo_city": True,
    }
