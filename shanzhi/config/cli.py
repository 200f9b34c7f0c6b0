"""The command line: `shanzhi …`. Thin: each command sets up what it needs and calls one function."""

import json
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from django.utils import timezone
from rich.console import Console

from shanzhi.config import commands
from shanzhi.config.installation import home_folder
from shanzhi.config.ready import ready
from shanzhi.core.errors import DomainError

cli = typer.Typer(no_args_is_help=True, add_completion=False, help="善治：城市运行平台。")
regions = typer.Typer(no_args_is_help=True, help="区划。")
units = typer.Typer(no_args_is_help=True, help="单位和岗位。")
process = typer.Typer(no_args_is_help=True, help="流程文件。")
imports = typer.Typer(no_args_is_help=True, help="导入。")
cli.add_typer(regions, name="regions")
cli.add_typer(units, name="units")
cli.add_typer(process, name="process")
cli.add_typer(imports, name="import")
commands.add_to(cli)

stderr = Console(stderr=True)

CityOption = Annotated[str, typer.Option("--city", help="城市的区划代码（4 位；重庆 50）。")]
PortOption = Annotated[int, typer.Option(help="端口。")]
HostOption = Annotated[str, typer.Option(help="监听地址；0.0.0.0 让别的设备也能访问。")]


@cli.command()
def demo(
    port: PortOption = 8000,
    host: HostOption = "127.0.0.1",
    city: CityOption = "3703",
    check: Annotated[
        bool, typer.Option("--check", help="不开网页：载入、导入、办理 200 件并核对，输出一个 JSON。")
    ] = False,
    messages: Annotated[Path | None, typer.Option(help="与 --check 一起用：要导入的 CSV。")] = None,
    province: Annotated[str, typer.Option(help="改为演示一个省的验收平台：省的代码，例如 37。")] = "",
) -> None:
    """演示城市：建库、载入区划、启动网页和后台；Ctrl-C 全部停下。"""
    os.environ["SHANZHI_DEMO"] = "1"
    if province:
        # Beside a city's demo in the same folder, with a database and keys of its own.
        os.environ["SHANZHI_HOME"] = str(home_folder() / f"p{province}")
        os.environ.setdefault("SHANZHI_SCHEMA", f"p{province}")
    with ready(prepare=True) as installation:
        if check:
            from shanzhi.config.demo.check import check as run_check

            said, is_whole = run_check(installation, city_code=city, messages=messages, console=stderr)
            print(json.dumps(said, ensure_ascii=False, indent=1))
            raise typer.Exit(0 if is_whole else 1)
        from shanzhi.config.demo.run import run_demo, run_province_demo

        if province:
            run_province_demo(installation, province=province, cities=(), host=host, port=port, console=Console())
            return
        run_demo(installation, city_code=city, host=host, port=port, console=Console())


@cli.command()
def setup() -> None:
    """建好数据库、角色、数据表和静态文件；可反复运行。"""
    with ready(prepare=True) as installation:
        from shanzhi.config.assets import collect
        from shanzhi.config.database import acting_as
        from shanzhi.kernel.matters import operations as matters

        collect()
        with acting_as(installation, "importer"):
            matters.kinds_take_over(now=timezone.now())
    stderr.print("已就绪。")


@cli.command()
def serve(port: PortOption = 8000, host: HostOption = "127.0.0.1", workers: int = 2, threads: int = 2) -> None:
    """网页和接口（先运行 shanzhi setup）。"""
    with ready() as installation:
        from shanzhi.config import server
        from shanzhi.config.supervise import Child, Supervisor, interrupt_on_signals

        web = server.web_command(host, port, workers, threads)
        supervisor = Supervisor(installation, [Child("网页", web, server.environment(installation, "app"))])
        interrupt_on_signals()
        try:
            supervisor.start()
            supervisor.run()
        except KeyboardInterrupt:
            stderr.print("正在停止：等手上的请求办完…")
        finally:
            supervisor.stop()


@cli.command()
def worker() -> None:
    """后台：分发事件、定时任务。"""
    with ready("worker"):
        from shanzhi.config.worker import run

        run()


