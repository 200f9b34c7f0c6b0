"""Linking while somebody else moves one of the two, or the worker follows: one of both ways, never a matter that is lost."""

import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

from shanzhi.core.errors import DomainError
from shanzhi.kernel.matters import queries
from shanzhi.kernel.matters.operations import Reported
from tests.concurrency.committed import City, as_role, at_once
from tests.concurrency.steps import CATEGORY, act, entries, report, reporter_of, sort_out
from tests.concurrency.test_link_at_the_same_time import as_worker, links

TIMES = 4


def stages(city: City, *matters: Reported) -> list[str]:
    with as_role(city.installation, "owner") as owner:
        found = dict(
            owner.execute(
                "SELECT id, stage FROM matters_matter WHERE id = ANY(%s)", [[each.matter_id for each in matters]]
            ).fetchall()
        )
    return [found[each.matter_id] for each in matters]


def in_hand(city: City, made: Reported, *, answered: bool = False) -> None:
    cast = city.cast
    act(made, cast.dispatcher, "accept", category=CATEGORY)
    act(made, cast.dispatcher, "dispatch", lead=cast.handler.unit_id)
    act(made, cast.handler, "take")
    if answered:
        act(made, cast.handler, "reply", reply="修好了。")


def followed(city: City, *matters: Reported) -> None:
    """As the worker's events would have it, until nothing is left to do."""
    while True:
        (outcome,) = at_once(as_worker(city, *matters))
        assert outcome.error is None
        if not outcome.value:
            return


def both_at_once(*work: Callable[[], Any]) -> tuple[int, list[type[Exception]]]:
    done, refused = sort_out(at_once(*work))
    assert all(isinstance(row.error, DomainError) for row in refused), [row.error for row in refused]
    return len(done), [type(row.error) for row in refused]


def whole(city: City) -> None:
    def look() -> None:
        state = queries.loop_state()
        assert (state.lost, state.out_of_step) == ((), ())

    (outcome,) = at_once(as_worker_doing(city, look))
    assert outcome.error is None, outcome.error


def as_worker_doing(city: City, work: Callable[[], None]) -> Callable[[], None]:
    run = as_worker(city)

    def both() -> None:
        run()
        work()

    return both


def test_one_dispatcher_links_while_another_accepts_it(city):
    cast = city.cast
    for _ in range(TIMES):
        lead, other = report(), report()
        done, _ = both_at_once(
            partial(act, other, cast.dispatcher, "link", same_as=lead.number),
            partial(act, other, cast.second_dispatcher, "accept", category=CATEGORY),
        )
        # Without a version both may be done one after the other; never is it half of each.
        (stage,) = stages(city, other)
        assert (stage, done, bool(links(city, other))) in (
            ("merged", 2, True),
            ("accepted", 1, False),
            ("merged", 1, True),
        )
    whole(city)


def test_it_is_linked_while_the_lead_is_answered(city):
    cast = city.cast
    for _ in range(TIMES):
        lead, other = report(), report()
        in_hand(city, lead, answered=True)
        both_at_once(
            partial(act, other, cast.dispatcher, "link", same_as=lead.number),
            partial(act, lead, cast.checker, "check_pass"),
        )
        is_linked = bool(links(city, other))
        followed(city, lead, other)
        assert stages(city, lead, other) == ["verdict", "verdict" if is_linked else "reported"]
    whole(city)


def test_it_is_linked_while_the_lead_is_withdrawn(city):
    cast = city.cast
    for _ in range(TIMES):
        lead, other = report(), report()
        both_at_once(
            partial(act, other, cast.dispatcher, "link", same_as=lead.number),
            partial(act, lead, reporter_of(lead), "withdraw"),
        )
        followed(city, lead, other)
        assert stages(city, lead, other) == ["withdrawn", "reported"]
        assert links(city, other) == []
    whole(city)


def test_it_is_unlinked_while_the_worker_puts_it_to_its_reporter(city):
    cast = city.cast
    for _ in range(TIMES):
        lead, other = report(), report()
        act(other, cast.dispatcher, "link", same_as=lead.number)
        in_hand(city, lead, answered=True)
        act(lead, cast.checker, "check_pass")
        both_at_once(partial(act, other, cast.dispatcher, "unlink"), as_worker(city, lead))
        followed(city, lead, other)
        is_linked = bool(links(city, other))
        assert stages(city, lead, other) == ["verdict", "verdict" if is_linked else "reported"]
    whole(city)


def test_two_verdicts_at_once_that_differ(city):
    cast = city.cast
    for _ in range(TIMES):
        lead, other = report(), report()
        act(other, cast.dispatcher, "link", same_as=lead.number)
        in_hand(city, lead, answered=True)
        act(lead, cast.checker, "check_pass")
        followed(city, lead)
        done, refused = both_at_once(
            partial(act, lead, reporter_of(lead), "rate", solved=True),
            partial(act, other, reporter_of(other), "rate", solved=False, words="还是不亮"),
        )
        assert (done, refused) == (2, [])
        at_once(as_worker(city, lead), as_worker(city, other))
        followed(city, lead, other)
        assert stages(city, lead, other) == ["handling", "merged"]
        with as_role(city.installation, "owner") as owner:
            counts = owner.execute("SELECT counts FROM matters_matter WHERE id = %s", [lead.matter_id]).fetchone()
        assert counts == ({"linked": 1, "reopenings": 1},)
    whole(city)


def test_the_dispatcher_sends_the_same_link_twice_at_once(city):
    """A double click, with the key of the form: one link, one entry, both answered alike."""
    cast = city.cast
    lead, other, key = report(), report(), uuid.uuid4()
    send = partial(act, other, cast.dispatcher, "link", key=key, same_as=lead.number)
    outcomes = at_once(send, send)
    assert [row.error for row in outcomes] == [None, None]
    assert len({row.value.step for row in outcomes}) == 1
    assert len(links(city, other)) == 1
    assert entries(city, other) == ["report", "link"]
