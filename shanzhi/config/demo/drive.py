"""Drive invented matters through the loop, by the same operations as the pages use and as the application's role."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from random import Random

from shanzhi.config.demo.city import actor_of, logins
from shanzhi.config.demo.texts import demo_texts
from shanzhi.core.periods import local_date
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE, Actor
from shanzhi.kernel.matters import operations as matters
from shanzhi.kernel.matters import queries
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.kernel.organisation import queries as organisation

SCENARIOS = (
    "solved", "waiting", "solved", "reopened", "accepted", "returned", "handling", "checking", "verdict", "refused",
    "withdrawn", "transferred", "check-failed", "dispatched",
)  # fmt: skip
"""What becomes of each matter in turn; together they visit every stage and use every action but the
lapse and the attachment."""
UNHANDLED = frozenset({"waiting", "accepted", "refused", "withdrawn"})
"""Scenarios that end before a unit is chosen: these may be about anything, anywhere in the city."""


@dataclass(slots=True)
class _Cast:
    dispatcher: Actor
    handlers: tuple[Actor, ...]
    checker: Actor
    communities: tuple[str, ...]
    near: tuple[str, ...]

    def can_lead(self, category: str) -> Actor | None:
        """The handler whose department the rule book names for a category."""
        found = queries.categories().rules.categories.get(category)
        departments = ("housing-construction", "urban-management")
        return dict(zip(departments, self.handlers, strict=True)).get(found.department) if found else None


@dataclass(slots=True)
class Driver:
    """One city's cast, one stream of chance, one clock that gives the time of each step."""

    cast: _Cast
    random: Random
    clock: Callable[[], datetime]

    @classmethod
    def for_city(cls, city_code: str, county_code: str, *, seed: int, clock: Callable[[], datetime]) -> "Driver":
        """A driver with the demo sign-ins' posts; LookupError where the city lacks one."""
        now = clock()
        found = {login.username: actor_of(login, now) for login in logins(city_code, county_code)}
        needed = {name: actor for name, actor in found.items() if actor is not None}
        missing = {"triage", "housing", "urban", "checker"} - needed.keys()
        if missing:
            raise LookupError(f"the demo city lacks the posts of {sorted(missing)}")
        communities = tuple(row.code for row in organisation.communities_for_picker(city_code, local_date(now)))
        near = tuple(code for code in communities if code.startswith(county_code)) or communities
        return cls(
            _Cast(needed["triage"], (needed["housing"], needed["urban"]), needed["checker"], communities, near),
            Random(seed),  # noqa: S311 - invented texts, no secrets
            clock,
        )

    def drive(self, count: int) -> Iterator[str]:
        """Drive `count` matters, each to the end of its scenario; yields the scenario's name after each."""
        for number in range(count):
            scenario = SCENARIOS[number % len(SCENARIOS)]
            _Matter(self, scenario).run(scenario)
            yield scenario


