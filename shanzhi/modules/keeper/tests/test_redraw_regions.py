"""A keeper looks at the tree as of any day, tries a change, carries it out, and takes it back."""

import re
from datetime import date, timedelta
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from shanzhi.core.errors import NotAllowed
from shanzhi.core.periods import local_date
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.access.queries import actor_of_post
from shanzhi.kernel.organisation import queries
from shanzhi.kernel.organisation.models import UnitHeir
from shanzhi.kernel.organisation.policy.plan import Change, Close, Merge, Move, Open, Plan, Rename
from shanzhi.modules.keeper.operations import redraw_carry_out
from tests.desks import at_stage, signed_in

TOMORROW = local_date(timezone.now()) + timedelta(days=1)
PLAN = """on = %s
[[change]]
do = "rename"
region = "370303008"
name = "新街道"
"""


def region_id(code: str, on: date | None = None) -> int:
    row = queries.region_of_code(code, on or local_date(timezone.now()))
    assert row is not None
    return row.id


def tried(response) -> dict[str, str]:
    """What the form that carries out would send."""
    page = response.content.decode()
    assert response.status_code in (200, 409), page
    fields = dict(re.findall(r'<input type="hidden" name="(plan|version|do)" value="([^"]*)"', page))
    return {name: unescape(value) for name, value in fields.items()}


def holders(code: str, on: date) -> set[tuple[str, int]]:
    """Who holds which role in the township office of this code."""
    unit = queries.unit_by_code(f"township-{code}", on)
    assert unit is not None, code
    return {(card.role, card.staff_id) for card in queries.posts_of_unit(unit.id, on) if card.staff_id is not None}


def page_of(response) -> str:
    return unescape(response.content.decode())


@pytest.mark.usefixtures("cast")
def test_it_refuses_what_cannot_be_and_keeps_what_was_typed():
    keeper = signed_in("keeper")
    where = f"/keeper/regions/{region_id('370303008')}/"
    answer = keeper.post(where + "move/", {"on": TOMORROW, "code": "370303009", "parent": ""})
    assert answer.status_code == 422
    assert "会用同一个代码" in page_of(answer)
    assert 'value="370303009"' in page_of(answer)
    assert keeper.post(where + "rename/", {"on": "yesterday", "name": "x"}).status_code == 422
    assert keeper.get(where + "explode/").status_code == 404
    assert keeper.get("/keeper/regions/99999999/").status_code == 404
    assert keeper.get("/keeper/regions/changes/99999/").status_code == 404
    for content, says in (
        (b"\xff\xfe", "读不出"),
        (b"on = 1", "生效日期"),
        (b"", "空的"),
        (b"x" * 1_000_001, "读不出"),
    ):
        answer = keeper.post("/keeper/regions/plan/", {"file": SimpleUploadedFile("plan.toml", content)})
        assert answer.status_code == 422
        assert says in page_of(answer)
    bad = {"do": "carry", "plan": "no plan", "version": "x"}
    assert keeper.post("/keeper/regions/plan/", bad).status_code == 422


