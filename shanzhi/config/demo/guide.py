"""What the demo says on the console once it is up: the address, the sign-ins, and what to look at in each."""

from collections.abc import Sequence
from datetime import datetime

from rich.console import Console
from rich.table import Column, Table

from shanzhi.config.demo.around import followed
from shanzhi.config.demo.city import PASSWORD, Login, actor_of, first_county, logins
from shanzhi.config.demo.upper import upper_logins
from shanzhi.config.installation import Installation
from shanzhi.core.periods import local_date
from shanzhi.kernel.organisation import queries as organisation

LOOKS = {
    "triage": "待受理、待派单，派单建议从派单目录来",
    "triage2": "和 triage 同一个收件箱，看两席怎样不撞车",
    "operator": "接线台：来电一边说，一边出相似事项和知识条目",
    "operator2": "另一席，看来电只归一席",
    "knowledge": "知识库：条目、版本、复核日期",
    "housing": "总是超期的单位：一屏红灯，退单、重办都有",
    "urban": "雨季那一周的排水，别的单位退来的单",
    "checker": "待核查，核查退回的理由",
    "supervisor": "督办：超期在哪、谁在退单；平安评估：签批、锁定、生成验收包",
    "keeper": "区划、场所、单位岗位、派单目录、导入",
    "security": "账号、权限、审批",
    "grid": "今天的网格：到期、要巡查的场所、附近的事件",
    "community": "网格上报来的事件、抽查",
    "township": "社区上报来的事件，视图“积水”",
    "auditor": "日志、封签、谁看过联系方式",
    "assessor": "填报：一票否决和负面清单",
    "county": "一个区的指数和简表，镇街、社区的申诉由它决定",
    "county-keeper": "填报：本区和各镇街的指标，逾期的先申请补报",
}
"""Sign-in → what is worth looking at there, in one line."""

UPPER_LOOKS = {
    "organiser": "轮次、组队、发出轮次文件、收验收包、退回、通过、公布名单",
    "assessor1": "逐项评分，和本市自评并排看",
    "assessor2": "现场核查（手机页）；核查过的项目由别人评分",
    "assessor3": "第三个人：裁定异议时要用",
    "centre1": "抽查：抽签、现场核查、定分",
    "centre2": "另一名抽查员：现场核查和定分要分开",
    "upper-keeper": "函件：登记各市平台的公钥",
    "upper-security": "公钥要第二个人核对",
}
"""The same for a province's sign-ins."""


def city_name(city_code: str, now: datetime) -> str:
    """The name of the demo's city, its code where it isn't loaded."""
    region = organisation.region_of_code(city_code, local_date(now))
    return region.name if region else city_code


def welcome(installation: Installation, *, city_code: str, address: str, now: datetime, console: Console) -> None:
    """Print the guide."""
    console.print(f"\n[bold]{city_name(city_code, now)}（演示数据，纯属虚构）[/bold]  {address}")
    print_logins(logins(city_code, first_county(city_code, now)), now=now, console=console)
    console.print(f"居民不用登录：首页反映问题，{address}public/ 看公开的事项。")
    for number, code in followed(installation):
        console.print(f"  查进度用这一件：编号 {number}  查询码 {code}")
    console.print("除区划外，单位人员、场所和诉求都是虚构的。Ctrl-C 停止。")


def welcome_province(province: str, *, address: str, now: datetime, console: Console) -> None:
    """Print the guide of a province's demo."""
    console.print(f"\n[bold]{city_name(province, now)}验收平台（演示数据，纯属虚构）[/bold]  {address}")
    print_logins(upper_logins(province), now=now, console=console)
    console.print(
        "试评轮次已经打开。城市一方用 make demo 另起一座，两边靠文件往来：轮次文件、验收包、回执都在“函件”里。"
    )
    console.print("除区划外，单位人员都是虚构的。Ctrl-C 停止。")


def print_logins(known: Sequence[Login], *, now: datetime, console: Console) -> None:
    """A table of the sign-ins that are there, with what is worth looking at in each."""
    looks = LOOKS | UPPER_LOOKS
    table = Table(
        "登录名", "是谁", Column("看什么", overflow="fold"), title=f"密码都是 {PASSWORD}", title_justify="left"
    )
    for login in known:
        if actor_of(login, now) is not None:
            table.add_row(login.username, login.what, looks.get(login.username, ""))
    console.print(table)
