"""After each step of walks by chance, through every kind that is shipped, facts agree with what matters are."""

import os
import random
from collections import Counter

import pytest

from shanzhi.config import database
from shanzhi.kernel.facts import queries
from shanzhi.kernel.facts.tests.agreement import differences
from shanzhi.kernel.facts.tests.facts_support import project_all
from shanzhi.kernel.facts.tests.walking import Walk
from shanzhi.kernel.matters.queries import current_kind
from tests.concurrency.committed import City, as_role, city

__all__ = ["city"]
KINDS = ("finding", "incident", "petition", "request", "suggestion")
IS_FULL = os.environ.get("SHANZHI_SIZE") == "full"
WALKS, TRIES = (40, 80) if IS_FULL else (1, 40)


@pytest.mark.parametrize("code", KINDS)
def test_it_agrees_after_each_step(city: City, code: str) -> None:
    done: Counter[str] = Counter()
    for seed in range(WALKS):
        walk = Walk(city, current_kind(code), random.Random(f"{code} {seed}"))

        def agree(walk: Walk = walk) -> None:
            project_all(city)
            with as_role(city.installation, "owner") as owner:
                assert differences(owner) == [], (code, walk.done)

        walk.go_on(TRIES, agree)
        done.update(walk.done)
    assert len(done) >= 4, done
    with database.acting_as(city.installation, "worker"):
        found = queries.verify()
        assert [str(fault) for fault in found.faults] == []
