"""Walks by chance through every kind that is shipped: real operations, whoever may do something doing whatever they may."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from shanzhi.config import database
from shanzhi.core.errors import DomainError
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import SYSTEM, Actor
from shanzhi.kernel.access.queries import actor_of_post
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.operations import Reported
from shanzhi.kernel.matters.policy.process import Action, FieldType, Kind, Role
from shanzhi.kernel.matters.policy.process.rules import ground_use
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.kernel.organisation.queries import posts_of_unit
from tests.city import NOW
from tests.concurrency.committed import City, as_role
from tests.desks import do, may

CATEGORIES = ("housing.property-service", "cityscape.waste", "")
REGIONS = ("370303009006", "370303008001", "370303", "370306100200")
TEXTS = ("情况已经核实", "按职责清单", "请尽快办理")
RARE = dict.fromkeys(("note", "attach", "correct"), 0.1) | dict.fromkeys(("refuse", "withdraw"), 0.03)
"""What would otherwise be done most of the time, or end most walks at once."""
SERVANTS = ("dispatcher", "handler", "checker", "supervisor", "grid_worker", "grid_chief", "operator")


@dataclass(slots=True)
class Walk:
    """One matter on its way, by chance; `done` names what was done."""

    city: City
    kind: Kind
    chance: random.Random
    made: Reported = field(init=False)
    others: list[Reported] = field(init=False)
    now: datetime = NOW
    done: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.made = self._report()
        self.others = [self._report(), self._report()]

    def _report(self) -> Reported:
        actor, code = self.city.cast.dispatcher, self.kind.code
        channel = {"incident": "visit", "suggestion": "letter"}.get(code, "window")
        new = NewReport(
            body="小区地下室漏水", title="漏水", kind=code, channel=channel, region_code="370303009006",
            category=self.chance.choice(CATEGORIES), contact_phone=self.chance.choice(("", "13812345678")),
        )  # fmt: skip
        with acting(actor):
            return operations.report(new=new, actor=actor, now=self.now)

    def go_on(self, tries: int, then: Callable[[], None]) -> None:
        """Try this often to do something, letting time pass; `then` is called after each thing that was done."""
        for _ in range(tries):
            self.now += timedelta(
                hours=self.chance.choice((0, 0, 1, 5, 20, 60, 200)), minutes=self.chance.randint(0, 9)
            )
            matter = self.made if self.chance.random() < 0.8 else self.chance.choice(self.others)
            if self._try(matter) or self._background(matter):
                then()

    def _try(self, matter: Reported) -> bool:
        actor = self.chance.choice(self._actors(matter))
        try:
            codes = sorted(may(actor, matter, self.now))
        except DomainError:
            return False
        if not codes:
            return False
        weights = [RARE.get(code, 1.0) for code in codes]
        action = self.kind.action(self.chance.choices(codes, weights)[0])
        try:
            do(actor, matter, action.code, self.now, **self._fields(action, matter))
        except DomainError:
            return False
        self.done.append(action.code)
        return True

    def _actors(self, matter: Reported) -> list[Actor]:
        """The reporter, the cast, and (most of all) whoever holds a post in a unit whose turn it is, or that helps."""
        cast = self.city.cast
        found = [Actor(follow=(matter.follow_hash,)), cast.dispatcher, cast.checker, cast.supervisor, cast.handler]
        found += [cast.second_handler, cast.community_handler, cast.township_dispatcher, cast.operator]
        with as_role(self.city.installation, "owner") as owner:
            units = owner.execute(
                "SELECT holder_unit_id FROM matters_matter WHERE id = %(id)s AND holder_unit_id IS NOT NULL UNION"
                " SELECT unit_id FROM matters_assignment WHERE matter_id = %(id)s AND ended_at IS NULL UNION"
                " SELECT to_unit_id FROM matters_ask WHERE matter_id = %(id)s AND state = 'open'",
                {"id": matter.matter_id},
            ).fetchall()
        posts = [post for (unit,) in units for post in posts_of_unit(unit, NOW.date()) if post.role in SERVANTS]
        return found + [actor_of_post(post.post_id, NOW.date()) for post in posts] * 3

    def _background(self, matter: Reported) -> bool:
        """What the program does by itself."""
        ids = [matter.matter_id, *(other.matter_id for other in self.others)]
        with database.acting_as(self.city.installation, "worker"):
            count = operations.lapse_due(now=self.now) + operations.resume_due(now=self.now)
            count += operations.links_follow(matter_ids=ids, now=self.now)
            count += operations.parts_follow(matter_ids=ids, now=self.now)
            if self.chance.random() < 0.05:
                count += self._vacate(matter)
        self.done += ["background"] * bool(count)
        return bool(count)

    def _vacate(self, matter: Reported) -> int:
        codes = [action.code for action in self.kind.actions if Role.SYSTEM in action.by and action.verb == "vacate"]
        for code in codes:
            try:
                operations.act(matter_id=matter.matter_id, action=code, actor=SYSTEM, now=self.now)
            except DomainError:
                continue
            return 1
        return 0

    def _fields(self, action: Action, matter: Reported) -> dict[str, Any]:
        wanted = [code for code in action.fields if code in action.needs or self.chance.random() < 0.5]
        return {code: self._value(code, action, matter) for code in wanted}

    def _value(self, code: str, action: Action, matter: Reported) -> Any:
        spec, chance = self.kind.field(code), self.chance
        units = self._units()
        make: dict[FieldType, Callable[[], Any]] = {
            FieldType.TEXT: lambda: chance.choice(TEXTS),
            FieldType.GROUND: lambda: self._ground(action),
            FieldType.UNIT: lambda: chance.choice(units),
            FieldType.UNITS: lambda: chance.sample(units, chance.randint(1, 2)),
            FieldType.HELPER: lambda: chance.choice(units),
            FieldType.RESULTS: list,
            FieldType.CATEGORY: lambda: chance.choice(CATEGORIES),
            FieldType.REGION: lambda: chance.choice(REGIONS),
            FieldType.CHOICE: lambda: chance.choice(spec.choices),
            FieldType.LIMIT: lambda: chance.choice(spec.choices),
            FieldType.BOOL: lambda: chance.random() < 0.5,
            FieldType.SCORE: lambda: chance.randint(1, 5),
            FieldType.DAY: lambda: (self.now + timedelta(days=chance.randint(2, 25))).date().isoformat(),
            FieldType.MATTER: lambda: chance.choice([each.number for each in self.others]),
            FieldType.PARTS: lambda: [
                {"about": about, "category": "housing.property-service", "region": ""} for about in ("漏水", "路灯")
            ],
        }
        return make.get(spec.type, lambda: None)()

    def _units(self) -> list[int]:
        cast = self.city.cast
        actors = (cast.handler, cast.second_handler, cast.community_handler, cast.township_dispatcher)
        return [actor.unit_id for actor in actors if actor.unit_id is not None]

    def _ground(self, action: Action) -> str:
        use = ground_use(self.kind, action)
        codes = [code for code, ground in queries.grounds().by_code.items() if not use or ground.use == use]
        return self.chance.choice(codes) if codes else ""
