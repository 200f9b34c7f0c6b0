"""What PostgreSQL's own catalogue says about rights, as the lines of the tables of docs/row-level-security.md."""

import re
from collections import defaultdict
from typing import Any

import psycopg

from scripts.gates import ROOT
from shanzhi.config.installation import Installation

DOCUMENT = ROOT / "docs" / "row-level-security.md"
ROLES = ("app", "worker", "importer")
VERBS = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN")
COMMANDS = {"r": "SELECT", "a": "INSERT", "w": "UPDATE", "d": "DELETE", "*": "ALL"}

_TABLES = """
SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity, a.grantee::regrole::text, a.privilege_type, NULL
FROM pg_class c LEFT JOIN LATERAL aclexplode(c.relacl) a ON a.grantee <> c.relowner
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm') AND NOT c.relispartition
UNION ALL
SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity, a.grantee::regrole::text, a.privilege_type, t.attname
FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid, aclexplode(t.attacl) a
WHERE c.relnamespace = current_schema()::regnamespace AND NOT c.relispartition
ORDER BY 1, 4, 5, 6
"""
_POLICIES = """
SELECT polrelid::regclass::text, polname, polcmd::text, polpermissive,
       ARRAY(SELECT r::regrole::text FROM unnest(polroles) AS r ORDER BY 1),
       pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)
FROM pg_policy JOIN pg_class c ON c.oid = polrelid WHERE c.relnamespace = current_schema()::regnamespace ORDER BY 1, 2
"""
_FUNCTIONS = """
SELECT p.proname, p.prosecdef, p.proconfig, COALESCE(array_agg(a.grantee::regrole::text ORDER BY 1)
       FILTER (WHERE a.grantee <> p.proowner), '{}')
FROM pg_proc p LEFT JOIN LATERAL aclexplode(COALESCE(p.proacl, acldefault('f', p.proowner))) a ON true
WHERE p.pronamespace = current_schema()::regnamespace AND p.proname NOT LIKE 'procrastinate%'
  AND NOT EXISTS (SELECT 1 FROM pg_range WHERE p.prorettype IN (rngtypid, rngmultitypid) AND p.proname LIKE 'code%')
GROUP BY p.oid, p.proname, p.prosecdef, p.proconfig ORDER BY 1
"""


def _short(installation: Installation, role: str) -> str:
    return "PUBLIC" if role == "-" else role.strip('"').removeprefix(f"{installation.schema}_")


def _rights(granted: dict[str, list[str | None]]) -> str:
    """ "SELECT, UPDATE (a, b)"; a verb on the whole table hides its columns."""
    words = []
    for verb in VERBS:
        if verb in granted:
            columns = granted[verb]
            words.append(verb if None in columns else f"{verb} ({', '.join(str(column) for column in columns)})")
    return ", ".join(words) or "—"


def tables(opened: psycopg.Connection, installation: Installation) -> dict[str, str]:
    """Table → the line of its rights, without the reason."""
    granted: dict[str, Any] = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    guarded: dict[str, str] = {}
    for table, secured, forced, role, verb, column in opened.execute(_TABLES).fetchall():
        guarded[table] = ("policies, forced" if forced else "policies") if secured else "all"
        if role is not None:
            granted[table][_short(installation, role)][verb].append(column)
    lines = {}
    for table, rows in guarded.items():
        assert set(granted[table]) <= set(ROLES), f"{table}: rights of {sorted(granted[table])}"
        cells = " | ".join(_rights(granted[table][role]) for role in ROLES)
        lines[table] = f"| `{table}` | {cells} | {rows} |"
    return lines


def policies(opened: psycopg.Connection, installation: Installation) -> dict[str, str]:
    """Table and policy → its line: verb, roles, which rows, which new rows."""
    lines, whole = {}, sight(opened)
    for table, name, command, permissive, roles, using, check in opened.execute(_POLICIES).fetchall():
        who = ", ".join(_short(installation, role) for role in roles)
        verb = COMMANDS[command] + ("" if permissive else ", restrictive")
        rows, new = _plain(using, whole), _plain(check, whole)
        lines[f"{table} {name}"] = f"| `{table}` | `{name}` | {verb} | {who} | {rows} | {new} |"
    return lines


def sight(opened: psycopg.Connection) -> str:
    """Who sees a matter: the predicate of its policy for reading, as PostgreSQL writes it."""
    row = opened.execute(
        "SELECT pg_get_expr(polqual, polrelid) FROM pg_policy"
        " WHERE polrelid = 'matters_matter'::regclass AND polname = 'matter_see'"
    ).fetchone()
    assert row is not None
    return str(row[0])


def functions(opened: psycopg.Connection, installation: Installation) -> dict[str, str]:
    """Function → its line: whose rights it runs with, its search path, who may call it."""
    lines = {}
    for name, definer, settings, callers in opened.execute(_FUNCTIONS).fetchall():
        runs = "owner" if definer else "caller"
        path = ", ".join(settings or ()).replace(installation.schema, "the city's schema") or "—"
        # By name: the catalogue gives them in the order in which roles happened to be made.
        who = ", ".join(sorted(_short(installation, role) for role in callers)) or "—"
        lines[name] = f"| `{name}` | {runs} | {path} | {who} |"
    return lines


def _plain(expression: str | None, whole: str) -> str:
    """An expression on one line, with the names that the document gives to what recurs."""
    if expression is None:
        return "—"
    text = " ".join(expression.replace(whole, "SEES").split())
    for long, short in RECURRING:
        text = re.sub(long, short, text)
    return f"`{text.replace('|', '∣')}`"


_INNER = r"\( ?SELECT (scope_\w+)\(\) AS \w+\)"
RECURRING = (
    (_INNER, r"\1"),
    (r"\(EXISTS \( SELECT 1 FROM matters_matter m WHERE \(m\.id = (?:\w+\.)?(\w+)\)(?: OFFSET 0)?\)\)", r"sees(\1)"),
    (r"\(scope_post IS NOT NULL\)", "a post"),
    (r"::text(\[\])?", ""),
)


def written(heading: str) -> dict[str, tuple[str, str]]:
    """The lines of a table of the document by the code of their first cells: the line as it has to be, and its reason."""
    text = DOCUMENT.read_text(encoding="utf-8")
    part = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", text, flags=re.M | re.S)
    assert part, heading
    found = {}
    for line in part[1].splitlines():
        if line.startswith("| `"):
            *cells, reason = line.strip("|").split("|")
            names = re.findall(r"`(\w+)`", "|".join(cells[:2]) if heading == "Policies" else cells[0])
            found[" ".join(names)] = ("|" + "|".join(cells) + "|", reason.strip())
    return found
