"""The subset of SQL in which indicators are written: one SELECT that means the same on every engine.

What is read is built anew out of what is allowed (`expressions.py`), with every column under its table's name, so what
runs later holds nothing that wasn't recognised here.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError, TokenError

from shanzhi.core.text import msg
from shanzhi.kernel.facts.policy.columns import Of, Table
from shanzhi.kernel.indicators.policy.expressions import INTEGER, TRUTH, Expressions, Names, Read
from shanzhi.kernel.indicators.policy.faults import Fault, Places, shown, unknown

COLUMNS = ("community", "month", "numerator", "denominator")
OWN_PREFIX = "shanzhi_"
"""Names that begin so belong to the queries made around a formula."""
NAME_MOST = 40
"""PostgreSQL cuts names at 63 bytes: two that differ behind them would be one."""
_NAME = re.compile(rf"[a-z_][a-z0-9_]{{0,{NAME_MOST - 1}}}")


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula that was found sound, in pieces: each is built anew and names every column with its table.

    `matter` is the column that leads to the records; None where no table in it has one.
    """

    source: exp.From
    joins: tuple[exp.Join, ...]
    where: exp.Expr | None
    community: exp.Column
    month: exp.Column
    numerator: exp.Expr
    denominator: exp.Expr
    matter: exp.Column | None
    additive: bool
    tables: tuple[str, ...]
    texts: frozenset[str]
    """Texts that are compared with; an indicator that may be contested names itself among them."""


def read_formula(text: str, tables: Mapping[str, Table]) -> Formula | list[Fault]:
    """The formula of a text in DuckDB's dialect, or all that is wrong with it, in the order of the text."""
    try:
        return _read(text, tables)
    except RecursionError:
        return [TOO_DEEP]


def _read(text: str, tables: Mapping[str, Table]) -> Formula | list[Fault]:
    parsed = _parsed(text)
    if isinstance(parsed, Fault):
        return [parsed]
    reader = _Reader(text, tables)
    formula = reader.read(parsed)
    faults = reader.expressions.faults
    if faults or formula is None:
        return sorted(faults, key=lambda each: (each.line, each.column))
    # What can be read has to be writable too, with room for what is made around it.
    too_deep = max(_depth(each) for each in (formula.where, formula.numerator, formula.denominator)) > DEEPEST
    return [TOO_DEEP] if too_deep else formula


DEEPEST = 120
"""Conditions within conditions; a formula of people has a dozen."""
TOO_DEEP = Fault(1, 1, msg("公式的条件或括号套得太深。"), msg("拆成几条指标，或用 IN 列出。"))


def _depth(expr: exp.Expr | None) -> int:
    deepest, level = 0, [expr] if expr is not None else []
    while level:
        deepest += 1
        level = [child for each in level for child in each.iter_expressions()]
    return deepest


_SNIPPET = re.compile(r"Line (\d+), Col: (\d+)")


def _parsed(text: str) -> exp.Select | Fault:
    if not text.strip():
        return Fault(1, 1, msg("公式是空的。"), msg("写一条 SELECT。"))
    try:
        found = [each for each in sqlglot.parse(text, read="duckdb") if each is not None]
    except TokenError:
        return Fault(1, 1, msg("公式读不懂：引号或注释没有成对。"))
    except SqlglotError as error:
        return _unread(text, error)
    places = Places(text)
    if len(found) != 1:
        place = places.of(found[1]) if len(found) > 1 else (1, 1)
        return Fault(*place, msg("公式只能是一条 SELECT，这里有 %(count)s 条语句。"), "", {"count": len(found)})
    if not isinstance(found[0], exp.Select):
        what = found[0].key.upper()
        return Fault(1, 1, msg("公式只能读，不能写：这里是 %(what)s。"), msg("写成一条 SELECT。"), {"what": what})
    return found[0]


def _unread(text: str, error: SqlglotError) -> Fault:
    details = getattr(error, "errors", None) or [{}]
    first = details[0]
    near = str(first.get("highlight") or "").strip()
    line, column = int(first.get("line") or 1), 1
    lines = text.split("\n")
    if near and 0 < line <= len(lines):
        column = max(lines[line - 1].find(near), 0) + 1
    if near:
        return Fault(line, column, msg("公式读不懂，从“%(near)s”起不合 SELECT 的写法。"), "", {"near": near[:40]})
    return Fault(line, column, msg("公式读不懂，不合 SELECT 的写法。"))


