"""Expressions of a formula: each is read, typed and built anew out of what is allowed; nothing else gets through."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlglot import exp

from shanzhi.core.text import msg
from shanzhi.kernel.facts.policy.columns import Column, Of, Table
from shanzhi.kernel.indicators.policy.faults import REFUSED, TIME_REFUSED, Fault, Places, shown, unknown

INTEGER, TEXT, DATE, TRUTH, ANY = "integer", "text", "date", "truth", "any"
_SAID = {INTEGER: msg("整数"), TEXT: msg("文字"), DATE: msg("日期"), TRUTH: msg("是非条件"), ANY: msg("空值")}
QUANTILES = ("0.25", "0.5", "0.75", "0.9", "0.95")
"""For these, rank = ⌈q × n⌉ comes out right in binary fractions, so that engines agree (2⁻⁵⁴ relative error at most)."""
_WHOLE = re.compile(r"[0-9]{1,18}")
FUNCTIONS = ("COUNT", "SUM", "MIN", "MAX", "QUANTILE_DISC", "COALESCE", "NULLIF")


@dataclass(frozen=True, slots=True)
class Read:
    """An expression that was read: built anew, its type, and what it is made of.

    `loose`: it has a column outside any aggregate. `aggregate`: it has one. `linear`: it is a sum of counts and sums (times
    whole numbers), so that figures of parts add up to that of the whole.
    """

    expr: exp.Expr
    of: str
    loose: bool = False
    aggregate: bool = False
    linear: bool = False


@dataclass(frozen=True, slots=True)
class Names:
    """Which tables stand under which names here; `outer` is what an EXISTS sees around it."""

    by_alias: Mapping[str, Table]
    outer: "Names | None" = None

    def find(self, name: str) -> list[tuple[str, Column]]:
        """The tables' names that have a column of this name: the inner ones, else those around."""
        found = [
            (alias, column) for alias, table in self.by_alias.items() for column in table.columns if column.name == name
        ]
        return found or (self.outer.find(name) if self.outer else [])

    def table(self, alias: str) -> Table | None:
        """The table under a name."""
        return self.by_alias.get(alias) or (self.outer.table(alias) if self.outer else None)

    def aliases(self) -> list[str]:
        """Every name that can be seen here."""
        return [*self.by_alias, *(self.outer.aliases() if self.outer else [])]

    def columns(self) -> list[str]:
        """Every column that can be seen here."""
        own = [column.name for table in self.by_alias.values() for column in table.columns if column.of is not Of.TIME]
        return own + (self.outer.columns() if self.outer else [])


Made = Callable[[exp.Expr, Names], Read]


