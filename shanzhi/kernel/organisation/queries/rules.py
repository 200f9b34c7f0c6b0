"""The rule book's sections about units and zones, as they are in force."""

from typing import cast

from shanzhi.kernel.catalogue import queries as catalogue
from shanzhi.kernel.organisation.rulebook import UnitCatalogue, ZonePlan
from shanzhi.kernel.organisation.rulebook_upper import UpperUnit


def unit_catalogue() -> UnitCatalogue:
    """Types of units, their posts and how they are named; no query."""
    return cast(UnitCatalogue, catalogue.section("departments"))


def zone_plans(city_code: str) -> tuple[ZonePlan, ...]:
    """The functional zones that the rule book gives a city; no query."""
    zones = cast(tuple[ZonePlan, ...], catalogue.section("zones"))
    return tuple(zone for zone in zones if zone.city_code == city_code)


def upper_units() -> tuple[UpperUnit, ...]:
    """Units and posts of whoever organises rounds over several cities; no query."""
    return cast(tuple[UpperUnit, ...], catalogue.section("upper"))
