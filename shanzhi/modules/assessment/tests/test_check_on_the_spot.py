"""The centre draws a city, items, matters and places, visits what was drawn; anybody follows a figure down to a verdict."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from html import unescape
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from shanzhi.config import database
from shanzhi.kernel.access.models import Account
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE
from shanzhi.kernel.access.web import middleware
from shanzhi.kernel.draws import operations as draws
from shanzhi.kernel.draws.policy import commitment_of
from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.rounds.models import RoundCity, Visit
from shanzhi.kernel.rounds.operations import deciding, marking
from shanzhi.kernel.rounds.policy.words import Stage, StateMovedOn
from shanzhi.kernel.rounds.tests.letters_support import BY_HAND, know_the_city, pack, took_in, uid_of
from shanzhi.kernel.rounds.tests.upper_support import THEN, mark, named, opened
from tests.concurrency.committed import seal_all
from tests.desks import BACKEND
from tests.upper import Upper, upper

__all__ = ["upper"]
P, C = Stage.PROVINCE, Stage.CENTRE
MOST = 12


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every request is made on the day on which the city is assessed."""
    monkeypatch.setattr(middleware, "timezone", SimpleNamespace(now=lambda: THEN))


@pytest.fixture(scope="module")
def city_id(upper: Upper, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A city whose pack came and passed, and that is through."""
    know_the_city(upper)
    pk = opened(upper, guideline=BY_HAND, cities=("3703",))["3703"]
    named(upper, pk, (P, "assessor1"), (C, "centre1"))
    took_in(upper, pack(tmp_path_factory.mktemp("packs") / "one", uid_of(upper, pk)))
    for key, points in (("satisfaction_rate", "60"), ("end_days_median", "80"), ("covenant_review", "0")):
        mark(upper["assessor1"], pk, key, points, "按重算")
    organiser = upper["organiser"]
    with acting(organiser):
        marking.scoring_close(city_id=pk, actor=organiser, now=THEN)
        marking.city_through(city_id=pk, actor=organiser, now=THEN)
    return pk  # type: ignore[return-value]


def browser(name: str) -> Client:
    """A browser in which somebody has signed in."""
    client = Client()
    client.force_login(Account.objects.get(username=name), BACKEND)
    return client


def text(client: Client, url: str) -> str:
    """A page that takes at most twelve statements."""
    client.get(url)
    with CaptureQueriesContext(connection) as seen:
        answer = client.get(url)
    said = unescape(answer.content.decode())
    assert answer.status_code == 200, said[:2000]
    # Where the other pages are counted a request is no transaction of its own.
    asked = [query["sql"][:90] for query in seen if query["sql"] not in ("BEGIN", "COMMIT")]
    assert len(asked) <= MOST, (url, asked)
    return said


def drawn(upper: Upper, number: int, nonce: bytes) -> None:
    """The journal signs, the other side shows its nonce, the background draws."""
    at: datetime = journal_now(upper)
    go_on(upper, at)
    with acting(ANYONE):
        draws.draw_show(number=number, nonce=nonce.hex(), actor=ANYONE, now=at + timedelta(minutes=1))
    go_on(upper, at + timedelta(minutes=2))


def journal_now(upper: Upper) -> datetime:
    with database.acting_as(upper.installation, "worker"):
        head = journal.head_now()
    return max(THEN, head.signed_at) + timedelta(minutes=1) if head else THEN


def go_on(upper: Upper, at: datetime) -> None:
    seal_all(upper.installation, at)
    with database.acting_as(upper.installation, "worker"):
        draws.draws_go_on(now=at)


def links(page: str, part: str) -> list[str]:
    """The addresses on a page that have this part, in their order."""
    return list(dict.fromkeys(re.findall(rf'href="([^"]*{part}[^"]*)"', page)))


def test_what_is_checked_on_site_is_drawn_and_visited(upper: Upper, city_id: int) -> None:
    with acting(upper["centre1"]):
        round_id = RoundCity.objects.get(pk=city_id).round_id
    client, spot = browser("centre1"), f"/assessment/upper/{round_id}/spot/"
    assert "公告抽取" in text(client, spot)
    nonces = [bytes([at]) * 32 for at in (1, 2)]
    given = {"take": "1", "other": "山东省验收办", "commitment": commitment_of(nonces[0]), "hours": "24", "again": ""}
    assert browser("organiser").post(spot, given).status_code == 403
    wrong = client.post(spot, given | {"commitment": "nonsense"})
    assert (wrong.status_code, "的承诺格式不正确" in wrong.content.decode()) == (422, True)
    assert client.post(spot, given).status_code == 302
    page = text(client, spot)
    assert "等台账签下一个树头" in page
    (number,) = re.findall(r"/draws/(\d+)/", page)[:1]
    drawn(upper, int(number), nonces[0])
    assert "抽中" in text(client, spot)

    here = f"/assessment/upper/city/{city_id}/spot/"
    takes = given | {"do": "draw", "items": "2", "matters": "3", "places": "2", "commitment": commitment_of(nonces[1])}
    assert client.post(here, takes).status_code == 302
    (second,) = set(re.findall(r"/draws/(\d+)/", text(client, here)))
    drawn(upper, int(second), nonces[1])
    page = text(client, here)
    visits, matters = links(page, f"city/{city_id}/visit/"), links(page, "/matter/")
    assert [sum("place=" in one for one in visits), sum("key=" in one for one in visits), len(matters)] == [2, 2, 3]
    assert "名单和结果还没有公开" in text(browser("organiser"), f"/draws/{second}/")

    place = next(one for one in visits if "place=" in one)
    form = text(client, place)
    name = re.findall(r'name="place" value="([^"]+)"', form)[0]
    seen = {
        "uid": "00000000-0000-4000-8000-0000000000c1", "key": "satisfaction_rate", "region": "370303", "place": name,
        "of": "10", "counted": "2", "contradicts": "yes", "words": "10 户里 2 户满意",
    }  # fmt: skip
    assert client.post(place, seen).status_code == 302
    with acting(upper["centre1"]):
        assert Visit.objects.filter(round_city=city_id, stage="centre", place=name).count() == 1
    with acting(upper["centre1"]), pytest.raises(StateMovedOn, match="还没有抽查完"):
        deciding.results_publish(round_id=round_id, actor=upper["centre1"], now=THEN)
    assert client.post(here, {"do": "publish"}).status_code == 302
    assert matters[0].split("/")[-2] in text(browser("organiser"), f"/draws/{second}/")
    assert "还没有公开" not in text(browser("organiser"), f"/draws/{second}/")


def test_a_figure_is_followed_down_to_the_verdict(upper: Upper, city_id: int) -> None:
    client = browser("assessor1")
    with acting(upper["assessor1"]):
        round_id = RoundCity.objects.get(pk=city_id).round_id
    board = text(client, f"/assessment/upper/{round_id}/")
    (desk,) = links(board, f"city/{city_id}/$") or [f"/assessment/upper/city/{city_id}/"]
    (item,) = [one for one in links(text(client, desk), "/item/") if "satisfaction_rate" in one]
    (figure,) = links(text(client, item), "/figure/")
    page = text(client, figure)
    assert "41.67" in page
    county = text(client, next(one for one in links(page, "/figure/") if "region=" in one))
    assert "下一级区域" in county
    (behind,) = set(links(page, "/matters/")) & set(re.findall(r'href="([^"]*/matters/[^"]*region=1)"', page))
    listed = text(client, behind)
    matters = links(listed, "/matter/")
    assert len(matters) == 12
    told = [text(client, one) for one in matters]
    assert all("每一条留痕都证明了" in one for one in told)
    assert (
        sum(("解决了，" in one and ("4 分" in one or "5 分" in one)) or "4 分" in one or "5 分" in one for one in told)
        == 5
    )
    typed = text(client, f"/assessment/upper/city/{city_id}/item/covenant_review/figure/")
    assert "这一项是填报的" in typed
    assert client.get(f"/assessment/upper/city/{city_id}/matter/N-none/").status_code == 404


def test_the_other_pages_ask_little(upper: Upper, city_id: int) -> None:
    client = browser("organiser")
    with acting(upper["organiser"]):
        round_id = RoundCity.objects.get(pk=city_id).round_id
    assert client.post(f"/assessment/upper/{round_id}/send/").status_code == 302
    for url in ("", "new/", "visits/", "ties/", f"{round_id}/", f"{round_id}/compare/", f"city/{city_id}/visit/"):
        text(client, f"/assessment/upper/{url}")
    assert "发出轮次文件" in text(client, f"/assessment/upper/{round_id}/")
