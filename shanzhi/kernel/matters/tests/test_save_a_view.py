"""Staff keep a list under a name; it is theirs, in this post, and shows what they may see when they open it."""

import re

import pytest
from django.db import ProgrammingError, transaction
from django.test import Client

from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.matters.models import SavedView
from shanzhi.kernel.matters.operations import views as saving
from shanzhi.kernel.matters.tests.page_support import page, reported, signed_in
from tests.city import Cast

pytestmark = pytest.mark.django_db

LINK = re.compile(r'<a href="(/m/\?[^"]*)">([^<]+)</a>')


def kept(client: Client) -> list[tuple[str, str]]:
    return LINK.findall(page(client.get("/m/views/")))


def save(client: Client, name: str, query: str) -> int:
    return client.post("/m/views/", {"name": name, "query": query}).status_code


def test_it_keeps_conditions_and_columns_and_opens_them_again(cast: Cast):
    matter, client = reported(), signed_in("supervisor")
    assert save(client, "热线未结", "channel=web&which=&col=number&col=channel&after=x") == 302
    assert kept(client) == [("/m/?channel=web&col=number&col=channel", "热线未结")]
    assert matter.number in page(client.get(kept(client)[0][0]))


def test_it_writes_over_the_same_name(cast: Cast):
    client = signed_in("supervisor")
    save(client, "一", "which=all")
    save(client, " 一 ", "channel=web")
    assert kept(client) == [("/m/?channel=web", "一")]


def test_it_leaves_out_a_condition_that_is_there_no_more(cast: Cast):
    reported()
    client = signed_in("supervisor")
    with acting(cast.supervisor):
        post, staff = cast.supervisor.post_id or 0, cast.supervisor.staff_id or 0
        old = "person=王小明&channel=fax&stage=gone&col=phone&col=number"
        SavedView.objects.create(post_id=post, staff_id=staff, name="旧", query=old, saved_at="2025-01-01T00:00Z")
    ((url, name),) = kept(client)
    assert (url, name) == (
        "/m/?stage=gone&channel=fax&col=number".replace("stage=gone&channel=fax", "channel=fax&stage=gone"),
        "旧",
    )
    assert client.get(url).status_code == 200
    assert client.get(f"/m/?{old}").status_code == 200


def test_it_is_seen_and_dropped_by_nobody_else(cast: Cast):
    mine, other = signed_in("supervisor"), signed_in("dispatcher")
    save(mine, "一", "which=all")
    with acting(cast.supervisor):
        number = SavedView.objects.get().pk
        # A forged row of somebody else's is refused by the database itself.
        with pytest.raises(ProgrammingError), transaction.atomic():
            SavedView.objects.create(
                post_id=cast.dispatcher.post_id or 0, staff_id=1, name="塞", query="", saved_at="2025-01-01T00:00Z"
            )
    assert kept(other) == []
    other.post(f"/m/views/{number}/drop/")
    with acting(cast.dispatcher):
        assert SavedView.objects.count() == 0
    assert [name for _, name in kept(mine)] == ["一"]
    mine.post(f"/m/views/{number}/drop/")
    mine.post(f"/m/views/{number}/drop/")
    assert kept(mine) == []


@pytest.mark.parametrize("name", ["", "   ", "长" * 41])
def test_it_asks_for_a_name(cast: Cast, name: str):
    assert save(signed_in("supervisor"), name, "which=all") == 422


def test_it_has_an_end(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(saving, "VIEWS_MOST", 1)
    client = signed_in("supervisor")
    assert save(client, "一", "which=all") == 302
    assert save(client, "二", "which=all") == 409
    assert save(client, "三", "q=" + "长" * 300) in (409, 422)


def test_it_leads_nowhere_else(cast: Cast):
    client = signed_in("supervisor")
    save(client, "外", "//evil.example/?q=1#x")
    assert kept(client) == [("/m/?", "外")]
