"""The rule book's section of roles."""

from pathlib import Path
from typing import Any, cast

from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import Role, UnknownRole
from shanzhi.kernel.catalogue import queries as catalogue


def _parse(tables: dict[str, Any]) -> dict[str, Role]:
    return {row["code"]: Role(row["code"], row["name"], row["start"], frozenset(row["may"])) for row in tables["role"]}


catalogue.register("roles", Path(__file__).parent / "catalogue" / "roles.toml", _parse)


def roles() -> dict[str, Role]:
    """All roles by code."""
    return cast(dict[str, Role], catalogue.section("roles"))


def role_of(code: str) -> Role:
    """One role.

    Raises:
        UnknownRole: the rule book has no such role.
    """
    found = roles().get(code)
    if found is None:
        raise UnknownRole(msg("规则库里没有“%(role)s”这个角色。请检查 roles.toml。"), role=code)
    return found
