"""`shanzhi indicator …`: check a catalogue of indicators, compute figures on an engine, explain one down to its records."""

import json
import os
from contextlib import closing, nullcontext
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import django
import typer
from django.utils import timezone
from rich.console import Console
from rich.table import Column, Table

from shanzhi.config.ready import ready
from shanzhi.core.errors import InputError, NotFound
from shanzhi.core.text import msg
from shanzhi.kernel.indicators.policy.definitions import Catalogue, Indicator, Level
from shanzhi.kernel.indicators.policy.dialects import EngineName
from shanzhi.kernel.indicators.policy.periods import Period, month_of, read_period
from shanzhi.kernel.indicators.policy.regions import RegionState, Standing

group = typer.Typer(no_args_is_help=True, help="指标：检查目录，计算，说明一个数是怎么来的。")
console = Console()

EngineOption = Annotated[EngineName | None, typer.Option("--engine", help="用哪个引擎算；给了 --facts 时默认 duckdb。")]
FactsOption = Annotated[
    Path | None, typer.Option("--facts", help="导出的事实所在的文件夹（Parquet）。", exists=True, file_okay=False)
]
FileOption = Annotated[
    Path | None, typer.Option("--catalogue", help="用这个指标目录，不用现行的。", exists=True, dir_okay=False)
]
PeriodOption = Annotated[str, typer.Option("--period", help="期间：2026-10、2026-Q4 或 2026。")]
RegionOption = Annotated[str, typer.Option("--region", help="区域代码；默认全市。")]
TreeOption = Annotated[datetime | None, typer.Option("--tree", formats=["%Y-%m-%d"], help="按哪一天的区划；默认期末。")]
UnfinishedOption = Annotated[bool, typer.Option("--unfinished", help="期间没结束也算，并注明“未满期”。")]


class NotOver(InputError):
    """The period isn't over."""

    code = "period-not-over"


@group.command()
def check(
    file: Annotated[Path, typer.Argument(help="指标目录（TOML）。", exists=True, dir_okay=False)],
) -> None:
    """检查一个指标目录：公式、权重、版本、依据；每处问题都说出行号，什么也不保存。"""
    _settings()
    from shanzhi.kernel.catalogue import queries as rule_book
    from shanzhi.kernel.indicators.policy.loading import load_catalogue
    from shanzhi.kernel.indicators.queries.book import text_of

    roles = frozenset(rule_book.section("roles"))
    found = load_catalogue(text_of(file), roles=roles)
    if not isinstance(found, Catalogue):
        for problem in found:
            console.print(f"{file.name}  {problem}", markup=False, highlight=False, soft_wrap=True)
        console.print(f"共 {len(found)} 处要改。")
        raise typer.Exit(1)
    keys = {each.key for each in found.indicators}
    computed = {each.key for each in found.indicators if each.formula}
    console.print(
        f"{_titled(found)}可用：{len(found.projects)} 个项目，{len(keys)} 条指标"
        f"（{len(computed)} 条由系统计算），共 {len(found.indicators)} 版，{len(found.indices)} 个指数。"
    )


@group.command("list")
def listed(
    file: FileOption = None,
    period: Annotated[str, typer.Option("--period", help="哪个期间的口径；默认本月。")] = "",
) -> None:
    """列出现行的指标。"""
    _settings()
    catalogue = _catalogue(file)
    month = read_period(period).last if period else month_of(timezone.localdate())
    table = Table(
        Column("指标", no_wrap=True), "名称", "来源", "单位", "期间", "最低层级", "版本", title=_titled(catalogue)
    )
    for each in catalogue.in_month(month):
        table.add_row(each.key, each.name, each.source, each.unit, each.period, each.level, str(each.version))
    console.print(table)


