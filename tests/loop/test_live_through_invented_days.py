"""Some days of the demo city, driven by the same operations as the pages: whole, in the order of time, sealed."""

from dataclasses import dataclass
from datetime import timedelta

import pytest

from shanzhi.config import database
from shanzhi.config.demo import around
from shanzhi.config.demo.cast import Cast
from shanzhi.config.demo.drives import STAGES, make_drive
from shanzhi.config.demo.ninety import Driven, drive
from shanzhi.config.demo.places import load_places
from shanzhi.config.demo.rhythm import Rhythm
from shanzhi.core.periods import local_date
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.facts.tests.agreement import differences
from shanzhi.kernel.facts.tests.facts_support import project_all
from shanzhi.kernel.matters import queries
from shanzhi.kernel.notices import queries as notices
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.policy import Level
from shanzhi.modules.drives.queries import drive_rows
from tests.city import NOW
from tests.concurrency.committed import City, as_role, seal_all

DAYS = 5
UNTIL = NOW + timedelta(days=DAYS + 1, hours=4)


@dataclass(frozen=True, slots=True)
class Lived:
    city: City
    driven: Driven


@pytest.fixture(scope="module")
def lived(city: City) -> Lived:
    """Five days with a wet week and a noisy site in them."""
    with database.acting_as(city.installation, "importer"):
        load_places("370303", on=local_date(NOW), now=NOW)
    around.prepare(city.installation, now=NOW)
    driven = drive(
        city.installation,
        city_code="3703",
        county_code="370303",
        until=UNTIL,
        days=DAYS,
        rhythm=Rhythm(24, wet=(6, 6, 3), wet_days_ago=4),
    )
    return Lived(city, driven)


def test_it_breaks_no_rule_on_the_way(lived):
    assert lived.driven.broken == {}
    assert min(lived.driven.matters[door] for door in ("call", "page", "round")) > 0
    assert lived.driven.steps > sum(lived.driven.matters.values()) > 60


def test_it_loses_nothing_and_leaves_matters_open(lived):
    with database.acting_as(lived.city.installation, "worker"):
        state = queries.loop_state()
        assert (state.lost, state.out_of_step) == ((), ())
        assert {"reported", "dispatched", "handling", "closed", "answered", "in_grid"} & set(state.by_stage) >= {
            "dispatched",
            "handling",
            "answered",
        }
        assert notices.outbox_backlog() == (0, None)


def test_it_writes_the_journal_in_the_order_of_time(lived):
    with as_role(lived.city.installation, "owner") as owner:
        rows = owner.execute(
            "SELECT subject_id, happened_at FROM journal_entry WHERE subject_kind = 'matter' ORDER BY id"
        ).fetchall()
    times = [at for _, at in rows]
    assert times == sorted(times)
    assert times[-1] <= UNTIL
    assert times[0] >= UNTIL - timedelta(days=DAYS + 1)


def test_it_seals_days_that_are_past(lived):
    assert seal_all(lived.city.installation, UNTIL) > 0


def test_it_has_an_admission_list_that_says_it_is_a_sample(lived):
    rows = organisation.admission_list()
    assert [row.item for row in sorted(rows, key=lambda row: row.id)] == [item for item, *_ in around.ADMITTED]
    assert all(row.ground.startswith("示例：") for row in rows)
    assert {row.level for row in organisation.admitted(local_date(UNTIL))} == {Level.COMMUNITY, Level.GRID}
    around.prepare(lived.city.installation, now=NOW)
    assert len(organisation.admission_list()) == len(rows)


def test_it_brings_an_old_systems_file_with_rejects(lived, tmp_path):
    cast = Cast.of_city("3703", "370303", now=UNTIL)
    done = around.import_old(lived.city.installation, cast, before=NOW, now=UNTIL)
    assert done.rejected == len(around.REJECTED)
    assert done.imported == done.closed > 100
    assert done.rejects is not None
    assert around.import_old(lived.city.installation, cast, before=NOW, now=UNTIL).imported == 0


def test_it_keeps_views_of_the_sign_ins(lived):
    assert around.save_views(Cast.of_city("3703", "370303", now=UNTIL), now=UNTIL) == sum(
        map(len, around.VIEWS.values())
    )


def test_places_stand_at_every_stage_of_a_drive(lived):
    cast = Cast.of_city("3703", "370303", now=UNTIL)
    assert make_drive(cast, now=UNTIL) == len(STAGES)
    with acting(cast.login("supervisor", UNTIL)):
        (row,) = drive_rows()
        assert (row.applications, row.waiting) == (len(STAGES), STAGES.count("visited") + STAGES.count("applied"))


def test_its_facts_agree_with_it(lived):
    """Reports, calls, rounds, imports: facts say of every matter what its own tables say."""
    assert project_all(lived.city) > 500
    with as_role(lived.city.installation, "owner") as owner:
        assert differences(owner) == []
