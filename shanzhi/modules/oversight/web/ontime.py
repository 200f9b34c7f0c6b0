"""The on-time page (办理时效): how long it took, by what, with what is open beside it; on the screen, on paper, as a file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import FileResponse, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_safe

from shanzhi.core.errors import InputError
from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.matters.queries import ListFilter
from shanzhi.kernel.matters.web import desk
from shanzhi.kernel.matters.web import rolls as listing
from shanzhi.modules.oversight import queries
from shanzhi.modules.oversight.policy import FEATURE, LISTED_MOST
from shanzhi.modules.oversight.policy.ontime import (
    COUNTED,
    DEFINITION,
    FEW,
    LIMITS,
    MEDIAN,
    NO_SHARE,
    OPEN,
    PROMISED,
    SAMPLE_LEAST,
    TOO_FEW,
    Share,
)
from shanzhi.modules.oversight.queries import OnTime, OnTimeLine
from shanzhi.modules.oversight.web.show import list_url
from shanzhi.ui.components import Column, Row, Table
from shanzhi.ui.downloads import COUNTED_AT, send_table

FIELDS = ("region", "category", "kind", "channel", "unit", "since", "until", "ended_since", "ended_until")
MORE = ("category", "kind", "channel", "since", "until")
"""Those that stand behind a button."""
KEPT = (*(name for name in FIELDS if name != "unit"), "led")
"""What the list that a number leads to takes over."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for: the form, the filter that it means, the same as conditions of a list. `wrong`: why nothing can be
    counted, in words; a figure with a condition left out would be another figure."""

    form: Any
    wanted: ListFilter
    state: Mapping[str, str]
    wrong: str


def asked(request: ActingRequest) -> Asked:
    """What the address asks for; without any days what has ended since New Year."""
    given = QueryDict(mutable=True)
    for name in (*FIELDS, "led"):
        if name in request.GET:
            given[name] = request.GET[name]
    if not {"since", "until", "ended_since", "ended_until"} & set(request.GET):
        given["ended_since"] = f"{local_date(request.now).year}-01-01"
    form = listing.find_form(request, given)
    form.fields["unit"].label = gettext(msg("主办单位"))
    found = form.wanted()
    state = {name: str(given[name]) for name in KEPT if given.get(name)}
    if found.unit_id is not None:
        state["led"] = str(found.unit_id)
        took = replace(found.sitting.took, led_by=found.unit_id)
        found = replace(found, unit_id=None, sitting=replace(found.sitting, took=took))
    return Asked(form, found, state, form.nothing)


@require_safe
@never_cache
def page(request: ActingRequest) -> HttpResponse:
    """The figures on the screen, each with its list."""
    desk.check_staff(request, FEATURE)
    here = asked(request)
    context: dict[str, Any] = {
        "form": here.form,
        "definition": gettext(DEFINITION),
        "fields": _fields(here),
        "more_fields": [here.form[name] for name in MORE],
        "more_set": any(here.state.get(name) for name in MORE),
        "wrong": here.wrong,
        "clear_url": reverse("oversight:ontime"),
    }
    if not here.wrong:
        found = queries.ontime(request.actor, here.wanted, request.now)
        context |= shown(here, found, local_date(request.now)) | {
            "print_url": f"{reverse('oversight:ontime_print')}?{urlencode(_sent(request))}",
            "files": listing.file_links(reverse("oversight:ontime_file"), _sent(request)),
        }
    return render(request, "oversight/ontime.html", context)


@require_safe
@never_cache
def printed(request: ActingRequest) -> HttpResponse:
    """The same in official layout, A4 across."""
    desk.check_staff(request, FEATURE)
    here = asked(request)
    if here.wrong:
        raise InputError(here.wrong)
    found = queries.ontime(request.actor, here.wanted, request.now)
    context = shown(here, found, local_date(request.now)) | {
        "told": here.form.told(),
        "unit": request.actor.unit_name,
        "on": local_date(request.now),
        "heads": _paper_heads(),
        "lines": list(_paper(found)),
        "back": f"{reverse('oversight:ontime')}?{urlencode(_sent(request))}",
    }
    return render(request, "oversight/ontime_print.html", context)


@require_GET
def file(request: ActingRequest) -> FileResponse:
    """All lines as a file, with the definitions on a second sheet."""
    desk.check_staff(request, FEATURE)
    here = asked(request)
    if here.wrong:
        raise InputError(here.wrong)
    found = queries.ontime(request.actor, here.wanted, request.now)
    name = gettext(msg("办理时效"))
    about = [*here.form.told(), *((gettext(label), text) for label, text in meanings())]
    return send_table(request, name, _heads(), about, _cells(found), "ontime", when=COUNTED_AT)


def _sent(request: ActingRequest) -> list[tuple[str, str]]:
    """What was sent, empty days too: they mean that there is no limit."""
    return [(name, request.GET.get(name, "")) for name in (*FIELDS, "led") if name in request.GET]


def meanings() -> list[tuple[str, str]]:
    """Each figure and what it is, in words."""
    return [
        (msg("用时"), gettext(DEFINITION)),
        (msg("办结"), gettext(COUNTED)),
        (msg("中位数"), gettext(MEDIAN)),
        (msg("按期"), gettext(PROMISED)),
        (msg("未结束"), gettext(OPEN)),
        (TOO_FEW, gettext(FEW) % {"least": SAMPLE_LEAST}),
    ]


def _fields(here: Asked) -> list[Any]:
    """The fields that always stand there; a unit that a line led to is one too, and can be taken off."""
    names = [name for name in FIELDS if name not in MORE]
    return [here.form[name] for name in (*names, *(["led"] if here.form.data.get("led") else []))]


def shown(here: Asked, found: OnTime, on: date) -> dict[str, Any]:
    """What the screen and the paper have in common."""
    whole = found.whole
    return {
        "title": gettext(msg("办理时效")),
        "figures": _figures(here, found),
        "within": _within(here, whole),
        "open": _older(here, whole, on),
        "aside": found.aside,
        "aside_url": _url(here, whole, {"took": "aside"}),
        "tables": [
            (title, _table(here, title, name, lines[:LISTED_MOST]), max(0, len(lines) - LISTED_MOST))
            for title, name, lines in _groups(found)
            if lines
        ],
        "meanings": [(gettext(label), text) for label, text in meanings()],
    }


def _groups(found: OnTime) -> list[tuple[str, str, tuple[OnTimeLine, ...]]]:
    """The tables: title, what a line is, lines."""
    return [
        (gettext(msg("按区域")), gettext(msg("区域")), found.regions),
        (gettext(msg("按主办单位")), gettext(msg("主办单位")), found.units),
        (gettext(msg("按分类")), gettext(msg("分类")), found.categories),
    ]


def _url(here: Asked, line: OnTimeLine, adds: Mapping[str, str]) -> str:
    """The list of a line's ended matters under further conditions."""
    return list_url({**here.state, **line.adds, "which": "all", **adds})


