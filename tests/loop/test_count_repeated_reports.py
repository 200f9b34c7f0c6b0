"""Problems that were reported more than once: found in lists, counted for who supervises; by reports, never by who reported."""

import re
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from shanzhi.config import database
from shanzhi.core.periods import local_date
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE, Actor
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.operations import Reported
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.kernel.matters.queries import Repeated
from tests.concurrency.committed import City, as_role
from tests.desks import do, signed_in

HERE, THERE = "370303009006", "370306100200"
TITLE = re.compile(r'ui-table__title"><a href="/m/([0-9-]+)/"')


def reported(region: str = HERE) -> Reported:
    with acting(ANYONE):
        return operations.report(
            new=NewReport(body="小区门口的路灯不亮", title="路灯", region_code=region), actor=ANYONE, now=timezone.now()
        )


def under(actor: Actor, lead: Reported, times: int, region: str = HERE) -> list[Reported]:
    made = [reported(region) for _ in range(times)]
    for each in made:
        do(actor, each, "link", timezone.now(), same_as=lead.number)
    return made


def following(*matters: Reported) -> None:
    with database.acting_as(settings.INSTALLATION, "worker"):
        operations.links_follow(matter_ids=[matter.matter_id for matter in matters], now=timezone.now())


@pytest.fixture(scope="module")
def groups(city: City) -> dict[str, Reported]:
    """Reported once, three times and five times here, twice in the other county; another was let go again."""
    cast = city.cast
    found = {name: reported() for name in ("once", "three", "five", "let_go")} | {"there": reported(THERE)}
    under(cast.dispatcher, found["three"], 2)
    under(cast.dispatcher, found["five"], 4)
    under(cast.neighbour_dispatcher, found["there"], 1, THERE)
    (gone,) = under(cast.dispatcher, found["let_go"], 1)
    following(*found.values())
    do(cast.dispatcher, gone, "unlink", timezone.now())
    following(gone, found["let_go"])
    return found


def listed(client: Client, query: str) -> set[str]:
    return set(TITLE.findall(client.get(f"/m/{query}").content.decode()))


def named(groups: dict[str, Reported], *names: str) -> set[str]:
    return {groups[name].number for name in names}


def test_a_list_asks_how_often_things_were_reported(groups: dict[str, Reported]):
    client = signed_in("supervisor")
    assert listed(client, "?reports=2") == named(groups, "three", "five", "there")
    assert listed(client, "?reports=5") == listed(client, "?reports=4") == named(groups, "five")
    assert listed(client, "?reports=2&region=370306") == named(groups, "there")
    assert listed(client, "?reports=10") == set()
    # A list of it shows the figure, and says how many reports stand behind each.
    html = client.get("/m/?reports=5").content.decode()
    assert "反映件数" in html
    assert re.search(r"<td[^>]*>5</td>", html)
    # What can't be read, or asks for nothing, doesn't filter.
    for nonsense in ("1", "0", "-5", "x", "²", "9" * 30, "' OR true --"):
        assert len(listed(client, f"?reports={nonsense}")) == 13


def test_it_is_kept_in_a_view_and_taken_along(groups: dict[str, Reported]):
    client = signed_in("supervisor")
    assert client.post("/m/views/", {"name": "重复", "query": "reports=2&which=all&person=x"}).status_code == 302
    assert '<a href="/m/?reports=2&which=all">重复</a>' in client.get("/m/views/").content.decode().replace(
        "&amp;", "&"
    )
    answer: Any = client.get("/m/file/?reports=2&format=csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    head, *lines = [line.split(",") for line in text.splitlines()[:4]]
    assert head[-1] == '"反映件数"'
    assert sorted(line[-1] for line in lines) == ["2", "3", "5"]


def repeated(region_code: str) -> Repeated:
    today = local_date(timezone.now())
    return queries.ended_and_repeated(region_code, since=today, until=today, collective=5)[1]


@pytest.mark.parametrize(
    ("who", "counts"),
    [
        ("supervisor", Repeated(3, 1, 10, 5)),
        ("neighbour_dispatcher", Repeated(1, 0, 2, 5)),
        ("handler", Repeated(0, 0, 0, 5)),
    ],
)
def test_it_counts_what_the_policy_shows(city: City, groups: dict[str, Reported], who: str, counts: Repeated):
    actor: Actor = getattr(city.cast, who)
    with acting(actor):
        seen = queries.matters_page(
            queries.ListFilter(sitting=queries.Sitting(reports=2)), now=timezone.now(), actor=actor
        ).rows
        assert sum(row.reports for row in seen) == counts.reports
        assert repeated("") == counts
        assert repeated("370306").matters == (0 if who == "handler" else 1)
    with acting(ANYONE):
        assert repeated("") == Repeated(0, 0, 0, 5)


def test_the_supervisors_figures_lead_to_their_lists(groups: dict[str, Reported]):
    client = signed_in("supervisor")
    html = client.get("/oversight/").content.decode().replace("&amp;", "&")
    found = {
        label: (int(value), url, note)
        for url, label, value, note in re.findall(
            r'<a class="ui-stat" href="([^"]+)">\s*<span class="ui-stat__label">([^<]+?)\s*</span>.*?'
            r'ui-stat__value">(\d+)</span>.*?(?:ui-stat__note">([^<]+)</span>\s*)?</a>',
            html,
            re.DOTALL,
        )
    }
    assert found["重复反映"] == (3, "/m/?region=3703&reports=2", "共 10 件反映")
    assert found["集体反映（5 件及以上）"][:2] == (1, "/m/?region=3703&reports=5")
    assert [
        len(listed(client, found[name][1].removeprefix("/m/"))) for name in ("重复反映", "集体反映（5 件及以上）")
    ] == [3, 1]


def test_no_role_but_the_web_counts_them(city: City):
    for role in ("worker", "importer"):
        with as_role(city.installation, role) as opened, pytest.raises(Exception, match="permission denied"):
            opened.execute("SELECT * FROM matters_repeated(NULL, NULL, 5)")
