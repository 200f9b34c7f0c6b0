"""What stands round the demo's matters: knowledge items, a dispatch catalogue that is live, saved views, and an import."""

import csv
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from shanzhi.config import database
from shanzhi.config.demo.cast import Cast
from shanzhi.config.demo.drives import ADMITTED as ADMITTED_DRIVE
from shanzhi.config.demo.rhythm import Rhythm
from shanzhi.config.demo.texts import demo_texts
from shanzhi.config.installation import Installation
from shanzhi.core.periods import CITY_ZONE, local_date
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import IMPORTER
from shanzhi.kernel.journal.policy import Author
from shanzhi.kernel.matters import operations as matters
from shanzhi.kernel.matters import queries
from shanzhi.kernel.matters.policy.dispatching import DispatchCase
from shanzhi.kernel.matters.rulebook import work_calendar
from shanzhi.kernel.organisation import operations as offices
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.policy import Level
from shanzhi.modules.hotline import operations as hotline
from shanzhi.modules.hotline.policy import read_items
from shanzhi.modules.imports import operations as imports

KNOWLEDGE = Path(__file__).parents[2] / "modules" / "hotline" / "catalogue" / "knowledge.toml"
OLD_SYSTEM = "旧系统（演示）"
OLD_DAYS, OLD_PER_DAY = 60, 7
REJECTED = (
    ("OLD-9001", "还没有到的一天", "路面塌了一块。", "2099-01-01 09:00", "", "", ""),
    ("OLD-9002", "时间读不懂的一行", "路灯不亮，请来修。", "去年冬天", "", "", ""),
)
GROUND = "示例派单目录，按职责清单编写"
ADMITTED = (
    ("居住情况说明", Level.COMMUNITY, 0, None),
    ("高龄津贴申请代办", Level.COMMUNITY, 0, None),
    ("居民议事会组织与公示", Level.COMMUNITY, 0, None),
    ("物业服务履约检查配合", Level.COMMUNITY, 0, None),
    ("小区消防通道每月查看", Level.COMMUNITY, 0, None),
    ("汛期低洼点值守", Level.COMMUNITY, 30, 120),
    ("生活垃圾分类入户宣传", Level.COMMUNITY, 0, 45),
    ("网格日常巡查", Level.GRID, 0, None),
    ("井盖、路灯损坏上报", Level.GRID, 0, None),
    ("施工围挡和夜间施工查看", Level.GRID, 0, None),
    ("矛盾纠纷上门了解", Level.GRID, 0, None),
    ("雨雪天道路结冰提醒", Level.GRID, 120, 210),
    (ADMITTED_DRIVE, Level.COMMUNITY, 0, None),
)
"""What may be asked in the demo city: item, of whom, from which day after the city's first one up to which."""
ADMISSION_GROUND = "示例：准入清单第 %d 项（演示用，不是正式文件）"
VIEWS = {
    "supervisor": (
        ("超期的", "light=overdue"),
        ("退过单的诉求", "kind=request&sort=due"),
        ("网格事件", "kind=incident"),
    ),
    "triage": (("今天到期", "light=warning"), ("夜间施工", "q=施工")),
    "housing": (("我们超期的", "light=overdue"),),
    "township": (("积水", "q=积水"),),
}
"""Sign-in → saved views: name and the query of the list's address."""


def prepare(installation: Installation, *, now: datetime) -> None:
    """Load the sample knowledge items and the sample admission list, and let the sample dispatch catalogue go live, as the
    importer. Before the first matter: they decide about all that come."""
    with database.acting_as(installation, "importer"):
        _admit(now)
        # The sample items begin with a year; here they hold from the first day on.
        items = [
            replace(item, valid_from=min(item.valid_from, local_date(now)))
            for item in read_items(KNOWLEDGE.read_text(encoding="utf-8"))
        ]
        hotline.items_load(items=items, actor=IMPORTER, now=now)
        if queries.dispatch_in_force(local_date(now)) is None:
            number = matters.dispatch_load(
                rows=_dispatch_rows(), holds_from=local_date(now), note="演示用的样例", actor=IMPORTER, now=now
            )
            matters.dispatch_go_live(version_id=number, actor=IMPORTER, now=now)