@dataclass
class Expressions:
    """Reads expressions and gathers what is wrong with them."""

    places: Places
    faults: list[Fault] = field(default_factory=list)
    exists: Callable[[exp.Expr, Names], Read] | None = None

    def fault(self, node: exp.Expr, message: str, mend: str = "", /, **params: object) -> Read:
        """Note a fault at a node; reading goes on with a value that fits anywhere."""
        self.faults.append(Fault(*self.places.of(node), message, mend, params))
        return Read(exp.null(), ANY)

    def read(self, node: exp.Expr, names: Names) -> Read:
        """An expression of any type."""
        make = self._ways().get(type(node))
        if make is None:
            return self.refuse(node)
        extra = _strange_args(node)
        if extra:
            return self.fault(node, msg("“%(what)s”里的 %(word)s 不能用。"), what=shown(node), word=extra.upper())
        return make(node, names)

    def truth(self, node: exp.Expr, names: Names) -> Read:
        """A condition."""
        read = self.read(node, names)
        return self.expect(node, read, TRUTH)

    def row(self, read: Read, node: exp.Expr) -> Read:
        """Something about one record: no aggregate in it."""
        if read.aggregate:
            self.fault(node, msg("“%(what)s”：这里只能逐条判断，不能用汇总函数。"), what=shown(node))
        return read

    def expect(self, node: exp.Expr, read: Read, *types: str) -> Read:
        """Of one of these types, or a fault."""
        if read.of != ANY and read.of not in types:
            wanted = "、".join(_SAID[each] for each in types)
            words = msg("“%(what)s”是%(is)s，这里要的是%(wanted)s。")
            return self.fault(node, words, what=shown(node), wanted=wanted, **{"is": _SAID[read.of]})
        return read

    def refuse(self, node: exp.Expr) -> Read:
        """What isn't among the allowed things, with the reason where there is a known one."""
        reason = next((words for kind, words in REFUSED.items() if isinstance(node, kind)), "")
        if reason:
            return self.fault(node, msg("“%(what)s”不能用。"), reason, what=shown(node))
        if isinstance(node, exp.Func):
            name = (node.name if isinstance(node, exp.Anonymous) else node.sql_name()).upper()
            self.faults.append(unknown(self.places.of(node), msg("公式里不能用函数 %(word)s。"), name, FUNCTIONS))
            return Read(exp.null(), ANY)
        return self.fault(node, msg("“%(what)s”不在公式允许的写法里。"), what=shown(node))

    def _ways(self) -> Mapping[type[exp.Expr], Made]:
        # One table: what isn't in it, can't be said.
        return {
            exp.Column: self._column,
            exp.Literal: self._literal,
            exp.Null: lambda node, names: Read(exp.null(), ANY),
            exp.Paren: self._paren,
            exp.Neg: self._neg,
            exp.Add: self._arithmetic,
            exp.Sub: self._arithmetic,
            exp.Mul: self._arithmetic,
            exp.And: self._logic,
            exp.Or: self._logic,
            exp.Not: self._not,
            exp.EQ: self._compare,
            exp.NEQ: self._compare,
            exp.LT: self._compare,
            exp.LTE: self._compare,
            exp.GT: self._compare,
            exp.GTE: self._compare,
            exp.NullSafeEQ: self._compare,
            exp.NullSafeNEQ: self._compare,
            exp.In: self._in,
            exp.Between: self._between,
            exp.Is: self._is,
            exp.Case: self._case,
            exp.Coalesce: self._coalesce,
            exp.Nullif: self._nullif,
            exp.Cast: self._cast,
            exp.Count: self._count,
            exp.Sum: self._aggregate,
            exp.Min: self._aggregate,
            exp.Max: self._aggregate,
            exp.PercentileDisc: self._quantile,
            exp.Filter: self._filter,
            exp.Exists: self._exists,
        }

    # Columns and values

    def _column(self, node: exp.Expr, names: Names) -> Read:
        name, alias = node.name.lower(), str(node.args["table"].name).lower() if node.args.get("table") else ""
        if node.args.get("db"):
            return self.fault(node, msg("“%(what)s”：不能带库名。"), what=shown(node))
        if alias:
            table = names.table(alias)
            if table is None:
                self.faults.append(unknown(self.places.of(node), msg("没有叫“%(word)s”的表。"), alias, names.aliases()))
                return Read(exp.null(), ANY)
            found = [(alias, column) for column in table.columns if column.name == name]
            known = [column.name for column in table.columns]
        else:
            found, known = names.find(name), names.columns()
        return self._found(node, name, found, known)

    def _found(self, node: exp.Expr, name: str, found: list[tuple[str, Column]], known: list[str]) -> Read:
        if not found:
            self.faults.append(unknown(self.places.of(node), msg("没有“%(word)s”这一列。"), name, known))
            return Read(exp.null(), ANY)
        if len(found) > 1:
            tables = "、".join(alias for alias, _ in found)
            words = msg("“%(word)s”在 %(tables)s 里都有。")
            return self.fault(node, words, msg("在列名前写上表名。"), word=name, tables=tables)
        (alias, column) = found[0]
        if column.of is Of.TIME:
            return self.fault(node, msg("不能用“%(word)s”这一列。"), TIME_REFUSED, word=name)
        return Read(exp.column(name, table=alias), column.of.value, loose=True)

    def _literal(self, node: exp.Expr, names: Names) -> Read:
        if node.args["is_string"]:
            if "\\" in node.name or not node.name.isprintable():
                words = msg("“%(what)s”：文字里不能有反斜杠和控制字符，各引擎读法不一。")
                return self.fault(node, words, what=shown(node))
            return Read(exp.Literal.string(node.name), TEXT)
        if not _WHOLE.fullmatch(node.name):
            return self.fault(node, msg("“%(what)s”不是整数。"), msg("只能写 18 位以内的整数。"), what=shown(node))
        return Read(exp.Literal.number(node.name), INTEGER)

    def _cast(self, node: exp.Expr, names: Names) -> Read:
        inner = node.this
        is_day = node.args["to"].this == exp.DType.DATE and isinstance(inner, exp.Literal) and inner.is_string
        if not is_day:
            return self.fault(
                node, msg("“%(what)s”：不能转换类型。"), msg("日期写成 DATE '2026-01-01'。"), what=shown(node)
            )
        try:
            day = date.fromisoformat(inner.name)
        except ValueError:
            return self.fault(node, msg("“%(what)s”不是日期。"), msg("写成 DATE '2026-01-01'。"), what=inner.name)
        return Read(exp.cast(exp.Literal.string(day.isoformat()), exp.DType.DATE), DATE)

    # Arithmetic and conditions

    def _paren(self, node: exp.Expr, names: Names) -> Read:
        read = self.read(node.this, names)
        return Read(exp.paren(read.expr, copy=False), read.of, read.loose, read.aggregate, read.linear)

    def _neg(self, node: exp.Expr, names: Names) -> Read:
        read = self.expect(node, self.read(node.this, names), INTEGER)
        return Read(exp.Neg(this=read.expr), INTEGER, read.loose, read.aggregate, read.linear)

    def _arithmetic(self, node: exp.Expr, names: Names) -> Read:
        left = self.expect(node.this, self.read(node.this, names), INTEGER)
        right = self.expect(node.expression, self.read(node.expression, names), INTEGER)
        if isinstance(node, exp.Mul):
            linear = (left.linear and _is_number(right.expr)) or (right.linear and _is_number(left.expr))
        else:
            linear = left.linear and right.linear
        made = type(node)(this=_wide(left.expr), expression=_wide(right.expr))
        return Read(made, INTEGER, left.loose or right.loose, left.aggregate or right.aggregate, linear)

    def _logic(self, node: exp.Expr, names: Names) -> Read:
        left, right = self.truth(node.this, names), self.truth(node.expression, names)
        made = exp.paren(type(node)(this=left.expr, expression=right.expr), copy=False)
        return Read(made, TRUTH, left.loose or right.loose, left.aggregate or right.aggregate)

    def _not(self, node: exp.Expr, names: Names) -> Read:
        read = self.truth(node.this, names)
        return Read(exp.Not(this=exp.paren(read.expr, copy=False)), TRUTH, read.loose, read.aggregate)

    def _alike(self, node: exp.Expr, reads: list[Read], *, ordered: bool) -> None:
        """Compared things are of one type; texts are only equal or not, since engines sort them differently."""
        types = {read.of for read in reads if read.of != ANY}
        if not types and not self.faults:
            self.fault(node, msg("“%(what)s”里只有空值，没有意义。"), what=shown(node))
        elif len(types) > 1:
            said = "、".join(sorted(_SAID[each] for each in types))
            self.fault(node, msg("“%(what)s”：%(types)s不能放在一起比。"), what=shown(node), types=said)
        elif TRUTH in types:
            self.fault(node, msg("“%(what)s”：是非条件不能当值用。"), msg("用 AND、OR、NOT 连接。"), what=shown(node))
        elif ordered and TEXT in types:
            words = msg("“%(what)s”：文字只能比是否相同，各引擎的排序不一样。")
            self.fault(node, words, what=shown(node))

    def _compare(self, node: exp.Expr, names: Names) -> Read:
        left, right = self.read(node.this, names), self.read(node.expression, names)
        ordered = isinstance(node, exp.LT | exp.LTE | exp.GT | exp.GTE)
        self._alike(node, [left, right], ordered=ordered)
        if exp.Null in (type(node.this), type(node.expression)) and not isinstance(
            node, exp.NullSafeEQ | exp.NullSafeNEQ
        ):
            self.fault(node, msg("“%(what)s”永远不成立。"), msg("写成 IS NULL 或 IS NOT NULL。"), what=shown(node))
        made = type(node)(this=left.expr, expression=right.expr)
        return Read(made, TRUTH, left.loose or right.loose, left.aggregate or right.aggregate)

    def _in(self, node: exp.Expr, names: Names) -> Read:
        if not node.expressions:
            words = msg("“%(what)s”：IN 后面只能是写明的值。")
            return self.fault(node, words, msg("子查询请改写成 EXISTS。"), what=shown(node))
        reads = [self.read(each, names) for each in (node.this, *node.expressions)]
        self._alike(node, reads, ordered=False)
        for each in node.expressions:
            if not isinstance(each, exp.Literal | exp.Cast | exp.Neg):
                self.fault(each, msg("“%(what)s”：IN 里只能写明值。"), what=shown(each))
        made = exp.In(this=reads[0].expr, expressions=[read.expr for read in reads[1:]])
        return Read(made, TRUTH, any(read.loose for read in reads), any(read.aggregate for read in reads))

    def _between(self, node: exp.Expr, names: Names) -> Read:
        reads = [self.read(each, names) for each in (node.this, node.args["low"], node.args["high"])]
        self._alike(node, reads, ordered=True)
        made = exp.Between(this=reads[0].expr, low=reads[1].expr, high=reads[2].expr)
        return Read(made, TRUTH, any(read.loose for read in reads), any(read.aggregate for read in reads))

    def _is(self, node: exp.Expr, names: Names) -> Read:
        if not isinstance(node.expression, exp.Null):
            return self.fault(node, msg("“%(what)s”：IS 后面只能是 NULL。"), what=shown(node))
        read = self.read(node.this, names)
        return Read(exp.Is(this=read.expr, expression=exp.null()), TRUTH, read.loose, read.aggregate)

    # Choices

    def _case(self, node: exp.Expr, names: Names) -> Read:
        base = self.read(node.this, names) if node.this else None
        whens: list[Read] = []
        values: list[Read] = []
        made = exp.Case(this=base.expr if base else None)
        for branch in node.args["ifs"]:
            when = self.read(branch.this, names) if base else self.truth(branch.this, names)
            if base:
                self._alike(branch, [base, when], ordered=False)
            value = self.read(branch.args["true"], names)
            whens.append(when)
            values.append(value)
            made.append("ifs", exp.If(this=when.expr, true=value.expr))
        if node.args.get("default"):
            values.append(self.read(node.args["default"], names))
            made.set("default", values[-1].expr)
        self._alike(node, values, ordered=False)
        every = [*whens, *values, *([base] if base else [])]
        return _mixed(made, _common(values), every)

    def _coalesce(self, node: exp.Expr, names: Names) -> Read:
        reads = [self.read(each, names) for each in (node.this, *node.expressions)]
        self._alike(node, reads, ordered=False)
        made = exp.Coalesce(this=reads[0].expr, expressions=[read.expr for read in reads[1:]])
        read = _mixed(made, _common(reads), reads)
        is_zero = len(reads) == 2 and isinstance(reads[1].expr, exp.Literal) and reads[1].expr.name == "0"
        if reads[0].linear and not is_zero:
            self.fault(node, msg("“%(what)s”：没有记录时 SUM 和 COUNT 就是 0，不用 COALESCE。"), what=shown(node))
        return Read(made, read.of, read.loose, read.aggregate, linear=is_zero and reads[0].linear)

    def _nullif(self, node: exp.Expr, names: Names) -> Read:
        reads = [self.read(node.this, names), self.read(node.expression, names)]
        self._alike(node, reads, ordered=False)
        return _mixed(exp.Nullif(this=reads[0].expr, expression=reads[1].expr), _common(reads), reads)

    # Aggregates

    def _of_rows(self, node: exp.Expr, names: Names) -> Read:
        return self.row(self.read(node, names), node)

    def _count(self, node: exp.Expr, names: Names) -> Read:
        inner = node.this
        if isinstance(inner, exp.Star):
            return Read(exp.Count(this=exp.Star(), big_int=True), INTEGER, aggregate=True, linear=True)
        distinct = isinstance(inner, exp.Distinct)
        if distinct and (len(inner.expressions) != 1 or inner.args.get("on")):
            return self.fault(node, msg("“%(what)s”：COUNT(DISTINCT …) 里只能写一列。"), what=shown(node))
        if node.expressions or inner is None:
            return self.fault(node, msg("“%(what)s”：COUNT 里写 * 或一列。"), what=shown(node))
        target = inner.expressions[0] if distinct else inner
        read = self.expect(target, self._of_rows(target, names), INTEGER, TEXT, DATE)
        this = exp.Distinct(expressions=[read.expr]) if distinct else read.expr
        return Read(exp.Count(this=this, big_int=True), INTEGER, aggregate=True, linear=not distinct)

    def _aggregate(self, node: exp.Expr, names: Names) -> Read:
        if node.expressions or isinstance(node.this, exp.Distinct):
            return self.fault(node, msg("“%(what)s”：里面只能写一个整数式子，不能 DISTINCT。"), what=shown(node))
        read = self.expect(node.this, self._of_rows(node.this, names), INTEGER)
        made: exp.Expr = exp.cast(type(node)(this=_wide(read.expr)), exp.DType.BIGINT)
        if isinstance(node, exp.Sum):
            # A sum of nothing is 0 here: as NULL it would take what it is added to with it, and parts wouldn't add up.
            made = exp.Coalesce(this=made, expressions=[exp.Literal.number("0")])
        return Read(made, INTEGER, aggregate=True, linear=isinstance(node, exp.Sum))

    def _quantile(self, node: exp.Expr, names: Names) -> Read:
        share = node.expression
        if not isinstance(share, exp.Literal) or share.name not in QUANTILES:
            words = msg("“%(what)s”：分位只能写 %(known)s，别的分位各引擎取整不一。")
            return self.fault(node, words, what=shown(node), known="、".join(QUANTILES))
        read = self.expect(node.this, self._of_rows(node.this, names), INTEGER)
        made = exp.PercentileDisc(this=_wide(read.expr), expression=exp.Literal.number(share.name))
        return Read(made, INTEGER, aggregate=True)

    def _filter(self, node: exp.Expr, names: Names) -> Read:
        if not isinstance(node.this, exp.Count | exp.Sum | exp.Min | exp.Max | exp.PercentileDisc):
            return self.fault(node, msg("“%(what)s”：FILTER 只能跟在汇总函数后面。"), what=shown(node))
        read = self.read(node.this, names)
        inside = node.expression.this
        condition = self.row(self.truth(inside, names), inside)
        if condition.expr.find(exp.Exists):
            self.fault(inside, msg("“%(what)s”：EXISTS 只能写在 WHERE 里。"), what=shown(inside))
        return Read(_filtered(read.expr, condition.expr), INTEGER, aggregate=True, linear=read.linear)

    def _exists(self, node: exp.Expr, names: Names) -> Read:
        if self.exists is None or names.outer is not None:
            return self.fault(node, msg("“%(what)s”：EXISTS 里不能再套 EXISTS。"), what=shown(node))
        return self.exists(node, names)


