"""The components as template tags and filters: `{% load ui %}`. Every tag is shown in COMPONENTS.md.

Tags draw templates under `ui/components/`; what they show is typed in `shanzhi.ui.components`.
"""

import itertools
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache, lru_cache
from html import escape
from typing import Any

from django import template
from django.forms import BaseForm, BoundField
from django.http import HttpRequest, QueryDict
from django.template import Context
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import localtime
from django.utils.translation import get_language, gettext, override

from shanzhi.core.dates import day_said
from shanzhi.ui import fields, formats, invented
from shanzhi.ui.components import Choice, Column, GradeTone, LightLevel, Pager, Problem, Row, Step, Table, Tone
from shanzhi.ui.icons import LIGHTS, MARKS, icon_names

register = template.Library()

SPRITE = "ui/build/icons.svg"


@register.simple_tag
def is_invented() -> bool:
    """`{% is_invented as yes %}`: is this a demo city? Not from the page's context: error pages are drawn without one."""
    return invented.is_invented()


def _lang() -> str:
    return get_language() or "zh-hans"


def _now(context: Context) -> datetime:
    """The moment of the request: `request.now`, or `now` in the context; in the local zone."""
    found = getattr(context.get("request"), "now", None) or context.get("now")
    if not isinstance(found, datetime):
        raise template.TemplateSyntaxError("The page has neither request.now nor now in its context.")
    return localtime(found)


# --- filters ---------------------------------------------------------------------------------------------------------


@register.filter
def when(at: datetime | None, now: datetime | None) -> str:
    """`{{ matter.reported_at|when:request.now }}` → 今天 14:05. Empty when `at` is None."""
    if at is None or not isinstance(now, datetime):
        return ""
    return formats.when_text(at, localtime(now), _lang())


@register.filter
def day(value: date | datetime | None) -> str:
    """`{{ post.since|day }}` → 2025年11月18日: a day in full, wherever people read one. Empty when it is None."""
    if value is None or value == "":
        return ""
    return day_said(localtime(value).date() if isinstance(value, datetime) else value, gettext)


@register.filter
def left(due: datetime | timedelta | None, now: datetime | None = None) -> str:
    """`{{ due_at|left:request.now }}` or `{{ remaining|left }}` (a timedelta) → 剩 1 天 4 小时, 超期 2 天."""
    if due is None:
        return ""
    if isinstance(due, timedelta):
        return formats.left_text(due, _lang())
    return formats.left_text(due - now, _lang()) if isinstance(now, datetime) else ""


@register.filter
def number(value: int | float | Decimal | None) -> str | SafeString:
    """`{{ n|number }}` → 1,234, or 1.2 万 with the exact figure as its title. An en dash when there is no value."""
    if value is None or value == "":
        return "–"
    short, exact = formats.number_text(value, _lang()), formats.exact_number(value)
    if short == exact:
        return short
    return format_html('<span class="ui-number" title="{}">{}</span>', exact, short)


@register.filter
def size(value: int) -> str:
    """`{{ file.size|size }}` (bytes) → 3.4 MB."""
    return formats.size_text(value)


@register.filter
def count(value: int) -> str:
    """`{{ n|count }}` → 25, or 1,000+ above the cap."""
    return formats.count_text(value)


@register.filter
def dictget(cells: Mapping[str, object], key: str) -> object:
    """`{{ row.cells|dictget:column.key }}`: a mapping's value, None when it isn't there."""
    return cells.get(key)


@register.filter
def lightword(level: str) -> str:
    """`{{ level|lightword }}` → 正常, 临期, 超期, 暂停, 无时限."""
    return gettext(LIGHTS[level][1])


# --- small pieces ----------------------------------------------------------------------------------------------------


