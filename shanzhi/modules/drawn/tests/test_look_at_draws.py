"""Anybody looks at draws, shows their side's number, takes the file along and has it done again; nothing of it is kept."""

import json
import re
from hashlib import sha256
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from shanzhi.kernel.draws.policy import write_draw
from shanzhi.kernel.draws.tests.drawn_city import announce, go_on, made, nonce_for, plan, start
from shanzhi.kernel.draws.tests.own_draw import own_draw
from shanzhi.modules.drawn.policy import FILE_MOST
from shanzhi.modules.drawn.queries import judge
from tests.concurrency.committed import City, city, seal_all

__all__ = ["city"]


def bring(data: bytes) -> Any:
    return Client().post("/draws/redo/", {"file": SimpleUploadedFile("draw.json", data)})


@pytest.fixture(scope="module")
def drawn(city: City) -> tuple[int, str]:
    return made(city, "pages", nonce_for(1))


def test_it_shows_what_was_announced_and_what_was_drawn(drawn):
    number, file = drawn
    page = Client().get("/draws/").content.decode()
    assert f"/draws/{number}/" in page
    assert "抽查现场" in page
    page = Client().get(f"/draws/{number}/").content.decode()
    for _, ids in [(each["stratum"], each["ids"]) for each in json.loads(file)["result"]["drawn"]]:
        assert all(id_ in page for id_ in ids)
    seed = json.loads(file)["result"]["seed"]
    assert " ".join(seed[at : at + 8] for at in range(0, 64, 8)) in page
    with CaptureQueriesContext(connection) as seen:
        answer = Client().get(f"/draws/{number}/draw.json")
    assert len([row for row in seen if "SAVEPOINT" not in row["sql"]]) <= 18
    assert answer["Content-Disposition"] == f'attachment; filename="draw-{number}.json"'
    assert json.loads(answer.content)["result"] == json.loads(file)["result"]
    assert Client().get("/draws/99999999999999999999/").status_code == 404
    assert Client().get("/draws/4711/draw.json").status_code == 404


def test_a_side_shows_its_number_without_signing_in(city, drawn):
    number = announce(city, plan("pages-2", nonce_for(2)), now=start())
    here = f"/draws/{number}/"
    early = Client().post(here, {"nonce": nonce_for(2).hex()})
    assert (early.status_code, "还没有定树头" in early.content.decode()) == (409, True)
    go_on(city, timezone.now() if timezone.now() > start() else start())
    assert "出示随机数" in Client().get(here).content.decode()
    wrong = Client().post(here, {"nonce": "00" * 32})
    assert (wrong.status_code, "都对不上" in wrong.content.decode()) == (422, True)
    assert Client().post(here, {}).status_code == 422
    assert Client().post(here, {"nonce": nonce_for(2).hex()}).status_code == 302
    page = Client().get(here).content.decode()
    assert ("随机数已齐，正在抽取" in page, 'name="nonce"' in page) == (True, False)
    assert Client().post("/draws/4711/", {"nonce": "00" * 32}).status_code == 404
    assert Client().get(f"{here}draw.json").status_code == 409


def test_a_side_makes_its_number_on_a_page_that_keeps_nothing():
    assert Client().get("/draws/nonce/").status_code == 200
    answers = [Client().post("/draws/nonce/") for _ in range(2)]
    made = [re.findall(r"<dd>([0-9a-f]{64})</dd>", answer.content.decode()) for answer in answers]
    assert all(sha256(bytes.fromhex(nonce)).hexdigest() == commitment for nonce, commitment in made)
    assert made[0] != made[1]
    assert all("no-store" in answer["Cache-Control"] for answer in answers)


def test_it_does_a_draw_again_and_keeps_nothing(drawn):
    _, file = drawn
    page = bring(file.encode()).content.decode()
    assert "重新抽取，结果一致" in page
    assert "不是本市签的" not in page
    assert all(id_ in page for each in json.loads(file)["result"]["drawn"] for id_ in each["ids"])
    assert "是不是公告之后的第一份" not in page
    with CaptureQueriesContext(connection) as seen:
        assert judge(file.encode()).verdict == "same"
    assert len(seen) == 2
    assert all(row["sql"].lstrip().startswith("SELECT") for row in seen)


def test_it_tells_what_differs_and_what_is_another_platforms(drawn):
    _, file = drawn
    said = json.loads(file)
    said["result"]["drawn"][0]["ids"].reverse()
    page = bring(json.dumps(said).encode()).content.decode()
    assert "不一致，这次抽取不能采信" in page
    assert "“张店区”抽中的次序和结果里的不一样" in page
    other, _ = own_draw()
    assert "但不是本市签的" in bring(write_draw(other).encode()).content.decode()
    assert judge(write_draw(other).encode()).verdict == "elsewhere"


def test_it_knows_a_head_of_this_city_that_was_not_the_first(city):
    """Everything signed by the city itself, and yet not the head that it had to take."""
    now = start()
    number, file = made(city, "pages-3", nonce_for(3))
    assert now < start()
    later = json.loads(file)
    later["proof"]["trees"] = [{**later["course"]["trees"][0], "entries": later["course"]["trees"][0]["entries"][:1]}]
    judged = judge(json.dumps(later).encode())
    assert judged.verdict == "different"
    assert any("本市公告之后的第一份树头" in str(fault) for fault in judged.faults)
    assert number


@pytest.mark.parametrize(
    ("data", "status", "sentence"),
    [
        (b"", 422, "文件是空的"),
        (b"hello", 422, "不是抽取文件"),
        (b'{"format": "shanzhi-draw-9"}', 422, "认不出来"),
        (b'{"format": "shanzhi-draw-1"}', 422, "内容残缺"),
        (b" " * (FILE_MOST + 1), 413, "最多 10 MB"),
    ],
)
def test_it_says_why_a_file_can_not_be_read(drawn, data, status, sentence):
    answer = bring(data)
    assert answer.status_code == status
    assert sentence in answer.content.decode()


def test_it_asks_for_a_file_and_takes_no_form_from_another_site(drawn):
    assert "请选择一个文件。" in Client().post("/draws/redo/", {}).content.decode()
    assert Client(enforce_csrf_checks=True).post("/draws/redo/", {}).status_code == 403


def test_programs_read_the_same(city, drawn):
    number, file = drawn
    rows = Client().get("/api/v1/draws").json()["draws"]
    assert number in [row["number"] for row in rows]
    one = Client().get(f"/api/v1/draws/{number}").json()
    assert [(each["code"], each["drawn"]) for each in one["strata"]] == [
        (each["stratum"], each["ids"]) for each in json.loads(file)["result"]["drawn"]
    ]
    assert Client().get(f"/api/v1/draws/{number}/file").json()["result"] == json.loads(file)["result"]
    assert Client().get("/api/v1/draws/0").status_code == 422
    kept = announce(city, plan("pages-4", nonce_for(4), is_public=False), now=start())
    seal_all(city.installation, start())
    assert Client().get(f"/api/v1/draws/{kept}").json()["is_public"] is False
    assert "370303-01" not in Client().get(f"/draws/{kept}/").content.decode()
    assert Client().get(f"/api/v1/draws/{kept}/file").status_code == 404