def _open_url(here: Asked, line: OnTimeLine, until: date | None = None) -> str:
    """The list of a line's open matters, reported on this day at the latest."""
    kept = {name: value for name, value in here.state.items() if not name.startswith("ended")}
    last = min(filter(None, (until, here.wanted.reported_to)), default=None)
    return list_url({**kept, **line.adds, **({"until": f"{last}"} if last else {})})


def _median(line: OnTimeLine, least: int = 1) -> str:
    if line.took.days is None or not line.took.matters:
        return gettext(NO_SHARE)
    return gettext(TOO_FEW) if line.took.matters < least else str(line.took.days)


def _figures(here: Asked, found: OnTime) -> list[dict[str, Any]]:
    """The big numbers."""
    whole = found.whole
    has_median = whole.took.days is not None
    kept = whole.promised
    base = gettext(msg("%(part)s / %(whole)s 件"))
    return [
        {
            "label": gettext(msg("办结")),
            "value": whole.took.matters,
            "unit": gettext(msg("件")),
            "url": _url(here, whole, {"took": "any"}),
        },
        {
            "label": gettext(msg("用时中位数")),
            "value": _median(whole),
            "unit": gettext(msg("个日历天")) if has_median else "",
        },
        {
            "label": gettext(msg("按期")),
            "value": gettext(kept.text()),
            "note": base % {"part": f"{kept.part:,}", "whole": f"{kept.whole:,}"}
            if kept.whole
            else gettext(msg("没有带办理时限的")),
            "url": _url(here, whole, {"took": "any", "kept": "yes"}) if kept.part else "",
        },
        {
            "label": gettext(msg("还没有结束")),
            "value": whole.open.matters,
            "unit": gettext(msg("件")),
            "url": _open_url(here, whole),
            "note": gettext(msg("已过去天数的中位数：%(days)s")) % {"days": whole.open.days}
            if whole.open.matters
            else "",
        },
    ]