@register.simple_tag
def icon(name: str, label: str = "", css: str = "") -> SafeString:
    """`{% icon "bell" %}`: an icon of the sprite; decorative unless `label` says what it means.

    Raises TemplateSyntaxError for a name that isn't in icons.txt.
    """
    if name not in icon_names():
        raise template.TemplateSyntaxError(f"No icon {name!r}: add its name to shanzhi/ui/icons.txt and build again.")
    if label:
        href = f"{static(SPRITE)}#{name}"
        return format_html(
            '<svg class="ui-icon {}" role="img" aria-label="{}"><use href="{}"></use></svg>', css, label, href
        )
    return _decorative(name, css)


# A page has dozens. Both words come from templates and tags, never from people: so few that all are kept.
@lru_cache(maxsize=1024)
def _decorative(name: str, css: str) -> SafeString:
    return format_html(
        '<svg class="ui-icon {}" aria-hidden="true"><use href="{}#{}"></use></svg>', css, static(SPRITE), name
    )


@register.simple_tag
def script_texts() -> SafeString:
    """`{% script_texts %}`: the sentences that our script says, for the whole page; drawn once for each language."""
    return _script_texts(_lang())


@cache
def _script_texts(language: str) -> SafeString:
    with override(language):
        return mark_safe(render_to_string("ui/components/script_texts.html"))  # noqa: S308 - our own template


@register.simple_tag
def light(level: LightLevel | str, text: str = "") -> SafeString:
    """`{% light "near" %}` → ▲ 临期; `text` replaces the word ("剩 4 小时") but the word stays for screen readers."""
    shape, word = LIGHTS[level]
    says_it = not text or gettext(word).casefold() in text.casefold()
    hidden = "" if says_it else format_html('<span class="visually-hidden">{} </span>', gettext(word))
    return format_html(
        '<span class="ui-light ui-light--{}">{}{}<span>{}</span></span>',
        level,
        icon(shape, css="ui-light__shape"),
        hidden,
        text or gettext(word),
    )


@register.simple_tag
def badge(text: str, tone: Tone = "neutral") -> SafeString:
    """`{% badge "公开" "good" %}`: a short word with a tone (neutral, action, good, warn, bad)."""
    return format_html('<span class="ui-badge ui-badge--{}">{}</span>', tone, text)


@register.simple_tag
def mark(tone: GradeTone | str, word: str) -> SafeString:
    """`{% mark "yellow" "一般" %}`: a colour grade with its own shape and a word (green, blue, yellow, orange, red, none)."""
    return format_html(
        '<span class="ui-mark ui-tone--{}">{}<span>{}</span></span>',
        tone,
        icon(MARKS[tone], css="ui-mark__shape"),
        word,
    )


@register.simple_tag(takes_context=True)
def moment(context: Context, at: datetime | None) -> SafeString | str:
    """`{% moment at %}`: a `<time>` that reads 今天 14:05, with the exact time as its title."""
    return "–" if at is None else _time(at, _now(context), _lang())


def _time(at: datetime, now: datetime | None, lang: str) -> SafeString:
    if now is None:
        raise template.TemplateSyntaxError("The page has neither request.now nor now in its context.")
    local = localtime(at)
    return format_html(
        '<time class="ui-time" datetime="{}" title="{}">{}</time>',
        local.isoformat(timespec="seconds"),
        formats.exact_text(local, lang),
        formats.when_text(local, now, lang),
    )


@register.simple_tag
def remaining(span: timedelta | None, day_hours: int = 24, working: bool = False) -> str:
    """`{% remaining left day_hours=8 working=True %}` → 剩 1 天 4 小时（工作时间）."""
    if span is None:
        return ""
    return formats.left_text(span, _lang(), day_seconds=day_hours * 3_600, working=working)


@register.simple_tag
def share(part: int, whole: int, unit: str = "件", minimum: int = 1) -> SafeString:
    """`{% share 84 96 unit="件" minimum=30 %}` → 87.5%，共 96 件; 样本不足 under the minimum."""
    text = formats.share_text(part, whole, _lang(), unit=unit, minimum=minimum)
    return format_html('<span class="ui-number" title="{} / {}">{}</span>', f"{part:,}", f"{whole:,}", text)


