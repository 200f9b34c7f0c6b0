"""A catalogue's tables as TOML text, in the order in which people read them (docs/indicators.md). The inverse of `parse`."""

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}
LINE_MOST = 120


def toml_of(tables: Mapping[str, Any], *, head: str = "") -> str:
    """The TOML text of a catalogue's tables; `head` stands on top of it as a comment."""
    return toml_with_places(tables, head=head)[0]


def toml_with_places(tables: Mapping[str, Any], *, head: str = "") -> tuple[str, list[tuple[int, int]]]:
    """The TOML text, and for each table in it its first line (from 1) and its id."""
    lines = [f"# {line}".rstrip() for line in head.splitlines()]
    starts: list[tuple[int, int]] = []
    for name, table in _tables(tables):
        if lines:
            lines.append("")
        starts.append((len(lines) + 1, id(table)))
        lines.append(name)
        for key, value in table.items():
            if not (isinstance(value, list) and (name, key) in _BELOW):
                lines += "\n".join(_entry(key, value)).split("\n")
    return "\n".join(lines) + "\n", starts


_BELOW = {("[[index]]", "class"), ("[[index.class]]", "part")}
"""Lists that stand as tables of their own below."""


def _tables(tables: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield "[catalogue]", tables.get("catalogue", {})
    yield from (("[[project]]", project) for project in tables.get("project", []))
    yield from (("[[indicator]]", indicator) for indicator in tables.get("indicator", []))
    for index in tables.get("index", []):
        yield "[[index]]", index
        for part in index.get("class", []):
            yield "[[index.class]]", part
            yield from (("[[index.class.part]]", leaf) for leaf in part.get("part", []))


def _entry(key: str, value: Any) -> Iterator[str]:
    if isinstance(value, str) and key == "formula" and value.endswith("\n") and _plain(value):
        yield f'{_key(key)} = """\n{value}"""'
        return
    line = f"{_key(key)} = {_value(value)}"
    if len(line) > LINE_MOST and isinstance(value, list) and value and isinstance(value[0], dict):
        yield f"{_key(key)} = ["
        yield from (f"    {_value(each)}," for each in value)
        yield "]"
    else:
        yield line


def _plain(text: str) -> bool:
    """May it stand between three quotes as it is?"""
    return '"""' not in text and "\\" not in text and all(char == "\n" or char.isprintable() for char in text)


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _text(key)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal):
        return f"{value:f}" if value != int(value) else f"{int(value)}"
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {_value(each)}" for key, each in value.items()) + " }"
    if isinstance(value, Sequence):
        return "[" + ", ".join(_value(each) for each in value) + "]"
    raise TypeError(type(value).__name__)


def _text(text: str) -> str:
    return '"' + "".join(_escaped(char) for char in text) + '"'


def _escaped(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    return char if char >= " " and char != "\x7f" else f"\\u{ord(char):04X}"
