"""How long it took: days as the calendar has them, each figure equal to its list, nothing said of nothing."""

import re
from collections.abc import Iterator
from datetime import datetime
from io import BytesIO
from typing import Any

import pytest
from django.db import connection
from django.test import Client, RequestFactory
from django.utils import timezone
from openpyxl import load_workbook

from shanzhi.core.periods import local_date
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.matters import operations
from shanzhi.kernel.matters.policy.batch import BatchRow
from shanzhi.kernel.matters.queries import ListFilter, Sitting
from shanzhi.kernel.matters.tests.page_support import page, queries_of, signed_in
from shanzhi.modules.oversight import queries
from shanzhi.modules.oversight.policy.ontime import Share
from shanzhi.modules.oversight.queries import OnTime
from shanzhi.modules.oversight.tests.city_of_work import HERE, THERE, dispatched, do, reported, to_the_end, work
from shanzhi.modules.oversight.tests.test_count_what_the_list_shows import rows_of
from shanzhi.modules.oversight.web import ontime
from tests.city import Cast
from tests.roles import everything, held_to, observer

__all__ = ["observer"]

MOST_QUERIES = 9
ALL = "since=&until=&ended_since=&ended_until="


@pytest.fixture(autouse=True)
def standing(observer: None, db: None) -> None:
    """Each test in its own transaction."""


def settled(*pairs: tuple[str, str], region: str = HERE, source: str = "old") -> None:
    """Records of another system with the times of report and reply in the city's time, taken in by the importer."""
    rows = [
        BatchRow(f"{source}-{n}", _at(first), "路灯不亮", reply="已修好。", replied_at=_at(last), region_code=region)
        for n, (first, last) in enumerate(pairs)
    ]
    with everything(), held_to("importer"):
        list(operations.import_batch(rows=rows, source=source, now=timezone.now()))


def _at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


def look(actor: Actor, **wanted: Any) -> OnTime:
    with acting(actor):
        return queries.ontime(actor, ListFilter(open_only=False, **wanted), timezone.now())


def words(html: str) -> str:
    return re.sub(r"(<[^>]+>|\s)+", " ", html)


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [
        ("2019-04-25T09:32:09", "2019-04-25T23:59:59", 0),
        ("2019-04-25T00:00:00", "2019-04-25T00:00:00", 0),
        ("2019-04-25T23:50:00", "2019-04-26T00:30:00", 1),
        ("2019-04-25T00:30:00", "2019-04-25T07:59:00", 0),
        ("2019-04-25T07:59:00", "2019-04-25T08:01:00", 0),
        ("2020-02-28T12:00:00", "2020-03-01T12:00:00", 2),
        ("2019-02-04T12:00:00", "2019-02-11T11:00:00", 7),
        ("2018-12-31T23:59:59", "2019-01-01T00:00:00", 1),
    ],
)
def test_it_counts_days_of_the_calendar_in_beijing(cast: Cast, first: str, last: str, days: int):
    settled((first, last))
    whole = look(cast.supervisor).whole
    assert (whole.took.matters, whole.took.days) == (1, days)
    assert [share.part for share in whole.shares] == [int(days <= limit) for limit in (0, 5, 15, 30, 60)]


def test_it_takes_the_lower_one_of_two_middle_values(cast: Cast):
    settled(*(("2019-04-01T12:00:00", f"2019-04-{day:02}T12:00:00") for day in (3, 6, 16, 30)))
    whole = look(cast.supervisor).whole
    assert whole.took.days == 5
    assert [share.part for share in whole.shares] == [0, 2, 3, 4, 4]
    assert [share.text() for share in whole.shares] == ["0.0%", "50.0%", "75.0%", "100.0%", "100.0%"]
    assert whole.promised.text() == "不适用"


def test_it_says_nothing_of_nothing(cast: Cast):
    html = page(signed_in("supervisor").get("/oversight/ontime/"))
    assert "用时中位数 不适用" in words(html)
    assert html.count("不适用") == 12
    assert "100.0%" not in html
    assert "0.0%" not in html
    assert (Share(0, 0).text(), Share(0, 1).text(), Share(29, 29).text(30), Share(30, 30).text(30)) == (
        "不适用",
        "0.0%",
        "样本不足",
        "100.0%",
    )


def test_it_leaves_out_shares_of_small_samples_line_by_line(cast: Cast):
    settled(*[("2019-04-01T12:00:00", "2019-04-03T12:00:00")] * 30, region=HERE, source="many")
    settled(*[("2019-04-01T12:00:00", "2019-04-30T12:00:00")] * 29, region=THERE, source="few")
    html = words(page(signed_in("supervisor").get(f"/oversight/ontime/?{ALL}")))
    assert "张店区 30 2 100.0% 100.0% 不适用 0" in html
    assert "周村区 29 样本不足 样本不足 样本不足 不适用 0" in html


