"""The queries made around a formula, and their text for each engine.

Each is one tree for all engines; `render` writes it in an engine's words. Two small tables stand beside the facts:
`shanzhi_scope (region_id, ancestor_id)`: which regions' records count where, and `shanzhi_period (month, period)`.
"""

from enum import StrEnum

from sqlglot import exp

from shanzhi.kernel.indicators.policy.contributions import contribution
from shanzhi.kernel.indicators.policy.subset import Formula

SCOPE, PERIOD = "shanzhi_scope", "shanzhi_period"


class EngineName(StrEnum):
    """Where a formula runs."""

    DUCKDB = "duckdb"
    POSTGRES = "postgres"
    SPARK = "spark"


def monthly(formula: Formula, first: int, last: int) -> exp.Select:
    """The formula itself over the months from `first` to `last` (both included): region_id, month, numerator, denominator."""
    made = _from(formula, formula.where, exp.Between(this=formula.month, low=_number(first), high=_number(last)))
    made = made.select(
        exp.alias_(formula.community, "region_id"),
        exp.alias_(formula.month, "month"),
        exp.alias_(_big(formula.numerator), "numerator"),
        exp.alias_(_big(formula.denominator), "denominator"),
        copy=False,
    )
    return made.group_by(formula.community, formula.month, copy=False)


def rolled(formula: Formula, first: int, last: int) -> exp.Select:
    """Region of the scope, period, numerator, denominator: added up where the formula's integers can be, else computed anew
    from the records. A sum over nothing is 0; any other figure of nothing stays NULL."""
    return _added(formula, first, last) if formula.additive else _anew(formula, first, last)


def _added(formula: Formula, first: int, last: int) -> exp.Select:
    inner = monthly(formula, first, last).subquery("shanzhi_monthly", copy=False)
    made = exp.select().from_(inner, copy=False)
    made = _scoped(made, exp.column("region_id", "shanzhi_monthly"), exp.column("month", "shanzhi_monthly"))
    sums = (exp.Coalesce(this=exp.Sum(this=exp.column(each, "shanzhi_monthly")), expressions=[_number(0)])
            for each in ("numerator", "denominator"))  # fmt: skip
    return _out(made, *sums)


def _anew(formula: Formula, first: int, last: int) -> exp.Select:
    made = _from(formula, formula.where, exp.Between(this=formula.month, low=_number(first), high=_number(last)))
    made = _scoped(made, formula.community, formula.month)
    return _out(made, formula.numerator, formula.denominator)


def records(formula: Formula, first: int, last: int, *, limit: int) -> exp.Select:
    """The records behind a figure: matter_id, what the record adds to the numerator and to the denominator; by matter.

    The scope has the regions of the one figure. Where the formula is additive, the columns add up to its integers.

    Raises:
        KeyError: no table of the formula has a matter.
    """
    if formula.matter is None:
        raise KeyError("matter_id")
    within = exp.Between(this=formula.month, low=_number(first), high=_number(last))
    made = _scoped(_from(formula, formula.where, within), formula.community, formula.month)
    top, bottom = contribution(formula.numerator), contribution(formula.denominator)
    counts = exp.Or(this=_not_nought(top), expression=_not_nought(bottom))
    made = made.where(exp.paren(counts), copy=False).select(
        exp.alias_(formula.matter, "matter_id"),
        exp.alias_(_big(top), "numerator"),
        exp.alias_(_big(bottom), "denominator"),
        copy=False,
    )
    return made.order_by(formula.matter, copy=False).limit(limit, copy=False)


def render(select: exp.Select, engine: EngineName) -> str:
    """The text of a query for an engine, every name quoted."""
    if engine is EngineName.SPARK:
        return select.transform(_ordered_percentile).sql(engine.value, identify=True)
    return select.sql(engine.value, identify=True)


def _ordered_percentile(node: exp.Expr) -> exp.Expr:
    """PERCENTILE_DISC(q) WITHIN GROUP (ORDER BY x): the one form that is exact on Spark. As a name that the translator doesn't
    know: of what it knows it makes PERCENTILE_APPROX, which is off by some ranks as soon as there are more than 10,000."""
    if not isinstance(node, exp.PercentileDisc) or isinstance(node.parent, exp.WithinGroup):
        return node
    order = exp.Order(expressions=[exp.Ordered(this=node.this.copy(), nulls_first=True)])
    return exp.WithinGroup(
        this=exp.Anonymous(this="PERCENTILE_DISC", expressions=[node.expression.copy()]), expression=order
    )


def _from(formula: Formula, *conditions: exp.Expr | None) -> exp.Select:
    made = exp.Select().from_(formula.source.this, copy=True)
    for join in formula.joins:
        made.append("joins", join.copy())
    for condition in conditions:
        if condition is not None:
            made = made.where(condition, copy=False)
    return made


def _scoped(select: exp.Select, community: exp.Expr, month: exp.Expr) -> exp.Select:
    for table, column, on in ((SCOPE, "region_id", community), (PERIOD, "month", month)):
        tie = exp.EQ(this=exp.column(column, table), expression=on.copy())
        select.append("joins", exp.Join(this=exp.to_table(table), on=tie))
    return select


def _out(select: exp.Select, numerator: exp.Expr, denominator: exp.Expr) -> exp.Select:
    region, period = exp.column("ancestor_id", SCOPE), exp.column("period", PERIOD)
    made = select.select(
        exp.alias_(region, "region_id"),
        exp.alias_(period, "period"),
        exp.alias_(_big(numerator), "numerator"),
        exp.alias_(_big(denominator), "denominator"),
        copy=False,
    )
    return made.group_by(region.copy(), period.copy(), copy=False)


def _number(value: int) -> exp.Expr:
    return exp.Literal.number(str(value))


def _big(expr: exp.Expr) -> exp.Cast:
    return exp.cast(expr.copy(), exp.DType.BIGINT)


def _not_nought(expr: exp.Expr) -> exp.Expr:
    return exp.NEQ(this=exp.paren(expr.copy()), expression=_number(0))
