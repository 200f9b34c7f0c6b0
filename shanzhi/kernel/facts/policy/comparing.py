"""What is wrong with facts: each row that isn't what its entries make it, column by column, in a sentence."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from shanzhi.core.text import msg
from shanzhi.kernel.facts.policy.months import month_text
from shanzhi.kernel.facts.policy.rows import Row, Value, plain
from shanzhi.kernel.facts.policy.tables import Shape

_COLUMN = msg("%(table)s 里事项 %(number)s 的第 %(row)s 行：%(column)s 现在是%(is)s，按留痕应当是%(should)s。")
_MISSING = msg("%(table)s 里少了事项 %(number)s 的第 %(row)s 行。")
_EXTRA = msg("%(table)s 里多出事项 %(number)s 的第 %(row)s 行，留痕里没有它。")
_CLOSED = msg("事项 %(number)s：办结时（第 %(steps)d 步）记入台账的事实哈希，和按留痕重算的不同。")
_UNHASHED = msg("事项 %(number)s 已经办结，台账里没有它的事实哈希。")
_COUNTED = msg("%(table)s 里%(key)s的一行，和按事实重新数出来的不同。")
_DIMENSION = msg("%(table)s 里%(key)s的一行，和区划、单位现在的登记不同。")
_CUT = msg("%(month)s 封账时记入台账的根哈希，和按留痕重算的不同。")
_KEPT = msg("%(month)s 封账时留下的各事项哈希，算出的根和台账里的不同：留下的哈希被改过。")
_TREE = msg("%(month)s 封账时留下的区划和单位，哈希和台账里的不同。")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that isn't as the journal makes it: the table and row (matter and number within it), the column where it is
    one, and both values; of hashes the matter or month alone, of what is counted its key."""

    said: str
    params: Mapping[str, object]
    table: str = ""
    matter_id: int = 0
    column: str = ""

    def __str__(self) -> str:
        return self.said % self.params


def compare(shape: Shape, number: str, stored: Sequence[Row], should: Sequence[Row]) -> Iterator[Fault]:
    """Everything in which a matter's rows of a table differ from those that its entries make; `number` names the matter."""
    if list(stored) == list(should):
        return
    there, made = {shape.key(row): row for row in stored}, {shape.key(row): row for row in should}
    for key in sorted(there.keys() | made.keys(), key=_sortable):
        row = key[1] if isinstance(key, tuple) else 1
        what = {"table": shape.name, "number": number, "row": row}
        matter_id = key[0] if isinstance(key, tuple) else key
        if key not in there:
            yield Fault(_MISSING, what, shape.name, matter_id)
        elif key not in made:
            yield Fault(_EXTRA, what, shape.name, matter_id)
        else:
            for name, is_, must in zip(shape.names, there[key], made[key], strict=True):
                if is_ != must:
                    said = {**what, "column": name, "is": _told(is_), "should": _told(must)}
                    yield Fault(_COLUMN, said, shape.name, matter_id, name)


def closed_differs(matter_id: int, number: str, steps: int) -> Fault:
    """The hash that was journaled as a matter ended isn't that of its facts then."""
    return Fault(_CLOSED, {"number": number, "steps": steps}, matter_id=matter_id)


def closed_unhashed(matter_id: int, number: str) -> Fault:
    """A matter ended and no hash of its facts was journaled."""
    return Fault(_UNHASHED, {"number": number}, matter_id=matter_id)


def cut_differs(month: int) -> Fault:
    """The root that was journaled as a month was cut isn't that of the facts then."""
    return Fault(_CUT, {"month": month_text(month)})


def kept_differs(month: int) -> Fault:
    """The hashes that were kept as a month was cut don't give the root that was journaled."""
    return Fault(_KEPT, {"month": month_text(month)})


def tree_differs(month: int) -> Fault:
    """Regions and units that were kept as a month was cut aren't those whose hash was journaled."""
    return Fault(_TREE, {"month": month_text(month)})


def counted_differs(table: str, key: Mapping[str, object]) -> Fault:
    """A cube's row isn't what the rows of facts count; `key` by column."""
    return Fault(_COUNTED, {"table": table, "key": _keyed(key)}, table)


def dimension_differs(table: str, key: Mapping[str, object]) -> Fault:
    """A row of regions, units or lines isn't what the organisation says; `key` by column."""
    return Fault(_DIMENSION, {"table": table, "key": _keyed(key)}, table)


def _keyed(key: Mapping[str, object]) -> str:
    return " " + "、".join(f"{name}={value}" for name, value in key.items()) + " "


def _sortable(key: object) -> tuple[object, ...]:
    return key if isinstance(key, tuple) else (key,)


def _told(value: Value) -> str:
    """A value as a sentence has it: texts in quotes, all else after a blank."""
    if value is None:
        return " NULL"
    shown = plain(value)
    return f"“{shown}”" if isinstance(shown, str) else f" {shown}"
