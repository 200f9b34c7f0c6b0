"""Anybody reads the city's heads and keys, by page, by API and on a printed sheet, and checks that the tree only grew."""

import base64
import re
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from shanzhi.kernel.journal import queries
from shanzhi.kernel.journal.policy import read_head
from shanzhi.kernel.journal.policy.tree import hasher, is_consistent
from shanzhi.kernel.journal.tests.sealing import NOW, fill, last_head
from shanzhi.modules.seals.policy import BadWeek, Week, groups
from shanzhi.modules.seals.queries import head as head_of
from shanzhi.modules.seals.queries import published, sheet
from shanzhi.modules.seals.tests.sealed_city import WEEK, sealed
from tests.concurrency.committed import seal_all

__all__ = ["sealed"]


@pytest.fixture
def anybody(sealed) -> Client:
    return Client()


def queries_of(client: Client, path: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as found:
        assert client.get(path).status_code == 200
    return len([row for row in found if "journal_" in row["sql"]])


def test_it_shows_the_newest_head_to_anybody(anybody, sealed):
    page = anybody.get("/seals/").content.decode()
    late = read_head(sealed.late).head
    for group in groups(late.tree.root):
        assert f"<span>{group}</span>" in page
    assert "2025年11月25日 10:30" in page
    assert queries.keys()[0].text in page
    assert f">{1600 + baseline(sealed):,}<" in page


def baseline(sealed) -> int:
    """How many entries the standing city brings along."""
    return read_head(sealed.early).head.tree.size - 700


def test_it_gives_the_signed_text_to_the_letter(anybody, sealed):
    now = last_head()
    response = anybody.get(f"/seals/heads/{now.id}/head.txt")
    assert response.content.decode() == sealed.late
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response["Content-Disposition"] == f'attachment; filename="head-1-{now.size}.txt"'
    assert response["Cache-Control"] == "public, max-age=86400, immutable"
    page = anybody.get(f"/seals/heads/{now.id}/").content.decode()
    assert sealed.late.splitlines()[-1] in page
    keys = anybody.get("/seals/keys.txt")
    assert keys.content.decode() == queries.keys()[0].text + "\n"


@pytest.mark.parametrize("number", ["0", "999999999", "9" * 40])
def test_it_knows_no_head_that_is_not_there(anybody, number):
    for path in (f"/seals/heads/{number}/", f"/seals/heads/{number}/head.txt"):
        assert anybody.get(path).status_code == 404


@pytest.mark.parametrize("before", ["", "x", "-1", "0", "9" * 30, "１", "1' OR '1'='1"])
def test_it_takes_any_page_mark(anybody, before):
    assert anybody.get("/seals/", {"before": before}).status_code == 200


def test_it_refuses_everything_but_reading(anybody):
    for path in ("/seals/", "/seals/week/", "/seals/keys.txt", "/api/v1/seals", "/api/v1/seals/heads"):
        assert anybody.post(path).status_code == 405


def test_it_pages_through_all_heads_at_the_same_cost(sealed):
    for number in range(60):
        fill(sealed.installation, 2, first=3000 + 2 * number)
        assert seal_all(sealed.installation, NOW + WEEK + timedelta(minutes=number + 1)) == 2
    client, seen, mark = Client(), [], ""
    while True:
        page = published(before=int(mark) if mark else None)
        seen += [row.id for row in page.rows]
        if page.before is None:
            break
        mark = str(page.before)
    assert (len(seen), len(set(seen)), seen) == (62, 62, sorted(seen, reverse=True))
    assert [queries_of(client, path) for path in ("/seals/", f"/seals/?before={seen[24]}", "/seals/week/")] == [4, 4, 2]
    listed = client.get("/seals/").content.decode()
    assert len(re.findall(r'href="/seals/heads/\d+/"', listed)) == 26
    assert f'href="?before={seen[24]}"' in listed
    assert queries_of(client, "/api/v1/seals/heads?limit=100") == 1
    assert queries_of(client, "/api/v1/seals") == 1


def test_it_lets_a_machine_see_that_the_tree_has_only_grown(anybody, sealed):
    old, new = read_head(sealed.early).head, read_head(sealed.late).head
    asked = {"epoch": 1, "old": old.tree.size, "new": new.tree.size}
    answer = anybody.get("/api/v1/seals/consistency", asked)
    assert answer.status_code == 200
    path = tuple(base64.b64decode(part) for part in answer.json()["path"])
    assert is_consistent(
        hasher("sha256"),
        old=old.tree.size, old_root=old.tree.root, new=new.tree.size, new_root=new.tree.root, path=path,
    )  # fmt: skip
    assert answer["Cache-Control"] == "public, max-age=3600"


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"epoch": 1, "old": 700, "new": 10**9}, 404),
        ({"epoch": 1, "old": 900, "new": 700}, 404),
        ({"epoch": 9, "old": 1, "new": 2}, 404),
        ({"epoch": 1, "old": 2**62, "new": 2**62}, 404),
        ({"epoch": 1, "old": 1, "new": 2**62}, 404),
        ({"epoch": 1, "old": 0, "new": 5}, 422),
        ({"epoch": 1, "old": 1, "new": 2**63}, 422),
        ({"epoch": "x", "old": 1, "new": 2}, 422),
        ({"epoch": 2**40, "old": 1, "new": 2}, 422),
        ({}, 422),
    ],
)
def test_it_answers_a_bad_question_with_a_problem(anybody, asked, status):
    answer = anybody.get("/api/v1/seals/consistency", asked)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")


