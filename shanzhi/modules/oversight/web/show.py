"""Figures as the pages draw them: tables whose numbers lead to their lists."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext

from shanzhi.core.text import msg
from shanzhi.kernel.matters.queries import AskWaiting
from shanzhi.kernel.matters.web import desk
from shanzhi.modules.oversight.policy import MEASURES, MEDIAN_LABEL, Dimension
from shanzhi.modules.oversight.queries import Bounced, Line, Overview
from shanzhi.ui.components import Column, Row, Table

FIRST = {
    Dimension.REGION: msg("区域"),
    Dimension.UNIT: msg("单位"),
    Dimension.CATEGORY: msg("分类"),
    Dimension.KIND: msg("事项类型"),
}
BOUNCE_HEADS = (msg("退单单位"), msg("之后承办"), msg("理由"), msg("事项数"))


def list_url(adds: Mapping[str, str]) -> str:
    """The list of matters under these conditions."""
    return f"{reverse('matters:list')}?{urlencode(adds)}"


def table_of(dimension: Dimension, lines: Sequence[Line]) -> Table:
    """A table of counts; each leads to exactly its matters."""
    columns = (
        Column("name", gettext(FIRST[dimension])),
        *(Column(measure.code, gettext(measure.label), "number") for measure in MEASURES),
        Column("days", gettext(MEDIAN_LABEL), "number"),
    )
    return Table(gettext(dimension.label), columns, tuple(_row(line) for line in lines))


def _row(line: Line) -> Row:
    counts = {measure.code: getattr(line.row, measure.code) for measure in MEASURES}
    links = {m.code: list_url({**line.adds, **m.adds}) for m in MEASURES if counts[m.code]}
    url = f"{reverse('oversight:start')}?region={line.below}" if line.below else list_url(line.adds)
    return Row(url, {"name": gettext(line.name), **counts, "days": line.row.median_days}, links=links)


def asks_table(waiting: Sequence[AskWaiting]) -> Table:
    """What waits for the own unit's answer; each leads to its matter, where it is answered."""
    columns = (
        Column("title", gettext(msg("事项"))),
        Column("ask", gettext(msg("申请"))),
        Column("unit", gettext(msg("申请单位"))),
        Column("due", gettext(msg("答复期限")), "time"),
        Column("light", gettext(msg("时限")), "light"),
    )
    rows = tuple(
        Row(
            reverse("matters:matter", args=[line.number]),
            {
                "title": line.title,
                "ask": f"{gettext(line.name)} {desk.amount_said(line.amount)}",
                "unit": line.unit_name,
                "due": line.due_at,
                "light": desk.LEVELS[line.light],
            },
        )
        for line in waiting
    )
    return Table(gettext(msg("待答复的申请")), columns, rows)


def bounced_table(found: Bounced) -> Table:
    """Pairs of units; the number leads to the matters."""
    columns = (
        Column("from", gettext(BOUNCE_HEADS[0])),
        Column("to", gettext(BOUNCE_HEADS[1])),
        Column("ground", gettext(BOUNCE_HEADS[2])),
        Column("matters", gettext(BOUNCE_HEADS[3]), "number"),
    )
    rows = tuple(
        Row(
            list_url(line.adds),
            {
                "from": gettext(line.from_unit),
                "to": gettext(line.to_unit),
                "ground": gettext(line.ground),
                "matters": line.matters,
            },
            links={"matters": list_url(line.adds)},
        )
        for line in found.lines
    )
    return Table(gettext(msg("退单来往")), columns, rows)


@dataclass(frozen=True, slots=True)
class Figure:
    """A big number and the list that it leads to."""

    label: str
    value: int
    url: str
    note: str = ""


def figures(found: Overview) -> list[Figure]:
    """The big numbers, each with its list."""
    told, whole, ended = found.figures, found.figures.whole, found.figures.ended

    def made(label: str, value: int, adds: Mapping[str, str], note: str = "") -> Figure:
        return Figure(gettext(label), value, list_url({**found.adds, **adds}), note)

    week = {"which": "all", "ended_since": f"{told.week_from:%Y-%m-%d}"}
    return [
        made(msg("超期"), whole.late, {"light": "overdue"}),
        made(msg("临期"), whole.warning, {"light": "warning"}),
        made(msg("退单 2 次及以上"), whole.returned, {"returned": "2"}),
        made(msg("7 天没有进展"), whole.idle, {"idle": "7"}),
        *_repeated(found),
        made(msg("等反映人评价"), whole.resident, {"stage": desk.WITH_REPORTER}),
        made(msg("本周结束"), ended.ended, week),
    ]


def _repeated(found: Overview) -> list[Figure]:
    """Problems that were reported more than once, and how many reports stand behind them."""
    told = found.figures.repeated
    many = gettext(msg("集体反映（%(count)s 件及以上）")) % {"count": told.least}
    behind = gettext(msg("共 %(count)s 件反映")) % {"count": told.reports} if told.reports else ""
    return [
        Figure(gettext(msg("重复反映")), told.matters, list_url({**found.adds, "reports": "2"}), behind),
        Figure(many, told.collective, list_url({**found.adds, "reports": str(told.least)})),
    ]


def verdicts(found: Overview) -> list[tuple[str, int, str]]:
    """What residents said of what ended this week, each with its list."""
    since = f"{found.figures.week_from:%Y-%m-%d}"
    ended = found.figures.ended
    return [
        (gettext(label), value, list_url({**found.adds, "which": "all", "ended_since": since, "solved": code}))
        for label, value, code in ((msg("已解决"), ended.solved, "yes"), (msg("没有解决"), ended.unsolved, "no"))
    ]


def trail(path: Sequence[tuple[str, str]], page: str) -> list[tuple[str, str]]:
    """The regions down to the one looked at, as names with addresses; the last one is where one stands."""
    return [(name, f"{reverse(page)}?region={code}") for code, name in path]
