"""Who may not assess a city: ties of the last three years, and who checks doesn't score. Pure.

A tie is a region in which somebody worked: declared by themselves, or a post of this installation that they held. Nobody can
list ties: they are read for one city when somebody is named or acts, and by whoever declared them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from shanzhi.core.errors import InputError, NotAllowed
from shanzhi.core.text import msg

YEARS = 3
"""So long a tie binds after it has ended."""


class Tied(NotAllowed):
    """Whoever acts, or is named, has a tie to the city."""

    code = "round-tied"


class BadTie(InputError):
    """A tie that can't be declared so."""

    code = "round-tie"


class CheckedIt(NotAllowed):
    """Who checked an item doesn't score it, and the other way round."""

    code = "round-checked-it"


@dataclass(frozen=True, slots=True)
class Tie:
    """A region in which somebody worked; `until_on` is the first day without, None where they still do."""

    region_code: str
    until_on: date | None = None


def binds_until(until_on: date) -> date:
    """The first day on which a tie that ended on `until_on` binds no more; a 29 February becomes the 28th."""
    try:
        return until_on.replace(year=until_on.year + YEARS)
    except ValueError:
        return date(until_on.year + YEARS, 2, 28)


def binds(tie: Tie, city_code: str, on: date) -> bool:
    """Does it bar from assessing a city on a day? A tie to the city or to anything below it does; one to the province, which
    is every assessor's own, doesn't."""
    within = tie.region_code.startswith(city_code)
    return within and (tie.until_on is None or on < binds_until(tie.until_on))


def binding(ties: Iterable[Tie], city_code: str, on: date) -> Tie | None:
    """The tie that binds longest, if any does."""
    found = [tie for tie in ties if binds(tie, city_code, on)]
    return max(found, key=lambda tie: tie.until_on or date.max, default=None)


def check_untied(is_tied: bool, city: str, *, oneself: bool = True) -> None:
    """May somebody assess a city?

    Raises:
        Tied: in words to themselves, or to who would name them; which region it is stays unsaid to others.
    """
    if not is_tied:
        return
    if oneself:
        raise Tied(
            msg("您三年内在%(city)s或者其区县工作过，不能参与它的验收。请组织员换一位验收员；已评的分由别人重评。"),
            city=city,
        )
    raise Tied(msg("这个岗位现在的人与%(city)s有三年内的任职关系，不能验收它。请另选一个岗位。"), city=city)


def check_not_checker(has_checked: bool, item: str) -> None:
    """May somebody score an item?

    Raises:
        CheckedIt: they checked it on site.
    """
    if has_checked:
        raise CheckedIt(msg("“%(item)s”由您现场核查过，核查的人不评同一项的分。请由别的验收员评分。"), item=item)


def check_not_scorer(has_scored: bool, item: str) -> None:
    """May somebody check an item on site?

    Raises:
        CheckedIt: they scored it.
    """
    if has_scored:
        raise CheckedIt(msg("“%(item)s”由您评过分，评分的人不核查同一项。请由别的验收员核查。"), item=item)