@pytest.mark.usefixtures("cast")
def test_it_merges_two_townships_and_takes_that_back():
    keeper = signed_in("keeper")
    gone, stays = region_id("370303105"), region_id("370303008")
    before = holders("370303105", local_date(timezone.now()))
    assert before
    answer = keeper.post(
        f"/keeper/regions/{stays}/merge/", {"on": TOMORROW, "regions": ["370303105"], "name": "", "code": ""}
    )
    assert "中埠镇" in page_of(answer)
    assert "四宝山街道" in page_of(answer)
    done = keeper.post("/keeper/regions/plan/", tried(answer))
    assert (done.status_code, done["Location"]) == (302, "/keeper/regions/changes/")
    assert queries.region_by_id(gone, TOMORROW) is None
    # Whoever held a post there goes on, without being appointed anew: the keeper alone carries it out.
    assert before <= holders("370303008", TOMORROW)
    listed = page_of(keeper.get("/keeper/regions/changes/"))
    assert "中埠镇（370303105） 并入 四宝山街道（370303008）" in listed
    number = re.search(r"/keeper/regions/changes/(\d+)/", listed)
    assert number is not None
    told_heirs = dict(
        UnitHeir.objects.filter(effective_on=TOMORROW, old_unit__region=gone).values_list(
            "old_unit__name", "new_unit__name"
        )
    )
    assert len(told_heirs) >= 2
    early = keeper.post(number[0], {"on": TOMORROW})
    assert early.status_code == 422
    assert "要晚于原变更的生效日期" in page_of(early)
    back = keeper.post(number[0], {"on": TOMORROW + timedelta(days=9)})
    told = page_of(back)
    assert "撤销只恢复区划" in told
    # Every unit that the merge ended is named, with who has its work now, before anything is done.
    by_hand = re.findall(r"中埠镇（370303105）([^：]+)：工作和岗位现在归“([^”]+)”。请重新设立单位", told)
    assert dict(by_hand) == {unit: told_heirs[unit] for unit in told_heirs}
    assert keeper.post("/keeper/regions/plan/", tried(back)).status_code == 302
    after = TOMORROW + timedelta(days=9)
    again = queries.region_of_code("370303105", after)
    assert again is not None
    assert (again.name, again.id != gone) == ("中埠镇", True)
    assert [row.code for row in queries.children(again.id, after)] == ["370303105200"]
    assert "已由第" in page_of(keeper.get("/keeper/regions/changes/"))


@pytest.mark.usefixtures("cast")
def test_the_second_of_two_keepers_is_told_and_loses_nothing():
    one, two = signed_in("keeper"), signed_in("keeper")
    first = tried(one.post("/keeper/regions/plan/", {"file": SimpleUploadedFile("p", (PLAN % TOMORROW).encode())}))
    second = tried(two.post(f"/keeper/regions/{region_id('370303009')}/rename/", {"on": TOMORROW, "name": "另一街道"}))
    assert one.post("/keeper/regions/plan/", first).status_code == 302
    told = two.post("/keeper/regions/plan/", second)
    assert told.status_code == 409
    assert "已有别的变更" in page_of(told)
    assert two.post("/keeper/regions/plan/", tried(told)).status_code == 302
    assert [queries.region_by_id(region_id(code), TOMORROW).name for code in ("370303008", "370303009")] == [  # type: ignore[union-attr]
        "新街道", "另一街道",
    ]  # fmt: skip


def test_it_counts_last_month_under_both_trees(cast):
    keeper = signed_in("keeper")
    today = local_date(timezone.now())
    at_stage(cast, "accept", ago=timedelta(days=today.day + 3))
    month = f"{(today.replace(day=1) - timedelta(days=1)):%Y-%m}"
    moved, away = region_id("370303009"), region_id("370306")
    answer = keeper.post(f"/keeper/regions/{moved}/move/", {"on": today, "code": "370306009", "parent": "370306"})
    assert keeper.post("/keeper/regions/plan/", tried(answer)).status_code == 302

    def figures(region: int) -> list[list[str]]:
        page = page_of(keeper.get(f"/keeper/regions/{region}/?month={month}"))
        rows = re.findall(r"<tr[^>]*>.*?按[当今].*?</tr>", page, re.S)
        return [re.findall(r"(\d+|—)\s*(?:</span>)?\s*</td>", row) for row in rows]

    assert figures(away) == [["0", "0"], ["1", "0"]]
    assert figures(region_id("370303")) == [["1", "0"], ["0", "0"]]
    assert figures(moved) == [["1", "0"], ["1", "0"]]
    before = page_of(keeper.get(f"/keeper/regions/{away}/?on={today - timedelta(days=1)}"))
    assert "马尚街道" not in before
    assert "马尚街道" in page_of(keeper.get(f"/keeper/regions/{away}/?on={today}"))


