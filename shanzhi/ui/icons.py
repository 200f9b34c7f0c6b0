"""Which icons there are, and how a deadline's light is drawn."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from shanzhi.core.text import msg

LIGHTS: Mapping[str, tuple[str, str]] = {
    "normal": ("shape-circle", msg("正常")),
    "near": ("shape-triangle", msg("临期")),
    "over": ("shape-square", msg("超期")),
    "paused": ("shape-bars", msg("暂停")),
    "none": ("shape-ring", msg("无时限")),
}
"""Light level → shape in the sprite and word. Colour, shape and word always come together (visual guide)."""

MARKS: Mapping[str, str] = {
    "green": "shape-circle",
    "blue": "shape-diamond",
    "yellow": "shape-triangle",
    "orange": "shape-down",
    "red": "shape-square",
    "none": "shape-ring",
}
"""Colour grade → shape in the sprite; the word is the catalogue's."""


@cache
def icon_names() -> frozenset[str]:
    """The icons that the sprite holds: the names in icons.txt and the shapes of the lights."""
    names = (Path(__file__).parent / "icons.txt").read_text(encoding="utf-8").split()
    return frozenset(names) | {shape for shape, _ in LIGHTS.values()} | set(MARKS.values())