def _filtered(aggregate: exp.Expr, condition: exp.Expr) -> exp.Expr:
    """FILTER inside the cast; of a quantile as a CASE within, since engines skip NULL alike but place FILTER differently."""
    if isinstance(aggregate, exp.PercentileDisc):
        value = exp.Case(ifs=[exp.If(this=condition, true=aggregate.this)])
        return exp.PercentileDisc(this=value, expression=aggregate.expression)
    if isinstance(aggregate, exp.Coalesce):
        return exp.Coalesce(this=_filtered(aggregate.this, condition), expressions=aggregate.expressions)
    if isinstance(aggregate, exp.Cast):
        return exp.cast(_filtered(aggregate.this, condition), exp.DType.BIGINT)
    return exp.Filter(this=aggregate, expression=exp.Where(this=condition))


def _wide(expr: exp.Expr) -> exp.Expr:
    """As 64 bits wherever it comes from: engines differ in the width of a column and of a written number."""
    if isinstance(expr, exp.Cast) and expr.args["to"].this == exp.DType.BIGINT:
        return expr
    return exp.cast(expr, exp.DType.BIGINT)


def _is_number(expr: exp.Expr) -> bool:
    return isinstance(expr.this if isinstance(expr, exp.Neg | exp.Paren) else expr, exp.Literal)


def _common(reads: list[Read]) -> str:
    return next((read.of for read in reads if read.of != ANY), ANY)


def _mixed(expr: exp.Expr, of: str, reads: list[Read]) -> Read:
    return Read(expr, of, any(read.loose for read in reads), any(read.aggregate for read in reads))


_PLAIN = frozenset({"this", "expression", "expressions"})
_ARGS: Mapping[type[exp.Expr], frozenset[str]] = {
    exp.Column: _PLAIN | {"table", "db"},
    exp.Literal: _PLAIN | {"is_string"},
    exp.Between: _PLAIN | {"low", "high"},
    exp.Case: _PLAIN | {"ifs", "default"},
    exp.Count: _PLAIN | {"big_int"},
    exp.Cast: _PLAIN | {"to"},
    exp.In: _PLAIN | {"query"},
}


def _strange_args(node: exp.Expr) -> str:
    """A part of a node that isn't one of those that are read; empty where there is none."""
    known = _ARGS.get(type(node), _PLAIN)
    return next(_said_args(node, known), "")


def _said_args(node: exp.Expr, known: frozenset[str]) -> Iterator[str]:
    return (name for name, value in node.args.items() if name not in known and value not in (None, False, []))
