"""Files end at 600 lines, functions at 60; from 400 on a file is listed, so that it is split before it must be."""

import ast
from collections.abc import Iterator
from pathlib import Path

from scripts.gates import ROOT, Finding, Source, exit_with, files, sources

FILE_LIMIT = 600
FILE_WANTED = 400
FUNCTION_LIMIT = 60
FOLDERS = ("shanzhi", "tests", "scripts", "bench", "frontend")
PATTERNS = ("*.py", "*.ts", "*.mjs", "*.css", "*.html")


def line_counts(root: Path) -> list[tuple[int, Path]]:
    """Each hand-written file with its lines, longest first."""
    found = [
        (len(path.read_text(encoding="utf-8").splitlines()), path.relative_to(root))
        for folder in FOLDERS
        for path in files(root / folder, *PATTERNS)
    ]
    return sorted(found, key=lambda row: (-row[0], row[1]))


def code_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from `def` to the end; the docstring is a gift to the reader and isn't counted."""
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    first = node.body[0]
    if ast.get_docstring(node, clean=False) is not None and len(node.body) > 1:
        lines -= (first.end_lineno or first.lineno) - first.lineno + 1
    return lines


def long_functions(source: Source) -> Iterator[Finding]:
    """Functions over the limit."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and code_lines(node) > FUNCTION_LIMIT:
            words = f"{node.name} has {code_lines(node)} lines; {FUNCTION_LIMIT} is the end, give a part its own name"
            yield from source.finding(node, words)


def check(root: Path) -> Iterator[Finding]:
    """Files and functions that are too long."""
    for count, path in line_counts(root):
        if count > FILE_LIMIT:
            words = f"{count} lines; {FILE_LIMIT} is the end, split it (a door becomes a package, one file a verb)"
            yield Finding(path.as_posix(), 0, words)
    for folder in FOLDERS:
        for source in sources(root, folder):
            yield from long_functions(source)


def list_long_files(root: Path) -> None:
    """Print the files that are over what is wanted."""
    for count, path in line_counts(root):
        if FILE_WANTED < count <= FILE_LIMIT:
            print(f"  {count} lines, over {FILE_WANTED}: {path}")


if __name__ == "__main__":
    list_long_files(ROOT)
    exit_with(check, "sizes hold")
