"""A city with a November of matters whose tree is another from December on: two townships merged, two communities merged, a
township split and one renamed; figures of November under both trees."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest

from shanzhi.config import database
from shanzhi.config.demo.drive import SCENARIOS, Driver
from shanzhi.config.worker import drain
from shanzhi.kernel.indicators import operations
from shanzhi.kernel.indicators.policy.definitions import Catalogue
from shanzhi.kernel.indicators.policy.loading import sound_catalogue
from shanzhi.kernel.indicators.queries import book
from shanzhi.kernel.indicators.tests.driven import MONTH, project
from shanzhi.kernel.indicators.tests.support import TEXT
from shanzhi.kernel.organisation import operations as organise
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.policy.plan import Merge, Part, Plan, Rename, Split
from tests.city import LOADER, NOW
from tests.concurrency.committed import City, as_role, city

__all__ = ["MONTH", "city", "redrawn"]
OLD, NEW = date(2025, 11, 30), date(2025, 12, 1)
LATER = datetime(2025, 12, 10, 4, 0, tzinfo=UTC)
PLAN = Plan(
    NEW,
    (
        Merge(("370303008",), "370303105"),
        Merge(("370303009006",), "370303009007"),
        Split(
            "370306100",
            (Part("370306100", "北郊镇", ("370306100200",)), Part("370306101", "南郊镇", ("370306100201",))),
            "370306100",
        ),
        Rename("370303009", "新马尚街道"),
    ),
)
WITH_MEDIAN = (
    TEXT.replace("weight = 40\nnormalise", "weight = 20\nnormalise")
    + """
[[index.class.part]]
indicator = "accept_median"
weight = 20
normalise = "range"
zero = 1000000
full = 0
"""
)
# Where a matter counts in the tree of a day: its own region, or what took that one's place by then.
COUNTED = """
WITH RECURSIVE home (matter_id, region_id) AS (
    SELECT (e.subject_id), (e.payload->>'region_id')::bigint FROM journal_entry e
    WHERE e.subject_kind = 'matter' AND e.action = 'matters.report'
    UNION SELECT h.matter_id, p.new_region_id FROM home h JOIN organisation_redraw_pair p
        ON p.old_region_id = h.region_id AND p.new_region_id <> h.region_id
        JOIN organisation_redraw d ON d.id = p.redraw_id AND d.effective_on <= %(on)s
), placed AS (
    SELECT h.matter_id, s.code FROM home h JOIN organisation_region_state s
        ON s.region_id = h.region_id AND s.valid @> %(on)s::date
), rated AS (
    SELECT (e.payload->>'satisfied')::int AS satisfied FROM placed p JOIN journal_entry e
        ON e.subject_kind = 'matter' AND e.subject_id = p.matter_id AND e.action = 'matters.rate'
    WHERE p.code LIKE %(code)s || '%%'
), reported AS (
    SELECT (SELECT floor(extract(epoch FROM min(e.happened_at) - m.reported_at))::bigint FROM journal_entry e
        WHERE e.subject_kind = 'matter' AND e.subject_id = m.id AND e.action = 'matters.accept') AS seconds
    FROM placed p JOIN matters_matter m ON m.id = p.matter_id WHERE p.code LIKE %(code)s || '%%'
)
SELECT (SELECT array[count(*) FILTER (WHERE satisfied >= 4), count(*)] FROM rated),
    (SELECT array[count(seconds), count(*)] FROM reported),
    (SELECT array[percentile_disc(0.5) WITHIN GROUP (ORDER BY seconds), count(seconds)] FROM reported)
"""
KEYS = ("satisfied", "accepted", "accept_median")


@dataclass(frozen=True, slots=True)
class Redrawn:
    """The city, and the catalogue of its figures."""

    city: City
    book: Catalogue

    def counted(self, code: str, on: date) -> dict[str, tuple[int | None, int]]:
        """November's figures of all that lies under a code on a day, by SQL over records alone."""
        with as_role(self.city.installation, "owner") as owner:
            row = owner.execute(COUNTED, {"code": code, "on": on}).fetchone()
        assert row is not None
        return {key: (pair[0], pair[1]) for key, pair in zip(KEYS, row, strict=True)}

    def regions(self, on: date) -> list[tuple[int, str]]:
        """Ids and codes of a day's regions down to communities."""
        with as_role(self.city.installation, "owner") as owner:
            return owner.execute(
                "SELECT region_id, code FROM organisation_region_state WHERE level NOT IN ('grid', 'zone')"
                " AND valid @> %s::date ORDER BY code",
                [on],
            ).fetchall()


@pytest.fixture(scope="module")
def redrawn(city: City) -> Iterator[Redrawn]:
    """Matters of every scenario in both counties, figures computed before the redraw and restated after it."""
    with pytest.MonkeyPatch.context() as patched:
        found = sound_catalogue(WITH_MEDIAN, "test.toml")
        patched.setattr(book, "catalogue_in_force", lambda: found)
        ticks = iter(range(10**6))
        for nth, county in enumerate(("370303", "370306")):
            driver = Driver.for_city("3703", county, seed=nth, clock=lambda: NOW + timedelta(minutes=next(ticks)))
            list(driver.drive(2 * len(SCENARIOS)))
        with database.acting_as(city.installation, "worker"):
            drain(now=lambda: LATER)
        project(city)
        with database.acting_as(city.installation, "worker"):
            operations.compute(month=MONTH, now=LATER)
            assert operations.figures_restate(now=LATER) > 0
        with database.acting_as(city.installation, "importer"):
            organise.regions_change(plan=PLAN, version=organisation.tree_version(), now=NOW, author=LOADER)
        project(city)
        with database.acting_as(city.installation, "worker"):
            assert operations.figures_restate(now=LATER) > 0
            assert operations.figures_restate(now=LATER) == 0
        yield Redrawn(city, found)
