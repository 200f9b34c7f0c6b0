"""The demo city's trial round: what is left of it, the supervisor's sign-in can do to the end."""

from datetime import timedelta

from shanzhi.config.demo.assessment import make_round
from shanzhi.config.demo.cast import Cast
from shanzhi.core.periods import local_date
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.facts.tests.facts_support import project_all
from shanzhi.kernel.rounds import operations, queries
from shanzhi.kernel.rounds.policy.states import State
from tests.city import NOW
from tests.concurrency.committed import City

TODAY = NOW + timedelta(days=25)


def test_its_supervisor_signs_what_is_left_and_locks(city: City) -> None:
    project_all(city)
    cast = Cast.of_city("3703", "370303", now=TODAY)
    signed = make_round(city.installation, cast, began=NOW - timedelta(days=30), now=TODAY)
    lead = cast.login("supervisor", TODAY)
    assert signed is not None
    assert lead is not None
    with acting(lead):
        (row,) = queries.round_rows()
        board = queries.board(row.city_id, local_date(TODAY))
        assert (board.uncut, board.owed, board.typed_computed) == ((), 0, 0)
        assert len(board.projects) - len(board.unsigned) == signed
        first = board.projects[0].items[0].indicator.key
        assert queries.item_page(row.city_id, first, local_date(TODAY)).item.evidence == 1
        for project in board.unsigned:
            operations.project_sign(city_id=row.city_id, project=project.project.code, actor=lead, now=TODAY)
        operations.round_lock(city_id=row.city_id, actor=lead, now=TODAY)
        assert queries.round_rows()[0].state is State.LOCKED
