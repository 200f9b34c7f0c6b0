"""From the text of a catalogue file to a sound `Catalogue`, or to the list of all that is wrong with it."""

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

from shanzhi.core.errors import InputError
from shanzhi.core.text import msg
from shanzhi.kernel.facts.policy.columns import Table
from shanzhi.kernel.indicators.policy.definitions import Catalogue, Project, ProjectKind
from shanzhi.kernel.indicators.policy.loading.indicators import read_indicator
from shanzhi.kernel.indicators.policy.loading.indices import read_index
from shanzhi.kernel.indicators.policy.loading.rows import Report, Row
from shanzhi.kernel.indicators.policy.loading.whole import check_whole
from shanzhi.kernel.indicators.policy.tables import tables as all_tables
from shanzhi.kernel.matters.policy.process.problem import Problem
from shanzhi.kernel.matters.policy.process.source import Source, read_source

SHOWN = 20
"""So many problems stand in the sentence of an error; all of them in its `problems`."""


class CatalogueUnsound(InputError):
    """A catalogue file with problems; nothing was taken over. `problems` has them all."""

    code = "indicator-catalogue"
    problems: tuple[Problem, ...] = ()


def load_catalogue(
    text: str, *, tables: Mapping[str, Table] | None = None, roles: Collection[str] | None = None
) -> Catalogue | list[Problem]:
    """The catalogue of a file, or every problem found, in the order of the lines.

    `tables` are the facts that formulas may read (all registered ones by default), `roles` those that posts can have; None
    leaves unasked whether a role exists.
    """
    source = read_source(text)
    if isinstance(source, Problem):
        return [source]
    return catalogue_of(source, text=text, tables=tables, roles=roles)


def catalogue_of(
    source: Source,
    *,
    text: str = "",
    tables: Mapping[str, Table] | None = None,
    roles: Collection[str] | None = None,
) -> Catalogue | list[Problem]:
    """The catalogue of tables that were read already; `text` is where they came from, for the lines of formulas."""
    report = Report(source.lines)
    top = Row(report, source.tables, (), "")
    found = _read(top, text, tables if tables is not None else all_tables(), roles)
    top.finish()
    return sorted(report.problems, key=lambda each: each.line) if report.problems or found is None else found


def sound_catalogue(text: str, name: str, *, roles: Collection[str] | None = None) -> Catalogue:
    """The catalogue of a file called `name`.

    Raises:
        CatalogueUnsound: with everything that is wrong with it.
    """
    found = load_catalogue(text, roles=roles)
    if isinstance(found, Catalogue):
        return found
    said = "\n".join(str(each) for each in found[:SHOWN])
    error = CatalogueUnsound(
        msg("%(name)s 有 %(count)s 处要改，没有采用：\n%(said)s"), name=name, count=len(found), said=said
    )
    error.problems = tuple(found)
    raise error


def _read(top: Row, text: str, tables: Mapping[str, Table], roles: Collection[str] | None) -> Catalogue | None:
    head = top.row("catalogue")
    projects = tuple(_project(row) for row in top.rows("project"))
    codes = [project.code for project in projects]
    rows = list(top.rows("indicator", code="key"))
    indicators = tuple(read_indicator(row, codes, text.split("\n"), tables, roles) for row in rows)
    indices = tuple(read_index(row) for row in top.rows("index", required=False))
    if head is None:
        return None
    catalogue = Catalogue(
        code=head.code("code"),
        name=head.text("name"),
        version=head.whole("version", least=1),
        sample=head.flag("sample"),
        holds_from=head.month("holds_from") or 0,
        text=head.text("text", required=False),
        projects=projects,
        indicators=indicators,
        indices=indices,
    )
    head.finish()
    return check_whole(catalogue, top, rows)


def _project(row: Row) -> Project:
    made = Project(
        row.code("code"),
        row.text("name"),
        row.word("kind", ProjectKind),
        row.number("weight", required=True) or Decimal(0),
        row.text("text", required=False),
    )
    row.finish()
    return made


def tables_of(values: Mapping[str, Any]) -> Source:
    """A source of tables whose lines nobody knows (they came from no file)."""
    return Source(values, {})
