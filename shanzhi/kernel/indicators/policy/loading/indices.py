"""One index of a catalogue file: its classes, their parts, its colours."""

from decimal import Decimal
from enum import StrEnum

from shanzhi.core.text import msg
from shanzhi.kernel.indicators.policy.definitions import Grade, Index, IndexClass, Length, Normalise, Part
from shanzhi.kernel.indicators.policy.loading.rows import Row

NOUGHT, HUNDRED = Decimal(0), Decimal(100)


class Color(StrEnum):
    """Colours that the interface has for grades."""

    GREEN = "green"
    BLUE = "blue"
    YELLOW = "yellow"
    ORANGE = "orange"
    RED = "red"


def read_index(row: Row) -> Index:
    """The index of a table; what is wrong with it is in the row's report."""
    share = row.number("minimum_share")
    made = Index(
        code=row.code("code"),
        name=row.text("name"),
        version=row.whole("version", least=1),
        holds_from=row.month("holds_from") or 0,
        period=row.word("period", Length),
        text=row.text("text", required=False),
        classes=tuple(_class(each) for each in row.rows("class")),
        grades=tuple(_grade(each) for each in row.rows("grades")),
        minimum_share=HUNDRED if share is None else share,
    )
    row.finish()
    _check_grades(row, made)
    if not 0 < made.minimum_share <= HUNDRED:
        row.fault("minimum_share", msg("minimum_share 是 0 到 100 之间的百分数。"))
    if made.holds_from and (made.holds_from % 100 - 1) % made.period.months:
        row.fault("holds_from", msg("按季、按年的指数，新版本要从一季、一年的头一个月起用。"))
    check_sum(row, "class", [each.weight for each in made.classes], msg("各分类的权重加起来是 %(sum)s，不是 100。"))
    return made


def check_sum(row: Row, key: str, weights: list[Decimal], message: str) -> None:
    """Weights that don't add up to 100 are a fault, in exact decimals."""
    if weights and sum(weights) != HUNDRED:
        row.fault(key, message, msg("调整到正好 100。"), sum=sum(weights))


def _class(row: Row) -> IndexClass:
    made = IndexClass(
        row.code("code"),
        row.text("name"),
        _weight(row),
        tuple(_part(each) for each in row.rows("part", code="indicator")),
    )
    row.finish()
    check_sum(row, "part", [each.weight for each in made.parts], msg("分类里各指标的权重加起来是 %(sum)s，不是 100。"))
    return made


def _weight(row: Row) -> Decimal:
    found = row.number("weight", required=True)
    if found is not None and found <= 0:
        row.fault("weight", msg("权重要大于 0。"))
    return found or NOUGHT


def _part(row: Row) -> Part:
    normalise = row.word("normalise", Normalise)
    by_range = normalise is Normalise.RANGE
    made = Part(
        indicator=row.code("indicator"),
        weight=_weight(row),
        normalise=normalise,
        zero=row.number("zero", required=True) if by_range else None,
        full=row.number("full", required=True) if by_range else None,
    )
    row.finish()
    if made.zero is not None and made.zero == made.full:
        row.fault("full", msg("zero 和 full 不能相同。"))
    return made


def _grade(row: Row) -> Grade:
    at_least = row.number("at_least", required=True)
    made = Grade(
        row.code("code"), row.text("name"), row.word("color", Color).value, NOUGHT if at_least is None else at_least
    )
    row.finish()
    return made


def _check_grades(row: Row, made: Index) -> None:
    marks = [grade.at_least for grade in made.grades]
    if not marks:
        return
    if len(marks) not in (3, 4):
        row.fault("grades", msg("等次是三色或四色，这里有 %(count)s 个。"), count=len(marks))
    if marks != sorted(set(marks), reverse=True) or marks[-1] != 0 or marks[0] > HUNDRED:
        row.fault("grades", msg("等次从最好写到最差，下限依次降低，最后一个从 0 起。"))
    for name, values in (
        ("code", [grade.code for grade in made.grades]),
        ("color", [grade.color for grade in made.grades]),
    ):
        if len(set(values)) < len(values):
            row.fault("grades", msg("等次的 %(name)s 有重复。"), name=name)