# --- forms -----------------------------------------------------------------------------------------------------------


@register.inclusion_tag("ui/components/field.html")
def field(bound: BoundField, label: str = "", help: str = "", **attrs: Any) -> dict[str, object]:
    """`{% field form.title %}`: label above, help below, errors beside, for every widget of Django.

    Further keywords become attributes of the control with "_" read as "-": `{% field form.photos data_max_files=9 %}`.
    """
    return fields.field_context(bound, label, help, {k.replace("_", "-"): v for k, v in attrs.items()})


@register.inclusion_tag("ui/components/error_summary.html")
def error_summary(*forms: BaseForm, said: str = "") -> dict[str, object]:
    """`{% error_summary form %}`: all errors of the forms as links to their controls; nothing when there are none. `said` heads
    them in place of their number: what is wrong as a whole. Nothing else on the page says it above the fields. A single
    problem of the whole form, such as a file that was changed, stands by itself.
    """
    problems: list[Problem] = []
    for form in forms:
        problems.extend(fields.problems(form))
    alone = problems[0].message if len(problems) == 1 and not problems[0].target and not said else ""
    return {"problems": problems, "said": said, "alone": alone}


@register.inclusion_tag("ui/components/cascade.html")
def cascade(
    name: str,
    label: str,
    choices: Iterable[Choice],
    *,
    value: str = "",
    help: str = "",
    required: bool = True,
    src: str = "",
    errors: Iterable[str] = (),
) -> dict[str, object]:
    """`{% cascade "region" "所在社区" choices value=code %}`: one select; with script, one select a level.

    `choices` come parents first. `src` is an address that answers `?parent=CODE` with
    `[{"value", "label"}]` when the levels below are too many for one page. `errors` are the field's messages.
    """
    listed = list(choices)
    depth: dict[str, int] = {}
    options = []
    for choice in listed:
        depth[choice.value] = depth.get(choice.parent, -1) + 1 if choice.parent else 0
        options.append((choice, "　" * depth[choice.value]))
    return {
        "name": name,
        "label": label,
        "options": options,
        "value": value,
        "help": help,
        "required": required,
        "src": src,
        "errors": list(errors),
        "error_id": f"id_{name}_error",
        "id": f"id_{name}",
    }


@register.inclusion_tag("ui/components/locate.html")
def locate(lat: str = "id_lat", lon: str = "id_lon", accuracy: str = "") -> dict[str, object]:
    """`{% locate lat="id_lat" lon="id_lon" %}`: fills two inputs with the position (WGS84 degrees), on a click only."""
    return {"lat": lat, "lon": lon, "accuracy": accuracy}


# --- blocks around content -------------------------------------------------------------------------------------------


def _block(context: Context, component: str, content: str, **values: object) -> SafeString:
    """Draw `component` around `content` (rendered by Django, so escaped already), as inclusion tags do.

    `context.new` keeps the page's context processors from running once more for each block.
    """
    if context.template is None:
        raise template.TemplateSyntaxError(f"{component} stands outside of a page.")
    drawn = context.template.engine.get_template(f"ui/components/{component}.html")
    return drawn.render(context.new({"content": mark_safe(content), **values}))  # noqa: S308


@register.simple_block_tag(takes_context=True)
def panel(context: Context, content: str, title: str = "", url: str = "", link: str = "", flush: bool = False) -> str:
    """`{% panel title="今日" %}…{% endpanel %}`: a titled box; `flush` lets a table reach its edges."""
    return _block(context, "panel", content, title=title, url=url, link=link, flush=flush)