def _within(here: Asked, whole: OnTimeLine) -> Table:
    """How many within so many days, and what part of all that is; also what kept or broke the date that was promised."""
    columns = (
        Column("name", gettext(msg("用时"))),
        Column("count", gettext(msg("件数")), "number"),
        Column("of", gettext(msg("占办结的")), "number"),
    )
    over = Share(whole.took.matters - whole.took.within[-1], whole.took.matters)
    lines = [*zip(map(_limit_name, LIMITS), whole.shares, map(str, LIMITS), strict=True), (_over_name(), over, "over")]
    rows = tuple(
        Row(
            "",
            {"name": name, "count": share.part, "of": gettext(share.text())},
            links=_link("count", share.part, _url(here, whole, {"took": took})),
        )
        for name, share, took in lines
    )
    return Table(gettext(msg("多少天办结")), columns, rows)


def _older(here: Asked, whole: OnTimeLine, on: date) -> Table:
    """How old what is open is."""
    columns = (
        Column("name", gettext(msg("反映以后"))),
        Column("count", gettext(msg("件数")), "number"),
        Column("of", gettext(msg("占未结束的")), "number"),
    )
    rows = tuple(
        Row(
            "",
            {"name": _past_name(limit), "count": count, "of": gettext(Share(count, whole.open.matters).text())},
            links=_link("count", count, _open_url(here, whole, on - timedelta(days=limit + 1))),
        )
        for limit, count in zip(LIMITS, whole.older, strict=True)
        if limit
    )
    return Table(gettext(msg("还没有结束的")), columns, rows)


def _table(here: Asked, title: str, name: str, lines: tuple[OnTimeLine, ...]) -> Table:
    columns = (
        Column("name", name),
        Column("count", gettext(msg("办结")), "number"),
        Column("days", gettext(msg("中位数")), "number"),
        *(Column(f"d{limit}", _limit_name(limit), "number") for limit in SHOWN),
        Column("kept", gettext(msg("按期")), "number"),
        Column("open", gettext(msg("未结束")), "number"),
    )
    return Table(title, columns, tuple(_row(here, line) for line in lines))


SHOWN = (15, 30)
"""Of the limits, those with a column on the page; the file has all."""


def _row(here: Asked, line: OnTimeLine) -> Row:
    shares = dict(zip(LIMITS, line.shares, strict=True))
    cells = {
        "name": gettext(line.name),
        "count": line.took.matters,
        "days": _median(line, SAMPLE_LEAST),
        **{f"d{limit}": gettext(shares[limit].text(SAMPLE_LEAST)) for limit in SHOWN},
        "kept": gettext(line.promised.text(SAMPLE_LEAST)),
        "open": line.open.matters,
    }
    links = _link("count", line.took.matters, _url(here, line, {"took": "any"}))
    links |= _link("open", line.open.matters, _open_url(here, line))
    for limit in SHOWN:
        is_told = shares[limit].whole >= SAMPLE_LEAST
        links |= _link(f"d{limit}", shares[limit].part * is_told, _url(here, line, {"took": str(limit)}))
    if line.promised.whole >= SAMPLE_LEAST:
        links |= _link("kept", line.promised.part, _url(here, line, {"took": "any", "kept": "yes"}))
    return Row(f"{reverse('oversight:ontime')}?{urlencode(_into(here, line))}", cells, links=links)


