"""A bulk export: two people, the asker's own sight by row-level security, one file, gone when its time or post is over."""

import csv
import hashlib
import io
import json
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.core.files.storage import storages
from django.db import connection, connections
from django.test import Client
from django.utils import timezone

from shanzhi.config import database
from shanzhi.kernel.access import operations as access
from shanzhi.kernel.access import queries
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.matters.models import Matter
from shanzhi.kernel.matters.queries import bulk
from shanzhi.kernel.organisation import operations as organisation
from shanzhi.modules.exports import operations
from shanzhi.modules.exports.models import Export
from shanzhi.modules.exports.policy import COLUMNS, ExportNotFound, ExportNotReady, OutOfScope, Wanted, wanted_of
from tests.city import LOADER, LOGINS, NOW, PASSWORD, _actor
from tests.concurrency.committed import City, as_role, at_once
from tests.concurrency.steps import sort_out
from tests.protection.standing import VISIBLE, Standing, stand

FIELDS = {"since": "2025-11-01", "until": "2025-11-30", "columns": ",".join(COLUMNS), "format": "csv"}


@pytest.fixture(scope="module")
def standing(city: City) -> Standing:
    return stand(city)


@pytest.fixture(autouse=True)
def store(tmp_path: Any, settings: Any) -> None:
    """A store of its own."""
    settings.STORAGES = settings.STORAGES | {
        "exports": {**settings.STORAGES["exports"], "OPTIONS": {"location": tmp_path / "exports"}}
    }


def wanted(**fields: str) -> Wanted:
    return wanted_of({**FIELDS, **fields})


def asked(actor: Actor, now: Any = NOW, **fields: str) -> int:
    with acting(actor):
        return operations.export_ask(wanted=wanted(**fields), reason="年度检查用", actor=actor, now=now)


def agreed(city: City, actor: Actor, now: Any = NOW, **fields: str) -> int:
    """Asked for and agreed to; the sign-off's number."""
    number = asked(actor, now, **fields)
    officer = city.cast.security_officer
    with acting(officer):
        access.signoff_decide(signoff_id=number, approve=True, words="属实", actor=officer, now=now)
    with database.acting_as(city.installation, "worker"):
        access.signoff_run_due(now=now)
    return number


def write(city: City, now: Any = NOW) -> int:
    with database.acting_as(city.installation, "worker"):
        return operations.exports_write(now=now)


def row_of(city: City, number: int) -> Export:
    with database.acting_as(city.installation, "worker"):
        return Export.objects.get(signoff_id=number)


def entries(city: City, number: int) -> list[tuple[str, dict[str, Any]]]:
    with as_role(city.installation, "worker") as worker:
        rows = worker.execute(
            "SELECT action, payload FROM journal_entry WHERE subject_kind = 'export' AND subject_id ="
            " (SELECT id FROM exports_export WHERE signoff_id = %s) ORDER BY id",
            [number],
        ).fetchall()
    return [(action, payload) for action, payload in rows]


def download(actor: Actor, key: str, now: Any = NOW) -> bytes:
    with acting(actor):
        opened = operations.export_download(key=key, actor=actor, now=now)
    with opened.file:
        return opened.file.read()


def table(content: bytes) -> list[dict[str, str]]:
    """The rows between the definitions and the count."""
    assert content.startswith("\ufeff".encode())
    lines = [line for line in csv.reader(io.StringIO(content.decode("utf-8-sig"))) if not line[0].startswith("# ")]
    return [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]


def numbers_of(standing: Standing, city: City, names: set[str]) -> set[str]:
    with as_role(city.installation, "worker") as worker:
        rows = worker.execute(
            "SELECT number FROM matters_matter WHERE id = ANY (%s)", [[standing.matters[name] for name in names]]
        ).fetchall()
    return {row[0] for row in rows}


def test_it_writes_exactly_what_the_asking_post_sees(city, standing, monkeypatch):
    # The Python side is asked for everything: what holds the file to the post is the database.
    monkeypatch.setattr(bulk, "found_whole", lambda wanted, now: Matter.objects.all())
    county = _actor("centre-370303", "supervisor", 0)
    for actor, names in ((city.cast.supervisor, VISIBLE["supervisor"]), (county, VISIBLE["county_checker"])):
        number = agreed(city, actor)
        assert write(city) == 1
        row = row_of(city, number)
        content = download(actor, row.key)
        assert {line["编号"] for line in table(content)} == numbers_of(standing, city, names)
        assert (row.rows_total, row.rows_done, row.size) == (len(names), len(names), len(content))
        assert row.sha256 == hashlib.sha256(content).hexdigest()
        assert content.decode().splitlines()[-1] == f'"# 共 {len(names)} 行"'
        assert b"138" not in content
        assert "电梯" not in content.decode()


