"""web/ translates and makes one call: it writes nothing to the database and opens no transaction.

The check reads the code, so it goes by names: a method that only the ORM has is a write wherever it is called;
`update`, `add`, `set`, `remove` and `clear` are writes where they are called on a query or a manager.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from scripts.gates import Finding, Source, exit_with, imports, is_test, sources

ALWAYS = frozenset(
    {
        "save",
        "asave",
        "create",
        "acreate",
        "delete",
        "adelete",
        "bulk_create",
        "abulk_create",
        "bulk_update",
        "abulk_update",
        "get_or_create",
        "aget_or_create",
        "update_or_create",
        "aupdate_or_create",
        "aupdate",
        "select_for_update",
        "execute",
        "executemany",
        "raw",
    }
)
ON_A_QUERY = frozenset({"update", "add", "set", "remove", "clear"})
QUERY_NAMES = frozenset({"objects", "filter", "exclude", "all", "order_by", "get_queryset", "using"})
# The session, the cache and a file store have methods of the same names.
OTHERS = frozenset({"session", "cache", "storage"})
FORBIDDEN_IMPORTS = ("django.db.transaction", "django.db.connection", "django.db.connections", "psycopg")


def chain(node: ast.expr) -> list[str]:
    """The names of an expression from its root on: `a.b(…).c` is ["a", "b", "c"]."""
    names: list[str] = []
    while True:
        if isinstance(node, ast.Attribute):
            names.append(node.attr)
            node = node.value
        elif isinstance(node, ast.Call):
            node = node.func
        elif isinstance(node, ast.Subscript):
            node = node.value
        else:
            if isinstance(node, ast.Name):
                names.append(node.id)
            return names[::-1]


def is_write(call: ast.Call) -> bool:
    """Whether a call writes to the database, by its names."""
    if not isinstance(call.func, ast.Attribute):
        return False
    before = set(chain(call.func.value))
    if before & OTHERS:
        return False
    return call.func.attr in ALWAYS or (call.func.attr in ON_A_QUERY and bool(before & QUERY_NAMES))


def findings_of(source: Source) -> Iterator[Finding]:
    """Writes and transactions in one file."""
    for statement, name in imports(source.tree):
        if name.startswith(FORBIDDEN_IMPORTS):
            yield from source.finding(
                statement, f"web/ imports {name}; a change of state is one function in operations"
            )
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and is_write(node):
            words = f"web/ calls {ast.unparse(node.func)}; a change of state is one function in operations"
            yield from source.finding(node, words)


def check(root: Path) -> Iterator[Finding]:
    """Database writes under any web/ folder."""
    for source in sources(root):
        if "web" in source.path.parts and not is_test(source.path):
            yield from findings_of(source)


if __name__ == "__main__":
    exit_with(check, "web/ writes nothing")
