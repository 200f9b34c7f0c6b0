"""The region tree of the city in memory: all regions but the grids, with all their dated states.

A city has some 3,000 of them (重庆 12,300) and every page asks for names and paths, while the tree changes a few times
a year. So each process keeps it and compares one row (`TreeVersion`) before use. Grids stay in the database: three
times as many, and asked for one at a time; by their code they hang below their community.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection

from shanzhi.core.ranges import CodeRanges
from shanzhi.kernel.organisation.policy import Level, ancestor_codes

# The end of a state that is still true.
_FOREVER = date.max


@dataclass(frozen=True, slots=True)
class Node:
    """A region's state, true from `since` up to (not with) `until`."""

    region_id: int
    level: Level
    code: str
    name: str
    short_name: str
    parent_id: int | None
    ranges: CodeRanges
    since: date
    until: date

    def is_true_on(self, on: date) -> bool:
        """Was it so on this day?"""
        return self.since <= on < self.until


class Tree:
    """All states of all regions but grids; every lookup is as of a date."""

    __slots__ = ("__weakref__", "_by_code", "_by_id", "_by_parent", "_in_order", "_paths")

    def __init__(self, nodes: Iterable[Node]) -> None:
        """Build the lookups; `nodes` in any order."""
        self._in_order = sorted(nodes, key=lambda node: node.code)
        # Names of the last day asked for: lists and pickers ask for thousands, nearly always as of today.
        self._paths: tuple[date, dict[int, str]] = (date.min, {})
        self._by_code: dict[str, list[Node]] = defaultdict(list)
        self._by_id: dict[int, list[Node]] = defaultdict(list)
        self._by_parent: dict[int | None, list[Node]] = defaultdict(list)
        for node in self._in_order:
            self._by_code[node.code].append(node)
            self._by_id[node.region_id].append(node)
            self._by_parent[node.parent_id].append(node)

    def by_code(self, code: str, on: date) -> Node | None:
        """The region that held exactly this code."""
        return _first_true(self._by_code.get(code, ()), on)

    def by_id(self, region_id: int, on: date) -> Node | None:
        """The region's state."""
        return _first_true(self._by_id.get(region_id, ()), on)

    def at_or_above(self, code: str, on: date) -> Node | None:
        """The deepest region that holds this code or a code above it (a grid's community, say)."""
        for candidate in (code, *ancestor_codes(code)):
            node = self.by_code(candidate, on)
            if node is not None:
                return node
        return None

    def children(self, region_id: int | None, on: date) -> list[Node]:
        """The regions directly below, by code; of None, the top ones. Zones come as children of their city."""
        return [node for node in self._by_parent.get(region_id, ()) if node.is_true_on(on)]

    def upwards(self, node: Node, on: date) -> list[Node]:
        """The region itself and those above it, nearest first."""
        line = [node]
        while line[-1].parent_id is not None:
            parent = self.by_id(line[-1].parent_id, on)
            # A tree that loops would hang the process; a city has at most seven levels.
            if parent is None or len(line) > len(Level):
                break
            line.append(parent)
        return line

    def zones_over(self, code: str, on: date) -> list[Node]:
        """The functional zones that cover this code."""
        return [node for node in self.of_levels({Level.ZONE}, on) if node.ranges.contains(code)]

    def of_levels(self, levels: set[Level], on: date) -> Iterator[Node]:
        """All regions of these levels, by code."""
        return (node for node in self._in_order if node.level in levels and node.is_true_on(on))

    def path_name(self, node: Node, on: date) -> str:
        """Names from the county down: “张店区 马尚街道 …社区”. A city is called by its own name."""
        day, paths = self._paths
        if day != on:
            paths = {}
            self._paths = (on, paths)
        found = paths.get(node.region_id)
        if found is None:
            found = paths[node.region_id] = self._spell(node, on)
        return found

    def _spell(self, node: Node, on: date) -> str:
        line = [above.short_name for above in self.upwards(node, on) if above.level not in (Level.CITY, Level.PROVINCE)]
        return " ".join(reversed(line)) or node.name


