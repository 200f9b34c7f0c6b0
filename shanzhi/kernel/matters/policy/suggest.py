"""Suggest a category and the kind of unit for a report, from keywords in the city's own rule book.

A suggestion saves the dispatcher a search; a person decides. Pure and deterministic: no database, no clock, no
learning from past reporters. Texts are matched in one pass, longest keyword first, so that 物业费 counts for fees and
not also for 物业.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from shanzhi.core.errors import InputError
from shanzhi.core.text import msg

WEIGHTS: Final[Mapping[str, int]] = {"strong": 3, "keywords": 2, "weak": 1}
"""Points per character for each keyword list of a category."""

LEVELS: Final = ("city", "county", "township")
"""Levels that can be given work, top down; never the community."""

CODE_LENGTHS: Final[Mapping[str, int]] = {"city": 4, "county": 6, "township": 9}
"""Digits of a region code at each level (national division codes)."""

TITLE_FACTOR: Final = 3
BODY_REPEATS: Final = 3
LONGEST_COUNTED: Final = 5
TEXT_LIMIT: Final = 2000
"""Characters of a body that are read; the matter of a report is said at its start."""


class CategoryBookError(InputError):
    """The categories file contradicts itself; the sentence names the category."""

    code = "category-book"


@dataclass(frozen=True, slots=True)
class Category:
    """A second-level category with its dispatch hints.

    `department` is a department type or "township"; `level` where that unit is looked for; `sensitive` means that the
    text is never released publicly.
    """

    code: str
    name: str
    first_code: str
    first_name: str
    department: str
    level: str = "county"
    co: tuple[str, ...] = ()
    place_kinds: tuple[str, ...] = ()
    sensitive: bool = False
    retired: bool = False


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A category code and its points; points compare only within one text."""

    code: str
    score: int


@dataclass(frozen=True, slots=True)
class UnitHint:
    """Look for a unit of this department type whose region is `region_code`; `lead` False means co-handler."""

    department: str
    level: str
    region_code: str
    lead: bool = True


@dataclass(frozen=True, slots=True)
class CategoryRules:
    """The category tree, ready for matching. `order` is the rule book's order and breaks ties."""

    categories: Mapping[str, Category]
    order: Mapping[str, int]
    starts: Mapping[str, tuple[str, ...]] = field(repr=False)
    points: Mapping[str, tuple[tuple[str, int], ...]] = field(repr=False)

    @classmethod
    def from_catalogue(cls, document: Mapping[str, Any]) -> "CategoryRules":
        """Rules from the parsed categories file.

        Raises:
            CategoryBookError: a code comes twice or isn't below its first-level code, a level is unknown, an entry
                lacks a needed key, or a keyword has fewer than two characters.
        """
        default_level = str(document.get("header", {}).get("default_level", "county"))
        categories: dict[str, Category] = {}
        points: dict[str, dict[str, int]] = defaultdict(dict)
        for first, entry in _entries(document):
            category = _category(first, entry, default_level)
            if category.code in categories:
                raise CategoryBookError(msg("分类代码 %(category)s 出现了两次。请改掉一个。"), category=category.code)
            categories[category.code] = category
            if not category.retired:
                for word, weight in _words(category.code, entry):
                    worth = weight * min(len(word), LONGEST_COUNTED)
                    points[word][category.code] = max(worth, points[word].get(category.code, 0))
        return cls(
            categories=categories,
            order={code: number for number, code in enumerate(categories)},
            starts=_by_start(points),
            points={word: tuple(worth.items()) for word, worth in points.items()},
        )


def suggest_category(rules: CategoryRules, title: str, body: str, *, limit: int = 3) -> list[Suggestion]:
    """The `limit` likeliest categories, best first; empty when nothing in the text is known.

    A keyword earns its weight times its length (at most five characters); in the title three times that; in the body
    each repeat up to the third counts again by half. Equal points keep the rule book's order.
    """
    totals: dict[str, int] = defaultdict(int)
    for word in _matches(rules, title):
        for code, worth in rules.points[word]:
            totals[code] += 2 * TITLE_FACTOR * worth
    seen: dict[str, int] = defaultdict(int)
    for word in _matches(rules, body[:TEXT_LIMIT]):
        seen[word] += 1
    for word, times in seen.items():
        for code, worth in rules.points[word]:
            totals[code] += worth * (1 + min(times, BODY_REPEATS))
    ranked = sorted(totals.items(), key=lambda item: (-item[1], rules.order[item[0]]))
    return [Suggestion(code, score) for code, score in ranked[:limit]]