_CLAUSES: Mapping[str, str] = {
    "with_": "WITH", "with": "WITH", "distinct": "SELECT DISTINCT", "limit": "LIMIT", "offset": "OFFSET", "order": "ORDER BY",
    "having": "HAVING", "qualify": "QUALIFY", "windows": "WINDOW", "laterals": "LATERAL", "sample": "SAMPLE",
    "pivots": "PIVOT", "into": "INTO", "locks": "FOR UPDATE", "hint": "hint", "kind": "SELECT AS", "exclude": "EXCLUDE",
    "connect": "CONNECT BY", "cluster": "CLUSTER BY", "distribute": "DISTRIBUTE BY", "sort": "SORT BY", "match": "MATCH",
}  # fmt: skip
_SELECT = frozenset({"expressions", "from_", "from", "joins", "where", "group"})


class _Reader:
    """Reads one SELECT; faults are gathered in `expressions`."""

    def __init__(self, text: str, tables: Mapping[str, Table]) -> None:
        self.tables = tables
        self.texts: set[str] = set()
        self.expressions = Expressions(Places(text), exists=self._exists)

    def read(self, select: exp.Select) -> Formula | None:
        """The formula; None where something essential is missing (then there are faults)."""
        self._only(select, _SELECT)
        names = self._names(select)
        source = self._source(select)
        if names is None or source is None:
            return None
        joins = tuple(self._join(join, names) for join in select.args.get("joins") or ())
        where = self._where(select, names)
        columns = self._columns(select, names)
        if columns is None:
            return None
        self._grouped(select, columns, names)
        community, month = (columns[each].expr for each in COLUMNS[:2])
        if not isinstance(community, exp.Column) or not isinstance(month, exp.Column):
            self._plain_columns(select)
            return None
        numerator, denominator = columns["numerator"], columns["denominator"]
        return Formula(
            source,
            joins,
            where,
            community,
            month,
            numerator.expr,
            denominator.expr,
            _matter(select, names),
            numerator.linear and denominator.linear,
            tuple(sorted({table.name for table in _every_table(select)})),
            frozenset(each.name for each in select.find_all(exp.Literal) if each.is_string),
        )

    # Clauses and tables

    def _only(self, select: exp.Select, known: frozenset[str]) -> None:
        for name, value in select.args.items():
            if name in known or value in (None, False, []):
                continue
            node = value if isinstance(value, exp.Expr) else select
            words = msg("公式里不能用 %(clause)s。")
            self.expressions.fault(node, words, clause=_CLAUSES.get(name, name.upper()))

    def _names(self, select: exp.Select, outer: Names | None = None) -> Names | None:
        found: dict[str, Table] = {}
        source = select.args.get("from_") or select.args.get("from")
        if source is None:
            self.expressions.fault(select, msg("公式没有 FROM：要写明从哪张表里数。"))
            return None
        every = [source.this, *(join.this for join in select.args.get("joins") or ())]
        for node in every:
            table = self._table(node)
            if table is None:
                continue
            alias = node.alias_or_name.lower()
            if alias in found or (outer and alias in outer.aliases()):
                words = msg("“%(alias)s”这个表名用了两次。")
                self.expressions.fault(node, words, msg("给其中一张起个别名。"), alias=alias)
            if not _NAME.fullmatch(alias):
                words = msg("表的别名用字母、数字和下划线，以字母开头，最多 %(most)s 个；“%(alias)s”不行。")
                self.expressions.fault(node, words, alias=alias[:NAME_MOST], most=NAME_MOST)
            if alias.startswith(OWN_PREFIX):
                self.expressions.fault(node, msg("表的别名不能以 %(prefix)s 开头。"), prefix=OWN_PREFIX)
            found[alias] = table
        return Names(found, outer) if len(found) == len(every) else None

    def _table(self, node: exp.Expr) -> Table | None:
        if not isinstance(node, exp.Table) or not isinstance(node.this, exp.Identifier):
            self.expressions.fault(node, msg("“%(what)s”：FROM 和 JOIN 后面只能是事实表。"), what=shown(node))
            return None
        if node.args.get("db") or node.args.get("catalog"):
            words = msg("“%(what)s”：不能带库名，也不能读系统表。")
            self.expressions.fault(node, words, what=shown(node))
            return None
        strange = [name for name, value in node.args.items() if name not in {"this", "alias"} and value]
        if strange or (node.args.get("alias") and node.args["alias"].args.get("columns")):
            self.expressions.fault(node, msg("“%(what)s”：表名后面只能跟一个别名。"), what=shown(node))
            return None
        name = node.name.lower()
        if name not in self.tables:
            place = self.expressions.places.of(node)
            self.expressions.faults.append(unknown(place, msg("没有“%(word)s”这张事实表。"), name, self.tables))
            return None
        return self.tables[name]

    def _source(self, select: exp.Select) -> exp.From | None:
        source = select.args.get("from_") or select.args.get("from")
        return exp.From(this=_plain(source.this)) if source and isinstance(source.this, exp.Table) else None

    def _join(self, join: exp.Join, names: Names) -> exp.Join:
        side, kind = (join.args.get("side") or "").upper(), (join.args.get("kind") or "").upper()
        strange = [name for name, value in join.args.items() if name not in {"this", "on", "side", "kind"} and value]
        if side not in {"", "LEFT"} or kind not in {"", "INNER", "OUTER"} or strange or join.args.get("on") is None:
            words = msg("“%(what)s”：只能写 JOIN … ON 或 LEFT JOIN … ON。")
            self.expressions.fault(join, words, what=shown(join))
            return join
        on = self.expressions.row(self.expressions.truth(join.args["on"], names), join.args["on"])
        alias = join.this.alias_or_name.lower()
        self._no_exists(join.args["on"])
        if not any(_ties(each, alias) for each in _all_of(on.expr)):
            words = msg("“%(what)s”：JOIN 要用相等的列把两张表连起来。")
            self.expressions.fault(join.args["on"], words, msg("例如 a.unit_id = b.unit_id。"), what=shown(join))
        return exp.Join(this=_plain(join.this), on=on.expr, side=side or None)

    def _no_exists(self, node: exp.Expr) -> None:
        inside = node.find(exp.Exists)
        if inside is not None:
            self.expressions.fault(inside, msg("“%(what)s”：EXISTS 只能写在 WHERE 里。"), what=shown(inside))

    def _where(self, select: exp.Select, names: Names) -> exp.Expr | None:
        where = select.args.get("where")
        if where is None:
            return None
        return self.expressions.row(self.expressions.truth(where.this, names), where.this).expr

    # The four columns and the grouping

    def _columns(self, select: exp.Select, names: Names) -> dict[str, Read] | None:
        given = [each.alias_or_name.lower() for each in select.expressions]
        if sorted(given) != sorted(COLUMNS):
            words = msg("公式要给出 %(wanted)s 四列，现在是：%(given)s。")
            shown_given = "、".join(name or shown(each) for name, each in zip(given, select.expressions, strict=True))
            self.expressions.fault(select, words, wanted="、".join(COLUMNS), given=shown_given or "—")
            for each in select.expressions:
                self.expressions.read(each.unalias(), names)
            return None
        found = {
            name: self.expressions.read(each.unalias(), names)
            for name, each in zip(given, select.expressions, strict=True)
        }
        by_name = dict(zip(given, select.expressions, strict=True))
        for name in COLUMNS[2:]:
            self._integer(by_name[name].unalias(), found[name])
        self._named(by_name["community"].unalias(), found["community"], "region_id")
        self._named(by_name["month"].unalias(), found["month"], "month")
        return found

    def _integer(self, node: exp.Expr, read: Read) -> None:
        self.expressions.expect(node, read, INTEGER)
        if read.of != INTEGER:
            return
        if not read.aggregate:
            words = msg("“%(what)s”：分子和分母要用 COUNT、SUM 等汇总。")
            self.expressions.fault(node, words, what=shown(node))
        elif read.loose:
            words = msg("“%(what)s”里有列没有放进汇总函数。")
            self.expressions.fault(node, words, what=shown(node))

    def _named(self, node: exp.Expr, read: Read, column: str) -> None:
        if isinstance(read.expr, exp.Null):
            return  # told already, or NULL itself, which the grouping refuses
        name = read.expr.name if isinstance(read.expr, exp.Column) else ""
        if name == column or (column == "month" and name.endswith("_month")):
            return
        words = msg("“%(what)s”不能作 %(as)s：community 要直接用 region_id 列，month 要直接用一个月份列。")
        self.expressions.fault(node, words, what=shown(node), **{"as": "month" if column == "month" else "community"})

    def _plain_columns(self, select: exp.Select) -> None:
        if not self.expressions.faults:
            self.expressions.fault(select, msg("community 要直接用 region_id 列，month 要直接用一个月份列。"))

    def _grouped(self, select: exp.Select, columns: Mapping[str, Read], names: Names) -> None:
        group = select.args.get("group")
        wanted = [columns["community"].expr, columns["month"].expr]
        if group is None:
            self.expressions.fault(select, msg("公式没有 GROUP BY：要按 community 和 month 分组。"))
            return
        order = [each.alias_or_name.lower() for each in select.expressions]
        given = [self._group_key(each, order, columns, names) for each in group.expressions]
        strange = [name for name, value in group.args.items() if name != "expressions" and value]
        if strange or len(given) != 2 or any(each not in given for each in wanted):
            words = msg("GROUP BY 只能是 community 和 month 这两列，现在是：%(given)s。")
            self.expressions.fault(group, words, given=shown(group)[9:] or "—")

    def _group_key(self, node: exp.Expr, order: list[str], columns: Mapping[str, Read], names: Names) -> exp.Expr:
        if isinstance(node, exp.Literal) and node.name in {"1", "2", "3", "4"}:
            return columns[order[int(node.name) - 1]].expr
        is_bare = isinstance(node, exp.Column) and not node.table
        if is_bare and node.name.lower() in COLUMNS and not names.find(node.name.lower()):
            return columns[node.name.lower()].expr
        return self.expressions.read(node, names).expr

    # EXISTS

    def _exists(self, node: exp.Expr, names: Names) -> Read:
        select = node.this
        if not isinstance(select, exp.Select) or [each.sql() for each in select.expressions] != ["1"]:
            words = msg("“%(what)s”：写成 EXISTS (SELECT 1 FROM … WHERE …)。")
            return self.expressions.fault(node, words, what=shown(node))
        self._only(select, frozenset({"expressions", "from_", "from", "where"}))
        inner, source = self._names(select, names), self._source(select)
        where = select.args.get("where")
        if inner is None or source is None or where is None:
            return self.expressions.fault(node, msg("“%(what)s”要有 FROM 和 WHERE。"), what=shown(node))
        condition = self.expressions.row(self.expressions.truth(where.this, inner), where.this)
        alias = next(iter(inner.by_alias))
        if not any(_ties(each, alias) for each in _all_of(condition.expr)):
            words = msg("“%(what)s”：里外两张表要用相等的列连起来。")
            self.expressions.fault(node, words, msg("例如 x.matter_id = m.matter_id。"), what=shown(node))
        made = exp.select("1").from_(source.this, copy=False).where(condition.expr, copy=False)
        return Read(exp.Exists(this=made), TRUTH, loose=True)


