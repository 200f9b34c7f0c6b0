"""A unit contests a count from the matters behind a figure; what is granted changes the month and shows why."""

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.indicators.policy.reports import Period as Week
from shanzhi.kernel.indicators.policy.reports import Span
from shanzhi.kernel.indicators.queries import values
from shanzhi.modules.figures.tests.test_read_a_figure import kept, numbers, plain, text
from tests.city import _actor
from tests.concurrency.committed import as_role
from tests.figures import LATER, Figures, city, counted

__all__ = ["city", "counted"]
pytestmark = pytest.mark.usefixtures("evidence_store")
PERIOD = "period=2025-11"
GIVEN = {"figure": "satisfied", "month": "2025-11", "ground": "rated-by-mistake", "words": "评价说的是另一件事"}


@pytest.fixture
def unit(counted: Figures) -> Client:
    return counted.browser("handler")


@pytest.fixture
def above(counted: Figures) -> Client:
    """The city centre's supervisor, one level above a county's departments."""
    return counted.browser("supervisor")


def paper() -> SimpleUploadedFile:
    return SimpleUploadedFile("录音说明.pdf", b"%PDF-1.4\n% said\n%%EOF\n", content_type="application/pdf")


def ask(client: Client, number: str, **given: Any) -> Any:
    return client.post("/figures/exclusions/new/", {"number": number, **GIVEN, **given})


def records(counted: Figures) -> str:
    return f"/figures/satisfied/records/?region={counted.region('370303')}&{PERIOD}"


def rate_of_the_week(counted: Figures) -> tuple[int, int]:
    """满意率 of the week of 17 November in the county: scores of 4 or 5, and all that count."""
    with acting(counted.city.cast.supervisor):
        week = Week(Span.WEEK, 2025, 47)
        report = values.week_report(counted.region("370303"), week, issuer="", now=LATER)
    (found,) = [one.now for one in report.rates if one.key == "pleased_rate"]
    assert found is not None
    return found.numerator, found.denominator


def by_records(counted: Figures) -> tuple[int, int]:
    """The same over matters' journal entries, less those whose exclusion is granted and carried into the figures."""
    with as_role(counted.city.installation, "owner") as owner:
        row = owner.execute(
            "SELECT count(*) FILTER (WHERE (e.payload->>'satisfied')::int >= 4), count(*)"
            " FROM journal_entry e JOIN matters_matter m ON m.id = e.subject_id AND e.subject_kind = 'matter'"
            " WHERE e.action = 'matters.rate' AND e.payload->>'satisfied' IS NOT NULL AND m.region_code LIKE '370303%'"
            " AND (e.happened_at AT TIME ZONE 'Asia/Shanghai')::date BETWEEN '2025-11-17' AND '2025-11-23'"
            " AND NOT EXISTS (SELECT 1 FROM indicators_exclusion x WHERE x.matter_id = m.id AND x.key = 'satisfied'"
            " AND x.month = 202511 AND x.state = 'granted' AND x.is_left_out)"
        ).fetchone()
    assert row is not None
    return int(row[0]), int(row[1])


def test_it_is_begun_from_the_matters_behind_a_figure(counted: Figures, unit: Client) -> None:
    page = text(unit, records(counted))
    url = re.findall(r'href="(/figures/exclusions/new/[^"]+)"', page)[0].replace("&amp;", "&")
    form = text(unit, url)
    number = re.findall(r"number=([^&]+)", url)[0]
    assert f'value="{number}"' in form
    assert re.search(r'<option value="satisfied"[^>]*selected', form)
    assert re.search(r'<option value="2025-11"[^>]*selected', form)


def test_nothing_that_was_written_is_lost(counted: Figures, unit: Client) -> None:
    answer = ask(unit, "20251118-999999", files=paper())
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "请核对编号。" in page
    assert GIVEN["words"] in page
    assert re.search(r'value="rated-by-mistake"[^>]*checked', page)
    assert re.search(r'name="kept" value="[^"]+"', page)


def test_what_is_granted_changes_the_month_and_shows_why(counted: Figures, unit: Client, above: Client) -> None:
    before = kept(counted, "satisfied", "370303")
    (number, *_) = numbers(unit, records(counted))
    answer = ask(unit, number, files=paper())
    assert answer.status_code == 302, plain(answer.content.decode())
    url = answer["Location"]
    own = plain(text(unit, url))
    assert "待决定" in own
    assert GIVEN["words"] in own
    assert "撤回申诉" in own
    page = text(above, url)
    assert "同意剔除" in page
    answer = above.post(f"{url}decide/", {"do": "grant", "reason": ""})
    assert (answer.status_code, "请填写这一项。" in answer.content.decode()) == (422, True)
    assert above.post(f"{url}decide/", {"do": "grant", "reason": "录音属实，说的是另一件事"}).status_code == 302
    week = rate_of_the_week(counted)
    assert week == by_records(counted)
    counted.follow()
    assert rate_of_the_week(counted) == by_records(counted)
    assert sum(rate_of_the_week(counted)) < sum(week)
    after = kept(counted, "satisfied", "370303")
    assert after[1] < before[1]
    shown = plain(text(counted.browser("supervisor"), url))
    assert "已剔除" in shown
    assert f"（{before[0]} / {before[1]}）" in shown
    assert f"（{after[0]} / {after[1]}）" in shown
    figure = plain(
        text(counted.browser("supervisor"), f"/figures/satisfied/?region={counted.region('370303')}&{PERIOD}")
    )
    assert "更改记录" in figure
    assert number in figure
    listed = plain(text(unit, f"/figures/exclusions/?{PERIOD}"))
    assert number in listed
    assert "各单位剔除占比（2025年11月）" in listed


def test_it_is_decided_by_nobody_else_and_taken_back_by_the_unit(counted: Figures, unit: Client) -> None:
    (*_, number) = numbers(unit, records(counted))
    answer = ask(unit, number, files=paper())
    assert answer.status_code == 302, plain(answer.content.decode())
    url = answer["Location"]
    assert unit.post(f"{url}decide/", {"do": "grant", "reason": "属实"}).status_code == 403
    other = counted.browser(_actor("centre-370306", "supervisor", 0))
    assert other.post(f"{url}decide/", {"do": "grant", "reason": "属实"}).status_code in (403, 404)
    assert unit.post(f"{url}withdraw/").status_code == 302
    assert "已撤回" in plain(text(unit, url))


def test_a_stranger_to_it_finds_nothing(counted: Figures) -> None:
    assert counted.browser("supervisor").get("/figures/exclusions/999999999/").status_code == 404