@cli.command()
def doctor() -> None:
    """检查这套安装哪里不对、怎么修。"""
    from shanzhi.config.doctor import examine

    raise typer.Exit(examine(Console()))


@cli.command()
def token(
    who: Annotated[str, typer.Argument(help="登录名，或岗位编号。")],
    label: Annotated[str, typer.Option(help="用途。")] = "api",
    days: Annotated[int, typer.Option(help="有效天数。")] = 365,
) -> None:
    """给一个岗位发一枚接口令牌；只显示这一次。"""
    with ready():
        from shanzhi.kernel.access.cli import issue_token

        print(issue_token(who, label, days, now=timezone.now()))


@regions.command("load")
def regions_load(
    code: str,
    on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="从哪一天起有效；默认今天。")] = None,
) -> None:
    """载入一座城市的区划和网格，例如 3203。"""
    with ready(prepare=True) as installation:
        from shanzhi.config.database import acting_as
        from shanzhi.config.demo.city import DIVISIONS, check_same_city
        from shanzhi.kernel.organisation import cli as organisation

        day = on.date() if on else timezone.localdate()
        with acting_as(installation, "importer"):
            check_same_city(code, day)
            organisation.load_regions(code, folder=DIVISIONS, on=day, now=timezone.now(), console=Console())


@regions.command("change")
def regions_change(
    file: Annotated[Path, typer.Option("--file", help="变更方案（TOML）。")],
    dry: Annotated[bool, typer.Option("--try", help="只看会怎样，不变更。")] = False,
) -> None:
    """按方案变更区划：改名、换代码、划转、合并、拆分、新设、撤销；在办事项随之调整。"""
    with ready() as installation:
        from shanzhi.config.database import acting_as
        from shanzhi.kernel.matters import redraw_cli

        plan = redraw_cli.read(file)
        # The worker sees open matters, the importer changes regions: each does what it may.
        with acting_as(installation, "worker"):
            version = redraw_cli.tell(plan, console=Console())
        if dry:
            return
        with acting_as(installation, "importer"):
            redraw_cli.change(plan, version, now=timezone.now(), console=Console())
        with acting_as(installation, "worker"):
            redraw_cli.follow(now=timezone.now(), console=Console())


@regions.command("undo")
def regions_undo(
    number: Annotated[int, typer.Argument(help="区划变更的编号。")],
    on: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="从哪一天起撤销。")],
    out: Annotated[Path | None, typer.Option(help="把方案写到这个文件。")] = None,
) -> None:
    """拟出撤销一次区划变更的方案并预览；写成文件后用 regions change 变更。"""
    with ready() as installation:
        from shanzhi.config.database import acting_as
        from shanzhi.kernel.matters import redraw_cli

        with acting_as(installation, "worker"):
            redraw_cli.undo(number, on.date(), out, console=Console())


@regions.command("shapes")
def regions_shapes(
    file: Annotated[Path, typer.Argument(help="GeoJSON 文件（UTF-8，最多 50 MB）。")],
    datum: Annotated[str, typer.Option(help="坐标系：WGS84、CGCS2000、GCJ-02 或 BD-09。")],
    on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="从哪一天起生效；默认今天。")] = None,
    dry: Annotated[bool, typer.Option("--try", help="只检查，不采用。")] = False,
    even_so: Annotated[bool, typer.Option("--even-so", help="提醒都看过了，仍然采用。")] = False,
    code_field: Annotated[str, typer.Option(help="代码所在的属性名；默认自己找。")] = "",
) -> None:
    """检查并采用区域边界：环、代码、重叠、空白、坐标系；有错误的一个也不采用。"""
    with ready() as installation:
        from shanzhi.config.database import acting_as
        from shanzhi.kernel.organisation import shape_cli

        day = on.date() if on else timezone.localdate()
        with acting_as(installation, "importer"):
            shape_cli.load(
                file,
                datum=datum,
                code_field=code_field,
                on=day,
                now=timezone.now(),
                dry=dry,
                even_so=even_so,
                console=Console(),
            )


