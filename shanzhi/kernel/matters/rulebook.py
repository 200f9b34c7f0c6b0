"""The slice's sections of the rule book: categories, grounds, and the kinds with every version in use."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from time import monotonic
from typing import Any, cast

from django.conf import settings
from django.utils import timezone

from shanzhi.core.errors import InputError
from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.catalogue import queries as catalogue
from shanzhi.kernel.catalogue.policy import RuleBookError, read_toml
from shanzhi.kernel.clock.policy import SHIPPED, WorkCalendar, parse_calendar
from shanzhi.kernel.matters.models import GoLive, KindVersion, RuleEdition
from shanzhi.kernel.matters.policy.editions import as_stored, with_days
from shanzhi.kernel.matters.policy.golive import (
    CALENDAR,
    CATEGORIES,
    Decision,
    NoSuchVersion,
    in_force,
    kind_subject,
)
from shanzhi.kernel.matters.policy.ladder import Ladder, parse_ladder
from shanzhi.kernel.matters.policy.process import Kind, KindBook, KindUnknown, Owner, Verb, load_kind
from shanzhi.kernel.matters.policy.suggest import CategoryRules

CATALOGUE = Path(__file__).parent / "catalogue"


@dataclass(frozen=True, slots=True)
class Ground:
    """A ground from the list: `use` is one of `GROUND_USES`; `channel` the lawful way."""

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
    retired: tuple[tuple[str, str], ...] = ()
    """Code and name of what new matters don't get any more; the name says where it was merged."""
    merged: Mapping[str, str] = field(default_factory=dict)
    """Where a category was merged."""

    def taken(self, code: str) -> str:
        """The category that a new matter gets when it comes with this one: where it was merged, itself, or none (empty)."""
        found = self.rules.categories.get(self.merged.get(code, code))
        return found.code if found and not found.retired else ""

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


GROUND_USES = ("refuse", "return", "transfer", "withdraw", "not_solved", "extend", "pause", "supervise",
               "cross", "not_taken", "hand_down", "vacant")  # fmt: skip


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
        if not first.get("retired")
    )
    entries = [row for first in tables["first"] for row in first["second"] if row.get("retired")]
    merged = {row["code"]: row["into"] for row in entries if row.get("into")}
    names = {code: found.name for code, found in rules.categories.items()}
    retired = tuple(
        (row["code"], f"{row['name']} → {names[merged[row['code']]]}" if row["code"] in merged else row["name"])
        for row in entries
    )
    return Categories(rules, groups, retired, merged)


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
catalogue.register("ladder", CATALOGUE / "ladder.toml", parse_ladder)


def work_calendar(on: date | None = None) -> WorkCalendar:
    """The city's work calendar of a day (None: today), by which all limits run that begin on it."""
    own = _edition_in_force(CALENDAR, on)
    return cast(WorkCalendar, own if own is not None else catalogue.section("calendar"))


def categories(on: date | None = None) -> Categories:
    """The category tree of a day (None: today)."""
    own = _edition_in_force(CATEGORIES, on)
    return cast(Categories, own if own is not None else catalogue.section("categories"))


def ladder() -> Ladder:
    """Who is told next when a clock is near or past its limit."""
    return cast(Ladder, catalogue.section("ladder"))


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


@dataclass(frozen=True, slots=True)
class _Rules:
    """What this process knows of the city's own rules, and when (monotonic seconds) it was read."""

    book: KindBook
    decisions: dict[str, tuple[Decision, ...]]
    read_at: float


_rules: list[_Rules] = []
_editions: dict[tuple[str, int], Any] = {}


def _parse_own_calendar(tables: dict[str, Any]) -> WorkCalendar:
    return parse_calendar(with_days(tables))


_PARSERS: dict[str, Callable[[dict[str, Any]], Any]] = {CATEGORIES: _parse_categories, CALENDAR: _parse_own_calendar}


def _read_rules() -> _Rules:
    """The rules, read anew after `RULES_SECONDS`: other processes decide too. What decides in this process
    forgets them at once. 2 queries."""
    kept = _rules[0] if _rules else None
    if kept is not None and monotonic() - kept.read_at < settings.RULES_SECONDS:
        return kept
    decisions: dict[str, list[Decision]] = defaultdict(list)
    for pk, subject, number, holds_from in GoLive.objects.values_list("pk", "subject", "number", "holds_from"):
        decisions[subject].append(Decision(pk, subject, number, holds_from))
    made = _Rules(
        KindBook(read_kind(row.source, f"{row.code} v{row.version}") for row in KindVersion.objects.all()),
        {subject: tuple(rows) for subject, rows in decisions.items()},
        monotonic(),
    )
    _rules[:] = [made]
    return made


