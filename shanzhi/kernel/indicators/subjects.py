"""Typed-in figures from a file: each row is judged as a form is; what can't be taken stays with its reason."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from django.db import transaction

from shanzhi.core.errors import DomainError
from shanzhi.core.importing import Circumstances, Field, RowUnusable, Subject, Taken
from shanzhi.core.text import msg
from shanzhi.kernel.access import queries as acting
from shanzhi.kernel.access.policy import IMPORTER, Actor
from shanzhi.kernel.indicators import operations
from shanzhi.kernel.indicators.operations import Entry
from shanzhi.kernel.indicators.operations.entering import check_yours, last_value, typed_in
from shanzhi.kernel.indicators.policy.entering import Typed
from shanzhi.kernel.indicators.policy.periods import read_period
from shanzhi.kernel.indicators.rules import catalogue
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.policy import Level

YES = frozenset({"是", "y", "yes", "1", "true", "√"})
NO = frozenset({"否", "n", "no", "0", "false"})


def _whole(cell: str, column: str) -> int | None:
    text = cell.strip().replace(",", "").replace("，", "")
    if not text:
        return None
    if text.lower() in YES - {"1"}:
        return 1
    if text.lower() in NO - {"0"}:
        return 0
    if not (text.isascii() and text.removesuffix(".0").isdigit()):
        raise RowUnusable(f"“{column}”要填整数，这里是“{cell.strip()[:20]}”。")
    return int(text.removesuffix(".0"))


FIELDS = (
    Field("key", msg("指标"), "volunteer_team", True, synonyms=("指标代码", "指标名称", "指标编码")),
    Field("region", msg("区域"), "370303009", True, synonyms=("区域代码", "区划代码", "地区", "单位区域")),
    Field("period", msg("期间"), "2025-10", True, synonyms=("月份", "填报期间", "年度", "季度")),
    Field("numerator", msg("分子"), "3", True, _whole, ("数值", "完成数", "本期数", "是否")),
    Field("denominator", msg("分母"), "5", False, _whole, ("总数", "应完成数", "样本数")),
    Field("words", msg("说明"), "", synonyms=("备注", "情况说明")),
    Field("sure", msg("确认无误"), "是", synonyms=("确认",)),
)


def values_take(rows: Sequence[Mapping[str, Any]], how: Circumstances) -> Taken:
    """Take over typed-in figures, each as `value_enter` would: for the post that brought them, its own regions alone. A row
    that says what stands already is known; one that says something else corrects it."""
    added, known, wrong, seen = 0, 0, {}, set()
    actor = acting.actor_of_post(how.post_id, how.on) if how.post_id is not None else None
    for place, row in enumerate(rows):
        try:
            with transaction.atomic():
                entry = _entry(row, how, actor)
                if (entry.key, entry.region_id, entry.period) in seen:
                    raise RowUnusable("这份文件里同一个指标、区域和期间写了两行。请只留一行。")
                seen.add((entry.key, entry.region_id, entry.period))
                last = last_value(entry.key, entry.region_id, entry.period)
                if last is not None and (last.numerator, last.denominator) == _pair(entry, last.denominator):
                    known += 1
                    continue
                entry = replace(entry, based_on=last.number if last else 0)
                operations.value_enter(entry=entry, actor=IMPORTER, now=how.now)
                if how.is_preview:
                    transaction.set_rollback(True)
                added += 1
        except (RowUnusable, DomainError) as error:
            wrong[place] = str(error)
    return Taken(added, known, wrong)


def _pair(entry: Entry, denominator: int) -> tuple[int, int]:
    given = entry.typed.denominator
    return entry.typed.numerator, denominator if given is None else given


def _entry(row: Mapping[str, Any], how: Circumstances, actor: Actor | None) -> Entry:
    """A row as a form would have it.

    Raises:
        RowUnusable, DomainError: why not.
    """
    period = read_period(str(row["period"]).strip())
    key = _key(str(row["key"]).strip(), period.last)
    region = organisation.region_of_code(_code(str(row["region"]).strip(), period.ends_on), period.ends_on)
    if region is None:
        raise RowUnusable(f"{period} 没有代码是“{row['region']}”的区域。请核对。")
    if row["numerator"] is None:
        raise RowUnusable("没有填数。请填分子（数值）。")
    if actor is not None:
        indicator, rule = typed_in(key, period)
        check_yours(actor, indicator, rule, region, how.on)
    sure = str(row.get("sure") or "").strip().lower() in YES
    typed = Typed(row["numerator"], row.get("denominator"), str(row.get("words") or ""), sure)
    return Entry(key, region.id, period, typed)


def _key(text: str, month: int) -> str:
    """An indicator by its key or its name."""
    for one in catalogue().in_month(month):
        if text in (one.key, one.name):
            return one.key
    raise RowUnusable(f"没有“{text[:40]}”这个指标。请填指标目录里的代码或名称。")


def _code(text: str, on: date) -> str:
    if text.isascii() and text.isdigit():
        return text
    found = organisation.find_regions(text, on=on, levels=_LEVELS, limit=2) if text else []
    if len(found) != 1:
        raise RowUnusable(f"区域“{text[:40]}”{'有好几个' if found else '没有找到'}。请填区划代码。")
    return found[0].code


_LEVELS = (Level.CITY, Level.COUNTY, Level.TOWNSHIP, Level.COMMUNITY)
VALUES = Subject("values", msg("指标数值"), FIELDS, values_take)
