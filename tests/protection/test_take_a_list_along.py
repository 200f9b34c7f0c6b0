"""A list that is taken along holds what the post sees, and the journal says so without the words that were typed."""

import pytest

from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.matters import operations
from shanzhi.kernel.matters.queries import ListFilter
from tests.city import NOW
from tests.concurrency.committed import City, as_role
from tests.protection.standing import Standing, stand


@pytest.fixture(scope="module")
def standing(city: City) -> Standing:
    return stand(city)


def test_it_is_journaled_with_its_figures_and_without_words(city, standing):
    actor, seen = city.cast.supervisor, []

    def write(rows):
        seen.extend(row.number for row in rows)
        return len(seen), "ab" * 32

    with acting(actor):
        wanted = ListFilter(words="电梯", region_code="370303", open_only=False, sort="newest")
        taken = operations.list_take(
            page="matters:list", wanted=wanted, columns=["title"], file_format="csv", write=write, actor=actor, now=NOW
        )
    with as_role(city.installation, "owner") as owner:
        entries = owner.execute(
            "SELECT action, subject_id, author_post_id, payload FROM journal_entry WHERE subject_kind = 'list'"
        ).fetchall()
    assert taken == len(seen) > 0
    assert entries == [
        (
            "matters.list_take",
            actor.post_id,
            actor.post_id,
            {
                "page": "matters:list",
                "stages": [],
                "unit_id": None,
                "region": "370303",
                "category": "",
                "matter_kind": "",
                "channel": "",
                "light": "",
                "since": None,
                "until": None,
                "open_only": False,
                "by_words": True,
                "by_place": False,
                "columns": ["title"],
                "file_format": "csv",
                "rows": taken,
                "sha256": "ab" * 32,
            },
        )
    ]
