"""Facts are about matters, units and regions: no column holds a person, and nobody but the background reads them."""

import psycopg
import pytest

from shanzhi.kernel.facts.policy.columns import Of
from shanzhi.kernel.facts.policy.tables import all_tables, projected
from tests.concurrency.committed import City, as_role, city

__all__ = ["city"]
TYPES = {Of.INTEGER: "bigint", Of.TEXT: "text", Of.DATE: "date", Of.TIME: "timestamp with time zone"}
PERSONS = (
    "post",
    "staff",
    "person",
    "phone",
    "contact_name",
    "follow",
    "title",
    "body",
    "words",
    "reply_text",
    "author_post",
)


def test_no_column_is_about_a_person():
    named = [f"{table.name}.{column.name}" for table in all_tables() for column in table.columns]
    assert [name for name in named if any(word in name.split(".")[1] for word in PERSONS)] == []


def test_the_tables_have_the_columns_that_are_written_down(city: City):
    with as_role(city.installation, "owner") as owner:
        rows = owner.execute(
            "SELECT table_name, column_name, data_type, is_nullable = 'YES' FROM information_schema.columns"
            " WHERE table_schema = current_schema() AND table_name LIKE 'fact\\_%' ORDER BY table_name, ordinal_position"
        ).fetchall()
    there: dict[str, list[tuple[str, str, bool]]] = {}
    for table, name, type_, nullable in rows:
        there.setdefault(table, []).append((name, type_, nullable))
    for table in all_tables():
        wanted = [(column.name, TYPES[column.of], column.nullable) for column in table.columns]
        assert there[table.name] == wanted, table.name
    for table in projected():
        assert there[f"{table.name}_spare"] == there[table.name]


@pytest.mark.parametrize("role", ["app", "importer"])
def test_pages_and_imports_read_no_facts(city: City, role: str):
    for table in all_tables():
        with as_role(city.installation, role) as opened, pytest.raises(psycopg.errors.InsufficientPrivilege):
            opened.execute(f"SELECT 1 FROM {table.name} LIMIT 1")
