"""Sets of ranges over region codes.

A region code is a text of digits; a subtree is the half-open range `[code, next)` in C collation, because every
code below begins with it (370302 → [370302, 370303)). A post's scope, a city with two prefixes and a functional
zone that lies across counties are all sets of such ranges. In PostgreSQL the same set is a `codemultirange`.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_PG_RANGE = re.compile(r"\[([0-9:]+),([0-9:]+)\)")


def next_code(prefix: str) -> str:
    """The smallest code that doesn't begin with `prefix`, in C collation ("3709" → "370:")."""
    if not prefix.isdigit() or not prefix.isascii():
        raise ValueError(f"not a region code: {prefix!r}")
    return prefix[:-1] + chr(ord(prefix[-1]) + 1)


@dataclass(frozen=True, slots=True)
class CodeRanges:
    """An immutable, sorted, merged set of half-open code ranges; empty means nothing at all."""

    spans: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, spans: Iterable[tuple[str, str]]) -> "CodeRanges":
        """The set of `spans`, sorted, overlapping and touching ones merged."""
        merged: list[tuple[str, str]] = []
        for low, high in sorted(spans):
            if low >= high:
                raise ValueError(f"empty code range: {low!r} to {high!r}")
            if merged and low <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
            else:
                merged.append((low, high))
        return cls(tuple(merged))

    @classmethod
    def from_prefixes(cls, *prefixes: str) -> "CodeRanges":
        """Everything whose code begins with one of `prefixes`."""
        return cls.of((prefix, next_code(prefix)) for prefix in prefixes)

    @classmethod
    def parse(cls, text: str) -> "CodeRanges":
        """Read PostgreSQL's form, `{[3703,3704),[5001,5003)}`."""
        found = _PG_RANGE.findall(text)
        if text != "{" + ",".join(f"[{low},{high})" for low, high in found) + "}":
            raise ValueError(f"not a set of code ranges: {text!r}")
        return cls.of(found)

    def to_pg(self) -> str:
        """PostgreSQL's form of the set, `{}` when empty."""
        return "{" + ",".join(f"[{low},{high})" for low, high in self.spans) + "}"

    def contains(self, code: str) -> bool:
        """Is `code` in one of the ranges?"""
        return any(low <= code < high for low, high in self.spans)

    def covers(self, other: "CodeRanges") -> bool:
        """Does this set hold all of `other`?"""
        return all(any(low <= a and b <= high for low, high in self.spans) for a, b in other.spans)

    def union(self, other: "CodeRanges") -> "CodeRanges":
        """Both sets together."""
        return CodeRanges.of((*self.spans, *other.spans))

    def __bool__(self) -> bool:
        return bool(self.spans)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.spans)
