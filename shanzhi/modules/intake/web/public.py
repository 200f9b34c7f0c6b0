"""The public list: category, rounded place, state, days."""

from datetime import date
from typing import Any, cast

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext, gettext_lazy
from django.views.decorators.http import require_safe

from shanzhi.core.periods import local_date
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.matters import queries as matters
from shanzhi.modules.intake import queries
from shanzhi.modules.intake.policy import PublicFilter, State, read_cursor
from shanzhi.modules.intake.queries import PublicPage, PublicRow
from shanzhi.ui.components import Badge, Column, Pager, Row, Table
from shanzhi.ui.formats import day_text

WIDE_SPACE = "　"


class FilterForm(forms.Form):
    """Where, what, in which state."""

    region = forms.ChoiceField(label=gettext_lazy("地点"), required=False)
    category = forms.ChoiceField(label=gettext_lazy("分类"), required=False)
    state = forms.ChoiceField(
        label=gettext_lazy("进度"),
        required=False,
        choices=(("", gettext_lazy("全部")), ("open", gettext_lazy("办理中")), ("ended", gettext_lazy("已办结"))),
    )

    def __init__(self, *args: Any, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = [(area.code, f"{WIDE_SPACE if area.parent else ''}{area.name}") for area in queries.areas(on)]
        groups = [(group.code, group.name) for group in matters.categories().groups]
        self.fields["region"].choices = [("", gettext("全市")), *places]  # type: ignore[attr-defined]
        self.fields["category"].choices = [("", gettext("全部")), *groups]  # type: ignore[attr-defined]

    def wanted(self) -> PublicFilter:
        """The filter; what can't be one filters nothing."""
        self.is_valid()
        data = self.cleaned_data
        state = cast(State, data.get("state", ""))
        return PublicFilter(data.get("region", ""), data.get("category", ""), state)


@require_safe
def public(request: ActingRequest) -> HttpResponse:
    """The public list, filtered and paged."""
    form = FilterForm(request.GET, on=local_date(request.now))
    wanted = form.wanted()
    after, before = (read_cursor(request.GET.get(name, "")) for name in ("after", "before"))
    page = queries.public_page(wanted, after=after, before=before)
    context = {
        "form": form,
        "table": _table(page, local_date(request.now)),
        "pager": _pager(request, page),
        "is_filtered": wanted != PublicFilter(),
        "page": page,
        "list_url": reverse("intake:public"),
        "clear_url": reverse("intake:public") if wanted != PublicFilter() else "",
        "report_url": reverse("intake:report"),
    }
    return render(request, "intake/public.html", context)


def _table(page: PublicPage, today: date) -> Table:
    columns = [
        Column("category", gettext("分类")),
        Column("place", gettext("地点")),
        Column("state", gettext("进度"), "badge"),
        Column("reported", gettext("反映日期")),
    ]
    return Table(gettext("公开事项"), columns, [_row(row, today) for row in page.rows])


def _row(row: PublicRow, today: date) -> Row:
    return Row(
        url="",
        cells={
            "category": gettext(row.category_name),
            "place": row.place,
            "state": Badge(gettext(row.stage_name), "good" if row.is_ended else "action"),
            "reported": day_words(row.reported_on, today),
        },
    )


def day_words(day: date, today: date) -> str:
    """A day as it is read: 11月18日, with its year where it isn't this one."""
    return day_text(day, today, get_language() or "zh-hans")


def _pager(request: ActingRequest, page: PublicPage) -> Pager:
    def url(name: str, cursor: str) -> str:
        if not cursor:
            return ""
        query = request.GET.copy()
        query.pop("after", None)
        query.pop("before", None)
        query[name] = cursor
        return f"?{query.urlencode()}"

    return Pager(url("before", page.before), url("after", page.after), page.total)
