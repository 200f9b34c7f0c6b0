"""Linked under one lead, each reporter has the lead's answer and nothing else of it: no page, file, proof or row of another's."""

import io
import re
import zipfile
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.test import Client
from psycopg import sql

from shanzhi.config import database
from shanzhi.core.errors import DomainError
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE, Actor
from shanzhi.kernel.files import operations as files
from shanzhi.kernel.files.models import Attachment
from shanzhi.kernel.journal.policy import check, read_proof
from shanzhi.kernel.matters import operations
from shanzhi.kernel.matters.operations import Reported
from shanzhi.kernel.matters.policy.report import NewReport
from tests.city import NOW
from tests.concurrency.committed import City, as_role, scope, seal_all
from tests.desks import do

HERE = "370303009006"
REPLY = "路灯已经修好，以后每周巡查"
MARKS = {
    "lead": {"words": "甲反映说二单元门口", "place": "甲楼东侧", "note": "甲留言狗叫", "name": "甲某某", "phone": "13811110001"},
    "second": {"words": "乙反映说四单元楼后", "place": "乙楼西侧", "note": "乙留言猫叫", "name": "乙某某", "phone": "13811110002"},
    "third": {"words": "丙反映说六单元楼顶", "place": "丙楼南侧", "note": "丙留言鸟叫", "name": "丙某某", "phone": "13811110003"},
}  # fmt: skip
INSIDE = "只给单位看的内部备注"


@dataclass
class Group:
    """One lead and two under it, each with marks in whatever it holds; the first of the two was asked already."""

    city: City
    made: dict[str, Reported]
    file_ids: dict[str, list[int]]

    def reporter(self, name: str) -> Actor:
        return Actor(follow=(self.made[name].follow_hash,))

    def others(self, name: str) -> list[str]:
        """All marks of the others', and what names their matters."""
        found = []
        for other, marks in MARKS.items():
            if other != name:
                made = self.made[other]
                found += [*marks.values(), made.number, made.follow_code, made.follow_hash]
        return found


def _file(name: str) -> Any:
    return files.store(data=f"%PDF-1.4\n% {name} mark\n%%EOF\n".encode(), name=f"{name}.pdf", now=NOW)


@pytest.fixture(scope="module")
def group(city: City) -> Group:
    cast, made = city.cast, {}
    for name, marks in MARKS.items():
        with acting(ANYONE):
            made[name] = operations.report(
                new=NewReport(
                    body=marks["words"] + "的路灯不亮",
                    title=marks["words"],
                    region_code=HERE,
                    place_text=marks["place"],
                    contact_name=marks["name"],
                    contact_phone=marks["phone"],
                ),
                actor=ANYONE,
                now=NOW,
                stored=[_file(name)],
            )
    found = Group(city, made, {})
    lead = made["lead"]
    for name in MARKS:
        do(found.reporter(name), made[name], "note", words=MARKS[name]["note"])
    do(cast.dispatcher, lead, "accept", category="housing.property-service")
    do(cast.dispatcher, lead, "dispatch", lead=cast.handler.unit_id)
    do(cast.handler, lead, "take")
    for name in ("second", "third"):
        do(cast.dispatcher, made[name], "link", same_as=lead.number, words=INSIDE)
    do(cast.handler, lead, "note", words=INSIDE)
    do(cast.handler, lead, "reply", reply=REPLY, files=[_file("reply")])
    do(cast.checker, lead, "check_pass", words=INSIDE)
    with database.acting_as(settings.INSTALLATION, "worker"):
        operations.links_follow(matter_ids=[lead.matter_id], now=NOW)
    seal_all(city.installation, NOW + timedelta(minutes=5))
    with as_role(city.installation, "owner") as owner:
        for name, each in made.items():
            rows = owner.execute(
                "SELECT id FROM files_attachment WHERE subject_kind = 'matter' AND subject_id = %s", [each.matter_id]
            ).fetchall()
            found.file_ids[name] = [row[0] for row in rows]
    assert [len(found.file_ids[name]) for name in MARKS] == [2, 1, 1]
    return found


