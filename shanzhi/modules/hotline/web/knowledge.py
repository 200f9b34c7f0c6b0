"""Knowledge items (知识库): searched and read by who answers, written by the hotline's editor."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from shanzhi.core.dates import day_said
from shanzhi.core.errors import DomainError, NotFound
from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access.queries import roles
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.matters.queries import categories
from shanzhi.kernel.matters.web import desk
from shanzhi.modules.hotline import operations, queries
from shanzhi.modules.hotline.policy import (
    ANSWER_MOST,
    CATEGORIES_MOST,
    GROUND_MOST,
    KNOWLEDGE,
    KNOWLEDGE_READ,
    STANDING_NAMES,
    TITLE_MOST,
    BadItem,
    ItemMovedOn,
    NewItem,
    Standing,
)
from shanzhi.modules.hotline.queries import Item
from shanzhi.modules.hotline.web.said import SaidForm, grouped_categories, without_nul
from shanzhi.ui.components import Badge, Column, Pager, Row, Table, Tone

TONES: dict[Standing, Tone] = {Standing.VALID: "good", Standing.DUE: "warn", Standing.WITHDRAWN: "neutral"}
CATEGORY_FIELDS = tuple(f"category{place}" for place in range(1, CATEGORIES_MOST + 1))


class FindForm(forms.Form):
    """What is looked for."""

    q = forms.CharField(label=gettext_lazy("查找"), required=False, max_length=200)
    category = forms.ChoiceField(label=gettext_lazy("分类"), required=False)
    standing = forms.ChoiceField(label=gettext_lazy("状态"), required=False)

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__({**data, "standing": data.get("standing", "") or Standing.VALID.value})
        category, standing = self.fields["category"], self.fields["standing"]
        assert isinstance(category, forms.ChoiceField)  # noqa: S101 - declared above
        assert isinstance(standing, forms.ChoiceField)  # noqa: S101 - declared above
        category.choices = grouped_categories(gettext("全部"), with_groups=True)
        standing.choices = [(each.value, gettext(STANDING_NAMES[each])) for each in Standing]


class ItemForm(SaidForm):
    """An item as it is typed."""

    title = forms.CharField(label=gettext_lazy("问题"), max_length=TITLE_MOST)
    answer = forms.CharField(
        label=gettext_lazy("答复"),
        max_length=ANSWER_MOST,
        widget=forms.Textarea(attrs={"rows": 9}),
        help_text=gettext_lazy("写成可以直接念给来电人听的话。办理时限、材料、电话写清楚。"),
    )
    ground = forms.CharField(
        label=gettext_lazy("依据"),
        max_length=GROUND_MOST,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("法规或文件的名称、条款、文号。"),
    )
    category1 = forms.ChoiceField(label=gettext_lazy("分类"), required=False)
    category2 = forms.ChoiceField(label=gettext_lazy("也属于"), required=False)
    category3 = forms.ChoiceField(label=gettext_lazy("还属于"), required=False)
    valid_from = forms.CharField(label=gettext_lazy("从哪天起有效"), widget=forms.DateInput(attrs={"type": "date"}))
    valid_until = forms.CharField(
        label=gettext_lazy("有效到哪天"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=gettext_lazy("到期前 30 天列为待复核，过期后不能再引用。长期有效的留空。"),
    )
    is_sample = forms.BooleanField(label=gettext_lazy("这是示例，不能当作正式答复"), required=False)

    def __init__(self, data: Mapping[str, Any] | None = None, *, error: DomainError | None = None) -> None:
        super().__init__(data, error=error)
        for name in CATEGORY_FIELDS:
            self.offer(name, grouped_categories(gettext("不选")))


def _may(request: ActingRequest, feature: str) -> bool:
    role = roles().get(request.actor.role)
    return role is not None and feature in role.may


@require_GET
@never_cache
def items(request: ActingRequest) -> HttpResponse:
    """All items: by words, category and standing; those due for review in a list of their own."""
    desk.check_staff(request, KNOWLEDGE_READ)
    on, asked = local_date(request.now), without_nul(request.GET)
    standing = next((each for each in Standing if each == asked.get("standing")), Standing.VALID)
    page = queries.items_page(
        words=asked.get("q", ""),
        category=asked.get("category", ""),
        standing=standing,
        on=on,
        after=asked.get("after", ""),
    )
    counts = queries.standing_counts(on)
    context = {
        "form": FindForm({name: asked.get(name, "") for name in ("q", "category", "standing")}),
        "list_url": reverse("hotline:knowledge"),
        "table": _table(page.items, on),
        "rows": page.items,
        "pager": Pager(
            previous_url=_kept(asked) if asked.get("after") else "",
            next_url=_kept(asked, after=page.after) if page.after else "",
        ),
        "counts": [
            (gettext(STANDING_NAMES[each]), counts[each], f"?standing={each.value}", each == standing)
            for each in Standing
        ],
        "due": counts[Standing.DUE],
        "may_edit": _may(request, KNOWLEDGE),
        "due_url": f"?standing={Standing.DUE.value}" if standing is not Standing.DUE else "",
    }
    return render(request, "hotline/knowledge.html", context)


def _kept(asked: QueryDict, **more: str) -> str:
    query = QueryDict(mutable=True)
    for name in ("q", "category", "standing"):
        if asked.get(name):
            query[name] = asked.get(name, "")
    query.update(more)
    return f"?{query.urlencode()}"


def _table(found: tuple[Item, ...], on: date) -> Table:
    columns = (
        Column("title", gettext("问题")),
        Column("category", gettext("分类")),
        Column("state", gettext("状态"), kind="badge"),
        Column("until", gettext("有效到")),
        Column("ground", gettext("依据"), optional=True),
    )
    rows = [
        Row(
            reverse("hotline:knowledge_item", args=[each.code]),
            {
                "title": gettext("【示例】") + each.title if each.is_sample else each.title,
                "category": _names(each),
                "state": _badge(each, on),
                "until": day_said(each.valid_until, gettext) if each.valid_until else gettext("长期"),
                "ground": each.ground,
            },
        )
        for each in found
    ]
    return Table(gettext("知识条目"), columns, rows)


def _names(item: Item) -> str:
    tree = categories()
    return gettext("、").join(tree.name(code) for code in item.categories)


def _badge(item: Item, on: date) -> Badge:
    standing = item.standing(on)
    expired = standing is Standing.DUE and not item.holds(on)
    return Badge(gettext("已过期" if expired else STANDING_NAMES[standing]), "bad" if expired else TONES[standing])


@require_GET
@never_cache
def item(request: ActingRequest, code: str) -> HttpResponse:
    """One item with all its versions; `?version=` shows an earlier one."""
    desk.check_staff(request, KNOWLEDGE_READ)
    versions = queries.versions_of(code)
    if not versions:
        return _none(code)
    on, newest = local_date(request.now), versions[0]
    shown = next((each for each in versions if str(each.version) == request.GET.get("version")), newest)
    facts = (
        (gettext("分类"), _names(shown)),
        (gettext("依据"), shown.ground),
        (gettext("有效期"), _span(shown)),
        (gettext("版本"), gettext("第 %(number)d 版，代码 %(code)s") % {"number": shown.version, "code": shown.code}),
    )
    context = {
        "item": shown,
        "is_newest": shown == newest,
        "badge": _badge(shown, on),
        "facts": facts,
        "versions": [(each, each == shown, each == newest) for each in versions],
        "newest": newest,
        "may_edit": _may(request, KNOWLEDGE),
        "saved": request.GET.get("saved", "") in (code, "new") and request.GET["saved"],
    }
    return render(request, "hotline/knowledge_item.html", context)


def _none(code: str) -> HttpResponse:
    queries.item_of(code)
    raise NotFound(msg("没有这条知识。请回到知识库再找。"))


def _span(item: Item) -> str:
    until = day_said(item.valid_until, gettext) if item.valid_until else gettext("长期")
    return gettext("%(since)s 至 %(until)s") % {"since": day_said(item.valid_from, gettext), "until": until}


@require_http_methods(["GET", "POST"])
@never_cache
def new(request: ActingRequest) -> HttpResponse:
    """Write a new item."""
    desk.check_staff(request, KNOWLEDGE)
    if request.method == "POST":
        return _save(request, "")
    return _draw(request, ItemForm({"valid_from": local_date(request.now).isoformat()}), "", 0)


@require_http_methods(["GET", "POST"])
@never_cache
def edit(request: ActingRequest, code: str) -> HttpResponse:
    """Write an item's next version."""
    desk.check_staff(request, KNOWLEDGE)
    newest = queries.item_of(code)
    if request.method == "POST":
        return _save(request, code)
    return _draw(request, ItemForm(_typed(newest)), code, newest.version)