def test_it_tells_the_journal_figures_filter_and_hash(city, standing):
    number = agreed(city, city.cast.supervisor, region="370306", columns="number,solved", format="jsonl")
    write(city)
    row = row_of(city, number)
    content = download(city.cast.supervisor, row.key)
    first, *lines, last = [json.loads(line) for line in content.decode().splitlines()]
    assert first["export"] == "2025-11-01..2025-11-30 370306"
    assert list(first["columns"]) == ["number", "solved"]
    assert {line["number"] for line in lines} == numbers_of(standing, city, {"foreign", "waiting there"})
    assert last == {"rows": 2}
    assert entries(city, number) == [
        (
            "export.ready",
            {
                "signoff_id": number,
                "since": "2025-11-01",
                "until": "2025-11-30",
                "region": "370306",
                "category": "",
                "matter_kind": "",
                "columns": ["number", "solved"],
                "file_format": "jsonl",
                "rows": 2,
                "sha256": row.sha256,
            },
        ),
        ("export.download", {"signoff_id": number, "sha256": row.sha256}),
    ]


def test_it_is_written_once_by_two_workers(city, standing):
    number = agreed(city, city.cast.supervisor)

    def work() -> int:
        installation = city.installation
        connection.close()
        connection.settings_dict = {
            **connection.settings_dict,
            "USER": installation.role("worker"),
            "PASSWORD": installation.secrets.passwords["worker"],
        }
        try:
            return operations.exports_write(now=NOW)
        finally:
            connection.close()

    done, refused = sort_out(at_once(*[work] * 3))
    assert (refused, sum(row.value for row in done)) == ([], 1)
    assert [action for action, _ in entries(city, number)] == ["export.ready"]
    # The approval was used: it sets nothing going again.
    with database.acting_as(city.installation, "worker"):
        assert access.signoff_run_due(now=NOW) == 0


def test_it_writes_again_from_the_start_what_a_dead_worker_left(city, standing):
    number = agreed(city, city.cast.supervisor)
    with as_role(city.installation, "worker") as worker:
        worker.execute("UPDATE exports_export SET state = 'writing', rows_done = 3 WHERE signoff_id = %s", [number])
        worker.commit()
    assert write(city) == 1
    assert len(table(download(city.cast.supervisor, row_of(city, number).key))) == 7


def test_it_survives_a_full_disk(city, standing, monkeypatch):
    number = agreed(city, city.cast.supervisor)

    def full(*_: object) -> str:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(storages["exports"].__class__, "_save", full)
        assert write(city) == 0
    assert connections["default"].settings_dict["USER"] == city.installation.role("app")
    assert row_of(city, number).state == "writing"
    assert write(city) == 1


def test_a_fault_of_ours_keeps_no_other_export_waiting(city, standing, monkeypatch, tmp_path):
    """In the middle of a file, or of what was asked for: the next in the queue is written all the same."""
    broken, unreadable, good = (agreed(city, city.cast.supervisor) for _ in range(3))
    with as_role(city.installation, "owner") as owner:
        owner.execute("UPDATE exports_export SET params = params - 'columns' WHERE signoff_id = %s", [unreadable])
        owner.commit()
    real = operations.Streamed.chunks
    left = [1]

    def breaks(self, chunk_size=None):
        for piece in real(self, chunk_size):
            yield piece
            if left and left.pop():
                raise ZeroDivisionError

    monkeypatch.setattr(operations.Streamed, "chunks", breaks)
    assert write(city) == 1
    assert [row_of(city, number).state for number in (broken, unreadable, good)] == ["failed", "failed", "ready"]
    assert [action for action, _ in entries(city, broken)] == ["export.end"]
    assert storages["exports"].listdir("")[1] == [operations.storage_name(row_of(city, good))]
    assert write(city) == 0


def test_it_stops_when_it_is_cancelled(city, standing, monkeypatch):
    monkeypatch.setattr(operations.matters, "matters_in_bulk", partial(operations.matters.matters_in_bulk, batch=2))
    actor = city.cast.supervisor
    number = agreed(city, actor)
    key = row_of(city, number).key
    with pytest.raises(ExportNotReady):
        download(actor, key)
    with acting(actor):
        operations.export_cancel(key=key, actor=actor, now=NOW)
    assert write(city) == 0
    assert row_of(city, number).state == "cancelled"
    # In the middle of it: between two batches somebody cancels.
    second = agreed(city, actor)
    key = row_of(city, second).key
    real = operations.Streamed.chunks

    def cancel_after_the_first(self, chunk_size=None):
        for place, piece in enumerate(real(self, chunk_size)):
            if place == 2:
                with as_role(city.installation, "worker") as worker:
                    worker.execute("UPDATE exports_export SET state = 'cancelled' WHERE signoff_id = %s", [second])
                    worker.commit()
            yield piece

    monkeypatch.setattr(operations.Streamed, "chunks", cancel_after_the_first)
    assert write(city) == 0
    assert (row_of(city, second).state, row_of(city, second).rows_done) == ("cancelled", 2)
    assert storages["exports"].listdir("")[1] == []
    with acting(actor), pytest.raises(ExportNotReady):
        operations.export_cancel(key=key, actor=actor, now=NOW)