def suggest_units(rules: CategoryRules, category: str, region_code: str, *, level: str | None = None) -> list[UnitHint]:
    """Where to look for the lead unit, best first, then the usual co-handlers.

    `region_code` is the matter's region (4 to 15 digits). The category's level (or `level`) comes first; when no such
    unit exists the next hint is one level up, never down: a department's duty isn't handed to the grass roots
    (the State Council's rules on 12345 hotlines). Levels finer than the region code are left out. An
    unknown category gives an empty list. Raises CategoryBookError for a `level` that isn't one of LEVELS.
    """
    found = rules.categories.get(category)
    if found is None:
        return []
    leads = _upwards(found.department, level or found.level, region_code)
    helpers: list[UnitHint] = []
    for department in found.co:
        own = found.level if found.level != "township" else "county"
        helpers.extend(
            UnitHint(hint.department, hint.level, hint.region_code, lead=False)
            for hint in _upwards(department, own, region_code)[:1]
        )
    return leads + helpers


def _upwards(department: str, level: str, region_code: str) -> list[UnitHint]:
    """Hints from `level` up to the city; a township itself exists at its own level only."""
    if level not in LEVELS:
        raise CategoryBookError(msg("层级“%(level)s”不认识，可用 city、county、township。"), level=level)
    wanted = LEVELS[LEVELS.index(level) :: -1]
    if department == "township":
        wanted = ("township",)
    return [
        UnitHint(department, one, region_code[: CODE_LENGTHS[one]])
        for one in wanted
        if len(region_code) >= CODE_LENGTHS[one]
    ]


def _matches(rules: CategoryRules, text: str) -> Iterator[str]:
    """Keywords of `text` from left to right, the longest at each place, none overlapping.

    A table of the first two characters, not one big regular expression: Python's tries the alternatives one by one,
    and with 2,900 keywords that took nine times as long.
    """
    text = text.lower()
    starts = rules.starts
    at, end = 0, len(text) - 1
    while at < end:
        for word in starts.get(text[at : at + 2], ()):
            if text.startswith(word, at):
                yield word
                at += len(word)
                break
        else:
            at += 1


def _by_start(words: Iterable[str]) -> dict[str, tuple[str, ...]]:
    starts: dict[str, list[str]] = defaultdict(list)
    for word in words:
        starts[word[:2]].append(word)
    return {start: tuple(sorted(group, key=lambda word: (-len(word), word))) for start, group in starts.items()}


def _entries(document: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    for first in document.get("first", ()):
        _check_keys(first, ("code", "name"))
        for entry in first.get("second", ()):
            _check_keys(entry, ("code", "name", "department"))
            yield first, entry


def _check_keys(entry: Mapping[str, Any], keys: tuple[str, ...]) -> None:
    for key in keys:
        if key not in entry:
            raise CategoryBookError(
                msg("分类 %(category)s 缺少 %(key)s。请补上。"), category=entry.get("code", "?"), key=key
            )


def _category(first: Mapping[str, Any], entry: Mapping[str, Any], default_level: str) -> Category:
    code, level = str(entry["code"]), str(entry.get("level", default_level))
    if not code.startswith(f"{first['code']}."):
        raise CategoryBookError(
            msg("分类代码 %(category)s 应以“%(first)s.”开头。请改正。"), category=code, first=first["code"]
        )
    if level not in LEVELS:
        raise CategoryBookError(
            msg("分类 %(category)s 的层级“%(level)s”不认识，可用 city、county、township。"), category=code, level=level
        )
    return Category(
        code=code,
        name=str(entry["name"]),
        first_code=str(first["code"]),
        first_name=str(first["name"]),
        department=str(entry["department"]),
        level=level,
        co=tuple(entry.get("co", ())),
        place_kinds=tuple(entry.get("place_kinds", ())),
        sensitive=bool(entry.get("sensitive", False)),
        retired=bool(entry.get("retired", False)),
    )


def _words(code: str, entry: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    for name, weight in WEIGHTS.items():
        for word in entry.get(name, ()):
            if len(word) < 2:
                raise CategoryBookError(
                    msg("分类 %(category)s 的提示词“%(word)s”太短，至少两个字。"), category=code, word=word
                )
            yield word.lower(), weight