@pytest.mark.usefixtures("cast")
def test_it_is_for_keepers_alone_and_within_their_place():
    assert signed_in("dispatcher").get("/keeper/regions/").status_code == 403
    with connection.cursor() as cursor:
        for statement in (
            "UPDATE organisation_tree_version SET version = gen_random_uuid()",
            "INSERT INTO organisation_region (level, opened_on) VALUES ('grid', now())",
            "UPDATE organisation_unit SET closed_on = '2030-01-01'",
        ):
            with pytest.raises(DatabaseError, match="for keepers"), transaction.atomic():
                cursor.execute(statement)
        for statement in (
            "SELECT * FROM matters_open_in('{1}', '{1}')",
            "SELECT * FROM matters_open_of_units('{1}')",
            "SELECT * FROM matters_region_figures('{2025-01-01,2025-02-01}')",
        ):
            cursor.execute(statement)
            assert cursor.fetchall() == []


def county_keeper(code: str) -> Actor:
    """Who keeps a county."""
    centre = queries.unit_by_code(f"centre-{code}", TOMORROW)
    assert centre is not None
    today = local_date(timezone.now())
    post = next(card for card in queries.posts_of_unit(centre.id, today) if card.role == "keeper")
    return actor_of_post(post.post_id, today)


def carried(actor: Actor, *changes: Change, on: date) -> None:
    redraw_carry_out(plan=Plan(on, changes), version=queries.tree_version(), actor=actor, now=timezone.now())


def test_a_countys_keeper_gives_nothing_to_the_next_county_and_takes_nothing_from_it(cast):
    today = local_date(timezone.now())
    # Communities without grids: nothing below them would get a code of the other county.
    with acting(cast.keeper):
        carried(cast.keeper, Open("370303008998", "丙社区", "370303008"), on=today)
        carried(cast.keeper, Open("370303008999", "甲社区", "370303008"), on=today)
        carried(cast.keeper, Open("370306100999", "乙社区", "370306100"), on=today)
    keeper = county_keeper("370303")
    for change in (
        Merge(("370303008999",), "370306100999"),
        Merge(("370306100999",), "370303008999"),
        Rename("370306100", "新街道"),
        Move("370303009", "370306009", "370306"),
        Close("370306100999"),
    ):
        with acting(keeper), pytest.raises(NotAllowed), transaction.atomic():
            carried(keeper, change, on=TOMORROW)
    with acting(keeper):
        carried(keeper, Merge(("370303008999",), "370303008998"), Rename("370303009", "新街道"), on=TOMORROW)


FOREIGN = (
    "INSERT INTO organisation_region_state (region_id, level, code, name, short_name, parent_id, ranges, valid)"
    " SELECT region_id, level, '370303777', name, short_name, parent_id, '{[370303777,370303778)}', '[1990-01-01,1990-01-02)'"
    " FROM organisation_region_state WHERE code = '370306100'",
    "UPDATE organisation_region_state SET valid = daterange(lower(valid), '2030-01-01') WHERE code = '370306100'",
    "UPDATE organisation_region SET closed_on = '2030-01-01'"
    " WHERE id = (SELECT region_id FROM organisation_region_state WHERE code = '370306100')",
    "INSERT INTO organisation_redraw (effective_on, made_at, plan) VALUES (now(), now(), '');"
    " INSERT INTO organisation_redraw_pair (redraw_id, old_region_id, old_code, new_region_id, new_code)"
    " SELECT currval('organisation_redraw_id_seq'), a.region_id, a.code, b.region_id, b.code"
    " FROM organisation_region_state a, organisation_region_state b"
    " WHERE (a.code, b.code) IN (('370303009', '370306100'), ('370306100', '370303009')) LIMIT 1",
)


@pytest.mark.usefixtures("cast")
@pytest.mark.parametrize("statement", FOREIGN)
def test_the_database_lets_no_keeper_touch_the_next_countys_regions(statement):
    """Nor write a code of their own into its past, by which its units and places would be theirs to keep."""
    with (
        acting(county_keeper("370303")),
        connection.cursor() as cursor,
        pytest.raises(DatabaseError, match="for keepers of the place"),
        transaction.atomic(),
    ):
        cursor.execute(statement)


def test_it_asks_no_more_queries_for_many_regions(cast, django_assert_max_num_queries):
    with acting(cast.keeper):
        pass
    keeper = signed_in("keeper")
    keeper.get("/keeper/regions/")
    with django_assert_max_num_queries(30):
        keeper.get("/keeper/regions/")
