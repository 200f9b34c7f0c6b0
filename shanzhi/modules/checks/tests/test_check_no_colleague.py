"""Nobody checks what their own unit handled: the desk doesn't offer it, and the process refuses it."""

import pytest
from django.db import transaction

from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE, Actor
from shanzhi.kernel.access.queries import actor_of_post
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.models import Assignment, Matter
from shanzhi.kernel.matters.operations import Reported
from shanzhi.kernel.matters.operations.checking import checking_unit
from shanzhi.kernel.matters.policy.process import Party, SamePerson
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.modules.checks.queries import checking_stages, desk
from tests.city import NOW, OPENED, Cast
from tests.concurrency.committed import City, city
from tests.concurrency.test_hand_work_over import HOLDS, owner
from tests.desks import do

__all__ = ["city"]
CENTRES = ("centre-3703", "centre-370303")
POST = (
    "INSERT INTO organisation_post (unit_id, role, title, region_id, seat, sees, opened_on, version)"
    " SELECT unit_id, 'handler', '承办员', region_id, 1, sees, opened_on, version FROM organisation_post WHERE id = %s"
    " RETURNING id"
)


@pytest.fixture(scope="module")
def handling(city: City) -> Cast:
    """The city's and the county's centre have a handler, as a city may have it."""
    for code in CENTRES:
        post = post_of(centre(code), "dispatcher")
        made = owner(city, POST, post.post_id).fetchone()
        assert made is not None
        owner(city, HOLDS, made[0], post.staff_id, OPENED)
    return city.cast


@pytest.fixture
def cast(handling: Cast) -> Cast:
    return handling


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
    assert offered(county) == {ours.number}
    with acting(county):
        assert queries.card(ours.matter_id, actor=county, now=NOW).is_sent_on
        told = queries.card(ours.matter_id, actor=county, now=NOW).holder_name
    assert "张店区" in told
    assert "check_pass" not in verbs(cast.checker, ours)
    with pytest.raises(SamePerson, match="别的单位"), transaction.atomic():
        do(cast.checker, ours, "check_pass", words="现场查看：属实")
    do(county, ours, "check_pass", words="现场查看：属实")
    do(cast.checker, theirs, "check_fail", words="电话回访：还在漏")


def as_handler(actor: Actor) -> Actor:
    """The same person in the same unit, in a handler's post."""
    return Actor(**{name: getattr(actor, name) for name in actor.__slots__} | {"role": "handler"})


def centre(code: str) -> int:
    unit = organisation.unit_by_code(code, NOW.date())
    assert unit is not None
    return unit.id


def turn_of(cast: Cast, matter: Reported) -> tuple[str, int]:
    with acting(cast.supervisor):
        row = Matter.objects.get(pk=matter.matter_id)
        return row.stage, row.holder_unit_id or 0


def test_three_centres_check_each_other(cast: Cast):
    city, county, township = (centre(code) for code in ("centre-3703", "centre-370303", "centre-370303009"))
    assert turn_of(cast, handled(cast, cast.handler)) == ("checking", city), (
        "a department handled it: the centre checks"
    )
    by_city = as_handler(cast.dispatcher)
    assert turn_of(cast, handled(cast, by_city)) == ("checking", county), "the city has none above: the county's"
    by_county = as_handler(post_of(county, "dispatcher"))
    assert turn_of(cast, handled(cast, by_county)) == ("checking", city), "the county handled it: the city checks"
    with acting(ANYONE):
        new = NewReport(body="地下室水泵坏了", title="水泵", region_code="370303009006")
        matter = operations.report(new=new, actor=ANYONE, now=NOW)
    do(cast.dispatcher, matter, "accept")
    do(cast.dispatcher, matter, "dispatch", lead=city)
    do(by_city, matter, "take")
    do(cast.dispatcher, matter, "transfer", lead=county)
    do(by_county, matter, "take")
    do(by_county, matter, "reply", reply="已更换水泵")
    assert turn_of(cast, matter) == ("checking", township), "both had it: the township's centre is left"
    checker = post_of(township, "checker")
    assert offered(checker) == {matter.number}
    assert offered(post_of(county, "checker")) & {matter.number} == set()
    do(checker, matter, "check_fail", words="现场查看：还在漏")
    assert turn_of(cast, matter) == ("handling", county)


def test_the_only_checker_who_handled_it_herself_sends_it_up(cast: Cast):
    matter = handled(cast, cast.handler)
    kind = queries.current_kind("request")
    city = centre("centre-3703")
    checkers = [card for card in organisation.posts_of_unit(city, NOW.date()) if card.role == "checker"]
    with acting(cast.handler):
        rows = Assignment.objects.filter(matter_id=matter.matter_id, unit_id=cast.handler.unit_id or 0)
        held = Matter.objects.get(pk=matter.matter_id)
        for number, card in enumerate(checkers, start=1):
            # The same person held a handler's post before: one after the other, until no checker of the centre is left.
            rows.update(handled_by_id=card.staff_id)
            found = checking_unit(held, kind, NOW)
            assert (found == city) is (len(checkers) > 1), number
    if len(checkers) == 1:
        assert found == centre("centre-370303")


def test_the_centre_that_checks_is_told(cast: Cast):
    ours = handled(cast, as_handler(cast.dispatcher))
    county = centre("centre-370303")
    told = queries.parties_of([ours.matter_id])
    assert told == {}, "the application's role asks for no parties outside of its sight"
    with acting(post_of(county, "checker")):
        assert queries.parties_of([ours.matter_id])[ours.matter_id].units[Party.CHECKER] == (county,)
