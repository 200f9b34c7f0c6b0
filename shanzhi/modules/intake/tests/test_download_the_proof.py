"""The reporter takes the proof of their matter home; nobody else gets it, and staff get their own matters' alone."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from shanzhi.config import database
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal.policy import check, read_proof
from shanzhi.kernel.matters.operations import Reported
from shanzhi.modules.intake.tests.walk import BODY, do, follow_in, made, reporter, sign_in
from tests.concurrency.committed import City, city

__all__ = ["city"]

PHONE = "13812345678"


def seal(city: City) -> None:
    with database.acting_as(city.installation, "worker"):
        journal.seal(now=timezone.now(), head_every=timedelta(0))


@pytest.fixture
def report(city: City) -> Reported:
    return made(body=f"{BODY}请打{PHONE}找我。", contact_name="王小明", contact_phone=PHONE)


def test_it_gives_the_reporter_a_file_that_proves_every_step(city, report):
    do(city.cast.dispatcher, report.matter_id, "accept", category="housing.property-service")
    do(city.cast.dispatcher, report.matter_id, "dispatch", lead=city.cast.handler.unit_id)
    seal(city)
    resident = Client()
    follow_in(resident, report)
    page = resident.get(f"/my/{report.number}/").content.decode()
    assert f'href="/my/{report.number}/proof/"' in page
    assert "下载存证" in page
    answer = resident.get(f"/my/{report.number}/proof/")
    assert answer.status_code == 200
    assert answer["Content-Disposition"] == f'attachment; filename="proof-{report.number}.json"'
    assert answer["Cache-Control"] == "private, no-store"
    text = answer.content.decode()
    checked = check(read_proof(text))
    assert checked.is_proved
    assert [entry.action for _, entry in checked.entries] == ["matters.report", "matters.accept", "matters.dispatch"]
    assert all(word not in text for word in (PHONE, "138****", "王小明", "世纪花园", report.follow_code))


def test_it_holds_what_the_page_shows_and_no_step_that_names_anothers_report(city, report):
    lead, cast = made(body="同一部电梯坏了"), city.cast
    for one in (lead, report):
        do(cast.dispatcher, one.matter_id, "accept", category="housing.property-service")
    do(cast.dispatcher, lead.matter_id, "dispatch", lead=cast.handler.unit_id)
    do(cast.supervisor, lead.matter_id, "supervise", ground="supervise.overdue", words="请报告")
    do(cast.dispatcher, report.matter_id, "link", same_as=lead.number, words="同一部电梯")
    do(reporter(report), report.matter_id, "note", words="还没有修")
    seal(city)
    assert proved(lead) == ["matters.report", "matters.accept", "matters.dispatch"]
    assert proved(report) == ["matters.report", "matters.accept", "matters.note"]


def proved(one: Reported) -> list[str]:
    resident = Client()
    follow_in(resident, one)
    text = resident.get(f"/my/{one.number}/proof/").content.decode()
    assert all(word not in text.replace('\\"lead_id\\":null', "") for word in ("lead_id", "negligent", "supervise"))
    checked = check(read_proof(text))
    assert checked.is_proved
    return [entry.action for _, entry in checked.entries]


def test_it_says_that_the_last_step_is_not_sealed_yet(city, report):
    resident = Client()
    follow_in(resident, report)
    answer = resident.get(f"/my/{report.number}/proof/", follow=True)
    assert answer.redirect_chain == [(f"/my/{report.number}/", 302)]
    assert "最近的一步还没有封存" in answer.content.decode()


def test_it_is_nobody_elses(city, report):
    seal(city)
    stranger, neighbour = Client(), Client()
    follow_in(neighbour, made(body="另一件事"))
    for client in (stranger, neighbour):
        for path in (f"/my/{report.number}/proof/", "/my/20250101-999999/proof/", "/my/x'--/proof/"):
            answer = client.get(path)
            assert answer.status_code == 404
            assert report.number not in answer.content.decode().replace(path, "")
    assert stranger.post(f"/my/{report.number}/proof/").status_code in {404, 405}


@pytest.mark.parametrize(
    ("part", "status"), [("dispatcher", 200), ("neighbour_handler", 404), ("security_officer", 403)]
)
def test_it_is_for_staff_who_see_the_matter(city, report, part, status):
    seal(city)
    client = Client()
    sign_in(client, part)
    answer = client.get(f"/m/{report.number}/proof/")
    assert answer.status_code == status
    if status == 200:
        assert check(read_proof(answer.content.decode())).is_proved


def test_it_asks_a_visitor_to_sign_in_for_the_staffs(city, report):
    answer = Client().get(f"/m/{report.number}/proof/")
    assert (answer.status_code, answer["Location"].partition("?")[0]) == (
        302,
        "/accounts/login/",
    )


def test_it_tells_staff_that_it_is_not_sealed_yet(city, report):
    client = Client()
    sign_in(client, "dispatcher")
    answer = client.get(f"/m/{report.number}/proof/", follow=True)
    assert answer.redirect_chain == [(f"/m/{report.number}/", 302)]
    assert "还没有封存" in answer.content.decode()
