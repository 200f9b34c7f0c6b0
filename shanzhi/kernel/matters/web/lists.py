"""Finding matters: filter, sort, page. What is shown is row-level security's business, not this page's."""

from collections.abc import Iterator
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.clock.policy import Light
from shanzhi.kernel.matters import queries
from shanzhi.kernel.matters.queries import ListFilter, MatterPage, MatterRow, categories
from shanzhi.kernel.matters.web import show
from shanzhi.kernel.matters.web.desk import check_staff, kinds
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.ui.components import Column, Pager, Row, Table

TRAIL_MOST = 40
DEFAULT_COLUMNS = frozenset({"category", "region", "stage", "light", "due", "holder"})
_LIVE = {
    "hx-trigger": "change",
    "hx-include": "closest form",
    "hx-target": "#found",
    "hx-push-url": "true",
    "hx-sync": "closest form:replace",
}


class FindForm(forms.Form):
    """What is looked for; all of it optional, and what can't be read doesn't filter."""

    q = forms.CharField(label=msg("编号、标题或地点"), required=False, max_length=100)
    stage = forms.ChoiceField(label=msg("环节"), required=False)
    light = forms.ChoiceField(label=msg("时限"), required=False)
    region = forms.ChoiceField(label=msg("区域"), required=False)
    category = forms.ChoiceField(label=msg("分类"), required=False)
    since = forms.DateField(label=msg("反映时间从"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=msg("到"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    which = forms.ChoiceField(label=msg("范围"), required=False)

    def __init__(self, request: ActingRequest) -> None:
        super().__init__(request.GET or None)
        on = local_date(request.now)
        every = ("", gettext(msg("全部")))
        choices: dict[str, list[Any]] = {
            "stage": [every, *_stages()],
            "light": [every, *((light.value, gettext(light.label)) for light in Light)],
            "region": [every, *_regions(request.GET.get("region", ""), on)],
            "category": [every, *_categories()],
            "which": [
                ("", gettext(msg("未结束，先到期"))),
                ("newest", gettext(msg("未结束，新反映"))),
                ("all", gettext(msg("全部，新反映"))),
            ],
        }
        for name, listed in choices.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
            field.choices = listed
        url = reverse("matters:list")
        for name, field in self.fields.items():
            field.label = gettext(str(field.label))
            trigger = {"hx-trigger": "input changed delay:400ms"} if name == "q" else {}
            field.widget.attrs.update(_LIVE | trigger | {"hx-get": url})
        self.fields["q"].widget.attrs.update({"type": "search"})

    def wanted(self) -> ListFilter:
        """The filter; without input all that is open, soonest due first."""
        if not self.is_bound:
            return ListFilter()
        self.is_valid()
        found = self.cleaned_data
        which = found.get("which") or ""
        return ListFilter(
            stages=(found["stage"],) if found.get("stage") else (),
            region_code=found.get("region") or "",
            category=found.get("category") or "",
            light=found.get("light") or "",
            words=found.get("q") or "",
            reported_from=found.get("since"),
            reported_to=found.get("until"),
            # What has ended has no time limit to sort by.
            open_only=which != "all" and found.get("stage") not in _ended_stages(),
            sort="newest" if which or found.get("stage") in _ended_stages() else "due",
        )


def _stages() -> list[tuple[str, str]]:
    return list({stage.code: (stage.code, gettext(stage.name)) for kind in kinds() for stage in kind.stages}.values())


def _ended_stages() -> set[str]:
    return {stage.code for kind in kinds() for stage in kind.stages if stage.is_end}


def _categories() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """First-level categories as groups; the dot keeps "housing" from meaning whatever else begins so."""
    for group in categories().groups:
        whole = gettext(msg("%(name)s（全部）")) % {"name": group.name}
        yield (group.name, [(f"{group.code}.", whole), *group.second])


def _regions(chosen: str, on: date) -> list[tuple[str, str]]:
    """The city's counties and zones; below them the chosen one's line and what lies under it."""
    listed: list[tuple[str, str]] = []
    line = [row.code for row in organisation.path(chosen, on)] if chosen.isdigit() and len(chosen) <= 12 else []
    for top in organisation.top_regions(on):
        listed += _below(top.code, line, on, "")
    return listed


def _below(code: str, line: list[str], on: date, indent: str) -> Iterator[tuple[str, str]]:
    for row in organisation.children(code, on):
        yield (row.code, f"{indent}{row.short_name}")
        if row.code in line:
            yield from _below(row.code, line, on, indent + "　")


@require_GET
def matters(request: ActingRequest) -> HttpResponse:
    """The list, whole or, for htmx, only what was found."""
    check_staff(request)
    form = FindForm(request)
    after = request.GET.get("after", "")
    page = queries.matters_page(form.wanted(), now=request.now, actor=request.actor, after=after)
    context = {
        "form": form,
        "table": _table(request, page),
        "pager": _pager(request, page, after),
        "is_filtered": any(request.GET.get(name) for name in form.fields),
        "list_url": reverse("matters:list"),
        "more_label": _more_label(request),
    }
    is_part = request.headers.get("HX-Request") == "true"
    return render(request, "matters/_found.html" if is_part else "matters/list.html", context)


def _more_label(request: ActingRequest) -> str:
    """What the button for the further conditions reads: with how many of them are set."""
    count = sum(bool(request.GET.get(name)) for name in ("region", "category", "since", "until"))
    return gettext(msg("更多条件（已选 %(count)s 项）")) % {"count": count} if count else gettext(msg("更多条件"))


def _table(request: ActingRequest, page: MatterPage) -> Table:
    columns = (
        Column("title", gettext(msg("事项"))),
        Column("category", gettext(msg("分类")), optional=True),
        Column("region", gettext(msg("区域")), optional=True),
        Column("stage", gettext(msg("环节")), optional=True),
        Column("light", gettext(msg("时限")), "light", optional=True),
        Column("due", gettext(msg("到期")), "time", optional=True),
        Column("holder", gettext(msg("承办")), optional=True),
        Column("number", gettext(msg("编号")), optional=True),
        Column("reported", gettext(msg("反映时间")), "time", optional=True),
    )
    chosen = frozenset(request.GET.getlist("col")) or DEFAULT_COLUMNS
    return Table(gettext(msg("事项")), columns, tuple(_row(row) for row in page.rows), chosen)


def _row(row: MatterRow) -> Row:
    cells = {
        "title": row.title,
        "category": gettext(row.category_name),
        "region": row.region_name,
        "stage": gettext(row.stage_name),
        "light": show.LEVELS[row.light] if row.light else None,
        "due": row.due_at or "",
        "holder": row.holder_name if row.light else "",
        "number": row.number,
        "reported": row.reported_at,
    }
    return Row(reverse("matters:matter", args=[row.number]), cells)


def _pager(request: ActingRequest, page: MatterPage, after: str) -> Pager:
    """Pages by keyset; the addresses carry the cursors that led here, so that there is a way back."""
    trail = [cursor for cursor in request.GET.get("trail", "").split("~") if cursor][-TRAIL_MOST:]
    kept = [
        (name, value)
        for name, values in request.GET.lists()
        if name not in {"after", "trail"}
        for value in values
        if value or name == "col"
    ]

    def url(cursor: str, way: list[str]) -> str:
        more = [(name, value) for name, value in (("after", cursor), ("trail", "~".join(way))) if value]
        return "?" + urlencode([*kept, *more])

    return Pager(
        previous_url=url(trail[-1] if trail else "", trail[:-1]) if after else "",
        next_url=url(page.next_after, [*trail, after] if after else []) if page.next_after else "",
        count=page.total + int(page.total_capped),
    )