def _typed(item: Item) -> dict[str, Any]:
    """An item as its form has it."""
    return {
        "title": item.title,
        "answer": item.answer,
        "ground": item.ground,
        "valid_from": item.valid_from.isoformat(),
        "valid_until": item.valid_until.isoformat() if item.valid_until else "",
        "is_sample": item.is_sample,
    } | dict(zip(CATEGORY_FIELDS, item.categories, strict=False))


def _save(request: ActingRequest, code: str) -> HttpResponse:
    based_on = _number(request.POST.get("based_on", ""))
    try:
        made = operations.item_edit(
            new=_read(request.POST, code), based_on=based_on, actor=request.actor, now=request.now
        )
    except ItemMovedOn as error:
        newest = queries.item_of(code)
        return _draw(request, ItemForm(request.POST.dict(), error=error), code, newest.version, newest, error.status)
    except DomainError as error:
        return _draw(request, ItemForm(request.POST.dict(), error=error), code, based_on, status=error.status)
    messages.success(request, gettext("已保存为第 %(number)d 版。") % {"number": made.version})
    return HttpResponseRedirect(f"{reverse('hotline:knowledge_item', args=[made.code])}?saved={code or 'new'}")


def _read(posted: QueryDict, code: str) -> NewItem:
    given = without_nul(posted)
    days, wrong = {}, {}
    for name in ("valid_from", "valid_until"):
        typed = given.get(name, "").strip()
        try:
            days[name] = date.fromisoformat(typed) if typed else None
        except ValueError:
            wrong[name] = msg("写成 2026-01-31 这样的日期。")
    if not wrong and days["valid_from"] is None:
        wrong["valid_from"] = msg("写上从哪天起有效。")
    if wrong or days["valid_from"] is None:
        raise BadItem(msg("这条知识还不能保存，请按提示改正。"), fields=wrong)
    return NewItem(
        code=code,
        title=given.get("title", ""),
        answer=given.get("answer", "").replace("\r\n", "\n"),
        categories=tuple(given.get(name, "") for name in CATEGORY_FIELDS),
        valid_from=days["valid_from"],
        valid_until=days["valid_until"],
        ground=given.get("ground", ""),
        is_sample=bool(given.get("is_sample")),
    )


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < len("1000000000") else 0