def _admit(now: datetime) -> None:
    """Put the sample items on the admission list (准入清单), where it is empty."""
    if organisation.admission_list():
        return
    first = local_date(now)
    for number, (item, level, since, until) in enumerate(ADMITTED, start=1):
        offices.admission_add(
            item=item,
            level=level,
            ground=ADMISSION_GROUND % number,
            on=first + timedelta(days=since),
            until=first + timedelta(days=until) if until else None,
            now=now,
            author=Author("importer"),
        )


def _dispatch_rows() -> list[DispatchCase]:
    """A row for each category whose department the rule book names."""
    found = queries.categories().rules.categories
    return [
        DispatchCase(
            category=code,
            region_code="",
            level=spec.level,
            unit_code="",
            unit_kind=spec.department,
            limit_text="5wd",
            ground=GROUND,
        )
        for code, spec in sorted(found.items())
        if not spec.retired and spec.department
    ]


def save_views(cast: Cast, *, now: datetime) -> int:
    """Keep the views of the sign-ins that have some; returns how many."""
    saved = 0
    for username, views in VIEWS.items():
        actor = cast.login(username, now)
        if actor is None:
            continue
        for name, query in views:
            with acting(actor):
                matters.view_save(name=name, query=query, actor=actor, now=now)
            saved += 1
    return saved


def import_old(installation: Installation, cast: Cast, *, before: datetime, now: datetime) -> imports.ImportResult:
    """Write the file of an old system, with two rows that can't be taken in, and import it as the importer."""
    path = installation.home / "old-system.csv"
    _write_old(path, cast, before)
    with database.acting_as(installation, "importer"):
        return imports.import_matters(
            path=path, source=OLD_SYSTEM, rejects_path=installation.home / "old-system.rejects.csv", now=now
        )


def _write_old(path: Path, cast: Cast, before: datetime) -> None:
    random, texts = Random(5), demo_texts()  # noqa: S311 - invented rows
    worked = work_calendar(local_date(before)).is_working_day
    moments = list(Rhythm(OLD_PER_DAY, wet=(), site_days_ago=-1).moments(before, OLD_DAYS, random, worked))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("编号", "标题", "内容", "反映时间", "区域代码", "答复", "答复时间"))
        for number, moment in enumerate(moments, start=1):
            said = texts.saying("plain", moment.at.month, random)
            region = cast.community(random)
            replied = _said(moment.at + timedelta(days=random.randint(1, 9)))
            reply = texts.reply_for(said.category, random)
            row = (f"OLD-{number:04d}", said.title, said.body, _said(moment.at), region.code, reply, replied)
            places = {"{community}": region.short_name, "{road}": texts.names.road(random), "{unit}": "原承办单位"}
            places["{compound}"] = texts.names.compound(random)
            writer.writerow(_filled(row, places))
        for row in REJECTED:
            writer.writerow(row)


def _filled(row: Sequence[str], places: dict[str, str]) -> list[str]:
    found = list(row)
    for name, value in places.items():
        found = [text.replace(name, value) for text in found]
    return found


def _said(at: datetime) -> str:
    return f"{at.astimezone(CITY_ZONE):%Y-%m-%d %H:%M}"


def note_of(installation: Installation) -> Path:
    """Where the number and follow code that the guide shows are kept."""
    return installation.home / "demo.json"


def keep_followed(installation: Installation, followed: Sequence[tuple[str, str]]) -> None:
    """Keep a few invented reporters' numbers and follow codes, the newest first: they are shown at every start."""
    rows = [{"number": number, "code": code} for number, code in followed]
    note_of(installation).write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")


def followed(installation: Installation) -> list[tuple[str, str]]:
    """What was kept; empty where the demo was made without."""
    try:
        return [(row["number"], row["code"]) for row in json.loads(note_of(installation).read_text(encoding="utf-8"))]
    except (OSError, ValueError, KeyError, TypeError):
        return []