def browser(group: Group, name: str) -> Client:
    client = Client(REMOTE_ADDR=f"10.9.8.{list(MARKS).index(name) + 1}")
    made = group.made[name]
    answer = client.post("/follow/", {"number": made.number, "code": made.follow_code})
    assert (answer.status_code, answer["Location"]) == (302, f"/my/{made.number}/")
    return client


def body_of(answer: Any) -> str:
    return (b"".join(answer.streaming_content) if answer.streaming else answer.content).decode()


@pytest.mark.parametrize("name", MARKS)
def test_no_page_of_a_reporter_tells_of_another(group: Group, name: str):
    client, own = browser(group, name), group.made[name].number
    for path in (f"/my/{own}/", f"/my/{own}/proof/", f"/my/{own}/data/", "/mine/", "/mine/data/", "/public/", "/"):
        answer = client.get(path)
        told = body_of(answer)
        assert answer.status_code in (200, 302), path
        assert [mark for mark in (*group.others(name), INSIDE) if mark in told] == [], path
    assert REPLY in body_of(client.get(f"/my/{own}/"))


@pytest.mark.parametrize("name", MARKS)
def test_another_s_number_opens_nothing(group: Group, name: str):
    client = browser(group, name)
    for other in MARKS:
        if other == name:
            continue
        number = group.made[other].number
        for page in ("", "proof/", "data/", "data/copy/"):
            assert client.get(f"/my/{number}/{page}").status_code == 404, (other, page)
        for page in (
            "rate/",
            "add/",
            "withdraw/",
            "urge/",
            "data/copy/",
            "data/correct/",
            "data/erase/",
            "data/consent/",
        ):
            sent = {"solved": "yes", "words": "x", "code": group.made[name].follow_code}
            assert client.post(f"/my/{number}/{page}", sent).status_code == 404, (other, page)
        code = group.made[name].follow_code
        assert client.post("/follow/", {"number": number, "code": code}).status_code != 302
        answer = client.get(f"/api/v1/reports/{number}", headers={"Follow-Code": code})
        assert (answer.status_code, number in body_of(answer)) == (404, False)
        for pk in group.file_ids[other]:
            for page in ("", "preview/"):
                assert client.get(f"/files/{pk}/{page}").status_code == 404


@pytest.mark.parametrize("name", ["second", "third"])
def test_a_proof_names_no_other_report(group: Group, name: str):
    """An entry is proved whole, and the linking names the lead: it isn't in the reporter's file."""
    own, lead = group.made[name], group.made["lead"].matter_id
    proof = read_proof(body_of(browser(group, name).get(f"/my/{own.number}/proof/")))
    told = [entry.entry.decode() for tree in proof.trees for entry in tree.entries]
    assert check(proof).is_proved
    assert len(told) == 2  # the report and the note
    assert [text for text in told if re.search(rf"lead_id\D+{lead}\b", text)] == []
    assert browser(group, name).get(f"/my/{lead}/").status_code == 404


@pytest.mark.parametrize("name", MARKS)
def test_a_copy_of_one_s_data_tells_of_nobody_else(group: Group, name: str):
    own = group.made[name]
    answer = browser(group, name).post(f"/my/{own.number}/data/copy/", {"confirm": own.follow_code})
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as archive:
        told = "".join(archive.read(each).decode(errors="ignore") for each in archive.namelist())
    assert MARKS[name]["words"] in told
    assert [mark for mark in (*group.others(name), INSIDE) if mark in told] == []


@pytest.mark.parametrize("name", ["second", "third"])
def test_no_row_of_another_s_is_read_by_sql_of_ones_own(group: Group, name: str):
    """Whatever table has a matter's id: of the lead's there is the link and the reply, of the other's nothing."""
    lead = group.made["lead"].matter_id
    rest = [each.matter_id for other, each in group.made.items() if other not in (name, "lead")]
    with as_role(group.city.installation, "app") as opened:
        scope(opened, group.reporter(name))
        seen = {}
        for table, column in columns_of_matters(opened):
            asked = sql.SQL("SELECT count(*) FILTER (WHERE {c} = %s), count(*) FILTER (WHERE {c} = ANY (%s)) FROM {t}")
            query = asked.format(c=sql.Identifier(column), t=sql.Identifier(table))
            try:
                with opened.transaction():
                    counts = opened.execute(query, [lead, rest]).fetchone()
            except psycopg.errors.InsufficientPrivilege:
                continue
            if counts != (0, 0):
                seen[table, column] = counts
        assert seen == {("matters_link", "lead_id"): (1, 0), ("matters_remark", "matter_id"): (1, 0)}
        assert opened.execute("SELECT text FROM matters_remark WHERE matter_id = %s", [lead]).fetchall() == [(REPLY,)]
        assert opened.execute("SELECT count(*) FROM matters_matter").fetchone() == (1,)
        # The words themselves lie nowhere else.
        assert opened.execute("SELECT count(*) FROM matters_matter WHERE body LIKE '%甲%'").fetchone() == (0,)


