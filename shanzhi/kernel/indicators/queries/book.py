"""The catalogue of indicators that is in force: the city's own file, or the shipped sample."""

from pathlib import Path
from typing import Any

from shanzhi.core.errors import NotFound
from shanzhi.core.text import msg
from shanzhi.kernel.catalogue import queries as rule_book
from shanzhi.kernel.catalogue.policy import RuleBookError
from shanzhi.kernel.indicators.policy.definitions import Catalogue
from shanzhi.kernel.indicators.policy.loading import SHOWN, catalogue_of, sound_catalogue, tables_of

SECTION = "indicators"
SHIPPED = Path(__file__).parents[1] / "catalogue" / "indicators.toml"
_read: dict[tuple[Path, int, int], Catalogue] = {}


class NoCatalogue(NotFound):
    """There is no catalogue of indicators."""

    code = "no-catalogue"


def parse_indicators(tables: dict[str, Any]) -> Catalogue:
    """The section of the rule book out of its tables.

    Raises:
        RuleBookError: with what is wrong, without lines; `shanzhi indicator check` names them.
    """
    found = catalogue_of(tables_of(tables))
    if isinstance(found, Catalogue):
        return found
    said = "\n".join(f"{each.where}：{each.sentence()}" for each in found[:SHOWN])
    raise RuleBookError(msg("指标目录有 %(count)s 处要改：\n%(said)s"), count=len(found), said=said)


def register() -> None:
    """Offer the section to the rule book."""
    rule_book.register(SECTION, SHIPPED, parse_indicators)


def catalogue_in_force() -> Catalogue:
    """The catalogue in force, read again when its file has changed.

    Raises:
        NoCatalogue: the city has no file of its own, and none is shipped.
        CatalogueUnsound: the file can't be used; every fault is named with its line.
    """
    path = rule_book.source_of(SECTION)
    if not path.exists():
        raise NoCatalogue(msg("还没有指标目录。请写一个 catalogue/indicators.toml 放到城市的目录里。"))
    return catalogue_in(path)


def catalogue_in(path: Path) -> Catalogue:
    """The catalogue of a file, read again when it has changed.

    Whether the roles that type figures in exist is left to `shanzhi indicator check`: without one nobody can type its figures
    in, and all others go on.

    Raises:
        CatalogueUnsound: it can't be used.
    """
    status = path.stat()
    at = (path, status.st_mtime_ns, status.st_size)
    if at not in _read:
        _read[at] = sound_catalogue(text_of(path), path.name)
    return _read[at]


def text_of(path: Path) -> str:
    """The text of a file.

    Raises:
        RuleBookError: it isn't UTF-8.
    """
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        words = msg("%(where)s 不是 UTF-8 文本（第 %(byte)s 字节处读不懂）。请另存为 UTF-8 后再试。")
        raise RuleBookError(words, where=path.name, byte=error.start) from error