def _first_true(nodes: Iterable[Node], on: date) -> Node | None:
    return next((node for node in nodes if node.is_true_on(on)), None)


@dataclass(slots=True)
class _Held:
    """One answer to "which tree" for as long as a page is drawn. `is_over`: it was changed on the way, and that change may
    yet be rolled back, so each question is asked anew from then on. `is_read`: nothing is changed within. `grids`: those
    that were read for the page, by day and id."""

    tree: Tree | None = None
    is_over: bool = False
    is_read: bool = False
    grids: dict[date, dict[int, Any]] = field(default_factory=dict)


# Empty where nobody asked for that.
_held: ContextVar[_Held | None] = ContextVar("held_tree", default=None)


@contextmanager
def one_tree(*, is_read: bool = False) -> Iterator[None]:
    """Let everything within see the same tree, asked for once: a page whose parts disagree helps nobody. Where nothing is
    changed within (`is_read`) it may be the tree of the moment when the posts were read; a change asks behind its locks."""
    if _held.get() is not None:
        yield
        return
    token = _held.set(_Held(is_read=is_read))
    try:
        yield
    finally:
        _held.reset(token)


def forget_held_tree() -> None:
    """The tree has just been changed here: ask again."""
    held = _held.get()
    if held is not None:
        held.tree, held.is_over = None, True


def keep_grids() -> None:
    """What this page reads of the tree is kept for it, though it changes something else: no change of the tree follows."""
    held = _held.get()
    if held is not None:
        held.is_read = True


def tell_version(version: UUID | None) -> None:
    """What another statement found to be the tree's version: a page that only reads needn't ask for it again."""
    held = _held.get()
    if held is not None and held.is_read and not held.is_over and held.tree is None and version is not None:
        held.tree = _kept.get(version)


def held_grids(on: date) -> dict[int, Any]:
    """The grids that this page has read as of a day, by id, to be added to; one that nobody keeps where more than reading
    goes on."""
    held = _held.get()
    return held.grids.setdefault(on, {}) if held is not None and held.is_read and not held.is_over else {}


# The trees last used, by version. Two cities can meet in one process (a province's tool), so more than one is kept.
_kept: dict[UUID, Tree] = {}
_KEEP = 2


def current_tree() -> Tree:
    """The tree as the database has it now; 1 query, or 2 when it has changed; none again within `one_tree`."""
    held = _held.get()
    if held is None or held.is_over:
        return _newest_tree()
    if held.tree is None:
        held.tree = _newest_tree()
    return held.tree


def tree_mark() -> object:
    """What stands for the tree as the database has it now: the same object as long as nothing has changed, weakly kept, so that
    what was computed of a tree may be kept by it. As many queries as `current_tree`."""
    return current_tree()


def _newest_tree() -> Tree:
    with connection.cursor() as cursor:
        cursor.execute("SELECT version FROM organisation_tree_version WHERE id = 1")
        row = cursor.fetchone()
    if row is None:
        return Tree(())
    version: UUID = row[0]
    tree = _kept.get(version)
    if tree is None:
        tree = Tree(_read_nodes())
        while len(_kept) >= _KEEP:
            _kept.pop(next(iter(_kept)), None)
        _kept[version] = tree
    return tree


def _read_nodes() -> list[Node]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT region_id, level, code, name, short_name, parent_id, ranges::text, lower(valid), upper(valid)"
            " FROM organisation_region_state WHERE level <> 'grid'"
        )
        return [
            Node(
                region_id,
                Level(level),
                code,
                name,
                short_name,
                parent_id,
                CodeRanges.parse(ranges),
                since or date.min,
                until or _FOREVER,
            )
            for region_id, level, code, name, short_name, parent_id, ranges, since, until in cursor.fetchall()
        ]