@group.command()
def run(
    *,
    keys: Annotated[list[str] | None, typer.Argument(help="指标代码；不写就是全部由系统计算的。")] = None,
    period: PeriodOption,
    region: RegionOption = "",
    level: Annotated[Level | None, typer.Option("--level", help="列出区域内这一层级的每个区域。")] = None,
    engine: EngineOption = None,
    facts: FactsOption = None,
    file: FileOption = None,
    tree: TreeOption = None,
    unfinished: UnfinishedOption = False,
    as_json: Annotated[bool, typer.Option("--json", help="每个数一行 JSON。")] = False,
) -> None:
    """计算指标：分子、分母和数值。"""
    wanted = _period(period, unfinished=unfinished)
    with _engine(engine, facts) as runner:
        from shanzhi.kernel.indicators.queries import running

        catalogue, today = _catalogue(file), timezone.localdate()
        standing = running.standing_of(runner, _tree_day(tree, wanted, today))
        regions = _regions(standing, region, level)
        chosen = keys or _computable(catalogue, wanted)
        found = running.figures(
            runner, catalogue, chosen, [wanted], standing, today=today, wanted={each.region_id for each in regions}
        )
        _warn(runner, catalogue)
    if as_json:
        for each in found:
            print(json.dumps(_as_json(each, standing), ensure_ascii=False))
        return
    table = Table("指标", "区域", "分子", "分母", "数值", "单位", title=f"{_titled(catalogue)} {wanted}")
    for each in found:
        table.add_row(each.indicator.name, standing.states[each.region_id].name, _shown(each.numbers.numerator),
                      str(each.numbers.denominator), _worded(each), each.indicator.unit)  # fmt: skip
    console.print(table)


@group.command()
def explain(
    *,
    key: Annotated[str, typer.Argument(help="指标代码。")],
    period: PeriodOption,
    region: RegionOption = "",
    engine: EngineOption = None,
    facts: FactsOption = None,
    file: FileOption = None,
    tree: TreeOption = None,
    unfinished: UnfinishedOption = False,
    most: Annotated[int, typer.Option("--most", help="最多列出多少件。")] = 50,
) -> None:
    """说明一个数是怎么来的：口径、公式、依据、分子分母、背后的每一件事项。"""
    wanted = _period(period, unfinished=unfinished)
    with _engine(engine, facts) as runner:
        from shanzhi.kernel.indicators.queries import running

        catalogue, today = _catalogue(file), timezone.localdate()
        standing = running.standing_of(runner, _tree_day(tree, wanted, today))
        (place,) = _regions(standing, region, None)
        found = running.figures(runner, catalogue, [key], [wanted], standing, today=today, wanted={place.region_id})
        behind = running.behind(runner, catalogue, key, wanted, place.region_id, standing, limit=most)
        _warn(runner, catalogue)
    rule = found[0].indicator if found else running.rule_of(catalogue, key, wanted)
    if not found:
        raise NotFound(msg("“%(name)s”没有 %(region)s 这一层级的数。"), name=rule.name, region=place.name)
    _say_rule(rule)
    console.print(f"\n[bold]{place.name}  {wanted}[/bold]：分子 {_shown(found[0].numbers.numerator)}，"
                  f"分母 {found[0].numbers.denominator}，{_worded(found[0])} {rule.unit}")  # fmt: skip
    table = Table(
        "事项", "计入分子", "计入分母", title=f"背后的事项（{len(behind)} 件{'以上' if len(behind) == most else ''}）"
    )
    for each in behind:
        table.add_row(each.number or str(each.matter_id), str(each.numerator), str(each.denominator))
    console.print(table)


def _settings() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shanzhi.config.settings")
    django.setup()


class _Ready:
    """An engine; closed, and the database let go, at the end."""

    def __init__(self, name: EngineName | None, facts: Path | None) -> None:
        self.name = name or (EngineName.DUCKDB if facts else EngineName.POSTGRES)
        self.facts = facts
        self._held: Any = nullcontext()

    def __enter__(self) -> Any:
        if self.name is EngineName.POSTGRES:
            self._held = ready("worker")
            self._held.__enter__()
            from shanzhi.kernel.indicators.queries.engines import PostgresEngine

            return PostgresEngine(seconds=600)
        if self.facts is None:
            raise InputError(msg("引擎 %(engine)s 读导出的事实，请用 --facts 给出文件夹。"), engine=self.name.value)
        _settings()
        runner = _over_folder(self.name, self.facts)
        self._held = closing(runner)
        self._held.__enter__()
        return runner

    def __exit__(self, *raised: Any) -> None:
        self._held.__exit__(*raised)


