"""The shipped process file, and how to break it in one place."""

from pathlib import Path

from shanzhi.kernel.matters.policy.process import Kind, load_kind

FILE = Path(__file__).parents[1] / "catalogue" / "kinds" / "request.toml"
TEXT = FILE.read_text(encoding="utf-8")


def load(text: str = TEXT) -> Kind:
    found = load_kind(text)
    assert isinstance(found, Kind), "\n".join(map(str, found))
    return found


def block(text: str, head: str) -> tuple[int, int]:
    """Where a table stands: `kind`, `check`, or `stage handling` for the one with that code."""
    table, _, code = head.partition(" ")
    start = text.index(f'[[{table}]]\ncode = "{code}"' if code else f"[{table}]")
    end = text.find("\n\n", start)
    return start, len(text) if end < 0 else end + 1


def edit(head: str, old: str, new: str, text: str = TEXT) -> str:
    start, end = block(text, head)
    part = text[start:end]
    assert part.count(old) == 1, f"{old!r} stands {part.count(old)} times in {head}"
    return text[:start] + part.replace(old, new) + text[end:]


def drop(head: str, text: str = TEXT) -> str:
    start, end = block(text, head)
    return text[:start] + text[end:]


def line_of(text: str, head: str, mark: str = "") -> int:
    start, end = block(text, head)
    at = text.index(mark, start, end) if mark else start
    return text.count("\n", 0, at) + 1


def told(text: str) -> list[tuple[int, str]]:
    found = load_kind(text)
    assert isinstance(found, list)
    return [(problem.line, str(problem)) for problem in found]
