"""The slice's sections of the rule book: categories, grounds, and the kinds with every version in use."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

from shanzhi.core.errors import InputError
from shanzhi.core.text import msg
from shanzhi.kernel.catalogue import queries as catalogue
from shanzhi.kernel.catalogue.policy import RuleBookError
from shanzhi.kernel.clock.policy import SHIPPED, WorkCalendar, parse_calendar
from shanzhi.kernel.matters.models import KindVersion
from shanzhi.kernel.matters.policy.process import Kind, KindBook, KindUnknown, load_kind
from shanzhi.kernel.matters.policy.suggest import CategoryRules

CATALOGUE = Path(__file__).parent / "catalogue"


@dataclass(frozen=True, slots=True)
class Ground:
    """A ground from the list: `use` is refuse, return, transfer, withdraw or not_solved; `channel` the lawful way."""

    code: str
    use: str
    name: str
    help: str
    channel: str
    needs_words: bool


@dataclass(frozen=True, slots=True)
class ReplyTemplate:
    """A reply to start from; {places} are for the writer to fill."""

    code: str
    use: str
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class CategoryGroup:
    """A first-level category with its second-level ones as (code, name)."""

    code: str
    name: str
    help: str
    second: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Categories:
    """The category tree, for matching and for choosing."""

    rules: CategoryRules
    groups: tuple[CategoryGroup, ...]

    def name(self, code: str) -> str:
        """First and second level by name; "未分类" for none, the code itself for one that the book no longer has."""
        found = self.rules.categories.get(code)
        return f"{found.first_name} · {found.name}" if found else code or msg("未分类")


@dataclass(frozen=True, slots=True)
class Grounds:
    """Grounds by code, and reply templates."""

    by_code: dict[str, Ground]
    templates: tuple[ReplyTemplate, ...]

    def of_use(self, use: str) -> list[Ground]:
        """The grounds for one use, in the book's order."""
        return [ground for ground in self.by_code.values() if ground.use == use]


GROUND_USES = ("refuse", "return", "transfer", "withdraw", "not_solved")


def _parse_categories(tables: dict[str, Any]) -> Categories:
    try:
        rules = CategoryRules.from_catalogue(tables)
    except ValueError as error:
        raise RuleBookError(msg("分类目录有误：%(reason)s。请改正后再试。"), reason=error) from error
    groups = tuple(
        CategoryGroup(
            first["code"],
            first["name"],
            first.get("help", ""),
            tuple((row["code"], row["name"]) for row in first["second"] if not row.get("retired")),
        )
        for first in tables["first"]
    )
    return Categories(rules, groups)


def _parse_grounds(tables: dict[str, Any]) -> Grounds:
    grounds = [
        Ground(
            row["code"],
            use,
            row["name"],
            row.get("help", ""),
            row.get("channel", ""),
            bool(row.get("needs_words")) or bool(row.get("needs_basis")),
        )
        for use in GROUND_USES
        for row in tables.get(use, [])
    ]
    templates = tuple(
        ReplyTemplate(row["code"], row["use"], row["name"], row["text"]) for row in tables.get("template", [])
    )
    return Grounds({ground.code: ground for ground in grounds}, templates)


catalogue.register("calendar", SHIPPED, parse_calendar)
catalogue.register("categories", CATALOGUE / "categories.toml", _parse_categories)
catalogue.register("grounds", CATALOGUE / "grounds.toml", _parse_grounds)


def work_calendar() -> WorkCalendar:
    """The city's work calendar, by which all limits run."""
    return cast(WorkCalendar, catalogue.section("calendar"))


def categories() -> Categories:
    """The category tree in force."""
    return cast(Categories, catalogue.section("categories"))


def grounds() -> Grounds:
    """The grounds and templates in force."""
    return cast(Grounds, catalogue.section("grounds"))


class UnsoundKind(InputError):
    """A process file that can't be taken over; names the first line at fault."""

    code = "unsound-kind"


def read_kind(source: str, where: str) -> Kind:
    """The kind that a process file describes.

    Raises:
        UnsoundKind: with the first problem, its line, and how many there are.
    """
    found = load_kind(source)
    if isinstance(found, Kind):
        return found
    raise UnsoundKind(
        msg("%(where)s 第 %(line)s 行：%(first)s（共 %(count)s 处问题）。请用 shanzhi process check 查看全部。"),
        where=where,
        line=found[0].line,
        first=found[0].sentence(),
        count=len(found),
    )


@cache
def _book() -> KindBook:
    return KindBook(read_kind(row.source, f"{row.code} v{row.version}") for row in KindVersion.objects.all())


def kind_version(code: str, version: int) -> Kind:
    """One version of a kind; read again once where this process doesn't know it yet.

    Raises:
        KindUnknown: the city never took it over.
    """
    try:
        return _book().get(code, version)
    except KindUnknown:
        forget_kinds()
        return _book().get(code, version)


def current_kind(code: str) -> Kind:
    """The newest version of a kind.

    Raises:
        KindUnknown: the city never took it over.
    """
    try:
        return _book().current(code)
    except KindUnknown:
        forget_kinds()
        return _book().current(code)


def lapsing_stages() -> dict[tuple[str, int, str], str]:
    """The stages that end by themselves: (kind, version, stage) → the action that the system does."""
    forget_kinds()
    return {
        (kind.code, kind.version, stage.code): stage.on_overdue
        for kind in _book()
        for stage in kind.stages
        if stage.on_overdue
    }


def forget_kinds() -> None:
    """Read the kinds anew at their next use."""
    _book.cache_clear()
