"""What one record adds to a figure: the row's own part of a formula's numerator or denominator.

A count becomes 1 or 0, a sum its summand, with FILTER as a condition. Of sums and differences of these the parts add up to
the figure. Of medians, extremes and distinct counts a record has its own value, or 1 where it is counted among.
"""

from sqlglot import exp


def contribution(expr: exp.Expr) -> exp.Expr:
    """The row's part of an aggregate expression of a sound formula."""
    if isinstance(expr, exp.Filter):
        return _where(expr.expression.this, contribution(expr.this))
    if isinstance(expr, exp.Cast | exp.Paren):
        return exp.paren(contribution(expr.this))
    if isinstance(expr, exp.Coalesce):
        return contribution(expr.this)
    if isinstance(expr, exp.Neg):
        return exp.Neg(this=exp.paren(contribution(expr.this)))
    if isinstance(expr, exp.Add | exp.Sub | exp.Mul):
        sides = (exp.paren(contribution(side)) for side in (expr.this, expr.expression))
        return type(expr)(this=next(sides), expression=next(sides))
    if isinstance(expr, exp.Count):
        return _counted(expr)
    if isinstance(expr, exp.Sum | exp.Min | exp.Max | exp.PercentileDisc):
        return exp.Coalesce(this=expr.this.copy(), expressions=[exp.Literal.number("0")])
    return expr.copy()


def _counted(expr: exp.Count) -> exp.Expr:
    if isinstance(expr.this, exp.Star):
        return exp.Literal.number("1")
    counted = expr.this.expressions[0] if isinstance(expr.this, exp.Distinct) else expr.this
    return _where(exp.Not(this=exp.paren(exp.Is(this=counted.copy(), expression=exp.null()))), exp.Literal.number("1"))


def _where(condition: exp.Expr, value: exp.Expr) -> exp.Case:
    return exp.Case(ifs=[exp.If(this=condition.copy(), true=value)], default=exp.Literal.number("0"))
