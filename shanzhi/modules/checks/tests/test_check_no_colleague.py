"""Nobody checks what their own unit handled: the desk doesn't offer it, and the process refuses it."""

import pytest
from django.db import transaction

from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE, Actor
from shanzhi.kernel.access.queries import actor_of_post
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.operations import Reported
from shanzhi.kernel.matters.policy.process import SamePerson
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.modules.checks.queries import checking_stages, desk
from tests.city import NOW, Cast

pytestmark = pytest.mark.django_db


def do(actor: Actor, matter: Reported, action: str, **fields: object) -> None:
    with acting(actor):
        operations.act(matter_id=matter.matter_id, action=action, actor=actor, now=NOW, fields=fields)


def post_of(unit_id: int, role: str) -> Actor:
    posts = [card for card in organisation.posts_of_unit(unit_id, NOW.date()) if card.role == role]
    return actor_of_post(posts[0].post_id, NOW.date())


def handled(cast: Cast, by: Actor) -> Reported:
    with acting(ANYONE):
        new = NewReport(body="地下室水泵坏了", title="水泵", region_code="370303009006")
        matter = operations.report(new=new, actor=ANYONE, now=NOW)
    do(cast.dispatcher, matter, "accept")
    do(cast.dispatcher, matter, "dispatch", lead=by.unit_id)
    do(by, matter, "take")
    do(by, matter, "reply", reply="已更换水泵")
    return matter


def offered(actor: Actor) -> set[str]:
    with acting(actor):
        found = desk(
            stages=checking_stages([queries.current_kind("request")]),
            light="",
            words="",
            after="",
            actor=actor,
            now=NOW,
        )
    return {row.number for row in found.page.rows}


def verbs(actor: Actor, matter: Reported) -> set[str]:
    with acting(actor):
        return {choice.verb for choice in queries.card(matter.matter_id, actor=actor, now=NOW).actions}


def test_a_centre_does_not_check_what_it_handled(cast: Cast):
    centre = organisation.unit_by_code("centre-370303", NOW.date())
    assert centre is not None
    county = post_of(centre.id, "checker")
    # A handler in the city's centre, as a city may have one; the role is what the process asks for.
    own = Actor(**{name: getattr(cast.dispatcher, name) for name in cast.dispatcher.__slots__} | {"role": "handler"})
    theirs, ours = handled(cast, cast.handler), handled(cast, own)
    assert offered(cast.checker) == {theirs.number}
    assert offered(county) == {theirs.number, ours.number}
    assert "check_pass" not in verbs(cast.checker, ours)
    with pytest.raises(SamePerson, match="别的单位"), transaction.atomic():
        do(cast.checker, ours, "check_pass", words="现场查看：属实")
    do(county, ours, "check_pass", words="现场查看：属实")
    do(cast.checker, theirs, "check_fail", words="电话回访：还在漏")
