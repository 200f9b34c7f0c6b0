"""`shanzhi vault …`: how the vault stands, its keys, and what is beyond its term."""

import time
from typing import Annotated

import typer
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from shanzhi.config.ready import ready

group = typer.Typer(no_args_is_help=True, help="金库：密钥、重新加密、到期删除。")
console = Console(stderr=True)
WAIT_SECONDS = 2.0

KeyOption = Annotated[str, typer.Option("--key", help="密钥编号；留空新建一把。")]


@group.command()
def status() -> None:
    """各把密钥下有多少条、重新加密到哪里、有没有到期未删的。"""
    with ready("worker"):
        from shanzhi.kernel.vault import queries

        state = queries.status(today=timezone.localdate())
    table = Table("密钥", "算法", "条数", "状态", "启用", "退役")
    for row in state.keys:
        said = "使用中" if row.is_active else "可解密" if row.in_ring else "已退役" if row.retired_at else "不在密钥环"
        days = [f"{day:%Y-%m-%d}" if day else "" for day in (row.activated_at, row.retired_at)]
        table.add_row(row.code, row.algorithm, f"{row.rows:,}", said, *days)
    out = Console()
    out.print(table)
    out.print(f"共 {state.rows:,} 条，{state.stale:,} 条不在现用的密钥和算法下。")
    if state.rotation is not None:
        done = "已完成" if state.rotation.done_at else "进行中"
        failed = f"，{state.rotation.unreadable:,} 条打不开" if state.rotation.unreadable else ""
        out.print(f"最近一次重新加密：{done}，{state.rotation.moved:,} / {state.rotation.total:,}{failed}。")
    late = f"到期未删 {state.overdue:,} 条" + (f"，最早 {state.overdue_since}" if state.overdue_since else "")
    out.print(f"{late}；依法延长保存 {state.on_hold:,} 条。")


@group.command("add-key")
def add_key(key: KeyOption = "") -> None:
    """增加一把密钥，先不启用；多台服务器时，把 secrets.json 分发到各台，再运行 rotate。"""
    with ready("worker"):
        from shanzhi.kernel.vault import operations

        now = timezone.now()
        name = key or operations.fresh_key_id(now)
        operations.key_add(key_id=name, now=now)
    console.print(f"已增加“{name}”。请把 secrets.json 另存一份，再运行 shanzhi vault rotate --key {name}。")


@group.command()
def rotate(
    signoff: Annotated[int, typer.Option(help="双人复核的编号。")] = 0,
    sole_keeper: Annotated[bool, typer.Option("--sole-keeper", help="只有一位管理员：写明理由，照此留痕。")] = False,
    key: KeyOption = "",
) -> None:
    """启用另一把密钥，并把旧内容重新加密；要有另一人的批准。"""
    if bool(signoff) == sole_keeper:
        raise typer.BadParameter("请给出 --signoff 编号；只有一位管理员的，用 --sole-keeper。")
    reason = typer.prompt("理由") if sole_keeper else ""
    with ready("worker"):
        from shanzhi.kernel.vault import operations

        now = timezone.now()
        if signoff:
            said = operations.rotate_by_signoff(signoff_id=signoff, now=now)
        else:
            said = operations.rotate({"key": key, "reason": reason}, now)
        console.print(said)
        _reencrypt()


@group.command()
def reencrypt() -> None:
    """把不在现用密钥和算法下的内容重新加密；随时可以中断，再运行就接着做。"""
    with ready("worker"):
        from shanzhi.kernel.vault import operations

        operations.reencrypt_begin(now=timezone.now())
        _reencrypt()


def _reencrypt() -> None:
    """Go on until it is done, waiting for rows that somebody else holds."""
    from shanzhi.kernel.vault import operations

    columns = (TextColumn("重新加密"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    unreadable, waits = 0, True
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("", total=None)
        while waits:
            waits = False
            for step in operations.reencrypt(now=timezone.now()):
                bar.update(task, total=max(step.total, step.moved), completed=step.moved)
                unreadable, waits = step.unreadable, step.waits
            if waits:
                time.sleep(WAIT_SECONDS)
    if unreadable:
        console.print(f"[red]{unreadable:,} 条打不开，原样留着。请用备份核查，密钥不要退役。[/red]")
        raise typer.Exit(1)


@group.command()
def retire(key: Annotated[str, typer.Argument(help="密钥编号。")]) -> None:
    """让一把密钥退役；还有内容由它加密时会被拒绝。更早的备份要靠它打开，请另存 secrets.json。"""
    typer.confirm(f"退役后，用“{key}”加密的旧备份要另存的 secrets.json 才能打开。继续吗？", abort=True)
    with ready("worker"):
        from shanzhi.kernel.vault import operations

        operations.key_retire(key_id=key, now=timezone.now())
    console.print(f"“{key}”已退役。")


@group.command()
def purge() -> None:
    """删除保存期限已到的内容（后台每夜也会做）；未办结的和依法延长保存的不删。"""
    with ready("worker"):
        from shanzhi.kernel.vault import operations

        subjects = records = 0
        with Progress(TextColumn("到期删除"), BarColumn(), TextColumn("{task.description}"), console=console) as bar:
            task = bar.add_task("", total=None)
            for done in operations.purge(now=timezone.now()):
                subjects, records = subjects + done.subjects, records + done.records
                bar.update(task, description=f"{subjects:,} 件，{records:,} 条")
    console.print(f"删除了 {subjects:,} 件事项的 {records:,} 条内容。")


@group.command("lift-hold")
def lift_hold(number: Annotated[str, typer.Argument(help="事项编号。")]) -> None:
    """不再延长保存一件事项的个人信息，恢复按原期限删除。"""
    with ready("worker"):
        from shanzhi.kernel.vault import operations

        lifted = operations.hold_lift(kind="matter", number=number, now=timezone.now())
    console.print(f"已解除 {lifted} 项延长保存。")
