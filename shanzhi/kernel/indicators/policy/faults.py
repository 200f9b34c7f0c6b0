"""What is wrong with a formula, and where in it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from sqlglot import exp

from shanzhi.core.text import msg
from shanzhi.kernel.matters.policy.process.problem import did_you_mean


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that a formula may not say. `line` and `column` count from 1 within the formula; `message` and `mend` are
    message ids, filled from `params`."""

    line: int
    column: int
    message: str
    mend: str = ""
    params: dict[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        said = self.message % self.params
        return f"第 {self.line} 行第 {self.column} 列：{said}" + (f" {self.mend % self.params}" if self.mend else "")


class Places:
    """Finds the line and column of what was parsed."""

    def __init__(self, text: str) -> None:
        self.text = text

    def of(self, node: exp.Expr) -> tuple[int, int]:
        """Where a node begins: its own first word, or that of the closest thing around it that has one."""
        around: exp.Expr | None = node
        while around is not None:
            starts = [each.meta["start"] for each in around.walk() if "start" in each.meta]
            if starts:
                return self.at(min(starts))
            around = around.parent
        return 1, 1

    def at(self, start: int) -> tuple[int, int]:
        """Line and column of a character, from 1."""
        before = self.text[:start]
        return before.count("\n") + 1, start - (before.rfind("\n") + 1) + 1


def unknown(place: tuple[int, int], message: str, word: str, known: Collection[str]) -> Fault:
    """A word that isn't among the known ones, with the nearest of them."""
    mend, params = did_you_mean(word, known)
    return Fault(*place, message, mend, {"word": word, **params})


def shown(node: exp.Expr) -> str:
    """A piece of a formula as it stands in a sentence."""
    text = " ".join(node.sql("duckdb").split())
    return text if len(text) <= 60 else text[:57] + "…"


TIME_REFUSED = msg("时刻在各引擎里算法不一，公式里不能用；请用它的日期、月份或秒数列。")

REFUSED: Mapping[type[exp.Expr], str] = {
    exp.Div: msg("除法各引擎结果不一；分子、分母分两列写，比值由系统精确计算。"),
    exp.IntDiv: msg("除法各引擎结果不一；分子、分母分两列写，比值由系统精确计算。"),
    exp.Mod: msg("取余各引擎结果不一。"),
    exp.Window: msg("公式里不能用窗口函数。"),
    exp.Subquery: msg("子查询只能写成 [NOT] EXISTS (SELECT 1 FROM … WHERE …)。"),
    exp.Select: msg("子查询只能写成 [NOT] EXISTS (SELECT 1 FROM … WHERE …)。"),
    exp.Like: msg("文字只能比是否相同。"),
    exp.ILike: msg("文字只能比是否相同。"),
    exp.RegexpLike: msg("文字只能比是否相同。"),
    exp.Boolean: msg("写成条件，或用 1 和 0。"),
    exp.Placeholder: msg("公式里不能留空位。"),
    exp.Parameter: msg("公式里不能留空位。"),
    exp.Star: msg("* 只能写在 COUNT(*) 里。"),
    exp.TryCast: msg("公式里不能转换类型。"),
    exp.CurrentDate: msg("公式不能看今天是哪一天；期间由系统给定。"),
    exp.CurrentTimestamp: msg("公式不能看现在是什么时刻；期间由系统给定。"),
}
"""Why some things are refused; the rest is refused without a reason of its own."""
