"""The rule book's sections that the values read: the catalogue of indicators, and how counts may be contested."""

from pathlib import Path
from typing import cast

from shanzhi.kernel.catalogue import queries as rule_book
from shanzhi.kernel.indicators.policy.definitions import Catalogue
from shanzhi.kernel.indicators.policy.excluding import ExclusionRules, parse_rules
from shanzhi.kernel.indicators.queries import book

rule_book.register("exclusions", Path(__file__).parent / "catalogue" / "exclusions.toml", parse_rules)


def catalogue() -> Catalogue:
    """The catalogue in force: the city's own, or the shipped sample."""
    return book.catalogue_in_force()


def exclusion_rules() -> ExclusionRules:
    """Grounds and limits of contested counts."""
    return cast(ExclusionRules, rule_book.section("exclusions"))
