"""An organiser and assessors go through a round on pages: opening, teams, marks, returns, a visit, findings, the list."""

import re
from collections.abc import Iterator
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from shanzhi.kernel.access.models import Account
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.web import middleware
from shanzhi.kernel.indicators.tests.support import LINEAR, TEXT
from shanzhi.kernel.rounds.models import Finding, Member, Round, RoundCity, Score, Visit
from shanzhi.kernel.rounds.policy.text import Guideline
from shanzhi.kernel.rounds.policy.words import Stage
from shanzhi.kernel.rounds.tests.upper_support import SELF, THEN, mark, named, opened, received, scored
from tests.desks import BACKEND
from tests.upper import Upper, upper

__all__ = ["upper"]
P, C = Stage.PROVINCE, Stage.CENTRE


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every request is made on the day on which the province assesses."""
    monkeypatch.setattr(middleware, "timezone", SimpleNamespace(now=lambda: THEN))


@pytest.fixture(scope="module")
def cities(upper: Upper) -> Iterator[dict[str, int]]:
    """A round with its teams, and two cities' packs."""
    made = opened(upper)
    named(upper, made["3703"], (P, "assessor1"), (P, "assessor2"), (C, "centre1"))
    received(upper, made["3703"])
    received(upper, made["3706"])
    return made  # type: ignore[return-value]


def browser(name: str) -> Client:
    """A browser in which somebody has signed in."""
    client = Client()
    client.force_login(Account.objects.get(username=name), BACKEND)
    return client


