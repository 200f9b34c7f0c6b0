"""A process file as read: its tables, and where everything in it stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import tomli

from shanzhi.core.text import msg
from shanzhi.kernel.matters.policy.process.positions import Path, nearest, positions
from shanzhi.kernel.matters.policy.process.problem import Problem


@dataclass(frozen=True, slots=True)
class Source:
    """The tables of a file and the lines of what is in them; empty for a kind that came from no file."""

    tables: Mapping[str, Any]
    lines: Mapping[Path, int]

    def line(self, *path: str | int) -> int:
        """The line of `path`, or of the closest thing around it."""
        return nearest(self.lines, path)

    def where(self, *path: str | int) -> str:
        """The place in words: `action "reply".to`."""
        if not path:
            return msg("文件")
        if len(path) == 1:
            return str(path[0])
        table, place, rest = path[0], path[1], path[2:]
        if not isinstance(place, int):
            return ".".join(str(step) for step in path if not isinstance(step, int))
        code = self._code(str(table), place)
        name = f'{table} "{code}"' if code else f"{table} {place + 1}"
        return ".".join([name, *(str(step) for step in rest if not isinstance(step, int))])

    def _code(self, table: str, place: int) -> str:
        entries = self.tables.get(table)
        entry = entries[place] if isinstance(entries, list) and place < len(entries) else None
        code = entry.get("code") if isinstance(entry, dict) else None
        return code if isinstance(code, str) else ""

    def problem(self, path: Path, message: str, mend: str = "", **params: object) -> Problem:
        """A problem at `path`; `message` and `mend` are message ids, `params` fill both."""
        return Problem(self.line(*path), self.where(*path), message, mend, params)


NOWHERE = Source({}, {})
"""The source of a kind that came from no file."""


def read_source(text: str) -> Source | Problem:
    """The tables of `text`, or what is wrong with it as TOML (1.0, and 1.1 where `tomli` knows it)."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if not text.strip():
        return Problem(
            1, msg("文件"), msg("文件是空的。"), msg("照 request.toml 的样子写 [kind]、[[stage]] 和 [[action]]。")
        )
    try:
        return Source(tomli.loads(text), positions(text))
    except tomli.TOMLDecodeError as error:
        return Problem(
            error.lineno,
            "TOML",
            msg("这一行不合 TOML 格式（第 %(column)s 列：%(reason)s）。"),
            msg("检查引号、括号和等号是否成对，同一个键是否写了两次。"),
            {"column": error.colno, "reason": error.msg},
        )
    except (RecursionError, ValueError):  # thousands of brackets or digits; tomli names no line for these
        return Problem(1, "TOML", msg("括号套得太深，或数字太长，读不下去。"), msg("照 request.toml 的样子写。"))
