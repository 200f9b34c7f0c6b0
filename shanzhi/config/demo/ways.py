"""The ways of invented matters through the city, each a generator that yields when its next step is due.

Whoever drives it (`ninety.py`) resumes it at that moment; what lies after the present day stays undone, and that is how
the demo has open matters in every stage.
"""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from shanzhi.config.demo.cast import LATE, TOWNSHIP_DIGITS, Cast
from shanzhi.config.demo.rhythm import Moment
from shanzhi.config.demo.texts import DemoTexts, Saying
from shanzhi.core.periods import local_date
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE, Actor
from shanzhi.kernel.clock.policy import WorkCalendar
from shanzhi.kernel.matters import operations as matters
from shanzhi.kernel.matters import queries
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.policy import Level, level_of
from shanzhi.kernel.organisation.queries import PlaceRow, RegionRow
from shanzhi.modules.grid import operations as grid
from shanzhi.modules.hotline import operations as hotline
from shanzhi.modules.hotline.policy import NO_HELP, Ending, Words
from shanzhi.modules.hotline.queries import Item

HOUR_US = 3_600_000_000
GIVEN_BACK = ("return.not-our-duty", "return.place-not-ours", "return.duty-disputed", "return.not-lead")
Way = Iterator[datetime]


@dataclass(slots=True)
class Stage:
    """What all ways share."""

    cast: Cast
    texts: DemoTexts
    random: Random
    calendar: WorkCalendar
    items: tuple[Item, ...]
    now: datetime
    followed: "list[tuple[str, str, Case]]"
    """Number, follow code and case of the matters that residents reported by themselves, in order."""

    def odds(self, of_hundred: float) -> bool:
        """Does it happen?"""
        return self.random.random() * 100 < of_hundred

    def worked(self, least: float, most: float) -> datetime:
        """A moment after some hours of office time, sooner more often than later."""
        hours = least + (most - least) * self.random.random() ** 1.5
        return self.calendar.add_working(self.now, int(hours * HOUR_US))

    def lived(self, least: float, most: float) -> datetime:
        """A moment after some hours of anybody's time, by day."""
        at = self.calendar.localise(self.now + timedelta(hours=self.random.uniform(least, most)))
        return at if 7 <= at.hour < 23 else at + timedelta(hours=9)


