"""One matter for each way in which somebody may or may not see it, and the actors that look at them."""

from dataclasses import dataclass
from datetime import timedelta
from itertools import count

from django.db import connection

from shanzhi.config import database
from shanzhi.config.worker import drain
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE, Actor
from shanzhi.kernel.files.policy import StoredFile
from shanzhi.kernel.matters import operations
from shanzhi.kernel.matters.policy.report import NewReport
from tests.city import NOW, _actor
from tests.concurrency.committed import City

HERE, THERE = "370303009006", "370306100200"
PHONE = "13812345678"
FILE = StoredFile(sha256="ab" * 32, media_type="application/pdf", size=9, name="协议.pdf")

INNER_FILE = StoredFile(sha256="cd" * 32, media_type="application/pdf", size=9, name="内部.pdf")


@dataclass(frozen=True, slots=True)
class Standing:
    """Ids of the matters by name, and who looks at them by name."""

    matters: dict[str, int]
    actors: dict[str, Actor]

    def named(self, ids: set[int]) -> set[str]:
        """The names of these matters; an id that isn't one of them stands for itself."""
        names = {number: name for name, number in self.matters.items()}
        return {names.get(number, f"unknown {number}") for number in ids}


VISIBLE = {
    # Everything that waits for triage in the city, and what their centre has decided about.
    "dispatcher": {"own", "returned", "transferred", "foreign", "waiting here", "waiting there", "no region"},
    "second_dispatcher": {"own", "returned", "transferred", "foreign", "waiting here", "waiting there", "no region"},
    # By place: the whole city.
    "checker": {"own", "returned", "transferred", "foreign", "waiting here", "waiting there", "no region"},
    "supervisor": {"own", "returned", "transferred", "foreign", "waiting here", "waiting there", "no region"},
    # By place: one county; a matter without a region isn't in it.
    "county_checker": {"own", "returned", "transferred", "waiting here"},
    # By the part that the unit takes or took.
    "handler": {"own", "returned", "transferred"},
    "second_handler": {"own", "returned", "transferred"},
    "neighbour_handler": {"foreign"},
    # Waiting in the county, and nothing that the city's centre decided.
    "neighbour_dispatcher": {"waiting there"},
    # By office: no matter, though their unit is the centre that decided about most of them.
    "security_officer": set(),
    "auditor": set(),
    "reporter": {"own"},
    "reporter of two": {"own", "foreign"},
    "stranger": set(),
    "visitor": set(),
}


def stand(city: City) -> Standing:
    """Commit the matters, let the worker make suggestions and notices."""
    cast, minutes = city.cast, count(1)
    found: dict[str, int] = {}
    hashes: dict[str, str] = {}

    def do(name: str, actor: Actor, action: str, **fields: object) -> None:
        now = NOW + timedelta(minutes=next(minutes))
        with acting(actor):
            operations.act(matter_id=found[name], action=action, actor=actor, now=now, fields=fields)

    def report(name: str, region: str) -> None:
        with acting(ANYONE):
            made = operations.report(
                new=NewReport(
                    body=f"世纪花园3号楼电梯坏了三天，电话{PHONE}。", region_code=region, contact_phone=PHONE
                ),
                actor=ANYONE,
                now=NOW,
                stored=[FILE],
            )
        found[name], hashes[name] = made.matter_id, made.follow_hash

    regions = {"own": HERE, "returned": HERE, "transferred": HERE, "waiting here": HERE}
    regions |= {"foreign": THERE, "waiting there": THERE, "no region": ""}
    for name, region in regions.items():
        report(name, region)
    _drain(city)
    handler, second, neighbour = cast.handler.unit_id, cast.second_handler.unit_id, cast.neighbour_handler.unit_id
    for name, lead in (("own", handler), ("returned", handler), ("transferred", handler), ("foreign", neighbour)):
        do(name, cast.dispatcher, "accept", category="housing.property-service")
        do(name, cast.dispatcher, "dispatch", lead=lead, co=[second] if name == "own" else [])
    do("own", cast.handler, "take")
    do("own", cast.handler, "note", words=f"已约住户，电话{PHONE}")
    do("own", cast.handler, "attach", files=[INNER_FILE])
    do("own", Actor(follow=(hashes["own"],)), "note", words="周末在家")
    do("returned", cast.handler, "hand_back", ground="return.not-our-duty", words="不归本单位")
    do("returned", cast.dispatcher, "dispatch", lead=second)
    do("transferred", cast.dispatcher, "transfer", lead=second)
    _drain(city)
    actors = city.cast.actors() | {
        "county_checker": _actor("centre-370303", "checker", 0),
        "reporter": Actor(follow=(hashes["own"],)),
        "reporter of two": Actor(follow=(hashes["own"], hashes["foreign"])),
        "stranger": Actor(follow=("0" * 64,)),
        "visitor": ANYONE,
    }
    connection.close()
    return Standing(found, actors)


def _drain(city: City) -> None:
    with database.acting_as(city.installation, "worker"):
        drain(now=lambda: NOW + timedelta(hours=1))
