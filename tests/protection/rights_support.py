"""A matter with everything that a reporter can say and send, and the steps by which its reporter has it deleted."""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection
from psycopg import sql

from shanzhi.config import database
from shanzhi.config.worker import drain
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE, Actor
from shanzhi.kernel.files import operations as files
from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.matters import operations
from shanzhi.kernel.matters.operations import Reported
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.modules.intake.tests.test_report_a_problem import picture
from tests.city import NOW
from tests.concurrency.committed import City
from tests.desks import do

PHONE, NAME = "13998765432", "欧阳芷若"
TITLE, BODY, PLACE = (
    "丁香里楼道堆着旧沙发",
    f"丁香里9号楼道堆着旧沙发，找我打{PHONE}，车牌鲁C12345。",
    "丁香里九号楼三单元",
)
NOTE, VERDICT = "沙发是二楼邻居的，周末能挪，我微信yangzhiruo88", "旧沙发搬走了，谢谢小刘"
WORDS = (
    PHONE,
    NAME,
    "丁香里",
    "旧沙发",
    "鲁C12345",
    "yangzhiruo88",
    "二楼邻居",
    "小刘",
    "丁香里合同",
    "36.8123",
    "118.0321",
)


@pytest.fixture
def closed(city: City, evidence_store: Path) -> Reported:
    """A matter that went the whole way, with everything that a reporter can say and send."""
    made = report(stored=[files.store(data=picture(), name="丁香里.jpg", now=NOW), paper()])
    me = reporter(made)
    do(me, made, "note", words=NOTE)
    walk_to_the_end(city, made)
    return made


def paper(name: str = "丁香里合同.pdf") -> Any:
    return files.store(data=b"%PDF-1.4\n1 0 obj\n<< >>\nendobj\ntrailer\n<< >>\n%%EOF\n", name=name, now=NOW)


def report(**fields: Any) -> Reported:
    stored = fields.pop("stored", ())
    given: dict[str, Any] = {
        "title": TITLE,
        "body": BODY,
        "place_text": PLACE,
        "latitude": 36.8123,
        "longitude": 118.0321,
    }
    given |= {"contact_name": NAME, "contact_phone": PHONE, "region_code": "370303009006", "public_consent": True}
    with acting(ANYONE):
        return operations.report(
            new=NewReport(**(given | fields)), actor=ANYONE, now=NOW, key=uuid.uuid4(), stored=stored
        )


def reporter(made: Reported) -> Actor:
    return Actor(follow=(made.follow_hash,))


def walk_to_the_end(city: City, made: Reported) -> None:
    cast = city.cast
    do(cast.dispatcher, made, "accept", category="housing.property-service")
    do(cast.dispatcher, made, "dispatch", lead=cast.handler.unit_id)
    do(cast.handler, made, "take")
    do(cast.handler, made, "reply", reply="已清理楼道。")
    do(cast.checker, made, "check_pass")
    do(reporter(made), made, "rate", solved=True, satisfied=5, words=VERDICT)
    work(city)


def work(city: City) -> None:
    with database.acting_as(city.installation, "worker"):
        drain(now=lambda: NOW + timedelta(hours=1))


def ask(made: Reported, what: Any = "all") -> None:
    with acting(reporter(made)):
        operations.erase_ask(matter_id=made.matter_id, what=what, actor=reporter(made), now=NOW)


def entries(made: Reported) -> list[journal.EntryRow]:
    with acting(reporter(made)):
        return journal.entries_of("matter", made.matter_id)


def rows_with(city: City, words: tuple[str, ...]) -> set[tuple[str, str]]:
    """Every table and word that a superuser finds in any column that can hold text, JSON and arrays included."""
    found = set()
    with psycopg.connect(database.admin_url(city.installation)) as admin:
        columns = admin.execute(
            "SELECT table_schema, table_name, column_name FROM information_schema.columns"
            " JOIN information_schema.tables USING (table_schema, table_name) WHERE table_type = 'BASE TABLE'"
            " AND table_schema NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        assert len(columns) > 200
        for schema, table, column in columns:
            query = sql.SQL("SELECT 1 FROM {}.{} WHERE position(%s in {}::text) > 0 LIMIT 1").format(
                *map(sql.Identifier, (schema, table, column))
            )
            for word in words:
                # Binary columns print as hexadecimal: there the word's bytes are looked for as well.
                for form in (word, word.encode().hex()):
                    if admin.execute(query, [form]).fetchone():
                        found.add((table, word))
    return found


def files_with(evidence_store: Path, words: tuple[str, ...]) -> list[str]:
    kept = [path for path in evidence_store.rglob("*") if path.is_file()]
    return [path.name for path in kept if any(word.encode() in path.read_bytes() for word in words)]


@pytest.fixture(autouse=True)
def closes() -> Iterator[None]:
    yield
    connection.close()