@register.simple_block_tag(takes_context=True)
def toolbar(
    context: Context, content: str, label: str = "", action: str = "", clear: str = "", submit: str = ""
) -> str:
    """`{% toolbar clear="/list/" %} controls {% endtoolbar %}`: a GET form above a list, with 筛选 and 清除."""
    return _block(context, "toolbar", content, label=label, action=action, clear=clear, submit=submit)


@register.simple_block_tag(takes_context=True)
def confirm(
    context: Context,
    content: str,
    label: str,
    tone: str = "plain",
    name: str = "",
    key: str = "",
    opened: object = False,
) -> str:
    """`{% confirm label="退回" %} form {% endconfirm %}`: a button that opens its form in place, without script.

    `tone` is plain, action or bad; confirms of one `name` close each other; `key` is the keyboard shortcut; `opened`
    for a form that came back.
    """
    return _block(context, "confirm", content, label=label, tone=tone, name=name, key=key, opened=bool(opened))


@register.simple_block_tag(takes_context=True)
def actionbar(context: Context, content: str) -> str:
    """`{% actionbar %}<button …>{% endactionbar %}`: a form's main action; at the thumb on a phone."""
    return _block(context, "actionbar", content)


@register.simple_block_tag(takes_context=True)
def notice(context: Context, content: str, tone: Tone = "neutral", title: str = "") -> str:
    """`{% notice tone="warn" title="…" %}…{% endnotice %}`: a message in the page."""
    return _block(context, "notice", content, tone=tone, title=title)


# --- showing ---------------------------------------------------------------------------------------------------------


@register.inclusion_tag("ui/components/empty_state.html")
def empty_state(title: str, text: str = "", url: str = "", action: str = "", icon: str = "inbox") -> dict[str, object]:
    """`{% empty_state "没有待办" "新派来的事项会出现在这里。" %}`: why it is empty, what to do."""
    return {"title": title, "text": text, "url": url, "action": action, "icon": icon}


@register.inclusion_tag("ui/components/timeline.html", takes_context=True)
def timeline(context: Context, entries: Sequence[object], label: str = "") -> dict[str, object]:
    """`{% timeline entries %}`: `TimelineEntry` objects, newest first."""
    return {"entries": entries, "label": label, "request": context.get("request"), "now": _now(context)}


@register.inclusion_tag("ui/components/stat.html")
def stat(
    label: str, value: int | Decimal | str | None, unit: str = "", url: str = "", note: str = "", level: str = ""
) -> dict[str, object]:
    """`{% stat "办理中" 1234 unit="件" url="…" %}`: one figure that leads to its records."""
    shown: object = value if isinstance(value, str) else number(value)
    return {"label": label, "value": shown, "unit": unit, "url": url, "note": note, "level": level}


@register.inclusion_tag("ui/components/pager.html")
def pager(page: Pager) -> dict[str, object]:
    """`{% pager page %}`: 上一页, 下一页 and the capped count of a keyset list."""
    return {"page": page}


def _table_body(table: Table, columns: Sequence[Column], now: datetime | None) -> SafeString:
    """The rows of a table. Joined here and not drawn by a template: 25 rows of 8 cells took 25 ms of a page there."""
    lang, lights = _lang(), {level: light(level) for level in LIGHTS}
    local = localtime(now) if now else None

    def text_of(value: Any) -> str:
        # Most cells are plain texts: Django looks five times at what each may be.
        return escape(value) if type(value) is str else conditional_escape(value)

    draws: Mapping[str, Callable[[Any], str]] = {
        # A share is a text already.
        "number": lambda value: text_of(value if isinstance(value, str) else number(value)),
        "time": lambda value: _time(value, local, lang),
        "light": lambda value: lights[value],
        "badge": lambda value: badge(value.text, value.tone),
        "mark": lambda value: mark(value.tone, value.word),
    }

    def drawn(column: Column, value: Any) -> str:
        return "–" if value is None or value == "" else draws.get(column.kind, text_of)(value)

    def cell(row: Row, column: Column) -> str:
        text, url = drawn(column, row.cells.get(column.key)), row.links.get(column.key)
        return f'<a href="{text_of(url)}">{text}</a>' if url else text

    heads = [
        (column, conditional_escape(column.label), _CELL_CLASSES.get(column.kind, "ui-table__short"))
        for column in columns
    ]
    lines = []
    for row in table.rows:
        (first, *_), rest = heads, heads[1:]
        cells = "".join(
            f'<td class="{css}" data-label="{label}">{cell(row, column)}</td>' for column, label, css in rest
        )
        css = ' class="ui-table__current"' if row.current else ""
        lines.append(
            f'<tr{css} data-row><th scope="row" class="ui-table__title">{_title(row, first[0])}</th>{cells}</tr>'
        )
    return mark_safe("\n".join(lines))  # noqa: S308 - each part is escaped


