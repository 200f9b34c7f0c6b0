"""JSON that another platform wrote, read with suspicion: what comes out can be kept and reckoned with as it is. Pure.

A letter is signed, but whoever signed it may write what they like: names twice, numbers that no column holds, brackets without
end, signs that no text may have. All that is refused here, so that nothing behind it stumbles.
"""

import json
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

BODY_MOST = 16_000_000
"""Bytes of such a text."""
WHOLE_MOST = 2**63 - 1
POINTS_MOST = 100_000
POINTS_PLACES = Decimal("0.01")


def read_json(body: bytes) -> Any:
    """The JSON of a member.

    Raises:
        ValueError: it is none; it is too long or too deep; a name stands twice; a number or a sign can't be kept.
    """
    if len(body) > BODY_MOST:
        raise ValueError(f"{len(body)} > {BODY_MOST} B")
    try:
        return json.loads(
            body.decode("utf-8"), object_pairs_hook=_once, parse_constant=_refuse, parse_int=_whole, parse_float=_refuse
        )
    except RecursionError as error:
        raise ValueError("too many brackets") from error


def read_points(value: Any) -> Decimal:
    """Points as letters write them: a text with at most two places.

    Raises:
        ValueError, TypeError: it isn't that.
    """
    if not isinstance(value, str) or len(value) > 20:
        raise TypeError(f"{str(value)[:20]!r} are no points")
    try:
        points = Decimal(value)
        if points.is_finite() and abs(points) <= POINTS_MOST and points == points.quantize(POINTS_PLACES):
            return points
    except InvalidOperation:
        pass
    raise ValueError(f"{value!r} are no points")


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{next(name for name in names if names.count(name) > 1)!r} stands twice")
    for name, value in pairs:
        _check_text(name)
        _check_texts(value)
    return found


def _check_texts(value: Any) -> None:
    """Of what lies in a list; what lies in an object was looked at before."""
    pile = [value]
    while pile:
        one = pile.pop()
        if isinstance(one, str):
            _check_text(one)
        elif isinstance(one, list):
            pile += one


def _check_text(text: str) -> None:
    """Can a database keep it?"""
    if "\x00" in text:
        raise ValueError("a text has the sign U+0000")
    text.encode("utf-8")


def _whole(text: str) -> int:
    if len(text) > 20 or abs(int(text)) > WHOLE_MOST:
        raise ValueError(f"{text[:20]}… is too large")
    return int(text)


def _refuse(text: str) -> Any:
    raise ValueError(f"{text[:20]} is no whole number")