def columns_of_matters(opened: psycopg.Connection) -> list[tuple[str, str]]:
    rows = opened.execute(
        "SELECT c.table_name, c.column_name FROM information_schema.columns c JOIN information_schema.tables t"
        " USING (table_schema, table_name) WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE'"
        " AND c.data_type = 'bigint' AND (c.column_name IN ('matter_id', 'lead_id', 'subject_id')"
        " OR (c.table_name = 'matters_matter' AND c.column_name = 'id')) ORDER BY 1, 2"
    ).fetchall()
    assert len(rows) > 10, "else nothing is looked at"
    return rows


@pytest.mark.parametrize("name", ["lead", "second"])
def test_no_reporter_writes_into_another_s_or_links(group: Group, name: str):
    mine, other = group.made[name], group.made["third"]
    writes = (
        ("UPDATE matters_link SET unlinked_at = now() WHERE lead_id = %s", [group.made["lead"].matter_id]),
        ("UPDATE matters_matter SET stage = 'closed' WHERE id = %s", [other.matter_id]),
    )
    with as_role(group.city.installation, "app") as opened:
        scope(opened, group.reporter(name))
        for text, values in writes:
            try:
                with opened.transaction():
                    assert opened.execute(text, values).rowcount == 0, text
            except psycopg.errors.InsufficientPrivilege:
                pass
        with pytest.raises(psycopg.errors.InsufficientPrivilege), opened.transaction():
            opened.execute(
                "INSERT INTO matters_link (matter_id, lead_id, stage, linked_at, asked, unit_id, post_id)"
                " SELECT %s, %s, 'reported', now(), false, min(u.id), min(p.id) FROM organisation_unit u, organisation_post p",
                [mine.matter_id, other.matter_id],
            )


def test_the_units_read_the_words_and_not_who_said_them(group: Group):
    """The lead's unit works for all of them: it reads what they wrote, and reaches only the lead's reporter."""
    handler = group.city.cast.handler
    for name in ("second", "third"):
        made = group.made[name]
        with acting(handler), pytest.raises(DomainError):
            operations.reveal_contact(matter_id=made.matter_id, reason="call_back", actor=handler, now=NOW)
        with as_role(group.city.installation, "app") as opened:
            scope(opened, handler)
            body = opened.execute("SELECT body FROM matters_matter WHERE id = %s", [made.matter_id]).fetchone()
            assert body == (MARKS[name]["words"] + "的路灯不亮",)
            sealed = "SELECT count(*) FROM vault_record WHERE subject_kind = 'matter' AND subject_id = %s"
            assert opened.execute(sealed, [made.matter_id]).fetchone() == (0,)
    with acting(handler):
        assert Attachment.objects.filter(subject_id=group.made["second"].matter_id).count() == 1


def test_units_that_have_no_part_in_the_lead_see_none_of_it(group: Group):
    cast = group.city.cast
    for actor in (cast.second_handler, cast.neighbour_handler, cast.neighbour_dispatcher):
        with as_role(group.city.installation, "app") as opened:
            scope(opened, actor)
            ids = [each.matter_id for each in group.made.values()]
            assert opened.execute("SELECT count(*) FROM matters_matter WHERE id = ANY (%s)", [ids]).fetchone() == (0,)
            assert opened.execute("SELECT count(*) FROM matters_link WHERE lead_id = %s", [ids[0]]).fetchone() == (0,)
