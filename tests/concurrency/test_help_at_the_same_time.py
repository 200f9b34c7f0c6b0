"""Two helpers answer at once, the lead stops waiting as one answers, a split is undone as a part is given out: one story each."""

from functools import partial

from django.db import connection

from shanzhi.kernel.matters import operations
from shanzhi.kernel.matters.operations import Reported
from shanzhi.kernel.matters.policy.parting import PartsMoved
from shanzhi.kernel.matters.policy.process import FieldsWrong, RoleForbids, StageForbids
from tests.city import NOW
from tests.concurrency.committed import City, as_role, at_once
from tests.concurrency.steps import CATEGORY, act, entries, report, sort_out

PARTS = [{"about": "电梯停了", "category": CATEGORY}, {"about": "垃圾没人清", "category": "cityscape.waste"}]


def helped(city: City) -> Reported:
    made, cast = report(), city.cast
    act(made, cast.dispatcher, "accept", category=CATEGORY)
    helpers = [cast.second_handler.unit_id, cast.neighbour_handler.unit_id]
    act(made, cast.dispatcher, "dispatch", lead=cast.handler.unit_id, co=helpers)
    act(made, cast.handler, "take")
    return made


def states(city: City, made: Reported) -> list[str]:
    with as_role(city.installation, "owner") as owner:
        rows = owner.execute(
            "SELECT state FROM matters_assignment WHERE matter_id = %s AND part = 'co' ORDER BY id", [made.matter_id]
        ).fetchall()
    return [row[0] for row in rows]


def test_two_helpers_answer_at_once(city: City) -> None:
    cast = city.cast
    made = helped(city)
    both = (
        partial(act, made, actor, "assist_done", words="已配合")
        for actor in (cast.second_handler, cast.neighbour_handler)
    )
    done, refused = sort_out(at_once(*both))
    assert (len(done), len(refused), states(city, made)) == (2, 0, ["done", "done"])
    assert entries(city, made).count("assist_done") == 2


def test_one_helper_answers_twice_at_once(city: City) -> None:
    made = helped(city)
    twice = [partial(act, made, city.cast.second_handler, "assist_done", words="已配合")] * 2
    done, refused = sort_out(at_once(*twice))
    assert (len(done), [type(row.error) for row in refused]) == (1, [RoleForbids])
    assert entries(city, made).count("assist_done") == 1


def test_an_answer_and_its_excuse_at_once(city: City) -> None:
    cast = city.cast
    for _ in range(3):
        made = helped(city)
        done, refused = sort_out(
            at_once(
                partial(act, made, cast.second_handler, "assist_done", words="已配合"),
                partial(act, made, cast.handler, "excuse", helper=cast.second_handler.unit_id, words="超期"),
            )
        )
        assert (len(done), len(refused)) == (1, 1)
        assert type(refused[0].error) in (RoleForbids, FieldsWrong)
        assert states(city, made)[0] in ("done", "excused")


def test_a_split_is_undone_as_a_part_is_given_out(city: City) -> None:
    cast = city.cast
    for _ in range(3):
        made = report()
        act(made, cast.dispatcher, "accept", category=CATEGORY)
        act(made, cast.dispatcher, "split", lead=cast.handler.unit_id, parts=PARTS)
        with as_role(city.installation, "owner") as owner:
            rows = owner.execute(
                "SELECT matter_id FROM matters_part WHERE whole_id = %s ORDER BY 1", [made.matter_id]
            ).fetchall()
        part = Reported(rows[0][0], "", "", "", "", "", "", None)
        done, refused = sort_out(
            at_once(
                partial(act, made, cast.dispatcher, "rejoin"),
                partial(act, part, cast.second_dispatcher, "dispatch", lead=cast.handler.unit_id),
            )
        )
        assert (len(done), [type(row.error) for row in refused]) in ((1, [PartsMoved]), (1, [StageForbids]))


def test_two_workers_hand_a_whole_over_once(city: City) -> None:
    cast = city.cast
    made = report()
    act(made, cast.dispatcher, "accept", category=CATEGORY)
    act(made, cast.dispatcher, "split", lead=cast.handler.unit_id, parts=PARTS)
    with as_role(city.installation, "owner") as owner:
        rows = owner.execute("SELECT matter_id FROM matters_part WHERE whole_id = %s", [made.matter_id]).fetchall()
    for (part,) in rows:
        one = Reported(part, "", "", made.follow_hash, "", "", "", None)
        act(one, cast.dispatcher, "refuse", ground="refuse.litigation", words="已在诉讼")

    def run() -> int:
        connection.close()
        connection.settings_dict = {
            **connection.settings_dict,
            "USER": city.installation.role("worker"),
            "PASSWORD": city.installation.secrets.passwords["worker"],
        }
        return operations.parts_follow(matter_ids=[made.matter_id], now=NOW)

    outcomes = at_once(run, run)
    assert [row.error for row in outcomes] == [None, None]
    assert entries(city, made).count("collect") == 1
