"""The database, its disk or the file store is away: people read a sentence, nothing is half done, and it comes back."""

import hashlib
import logging
import os
import shutil
import subprocess
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, connections
from django.test import Client, override_settings

from shanzhi.config import away, database
from shanzhi.kernel.files.tests.pictures import picture
from tests.concurrency.committed import City, city, waits_for_a_lock
from tests.fault.running import UP_SECONDS, call, installed

__all__ = ["city"]

REPORT = {"body": "路灯不亮", "region_code": "370303009006", "contact_phone": "13812345678"}
AGAIN = "不会重复办理"


@pytest.fixture
def client(city: City) -> Client:
    return Client(raise_request_exception=False)


@contextmanager
def nowhere() -> Iterator[None]:
    """The database's socket is gone."""
    told = connections["default"].settings_dict
    host = told["HOST"]
    connections["default"].close()
    told["HOST"] = "/nowhere"
    try:
        yield
    finally:
        connections["default"].close()
        told["HOST"] = host


def send(client: Client, key: str) -> Any:
    return client.post(
        "/api/v1/reports", data=REPORT, content_type="application/json", headers={"Idempotency-Key": key}
    )


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_it_answers_with_a_sentence_and_says_when_to_come_back(client: Client, language):
    with nowhere():
        page = client.get("/public/", headers={"Accept-Language": language})
        assert (page.status_code, page["Retry-After"]) == (503, "5")
        word = AGAIN if language == "zh-hans" else "it won&#x27;t be done twice"
        assert word in page.content.decode()
        asked = send(client, str(uuid.uuid4()))
        assert (asked.status_code, asked["Content-Type"]) == (503, "application/problem+json")
        assert asked["Retry-After"] == "5"
        assert {name: asked.json()[name] for name in ("type", "title", "status")} == {
            "type": "urn:shanzhi:unavailable",
            "title": "unavailable",
            "status": 503,
        }
    assert client.get("/public/").status_code == 200


def test_it_is_logged_once_without_what_was_typed(client: Client, caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.WARNING), nowhere():
        assert client.post("/report/", {"body": "张三丰 13812345678", "contact_name": "张三丰"}).status_code == 503
    assert [record.getMessage().strip() for record in caplog.records] == ["unavailable: OperationalError"]
    assert caplog.records[0].exc_info is None


def test_it_does_nothing_by_half_where_the_session_is_cut_in_the_middle(client: Client, city: City):
    key, answers = str(uuid.uuid4()), []

    def ask() -> None:
        try:
            answers.append(send(Client(raise_request_exception=False), key))
        finally:
            connections.close_all()

    thread = threading.Thread(target=ask)
    with psycopg.connect(database.admin_url(city.installation)) as holder:
        # The entry is written last: the matter, its clock and its contact are there by then.
        holder.execute("LOCK TABLE shanzhi.journal_entry IN EXCLUSIVE MODE")
        thread.start()
        deadline = time.monotonic() + UP_SECONDS
        while not waits_for_a_lock(city.installation):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        with psycopg.connect(database.admin_url(city.installation), autocommit=True) as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
        thread.join(UP_SECONDS)
    assert [answer.status_code for answer in answers] == [503]
    assert AGAIN in answers[0].json()["detail"]
    with database.as_owner(city.installation) as owner:
        found = "SELECT (SELECT count(*) FROM matters_matter), (SELECT count(*) FROM vault_record WHERE subject_kind = 'matter')"
        assert owner.execute(found).fetchone() == (0, 0)
    first, second = send(client, key), send(client, key)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["number"] == second.json()["number"]
    with database.as_owner(city.installation) as owner:
        assert owner.execute("SELECT count(*) FROM matters_matter").fetchone() == (1,)


@pytest.mark.parametrize(
    ("state", "words"),
    [("53100", "磁盘满了"), ("40P01", "人太多"), ("40001", "人太多"), ("55P03", "人太多"), ("57P01", "连不上")],
)
def test_it_has_a_sentence_for_each_way_to_fail(city: City, state, words):
    statement = f"DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{state}'; END $$"
    with pytest.raises(DatabaseError) as raised, connection.cursor() as cursor:
        cursor.execute(statement)
    connection.close()
    assert words in away.sentence_of(raised.value)
    for other in (ValueError("x"), OSError(2, "none"), None):
        assert away.sentence_of(other) == ""
    assert "磁盘满了" in away.sentence_of(OSError(28, "No space left on device"))