def test_it_is_for_who_asked_alone(city, standing):
    number = agreed(city, city.cast.supervisor)
    write(city)
    key = row_of(city, number).key
    with pytest.raises(ExportNotFound):
        download(city.cast.keeper, key)
    with pytest.raises(ExportNotFound):
        download(replace(city.cast.supervisor, by_token=True), key)
    # The same post under another holder, the same person in another post.
    with pytest.raises(ExportNotFound):
        download(replace(city.cast.supervisor, staff_id=city.cast.keeper.staff_id), key)
    with pytest.raises(ExportNotFound):
        download(replace(city.cast.supervisor, post_id=city.cast.keeper.post_id), key)
    for guess in ("0", "x" * 43, key[:-1], key.swapcase(), "%"):
        with pytest.raises(ExportNotFound):
            download(city.cast.supervisor, guess)
    for actor in (city.cast.keeper, city.cast.security_officer, city.cast.auditor, Actor()):
        with as_role(city.installation, "app", actor) as opened:
            assert opened.execute("SELECT count(*) FROM exports_export").fetchone() == (0,)


def test_it_is_gone_after_a_week(city, standing):
    number = agreed(city, city.cast.supervisor)
    write(city)
    row = row_of(city, number)
    late = NOW + timedelta(days=7)
    assert download(city.cast.supervisor, row.key, late - timedelta(seconds=1))
    # By the clock, before any job has come by.
    with pytest.raises(ExportNotFound):
        download(city.cast.supervisor, row.key, late)
    assert storages["exports"].exists(operations.storage_name(row))
    with database.acting_as(city.installation, "worker"):
        assert operations.exports_expire(now=late) >= 1
        assert operations.exports_expire(now=late) == 0
    assert not storages["exports"].exists(operations.storage_name(row))
    assert entries(city, number)[-1] == ("export.end", {"signoff_id": number, "why": "expired"})


def test_it_refuses_a_place_that_is_not_the_posts(city, standing):
    county = _actor("centre-370303", "supervisor", 0)
    with pytest.raises(OutOfScope):
        asked(county, region="370306")


def test_it_walks_by_pages_and_is_gone_with_the_post(city, standing):
    """The whole way in the browser; then the asker's post ends: page, list and file are refused."""
    now = timezone.now()
    county = _actor("centre-370303", "supervisor", 0)
    assert county.staff_id is not None
    assert county.post_id is not None
    with database.acting_as(city.installation, "importer"):
        access.account_open(username="county-supervisor", staff_id=county.staff_id, password=PASSWORD)
    asker, officer = Client(), Client()
    for client, login in ((asker, "county-supervisor"), (officer, LOGINS["security_officer"])):
        assert client.post("/accounts/login/", {"login": login, "password": PASSWORD}).status_code == 302
    assert asker.get("/signoffs/new/exports.matters/")["Location"] == "/exports/new/"
    form = {"since": "2025-11-01", "until": "2025-11-30", "columns": ["number", "stage"], "format": "csv"}
    page = asker.post("/exports/new/", form)
    assert page.status_code == 422
    assert "请填写这一项" in page.content.decode()
    answer = asker.post("/exports/new/", {**form, "reason": "年度检查用"})
    assert answer.status_code == 302
    where = answer["Location"]
    assert "等待安全管理员复核" in asker.get(where).content.decode()
    assert asker.post(f"{where}decide/", {"do": "approve", "words": "自己同意"}).status_code == 403
    assert officer.post(f"{where}decide/", {"do": "approve", "words": ""}).status_code == 422
    assert officer.post(f"{where}decide/", {"do": "approve", "words": "已核对"}).status_code == 302
    assert officer.post(f"{where}decide/", {"do": "refuse", "words": "又不同意"}).status_code == 409
    with database.acting_as(city.installation, "worker"):
        access.signoff_run_due(now=now)
        assert operations.exports_write(now=now) == 1
    key = row_of(city, int(where.strip("/").rpartition("/")[2])).key
    path = f"/exports/{key}/file/"
    assert path in asker.get("/exports/").content.decode()
    got = asker.get(path)
    content = b"".join(got.streaming_content)  # type: ignore[attr-defined]
    assert got["Content-Disposition"].startswith("attachment;")
    assert got["Cache-Control"] == "private, no-store"
    assert {line["编号"] for line in table(content)} == numbers_of(standing, city, VISIBLE["county_checker"])
    assert officer.get(path).status_code == 403
    assert Client().get(path).status_code in (302, 401)
    token = access.token_issue(post_id=county.post_id, label="t", now=now)
    bearer = {"Authorization": f"Bearer {token}"}
    assert Client().get(path, headers=bearer).status_code == 404

    with database.acting_as(city.installation, "importer"):
        organisation.end_holding(post_id=county.post_id, on=timezone.localdate(), now=now, author=LOADER)
    assert asker.get(path).status_code == 302
    assert asker.get("/exports/").status_code == 302
    assert Client().get(path, headers=bearer).status_code == 401
    with pytest.raises(ExportNotFound):
        download(county, key, now)
    with database.acting_as(city.installation, "worker"):
        operations.exports_expire(now=now)
    assert storages["exports"].listdir("")[1] == []
    number = int(where.strip("/").rpartition("/")[2])
    assert entries(city, number)[-1] == ("export.end", {"signoff_id": number, "why": "left"})
    assert queries.actor_of_post(county.post_id, timezone.localdate()).staff_id is None