def test_it_counts_what_ended_on_the_days_asked_for(cast: Cast):
    settled(
        ("2019-04-01T12:00:00", "2019-04-30T23:59:59"),
        ("2019-04-01T12:00:00", "2019-05-01T00:00:00"),
        ("2019-05-01T00:00:00", "2019-05-02T00:00:00"),
    )
    april, may = datetime(2019, 4, 30).date(), datetime(2019, 5, 1).date()
    assert look(cast.supervisor, sitting=Sitting(ended_to=april)).whole.took.matters == 1
    assert look(cast.supervisor, sitting=Sitting(ended_from=may)).whole.took.matters == 2
    assert look(cast.supervisor, reported_to=april).whole.took.matters == 2
    assert look(cast.supervisor, reported_from=may).whole.took.days == 1
    # Without days in the address: since New Year; with empty ones: ever since.
    client = signed_in("supervisor")
    assert "办结 0 件" in words(page(client.get("/oversight/ontime/")))
    assert "办结 3 件" in words(page(client.get(f"/oversight/ontime/?{ALL}")))


def test_it_tells_what_is_open_beside_what_ended(cast: Cast):
    settled(("2019-04-01T12:00:00", "2019-04-02T12:00:00"))
    for days in (2, 20, 70, 70):
        reported(HERE, days=days)
    whole = look(cast.supervisor).whole
    assert (whole.took.matters, whole.open.matters, whole.open.days) == (1, 4, 20)
    assert whole.older == (4, 3, 3, 2, 2)
    # Days on which something ended don't hide what hasn't.
    assert look(cast.supervisor, sitting=Sitting(ended_to=local_date(_at("2019-01-01")))).whole.open.matters == 4


def test_it_counts_refused_and_withdrawn_ones_apart(cast: Cast):
    made = reported(HERE)
    do(cast.dispatcher, made[0], "refuse", ground="refuse.litigation", words="请向法院提出")
    found = look(cast.supervisor)
    assert (found.whole.took.matters, found.aside) == (0, 1)
    html = page(signed_in("supervisor").get("/oversight/ontime/"))
    assert "另有不予受理或撤回的 1 件，没有计入。" in html


def test_it_tells_which_promises_were_kept(cast: Cast):
    late = dispatched(cast, HERE, cast.handler, days=40)
    to_the_end(cast, late, cast.handler, solved=True)
    to_the_end(cast, dispatched(cast, HERE, cast.handler), cast.handler, solved=True)
    settled(("2019-04-01T12:00:00", "2019-04-02T12:00:00"))
    whole = look(cast.supervisor).whole
    assert (whole.took.matters, whole.promised) == (3, Share(1, 2))
    now = timezone.now()
    with acting(cast.supervisor):
        for url, count in (("took=any&kept=yes", 1), ("took=any&kept=no", 1), ("took=any", 3), ("took=5", 2)):
            assert rows_of(cast.supervisor, f"/m/?{url}", now) == count, url
            assert rows_of(cast.supervisor, f"/m/?{url}", now, told=False) == count, url


@pytest.mark.parametrize("who", ["city", "county", "neighbour", "township"])
@pytest.mark.parametrize("query", ["", ALL, f"{ALL}&region=370303", f"{ALL}&kind=request&channel=web"])
def test_it_shows_as_many_as_it_counts(cast: Cast, supervisors: dict[str, Actor], who: str, query: str):
    """Every number on the page is the length of the list that it leads to, for whoever looks."""
    work(cast)
    late = dispatched(cast, HERE, cast.handler, days=40)
    to_the_end(cast, late, cast.handler, solved=True)
    do(cast.dispatcher, reported(HERE, days=5)[0], "refuse", ground="refuse.litigation", words="请向法院提出")
    settled(*[("2019-04-01T12:00:00", f"2019-04-{day:02}T12:00:00") for day in range(1, 31)], region=HERE)
    actor, now = supervisors[who], timezone.now()
    with acting(actor):
        counted = list(numbers(actor, query, now))
        assert len(counted) >= 3
        assert [(url, rows_of(actor, url, now)) for url, _ in counted] == counted
        assert [(url, rows_of(actor, url, now, told=False)) for url, _ in counted] == counted


def numbers(actor: Actor, query: str, now: datetime) -> Iterator[tuple[str, int]]:
    """Every number of the page that leads somewhere: the address and the number."""
    request: Any = RequestFactory().get(f"/oversight/ontime/?{query}")
    request.actor, request.now = actor, now
    here = ontime.asked(request)
    assert here.wrong == ""
    drawn = ontime.shown(here, queries.ontime(actor, here.wanted, now), local_date(now))
    for figure in drawn["figures"]:
        if isinstance(figure["value"], int):
            yield figure["url"], figure["value"]
    yield drawn["aside_url"], drawn["aside"]
    for table in (drawn["within"], drawn["open"], *(each for _, each, _ in drawn["tables"])):
        for row in table.rows:
            for key, url in row.links.items():
                if isinstance(row.cells[key], int):
                    yield url, row.cells[key]


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("since=2026-11-02&until=2026-11-01", "结束日期不能早于开始日期"),
        ("ended_since=2026-11-02&ended_until=2026-11-01", "结束日期不能早于开始日期"),
        ("region=9999", "9999"),
        ("region=%27%20OR%20true", "OR true"),
        ("kind=nothing", "nothing"),
        ("channel=pigeon", "pigeon"),
        ("since=2026-02-30", "日期"),
        ("unit=没有这个单位", "没有找到这个单位"),
        ("led=abc", "abc"),
    ],
)
def test_it_counts_nothing_where_it_can_not_read_what_is_asked(cast: Cast, query: str, says: str):
    """A figure with a condition left out would be another figure."""
    client = signed_in("supervisor")
    answer = client.get(f"/oversight/ontime/?{query}")
    html = page(answer)
    assert answer.status_code == 200
    assert "没有统计" in html
    assert says in html
    assert "ui-stat__value" not in html
    for way in ("print/?", "file/?format=csv&"):
        assert client.get(f"/oversight/ontime/{way}{query}").status_code == 422


