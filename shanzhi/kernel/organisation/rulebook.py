"""The two sections of the rule book that belong here: `departments` (types of units and their posts) and `zones`.

Pure: tables in, frozen dataclasses out, every fault named with its place.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from shanzhi.core.errors import InputError
from shanzhi.core.text import msg
from shanzhi.kernel.organisation.policy import Level, Sees, UnitKind, default_sees

# The rule book's words for kinds of units that differ from the code's.
_KINDS = {"governance-centre": UnitKind.CENTRE, "public-utility": UnitKind.PUBLIC_UTILITY}


class BadUnitCatalogue(InputError):
    """The section of unit types or zones contradicts itself; nothing was taken over."""

    code = "unit-catalogue"


@dataclass(frozen=True, slots=True)
class DepartmentType:
    """A type of department or public utility: 城市管理局. Patterns override the naming of its level."""

    code: str
    name: str
    short: str
    short_county: str
    kind: UnitKind
    levels: frozenset[Level]
    duty: str
    patterns: Mapping[Level, str]


@dataclass(frozen=True, slots=True)
class Role:
    """What somebody in a post does: 受理派单员, 承办员, 网格员."""

    code: str
    name: str
    duty: str


@dataclass(frozen=True, slots=True)
class PostPlan:
    """So many posts of a role in each unit of a kind, at these levels; with level `grid`, for each of its grids."""

    kind: UnitKind
    role: str
    levels: frozenset[Level]
    at_least: int
    at_most: int
    sees: Sees

    def seats(self, level: Level) -> int:
        """How many to make at first: the most for the whole city's unit, the least elsewhere."""
        return self.at_most if level is Level.CITY else self.at_least


@dataclass(frozen=True, slots=True)
class UnitCatalogue:
    """The section `departments`."""

    departments: tuple[DepartmentType, ...]
    roles: Mapping[str, Role]
    posts: tuple[PostPlan, ...]
    naming: Mapping[str, str]
    centre_levels: frozenset[Level]
    street_suffixes: tuple[str, ...]

    def department(self, code: str) -> DepartmentType | None:
        """The type with this code."""
        return next((type_ for type_ in self.departments if type_.code == code), None)


@dataclass(frozen=True, slots=True)
class ZonePlan:
    """A functional zone of the section `zones` and the codes that it covers."""

    code: str
    name: str
    short_name: str
    city_code: str
    covers: tuple[str, ...]
    is_sample: bool


def parse_catalogue(tables: Mapping[str, Any]) -> UnitCatalogue:
    """The section `departments` from its TOML tables.

    Raises:
        BadUnitCatalogue: a missing entry, an unknown level, kind or role, a code that stands twice.
    """
    naming = _get(tables, "naming", "departments.toml")
    kinds = [_unit_kind(entry) for entry in _get(tables, "unit_kind", "departments.toml")]
    roles = {role.code: role for role in (_role(entry) for entry in _get(tables, "role", "departments.toml"))}
    departments = tuple(_department(entry) for entry in _get(tables, "department", "departments.toml"))
    _check_distinct((department.code for department in departments), "department")
    posts = tuple(post for _, _, plans in kinds for post in plans)
    for post in posts:
        if post.role not in roles:
            raise BadUnitCatalogue(
                msg("单位类型“%(kind)s”用了没有定义的岗位“%(role)s”。请在 [[role]] 里补上。"),
                kind=post.kind,
                role=post.role,
            )
    return UnitCatalogue(
        departments=departments,
        roles=roles,
        posts=posts,
        naming={key: value for key, value in naming.items() if isinstance(value, str)},
        centre_levels=next((levels for kind, levels, _ in kinds if kind is UnitKind.CENTRE), frozenset()),
        street_suffixes=tuple(naming.get("street_suffixes", ("街道",))),
    )