def _title(row: Row, column: Column) -> str:
    text: str = conditional_escape(str(row.cells.get(column.key) or ""))
    if not row.url:
        return text
    now_open = ' aria-current="true"' if row.current else ""
    return f'<a href="{conditional_escape(row.url)}"{now_open}>{text}</a>'


_CELL_CLASSES = {"number": "ui-table__number", "text": ""}


@register.inclusion_tag("ui/components/data_table.html", takes_context=True)
def data_table(context: Context, table: Table) -> dict[str, object]:
    """`{% data_table table %}`: sticky head, 40 px rows, first column the link, numbers to the right."""
    request = context.get("request")
    query = request.GET if isinstance(request, HttpRequest) else QueryDict()
    kept = [(k, v) for k, values in query.lists() for v in values if k not in {"col", "after", "before"}]
    optional = [c for c in table.columns if c.optional]
    return {
        "table": table,
        "columns": table.visible_columns(),
        "optional": [(c, table.shown is None or c.key in table.shown) for c in optional],
        "kept": kept,
        "body": _table_body(table, table.visible_columns(), getattr(request, "now", None) or context.get("now")),
    }


STEPS_MOST, STEP_LABEL_MOST = 8, 6
"""So many steps, with names of so many characters, are still read side by side at 390 px."""


@register.inclusion_tag("ui/components/steps.html")
def steps(items: Sequence[Step], label: str = "") -> dict[str, object]:
    """`{% steps items %}`: 已受理 → 办理中 → 待评价, with the state of each in words for screen readers.

    Many steps, or long names, don't fit beside each other on a phone: there a line says where it stands and what comes
    next, and the rest is folded.
    """
    at = next((place for place, step in enumerate(items) if step.state == "now"), None)
    is_long = len(items) > STEPS_MOST or any(len(step.label) > STEP_LABEL_MOST for step in items)
    return {
        "items": items,
        "label": label,
        "fold": is_long and at is not None,
        "place": (at or 0) + 1,
        "now": items[at] if at is not None else None,
        "next": items[at + 1] if at is not None and at + 1 < len(items) else None,
    }


@register.inclusion_tag("ui/components/definitions.html")
def definitions(pairs: Iterable[tuple[str, object]]) -> dict[str, object]:
    """`{% definitions pairs %}`: terms and their values; pairs whose value is None or "" are left out."""
    return {"pairs": [(term, value) for term, value in pairs if value not in (None, "")]}


_serial = itertools.count(1)


@register.inclusion_tag("ui/components/copyable.html")
def copyable(text: str, label: str = "") -> dict[str, object]:
    """`{% copyable "SZ20251118-0042" label="事项编号" %}`: a code to read out, with a copy button where script runs."""
    return {"text": text, "label": label, "id": f"copy-{next(_serial)}-{secrets.token_hex(2)}"}


@register.inclusion_tag("ui/components/thumbs.html")
def thumbs(photos: Sequence[object], label: str = "") -> dict[str, object]:
    """`{% thumbs photos %}`: `Photo` objects as small pictures that open the large one."""
    return {"photos": photos, "label": label}
