"""The section of the rule book: types of evidence with how long they are kept, and what daily work's evidence serves."""

from pathlib import Path
from typing import cast

from shanzhi.kernel.catalogue import queries as rule_book
from shanzhi.kernel.evidence.policy.objects import Rules, parse_rules

rule_book.register("evidence", Path(__file__).parent / "catalogue" / "evidence.toml", parse_rules)


def rules() -> Rules:
    """The rules in force."""
    return cast(Rules, rule_book.section("evidence"))
