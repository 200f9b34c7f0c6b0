"""The rule book's section `upper`: units and posts of whoever organises rounds over several cities.

Pure: tables in, frozen dataclasses out, every fault named with its place.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shanzhi.core.text import msg
from shanzhi.kernel.organisation.policy import Sees, UnitKind
from shanzhi.kernel.organisation.rulebook import BadUnitCatalogue

_KINDS = {"centre": UnitKind.CENTRE, "department": UnitKind.DEPARTMENT}


@dataclass(frozen=True, slots=True)
class UpperPost:
    """So many posts of a role in a unit."""

    role: str
    title: str
    seats: int
    sees: Sees


@dataclass(frozen=True, slots=True)
class UpperUnit:
    """A unit of an upper installation; `{province}` in its names is the province's name."""

    code: str
    kind: UnitKind
    name: str
    short: str
    posts: tuple[UpperPost, ...]


def parse_upper(tables: Mapping[str, Any]) -> tuple[UpperUnit, ...]:
    """The section `upper` from its TOML tables.

    Raises:
        BadUnitCatalogue: a missing or wrong entry, or a code that stands twice.
    """
    units = tuple(_unit(entry) for entry in tables.get("unit", ()))
    codes = [unit.code for unit in units]
    if not units or len(set(codes)) != len(codes):
        raise BadUnitCatalogue(msg("upper.toml 至少要有一个单位（[[unit]]），代码不能重复。请改正后再试。"))
    return units


def _unit(entry: Mapping[str, Any]) -> UpperUnit:
    try:
        posts = tuple(
            UpperPost(post["role"], post["title"], int(post["seats"]), Sees(post.get("sees", "region")))
            for post in entry.get("post", ())
        )
        return UpperUnit(entry["code"], _KINDS[entry["kind"]], entry["name"], entry["short"], posts)
    except (KeyError, ValueError) as error:
        raise BadUnitCatalogue(
            msg("upper.toml 的单位“%(entry)s”写法有误：%(what)s。请对照文件开头的说明改正。"),
            entry=str(entry.get("code", "?")),
            what=str(error),
        ) from error