@units.command("load")
def units_load(code: str) -> None:
    """按单位目录设立一座城市的综治中心、部门、乡镇街道、村社区及其岗位（先载入区划）。"""
    with ready(prepare=True) as installation:
        from shanzhi.config.database import acting_as
        from shanzhi.kernel.organisation import cli as organisation

        with acting_as(installation, "importer"):
            organisation.set_up_units(code, on=timezone.localdate(), now=timezone.now(), console=Console())


@cli.command()
def account(
    username: Annotated[str, typer.Argument(help="登录名。")],
    unit: Annotated[str, typer.Option(help="单位代码，例如 centre-3703。")],
    role: Annotated[str, typer.Option(help="岗位角色，例如 dispatcher。")],
    name: Annotated[str, typer.Option(help="姓名。")],
    number: Annotated[str, typer.Option(help="工号。")],
) -> None:
    """给一位工作人员安排空缺的岗位并开通登录；密码在提示后输入。"""
    password = typer.prompt("密码", hide_input=True, confirmation_prompt="再输一次")
    with ready() as installation:
        from shanzhi.config.database import acting_as
        from shanzhi.kernel.access.cli import open_account

        with acting_as(installation, "importer"):
            title = open_account(
                username, unit=unit, role=role, name=name, number=number, password=password, now=timezone.now()
            )
    stderr.print(f"{username} 已可登录，岗位：{title}。")


@imports.command("matters")
def import_matters(  # noqa: PLR0917 - the command's own options
    file: Path,
    source: Annotated[str, typer.Option(help="来源系统的名称；默认用文件名。")] = "",
    rejects: Annotated[Path | None, typer.Option(help="未导入的行写到这里；默认在原文件旁。")] = None,
    preview: Annotated[bool, typer.Option("--preview", help="只看前 20 行会成为什么，不写入。")] = False,
    mapping: Annotated[str, typer.Option(help="用保存过的对应关系。")] = "",
    column: Annotated[list[str] | None, typer.Option(help="列名=字段，可写多次。")] = None,
    save_mapping: Annotated[str, typer.Option(help="把这次的对应关系按这个名称保存。")] = "",
    sheet: Annotated[str, typer.Option(help="XLSX 里的哪一张工作表；默认第一张。")] = "",
) -> None:
    """导入别的系统的事项（CSV、TSV、XLSX、JSON Lines）；可反复运行，已有的不再导入。"""
    with ready() as installation:
        from shanzhi.config.database import acting_as
        from shanzhi.modules.imports import cli as files

        how = files.how_read(mapping, column or [], save_mapping, sheet)
        name = source or file.stem.removesuffix(".rejects")
        with acting_as(installation, "importer"):
            if preview:
                raise typer.Exit(files.preview_matters_file(file, name, how=how))
            raise typer.Exit(files.import_matters_file(file, name, rejects, how=how))


@imports.command("table")
def import_table(  # noqa: PLR0917 - the command's own options
    file: Path,
    subject: Annotated[str, typer.Option(help="导入什么，如 regions、places。")],
    on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="从哪一天起有效；默认今天。")] = None,
    rejects: Annotated[Path | None, typer.Option(help="未导入的行写到这里；默认在原文件旁。")] = None,
    preview: Annotated[bool, typer.Option("--preview", help="只看能导入多少，不写入。")] = False,
    mapping: Annotated[str, typer.Option(help="用保存过的对应关系。")] = "",
    column: Annotated[list[str] | None, typer.Option(help="列名=字段，可写多次。")] = None,
    save_mapping: Annotated[str, typer.Option(help="把这次的对应关系按这个名称保存。")] = "",
    sheet: Annotated[str, typer.Option(help="XLSX 里的哪一张工作表；默认第一张。")] = "",
) -> None:
    """导入区域、场所、单位等（CSV、TSV、XLSX、JSON Lines）；可反复运行，已有的不动。"""
    with ready() as installation:
        from shanzhi.config.database import acting_as
        from shanzhi.modules.imports import cli as files

        how = files.how_read(mapping, column or [], save_mapping, sheet)
        day = on.date() if on else timezone.localdate()
        with acting_as(installation, "importer"):
            raise typer.Exit(files.import_whole_file(subject, file, day, rejects, how=how, is_preview=preview))


