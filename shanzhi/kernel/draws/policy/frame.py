"""The frame: the list of what may be drawn, in one canonical form whose SHA-256 the announcement names.

One line for each, UTF-8, ended by a line feed, its parts divided by tabs: stratum, id, weight, label. Lines are in the order
of their bytes by stratum, then id; in what order a list was handed in therefore counts for nothing. A list that is kept back
for a while has a first line `#` and 64 random hexadecimal digits, so that nobody who guesses the list finds it by its hash.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from shanzhi.core.errors import InputError
from shanzhi.core.text import msg

ITEMS_MOST = 1_000_000
CODE_MOST, LABEL_MOST = 100, 200
WEIGHT_MOST = 10**12
SALTED, SALT_DIGITS = "#", 64


class BadFrame(InputError):
    """The list of what may be drawn can't be drawn from; says where."""

    code = "bad-frame"


@dataclass(frozen=True, slots=True)
class Item:
    """Something that may be drawn: its id (once in a frame), its stratum's code, a whole weight of at least 1, a label."""

    id: str
    stratum: str = ""
    weight: int = 1
    label: str = ""

    def line(self) -> str:
        """Its line, with the line feed."""
        return f"{self.stratum}\t{self.id}\t{self.weight}\t{self.label}\n"


def is_plain(text: str, most: int) -> bool:
    """Can it stand in a line: at most so long, no tab, no line end, no other control character, no half letter?"""
    return len(text) <= most and all(letter >= " " and not "\ud800" <= letter <= "\udfff" for letter in text)


def ordered(items: Iterable[Item]) -> tuple[Item, ...]:
    """The items in the frame's order."""
    return tuple(sorted(items, key=lambda item: (item.stratum.encode(), item.id.encode())))


def frame_text(items: Iterable[Item], salt: str = "") -> str:
    """The canonical text of a list; `salt` are 64 hexadecimal digits for one that is kept back.

    Raises:
        BadFrame: it is empty or too long, names something twice, or a part can't stand in a line.
    """
    listed = list(items)
    for item in listed:
        check_item(item)
    check_once(listed)
    return (f"{SALTED}{salt}\n" if salt else "") + "".join(item.line() for item in ordered(listed))


def salt_of(text: str) -> str:
    """The salt of a frame's text; empty where it has none."""
    first = text.partition("\n")[0]
    return first[1:] if first.startswith(SALTED) and len(first) == 1 + SALT_DIGITS else ""


def frame_sha256(text: str) -> str:
    """The hash of a frame's text in hexadecimal."""
    return sha256(text.encode()).hexdigest()


def check_item(item: Item) -> None:
    """Raises BadFrame where a part can't stand in a line, or the weight isn't a whole number from 1 on."""
    is_written = item.id and is_plain(item.id, CODE_MOST) and is_plain(item.stratum, CODE_MOST)
    if not is_written or item.stratum.startswith(SALTED):
        raise BadFrame(
            msg("名单里“%(id)s”的编号或分层写不进去：不超过 100 个字，不含制表符和换行，分层不以 # 开头。"),
            id=item.id[:40],
        )
    if not is_plain(item.label, LABEL_MOST):
        raise BadFrame(msg("名单里“%(id)s”的名称不超过 200 个字，不含制表符和换行。"), id=item.id)
    if not 1 <= item.weight <= WEIGHT_MOST:
        raise BadFrame(
            msg("名单里“%(id)s”的权重是 %(weight)d。权重是从 1 起的整数；不参加抽取的，请不要列入。"),
            id=item.id, weight=item.weight,
        )  # fmt: skip


def check_once(items: Iterable[Item]) -> None:
    """Raises BadFrame where there is nothing, too much, or something twice."""
    seen: set[str] = set()
    for item in items:
        if item.id in seen:
            raise BadFrame(msg("名单里“%(id)s”列了两次。每一个只能列一次。"), id=item.id)
        seen.add(item.id)
    if not seen:
        raise BadFrame(msg("名单是空的，没有可抽的。"))
    if len(seen) > ITEMS_MOST:
        raise BadFrame(msg("名单超过 100 万行。请分开抽取。"))


def read_frame(text: str) -> tuple[Item, ...]:
    """The items of a frame's text, in its order; whether it is canonical is for the reader to compare.

    Raises:
        BadFrame: a line can't be read, or as `check_item` and `check_once`.
    """
    if text and not text.endswith("\n"):
        raise BadFrame(msg("名单的最后一行不完整。"))
    lines = list(enumerate(text.split("\n")[:-1], start=1))
    items = tuple(_item(number, line) for number, line in (lines[1:] if salt_of(text) else lines))
    for item in items:
        check_item(item)
    check_once(items)
    return items


def _item(number: int, line: str) -> Item:
    parts = line.split("\t")
    try:
        stratum, id_, weight, label = parts
        return Item(id_, stratum, int(weight) if len(weight) <= 20 else 0, label)
    except ValueError as error:
        raise BadFrame(msg("名单第 %(line)d 行读不懂，应是“分层、编号、权重、名称”四栏。"), line=number) from error