def _into(here: Asked, line: OnTimeLine) -> dict[str, str]:
    """This page for one line; the days stand in the address even where they are empty, so that they stay so."""
    days = {name: here.state.get(name, "") for name in ("since", "until", "ended_since", "ended_until")}
    return {**here.state, **days, **line.adds}


def _link(key: str, count: int, url: str) -> dict[str, str]:
    return {key: url} if count else {}


def _limit_name(limit: int) -> str:
    return gettext(msg("%(count)s 天内")) % {"count": limit} if limit else gettext(msg("当天"))


def _over_name() -> str:
    return _past_name(LIMITS[-1])


def _past_name(limit: int) -> str:
    return gettext(msg("超过 %(count)s 天")) % {"count": limit}


def _heads() -> list[str]:
    """The columns of the file and of the paper."""
    part = gettext(msg("%(name)s占比"))
    limits = [head for limit in LIMITS for head in (_limit_name(limit), part % {"name": _limit_name(limit)})]
    ages = [gettext(msg("未结束超过 %(count)s 天")) % {"count": limit} for limit in LIMITS if limit]
    first = (msg("分组"), msg("名称"), msg("办结"), msg("中位数"))
    last = (msg("有办理时限"), msg("按期"), msg("按期率"), msg("未结束"))
    return [*map(gettext, first), *limits, *map(gettext, last), *ages]


def _cells(found: OnTime) -> Iterator[list[str | int]]:
    """Each line whole: counts as numbers, shares as texts; no share of nothing, and none of a sample too small."""
    for group, line, least in _every(found):
        within = [cell for share in line.shares for cell in (share.part, gettext(share.text(least)))]
        yield [
            *(group, gettext(line.name), line.took.matters, _median(line, least)),
            *within,
            *(line.promised.whole, line.promised.part, gettext(line.promised.text(least)), line.open.matters),
            *(count for limit, count in zip(LIMITS, line.older, strict=True) if limit),
        ]


def _every(found: OnTime) -> Iterator[tuple[str, OnTimeLine, int]]:
    """All lines with their group and the sample that they take."""
    yield gettext(msg("合计")), found.whole, 1
    for group, _, lines in _groups(found):
        for line in lines:
            yield group, line, SAMPLE_LEAST


def _paper_heads() -> list[str]:
    """The columns that A4 holds."""
    limits = [_limit_name(limit) for limit in LIMITS if limit]
    ages = [gettext(msg("未结束超过 %(count)s 天")) % {"count": limit} for limit in PAPER_AGES]
    first, last = (msg("分组"), msg("名称"), msg("办结"), msg("中位数")), (msg("按期率"), msg("未结束"))
    return [*map(gettext, first), *limits, *map(gettext, last), *ages]


PAPER_AGES = (30, 60)
"""Of the limits, those that open matters are told by on paper."""


def _paper(found: OnTime) -> Iterator[list[str | int]]:
    """The same lines for paper: shares without their counts, which the file has."""
    for group, line, least in _every(found):
        ages = dict(zip(LIMITS, line.older, strict=True))
        yield [
            *(group, gettext(line.name), line.took.matters, _median(line, least)),
            *(gettext(share.text(least)) for limit, share in zip(LIMITS, line.shares, strict=True) if limit),
            *(gettext(line.promised.text(least)), line.open.matters),
            *(ages[limit] for limit in PAPER_AGES),
        ]