def parse_zones(tables: Mapping[str, Any]) -> tuple[ZonePlan, ...]:
    """The section `zones` from its TOML tables.

    Raises:
        BadUnitCatalogue: a missing entry, or a code that stands twice.
    """
    zones = tuple(
        ZonePlan(
            code=_get(entry, "code", "[[zone]]"),
            name=_get(entry, "name", "[[zone]]"),
            short_name=entry.get("short", _get(entry, "name", "[[zone]]")),
            city_code=_get(entry, "city", "[[zone]]"),
            covers=tuple(_get(entry, "covers", "[[zone]]")),
            is_sample=bool(entry.get("sample", False)),
        )
        for entry in tables.get("zone", ())
    )
    _check_distinct((zone.code for zone in zones), "zone")
    return zones


def _get(table: Mapping[str, Any], key: str, where: str) -> Any:
    if key not in table:
        raise BadUnitCatalogue(
            msg("%(where)s 缺少“%(key)s”（%(entry)s）。请补上。"),
            where=where,
            key=key,
            entry=table.get("code", table.get("role", "?")),
        )
    return table[key]


def _levels(entry: Mapping[str, Any], where: str) -> frozenset[Level]:
    words = _get(entry, "levels", where)
    unknown = [word for word in words if word not in set(Level)]
    if unknown or not words:
        raise BadUnitCatalogue(
            msg("%(where)s“%(entry)s”的 levels 写法有误：%(words)s。请用 city、county、township、community、grid。"),
            where=where,
            entry=entry.get("code", entry.get("role", "?")),
            words=unknown or "[]",
        )
    return frozenset(Level(word) for word in words)


def _kind(word: str) -> UnitKind:
    kind = _KINDS.get(word, word)
    if kind not in set(UnitKind):
        raise BadUnitCatalogue(msg("没有“%(kind)s”这类单位。请核对 kind 的写法。"), kind=word)
    return UnitKind(kind)


def _unit_kind(entry: Mapping[str, Any]) -> tuple[UnitKind, frozenset[Level], tuple[PostPlan, ...]]:
    kind = _kind(_get(entry, "code", "[[unit_kind]]"))
    return kind, _levels(entry, "[[unit_kind]]"), tuple(_post(kind, post) for post in entry.get("post", ()))


def _post(kind: UnitKind, entry: Mapping[str, Any]) -> PostPlan:
    role = _get(entry, "role", "[[unit_kind.post]]")
    at_least, at_most = int(entry.get("min", 1)), int(entry.get("max", entry.get("min", 1)))
    if not 0 <= at_least <= at_most:
        raise BadUnitCatalogue(
            msg("岗位“%(role)s”的人数写法有误：min %(min)s，max %(max)s。"), role=role, min=at_least, max=at_most
        )
    sees = entry.get("sees", default_sees(role, kind))
    if sees not in set(Sees):
        raise BadUnitCatalogue(
            msg("岗位“%(role)s”的 sees 写法有误：%(sees)s。请用 region、intake、unit 或 office。"), role=role, sees=sees
        )
    return PostPlan(kind, role, _levels(entry, "[[unit_kind.post]]"), at_least, at_most, Sees(sees))


def _role(entry: Mapping[str, Any]) -> Role:
    return Role(_get(entry, "code", "[[role]]"), _get(entry, "name", "[[role]]"), entry.get("duty", ""))


def _department(entry: Mapping[str, Any]) -> DepartmentType:
    where = "[[department]]"
    short = _get(entry, "short", where)
    return DepartmentType(
        code=_get(entry, "code", where),
        name=_get(entry, "name", where),
        short=short,
        short_county=entry.get("short_county", short),
        kind=_kind(entry.get("kind", "department")),
        levels=_levels(entry, where),
        duty=_get(entry, "duty", where),
        patterns={
            level: entry[f"pattern_{level}"] for level in (Level.CITY, Level.COUNTY) if f"pattern_{level}" in entry
        },
    )


def _check_distinct(codes: Iterable[str], where: str) -> None:
    seen: set[str] = set()
    for code in codes:
        if code in seen:
            raise BadUnitCatalogue(
                msg("[[%(where)s]] 的代码“%(code)s”出现了两次。请改用不同的代码。"), where=where, code=code
            )
        seen.add(code)
