"""The standing city of the tests: 淄博 in small, with one cast of posts that every test knows.

Two counties (张店区 370303, 周村区 370306), four townships, six communities with grids; governance centres, departments
and posts by the shipped rule book; invented people. Loaded once as the importer, then only read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from shanzhi.config import database
from shanzhi.config.installation import Installation
from shanzhi.kernel.access import operations as access
from shanzhi.kernel.access import queries as acting
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.journal.policy import Author
from shanzhi.kernel.matters import operations as matters
from shanzhi.kernel.organisation import operations as organisation
from shanzhi.kernel.organisation import queries
from shanzhi.kernel.organisation.divisions import read_city
from shanzhi.kernel.organisation.people import invent

OPENED = date(2024, 1, 1)
NOW = datetime(2025, 11, 18, 2, 30, tzinfo=UTC)
"""A Tuesday, 10:30 in the city: inside office hours."""
PASSWORD = "demo-demo-1"
LOADER = Author("importer")

FILES = {
    "provinces": "code,name\n37,山东省\n",
    "cities": 'code,name,provinceCode\n3703,"淄博市",37\n',
    "areas": 'code,name,cityCode,provinceCode\n370303,"张店区",3703,37\n370306,"周村区",3703,37\n',
    "streets": "code,name,areaCode,provinceCode,cityCode\n"
    '370303008,"四宝山街道",370303,37,3703\n370303009,"马尚街道",370303,37,3703\n'
    '370303105,"中埠镇",370303,37,3703\n370306100,"北郊镇",370306,37,3703\n',
    "villages": "code,name,streetCode,provinceCode,cityCode,areaCode\n"
    '370303008001,"四宝山社区居委会",370303008,37,3703,370303\n370303009006,"世纪花园社区居委会",370303009,37,3703,370303\n'
    '370303009007,"世纪新村居委会",370303009,37,3703,370303\n370303105200,"中埠村委会",370303105,37,3703,370303\n'
    '370306100200,"北旺村委会",370306100,37,3703,370306\n370306100201,"世纪村委会",370306100,37,3703,370306\n',
}


@dataclass(frozen=True, slots=True)
class Cast:
    """Actors by part, each a post held by somebody of their own, and the sign-in names of some."""

    dispatcher: Actor
    second_dispatcher: Actor
    checker: Actor
    supervisor: Actor
    handler: Actor
    second_handler: Actor
    neighbour_dispatcher: Actor
    neighbour_handler: Actor
    keeper: Actor
    security_officer: Actor
    auditor: Actor
    grid_worker: Actor
    operator: Actor
    second_operator: Actor
    community_handler: Actor
    township_dispatcher: Actor
    knowledge_editor: Actor
    county_dispatcher: Actor

    def actors(self) -> dict[str, Actor]:
        """All of them by part."""
        return {name: getattr(self, name) for name in self.__slots__}


# part → (unit's code, role, seat among the unit's posts of that role)
PARTS = {
    "dispatcher": ("centre-3703", "dispatcher", 0),
    "second_dispatcher": ("centre-3703", "dispatcher", 1),
    "checker": ("centre-3703", "checker", 0),
    "supervisor": ("centre-3703", "supervisor", 0),
    "handler": ("housing-construction-370303", "handler", 0),
    "second_handler": ("urban-management-370303", "handler", 0),
    "neighbour_dispatcher": ("centre-370306", "dispatcher", 0),
    "neighbour_handler": ("housing-construction-370306", "handler", 0),
    "keeper": ("centre-3703", "keeper", 0),
    "security_officer": ("centre-3703", "security_officer", 0),
    "auditor": ("centre-3703", "auditor", 0),
    "grid_worker": ("community-370303009006", "grid_worker", 0),
    "operator": ("centre-3703", "operator", 0),
    "second_operator": ("centre-3703", "operator", 1),
    "community_handler": ("community-370303009006", "handler", 0),
    "township_dispatcher": ("centre-370303009", "dispatcher", 0),
    "knowledge_editor": ("centre-3703", "knowledge_editor", 0),
    "county_dispatcher": ("centre-370303", "dispatcher", 0),
}
LOGINS = {part: part.replace("_", "-") for part in PARTS}


def load_city(installation: Installation) -> Cast:
    """Load the city and open the cast's sign-ins; returns the cast."""
    with database.acting_as(installation, "importer"):
        matters.kinds_take_over(now=NOW)
        _load_organisation()
        cast = Cast(**{part: _actor(*where) for part, where in PARTS.items()})
        for part, actor in cast.actors().items():
            assert actor.staff_id is not None
            access.account_open(username=LOGINS[part], staff_id=actor.staff_id, password=PASSWORD)
    return cast


def _load_organisation(code: str = "3703", files: Mapping[str, str] = FILES) -> None:
    with TemporaryDirectory() as folder:
        for name, rows in files.items():
            (Path(folder) / f"{name}.csv").write_text(rows, encoding="utf-8")
        divisions = read_city(Path(folder), code)
    organisation.regions_load(divisions=divisions, on=OPENED, now=NOW, author=LOADER)
    catalogue = queries.unit_catalogue()
    organisation.units_load(city_code=code, catalogue=catalogue, on=OPENED, now=NOW, author=LOADER)
    organisation.posts_load(city_code=code, catalogue=catalogue, on=OPENED, now=NOW, author=LOADER)
    people = invent(5000, seed=1, surnames=["王", "李"], given=["伟", "秀英"])
    organisation.posts_staff(city_code=code, people=people, on=OPENED, now=NOW, author=LOADER)


def load_another(installation: Installation, code: str, files: Mapping[str, str]) -> None:
    """Load another city, in an installation of its own: regions from `files` (as FILES), units, posts and people, no sign-ins."""
    with database.acting_as(installation, "importer"):
        matters.kinds_take_over(now=NOW)
        _load_organisation(code, files)


def _actor(unit_code: str, role: str, seat: int) -> Actor:
    today = NOW.date()
    unit = queries.unit_by_code(unit_code, today)
    assert unit is not None, unit_code
    posts = [card for card in queries.posts_of_unit(unit.id, today) if card.role == role]
    return acting.actor_of_post(posts[min(seat, len(posts) - 1)].post_id, today)
