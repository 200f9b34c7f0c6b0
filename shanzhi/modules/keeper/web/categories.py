"""Categories: the tree, one category's edits, a file out and in, and the editions with their undoing."""

from io import BytesIO
from typing import Any

from django import forms
from django.contrib import messages
from django.http import FileResponse, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from shanzhi.core.dates import day_said
from shanzhi.core.errors import DomainError, InputError
from shanzhi.core.periods import local_date
from shanzhi.core.sheets import MEDIA_TYPES, WRITERS, Sheet
from shanzhi.core.text import msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.operations import Deciding
from shanzhi.kernel.matters.policy.categories import BadCategory, CategoryRow
from shanzhi.kernel.matters.policy.golive import CATEGORIES, NoSuchVersion
from shanzhi.kernel.matters.queries import CategoryTree, SectionState
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.modules.keeper.policy.sheets import BYTES_MOST, CATEGORY_HEADS, category_rows
from shanzhi.modules.keeper.web.common import DayForm, check, count_of, day_of
from shanzhi.ui.components import Badge, Column, Row, Table
from shanzhi.ui.downloads import checked_format, send_file
from shanzhi.ui.invented import invented_lines

LEVEL_NAMES = {"city": msg("市级"), "county": msg("县级"), "township": msg("乡镇级")}


