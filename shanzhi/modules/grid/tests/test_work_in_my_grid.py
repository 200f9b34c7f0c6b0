"""A grid worker opens the page, reports an incident, ends it or hands it up, and finds whom to ask."""

import re
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE, Actor
from shanzhi.kernel.access.queries import actor_of_post
from shanzhi.kernel.matters import queries
from shanzhi.kernel.matters.operations import act, report
from shanzhi.kernel.matters.policy.process import load_kind
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.kernel.matters.rulebook import CATALOGUE
from shanzhi.kernel.matters.tests.page_support import queries_of
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.modules.grid.operations import incident_found
from shanzhi.modules.grid.policy import NoGrid, due_stages, take_up_of
from tests.browser.photos import photo
from tests.city import NOW, Cast
from tests.desks import signed_in

pytestmark = pytest.mark.django_db
GRID = "370303009006001"


def of_region(code: str, role: str) -> Actor:
    found = [row for row in organisation.responsible_on(code, NOW.date()) if row.region_code == code]
    return actor_of_post(next(row.post_id for row in found if row.role == role), NOW.date())


def kind(code: str):
    return load_kind((CATALOGUE / "kinds" / f"{code}.toml").read_text(encoding="utf-8"))


def send(client, **more: object):
    return client.post("/grid/report/", {"key": str(uuid.uuid4()), "body": "3号楼前窨井盖破损", **more})


def form_of(client, number: str, action: str) -> dict[str, str]:
    html = client.get(f"/grid/m/{number}/").content.decode()
    form = re.search(rf'<form[^>]+action="/grid/m/{number}/{action}/".*?</form>', html, re.S)
    assert form, f"no form for {action}"
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form.group()))


def do(client, number: str, action: str, **more: object):
    return client.post(f"/grid/m/{number}/{action}/", {**form_of(client, number, action), **more})


def number_of(answer) -> str:
    assert answer.status_code == 302, answer.content.decode()[:500]
    found = re.search(r"/grid/m/([\d-]+)/", answer["Location"])
    assert found
    return found.group(1)


def test_it_reads_off_the_processes_what_is_due() -> None:
    assert due_stages([kind("incident"), kind("request")]) == ("in_grid", "dispatched", "handling")
    assert (take_up_of(kind("incident")), take_up_of(kind("request"))) == ("take_up", "")


def test_a_worker_reports_and_ends_it_in_the_grid(cast: Cast) -> None:
    client = signed_in("grid_worker")
    image = photo("井盖.jpg")
    number = number_of(send(client, photos=SimpleUploadedFile(image["name"], image["buffer"], image["mimeType"])))
    page = client.get("/grid/").content.decode()
    assert f"/grid/m/{number}/" in page
    assert do(client, number, "end_in_grid", reply="已更换井盖。").status_code == 302
    with acting(cast.grid_worker):
        found = queries.matter_id_of_number(number)
        assert found is not None
        card = queries.card(found, actor=cast.grid_worker, now=NOW)
    assert card.stage in {"closed", "spot_check"}
    assert (card.region_code, len(card.attachments)) == (cast.grid_worker.region_code, 1)
    assert card.channel_name == "网格上报"


def test_a_worker_hands_it_up(cast: Cast) -> None:
    client = signed_in("grid_worker")
    number = number_of(send(client))
    assert do(client, number, "escalate_to_community").status_code == 422
    assert do(client, number, "escalate_to_community", words="要市政来换").status_code == 302
    page = client.get("/grid/").content.decode()
    assert page.index("上报后的去向") < page.index(f"/grid/m/{number}/")
    assert "网格里别的事" not in page


def went(client) -> str:
    """What the page says of what was escalated, as words."""
    html = client.get("/grid/").content.decode().split("上报后的去向", 1)
    return re.sub(r"<[^>]+>|\s+", " ", html[1].split("网格里别的事")[0]) if len(html) > 1 else ""


def test_what_was_not_escalated_is_not_said_to_be(cast: Cast) -> None:
    client = signed_in("grid_worker")
    ended = number_of(send(client))
    do(client, ended, "end_in_grid", reply="已更换井盖。")
    send(client)
    with acting(ANYONE):
        report(new=NewReport(body="路灯不亮", region_code=GRID), actor=ANYONE, now=timezone.now())
    assert went(client) == ""


def test_it_says_who_has_what_was_escalated_until_when_and_how_it_ended(cast: Cast) -> None:
    client = signed_in("grid_worker")
    number = number_of(send(client))
    do(client, number, "escalate_to_community", words="要市政来换")
    said = re.sub(r" +", " ", went(client))
    assert "村（社区）办理" in said
    assert "现在由世纪花园社区办" in said
    assert "前完成这一步" in said
    with acting(cast.grid_worker):
        found = queries.matter_id_of_number(number)
    community, checker = (of_region(GRID[:12], "handler"), of_region(GRID[:9], "checker"))
    assert found is not None
    for actor, action, fields in (
        (community, "end_in_community", {"reply": "已更换井盖。"}),
        (checker, "check_pass", {"words": "属实"}),
    ):
        with acting(actor):
            act(matter_id=found, action=action, actor=actor, now=timezone.now(), fields=fields)
    assert "已办结" in went(client)
    assert "现在由" not in went(client)


def test_it_says_what_is_missing_and_keeps_what_was_typed(cast: Cast) -> None:
    client = signed_in("grid_worker")
    answer = send(client, body=" ", place_text="3号楼")
    assert answer.status_code == 422
    assert "3号楼" in answer.content.decode()
    assert send(client, latitude="1", longitude="2").status_code == 422
    assert send(client, contact_phone="12").status_code == 422


def test_sent_twice_it_is_reported_once(cast: Cast) -> None:
    client, key = signed_in("grid_worker"), str(uuid.uuid4())
    assert number_of(send(client, key=key)) == number_of(send(client, key=key))


def test_a_post_of_no_grid_is_refused(cast: Cast) -> None:
    assert signed_in("handler").get("/grid/").status_code == 403
    with acting(cast.handler), pytest.raises(NoGrid):
        incident_found(new=NewReport(body="路灯不亮"), uploads=(), actor=cast.handler, now=NOW, key=None)


def test_the_place_of_a_report_is_the_own_grid_whatever_was_sent(cast: Cast) -> None:
    with acting(cast.grid_worker):
        made = incident_found(
            new=NewReport(body="路灯不亮", region_code="370306100200", kind="request"),
            uploads=(),
            actor=cast.grid_worker,
            now=NOW,
            key=None,
        )
        card = queries.card(made.matter_id, actor=cast.grid_worker, now=NOW)
    assert (card.kind_name, card.region_code, card.stage) == ("事件", "370303009006001", "in_grid")


def test_it_tells_whom_to_ask(cast: Cast) -> None:
    page = signed_in("grid_worker").get("/grid/ask/").content.decode().split("<main", 1)[1]
    titles = re.findall(r"<h2[^>]*>\s*([^<]+?)\s*</h2>", page)
    assert titles == ["第一网格", "世纪花园社区", "马尚街道"]
    assert "网格长" in page
    assert not re.search(r"1[3-9]\d{9}", page)


def test_the_page_stays_small_and_asks_little(cast: Cast) -> None:
    client = signed_in("grid_worker")
    with acting(cast.grid_worker):
        for place in range(25):
            new = NewReport(body=f"{place}号楼前窨井盖破损")
            incident_found(new=new, uploads=(), actor=cast.grid_worker, now=NOW, key=None)
    assert queries_of(client, "/grid/") == 9
    assert len(client.get("/grid/").content) < 100_000
