"""May a matter be split into parts (拆分), and is what was filled in for the parts whole? Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from shanzhi.core.errors import Conflict
from shanzhi.core.text import clean_text, msg
from shanzhi.kernel.matters.policy.process import FieldsWrong

FEWEST = 2
MARK = "-"


class PartsMoved(Conflict):
    """A part was worked on already, or went back into its whole."""

    code = "parts-moved"


@dataclass(frozen=True, slots=True)
class NewPart:
    """One of the problems that a matter holds: what it is about, its category, the code of its region (empty: the whole's)."""

    about: str
    category: str
    region: str = ""


def part_number(whole: str, place: int) -> str:
    """The number of a whole's part, from 1: "20251118-000042-1"."""
    return f"{whole}{MARK}{place}"


def whole_of(number: str) -> str:
    """The number of the whole to which a part's number belongs; empty for a matter that is no part."""
    whole, _, place = number.rpartition(MARK)
    return whole if MARK in whole and place else ""


def check_parts(rows: object, code: str, most: int) -> tuple[NewPart, ...]:
    """The parts as they were filled in, each with its words and its category.

    Raises:
        FieldsWrong: fewer than two, too many, or one that isn't whole; `code` is the field.
    """
    parts = _read(rows)
    if len(parts) < FEWEST:
        raise FieldsWrong(msg("拆分至少要有两部分；只有一个问题的，直接派单。"), fields={code: msg("请至少写两部分。")})
    if len(parts) > most:
        raise FieldsWrong(msg("最多拆成%(most)s部分。"), fields={code: msg("太多了。")}, most=most)
    for place, part in enumerate(parts, 1):
        missing = msg("问题") if not part.about else msg("分类") if not part.category else ""
        if missing:
            raise FieldsWrong(
                msg("第%(place)s部分没有填%(what)s。每一部分都要写明问题和分类。"),
                fields={code: msg("每一部分都要写明问题和分类。")},
                place=place,
                what=(missing,),
            )
    return parts


def _read(rows: object) -> tuple[NewPart, ...]:
    listed: Sequence[object] = rows if isinstance(rows, list | tuple) else ()
    found = []
    for row in listed:
        given = row if isinstance(row, dict) else {}
        about, category, region = (clean_text(str(given.get(key) or "")) for key in ("about", "category", "region"))
        if about or category or region:
            found.append(NewPart(about, category, region))
    return tuple(found)