def test_it_shows_of_another_region_what_the_post_sees(cast: Cast, supervisors: dict[str, Actor]):
    settled(("2019-04-01T12:00:00", "2019-04-02T12:00:00"), region=THERE)
    county = supervisors["county"]
    assert look(county, region_code="370306").whole.took.matters == 0
    assert look(county).whole.took.matters == 0
    assert look(supervisors["neighbour"], region_code="370306").whole.took.matters == 1


def test_it_counts_nothing_without_a_scope(cast: Cast):
    """Whatever the function is asked directly, it shows what the policy shows."""
    work(cast)
    settled(("2019-04-01T12:00:00", "2019-04-02T12:00:00"))
    asks = (
        "SELECT coalesce(sum(matters), 0) FROM matters_took(%s, %s::codemultirange, NULL, NULL, NULL, NULL, NULL, NULL,"
    )
    with acting(Actor()), connection.cursor() as cursor:
        for what in ("answered", "open", "aside", "' OR true --", "", None):
            for spans in (None, "{}", "{(,)}", "{[3703,3704)}", "{[,3704)}", "{[370303,370304),[370306,370307)}"):
                for led in (None, 0, -1):
                    cursor.execute(f"{asks} NULL, NULL, %s, 6, now(), ARRAY[5], ARRAY['handle'])", [what, spans, led])
                    assert cursor.fetchone() == (0,), (what, spans, led)


def test_it_takes_few_queries_for_one_matter_and_for_many(cast: Cast):
    client = signed_in("supervisor")
    to_the_end(cast, dispatched(cast, HERE, cast.handler), cast.handler, solved=True)
    url = f"/oversight/ontime/?{ALL}&unit={cast.handler.unit_name}"
    client.get(url)
    one = queries_of(client, url), queries_of(client, "/oversight/ontime/")
    work(cast)
    settled(*[("2019-04-01T12:00:00", "2019-04-02T12:00:00")] * 50)
    assert (queries_of(client, url), queries_of(client, "/oversight/ontime/")) <= one
    assert max(one) <= MOST_QUERIES
    assert queries_of(client, "/oversight/ontime/print/") <= MOST_QUERIES


def test_it_goes_along_with_what_it_means(cast: Cast):
    settled(*[("2019-04-01T12:00:00", "2019-04-03T12:00:00")] * 30)
    client = signed_in("supervisor")
    answer: Any = client.get(f"/oversight/ontime/file/?format=xlsx&{ALL}")
    table, about = load_workbook(BytesIO(b"".join(answer.streaming_content))).worksheets
    rows = [[cell.value for cell in row] for row in table.iter_rows()]
    assert rows[0][:8] == ["分组", "名称", "办结", "中位数", "当天", "当天占比", "5 天内", "5 天内占比"]
    assert rows[1][:8] == ["合计", None, 30, "2", 0, "0.0%", 30, "100.0%"]
    assert [row[:2] for row in rows[2:]] == [
        ["按区域", "张店区"],
        ["按主办单位", "没有主办单位（未派单、当场办结或导入的）"],
        ["按分类", "还没有分类"],
    ]
    told = {row[0].value: row[1].value for row in about.iter_rows()}
    assert "《民法典》第二百零一条" in str(told["用时"])
    csv: Any = client.get(f"/oversight/ontime/file/?format=csv&{ALL}")
    assert (
        b"".join(csv.streaming_content).decode("utf-8-sig").splitlines()[1].startswith('"合计","",30,"2",0,"0.0%",30')
    )


def test_it_goes_onto_paper(cast: Cast):
    settled(("2019-04-01T12:00:00", "2019-04-03T12:00:00"))
    html = words(page(signed_in("supervisor").get(f"/oversight/ontime/print/?{ALL}&region=370303")))
    for said in ("填报单位：淄博市", "区域：张店区", "合计", "《民法典》第二百零一条", "审核：", "填报："):
        assert said in html, said


@pytest.mark.parametrize("part", ["handler", "dispatcher", "checker", "keeper", "operator"])
def test_it_is_the_supervisor_s(cast: Cast, part: str):
    client = signed_in(part)
    for tail in ("", "print/", "file/?format=csv"):
        assert client.get(f"/oversight/ontime/{tail}").status_code == 403
    assert Client().get("/oversight/ontime/").status_code in {302, 404}
