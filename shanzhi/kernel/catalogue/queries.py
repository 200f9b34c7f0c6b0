"""The sections of the rule book that is in force."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from shanzhi.kernel.catalogue.policy import read_toml


@dataclass(frozen=True, slots=True)
class _Section:
    shipped: Path
    parse: Callable[[dict[str, Any]], Any]


_sections: dict[str, _Section] = {}
_loaded: dict[str, Any] = {}


def register(name: str, shipped: Path, parse: Callable[[dict[str, Any]], Any]) -> None:
    """A slice offers its section: `shipped` is the file in its `catalogue/` folder, `parse` makes and checks the
    section's value from the tables and raises a DomainError where they are wrong."""
    _sections[name] = _Section(shipped, parse)


def source_of(name: str) -> Path:
    """The file that holds a section: the city's own (`catalogue/<name>.toml` in its home folder), or the shipped one."""
    own = own_file(name)
    return own if own.exists() else _sections[name].shipped


def own_file(name: str) -> Path:
    """Where the city's own file of a section lies, whether there is one or not."""
    return Path(settings.SHANZHI_HOME) / "catalogue" / f"{name}.toml"


def section(name: str) -> Any:
    """The parsed section; read once a process.

    Raises:
        RuleBookError: the file can't be read, or the slice refuses its content.
    """
    if name not in _loaded:
        path = source_of(name)
        _loaded[name] = _sections[name].parse(read_toml(path.read_bytes(), path.name))
    return _loaded[name]


def section_names() -> list[str]:
    """All registered sections, sorted."""
    return sorted(_sections)
