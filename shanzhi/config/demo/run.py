"""`shanzhi demo`: a city, or a province that assesses: all of it up, address and sign-ins printed, down again with Ctrl-C."""

import os
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from datetime import datetime

from django.utils import timezone
from rich.console import Console

from shanzhi.config.assets import collect
from shanzhi.config.demo.city import DemoMissing, is_loaded, load_city
from shanzhi.config.demo.guide import city_name, welcome, welcome_province
from shanzhi.config.demo.half import start_over, whole_or_not
from shanzhi.config.demo.upper import load_upper, open_round
from shanzhi.config.demo.whole import make_ninety
from shanzhi.config.installation import Installation
from shanzhi.config.server import environment, web_command, worker_command
from shanzhi.config.supervise import Child, Supervisor, interrupt_on_signals
from shanzhi.core.periods import local_date
from shanzhi.core.text import msg

START_SECONDS = 120
Make = Callable[..., object]
"""Makes the city: `make_ninety`, or what a test puts in its place."""


def run_demo(installation: Installation, *, city_code: str, host: str, port: int, console: Console) -> None:
    """Load the city at the first start, then serve until interrupted.

    Raises:
        DemoMissing: the port is taken, or the server doesn't come up.
    """
    _check_port(host, port)
    make_whole(installation, city_code=city_code, now=timezone.now(), console=console)

    def say(address: str) -> None:
        welcome(installation, city_code=city_code, address=address, now=timezone.now(), console=console)

    _serve(installation, name=city_name(city_code, timezone.now()), host=host, port=port, say=say, console=console)


def run_province_demo(
    installation: Installation, *, province: str, cities: Sequence[str], host: str, port: int, console: Console
) -> None:
    """Load a province with its sign-ins and a trial round at the first start, then serve until interrupted.

    Raises:
        DemoMissing: the port is taken, another place is loaded here, or the server doesn't come up.
        DomainError: it can't be loaded.
    """
    _check_port(host, port)
    now = timezone.now()
    load_upper(installation, province=province, cities=cities, on=local_date(now), demo=True, now=now, console=console)
    open_round(province, now=now)

    def say(address: str) -> None:
        welcome_province(province, address=address, now=timezone.now(), console=console)

    # Cookies go by a host's name and not by its port: beside a city under the other name, both stay signed in.
    shown = "localhost" if host == "127.0.0.1" else host
    _serve(installation, name=city_name(province, now), host=host, port=port, say=say, console=console, shown=shown)


def _serve(
    installation: Installation, *, name: str, host: str, port: int, say: Callable[[str], None], console: Console,
    shown: str = "",
) -> None:  # fmt: skip
    """Web server and worker until interrupted; `say` is called with the address once they are up, under the name `shown`."""
    collect()
    # A line for each request would push the sign-ins off the screen.
    os.environ.setdefault("SHANZHI_LOG_LEVEL", "WARNING")
    os.environ["SHANZHI_CITY_NAME"] = name
    interrupt_on_signals()
    web = Child("网页", web_command(host, port, 2, 2), environment(installation, "app"))
    worker = Child("后台", worker_command(), environment(installation, "worker"))
    supervisor = Supervisor(installation, [web, worker])
    try:
        supervisor.start()
        _wait_until_up(port, supervisor.children)
        say(f"http://{shown or host}:{port}/")
        supervisor.run()
    except KeyboardInterrupt:
        console.print("\n正在停止…")
    finally:
        supervisor.stop()
    console.print("已全部停止。")


def make_whole(
    installation: Installation, *, city_code: str, now: datetime, console: Console, make: Make = make_ninety
) -> None:
    """The demo city, whole: made where it isn't there, made anew where it was broken off, else left as it is.

    Raises:
        DemoMissing: another city is there, or what was broken off can't be cleared away.
        KeyboardInterrupt: it was broken off; the next start makes it anew.
    """
    if start_over(installation):
        console.print("上次的演示城市没有做完，已经清掉，从头再来。")
    if is_loaded(city_code, now):
        load_city(installation, city_code=city_code, now=now, console=console)
        return
    console.print("第一次启动：载入城市（约一分钟），再办理九十天虚构的事项（几分钟，下面有进度）。以后启动不再重来。")
    try:
        with whole_or_not(installation, city_code=city_code, now=now):
            make(installation, city_code=city_code, now=now, console=console)
    except KeyboardInterrupt:
        console.print("\n演示城市没有做完。下次运行 shanzhi demo 会清掉没做完的，从头再来。")
        raise


def _check_port(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise DemoMissing(
                msg('端口 %(port)s 用不了（%(reason)s）。请换一个：make demo ARGS="--port 8001"。'),
                port=port,
                reason=error.strerror,
            ) from error


def _wait_until_up(port: int, children: list[Child]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and all(child.is_up() for child in children):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise DemoMissing(msg("网页没有启动起来，上面的日志里有原因。请用 shanzhi doctor 检查。"))
