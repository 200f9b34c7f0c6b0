"""What a unit is called: the rule book's patterns, filled. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from shanzhi.core.errors import InputError
from shanzhi.core.text import msg
from shanzhi.kernel.organisation.policy import Level, UnitKind
from shanzhi.kernel.organisation.rulebook import DepartmentType, UnitCatalogue


class BadPattern(InputError):
    """A name pattern uses a place that doesn't exist."""

    code = "name-pattern"


@dataclass(frozen=True, slots=True)
class Names:
    """The official name and the one on lists and buttons."""

    name: str
    short: str


@dataclass(frozen=True, slots=True)
class Place:
    """A region and the names that stand above it, `city` and, where there is one, `county`; `name` is its own."""

    level: Level
    name: str
    short: str
    city: str
    county: str = ""

    def words(self) -> dict[str, str]:
        """The places of a pattern, by name."""
        return {"city": self.city, "county": self.county, str(self.level): self.name}


def centre_names(catalogue: UnitCatalogue, place: Place) -> Names:
    """张店区社会治安综合治理中心, 张店区综治中心."""
    name = _fill(catalogue.naming, f"centre_{place.level}", place.words())
    return Names(name, _fill(catalogue.naming, f"centre_{place.level}_short", place.words(), name))


def department_names(catalogue: UnitCatalogue, type_: DepartmentType, place: Place) -> Names:
    """淄博市城市管理局, 市城管局; 张店区城市管理局, 张店区城管局. A utility's short name goes without 市."""
    words = place.words() | {"name": type_.name}
    pattern = type_.patterns.get(place.level)
    name = (
        _fill({"pattern": pattern}, "pattern", words)
        if pattern
        else _fill(catalogue.naming, f"department_{place.level}", words)
    )
    if place.level is Level.CITY:
        return Names(name, type_.short if type_.kind is UnitKind.PUBLIC_UTILITY else "市" + type_.short)
    return Names(name, place.short + type_.short_county)


def township_names(catalogue: UnitCatalogue, place: Place) -> Names:
    """马尚街道办事处 or 中埠镇人民政府; in short the township itself."""
    street = place.name.endswith(catalogue.street_suffixes)
    return Names(
        _fill(catalogue.naming, "street_office" if street else "township_government", place.words()), place.short
    )


def community_names(catalogue: UnitCatalogue, place: Place) -> Names:
    """The committee: 新华社区居民委员会, 朱庄村村民委员会; in short the community itself.

    A statistical 虚拟社区 has no committee and keeps its name.
    """
    if "虚拟" in place.name:
        return Names(place.name, place.short)
    is_village = place.short.endswith("村") and "居委" not in place.name and "居民" not in place.name
    pattern = "community_village" if is_village else "community_urban"
    return Names(_fill(catalogue.naming, pattern, place.words() | {"community": place.short}), place.short)


def _fill(patterns: Mapping[str, str], key: str, words: Mapping[str, str], default: str | None = None) -> str:
    pattern = patterns.get(key, default)
    if pattern is None:
        raise BadPattern(msg("单位名称格式缺少“%(key)s”。请在 [naming] 里补上。"), key=key)
    try:
        return pattern.format_map(words)
    except (KeyError, IndexError, ValueError) as error:
        raise BadPattern(
            msg("单位名称格式“%(pattern)s”里有不认识的占位：%(reason)s。请改正。"), pattern=pattern, reason=error
        ) from error
