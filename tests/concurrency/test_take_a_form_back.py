"""Two tabs come for the same parked form at the same moment: one gets what was typed, the other an empty form."""

from shanzhi.kernel.vault.operations import form_park, form_take_back
from tests.city import NOW
from tests.concurrency.committed import at_once

FIELDS = {"reply": ["电梯已修好"]}


def test_it_gives_a_form_to_one_of_two(city):
    for _ in range(5):
        key = form_park(path="/worklist/", fields=FIELDS, now=NOW)
        assert key is not None
        outcomes = at_once(*[lambda key=key: form_take_back(key=key, path="/worklist/", now=NOW)] * 3)
        assert [outcome.error for outcome in outcomes] == [None] * 3
        assert sorted((outcome.value for outcome in outcomes), key=bool) == [{}, {}, FIELDS]
