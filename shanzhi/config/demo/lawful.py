"""Invented petitions, deputies' suggestions and findings: what is done with each on which day stands in `lawful.toml`.

Each is a way like those of `ways.py`: a generator that yields when its next step is due. Their chance is a stream of its
own, so that the other matters of the city stay what they are.
"""

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from shanzhi.config.demo.cast import COUNTY_DIGITS, Cast
from shanzhi.config.demo.rhythm import Moment
from shanzhi.config.demo.texts import Saying, demo_texts
from shanzhi.config.demo.ways import HOUR_US, Case, Stage, Way
from shanzhi.core.periods import local_date
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.matters import operations as matters
from shanzhi.kernel.matters.policy.process import Action, FieldSpec, FieldType, Kind, Role, Verb
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.kernel.matters.rulebook import current_kind, work_calendar

FILE = Path(__file__).with_name("lawful.toml")
REPORT = "report"
APART = frozenset({Verb.ASK, Verb.GRANT, Verb.DECLINE, Verb.CHECK_PASS, Verb.CHECK_FAIL, Verb.REVIEW})
"""What isn't for everybody in the role: for nobody who handled or asked, or only in time."""
CONTENT = 3
"""From this score on a deputy is content."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step: so many days before the present day, which action, and what is chosen in it (a ground, a day, a score)."""

    days: int
    action: str
    chosen: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """One matter: what it says, who has it, and its steps in order, the taking in first."""

    kind: str
    channel: str
    title: str
    body: str
    lead: str
    steps: tuple[Step, ...]
    co: str = ""
    above: str = ""
    """The city's department that reviews."""
    beyond: str = ""
    """The city's office that reviews a second time."""


@cache
def plans() -> tuple[Plan, ...]:
    """All of them, as the file has them."""
    rows = tomllib.loads(FILE.read_text(encoding="utf-8"))["matter"]
    return tuple(Plan(**row | {"steps": tuple(_step(text) for text in row["steps"])}) for row in rows)


@cache
def _words() -> Mapping[str, list[str]]:
    found: Mapping[str, list[str]] = tomllib.loads(FILE.read_text(encoding="utf-8"))["words"]
    return found


def _step(text: str) -> Step:
    days, action, *chosen = text.split()
    return Step(int(days), action, *chosen)


def ways(stage: Stage, until: datetime) -> Iterator[tuple[datetime, Way]]:
    """When each begins, and its way; they share a stage of their own."""
    for plan in plans():
        case = _case(stage, plan)
        yield _day(stage, until, plan.steps[0], Random(plan.title)), case.go(until)  # noqa: S311 - invented matters


def at_once(city_code: str, county_code: str, *, clock: Callable[[], datetime], seed: int) -> int:
    """All of them now, step after step without the days between; returns how many there were.

    Raises:
        DomainError: one can't go its way.
    """
    now = clock()
    random, calendar = Random(seed), work_calendar(local_date(now))  # noqa: S311 - invented matters, no secrets
    stage = Stage(Cast.of_city(city_code, county_code, now=now), demo_texts(), random, calendar, (), now, [])
    for _, way in ways(stage, now):
        for _ in way:
            stage.now = clock()
    return len(plans())


def _case(stage: Stage, plan: Plan) -> "Lawful":
    saying = Saying("", plan.title, plan.body)
    return Lawful(stage, Moment(stage.now, "law", "plain"), stage.cast.community(stage.random), None, saying, plan=plan)


def _day(stage: Stage, until: datetime, step: Step, random: Random) -> datetime:
    """Some time in the office hours of that day, or of the next working day."""
    local = stage.calendar.localise(until - timedelta(days=step.days))
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    return stage.calendar.add_working(midnight, int(random.uniform(0.3, 6) * HOUR_US))


@dataclass(slots=True)
class Lawful(Case):
    """One of these matters on its way."""

    plan: Plan = Plan("", "", "", "", "", ())

    def go(self, until: datetime) -> Way:
        """Every step on its day."""
        stage, kind = self.stage, current_kind(self.plan.kind)
        self.take_in(kind)
        for step in self.plan.steps[1:]:
            yield _day(stage, until, step, stage.random)
            self.take(kind.action(step.action), step, kind)

    def take_in(self, kind: Kind) -> None:
        """The city's centre registers it."""
        dispatcher = self.centre("dispatcher")
        has_name = kind.code != "finding"
        new = NewReport(
            title=self.fill(self.saying.title),
            body=self.fill(self.saying.body),
            kind=kind.code,
            channel=self.plan.channel,
            region_code=self.region.code,
            contact_name=self.caller() if has_name else "",
            contact_phone=self.phone() if has_name else "",
        )
        with acting(dispatcher):
            made = matters.report(new=new, actor=dispatcher, now=self.stage.now)
        self.id, self.reporter, self.in_stage = made.matter_id, Actor(follow=(made.follow_hash,)), made.stage

    def take(self, action: Action, step: Step, kind: Kind) -> None:
        """One step by whoever does it first in the process file."""
        if "lead" in action.needs:
            department = {"reviewing": self.plan.above, "rechecking": self.plan.beyond}.get(action.to, "")
            place = self.stage.cast.city_code if department else self.region.code[:COUNTY_DIGITS]
            self.lead = self.stage.cast.unit(f"{department or self.plan.lead}-{place}") or 0
        fields = {code: self.given(kind.field(code), action, step) for code in action.needs}
        if action.code == "dispatch" and self.plan.co:
            fields["co"] = [self.helper()]
        if "words" in action.may and action.code in _words():
            fields["words"] = self.said(action.code)
        if action.code.startswith("rate"):
            score = int(step.chosen)
            fields = {"satisfied": score, "words": self.said("rate_low" if score < CONTENT else action.code)}
        doer = self.doer(action)
        if doer is not None:
            self.do(doer, action.code, **fields)

    def helper(self) -> int:
        """The unit that helps."""
        return self.stage.cast.unit(f"{self.plan.co}-{self.region.code[:COUNTY_DIGITS]}") or 0

    def doer(self, action: Action) -> Actor | None:
        """Who does it; None where nobody may: more time was to be asked for, and the time is over."""
        role = action.by[0]
        if role is Role.REPORTER:
            return self.reporter
        unit = self.unit_of(action, role)
        if action.verb in APART:
            return self.first_who_may(action.code, self.stage.cast.posts(unit, str(role)))
        return self.one(unit, str(role))

    def unit_of(self, action: Action, role: Role) -> int | None:
        """Whose post does it: who has the lead, who helps, or else the city's centre."""
        if role is Role.HANDLER:
            return self.helper() if action.code == "assist_done" else self.lead
        return self.stage.cast.unit(f"centre-{self.stage.cast.city_code}")

    def said(self, action: str) -> str:
        """Words of a step."""
        found = _words().get(action) or _words()["dispatch"]
        return self.fill(self.stage.random.choice(found))

    def given(self, spec: FieldSpec, action: Action, step: Step) -> Any:
        """What is filled in for a field that the step needs."""
        if spec.type is FieldType.UNIT:
            return self.lead
        if spec.type is FieldType.TEXT:
            return self.said(action.code)
        if spec.type is FieldType.LIMIT:
            return spec.choices[-1]
        if spec.type is FieldType.DAY:
            return (self.stage.now + timedelta(days=int(step.chosen))).date().isoformat()
        return step.chosen