def test_it_hands_machines_what_was_signed(anybody, sealed):
    found = anybody.get("/api/v1/seals/heads", {"limit": 100}).json()
    assert found["before"] is None
    assert found["heads"][-1]["note"] == sealed.early
    assert found["heads"][-1]["signed_at"] == "2025-11-18T10:30:00+08:00"
    assert anybody.get("/api/v1/seals").json() == found["heads"][0]
    newest = found["heads"][0]
    assert base64.b64encode(bytes.fromhex(newest["root"])).decode() == newest["note"].splitlines()[2]
    assert [key["text"] for key in anybody.get("/api/v1/seals/keys").json()["keys"]] == [queries.keys()[0].text]
    [epoch] = anybody.get("/api/v1/seals/epochs").json()["epochs"]
    assert (epoch["number"], epoch["hash"], epoch["previous_size"], epoch["shown_size"]) == (1, "sha256", None, None)


def test_it_prints_the_last_head_of_a_week(anybody, sealed):
    page = anybody.get("/seals/week/", {"week": "2025-W47"}).content.decode()
    root = read_head(sealed.early).head.tree.root
    assert all(f"<span>{group}</span>" in page for group in groups(root, 8))
    assert sealed.early.splitlines()[-1] in page
    assert "2025年11月17日 至 2025年11月23日" in page
    assert page.count('src="data:image/svg+xml;base64,') == 1
    assert " style=" not in page
    assert queries.keys()[0].text in page


def test_it_draws_a_code_that_holds_the_whole_text_and_no_style(anybody, sealed):
    page = anybody.get("/seals/week/", {"week": "2025-W47"}).content.decode()
    [encoded] = re.findall(r"svg\+xml;base64,([A-Za-z0-9+/=]+)", page)
    drawn = base64.b64decode(encoded)
    assert drawn.count(b"<path") == 1
    assert b"style" not in drawn
    assert b"script" not in drawn


def test_it_says_that_a_week_has_no_head(anybody):
    page = anybody.get("/seals/week/", {"week": "2025-W30"})
    assert page.status_code == 200
    assert "这一周没有封存" in page.content.decode()


@pytest.mark.parametrize(
    "week", ["2025-W54", "2025W47", "x", "0000-W01", "0001-W01", "9999-W53", "2999-W01", "２０２５-W47"]
)
def test_it_knows_no_such_week(anybody, week):
    page = anybody.get("/seals/week/", {"week": week})
    assert page.status_code == 404


def test_it_cuts_weeks_as_clocks_in_the_city_do():
    week = Week.read("2026-W01")
    assert (str(week), str(week.before), str(week.after)) == ("2026-W01", "2025-W52", "2026-W02")
    start, end = week.span()
    assert (start.isoformat(), end.isoformat()) == ("2025-12-29T00:00:00+08:00", "2026-01-05T00:00:00+08:00")
    assert Week.read("2020-W53").after == Week(2021, 1)
    with pytest.raises(BadWeek):
        Week.read("2021-W53")


def test_it_says_that_the_week_still_runs(sealed):
    running = sheet(Week.read("2025-W47"), now=NOW)
    assert running.head is not None
    assert (running.is_running, running.head.note) == (True, sealed.early)
    with pytest.raises(BadWeek):
        sheet(Week.read("2025-W48"), now=NOW)
    later = sheet(Week.read("2025-W47"), now=datetime.fromisoformat("2025-11-24T00:00:00+08:00"))
    assert not later.is_running


def test_it_tells_of_a_first_head_before_there_is_one(db, client):
    if queries.head_now() is None:
        assert "还没有封存过" in client.get("/seals/").content.decode()
        assert client.get("/api/v1/seals").status_code == 404


def test_it_leads_there_from_the_foot_of_every_page(anybody):
    for path in ("/", "/accounts/login/", "/seals/"):
        assert '<a href="/seals/">留痕封存</a>' in anybody.get(path).content.decode()


def test_it_has_one_number_for_one_head(sealed):
    row = last_head()
    assert head_of(row.id) == row


@pytest.mark.parametrize("path", ["/seals/", "/seals/heads/{id}/", "/seals/week/?week=2025-W47", "/seals/check/"])
def test_it_speaks_english_too(sealed, path):
    page = Client().get(path.format(id=last_head().id), headers={"accept-language": "en"}).content.decode()
    main = page[page.index("<main") : page.index("</main>")]
    assert re.findall(r"[\u3400-\u9fff]+", main) == []
