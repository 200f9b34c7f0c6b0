"""The tests' own PostgreSQL, told that nothing on it has to outlive the machine."""

import psycopg
from psycopg import sql

from shanzhi.config import database
from shanzhi.config.installation import Installation

# Whatever a process kill can do is the same with them: only a power cut finds less on the disk.
RELAXED = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def relax(installation: Installation) -> None:
    """Let this running embedded server wait for no disk; for databases that are thrown away after the tests."""
    with psycopg.connect(database.admin_url(installation, "postgres"), autocommit=True) as connection:
        for name, value in RELAXED.items():
            connection.execute(sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), sql.Literal(value)))
        connection.execute("SELECT pg_reload_conf()")
