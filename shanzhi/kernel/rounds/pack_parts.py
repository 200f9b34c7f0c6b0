"""What a round adds to a pack, checked where there is no database: the self-scores by the guideline's rules, draws made again.

A city's scores are its own word until somebody does the sum: here points have to follow from the figure beside them, and a
figure that isn't the one of the pack's own records is named.
"""

from collections.abc import Iterable, Iterator

from shanzhi.core.text import msg
from shanzhi.kernel.draws.policy.drawfile import read_draw
from shanzhi.kernel.draws.policy.redo import redo
from shanzhi.kernel.indicators.policy.definitions import Indicator
from shanzhi.kernel.indicators.policy.scoring import score
from shanzhi.kernel.indicators.policy.values import MISSING, Numbers, State, value_of
from shanzhi.kernel.packs.policy.faults import OpenPoint
from shanzhi.kernel.packs.policy.letter_box import spellings
from shanzhi.kernel.packs.queries import kept
from shanzhi.kernel.packs.queries.checking import Checks
from shanzhi.kernel.packs.queries.checking.opened import Opened
from shanzhi.kernel.rounds.policy.handed_in import MEMBER, HandedIn, SelfScore, read_scores
from shanzhi.kernel.rounds.policy.items import item_period, round_period
from shanzhi.kernel.rounds.policy.words import AnotherCitys, RoundUnreadable

DRAWS = "draws/"
Said = Iterable[str | OpenPoint]


def checks() -> Checks:
    """The checks of a round's parts, by member."""
    return {MEMBER: check_scores, DRAWS: check_draw}


def check_scores(name: str, data: bytes, opened: Opened) -> Said:
    """Of `scores.json`: whose it is, that nothing is missing or too much, points by the guideline's rule, figures as recorded.

    Raises:
        RoundUnreadable, AnotherCitys: it can't be read, or is another round's or city's.
    """
    told, book = opened.told, opened.catalogue
    if told is None or book is None:
        raise RoundUnreadable(msg("没有可读的指南和 round.json，自评没有核对。"))
    items = {item.key: item for item in book.in_month(told.last)}
    handed = read_scores(data, items.values())
    if handed.round != told.round or handed.city not in spellings(told.city):
        raise AnotherCitys(msg("自评写的城市或轮次和 round.json 不一致。请核对文件是不是发错了。"))
    found: list[str | OpenPoint] = []
    for one in handed.scores:
        found += _points(items[one.key], one)
    return [*found, *_figures(items, handed, opened)]


def _points(item: Indicator, one: SelfScore) -> Iterator[str]:
    """Does the score follow from the figure beside it?"""
    has_none = one.value == State.MISSING.value or one.denominator is None
    value = MISSING if has_none else value_of(item, Numbers(one.numerator, one.denominator or 0))
    should = score(item, value).points
    if value.state.value != one.value or should != one.points:
        sentence = msg("“%(item)s”的自评是 %(points)s 分（%(figure)s），按指南的规则应当是 %(should)s 分。")
        yield sentence % {
            "item": item.name,
            "points": _told(one.points),
            "figure": "—" if has_none else f"{one.numerator} / {one.denominator}",
            "should": _told(should),
        }


def _told(points: object) -> str:
    return "—" if points is None else str(points)


def _figures(items: dict[str, Indicator], handed: HandedIn, opened: Opened) -> Iterator[OpenPoint]:
    """The locked figures that aren't those of the pack's records: records may have come late, so it is named and no fault."""
    told = opened.told
    if told is None or not opened.has(*kept.FIGURES):
        return
    period = round_period(told.first, told.last)
    counted = kept.city_figures(opened, period)
    for one in handed.scores:
        item = items[one.key]
        if one.denominator is None or item_period(item, period).first < told.first:
            continue  # A quarter or year that was over before: its figures aren't in the pack.
        was, now = (one.numerator or 0, one.denominator), counted.get(one.key, (0, 0))
        if was != (now[0] or 0, now[1]):
            words = msg("scores.json：“%(item)s”锁定的是 %(was)s，按包内的记录是 %(now)s。以记录为准，请对方说明。")
            said = {"item": item.name, "was": f"{was[0]} / {was[1]}", "now": f"{now[0] or 0} / {now[1]}"}
            yield OpenPoint(words, {**said, "member": MEMBER, "indicator": one.key})


def check_draw(name: str, data: bytes, opened: Opened) -> Said:
    """Of a draw's file: what comes out when it is done again.

    Raises:
        BadDrawFile: it is none.
    """
    redone = redo(read_draw(data))
    number = redone.announcement.number if redone.announcement is not None else 0
    found: list[str | OpenPoint] = [str(fault) for fault in redone.faults]
    if name != f"{DRAWS}{number}.json":
        found.append(msg("文件名和里面的抽取编号（%(number)s）不一致。") % {"number": number})
    return [*found, *(OpenPoint(one.text, one.params) for one in redone.open)]
