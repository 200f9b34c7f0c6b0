"""What has to hold of a catalogue as a whole: codes, versions, weights, references."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

from shanzhi.core.text import msg
from shanzhi.kernel.indicators.policy.definitions import Catalogue, Index, Indicator, Normalise, Part, ScoringKind
from shanzhi.kernel.indicators.policy.loading.indices import check_sum
from shanzhi.kernel.indicators.policy.loading.rows import Row, known_or
from shanzhi.kernel.indicators.policy.loading.scorings import UNWEIGHTED

HUNDRED = Decimal(100)


def check_whole(catalogue: Catalogue, top: Row, rows: Sequence[Row]) -> Catalogue:
    """The catalogue with its versions in a line (each ends where the next begins); problems are in the report."""
    _check_once(top, "project", [each.code for each in catalogue.projects])
    _check_once(top, "index", [f"{each.code} {each.holds_from}" for each in catalogue.indices])
    check_sum(
        top, "project", [each.weight for each in catalogue.projects], msg("各项目的权重加起来是 %(sum)s，不是 100。")
    )
    for project in catalogue.projects:
        if project.weight <= 0:
            top.fault("project", msg("项目“%(name)s”的权重要大于 0。"), name=project.name)
    whole = replace(catalogue, indicators=_in_line(catalogue, rows))
    _check_weights(whole, top)
    for place, index in enumerate(whole.indices):
        _check_index(whole, index, top, place)
    return whole


def _check_once(top: Row, key: str, codes: Iterable[str]) -> None:
    for code, count in Counter(codes).items():
        if count > 1:
            top.fault(
                key, msg("“%(code)s”写了 %(count)s 次。"), msg("删去多余的，或换一个代码。"), code=code, count=count
            )


def _in_line(catalogue: Catalogue, rows: Sequence[Row]) -> tuple[Indicator, ...]:
    by_key: dict[str, list[int]] = defaultdict(list)
    for place, each in enumerate(catalogue.indicators):
        by_key[each.key].append(place)
    made = list(catalogue.indicators)
    for places in by_key.values():
        places.sort(key=lambda place: (made[place].holds_from, made[place].version))
        for earlier, later in pairwise(places):
            made[earlier] = _followed(made[earlier], made[later], rows[later])
    return tuple(made)


def _followed(earlier: Indicator, later: Indicator, row: Row) -> Indicator:
    month = f"{later.holds_from // 100}-{later.holds_from % 100:02d}"
    if earlier.holds_from == later.holds_from:
        words = msg("“%(name)s”从 %(month)s 起有两个版本（%(one)s 和 %(two)s）。")
        row.fault("holds_from", words, msg("一个期间只能有一个版本。"), name=later.name, month=month,
                  one=earlier.version, two=later.version)  # fmt: skip
    elif later.version <= earlier.version:
        row.fault("version", msg("较晚起用的版本号要更大。"))
    if earlier.holds_until is not None and earlier.holds_until > later.holds_from:
        words = msg("第 %(one)s 版还没结束，第 %(two)s 版已从 %(month)s 起用。")
        row.fault(
            "holds_from", words, msg("改前一版的 holds_until。"), one=earlier.version, two=later.version, month=month
        )
    if earlier.period is not later.period or earlier.source is not later.source:
        row.fault("version", msg("换了期间长度或来源的，是另一个指标。"), msg("换一个 key。"))
    return earlier if earlier.holds_until is not None else replace(earlier, holds_until=later.holds_from)


def _turns(catalogue: Catalogue) -> Iterator[int]:
    """The months from which another set of indicators holds."""
    months = {catalogue.holds_from}
    for each in catalogue.indicators:
        months |= {each.holds_from, *([each.holds_until] if each.holds_until else [])}
    return (month for month in sorted(months) if month >= catalogue.holds_from)


def _check_weights(catalogue: Catalogue, top: Row) -> None:
    told: set[str] = set()
    for month in _turns(catalogue):
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for each in catalogue.in_month(month):
            if each.scoring.kind not in UNWEIGHTED:
                sums[each.project] += each.weight
        for place, project in enumerate(catalogue.projects):
            if sums[project.code] == HUNDRED or project.code in told:
                continue
            told.add(project.code)
            words = msg("项目“%(name)s”的指标权重自 %(month)s 起加起来是 %(sum)s，不是 100。")
            said = {"name": project.name, "month": f"{month // 100}-{month % 100:02d}", "sum": sums[project.code]}
            top.report.add(("project", place), f'project "{project.code}"', words, msg("调整到正好 100。"), **said)


def _check_index(catalogue: Catalogue, index: Index, top: Row, place: int) -> None:
    keys = {each.key for each in catalogue.indicators}
    for key, count in Counter(index.keys).items():
        if count > 1:
            top.report.add(("index", place), f'index "{index.code}"', msg("指标“%(key)s”在指数里用了两次。"), key=key)
    for at, each in enumerate(index.classes):
        for number, part in enumerate(each.parts):
            path = ("index", place, "class", at, "part", number)
            row = Row(top.report, {}, path, f'index "{index.code}".class "{each.code}".part "{part.indicator}"')
            known_or(row, "indicator", part.indicator, keys, msg("没有“%(word)s”这个指标。"))
            for indicator in catalogue.versions(part.indicator):
                _check_part(row, part, indicator)


def _check_part(row: Row, part: Part, indicator: Indicator) -> None:
    if part.normalise is Normalise.TARGET and not (indicator.target and indicator.target > 0):
        row.fault("normalise", msg("“%(name)s”没有大于 0 的目标值，不能按目标折算。"), name=indicator.name)
    by_points = part.normalise is Normalise.SCORING
    if by_points and indicator.scoring.kind in {ScoringKind.VETO, ScoringKind.NONE, ScoringKind.BONUS}:
        words = msg("“%(name)s”的计分方式是 %(kind)s，不能按得分折算。")
        row.fault("normalise", words, msg("用 range。"), name=indicator.name, kind=indicator.scoring.kind.value)
