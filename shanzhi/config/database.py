"""Make the city's database ready: embedded server, roles, schema, migrations. Safe to run again at any time."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.core.management import call_command
from django.db import connections
from psycopg import sql

from shanzhi.config import embedded
from shanzhi.config.installation import ROLES, Installation

CITY_DDL = """
CREATE OR REPLACE FUNCTION city_ddl(statement text) RETURNS void LANGUAGE plpgsql AS $body$
DECLARE kind text;
BEGIN
    FOREACH kind IN ARRAY ARRAY['owner', 'app', 'worker', 'importer'] LOOP
        statement := replace(statement, '{' || kind || '}', quote_ident(current_schema() || '_' || kind));
    END LOOP;
    EXECUTE statement;
END $body$
"""

ALL_VERBS = "SELECT, INSERT, UPDATE, DELETE"
# Tables that come with libraries: their own migrations grant nothing. What no line names, no role may touch.
THIRD_PARTY_GRANTS = {
    "app": {
        # Whether the tables fit its program is asked by the process itself.
        "django_migrations": "SELECT",
        "django_content_type": "SELECT",
        "account_%": "SELECT",
        "mfa_%": ALL_VERBS,
    },
    "worker": {"procrastinate_%": ALL_VERBS},
}
# Those of libraries that went are there in older cities: nobody has a right on them any more.
THIRD_PARTY = ("django_%", "auth_%", "account_%", "socialaccount_%", "mfa_%", "axes_%", "procrastinate_%")


def start_embedded(installation: Installation) -> object:
    """Start the embedded PostgreSQL, or join the running one; it stops with the last process that holds it."""
    return embedded.start(installation)


def admin_url(installation: Installation, database: str | None = None) -> str:
    """The address of a role that may create roles and databases."""
    if not installation.is_embedded:
        return installation.admin_url
    host = installation.address()["host"]
    return f"postgresql://postgres@/{database or installation.database}?host={host}"


def create_database(installation: Installation) -> None:
    """Make the embedded server's database in C collation where it is missing (a given server brings its own)."""
    with psycopg.connect(admin_url(installation, "postgres"), autocommit=True) as connection:
        name = installation.database
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'").format(sql.Identifier(name))
            )


@contextmanager
def admin(installation: Installation) -> Iterator[psycopg.Connection]:
    """A connection that may create roles, one such at a time, committed at the end."""
    with psycopg.connect(admin_url(installation)) as connection:
        # Two processes that start at once must not both create a role.
        connection.execute("SELECT pg_advisory_xact_lock(370300)")
        yield connection


@contextmanager
def as_owner(installation: Installation) -> Iterator[psycopg.Connection]:
    """A connection as the owner of the city's tables, committed at the end; a policy that hid rows is an error."""
    given: dict[str, Any] = installation.django_database("owner")
    with psycopg.connect(
        host=given["HOST"],
        port=given["PORT"] or None,
        dbname=given["NAME"],
        user=given["USER"],
        password=given["PASSWORD"],
        options=f"{given['OPTIONS']['options']} -c row_security=off",
    ) as connection:
        yield connection


def create_roles(installation: Installation) -> None:
    """Make the four roles, the schema and `city_ddl`; passwords follow the secrets file.

    No role is superuser or may bypass row-level security; only the owner may create things.
    """
    with admin(installation) as connection:
        make_roles_and_schema(installation, connection)
        owner, schema = sql.Identifier(installation.role("owner")), sql.Identifier(installation.schema)
        connection.execute(sql.SQL("SET LOCAL ROLE {}").format(owner))
        connection.execute(sql.SQL("SET LOCAL search_path = {}").format(schema))
        connection.execute(CITY_DDL.encode())
        connection.execute("REVOKE EXECUTE ON FUNCTION city_ddl(text) FROM PUBLIC")
        # What migrations make is nobody's until they grant it.
        connection.execute("ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC")


