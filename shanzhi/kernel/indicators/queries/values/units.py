"""A unit's figures beside those of its kind, out of the cube by unit."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from shanzhi.core.text import msg
from shanzhi.kernel.facts.queries.cubes import cube_units
from shanzhi.kernel.indicators.policy.fairness import Compared, compared
from shanzhi.kernel.indicators.policy.periods import Period
from shanzhi.kernel.indicators.policy.places import NoSuchUnit
from shanzhi.kernel.indicators.policy.values import State, Value, rounded
from shanzhi.kernel.indicators.queries.values.excluded import unit_share
from shanzhi.kernel.indicators.queries.values.reading import place_of
from shanzhi.kernel.indicators.queries.values.shapes import Place, UnitLine, UnitSheet
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.policy import UNIT_KIND_NAMES
from shanzhi.kernel.organisation.queries import one_tree

MINIMUM = 10
"""Fewest cases from which a unit's share is shown and judged."""
PEERS_MOST = 2000


@dataclass(frozen=True, slots=True)
class UnitFigure:
    """A share of the unit's cases: what is counted among what, both measures of the cube by unit."""

    code: str
    name: str
    says: str
    top: str
    bottom: tuple[str, ...]


FIGURES = (
    UnitFigure(
        "taken",
        msg("签收率"),
        msg("当期签收的与当期派给本单位的件次之比；上期派来、当期签收的也算，所以可以超过 100%"),
        "taken",
        ("given",),
    ),
    UnitFigure("done", msg("办结率"), msg("当期办结与退回之中，办结的占比"), "done", ("done", "given_back")),
    UnitFigure(
        "given_back",
        msg("退单率"),
        msg("当期退回的与当期派给本单位的件次之比；上期派来、当期退回的也算"),
        "given_back",
        ("given",),
    ),
    UnitFigure("kept", msg("按期率"), msg("当期到期的时限，按期完成的占比"), "kept", ("due",)),
    UnitFigure("solved", msg("解决率"), msg("当期评价的，反映人认为已解决的占比"), "solved", ("rated",)),
    UnitFigure("pleased", msg("满意率"), msg("当期评分的，评 4 分或 5 分的占比"), "pleased", ("scored",)),
)
_MEASURES = tuple(dict.fromkeys(name for one in FIGURES for name in (one.top, *one.bottom)))
_Counts = Mapping[str, int]


def unit_sheet(unit_id: int, period: Period) -> UnitSheet:
    """A unit's figures among those of its kind at its level; 5 statements and the tree.

    Raises:
        NoSuchUnit: no such unit in the period.
    """
    on = period.ends_on
    with one_tree(is_read=True):
        unit = organisation.unit_by_id(unit_id, on)
        if unit is None:
            raise NoSuchUnit(msg("那时没有这个单位。请核对单位和期间。"))
        peers = _peers(unit, on)
        now = _counts([one.id for one in peers], period)
        before = _counts([unit_id], period.before()).get(unit_id, {})
        region = organisation.region_by_id(unit.region_id, on)
        place = place_of(region) if region else Place(unit.region_id, unit.region_code, unit.region_code, unit.level)
        return UnitSheet(
            unit_id,
            unit.name,
            UNIT_KIND_NAMES[unit.kind],
            place,
            period,
            tuple(_line(one, unit_id, now, before) for one in FIGURES),
            unit_share(unit_id, period),
            sum(1 for counts in now.values() if any(counts.values())),
        )


def _peers(unit: organisation.UnitRow, on: date) -> list[organisation.UnitRow]:
    everywhere = organisation.top_regions(on)[0].ranges
    found = organisation.units_within(everywhere, on, kinds=(unit.kind,), levels=(unit.level,), limit=PEERS_MOST)
    return found if any(one.id == unit.id for one in found) else [*found, unit]


def _counts(units: list[int], period: Period) -> dict[int, dict[str, int]]:
    made: dict[int, dict[str, int]] = {}
    for row in cube_units(units, since=period.first, until=period.last, measures=_MEASURES):
        sums = made.setdefault(row.of, dict.fromkeys(_MEASURES, 0))
        for name, count in row.counts.items():
            sums[name] += count
    return made


def _line(figure: UnitFigure, unit_id: int, now: Mapping[int, _Counts], before: _Counts) -> UnitLine:
    pairs = {unit: _pair(figure, counts) for unit, counts in now.items()}
    pairs.setdefault(unit_id, (0, 0))
    whole = tuple(sum(pair[side] for pair in pairs.values()) for side in (0, 1))
    verdicts: dict[int, Compared] = {}
    if all(0 <= top <= bottom for top, bottom in pairs.values()):
        verdicts = {one.region_id: one for one in compared(pairs, MINIMUM)}
    return UnitLine(
        figure.code,
        figure.name,
        figure.says,
        _value(*pairs[unit_id]),
        _value(*_pair(figure, before)),
        _value(whole[0], whole[1]),
        verdicts.get(unit_id),
    )


def _pair(figure: UnitFigure, counts: _Counts) -> tuple[int, int]:
    return counts.get(figure.top, 0), sum(counts.get(name, 0) for name in figure.bottom)


def _value(top: int, bottom: int) -> Value:
    """A share in per cent, by the same words as an indicator's."""
    if not bottom:
        return Value(State.NOT_APPLICABLE, top, bottom)
    if bottom < MINIMUM:
        return Value(State.TOO_FEW, top, bottom)
    exact = Fraction(100 * top, bottom)
    return Value(State.VALUE, top, bottom, exact, rounded(exact, 1))