@imports.command("regions")
def import_regions(  # noqa: PLR0917 - the command's own options
    file: Path,
    on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="从哪一天起有效；默认今天。")] = None,
    rejects: Annotated[Path | None, typer.Option(help="未导入的行写到这里；默认在原文件旁。")] = None,
    preview: Annotated[bool, typer.Option("--preview", help="只看能导入多少，不写入。")] = False,
    mapping: Annotated[str, typer.Option(help="用保存过的对应关系。")] = "",
    column: Annotated[list[str] | None, typer.Option(help="列名=字段，可写多次。")] = None,
    save_mapping: Annotated[str, typer.Option(help="把这次的对应关系按这个名称保存。")] = "",
    sheet: Annotated[str, typer.Option(help="XLSX 里的哪一张工作表；默认第一张。")] = "",
) -> None:
    """导入区划和网格（CSV、TSV、XLSX、JSON Lines）；可反复运行，已有的不动。"""
    import_table(file, "regions", on, rejects, preview, mapping, column, save_mapping, sheet)


@imports.command("places")
def import_places(
    file: Path,
    on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="从哪一天起有效；默认今天。")] = None,
    source: Annotated[str, typer.Option(help="编号来自哪个系统；同一来源的同一编号是同一个场所。")] = "import",
    datum: Annotated[
        str, typer.Option(help="坐标系：WGS84、CGCS2000、GCJ-02、BD-09；以文件里的坐标系一列为准。")
    ] = "WGS84",
    preview: Annotated[bool, typer.Option("--preview", help="只看能导入多少，不写入。")] = False,
    column: Annotated[list[str] | None, typer.Option(help="列名=字段，可写多次。")] = None,
    sheet: Annotated[str, typer.Option(help="XLSX 里的哪一张工作表；默认第一张。")] = "",
) -> None:
    """导入场所（CSV、TSV、XLSX、JSON Lines）；可反复运行，已有的不动，很像的列出来由人定。"""
    with ready() as installation:
        from shanzhi.config.database import acting_as
        from shanzhi.modules.imports import cli as files

        how = files.how_read("", column or [], "", sheet, {"source": source, "datum": datum})
        day = on.date() if on else timezone.localdate()
        with acting_as(installation, "importer"):
            raise typer.Exit(files.import_whole_file("places", file, day, how=how, is_preview=preview))


@imports.command("fields")
def import_fields(subject: str = "matters") -> None:
    """可以导入的字段：列名、是否必填、例子、也认得的列名。"""
    with ready():
        from shanzhi.modules.imports import cli as files

        files.show_fields(subject)


@imports.command("mappings")
def import_mappings(subject: str = "matters") -> None:
    """保存过的对应关系。"""
    with ready() as installation:
        from shanzhi.config.database import acting_as
        from shanzhi.modules.imports import cli as files

        with acting_as(installation, "importer"):
            files.show_mappings(subject)


@process.command("check")
def process_check(file: Path) -> None:
    """检查一个流程文件；每处问题都说出行号。"""
    _said("check_file", file)


@process.command("draw")
def process_draw(
    file: Path, form: Annotated[str, typer.Option("--format", help="table、mermaid、dot 或 svg。")] = "table"
) -> None:
    """把一个流程文件画成表或图。"""
    _said("draw_file", file, form)


def _said(command: str, *arguments: object) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shanzhi.config.settings")
    from shanzhi.kernel.matters import cli as matters

    said = getattr(matters, command)(*arguments)
    print(said.text)
    raise typer.Exit(0 if said.ok else 1)


def main() -> int:
    """Run a command; a DomainError is told in its sentence, without a traceback."""
    try:
        code = cli(standalone_mode=False)
    except DomainError as error:
        stderr.print(f"[red]{error}[/red]")
        for name, sentence in error.fields.items():
            stderr.print(f"  {name}：{sentence}")
        return 1
    except typer.Abort:
        return 130
    except Exception as error:
        # Typer raises Click's own errors, which know how to show themselves.
        show = getattr(error, "show", None)
        if show is None:
            raise
        show()
        return int(getattr(error, "exit_code", 1))
    # Without its standalone mode Typer hands the exit code back.
    return code if isinstance(code, int) else 0


if __name__ == "__main__":
    sys.exit(main())
