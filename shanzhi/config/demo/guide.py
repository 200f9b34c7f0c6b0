"""What the demo says on the console once it is up: the address, the sign-ins, and what to look at in each."""

from datetime import datetime

from rich.console import Console
from rich.table import Table

from shanzhi.config.demo.around import followed
from shanzhi.config.demo.city import PASSWORD, actor_of, first_county, logins
from shanzhi.config.installation import Installation
from shanzhi.core.periods import local_date
from shanzhi.kernel.organisation import queries as organisation


def city_name(city_code: str, now: datetime) -> str:
    """The name of the demo's city, its code where it isn't loaded."""
    region = organisation.region_of_code(city_code, local_date(now))
    return region.name if region else city_code


def welcome(installation: Installation, *, city_code: str, address: str, now: datetime, console: Console) -> None:
    """Print the guide."""
    console.print(f"\n[bold]{city_name(city_code, now)}（演示数据，纯属虚构）[/bold]  {address}")
    table = Table("登录名", "是谁", "看什么", title=f"密码都是 {PASSWORD}", title_justify="left")
    for login in logins(city_code, first_county(city_code, now)):
        if actor_of(login, now) is not None:
            table.add_row(login.username, login.what, login.look)
    console.print(table)
    console.print(f"居民不用登录：首页反映问题，{address}public/ 看公开的事项。")
    for number, code in followed(installation):
        console.print(f"  查进度用这一件：编号 {number}  查询码 {code}")
    console.print("除区划外，单位人员、场所和诉求都是虚构的。Ctrl-C 停止。")