def _plain(table: exp.Expr) -> exp.Table:
    return exp.Table(
        this=exp.to_identifier(table.name.lower()),
        alias=exp.TableAlias(this=exp.to_identifier(table.alias_or_name.lower())),
    )


def _all_of(condition: exp.Expr) -> Iterator[exp.Expr]:
    """The conditions that all have to hold."""
    if isinstance(condition, exp.Paren):
        yield from _all_of(condition.this)
    elif isinstance(condition, exp.And):
        yield from _all_of(condition.this)
        yield from _all_of(condition.expression)
    else:
        yield condition


def _ties(condition: exp.Expr, alias: str) -> bool:
    """Does it say that a column of the table equals one of another?"""
    sides = (condition.this, condition.expression) if isinstance(condition, exp.EQ) else ()
    if not all(isinstance(side, exp.Column) for side in sides):
        return False
    return [side.table == alias for side in sides].count(True) == 1


def _every_table(select: exp.Select) -> Iterator[exp.Table]:
    return select.find_all(exp.Table)


def _matter(select: exp.Select, names: Names) -> exp.Column | None:
    """The matter of a row: of the first table that has one."""
    for alias, table in names.by_alias.items():
        if any(column.name == "matter_id" and column.of is Of.INTEGER for column in table.columns):
            return exp.column("matter_id", table=alias)
    return None
