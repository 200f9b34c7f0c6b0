"""Whoever runs the city's server sees how it is, and sees no resident in it."""

import json
import logging
import uuid
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from django.core.signals import got_request_exception
from django.db import connection, transaction
from django.test import Client, override_settings
from prometheus_client.parser import text_string_to_metric_families

from shanzhi.config.observe import logs
from shanzhi.config.observe.folder import folder_of, fresh_folder
from shanzhi.config.observe.requests import HEADER

PHONE = "13912345678"
pytestmark = pytest.mark.django_db


def _lines(records: list[logging.LogRecord]) -> list[dict[str, Any]]:
    shape = logs.formatter(as_text=False)
    return [json.loads(shape.format(record)) for record in records]


def test_it_says_that_the_process_is_up_without_asking_the_database(client: Client, django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_it_is_ready_when_the_database_answers_and_has_the_tables(client: Client) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ready", "checks": {"database": True, "tables": True}}


def test_it_is_not_ready_while_the_database_is_away(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    # A thread of its own has a connection of its own, which looks where there is no database.
    monkeypatch.setitem(connection.settings_dict, "HOST", "/nowhere")
    with ThreadPoolExecutor(1) as thread:
        answer = thread.submit(client.get, "/readyz").result()
        alive = thread.submit(client.get, "/healthz").result()
    assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert answer.json() == {"status": "not-ready", "checks": {"database": False, "tables": False}}
    assert alive.status_code == 200


@pytest.mark.parametrize("given", ["", "short", "with space in it", "x" * 65, "a\r\nSet-Cookie: b", "<script>alert(1)"])
def test_it_gives_a_request_an_id_of_its_own_where_the_given_one_is_none(client: Client, given: str) -> None:
    fresh = client.get("/healthz", headers={HEADER: given})[HEADER]
    assert uuid.UUID(fresh).hex == fresh


def test_it_takes_over_the_id_of_the_proxy_before_it(client: Client) -> None:
    assert client.get("/healthz", headers={HEADER: "edge-20261122-0001"})[HEADER] == "edge-20261122-0001"


def test_it_writes_one_line_a_request_with_the_route_and_never_the_address(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "shanzhi.request")
    answer = client.get("/my/SZ-1234-5678/", {"phone": PHONE, "code": "geheim"})
    (line,) = _lines([record for record in caplog.records if record.name == "shanzhi.request"])
    del line["ms"], line["at"]
    assert line == {
        "event": "request",
        "level": "info",
        "logger": "shanzhi.request",
        "method": "GET",
        "route": "/my/<str:number>/",
        "status": answer.status_code,
        "actor": "reporter",
        "process": "command",
    }


def test_it_writes_no_line_for_a_supervisors_looks(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "shanzhi.request")
    client.get("/healthz")
    client.get("/readyz")
    assert [record for record in caplog.records if record.name == "shanzhi.request"] == []


def test_it_tells_an_exception_without_its_words(caplog: pytest.LogCaptureFixture) -> None:
    log = logging.getLogger("django.request")
    try:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT %s::bigint", [f"张三 {PHONE}"])
        except Exception as inner:
            raise ValueError(f"张三 {PHONE}") from inner
    except ValueError:
        log.exception("Internal Server Error: /report/ 电话 %s", PHONE)
    (line,) = _lines(caplog.records[-1:])
    assert PHONE not in json.dumps(line, ensure_ascii=False)
    assert "张三" not in json.dumps(line, ensure_ascii=False)
    assert [error["type"] for error in line["error"]] == [
        "builtins.ValueError",
        "django.db.utils.DataError",
        "psycopg.errors.InvalidTextRepresentation",
    ]
    assert line["error"][2]["sqlstate"] == "22P02"
    assert "test_watch_the_processes.py" in line["error"][0]["at"][-1]


def test_it_masks_what_a_library_says(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("some.library").warning("refused %s for %s", "110101199003070134", {"phone": PHONE})
    (line,) = _lines(caplog.records[-1:])
    assert "110101199003070134" not in line["event"]
    assert PHONE not in line["event"]
    assert line["event"].startswith("refused 1101****")


def test_it_cuts_what_is_too_long_and_keeps_one_line_a_record() -> None:
    record = logging.LogRecord("x", logging.WARNING, "", 0, "一行\n" * 5000, None, None)
    text = logs.formatter(as_text=False).format(record)
    assert "\n" not in text
    assert len(json.loads(text)["event"]) == logs.MOST


def test_it_ignores_extras_that_are_not_ours() -> None:
    record = logging.LogRecord("x", logging.WARNING, "", 0, "hm", None, None)
    record.request = f"GET /?phone={PHONE}"
    assert PHONE not in logs.formatter(as_text=False).format(record)


def test_it_names_the_request_on_the_page_that_says_that_something_broke(
    client: Client, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError(f"李四 {PHONE}")

    monkeypatch.setattr("shanzhi.modules.intake.web.follow.render", broken)
    client.raise_request_exception = False
    got_request_exception.disconnect(client.store_exc_info)
    answer = client.get("/", headers={HEADER: "edge-20261122-0002"})
    assert answer.status_code == 500
    assert "edge-20261122-0002" in answer.content.decode()
    assert PHONE not in json.dumps(_lines(caplog.records), ensure_ascii=False)


def _figures(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_it_counts_requests_by_route(client: Client) -> None:
    labels = frozenset({("method", "GET"), ("route", "/my/<str:number>/"), ("status", "404")})
    key = ("shanzhi_requests_total", labels)
    before = _figures(client.get("/metrics").content.decode()).get(key, 0)
    client.get("/my/SZ-1234-5678/")
    client.get("/my/SZ-1234-9999/")
    text = client.get("/metrics").content.decode()
    assert _figures(text)[key] == before + 2
    assert "SZ-1234" not in text


@pytest.mark.parametrize(
    ("extra", "status"),
    [
        ({"REMOTE_ADDR": "127.0.0.1"}, 200),
        ({"REMOTE_ADDR": "::1"}, 200),
        ({"REMOTE_ADDR": "10.1.2.3"}, 404),
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "10.1.2.3"}, 404),
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_FORWARDED": "for=10.1.2.3"}, 404),
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_AUTHORIZATION": "Bearer guess"}, 200),
    ],
)
def test_it_shows_figures_to_this_machine_only(client: Client, extra: dict[str, Any], status: int) -> None:
    assert client.get("/metrics", **extra).status_code == status


@pytest.mark.parametrize(("token", "status"), [("right-token", 200), ("wrong", 404), ("", 404), ("right-tokenx", 404)])
def test_it_asks_for_the_token_where_one_is_set(client: Client, token: str, status: int) -> None:
    with override_settings(METRICS_TOKEN="right-token"):
        assert client.get("/metrics", headers={"Authorization": f"Bearer {token}"}).status_code == status


def test_it_adds_no_route_for_each_address_that_somebody_tries(client: Client) -> None:
    for number in range(3):
        client.get(f"/wp-admin/{number}.php")
    text = client.get("/metrics").content.decode()
    assert "wp-admin" not in text
    assert 'route="unmatched"' in text


def test_it_counts_methods_that_nobody_knows_as_one(client: Client) -> None:
    client.generic("BREW", "/healthz")
    assert 'method="OTHER"' in client.get("/metrics").content.decode()
    assert "BREW" not in client.get("/metrics").content.decode()


def test_it_begins_its_figures_anew_with_each_start(tmp_path: Path) -> None:
    folder = fresh_folder(tmp_path, "app")
    (folder / "counter_1.db").write_bytes(b"old")
    assert list(fresh_folder(tmp_path, "app").iterdir()) == []
    assert folder_of(tmp_path, "worker") == tmp_path / "metrics" / "worker"
