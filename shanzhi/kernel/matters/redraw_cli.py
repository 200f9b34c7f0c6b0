"""A redraw of regions at a terminal: what it would do, doing it, letting open matters follow."""

from datetime import date, datetime
from pathlib import Path
from uuid import UUID

from rich.console import Console
from rich.progress import Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from shanzhi.core.text import msg
from shanzhi.kernel.journal.policy import Author
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.organisation import operations as organisation
from shanzhi.kernel.organisation import queries as regions
from shanzhi.kernel.organisation.policy.plan import BadChange, Plan, check_left_open
from shanzhi.kernel.organisation.policy.plan_file import plan_read, plan_write

_SHOWN = 30


def read(file: Path) -> Plan:
    """The plan in a file.

    Raises:
        BadChange: it can't be read, or isn't one.
    """
    try:
        return plan_read(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise BadChange(msg("读不出方案文件 %(file)s。请确认文件存在，并以 UTF-8 保存。"), file=str(file)) from error


def tell(plan: Plan, *, console: Console) -> UUID | None:
    """Print what a plan would do; returns the version of the tree that it was drawn on. Worker's role.

    Raises:
        BadChange: it can't be, or an open matter would be left without a region.
    """
    preview = regions.plan_preview(plan)
    drawn, goes = preview.drawn, preview.succession
    check_left_open(drawn)
    matters = queries.open_matters_of({pair.old_id: pair.old_code for pair in drawn.pairs})
    table = Table("原代码", "新代码", "在办事项")
    for pair in drawn.pairs[:_SHOWN]:
        code = "撤销" if pair.old_id in drawn.abolished else pair.new_code
        table.add_row(pair.old_code, code, f"{matters.get(pair.old_id, 0):,}")
    console.print(table)
    handed = queries.open_matters_of_units([one.unit.unit_id for one in goes.units])
    console.print(
        f"{plan.on} 起：新设 {len(drawn.opened):,} 个区域，结束 {len(drawn.closed_ids):,} 个，"
        f"代码有变 {len(drawn.pairs):,} 个，涉及在办事项 {sum(matters.values()):,} 件；"
        f"结束 {len(goes.units):,} 个单位（在办 {handed:,} 件由接替单位办），新设 {len(goes.opened):,} 个；"
        f"岗位转接 {len(goes.posts):,} 个。"
    )
    return preview.version


def change(plan: Plan, version: UUID | None, *, now: datetime, console: Console) -> None:
    """Carry a plan out. Importer's role.

    Raises:
        DomainError: see `organisation.operations.regions_change`.
    """
    organisation.regions_change(plan=plan, version=version, now=now, author=Author("importer"))
    console.print("区划已变更。")


def undo(number: int, on: date, out: Path | None, *, console: Console) -> None:
    """Draw up a plan that takes a redraw back, print it or write it to `out`, and say what it would do. Worker's role.

    Raises:
        DomainError: there is no such redraw, or it can't be taken back by itself.
    """
    plan = regions.undo_plan(number, on)
    if out is None:
        console.print(plan_write(plan), markup=False)
    else:
        out.write_text(plan_write(plan), encoding="utf-8")
    tell(plan, console=console)
    left = regions.undo_leaves(number, regions.plan_preview(plan).drawn)
    console.print(f"撤销恢复区域和代码；原变更结束的 {len(left):,} 个单位不会恢复，要另行办理：")
    for one in left:
        to_do = f"现由“{one.stands}”承担，请核对名称和岗位" if one.stands else f"工作现归“{one.heir}”，请重新设立"
        console.print(
            f"  {one.region_name}（{one.region_code}）{one.name}，原有岗位 {one.posts:,} 个：{to_do}。", markup=False
        )


def follow(*, now: datetime, console: Console) -> int:
    """Let open matters follow, with a count on the screen; returns how many. Worker's role."""
    with Progress(
        TextColumn("在办事项已调整 {task.completed:,} 件"), TimeElapsedColumn(), console=console, transient=True
    ) as shown:
        task = shown.add_task("", total=None)
        moved = operations.matters_follow(now=now, told=lambda count: shown.update(task, completed=count))
    console.print(f"在办事项已调整 {moved:,} 件。")
    return moved
