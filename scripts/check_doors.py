"""A slice is entered by its doors: policy, operations and queries. The rest of it is private.

Three rules that import tools can't say:
- nobody imports another slice's models, web, tasks or helpers; the composition root (shanzhi/config) may fetch
  everything but models, because it puts the house together;
- migrations import no code of ours, so that they still run when the code has moved on;
- web/ doesn't read the clock: `request.now` is the one time of a request.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from scripts.gates import Finding, Source, exit_with, imports, is_test, slice_of, sources

DOORS = frozenset({"policy", "operations", "queries"})
# Side doors, each with its reason.
SIDE_DOORS = {
    "shanzhi.kernel.access.scope": "a job, a command and a streamed export set the scope themselves",
    "shanzhi.kernel.access.web.middleware": "the type of a request, with its actor and its time",
    "shanzhi.kernel.access.web.auth": "who may call the API, and the shape of its errors",
    "shanzhi.kernel.vault.web.parked": "a form page gets back what was typed before its writer signed in again",
    "shanzhi.kernel.matters.web.queue": "the list on the left of a desk, with its state in the address",
    "shanzhi.kernel.matters.web.desk": "one matter with its forms, drawn and carried out alike on every desk",
    "shanzhi.kernel.matters.web.rolls": "the conditions, columns and file of a list of matters for a page of its own",
}
CLOCKS = (
    "datetime.datetime.now",
    "datetime.datetime.today",
    "datetime.date.today",
    "django.utils.timezone.now",
    "time.time",
)
CLOCK_CALLS = frozenset({"datetime.now", "datetime.today", "date.today", "timezone.now", "time.time"})


def door_findings(source: Source) -> Iterator[Finding]:
    """Imports that go round another slice's doors."""
    own = slice_of(source.module)
    for statement, name in imports(source.tree):
        other = slice_of(name)
        if other is None or other == own or f"{name}.".startswith(tuple(f"{door}." for door in SIDE_DOORS)):
            continue
        part = name.split(".")[3] if name.count(".") > 2 else ""
        allowed = part != "models" if source.module.startswith("shanzhi.config") else part in DOORS
        if not allowed:
            words = f"imports {name}; the doors of {other} are policy, operations and queries"
            yield from source.finding(statement, words)


def migration_findings(source: Source) -> Iterator[Finding]:
    """Code of ours in a migration."""
    for statement, name in imports(source.tree):
        if name.startswith("shanzhi."):
            yield from source.finding(statement, f"a migration imports {name}; it has to outlive today's code")


def clock_findings(source: Source) -> Iterator[Finding]:
    """The clock under web/."""
    for statement, name in imports(source.tree):
        if name in CLOCKS:
            yield from source.finding(statement, f"imports {name}; a view has request.now")
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and ".".join(ast.unparse(node.func).split(".")[-2:]) in CLOCK_CALLS:
            yield from source.finding(node, f"calls {ast.unparse(node.func)}; a view has request.now")


def check(root: Path) -> Iterator[Finding]:
    """Imports past a slice's doors, code in migrations, clocks in the web."""
    for source in sources(root):
        if is_test(source.path):
            continue
        if "migrations" in source.path.parts:
            yield from migration_findings(source)
            continue
        yield from door_findings(source)
        if "web" in source.path.parts:
            yield from clock_findings(source)


if __name__ == "__main__":
    exit_with(check, "every slice is entered by its doors")