def _engine(name: EngineName | None, facts: Path | None) -> _Ready:
    return _Ready(name, facts)


def _over_folder(name: EngineName, facts: Path) -> Any:
    if name is EngineName.SPARK:
        from shanzhi.kernel.indicators.queries.engines.spark import SparkEngine

        return SparkEngine.over_folder(facts)
    from shanzhi.kernel.indicators.queries.engines import DuckEngine

    return DuckEngine.over_folder(facts, seconds=600)


def _catalogue(file: Path | None) -> Catalogue:
    from shanzhi.kernel.indicators.queries import book

    return book.catalogue_in_force() if file is None else book.catalogue_in(file)


def _period(text: str, *, unfinished: bool) -> Period:
    period, today = read_period(text), timezone.localdate()
    if not unfinished and not period.is_over(today):
        words = msg("%(period)s 到 %(last)s 才结束，现在的数还会变。要先看，请加 --unfinished，数旁会注明“未满期”。")
        raise NotOver(words, period=str(period), last=period.ends_on)
    return period


def _tree_day(tree: datetime | None, period: Period, today: date) -> date:
    return tree.date() if tree else min(period.ends_on, today)


def _regions(standing: Standing, code: str, level: Level | None) -> list[RegionState]:
    if code:
        found = [each for each in standing.states.values() if each.code == code]
    else:
        found = [
            each for each in standing.states.values() if each.parent_id not in standing.states and each.level == "city"
        ]
    if not found:
        words = msg("%(day)s 的区划里没有“%(code)s”。请核对代码，或用 --tree 指定日期。")
        heir = standing.heir_of(code)
        if heir is not None:
            words = msg(
                "“%(code)s”在 %(day)s 以前已并入“%(heir)s”（%(into)s）。请用 %(into)s，或用 --tree 指定并入以前的一天。"
            )
            raise NotFound(words, day=standing.day, code=code, heir=heir.name, into=heir.code)
        raise NotFound(words, day=standing.day, code=code or "city")
    if level is None:
        return found[:1]
    return [each for each in standing.at_level(level) if found[0].region_id in standing.above(each.region_id)]


def _computable(catalogue: Catalogue, period: Period) -> list[str]:
    fits = (each for each in catalogue.in_month(period.last) if each.period.months <= period.length.months)
    return [each.key for each in fits if each.formula]


def _warn(runner: Any, catalogue: Catalogue) -> None:
    if getattr(runner, "absent", ()) and any(each.exclusions for each in catalogue.indicators):
        Console(stderr=True).print("注意：这些事实里没有剔除记录（fact_exclusion），按没有剔除计算。")


def _titled(catalogue: Catalogue) -> str:
    return f"{catalogue.name}（第 {catalogue.version} 版{'，示例' if catalogue.sample else ''}）"


def _shown(number: int | None) -> str:
    return "—" if number is None else str(number)


def _worded(figured: Any) -> str:
    return f"{figured.value.words}{'（未满期）' if figured.value.unfinished else ''}"


def _as_json(figured: Any, standing: Standing) -> dict[str, object]:
    place = standing.states[figured.region_id]
    return {
        "indicator": figured.indicator.key,
        "version": figured.indicator.version,
        "region": place.code,
        "period": str(figured.period),
        "numerator": figured.numbers.numerator,
        "denominator": figured.numbers.denominator,
        "state": figured.value.state.value,
        "value": None if figured.value.shown is None else str(figured.value.shown),
        "unfinished": figured.value.unfinished,
    }


def _say_rule(rule: Indicator) -> None:
    console.print(f"[bold]{rule.name}[/bold]（{rule.key}，第 {rule.version} 版）")
    console.print(f"口径：{rule.definition}", markup=False)
    for ground in rule.ground:
        console.print(f"依据：{ground.law} {ground.article} {ground.quote}".rstrip(), markup=False)
    console.print("公式：", rule.formula, sep="\n", markup=False, highlight=False, soft_wrap=True)
