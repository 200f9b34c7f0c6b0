"""What the tests of the kinds by law share: who takes one in, who does what when, and what is due."""

from dataclasses import dataclass
from datetime import date, datetime

from shanzhi.core.periods import CITY_ZONE
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.access.queries import actor_of_post
from shanzhi.kernel.matters import operations
from shanzhi.kernel.matters.operations import Done, Reported
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.kernel.matters.queries import MatterCard
from shanzhi.kernel.organisation import queries as organisation
from tests.city import NOW
from tests.desks import card, do, may


def at(year: int, month: int, day: int, hour: int = 10, minute: int = 0) -> datetime:
    """A moment in the city."""
    return datetime(year, month, day, hour, minute, tzinfo=CITY_ZONE)


def ends(year: int, month: int, day: int) -> datetime:
    """The close of office hours."""
    return at(year, month, day, 17, 30)


def of_unit(code: str, role: str = "handler", seat: int = 0) -> Actor:
    """Somebody in a unit."""
    unit = organisation.unit_by_code(code, NOW.date())
    assert unit is not None, code
    posts = [post for post in organisation.posts_of_unit(unit.id, NOW.date()) if post.role == role]
    return actor_of_post(posts[seat].post_id, date(2025, 11, 18))


def of_region(code: str, role: str, seat: int = 0) -> Actor:
    """Somebody with a post for just this place."""
    found = [row for row in organisation.responsible_on(code, NOW.date()) if row.region_code == code]
    posts = [row.post_id for row in found if row.role == role]
    return actor_of_post(posts[seat], NOW.date())


@dataclass(frozen=True, slots=True)
class Case:
    """One matter of a kind on its way."""

    made: Reported

    @property
    def reporter(self) -> Actor:
        """Whoever holds the follow code."""
        return Actor(follow=(self.made.follow_hash,))

    def do(self, actor: Actor, action: str, now: datetime = NOW, **fields: object) -> Done:
        """Do an action."""
        return do(actor, self.made, action, now, **fields)

    def card(self, actor: Actor, now: datetime = NOW) -> MatterCard:
        """The matter as somebody sees it."""
        return card(actor, self.made, now)

    def due(self, actor: Actor, now: datetime = NOW) -> datetime | None:
        """When it is due."""
        return self.card(actor, now).due_at

    def can(self, actor: Actor, now: datetime = NOW) -> set[str]:
        """Codes of what somebody may do now."""
        return may(actor, self.made, now)


def taken_in(kind: str, actor: Actor, now: datetime = NOW, channel: str = "window") -> Case:
    """A matter of a kind that staff took in."""
    with acting(actor):
        new = NewReport(
            body="小区地下室漏水，多次反映没有解决", title="地下室漏水", kind=kind, channel=channel,
            region_code="370303009006", contact_phone="13812345678",
        )  # fmt: skip
        return Case(operations.report(new=new, actor=actor, now=now))
