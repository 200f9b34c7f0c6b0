"""A reporter urges on the page of their matter: once a working day, and reads by when the unit has to answer."""

import re
from datetime import UTC, datetime

import pytest
from django.utils import timezone

from shanzhi.core.periods import CITY_ZONE
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.clock.policy import Duration, due_at
from shanzhi.kernel.matters import queries
from shanzhi.kernel.matters.models import Ask
from shanzhi.kernel.matters.operations import Reported
from shanzhi.modules.intake.tests.test_look_after_my_matter import page_of, post
from shanzhi.modules.intake.tests.walk import do, follow_in, made, reporter, text_of
from tests.city import Cast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cast", "evidence_store")]


@pytest.fixture
def handled(client, cast: Cast) -> Reported:
    """In the hands of the county's housing department; the browser has shown the code."""
    report = made()
    follow_in(client, report)
    do(cast.dispatcher, report.matter_id, "accept", category="housing.property-service")
    do(cast.dispatcher, report.matter_id, "dispatch", lead=cast.handler.unit_id)
    do(cast.handler, report.matter_id, "take")
    return report


def asked(report: Reported) -> list[tuple[str, datetime]]:
    with acting(reporter(report)):
        return list(Ask.objects.filter(matter_id=report.matter_id).order_by("id").values_list("state", "due_at"))


def test_it_urges_and_shows_by_when_the_unit_answers(client, handled):
    answer = post(client, handled, "urge")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/my/{handled.number}/")
    ((state, due),) = asked(handled)
    now = timezone.now()
    assert (state, due) == ("open", due_at(now, Duration.parse("1wd"), queries.work_calendar()).astimezone(UTC))
    read = text_of(page_of(client, handled))
    assert "张店区住建局应当回应的期限：" in read
    assert f"{due.astimezone(CITY_ZONE):%H:%M}" in read[read.index("应当回应的期限") :][:30]
    assert "催一下" not in read[: read.index("经过")], "nobody is offered what would be refused"


def test_it_reads_the_answer_and_may_not_urge_twice_a_day(client, handled, cast):
    page = page_of(client, handled)
    assert post(client, handled, "urge", page).status_code == 302
    again = client.post(f"/my/{handled.number}/urge/", {"key": "", "version": ""})
    assert again.status_code in (409, 422)
    do(cast.handler, handled.matter_id, "respond_reporter", words="配件明天到货，后天装好。")
    read = text_of(page_of(client, handled))
    assert "配件明天到货，后天装好。" in read
    assert "应当回应的期限" not in read
    assert not re.search(r'action="/my/[^"]*/urge/"', page_of(client, handled))
    fresh = client.post(f"/my/{handled.number}/urge/", {"key": "", "version": ""})
    assert fresh.status_code in (409, 422)
    assert [state for state, _ in asked(handled)] == ["granted"]


def test_the_same_press_twice_urges_once(client, handled):
    page = page_of(client, handled)
    assert [post(client, handled, "urge", page).status_code for _ in range(2)] == [302, 302]
    assert len(asked(handled)) == 1


def test_what_an_office_asks_of_another_stays_among_offices(client, handled, cast):
    do(cast.dispatcher, handled.matter_id, "urge", words="中心催办：请说明进展")
    do(cast.supervisor, handled.matter_id, "supervise", ground="supervise.overdue", words="内部督办要求")
    with acting(reporter(handled)):
        card = queries.card(handled.matter_id, actor=reporter(handled), now=timezone.now())
    assert card.asks == ()
    assert "应当回应的期限" not in text_of(page_of(client, handled))


def test_a_stranger_urges_nothing(client, handled):
    page = page_of(client, handled)
    client.cookies.clear()
    assert post(client, handled, "urge", page).status_code == 404
    assert asked(handled) == []
    assert client.get(f"/my/{handled.number}/urge/").status_code in (302, 404)


def test_what_nobody_leads_yet_offers_no_urging(client):
    report = made()
    follow_in(client, report)
    assert "/urge/" not in page_of(client, report)
