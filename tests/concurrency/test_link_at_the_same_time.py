"""Two dispatchers link crosswise, or into a chain, at once; two workers follow at once: no circle, no chain, nothing twice."""

from functools import partial

from django.db import connection

from shanzhi.kernel.matters import operations
from shanzhi.kernel.matters.operations import Reported
from shanzhi.kernel.matters.policy.linking import HasLinked
from shanzhi.kernel.matters.policy.process import FieldsWrong
from tests.city import NOW
from tests.concurrency.committed import City, as_role, at_once
from tests.concurrency.steps import CATEGORY, act, entries, report, reporter_of, sort_out


def links(city: City, *matters: Reported) -> list[tuple[int, int]]:
    with as_role(city.installation, "owner") as owner:
        return owner.execute(
            "SELECT matter_id, lead_id FROM matters_link WHERE unlinked_at IS NULL AND matter_id = ANY(%s) ORDER BY 1",
            [[matter.matter_id for matter in matters]],
        ).fetchall()


def as_worker(city: City, *matters: Reported):
    """Follow in this thread's own connection as the worker."""

    def run() -> int:
        installation = city.installation
        connection.close()
        connection.settings_dict = {
            **connection.settings_dict,
            "USER": installation.role("worker"),
            "PASSWORD": installation.secrets.passwords["worker"],
        }
        return operations.links_follow(matter_ids=[matter.matter_id for matter in matters], now=NOW)

    return run


def _answer(city: City, made: Reported) -> None:
    cast = city.cast
    act(made, cast.dispatcher, "accept", category=CATEGORY)
    act(made, cast.dispatcher, "dispatch", lead=cast.handler.unit_id)
    act(made, cast.handler, "take")
    act(made, cast.handler, "reply", reply="修好了。")
    act(made, cast.checker, "check_pass")


def test_crosswise_one_of_two_is_the_lead(city):
    cast = city.cast
    for _ in range(5):
        one, other = report(), report()
        done, refused = sort_out(
            at_once(
                partial(act, one, cast.dispatcher, "link", same_as=other.number),
                partial(act, other, cast.second_dispatcher, "link", same_as=one.number),
            )
        )
        assert (len(done), [type(row.error) for row in refused]) in ((1, [FieldsWrong]), (1, [HasLinked]))
        assert links(city, one, other) in (
            [(one.matter_id, other.matter_id)],
            [(other.matter_id, one.matter_id)],
        )


def test_no_chain_comes_about(city):
    cast = city.cast
    for _ in range(5):
        first, second, third = report(), report(), report()
        done, refused = sort_out(
            at_once(
                partial(act, first, cast.dispatcher, "link", same_as=second.number),
                partial(act, second, cast.second_dispatcher, "link", same_as=third.number),
            )
        )
        assert (len(done), [type(row.error) for row in refused]) in ((1, [FieldsWrong]), (1, [HasLinked]))
        assert len(links(city, first, second, third)) == 1


def test_one_report_is_linked_once(city):
    cast = city.cast
    one, lead, other = report(), report(), report()
    done, refused = sort_out(
        at_once(
            partial(act, one, cast.dispatcher, "link", same_as=lead.number),
            partial(act, one, cast.second_dispatcher, "link", same_as=other.number),
        )
    )
    assert (len(done), len(refused), len(links(city, one))) == (1, 1, 1)
    assert entries(city, one) == ["report", "link"]


def test_two_workers_and_two_unsolved_reopen_the_lead_once(city):
    lead, second, third = report(), report(), report()
    for each in (second, third):
        act(each, city.cast.dispatcher, "link", same_as=lead.number)
    _answer(city, lead)
    at_once(*[as_worker(city, lead)] * 2)
    at_once(
        *(partial(act, each, reporter_of(each), "rate", solved=False, words="还是不亮") for each in (second, third))
    )
    outcomes = at_once(as_worker(city, second), as_worker(city, third))
    assert [row.error for row in outcomes] == [None, None]
    at_once(as_worker(city, second))
    assert entries(city, lead).count("reopen") == 1
    with as_role(city.installation, "owner") as owner:
        rows = owner.execute(
            "SELECT stage, counts FROM matters_matter WHERE id = ANY(%s) ORDER BY id",
            [[lead.matter_id, second.matter_id, third.matter_id]],
        ).fetchall()
    assert rows == [("handling", {"linked": 2, "reopenings": 1}), ("merged", {}), ("merged", {})]
