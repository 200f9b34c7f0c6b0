"""`shanzhi packs …`: what this platform knows of others."""

import typer
from django.utils import timezone

from shanzhi.config.ready import ready

group = typer.Typer(no_args_is_help=True, help="验收包和往来平台。")


@group.command()
def peers() -> None:
    """列出登记过的平台和它们的公钥。"""
    with ready("worker"):
        from shanzhi.kernel.packs.queries import letters

        rows = letters.peers(withdrawn=True)
    if not rows:
        print("还没有登记过平台。")
    for row in rows:
        until = f"，撤销于 {timezone.localtime(row.withdrawn_at):%Y-%m-%d %H:%M}" if row.withdrawn_at else ""
        print(f"{row.code:<12} {row.name}  登记于 {timezone.localtime(row.since):%Y-%m-%d %H:%M}{until}")
        for key in row.keys:
            print(f"             {key.text()}")
