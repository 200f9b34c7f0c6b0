"""A list that is taken along holds what the post sees; the journal says so without the words that were typed, and the
auditor reads it there."""

import pytest

from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.matters import operations, queries
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


def test_it_is_shown_to_who_audits_and_to_nobody_else(city, standing):
    taken = [shown(city, who) for who in ("auditor", "supervisor", "handler", "keeper", "security_officer")]
    assert [len(rows) for rows in taken] == [1, 0, 0, 0, 0]
    (row,) = taken[0]
    assert (row.post_id, row.kept["page"], row.kept["by_words"]) == (city.cast.supervisor.post_id, "matters:list", True)
    assert "电梯" not in str(row.kept)


def shown(city: City, who: str) -> tuple[queries.TakenRow, ...]:
    with acting(getattr(city.cast, who)):
        return queries.lists_taken().rows


@pytest.mark.parametrize("before", ["0", "x", "-1", "9" * 30, "²", "1; DROP"])
def test_it_reads_a_strange_cursor_as_none(city, standing, before):
    with acting(city.cast.auditor):
        assert len(queries.lists_taken(before).rows) == (0 if before == "0" else 1)


def test_it_gives_the_auditor_no_line_of_the_journal(city, standing):
    with as_role(city.installation, "app", city.cast.auditor) as opened:
        assert opened.execute("SELECT count(*) FROM journal_entry WHERE subject_kind = 'list'").fetchone() == (0,)
    with as_role(city.installation, "app", city.cast.supervisor) as opened:
        assert opened.execute("SELECT count(*) FROM audit_lists(NULL, 100)").fetchone() == (0,)
