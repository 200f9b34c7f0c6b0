"""`shanzhi round …`: the rounds of this city, and the letters about them that wait."""

import typer
from django.utils import timezone

from shanzhi.config.ready import ready

group = typer.Typer(no_args_is_help=True, help="验收轮次。")


@group.command("list")
def list_rounds() -> None:
    """列出本市参加的轮次、现在的状态和期限，以及还没有读取的函件。"""
    with ready("worker"):
        from shanzhi.kernel.packs.queries.letters import letters
        from shanzhi.kernel.rounds.policy.states import STATES
        from shanzhi.kernel.rounds.queries import round_rows

        rows = round_rows()
        waiting = [row for row in letters(direction="in") if row.kind in ("round", "slip") and row.state != "read"]
    if not rows:
        print("还没有轮次。收到组织方的函件后运行 shanzhi letter take-in 文件。")
    for row in rows:
        since = timezone.localtime(row.since)
        until = f"，{row.until} 以前" if row.until else ""
        print(f"{row.uid}  {row.city_code}  {STATES[row.state]}（{since:%Y-%m-%d %H:%M} 起{until}）  {row.name}")
    for letter in waiting:
        print(f"■ 函件 {letter.id}（{letter.about}）：{letter.reason % letter.params if letter.reason else '等待读取'}")