class AddForm(DayForm):
    """A new category."""

    code = forms.CharField(
        label=gettext_lazy("代码"),
        max_length=60,
        help_text=gettext_lazy("一级如 water，二级如 water.leak。定了就不能改。"),
    )
    name = forms.CharField(label=gettext_lazy("名称"), max_length=30)
    department = forms.ChoiceField(
        label=gettext_lazy("首选承办单位"), required=False, help_text=gettext_lazy("二级分类要选。")
    )
    level = forms.ChoiceField(label=gettext_lazy("承办层级"), required=False)
    words = forms.CharField(
        label=gettext_lazy("提示词"),
        required=False,
        max_length=2000,
        help_text=gettext_lazy("用空格隔开，每个至少两个字；只用来给受理员提建议。"),
    )

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        items = organisation.unit_catalogue().departments
        units = [("", "–"), ("township", gettext("乡镇（街道）")), *((item.code, item.name) for item in items)]
        levels = [("", gettext("县级")), *((code, gettext(name)) for code, name in LEVEL_NAMES.items())]
        for name, listed in (("department", units), ("level", levels)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
            field.choices = listed


class FileForm(DayForm):
    """A file of categories."""

    file = forms.FileField(
        label=gettext_lazy("分类表（CSV）"), widget=forms.ClearableFileInput(attrs={"accept": ".csv"})
    )


class NameForm(DayForm):
    """Another name."""

    name = forms.CharField(label=gettext_lazy("新名称"), max_length=30)


class MergeForm(DayForm):
    """Into which category."""

    into = forms.ChoiceField(label=gettext_lazy("并入"))

    def __init__(self, *given: Any, rows: tuple[CategoryRow, ...] = (), **more: Any) -> None:
        super().__init__(*given, **more)
        field = self.fields["into"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [
            ("", gettext("请选择")),
            *((row.code, row.name) for row in rows if "." in row.code and not row.is_retired),
        ]


class UndoForm(DayForm):
    """An older edition again."""

    number = forms.ChoiceField(label=gettext_lazy("退回到"))

    def __init__(self, *given: Any, state: SectionState, **more: Any) -> None:
        super().__init__(*given, **more)
        field = self.fields["number"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        numbers = sorted({row.number for row in state.history} | {0}, reverse=True)
        field.choices = [(str(number), edition_name(number)) for number in numbers if number != state.last]


def edition_name(number: int) -> str:
    """What an edition is called."""
    return gettext("第 %(number)s 版") % {"number": number} if number else gettext("随程序提供的一版")


def deciding(request: ActingRequest) -> Deciding:
    """The day, the decision seen, who and when, of a form. Raises BadForm."""
    return Deciding(
        holds_from=day_of(request.POST.get("holds_from", "")),
        based_on=count_of(request.POST.get("seen", "")),
        actor=request.actor,
        now=request.now,
        note=request.POST.get("note", ""),
    )


def _given(request: ActingRequest, name: str) -> str:
    return str(request.POST.get(name, "")).strip()


def _carry_out(request: ActingRequest, does: str, code: str) -> None:
    """One edit; raises the DomainError that says why not."""
    how = deciding(request)
    if does == "add":
        code, name, department, level, words = (
            _given(request, field) for field in ("code", "name", "department", "level", "words")
        )
        row = CategoryRow(code, name, department=department, level=level, words=words)
        operations.category_add(row=row, how=how)
    elif does == "upload":
        given = request.FILES.get("file")
        rows = category_rows(given.read(BYTES_MOST + 1) if given else b"")
        operations.categories_replace(rows=rows, how=how)
    elif does == "undo":
        operations.edition_restore(section=CATEGORIES, number=count_of(_given(request, "number")), how=how)
    else:
        _edit_one(does, code, request, how)


def _edit_one(does: str, code: str, request: ActingRequest, how: Deciding) -> None:
    if does == "rename":
        operations.category_rename(code=code, name=_given(request, "name"), how=how)
    elif does == "merge":
        operations.category_merge(code=code, into=_given(request, "into"), how=how)
    elif does == "withdraw":
        operations.category_withdraw(code=code, how=how)
    elif does == "restore":
        operations.category_restore(code=code, how=how)
    else:
        raise InputError(msg("没有这个操作。请刷新页面再试。"))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def categories(request: ActingRequest) -> HttpResponse:
    """The tree; add a category, take over a file, go back to an older edition."""
    check(request)
    error, does = None, ""
    if request.method == "POST":
        does = _given(request, "do")
        try:
            _carry_out(request, does if does in ("add", "upload", "undo") else "", "")
        except DomainError as refused:
            error = refused
        else:
            messages.success(request, gettext("已定好，到日期起生效。"))
            return HttpResponseRedirect(reverse("keeper:categories"))
    tree = queries.category_tree(local_date(request.now))
    seen = tree.state.seen

    def made(kind: Any, name: str, **more: Any) -> Any:
        own = error if does == name else None
        form = kind(request, seen, error=own, data=request.POST if own else None, auto_id=f"{name}-%s", **more)
        form.seen_now = seen
        return form

    context = {
        "tree": tree,
        "table": _tree_table(tree),
        "history": history_table(tree.state),
        "add": made(AddForm, "add"),
        "file": made(FileForm, "upload"),
        "undo": made(UndoForm, "undo", state=tree.state) if tree.state.history else None,
        "wrong": _wrong_table(error),
        "does": does,
    }
    return render(request, "keeper/categories.html", context, status=error.status if error else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def category(request: ActingRequest, code: str) -> HttpResponse:
    """One category: rename, merge, withdraw, take up again."""
    check(request)
    error, does = None, ""
    if request.method == "POST":
        does = _given(request, "do")
        try:
            _carry_out(request, does if does in ("rename", "merge", "withdraw", "restore") else "", code)
        except DomainError as refused:
            error = refused
        else:
            messages.success(request, gettext("已定好，到日期起生效。"))
            return HttpResponseRedirect(reverse("keeper:categories"))
    tree = queries.category_tree(local_date(request.now))
    row = next((row for row in tree.rows if row.code == code), None)
    if row is None:
        raise NoSuchVersion(msg("没有这个分类。请回到列表再看。"))

    def made(kind: Any, name: str, **more: Any) -> Any:
        own = error if does == name else None
        form = kind(
            request, tree.state.seen, error=own, data=request.POST if own else None, auto_id=f"{name}-%s", **more
        )
        form.seen_now = tree.state.seen
        return form

    others = tuple(other for other in tree.rows if other.code != code)
    context = {
        "row": row,
        "is_first": "." not in code,
        "into_name": next((other.name for other in tree.rows if other.code == row.into), row.into),
        "rename": made(NameForm, "rename"),
        "merge": made(MergeForm, "merge", rows=others),
        "withdraw": made(DayForm, "withdraw"),
        "restore": made(DayForm, "restore"),
        "error": error,
        "does": does,
    }
    return render(request, "keeper/category.html", context, status=error.status if error else 200)


@require_safe
def categories_file(request: ActingRequest, form: str) -> FileResponse:
    """The tree as a file, to be changed and uploaded again."""
    check(request)
    tree = queries.category_tree(local_date(request.now))
    out = BytesIO()
    how = (msg("怎么改"), msg("新代码会新增，改了名称会改名，停用写“是”，并入写另一个代码；没写的行不变。"))
    about = (*invented_lines(), how)
    sheet = Sheet(msg("分类"), tuple(CATEGORY_HEADS.values()), msg("说明"), about)
    lines = (
        (row.code, row.name, row.help, row.department, row.level, row.words, "是" if row.is_retired else "", row.into)
        for row in tree.rows
    )
    WRITERS[checked_format(form)](out, sheet, lines)
    out.seek(0)
    return send_file(out, f"categories-{tree.state.last}.{form}", MEDIA_TYPES[form])


def _tree_table(tree: CategoryTree) -> Table:
    columns = (
        Column("name", gettext("名称")),
        Column("code", gettext("代码")),
        Column("state", gettext("状态"), "badge"),
        Column("unit", gettext("首选承办单位")),
        Column("level", gettext("承办层级")),
    )
    items = {item.code: item.name for item in organisation.unit_catalogue().departments}
    names = {row.code: row.name for row in tree.rows}
    rows = []
    for row in tree.rows:
        state: Any = ""
        if row.into:
            state = Badge(gettext("并入 %(name)s") % {"name": names.get(row.into, row.into)}, "neutral")
        elif row.is_retired:
            state = Badge(gettext("停用"), "neutral")
        elif "." in row.code:
            state = Badge(gettext("在用"), "good")
        name = row.name if "." not in row.code else f"　{row.name}"
        unit = gettext("乡镇（街道）") if row.department == "township" else items.get(row.department, row.department)
        cells = {"name": name, "code": row.code, "state": state, "unit": unit}
        level = gettext(LEVEL_NAMES[row.level]) if row.level else (gettext("县级") if "." in row.code else "")
        rows.append(Row(reverse("keeper:category", args=[row.code]), cells | {"level": level}))
    return Table(gettext("分类目录"), columns, rows)


def history_table(state: SectionState) -> Table:
    """The decisions on a section, newest first."""
    columns = (
        Column("day", gettext("自这一天起")),
        Column("number", gettext("版本")),
        Column("note", gettext("说明")),
        Column("at", gettext("决定时间"), "time"),
    )
    rows = [
        Row(
            "",
            {
                "day": day_said(row.holds_from, gettext),
                "number": edition_name(row.number),
                "note": row.note,
                "at": row.decided_at,
            },
        )
        for row in state.history
    ]
    return Table(gettext("换版记录"), columns, rows)


def _wrong_table(error: DomainError | None) -> Table | None:
    lines = [(name, said) for name, said in (error.fields if isinstance(error, BadCategory) else {}).items()]
    rows = [
        Row("", {"line": gettext("第 %(line)s 行") % {"line": name}, "what": said})
        for name, said in lines
        if name.isdigit()
    ]
    columns = (Column("line", gettext("行")), Column("what", gettext("问题")))
    return Table(gettext("文件里要改的地方"), columns, rows) if rows else None
