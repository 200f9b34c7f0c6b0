"""The same problem through another door: one press on the desk puts it under the one that is being worked."""

import pytest
from django.urls import reverse

from shanzhi.kernel.access.policy import Actor
from shanzhi.modules.triage.tests.desk_support import (
    PROPERTY,
    card,
    done,
    form,
    new_key,
    page,
    reported,
    signed_in,
    url,
)
from tests.city import Cast

pytestmark = pytest.mark.django_db


def test_it_links_with_one_press_and_goes_on(cast: Cast):
    lead = reported(title="路灯不亮")
    done(cast.dispatcher, lead, "accept", category=PROPERTY)
    done(cast.dispatcher, lead, "dispatch", lead=cast.handler.unit_id)
    second = reported(title="路灯坏了")
    client = signed_in("dispatcher")
    sent = form(page(client.get(url(second))), do=f"link:{lead.number}")
    answer = client.post(url(second), sent)
    assert (answer.status_code, answer["Location"]) == (302, "/triage/")
    now = card(cast.dispatcher, second)
    assert (now.stage, now.holder_name, now.links.reports) == ("merged", "张店区住房和城乡建设局", 2)
    assert now.links.lead is not None
    assert now.links.lead.number == lead.number
    shown = card(cast.handler, lead)
    assert [(row.number, row.body) for row in shown.links.under] == [(second.number, now.body)]
    html = page(signed_in("handler").get(reverse("matters:matter", args=[lead.number])))
    assert "以下各件是同一问题" in html
    assert second.number in html
    assert "集体反映" not in html


def test_what_cant_be_linked_comes_back_with_its_sentence(cast: Cast):
    second = reported()
    client = signed_in("dispatcher")
    sent = form(page(client.get(url(second))), do=f"link:{second.number}")
    answer = client.post(url(second), sent)
    assert answer.status_code == 422
    assert "不能并到自己" in page(answer)
    sent = form(page(client.get(url(second))), do="link:", key=new_key())
    assert client.post(url(second), sent).status_code == 422
    assert card(cast.dispatcher, second).stage == "reported"


def test_five_reports_are_collective_and_the_reporter_reads_that_theirs_is_handled_with_another(cast: Cast):
    lead = reported()
    others = [reported() for _ in range(4)]
    for each in others:
        done(cast.dispatcher, each, "link", same_as=lead.number)
    assert (card(cast.dispatcher, lead).links.reports, card(cast.dispatcher, lead).links.is_collective) == (5, True)
    assert card(cast.dispatcher, others[0]).links.is_collective
    mine = card(Actor(follow=(others[0].follow_hash,)), others[0])
    assert mine.next_sentence.startswith("已与同一问题的另一件并案办理")
    assert (mine.links.is_linked, mine.links.lead, mine.links.under, mine.links.reports) == (True, None, (), 1)