def _draw(
    request: ActingRequest, form: ItemForm, code: str, based_on: int, changed: Item | None = None, status: int = 200
) -> HttpResponse:
    """The form; `changed` is what somebody else has written meanwhile, shown beside what was typed here."""
    context = {"form": form, "code": code, "based_on": based_on, "changed": changed}
    return render(request, "hotline/knowledge_edit.html", context, status=status)


@require_POST
def withdraw(request: ActingRequest, code: str) -> HttpResponse:
    """Take an item out of use."""
    desk.check_staff(request, KNOWLEDGE)
    based_on = _number(request.POST.get("based_on", ""))
    operations.item_withdraw(code=code, based_on=based_on, actor=request.actor, now=request.now)
    messages.success(request, gettext("已撤下，不能再引用。以前引用过它的事项不变。"))
    return HttpResponseRedirect(reverse("hotline:knowledge_item", args=[code]))


@require_POST
def restore(request: ActingRequest, code: str) -> HttpResponse:
    """Take an earlier version up again, as a later one."""
    desk.check_staff(request, KNOWLEDGE)
    made = operations.item_restore(
        code=code,
        version=_number(request.POST.get("version", "")),
        based_on=_number(request.POST.get("based_on", "")),
        actor=request.actor,
        now=request.now,
    )
    messages.success(request, gettext("已恢复为第 %(number)d 版。") % {"number": made.version})
    return HttpResponseRedirect(reverse("hotline:knowledge_item", args=[code]))