@dataclass(slots=True)
class Case:
    """One matter on its way."""

    stage: Stage
    moment: Moment
    region: RegionRow
    place: PlaceRow | None
    saying: Saying
    id: int = 0
    lead: int = 0
    reporter: Actor = ANYONE
    in_stage: str = ""

    # -- doing -----------------------------------------------------------------------------------------------------

    def do(self, actor: Actor, action: str, **fields: object) -> None:
        """One step, as the pages do it."""
        with acting(actor):
            done = matters.act(matter_id=self.id, action=action, actor=actor, now=self.stage.now, fields=dict(fields))
        self.in_stage = done.stage

    def may(self, actor: Actor, action: str) -> bool:
        """Does the matter's page offer somebody this step now?"""
        with acting(actor):
            card = queries.card(self.id, actor=actor, now=self.stage.now)
        return action in {choice.code for choice in card.actions}

    def first_who_may(self, action: str, found: Sequence[Actor]) -> Actor | None:
        """One of these whom the page offers the step: a check is for nobody who handled it. None: nobody of them may."""
        return next((actor for actor in self.shuffled(found) if self.may(actor, action)), None)

    def shuffled(self, found: Sequence[Actor]) -> Sequence[Actor]:
        """The same in an order by chance."""
        return self.stage.random.sample(found, len(found))

    def fill(self, text: str) -> str:
        """A text with the case's place in it."""
        names = self.stage.texts.names
        compound = self.place.name if self.place is not None and self.place.kind == "compound" else ""
        site = self.place.name if self.place is not None and self.place.kind != "compound" else ""
        values = {
            "community": self.region.short_name,
            "road": names.road(self.stage.random),
            "compound": compound or names.compound(self.stage.random),
            "site": site or "路口的工地",
            "unit": self.unit_name(),
        }
        for name, value in values.items():
            text = text.replace("{" + name + "}", value)
        return text

    def unit_name(self) -> str:
        """The name of the unit that has the lead."""
        handlers = self.stage.cast.posts(self.lead, "handler") if self.lead else ()
        return handlers[0].unit_name if handlers else "我单位"

    def one(self, unit_id: int | None, role: str) -> Actor:
        """Somebody in a post; LookupError where a unit has none."""
        found = self.stage.cast.posts(unit_id, role)
        if not found:
            raise LookupError(f"unit {unit_id} has no {role}")
        return self.stage.random.choice(found)

    def centre(self, role: str) -> Actor:
        """Somebody in the city's centre."""
        return self.one(self.stage.cast.unit(f"centre-{self.stage.cast.city_code}"), role)

    def checkers(self, centre: int | None = None) -> Sequence[Actor]:
        """Who checks in a centre; in the city's where it has nobody."""
        cast = self.stage.cast
        return cast.posts(centre, "checker") or cast.posts(cast.unit(f"centre-{cast.city_code}"), "checker")

    def words(self, kind: str) -> str:
        """Words of a kind, from the texts."""
        return self.fill(self.stage.texts.word(kind, self.stage.random))

    def reply_text(self) -> str:
        """A reply that fits the category."""
        return self.fill(self.stage.texts.reply_for(self.saying.category, self.stage.random))

    def phone(self) -> str:
        """A number that no carrier gives to people."""
        return f"160{self.stage.random.randrange(10**8):08d}"

    def caller(self) -> str:
        """How the reporter wants to be called."""
        random = self.stage.random
        return random.choice(self.stage.texts.names.surnames) + random.choice(("先生", "女士", "师傅", "阿姨", "先生"))

    # -- requests --------------------------------------------------------------------------------------------------

    def from_page(self) -> Way:
        """Somebody writes on the page or in the app; triage accepts, dispatches or refuses."""
        stage, random = self.stage, self.stage.random
        new = NewReport(
            title=self.fill(self.saying.title) if stage.odds(60) else "",
            body=self.fill(self.saying.body),
            region_code=self.region.code,
            place_text=self.place.name if self.place else stage.texts.names.road(random),
            place_id=self.place.id if self.place else None,
            channel=random.choices(("phone", "web", "window", "letter"), (55, 30, 13, 2))[0],
            contact_name=self.caller(),
            contact_phone=self.phone(),
            public_consent=stage.odds(60),
        )
        with acting(ANYONE):
            made = matters.report(new=new, actor=ANYONE, now=stage.now)
        self.id, self.reporter, self.in_stage = made.matter_id, Actor(follow=(made.follow_hash,)), made.stage
        stage.followed.append((made.number, made.follow_code, self))
        yield from self.triage()

    def triage(self) -> Way:
        """From the centre's inbox to a unit."""
        stage = self.stage
        # A few wait longer than they should, a few are sorted wrongly at first.
        yield stage.worked(9, 40) if stage.odds(2) else stage.worked(0.1, 3)
        dispatcher = self.centre("dispatcher")
        if stage.odds(1.5):
            self.do(self.reporter, "withdraw", words=self.words("withdraw"))
            return
        if self.saying.ground or stage.odds(1):
            self.do(dispatcher, "refuse", ground=self.saying.ground or "refuse.no-content", words=self.words("refuse"))
            return
        self.do(dispatcher, "accept", category=self.saying.category)
        yield stage.worked(5, 16) if stage.odds(3) else stage.worked(0.05, 1.6)
        if not self.choose():
            return
        self.do(dispatcher, "dispatch", lead=self.lead, co=list(self.helpers()))
        yield from self.handle()

    def choose(self) -> bool:
        """Find the lead; without one the matter stays with triage."""
        found = self.stage.cast.lead(self.saying.category, self.region.code, self.stage.now)
        self.lead = found[0] if found else 0
        return found is not None

    def helpers(self) -> tuple[int, ...]:
        """Who helps, now and then."""
        found = self.stage.cast.lead(self.saying.category, self.region.code, self.stage.now)
        return found[1][:1] if found and self.stage.odds(15) else ()

    def by_phone(self) -> Way:
        """A call at an operator's desk, ended in one of its ways."""
        stage, operator = self.stage, self.centre("operator")
        ending, to = Ending.TRIAGE, self.saying.passed_to
        if self.saying.item:
            ending = Ending.ANSWERED
        elif to:
            ending = Ending.PASSED
        elif self.saying.ground:
            ending = Ending.REFUSED
        elif self.choose() and stage.odds(70):
            ending = Ending.DISPATCHED
        words = Words(
            phone=self.phone(),
            name=self.caller(),
            title=self.fill(self.saying.title),
            body=self.fill(self.saying.body),
            place=self.place.name if self.place else stage.texts.names.road(stage.random),
            region=self.region.code,
            category=self.saying.category,
            lead=str(self.lead or ""),
            co=NO_HELP,
            cite=self.saying.item,
            ground=self.saying.ground,
            words=self.words("refuse") if ending is Ending.REFUSED else "",
        )
        ref = uuid.UUID(int=stage.random.getrandbits(128), version=4)
        with acting(operator):
            ended = hotline.call_end(ref=ref, words=words, ending=ending, actor=operator, now=stage.now, passed_to=to)
        self.reporter = Actor(follow=(queries.hash_of_code(ended.follow_code),))
        with acting(operator):
            self.id = queries.matter_id_of_number(ended.number) or 0
        if ending is Ending.DISPATCHED:
            yield from self.handle()
        elif ending is Ending.TRIAGE:
            yield from self.triage()

    # -- the unit --------------------------------------------------------------------------------------------------

    def handle(self) -> Way:
        """A unit signs for it, gives it back, or handles it; then it is checked and judged."""
        stage = self.stage
        if stage.odds(0.4):
            return
        yield stage.worked(9, 16) if stage.odds(3) else stage.worked(0.3, 7)
        self.do(self.one(self.lead, "handler"), "take")
        if stage.odds(5):
            yield from self.give_back()
        if not stage.odds(6):
            yield stage.worked(0.3, 6)
            self.do(self.one(self.lead, "handler"), "contact", words=self.words("contact"))
        if stage.odds(8):
            yield from self.more_time()
        yield from self.answer()
        yield from self.judge()

    def more_time(self) -> Way:
        """A department asks for more time, or for a pause; the city's supervisor answers."""
        stage = self.stage
        unit = organisation.unit_by_id(self.lead or 0, local_date(stage.now))
        if unit is None or unit.level not in (Level.COUNTY, Level.CITY):
            return
        yield stage.worked(8, 40)
        handler, ask, asked = (
            self.one(self.lead, "handler"),
            "extension",
            {"ground": "extend.works", "more_time": "5wd"},
        )
        if stage.odds(35):
            until = local_date(stage.now) + timedelta(days=stage.random.randint(4, 12))
            ask, asked = "pause", {"ground": "pause.reporter", "until": until.isoformat()}
        if not self.may(handler, f"ask_{ask}"):
            # The time is over by now, and who is late can't ask for more.
            return
        self.do(handler, f"ask_{ask}", words=self.words("more-time" if ask == "extension" else "pause"), **asked)
        if stage.odds(8):
            return
        yield stage.worked(1, 6)
        decided, words = ("grant", "granted") if stage.odds(80) else ("decline", "declined")
        self.do(self.centre("supervisor"), f"{decided}_{ask}", words=self.words(words))

    def give_back(self) -> Way:
        """The unit says that it isn't its duty; triage finds another, and now and then that one says the same."""
        stage = self.stage
        for _ in range(2):
            other = stage.cast.other_lead(self.region.code, self.lead)
            if other is None:
                return
            yield stage.worked(0.5, 6)
            ground = stage.random.choice(GIVEN_BACK)
            self.do(self.one(self.lead, "handler"), "hand_back", ground=ground, words=self.words("return"))
            yield stage.worked(0.2, 3)
            self.lead = other
            self.do(self.centre("dispatcher"), "dispatch", lead=other, words=self.words("redispatch"))
            yield stage.worked(0.5, 6)
            self.do(self.one(self.lead, "handler"), "take")
            if not stage.odds(22):
                return

    def answer(self) -> Way:
        """Work, reply, check; what fails the check is done again."""
        stage = self.stage
        is_late = self.lead == stage.cast.unit(f"{LATE}-{stage.cast.county_code}")
        if stage.odds(5 if is_late else 0.5):
            return
        for attempt in range(3):
            yield self.work(is_late) if not attempt else stage.worked(3, 20)
            self.do(self.one(self.lead, "handler"), "reply", reply=self.reply_text())
            yield stage.worked(14, 30) if stage.odds(3) else stage.worked(1, 12)
            checker = self.first_who_may("check_pass", self.checkers())
            if checker is None:
                return
            if attempt == 2 or not stage.odds(11 if is_late else 6):
                self.do(checker, "check_pass", words=self.words("check-good"))
                return
            self.do(checker, "check_fail", words=self.words("check-bad"))

    def work(self, is_late: bool) -> datetime:
        """How long a unit takes: most within the dispatch catalogue's five working days, the late one after them."""
        stage = self.stage
        if is_late and stage.odds(78):
            return stage.worked(41, 85)
        return stage.worked(38, 62) if stage.odds(4) else stage.worked(2, 30)

    def judge(self) -> Way:
        """The reporter's verdict: solved, not solved (done again), or none at all."""
        stage = self.stage
        if self.in_stage != "verdict" or not stage.odds(52):
            return
        yield stage.lived(1, 110)
        if self.in_stage == "verdict" and stage.odds(86):
            satisfied = stage.random.choices((5, 4, 3, 2), (46, 38, 12, 4))[0]
            self.do(self.reporter, "rate", solved=True, satisfied=satisfied, words=self.words("solved"))
            return
        self.do(
            self.reporter,
            "rate",
            solved=False,
            satisfied=stage.random.choice((1, 2, 2, 3)),
            words=self.words("unsolved"),
        )
        yield from self.answer()
        yield from self.judge()

    # -- incidents -------------------------------------------------------------------------------------------------

    def from_round(self) -> Way:
        """A grid worker finds something: ended in the grid, or a level up, and up again."""
        community = self.stage.cast.unit(f"community-{self.region.code}")
        worker = self.worker(community)
        if worker is None:
            return
        self.find(worker)
        halt = self.moment.halt
        if halt == "in_grid":
            return
        yield self.soon(16, 30) if self.stage.odds(5) else self.soon(0.3, 9)
        if halt in ("", "spot_check") and (halt or self.stage.odds(72)):
            self.do(worker, "end_in_grid", reply=self.words("ended"))
            yield from self.spot_check(community)
            return
        self.do(worker, "escalate_to_community", words=self.words("escalate"))
        if halt != "in_community":
            yield self.soon(0.5, 12)
            yield from self.in_community(self.one(community, "handler"))

    def worker(self, community: int | None) -> Actor | None:
        """Who goes the round: where the matter is to be seen today, the one who has a sign-in."""
        if self.moment.halt:
            return self.stage.cast.login("grid", self.stage.now)
        found = [post for post in self.stage.cast.posts(community, "grid_worker") if is_grid(post)]
        return self.stage.random.choice(found) if found else None

    def find(self, worker: Actor) -> None:
        """Sign in at the place, if there is one, and report what is wrong there."""
        stage = self.stage
        new = NewReport(
            body=self.fill(self.saying.body),
            title=self.fill(self.saying.title),
            place_id=self.place.id if self.place else None,
            category=self.saying.category,
        )
        with acting(worker):
            if self.place is not None:
                key = uuid.UUID(int=stage.random.getrandbits(128), version=4)
                grid.patrol_sign(place_id=self.place.id, actor=worker, now=stage.now, key=key)
            made = grid.incident_found(new=new, uploads=(), actor=worker, now=stage.now, key=None)
        self.id = made.matter_id

    def soon(self, least: float, most: float) -> datetime:
        """As `worked`; at once where the matter is to be seen today in a stage further on."""
        return self.stage.worked(0.1, 0.4) if self.moment.halt else self.stage.worked(least, most)

    def spot_check(self, community: int | None) -> Way:
        """One in five that ended in the grid is looked at by the community."""
        if self.in_stage != "spot_check" or self.moment.halt:
            return
        yield self.stage.worked(0.5, 9)
        other = self.first_who_may("spot_pass", self.stage.cast.posts(community, "handler"))
        if other is not None:
            self.do(other, "spot_pass", words=self.words("check-good"))

    def in_community(self, handler: Actor) -> Way:
        """The community ends it or takes it to the township's centre."""
        halt = self.moment.halt
        if halt in ("", "checking") and (halt or self.stage.odds(50)):
            self.do(handler, "end_in_community", reply=self.words("ended"))
            yield from self.check_incident()
            return
        self.do(handler, "escalate_to_centre", words=self.words("escalate"))
        if halt != "in_centre":
            yield from self.in_centre()

    def in_centre(self) -> Way:
        """The township's centre ends it or gives it to a unit."""
        stage = self.stage
        centre = stage.cast.unit(f"centre-{self.region.code[:TOWNSHIP_DIGITS]}")
        yield self.soon(0.5, 7)
        dispatcher = self.one(centre, "dispatcher")
        if not self.choose() or (not self.moment.halt and stage.odds(45)):
            self.do(dispatcher, "end_in_centre", reply=self.words("ended"))
        else:
            self.do(dispatcher, "entrust", lead=self.lead)
            if self.moment.halt:
                return
            yield stage.worked(3, 42)
            self.do(self.one(self.lead, "handler"), "reply", reply=self.words("ended"))
        yield from self.check_incident()

    def check_incident(self) -> Way:
        """The township's checker, or the city's where it has none."""
        stage = self.stage
        if self.moment.halt:
            return
        centre = stage.cast.unit(f"centre-{self.region.code[:TOWNSHIP_DIGITS]}")
        yield stage.worked(1, 12)
        checker = self.first_who_may("check_pass", self.checkers(centre))
        if checker is not None:
            self.do(checker, "check_pass", words=self.words("check-good"))


def is_grid(actor: Actor) -> bool:
    """Does a post stand for one grid?"""
    return bool(actor.region_code) and level_of(actor.region_code) is Level.GRID