class _Matter:
    """One matter on its way."""

    def __init__(self, driver: Driver, scenario: str) -> None:
        self.driver, self.random, cast = driver, driver.random, driver.cast
        self.texts = demo_texts()
        anything = scenario in UNHANDLED
        self.template = self.random.choice(
            [row for row in self.texts.reports if anything or cast.can_lead(row["category"])]
        )
        self.handler = cast.can_lead(self.template["category"]) or cast.handlers[0]
        self.other = next(actor for actor in cast.handlers if actor is not self.handler)
        community = self.random.choice(cast.communities if anything else cast.near)
        region = organisation.region_of_code(community, local_date(driver.clock()))
        self.places = {
            "community": region.short_name if region else "",
            "road": self.texts.names.road(self.random),
            "compound": self.texts.names.compound(self.random),
            "unit": self.handler.unit_name,
        }
        new = NewReport(
            title=self._fill(self.template["title"]),
            body=self._fill(self.template["body"]),
            region_code=community,
            place_text=self.places["road"],
            channel=self.random.choice(("web", "phone", "hotline", "window")),
            contact_name=self.random.choice(self.texts.names.surnames) + "先生",
            contact_phone=f"160{self.random.randrange(10**8):08d}",
            public_consent=self.random.random() < 0.5,
        )
        with acting(ANYONE):
            made = matters.report(new=new, actor=ANYONE, now=driver.clock(), key=uuid.uuid4())
        self.id = made.matter_id
        self.reporter = Actor(follow=(made.follow_hash,))

    def _fill(self, text: str) -> str:
        for name, value in self.places.items():
            text = text.replace("{" + name + "}", value)
        return text

    def _do(self, actor: Actor, action: str, **fields: object) -> None:
        with acting(actor):
            matters.act(matter_id=self.id, action=action, actor=actor, now=self.driver.clock(), fields=fields)

    def run(self, scenario: str) -> None:
        """Take the matter along its scenario."""
        {
            "waiting": lambda: None,
            "accepted": self._correct,
            "refused": self._refuse,
            "withdrawn": self._withdraw,
            "dispatched": self._dispatch,
            "handling": self._take,
            "returned": self._return,
            "transferred": self._transfer,
            "checking": self._reply,
            "check-failed": self._fail_check,
            "verdict": self._pass_check,
            "solved": self._solve,
            "reopened": self._reopen,
        }[scenario]()

    def _accept(self) -> None:
        self._do(self.driver.cast.dispatcher, "accept", category=self.template["category"])

    def _correct(self) -> None:
        self._do(self.driver.cast.dispatcher, "accept")
        self._do(self.driver.cast.dispatcher, "correct", category=self.template["category"])

    def _refuse(self) -> None:
        ground = next(row for row in queries.grounds().of_use("refuse"))
        self._do(self.driver.cast.dispatcher, "refuse", ground=ground.code, words="已电话告知法定渠道。")

    def _withdraw(self) -> None:
        self._accept()
        self._do(self.reporter, "withdraw", words="已经自己解决了。")

    def _dispatch(self) -> None:
        self._accept()
        self._do(self.driver.cast.dispatcher, "dispatch", lead=self.handler.unit_id, co=[self.other.unit_id])

    def _take(self) -> None:
        self._dispatch()
        self._do(self.handler, "take")

    def _return(self) -> None:
        self._dispatch()
        ground = next(row for row in queries.grounds().of_use("return"))
        self._do(self.handler, "hand_back", ground=ground.code, words="按职责清单，此处归属地街道管理。")
        self._do(self.driver.cast.dispatcher, "dispatch", lead=self.other.unit_id)

    def _transfer(self) -> None:
        self._dispatch()
        self._do(self.driver.cast.dispatcher, "transfer", lead=self.other.unit_id, words="改由城市管理部门主办。")

    def _reply(self) -> None:
        self._take()
        self._do(self.other, "assist_done", words="已到场配合。")
        self._do(self.handler, "note", words="明天上午到现场。")
        self._answer()

    def _answer(self) -> None:
        text = self.texts.reply_for(self.template["category"], self.random)
        self._do(self.handler, "reply", reply=self._fill(text))

    def _fail_check(self) -> None:
        self._reply()
        words = self.texts.words(self.texts.checks, solved=False, random=self.random)
        self._do(self.driver.cast.checker, "check_fail", words=words)

    def _pass_check(self) -> None:
        self._reply()
        self._check()

    def _check(self) -> None:
        words = self.texts.words(self.texts.checks, solved=True, random=self.random)
        self._do(self.driver.cast.checker, "check_pass", words=words)

    def _solve(self) -> None:
        self._pass_check()
        words = self.texts.words(self.texts.verdicts, solved=True, random=self.random)
        self._do(self.reporter, "rate", solved=True, satisfied=self.random.choice((4, 5)), words=words)

    def _reopen(self) -> None:
        self._pass_check()
        words = self.texts.words(self.texts.verdicts, solved=False, random=self.random)
        self._do(self.reporter, "rate", solved=False, satisfied=2, words=words)
        self._answer()
        self._check()
        self._do(self.reporter, "rate", solved=True, satisfied=4)
