"""What the gates of this house share: findings, the files they look at, and how a line asks to be let through."""

import ast
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# `# house: reason` at the end of a line lets that line through; the reason is for the reader.
PRAGMA = "# house: "

SKIPPED_FOLDERS = frozenset({"node_modules", "var", "__pycache__", "dist", "test-results", "screenshots"})


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One breach of a rule; `line` counts from 1, 0 is the file as a whole."""

    path: str
    line: int
    words: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.words}"


@dataclass(frozen=True, slots=True)
class Source:
    """A Python file: `path` from the root, its module name, its lines and its syntax tree."""

    path: Path
    module: str
    lines: list[str]
    tree: ast.Module

    def lets_through(self, line: int) -> bool:
        """Whether the line asks for it and gives a reason."""
        return bool(self.lines[line - 1].partition(PRAGMA)[2].strip())

    def finding(self, node: ast.AST, words: str) -> Iterator[Finding]:
        """The breach at `node`, unless its line asks to be let through."""
        line = getattr(node, "lineno", 1)
        if not self.lets_through(line):
            yield Finding(self.path.as_posix(), line, words)


def files(root: Path, *patterns: str) -> Iterator[Path]:
    """Files under `root` that match a pattern, without what was made or fetched; sorted."""
    found = {path for pattern in patterns for path in root.rglob(pattern) if path.is_file()}
    for path in sorted(found):
        parts = path.relative_to(root).parts
        if not any(part in SKIPPED_FOLDERS or (part.startswith(".") and part != ".ci") for part in parts[:-1]):
            yield path


def sources(root: Path, folder: str = "shanzhi") -> Iterator[Source]:
    """Every Python file under `root/folder`, parsed."""
    for path in files(root / folder, "*.py"):
        text = path.read_text(encoding="utf-8")
        inside = path.relative_to(root)
        module = ".".join(inside.with_suffix("").parts).removesuffix(".__init__")
        yield Source(inside, module, text.splitlines(), ast.parse(text))


def slice_of(module: str) -> str | None:
    """The slice that a module belongs to: `shanzhi.kernel.x`, `shanzhi.modules.x`, or None for the other storeys."""
    parts = module.split(".")
    inside = len(parts) > 2 and parts[0] == "shanzhi" and parts[1] in {"kernel", "modules"}
    return ".".join(parts[:3]) if inside else None


def is_test(path: Path) -> bool:
    """Whether a file is a test or prepares one."""
    return "tests" in path.parts or path.name == "conftest.py"


def imports(tree: ast.Module) -> Iterator[tuple[ast.stmt, str]]:
    """Each imported name in full, with its statement: `from a.b import c` is `a.b.c`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node, f"{node.module or ''}.{alias.name}") for alias in node.names)


def main(check: Callable[[Path], Iterable[Finding]], good: str) -> int:
    """Run one gate on this repository: prints its findings, or `good`; returns the exit status."""
    findings = sorted(check(ROOT))
    for finding in findings:
        print(finding)
    if not findings:
        print(good)
    return 1 if findings else 0


def exit_with(check: Callable[[Path], Iterable[Finding]], good: str) -> None:
    """The same, as the end of a script."""
    sys.exit(main(check, good))