def decisions_of(subject: str) -> tuple[Decision, ...]:
    """All decisions on a subject, as far as this process knows them."""
    return _read_rules().decisions.get(subject, ())


def _number_in_force(subject: str, on: date | None) -> int | None:
    decisions = decisions_of(subject)
    # Pages ask for what holds now; whatever promises something (a report, a clock, an import) gives the day itself.
    today = local_date(timezone.now())  # noqa: TID251 - the one place that says what "now" is for names on pages
    decision = in_force(decisions, on or today)
    if decision is None and subject not in _PARSERS:
        # A kind has no file behind it: what came in before its first day goes by its first version.
        decision = min(decisions, key=lambda one: (one.holds_from, one.id), default=None)
    return decision.number if decision else None


def _edition_in_force(section: str, on: date | None) -> Any:
    number = _number_in_force(section, on)
    return None if number is None else edition(section, number)


def edition(section: str, number: int) -> Any:
    """An edition's parsed value; number 0 is the file (the shipped one, or the city's own in its home folder).

    Raises:
        NoSuchVersion: there is none.
    """
    if number == 0:
        return catalogue.section(section)
    if (section, number) not in _editions:
        _editions[section, number] = _PARSERS[section](edition_tables(section, number))
    return _editions[section, number]


def edition_tables(section: str, number: int) -> dict[str, Any]:
    """An edition's tables as they are stored (days as texts); number 0: the file's.

    Raises:
        NoSuchVersion: there is none.
    """
    if number == 0:
        path = catalogue.source_of(section)
        return as_stored(read_toml(path.read_bytes(), path.name))
    found = RuleEdition.objects.filter(section=section, number=number).values_list("tables", flat=True).first()
    if found is None:
        raise NoSuchVersion(msg("没有第 %(number)s 版。请刷新后再看。"), number=number)
    return cast(dict[str, Any], found)


def parse_section(section: str, tables: dict[str, Any]) -> Any:
    """The value of a section's tables.

    Raises:
        DomainError: the section's own rules refuse them, in a sentence.
    """
    return _PARSERS[section](tables)


def kind_version(code: str, version: int) -> Kind:
    """One version of a kind; read again once where this process doesn't know it yet.

    Raises:
        KindUnknown: the city never took it over.
    """
    try:
        return _read_rules().book.get(code, version)
    except KindUnknown:
        forget_kinds()
        return _read_rules().book.get(code, version)


def current_kind(code: str, on: date | None = None) -> Kind:
    """The version of a kind that is in force on a day (None: today).

    Raises:
        KindUnknown: the city never let it go live.
    """
    number = _number_in_force(kind_subject(code), on)
    if number is None:
        forget_kinds()
        number = _number_in_force(kind_subject(code), on)
    if number is None:
        raise KindUnknown(msg("规则库里没有“%(code)s”这种事项。"), code=code)
    return kind_version(code, number)


def live_kinds() -> frozenset[str]:
    """Codes of the kinds of which a version went live, or will."""
    return frozenset(
        subject.removeprefix("kind:") for subject in _read_rules().decisions if subject.startswith("kind:")
    )


def lapsing_stages() -> dict[tuple[str, int, str], str]:
    """The stages that end by themselves: (kind, version, stage) → the action that the system does."""
    forget_kinds()
    return {
        (kind.code, kind.version, stage.code): stage.on_overdue
        for kind in _read_rules().book
        for stage in kind.stages
        if stage.on_overdue
    }


def checking_stages() -> dict[tuple[str, int, str], str]:
    """The stages in which a unit apart checks: (kind, version, stage) → the action by which the system gives it to another."""
    return {
        (kind.code, kind.version, stage.code): action.code
        for kind in _read_rules().book
        if kind.separation.other_unit
        for stage in kind.stages
        if stage.owner is Owner.CHECKER
        for action in kind.verb_at(Verb.VACATE, stage.code)
    }


def promise_clocks() -> tuple[str, ...]:
    """Codes of the clocks by which a stage of any version is due: what is promised across several stages."""
    return tuple(sorted({stage.clock for kind in _read_rules().book for stage in kind.stages if stage.clock}))


def ends_counted() -> tuple[str, ...]:
    """Codes of the stages of any version in which a matter has ended that stands for itself: a part's end isn't one, its
    answer goes into its whole's."""
    ends = {stage.code for kind in _read_rules().book for stage in kind.stages if stage.is_end}
    return tuple(sorted(ends - {kind.joined_stage for kind in _read_rules().book}))


def forget_kinds() -> None:
    """Read the kinds and the city's own sections anew at their next use."""
    _rules.clear()
    _editions.clear()
