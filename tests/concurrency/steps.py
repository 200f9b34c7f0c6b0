"""Steps of a matter in a city that keeps them, each in a transaction of its own."""

import uuid

from shanzhi.config import database
from shanzhi.core.errors import DomainError
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE, Actor
from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.matters import operations
from shanzhi.kernel.matters.operations import Reported
from shanzhi.kernel.matters.policy.report import NewReport
from tests.city import NOW
from tests.concurrency.committed import City, Outcome

COMMUNITY = "370303009006"
CATEGORY = "housing.property-service"


def report(body: str = "路灯不亮", key: uuid.UUID | None = None) -> Reported:
    with acting(ANYONE):
        return operations.report(
            new=NewReport(body=body, region_code=COMMUNITY, contact_phone="13812345678"),
            actor=ANYONE,
            now=NOW,
            key=key,
        )


def act(
    made: Reported, actor: Actor, action: str, *, version: int | None = None, key: uuid.UUID | None = None, **fields
):
    with acting(actor):
        return operations.act(
            matter_id=made.matter_id, action=action, actor=actor, now=NOW, fields=fields, version=version, key=key
        )


def reporter_of(made: Reported) -> Actor:
    return Actor(follow=(made.follow_hash,))


def entries(city: City, made: Reported) -> list[str]:
    with database.acting_as(city.installation, "worker"):
        return [row.action.removeprefix("matters.") for row in journal.entries_of("matter", made.matter_id)]


def to_verdict(city: City) -> Reported:
    made, cast = report(), city.cast
    act(made, cast.dispatcher, "accept", category=CATEGORY)
    act(made, cast.dispatcher, "dispatch", lead=cast.handler.unit_id)
    act(made, cast.handler, "take")
    act(made, cast.handler, "reply", reply="修好了。")
    act(made, cast.checker, "check_pass")
    return made


def sort_out(outcomes: list[Outcome]) -> tuple[list[Outcome], list[Outcome]]:
    """Those that did it, and those that were told that it can't be done."""
    for outcome in outcomes:
        assert outcome.error is None or isinstance(outcome.error, DomainError), repr(outcome.error)
    return [row for row in outcomes if row.error is None], [row for row in outcomes if row.error is not None]
