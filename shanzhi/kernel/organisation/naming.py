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
    """淄博市城市管理局, 市城管局; 张店区城市管理局, 张店区城管局. A public utility goes without 市 in its short name."""
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
    """The committee's name; the divisions mostly bring it along. In short the community itself."""
    if place.name.endswith(catalogue.community_suffixes):
        return Names(place.name, place.short)
    pattern = "community_village" if place.name.endswith("村") else "community_urban"
    stem = place.name.removesuffix("村") if pattern == "community_village" else place.name
    return Names(_fill(catalogue.naming, pattern, place.words() | {"community": stem}), place.short)


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