def text(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, answer.content.decode()[:2000]
    return answer.content.decode()


ROUND = {
    "name": "2025年试评", "kind": "trial", "first": "2025-10", "last": "2025-10", "opened_on": "2025-12-15",
    "self_until": "2025-12-20", "province_until": "2026-01-10", "centre_until": "2026-02-10",
    "objections_until": "2026-03-10", "pass_at": "75", "cities": ["3703", "3706", "3710"],
    "uid": "00000000-0000-4000-8000-0000000000a1",
}  # fmt: skip


def test_an_organiser_opens_a_trial_round_and_a_real_one_needs_a_reason(upper: Upper) -> None:
    client = browser("organiser")
    assert "启动一个轮次" in text(client, "/assessment/upper/")
    page = text(client, "/assessment/upper/new/")
    assert page.count('name="cities"') == 3
    wrong = client.post("/assessment/upper/new/", ROUND | {"self_until": "2025-11-01", "pass_at": "101"})
    assert wrong.status_code == 422
    assert "2025年试评" in wrong.content.decode()
    real = ROUND | {"kind": "real", "uid": "00000000-0000-4000-8000-0000000000a2"}
    refused = client.post("/assessment/upper/new/", real)
    assert refused.status_code == 422
    assert "还没有试评过" in refused.content.decode()
    answer = client.post("/assessment/upper/new/", ROUND)
    assert answer.status_code == 302
    assert client.post("/assessment/upper/new/", ROUND)["Location"] == answer["Location"]
    board = text(client, answer["Location"])
    assert [name for name in ("淄博市", "烟台市", "威海市") if name in board] == ["淄博市", "烟台市", "威海市"]
    assert "达标 75 分" in board
    assert client.post("/assessment/upper/new/", real).status_code == 302
    with acting(upper["organiser"]):
        assert Round.objects.filter(name="2025年试评").count() == 2


def test_a_broken_guideline_is_named(upper: Upper) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: PLC0415 - here alone

    client = browser("organiser")
    file = SimpleUploadedFile("g.toml", b'[catalogue]\ncode = "x"\n')
    given = ROUND | {"uid": "00000000-0000-4000-8000-0000000000a3", "guideline": file}
    answer = client.post("/assessment/upper/new/", given)
    assert answer.status_code == 422
    assert "指南文件有错" in answer.content.decode()


def test_posts_are_named_and_taken_out(upper: Upper, cities: dict[str, int]) -> None:
    client = browser("organiser")
    with acting(upper["organiser"]):
        round_id = RoundCity.objects.get(pk=cities["3703"]).round_id
    given = {"stage": "province", "post": str(upper["assessor3"].post_id)}
    assert client.post(f"/assessment/upper/{round_id}/member/", given).status_code == 302
    with acting(upper["organiser"]):
        member = Member.objects.get(round_id=round_id, post_id=upper["assessor3"].post_id or 0, ended_at=None)
    assert "移出" in text(client, f"/assessment/upper/{round_id}/")
    client.post(f"/assessment/upper/{round_id}/member/", {"member": str(member.pk)})
    with acting(upper["organiser"]):
        assert not Member.objects.filter(pk=member.pk, ended_at=None).exists()
    assert browser("assessor1").post(f"/assessment/upper/{round_id}/member/", given).status_code == 403


def test_the_desk_shows_what_was_handed_in_beside_what_was_recomputed(upper: Upper, cities: dict[str, int]) -> None:
    page = text(browser("assessor1"), f"/assessment/upper/city/{cities['3703']}/")
    line = re.search(r"受理率.*?</tr>", page, re.S)
    assert line is not None
    said = re.sub(r"<[^>]+>|\s+", " ", line[0])
    assert ("80" in said, "75" in said, "重算不一致" in said) == (True, True, True)
    only = text(browser("assessor1"), f"/assessment/upper/city/{cities['3703']}/?only=differs")
    assert "受理率" in only
    assert "item/satisfied/" not in only.split("<table")[1]


def test_an_assessor_marks_an_item_and_is_told_what_is_wrong(upper: Upper, cities: dict[str, int]) -> None:
    client, url = browser("assessor1"), f"/assessment/upper/city/{cities['3703']}/item/satisfied/"
    assert "省级评分" in text(client, url)
    wrong = client.post(url, {"do": "mark", "points": "101", "reason": "好"})
    assert wrong.status_code == 422
    assert "最多 100 分" in wrong.content.decode()
    assert client.post(url, {"do": "mark", "points": "85", "reason": ""}).status_code == 422
    assert client.post(url, {"do": "mark", "points": "85", "reason": "有 1 件不实"}).status_code == 302
    look = {"do": "look", "kind": "matter", "reference": "SZ20251018-0001", "is_right": "no", "words": "回访未办结"}
    assert client.post(url, look).status_code == 302
    finding = {"do": "finding", "region": "370303", "place": "", "words": "补齐回访", "due_on": "2026-01-05"}
    assert client.post(url, finding).status_code == 302
    page = text(client, url)
    assert ("有 1 件不实" in page, 'value="85' in page) == (True, True)
    assert "SZ20251018-0001" in page
    assert client.get(f"/assessment/upper/city/{cities['3703']}/item/nothing/").status_code == 404
    assert browser("assessor3").post(url, {"do": "mark", "points": "85", "reason": "x"}).status_code == 403


def test_an_assessor_says_that_an_item_doesn_t_apply(upper: Upper) -> None:
    city = opened(upper, cities=("3703",))["3703"]
    named(upper, city, (P, "assessor1"))
    received(upper, city)
    client, url = browser("assessor1"), f"/assessment/upper/city/{city}/item/accepted/"
    assert 'value="none"' in text(client, url)
    wrong = client.post(url, {"do": "none", "points": "80.00", "reason": ""})
    assert (wrong.status_code, "请写明理由" in wrong.content.decode()) == (422, True)
    given = {"do": "none", "points": "80.00", "reason": "期间内没有这类事项"}
    assert client.post(url, given).status_code == 302
    assert "不适用" in re.sub(r"<button.*?</button>", "", text(client, url), flags=re.S).split("评分经过")[-1]
    line = re.search(r"受理率.*?</tr>", text(client, f"/assessment/upper/city/{city}/"), re.S)
    assert line is not None
    assert "不适用" in line[0]
    assert 'value="none"' not in text(client, url.replace("accepted", "vetoes"))


def test_last_years_figure_is_said_to_be_outside_the_pack(upper: Upper) -> None:
    before, yearly = TEXT.replace("weight = 40", "weight = 30", 1).split('key = "covenants"')
    yearly = yearly.replace('{ kind = "none" }', LINEAR, 1).replace("weight = 0", "weight = 10", 1)
    guideline = Guideline("test", 1, f'{before}key = "covenants"{yearly}')
    city = opened(upper, cities=("3703",), guideline=guideline)["3703"]
    named(upper, city, (P, "assessor1"))
    received(upper, city, SELF | {"covenants": "60.00"})
    client, url = browser("assessor1"), f"/assessment/upper/city/{city}/"
    said = "2024年的填报数，不在本包期间内，按自报值核对"
    line = re.search(r"村规民约备案率.*?</tr>", text(client, url), re.S)
    assert line is not None
    assert (said in line[0], "重算不一致" in line[0]) == (True, False)
    assert said in text(client, f"{url}item/covenants/")
    assert said not in text(client, f"{url}item/satisfied/")


def test_a_total_with_unscored_items_says_so(upper: Upper) -> None:
    city = opened(upper, cities=("3703",))["3703"]
    named(upper, city, (P, "assessor1"))
    received(upper, city)
    who = upper["assessor1"]
    with acting(who):
        round_id = RoundCity.objects.get(pk=city).round_id
    pages = [f"/assessment/upper/{round_id}/", f"/assessment/upper/{round_id}/compare/"]
    client = browser("organiser")

    def said() -> list[bool]:
        return ["90.00 未评完" in text(client, page) for page in pages]

    assert said() == [False, False]
    mark(who, city, "satisfied", "90")
    assert said() == [True, True]
    assert "+4.00" not in text(client, pages[0])
    mark(who, city, "accepted", "80")
    mark(who, city, "vetoes", None, events=0)
    assert said() == [False, False]
    assert "未评完" not in text(client, pages[0])


def test_a_finding_is_closed_by_the_city_s_matter(upper: Upper, cities: dict[str, int]) -> None:
    with acting(upper["assessor1"]):
        finding = Finding.objects.select_related("round_city").filter(round_city=cities["3703"]).latest("pk")
    url = f"/assessment/upper/city/{cities['3703']}/"
    client = browser("assessor1")
    assert "待整改" in text(client, f"/assessment/upper/{finding.round_city.round_id}/")
    assert client.post(f"{url}finding/{finding.pk}/", {"reference": " ", "words": ""}).status_code == 422
    assert (
        client.post(f"{url}finding/{finding.pk}/", {"reference": "SZ20251220-0009", "words": "已改"}).status_code == 302
    )
    assert "SZ20251220-0009" in text(client, url)


def test_a_check_on_site_is_kept_once_and_bars_from_scoring(upper: Upper, cities: dict[str, int]) -> None:
    client = browser("assessor2")
    assert "淄博市" in text(client, "/assessment/upper/visits/")
    url = f"/assessment/upper/city/{cities['3703']}/visit/"
    assert "拍人" in text(client, url)
    seen = {
        "uid": "00000000-0000-4000-8000-0000000000b1", "key": "accepted", "region": "370303", "place": "张店区政务中心",
        "of": "20", "counted": "12", "contradicts": "yes", "words": "20 件里 12 件有受理记录", "latitude": "36.8",
        "longitude": "118.05",
    }  # fmt: skip
    wrong = client.post(url, seen | {"place": "", "of": ""})
    assert wrong.status_code == 422
    assert "20 件里 12 件有受理记录" in wrong.content.decode()
    more = client.post(url, seen | {"of": "10", "counted": "19"})
    assert (more.status_code, "符合的不能比查的多" in more.content.decode()) == (422, True)
    assert client.post(url, seen).status_code == 302
    assert client.post(url, seen).status_code == 302
    with acting(upper["assessor2"]), pytest.raises(IntegrityError), transaction.atomic():
        Visit.objects.bulk_create([
            Visit(
                round_city_id=cities["3703"], uid=uuid4(), key="accepted", stage="province", region_code="370303",
                place="张店区", words="…", salt=b"", numerator=19, denominator=10, contradicts=False, visited_at=THEN,
                unit_id=upper["assessor2"].unit_id or 0, post_id=upper["assessor2"].post_id or 0,
                staff_id=upper["assessor2"].staff_id or 0, kept_at=THEN,
            )
        ])  # fmt: skip
    with acting(upper["assessor2"]):
        assert Visit.objects.count() == 1
    assert "与自评不符" in text(client, "/assessment/upper/visits/")
    item = f"/assessment/upper/city/{cities['3703']}/item/accepted/"
    barred = client.post(item, {"do": "mark", "points": "60", "reason": "不符"})
    assert barred.status_code == 403
    assert "由您现场核查过" in barred.content.decode()


def test_items_are_returned_with_reasons(upper: Upper, cities: dict[str, int]) -> None:
    client, url = browser("organiser"), f"/assessment/upper/city/{cities['3706']}/"
    assert client.post(f"{url}step/", {"do": "return", "items": ["accepted"], "reason-accepted": ""}).status_code == 422
    given = {"do": "return", "items": ["accepted"], "reason-accepted": "口径不对，请按指南重报"}
    assert client.post(f"{url}step/", given).status_code == 302
    assert "已退回" in text(client, url)
    received(upper, cities["3706"], {"satisfied": "90.00", "accepted": "70.00"})
    changed = text(client, f"{url}?only=new")
    assert "item/accepted/" in changed
    assert "item/satisfied/" not in changed


def test_an_organiser_takes_out_a_city_that_never_answers(upper: Upper) -> None:
    made = opened(upper, cities=("3703", "3706"))
    received(upper, made["3703"])
    with acting(upper["organiser"]):
        round_id = RoundCity.objects.get(pk=made["3706"]).round_id
    client, url = browser("organiser"), f"/assessment/upper/city/{made['3706']}/"
    assert "烟台市到期没有上报" in text(client, f"/assessment/upper/{round_id}/")
    assert "未参加，退出本轮" in text(client, url)
    assert "未参加，退出本轮" not in text(browser("assessor1"), url)
    assert "未参加，退出本轮" not in text(client, url.replace(str(made["3706"]), str(made["3703"])))
    assert client.post(f"{url}step/", {"do": "out", "reason": ""}).status_code == 422
    assert client.post(f"{url}step/", {"do": "out", "reason": "催了三次没有答复"}).status_code == 302
    page = text(client, url)
    assert ("催了三次没有答复" in page, "已退出" in page, "未参加，退出本轮" in page) == (True, True, False)


def test_the_list_is_published_and_taken_along(upper: Upper) -> None:
    made = opened(upper)
    named(upper, made["3703"], (P, "assessor1"), (C, "centre1"))
    for city, vetoes in (("3703", 0), ("3706", 1), ("3710", 0)):
        received(upper, made[city])
        scored(upper, made[city], vetoes=vetoes)
    with acting(upper["organiser"]):
        round_id = RoundCity.objects.get(pk=made["3703"]).round_id
    client = browser("centre1")
    assert client.get(f"/assessment/upper/{round_id}/file/?format=docx").status_code == 422
    mark(upper["centre1"], made["3703"], "accepted", "70", "现场记录不符", stage=C)
    assert client.post(f"/assessment/upper/city/{made['3703']}/step/", {"do": "spot"}).status_code == 302
    assert browser("organiser").post(f"/assessment/upper/{round_id}/publish/").status_code == 403
    assert client.post(f"/assessment/upper/{round_id}/publish/").status_code == 302
    board = text(client, f"/assessment/upper/{round_id}/")
    assert (board.count("未达标"), "有一票否决事项 1 项" in board) == (1, True)
    compare = text(client, f"/assessment/upper/{round_id}/compare/")
    assert "不排名次" in compare
    assert "aria-sort" not in compare
    for kind, begins in (("docx", b"PK"), ("xlsx", b"PK"), ("pdf", b"%PDF")):
        answer = client.get(f"/assessment/upper/{round_id}/file/?format={kind}")
        assert b"".join(answer.streaming_content).startswith(begins)  # type: ignore[attr-defined]
    with acting(upper["centre1"]):
        assert Score.objects.filter(round_city=made["3703"], stage="centre").count() == 1


def test_ties_are_declared_and_seen_by_oneself_alone(upper: Upper) -> None:
    client = browser("assessor3")
    page = text(client, "/assessment/upper/ties/")
    assert "淄博市张店区" in page
    assert client.post("/assessment/upper/ties/", {"region": "3706", "until_on": "2099-01-01"}).status_code == 422
    assert client.post("/assessment/upper/ties/", {"region": "370602", "until_on": "2024-05-01"}).status_code == 302
    assert "2024年5月1日离开" in re.sub(r"\s", "", text(client, "/assessment/upper/ties/"))
    assert "已经申报的" not in text(browser("organiser"), "/assessment/upper/ties/")


def test_a_stranger_is_sent_to_sign_in(upper: Upper) -> None:
    assert Client().get("/assessment/upper/").status_code == 302