def make_roles_and_schema(installation: Installation, connection: psycopg.Connection) -> None:
    """The four roles with their passwords, and the schema, in which nothing is made yet (a restore fills it)."""
    schema = sql.Identifier(installation.schema)
    for kind in ROLES:
        name = installation.role(kind)
        found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone()
        made = "ALTER ROLE {} PASSWORD {}" if found else "CREATE ROLE {} LOGIN NOINHERIT PASSWORD {}"
        password = sql.Literal(installation.secrets.passwords[kind])
        connection.execute(sql.SQL(made).format(sql.Identifier(name), password))
    owner = sql.Identifier(installation.role("owner"))
    connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(owner))
    connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {} AUTHORIZATION {}").format(schema, owner))
    others = sql.SQL(", ").join(sql.Identifier(installation.role(kind)) for kind in ROLES[1:])
    connection.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(schema, others))


def grant_third_party(installation: Installation) -> None:
    """Give the roles their rights on the libraries' tables, sequences and functions, and take away any other."""
    roles = [sql.Identifier(installation.role(kind)) for kind in ROLES[1:]]
    with admin(installation) as connection:
        connection.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(installation.role("owner"))))
        connection.execute(sql.SQL("SET LOCAL search_path = {}").format(sql.Identifier(installation.schema)))
        for relation, _ in _relations(connection, installation, THIRD_PARTY):
            revoked = sql.SQL("REVOKE ALL ON {} FROM PUBLIC, {}")
            connection.execute(revoked.format(sql.Identifier(relation), sql.SQL(", ").join(roles)))
        for kind, patterns in THIRD_PARTY_GRANTS.items():
            role = sql.Identifier(installation.role(kind))
            for pattern, verbs in patterns.items():
                for relation, relkind in _relations(connection, installation, (pattern,)):
                    if relkind == "S" and "INSERT" not in verbs:
                        continue
                    rights = sql.SQL("USAGE, SELECT" if relkind == "S" else verbs)
                    granted = sql.SQL("GRANT {} ON {} TO {}")
                    connection.execute(granted.format(rights, sql.Identifier(relation), role))
        jobs = connection.execute(
            "SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
            " WHERE n.nspname = %s AND p.proname LIKE 'procrastinate_%%'",
            [installation.schema],
        ).fetchall()
        worker = sql.Identifier(installation.role("worker"))
        for (function,) in jobs:
            named = sql.SQL("FUNCTION " + function)
            connection.execute(sql.SQL("REVOKE EXECUTE ON {} FROM PUBLIC").format(named))
            connection.execute(sql.SQL("GRANT EXECUTE ON {} TO {}").format(named, worker))


def _relations(
    connection: psycopg.Connection, installation: Installation, patterns: tuple[str, ...]
) -> list[tuple[str, str]]:
    return connection.execute(
        "SELECT c.relname, c.relkind::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = %s AND c.relkind IN ('r', 'S', 'v') AND c.relname LIKE ANY (%s) ORDER BY 1",
        [installation.schema, list(patterns)],
    ).fetchall()


def migrate(verbosity: int = 0) -> None:
    """Apply Django's migrations as the owner. Django must be set up."""
    call_command("migrate", database="owner", verbosity=verbosity, interactive=False)


@contextmanager
def _one_at_a_time(installation: Installation) -> Iterator[None]:
    """Let one process of this home folder prepare at a time: roles belong to the whole server, and PostgreSQL's own
    advisory locks reach no further than one database."""
    with (installation.home / "prepare.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def prepare(installation: Installation, verbosity: int = 0) -> None:
    """Everything from an empty server to a migrated schema; seconds when there is nothing to do."""
    with _one_at_a_time(installation):
        if installation.is_embedded:
            create_database(installation)
        create_roles(installation)
        migrate(verbosity)
        grant_third_party(installation)


def repoint(installation: Installation) -> None:
    """Let Django's connections find the embedded server, whose socket is known only once it runs."""
    for alias in connections:
        connections[alias].close()
        connections[alias].settings_dict["HOST"] = installation.address()["host"]


@contextmanager
def acting_as(installation: Installation, role: str) -> Iterator[None]:
    """Let this process's `default` connections be another role for a while (loading a city as the importer): those of all its
    threads, which share their settings; so not from several threads at once."""
    connection = connections["default"]
    before = (connection.settings_dict["USER"], connection.settings_dict["PASSWORD"])
    connection.close()
    connection.settings_dict.update(USER=installation.role(role), PASSWORD=installation.secrets.passwords[role])
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(USER=before[0], PASSWORD=before[1])