@contextmanager
def disk(size: str) -> Iterator[Path]:
    """A small disk of its own."""
    folder = Path(tempfile.mkdtemp(prefix="shanzhi-d-"))
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        folder.rmdir()
        pytest.skip("only who may mount can make a disk full")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)
        shutil.rmtree(folder, ignore_errors=True)


def remount(folder: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", folder], check=True)


def with_photo(client: Client, width: int) -> Any:
    photo = SimpleUploadedFile("灯.jpg", picture(size=(width, 400)), content_type="image/jpeg")
    return client.post("/report/", {"key": str(uuid.uuid4()), "body": "路灯不亮", "do": "report", "photos": photo})


@pytest.mark.parametrize(("harm", "width"), [("full", 600), ("read-only", 601)])
def test_it_says_that_photos_can_not_be_stored_and_stores_no_half_of_one(
    client: Client, city: City, harm, width, caplog
):
    count = "SELECT (SELECT count(*) FROM matters_matter), (SELECT count(*) FROM files_blob)"
    with database.as_owner(city.installation) as owner:
        before = owner.execute(count).fetchone()
    with disk("1m") as folder:
        options = {"location": str(folder / "files")}
        (folder / "files").mkdir()
        evidence = {**settings.STORAGES["evidence"], "OPTIONS": options}
        with override_settings(STORAGES={**settings.STORAGES, "evidence": evidence}):
            if harm == "full":
                (folder / "filler").write_bytes(bytes((1 << 20) - 4096))
            else:
                remount(folder, "ro")
            answer = with_photo(client, width)
            # The form comes back with what was typed, and may be sent without the photo.
            assert answer.status_code == 422
            assert "存不下" in answer.content.decode()
            assert "路灯不亮" in answer.content.decode()
            # A whole file that nothing refers to does no harm; half of one would, because its name says that it is there.
            for path in (path for path in (folder / "files").rglob("*") if path.is_file()):
                assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name
            if harm == "full":
                (folder / "filler").unlink()
            else:
                remount(folder, "rw")
            assert with_photo(client, width).status_code == 302
    with database.as_owner(city.installation) as owner:
        after = owner.execute(count).fetchone()
    assert before is not None
    assert after == (before[0] + 1, before[1] + 1)
    assert [row.getMessage() for row in caplog.records if row.name == "shanzhi.kernel.files.operations"] == [
        f"the store of evidence can't be written: {'No space left on device' if harm == 'full' else 'Read-only file system'}"
    ]


def test_it_survives_a_full_disk_of_the_database(tmp_path: Path):
    """The embedded server's own disk: reports are refused with a sentence while it is full, and taken again after."""
    with disk("400m") as folder, installed(folder / "home") as running:
        running.start_serving()
        running.start_worker()

        def report() -> tuple[int, dict[str, Any]]:
            try:
                return call(running.port, "POST", "/api/v1/reports", REPORT, Idempotency_Key=str(uuid.uuid4()))
            except (OSError, ValueError):
                return 0, {}

        assert report()[0] == 201
        fill(folder / "filler")
        refused, taken = [], 1
        for _ in range(4000):
            status, answer = report()
            if status == 503:
                refused.append(answer["detail"])
                break
            assert status == 201
            taken += 1
        assert refused, "it never got full"
        assert "没有保存" in refused[0]
        (folder / "filler").unlink()
        deadline = time.monotonic() + 60
        while report()[0] != 201:
            assert time.monotonic() < deadline, "it did not come back"
            time.sleep(0.2)
        taken += 1
        with database.as_owner(running.installation) as owner:
            found = "SELECT count(*), (SELECT count(*) FROM journal_entry WHERE action = 'matters.report') FROM matters_matter"
            assert owner.execute(found).fetchone() == (taken, taken)


def fill(path: Path) -> None:
    """Take all the room that is left."""
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(1 << 16))
        except OSError:
            return
