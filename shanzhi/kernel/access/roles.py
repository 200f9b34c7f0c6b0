"""The rule book's section of roles."""

from pathlib import Path
from typing import Any, cast

from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import Role, UnknownRole
from shanzhi.kernel.catalogue import queries as catalogue
from shanzhi.kernel.catalogue.policy import RuleBookError


def _parse(tables: dict[str, Any]) -> dict[str, Role]:
    made: dict[str, Role] = {}
    rows = tables.get("role", [])
    for number, row in enumerate(rows if isinstance(rows, list) else [{}], start=1):
        wrong = [name for name in ("code", "name", "start") if not row.get(name) or not isinstance(row[name], str)]
        may = row.get("may")
        if not isinstance(may, list) or not all(isinstance(feature, str) for feature in may):
            wrong.append("may")
        if not isinstance(row.get("personal_data", True), bool):
            wrong.append("personal_data")
        if wrong or row["code"] in made:
            raise RuleBookError(
                msg(
                    "roles.toml 第 %(number)s 个角色的 %(names)s 写法有误。"
                    "code、name、start 写成文字，may 写成列表，personal_data 写成 true 或 false，code 不能重复。"
                    "请改正后再试。"
                ),
                number=number,
                names="、".join(wrong) or "code",
            )
        made[row["code"]] = Role(row["code"], row["name"], row["start"], frozenset(may), row.get("personal_data", True))
    if not made:
        raise RuleBookError(msg("roles.toml 里一个角色（[[role]]）也没有。请补上后再试。"))
    return made


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
