"""Small help for writing SVG: elements with escaped attributes, and paths."""

from collections.abc import Iterable, Sequence
from html import escape

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

Pair = tuple[float, float]


def element(name: str, inside: str | SafeString = "", **attributes: object) -> SafeString:
    """An element; `inside` is escaped unless it is markup already. `css` is the class, "_" in a name reads "-"."""
    told = "".join(
        f' {"class" if key == "css" else key.replace("_", "-")}="{_value(value)}"'
        for key, value in attributes.items()
        if value not in ("", None)
    )
    body = conditional_escape(inside)
    return mark_safe(f"<{name}{told}>{body}</{name}>")  # noqa: S308 - each part is escaped


def together(parts: Iterable[SafeString]) -> SafeString:
    """Several pieces of markup as one."""
    return mark_safe("".join(parts))  # noqa: S308 - pieces of markup


def line_of(points: Sequence[Pair]) -> str:
    """A path through points."""
    return "M" + "L".join(f"{_number(x)} {_number(y)}" for x, y in points)


def area_of(rings: Iterable[Sequence[Pair]]) -> str:
    """A closed path, a ring after the other."""
    return "".join(f"{line_of(ring)}Z" for ring in rings if ring)


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _value(value: object) -> str:
    return _number(value) if isinstance(value, float) else escape(str(value))
