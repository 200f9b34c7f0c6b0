"""No file names a package index or a folder of somebody's machine: a clone has to work wherever it lies."""

import re
from collections.abc import Iterator
from pathlib import Path

from scripts.gates import Finding, exit_with, files

RULES = (
    (re.compile(r'"resolved":\s*"https?:'), "names a package index"),
    (re.compile(r"--(?:extra-)?index-url\b"), "names a package index"),
    (re.compile(r"\b(?:registry|index-url|index_url)\s*=\s*.?https?:", re.IGNORECASE), "names a package index"),
    (
        re.compile(r"(?:registry\.npm\w+|pypi\.(?:org|python)|pythonhosted|npmmirror)\b", re.IGNORECASE),
        "names a package index",
    ),
    (re.compile(r"(?<![A-Za-z0-9_.>-])/(?:home|root|work|Users)/[a-z.]"), "names a folder of one machine"),
)
OWN = "scripts/check_addresses.py"
PATTERNS = (
    "*.py",
    "*.ts",
    "*.mjs",
    "*.js",
    "*.json",
    "*.toml",
    "*.lock",
    "*.md",
    "*.sh",
    "*.html",
    "*.css",
    "*.txt",
    "*.yml",
)
BY_NAME = ("Makefile", "run", ".npmrc", ".importlinter", ".gitignore")


def check(root: Path) -> Iterator[Finding]:
    """Lines that name an index or a machine's folder."""
    for path in files(root, *PATTERNS, *BY_NAME):
        name = path.relative_to(root).as_posix()
        if name == OWN:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
            for pattern, words in RULES:
                if pattern.search(line):
                    yield Finding(name, number, words)


if __name__ == "__main__":
    exit_with(check, "no package index and no machine is named")
