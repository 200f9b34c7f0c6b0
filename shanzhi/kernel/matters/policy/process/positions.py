"""Where each key and value of a TOML text stands.

No TOML library for Python that is kept and small tells positions (tomlkit keeps the text but not the lines), so this
walks a text that `tomli` has already accepted, and may therefore trust it: only strings, brackets and comments count.
"""

import re
from collections.abc import Iterator, Mapping

Path = tuple[str | int, ...]
"""Keys and list places (from 0) from the top of the document: ("stage", 2, "owner")."""

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY = re.compile(r"""[ \t]*("(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[A-Za-z0-9_-]+)[ \t]*""")
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}(?!")' r"|'''.*?'{3,5}(?!')" r'|"(?:[^"\\\n]|\\.)*"' r"|'[^'\n]*'",
    re.DOTALL,
)
_SCALAR = re.compile(r"[^,\]}#\n]+")


class _Walker:
    """One walk over one text; fills `lines`."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[Path, int] = {}
        self._seen_at = 0
        self._seen_line = 1
        self._lists: dict[Path, int] = {}

    def line(self) -> int:
        """The line (from 1) of the present place; places only grow, so it counts on from the last one asked for."""
        self._seen_line += self.text.count("\n", self._seen_at, self.at)
        self._seen_at = self.at
        return self._seen_line

    def mark(self, path: Path) -> None:
        """Remember where `path` stands, unless an earlier place is known."""
        self.lines.setdefault(path, self.line())

    def skip(self, pattern: re.Pattern[str]) -> str:
        """Go past `pattern`, which is here; what it matched."""
        found = pattern.match(self.text, self.at)
        if found is None:  # the text was accepted as TOML, so this is a mistake of ours, not of the author
            raise AssertionError(f"no {pattern.pattern!r} at line {self.line()}")
        self.at = found.end()
        return found.group()

    def keys(self) -> list[str]:
        """A dotted key."""
        found: list[str] = []
        while True:
            found.append(_unquoted(self.skip(_KEY).strip(" \t")))
            if self.text[self.at : self.at + 1] != ".":
                return found
            self.at += 1

    def document(self) -> None:
        """The whole text: headers and pairs."""
        table: Path = ()
        self.skip(_BLANK)
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                table = self.header()
            else:
                self.pair(table)
            self.skip(_BLANK)

    def header(self) -> Path:
        """A `[table]` or `[[list of tables]]`; the path that its pairs belong to."""
        double = self.text.startswith("[[", self.at)
        start = self.at
        self.at += 2 if double else 1
        names = self.keys()
        end, self.at = self.at + (2 if double else 1), start
        path: Path = ()
        for name in names[:-1]:
            self.mark((*path, name))
            path = self.inside((*path, name))
        path = (*path, names[-1])
        self.mark(path)
        if double:
            self._lists[path] = self._lists.get(path, -1) + 1
            path = self.inside(path)
            self.mark(path)
        self.at = end
        return path

    def inside(self, path: Path) -> Path:
        """`path`, or its last entry so far where it is a list of tables."""
        return (*path, self._lists[path]) if path in self._lists else path

    def pair(self, table: Path) -> None:
        """A `key = value`."""
        start = self.at
        path = (*table, *self.keys())
        end, self.at = self.at, start
        for depth in range(len(table) + 1, len(path) + 1):
            self.mark(path[:depth])
        self.at = end + 1
        self.value(path)

    def value(self, path: Path) -> None:
        """Any value, with what is inside."""
        self.skip(_BLANK)
        first = self.text[self.at]
        if first in "\"'":
            self.skip(_STRING)
        elif first == "[":
            for place in self.items("]"):
                self.mark((*path, place))
                self.value((*path, place))
        elif first == "{":
            for _ in self.items("}"):
                self.pair(path)
        else:
            self.skip(_SCALAR)

    def items(self, close: str) -> Iterator[int]:
        """Stands at each item of a bracket in turn, ends behind the bracket."""
        self.at += 1
        place = 0
        while True:
            self.skip(_BLANK)
            if self.text[self.at] == close:
                self.at += 1
                return
            if self.text[self.at] == ",":
                self.at += 1
                continue
            yield place
            place += 1


def _unquoted(key: str) -> str:
    if key[0] == "'":
        return key[1:-1]
    if key[0] == '"':
        return re.sub(r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", _unescaped, key[1:-1])
    return key


def _unescaped(found: re.Match[str]) -> str:
    *numbers, single = found.groups()
    if single is None:
        return chr(int(next(n for n in numbers if n), 16))
    return {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "e": "\x1b"}.get(single, str(single))


def positions(text: str) -> Mapping[Path, int]:
    """The line (from 1) of every table, key and list item of `text`, by its path. `text` must be sound TOML."""
    walker = _Walker(text)
    walker.document()
    return walker.lines


def nearest(lines: Mapping[Path, int], path: Path) -> int:
    """The line of `path`, or of the closest thing around it that the file has; 1 for the document itself."""
    while path:
        if path in lines:
            return lines[path]
        path = path[:-1]
    return 1
