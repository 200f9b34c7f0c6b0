"""Staff do an action on a matter's page: it is done once, or it says why not, and nothing typed is lost."""

import re
import uuid
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.utils import timezone

from shanzhi.core.errors import DomainError
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.matters import queries
from shanzhi.kernel.matters.operations import Reported
from shanzhi.kernel.matters.queries import MatterCard
from shanzhi.kernel.matters.tests.page_support import done, handed_to, hidden, page, reported, signed_in
from shanzhi.kernel.organisation import queries as organisation
from tests.city import LOGINS, PASSWORD, Cast

pytestmark = pytest.mark.django_db

REPLY = "电梯主板已更换，今天上午恢复运行。"


def card(actor: Actor, matter: Reported) -> MatterCard:
    with acting(actor):
        return queries.card(matter.matter_id, actor=actor, now=timezone.now())


def test_it_does_it_and_says_what_is_now(cast: Cast):
    matter = handed_to(cast.handler, cast.dispatcher, reported())
    client = signed_in("handler")
    answer = client.post(f"/m/{matter.number}/do/reply/", {"reply": REPLY, "page": f"/m/{matter.number}/"})
    assert answer.status_code == 302
    assert answer["Location"] == f"/m/{matter.number}/"
    assert re.search(
        "已答复。事项现在是“待核查”。请[^，。]+在[^，。]+前办完这一步。承诺[^，。]+前答复反映人。",
        page(client.get(answer["Location"])),
    )
    assert card(cast.handler, matter).reply == REPLY


def test_it_goes_back_to_the_desk_that_it_was_done_from_but_never_off_this_site(cast: Cast):
    matter = reported()
    client = signed_in("dispatcher")
    note = {"words": "已电话核实", "page": f"/m/{matter.number}/"}
    assert client.post(f"/m/{matter.number}/do/note/", note | {"back": "/triage/"})["Location"] == "/triage/"
    for bad in ("//evil.example/", "https://evil.example/", "/\\evil.example"):
        answer = client.post(f"/m/{matter.number}/do/note/", {"words": "再核实", "back": bad, "page": bad})
        assert answer["Location"] == f"/m/{matter.number}/"


def test_it_keeps_photos(cast: Cast):
    matter = handed_to(cast.handler, cast.dispatcher, reported())
    paper = SimpleUploadedFile("说明.pdf", b"%PDF-1.4\n%%EOF\n", "application/pdf")
    signed_in("handler").post(f"/m/{matter.number}/do/reply/", {"reply": REPLY, "files": [paper]})
    assert [row.media_type for row in card(cast.handler, matter).attachments] == ["application/pdf"]


def test_it_refuses_a_file_and_keeps_the_text(cast: Cast):
    matter = handed_to(cast.handler, cast.dispatcher, reported())
    empty = SimpleUploadedFile("空.pdf", b"not a pdf", "application/pdf")
    answer = signed_in("handler").post(f"/m/{matter.number}/do/reply/", {"reply": REPLY, "files": [empty]})
    assert answer.status_code == 422
    assert REPLY in page(answer)
    assert 'id="id_reply_files_error"' in page(answer)


def test_it_shows_what_is_missing_beside_its_field(cast: Cast):
    matter = handed_to(cast.handler, cast.dispatcher, reported())
    answer = signed_in("handler").post(f"/m/{matter.number}/do/reply/", {"reply": "  "})
    assert answer.status_code == 422
    assert 'id="id_reply_reply_error"' in page(answer)
    assert card(cast.handler, matter).stage == "handling"


def test_it_wants_words_with_a_ground_that_needs_them(cast: Cast):
    matter = handed_to(cast.handler, cast.dispatcher, reported())
    ground = next(row.code for row in queries.grounds().of_use("return") if row.needs_words)
    answer = signed_in("handler").post(f"/m/{matter.number}/do/hand_back/", {"ground": ground})
    html = page(answer)
    assert answer.status_code == 422
    assert 'id="id_hand_back_words_error"' in html
    assert f'value="{ground}" selected' in html


def test_it_tells_who_was_slower_what_is_now_and_keeps_the_text(cast: Cast):
    matter = reported()
    old = page(signed_in("second_dispatcher").get(f"/m/{matter.number}/"))
    done(cast.dispatcher, matter, "accept", category="housing.property-service")
    form = {
        "words": "请先电话联系本人核实",
        "version": hidden(old, "version", "/do/accept/"),
        "key": hidden(old, "key", "/do/accept/"),
    }
    answer = signed_in("second_dispatcher").post(f"/m/{matter.number}/do/accept/", form)
    assert answer.status_code == 409
    assert "事项已在“待派单”，不能受理。" in page(answer)
    assert "请先电话联系本人核实" in page(answer)


def test_it_refuses_a_stale_screen_and_opens_the_form_again(cast: Cast):
    matter = handed_to(cast.handler, cast.dispatcher, reported())
    version = card(cast.handler, matter).version
    answer = signed_in("handler").post(f"/m/{matter.number}/do/reply/", {"reply": REPLY, "version": version - 1})
    html = page(answer)
    assert answer.status_code == 409
    assert REPLY in html
    assert hidden(html, "version", "/do/reply/") == str(version)


def test_it_does_a_form_that_was_sent_twice_once(cast: Cast):
    matter = reported()
    client = signed_in("dispatcher")
    form = {"category": "housing.property-service", "version": "1", "key": str(uuid.uuid4())}
    first = client.post(f"/m/{matter.number}/do/accept/", form)
    second = client.post(f"/m/{matter.number}/do/accept/", form)
    assert (first.status_code, second.status_code) == (302, 302)
    assert [entry.title for entry in card(cast.dispatcher, matter).timeline] == ["反映", "受理"]


def test_it_refuses_another_content_under_the_same_key(cast: Cast):
    matter = reported()
    client = signed_in("dispatcher")
    key = str(uuid.uuid4())
    client.post(f"/m/{matter.number}/do/note/", {"words": "一", "key": key})
    answer = client.post(f"/m/{matter.number}/do/note/", {"words": "二", "key": key})
    assert answer.status_code == 409
    assert "二" in page(answer)


def test_it_is_refused_to_a_colleague_without_the_right(cast: Cast):
    matter = handed_to(cast.handler, cast.dispatcher, reported())
    answer = signed_in("dispatcher").post(f"/m/{matter.number}/do/reply/", {"reply": REPLY})
    assert answer.status_code == 403
    assert "这一步由" in page(answer)


@pytest.mark.parametrize("part", ["neighbour_dispatcher", "neighbour_handler"])
def test_it_isnt_there_for_a_stranger(cast: Cast, part: str):
    matter = handed_to(cast.handler, cast.dispatcher, reported())
    assert signed_in(part).post(f"/m/{matter.number}/do/reply/", {"reply": REPLY}).status_code == 404


def test_it_knows_no_action_that_the_process_hasnt(cast: Cast):
    matter = reported()
    assert signed_in("dispatcher").post(f"/m/{matter.number}/do/abolish/").status_code == 404
    assert signed_in("dispatcher").get(f"/m/{matter.number}/do/accept/").status_code == 405


def test_it_gives_back_what_was_typed_after_the_session_ended(cast: Cast):
    matter = handed_to(cast.handler, cast.dispatcher, reported())
    url = f"/m/{matter.number}/"
    client = Client()
    answer = client.post(f"{url}do/reply/", {"action": "reply", "reply": REPLY, "page": url, "version": "1"})
    target = parse_qs(urlsplit(answer["Location"]).query)["next"][0]
    assert target.startswith(f"{url}?parked=")
    again = client.post("/accounts/login/", {"login": LOGINS["handler"], "password": PASSWORD, "next": target})
    assert again["Location"] == target
    html = page(client.get(target))
    assert REPLY in html
    assert html.index(REPLY) > html.index('action="' + url + 'do/reply/"')
    assert REPLY not in page(client.get(url))


def test_it_finds_a_unit_without_script_and_keeps_the_rest(cast: Cast):
    matter = reported()
    done(cast.dispatcher, matter, "accept", category="housing.property-service")
    form = {"find": "lead", "q_lead": "张店区城市管理", "words": "请三日内联系"}
    answer = signed_in("dispatcher").post(f"/m/{matter.number}/do/dispatch/", form)
    html = page(answer)
    assert answer.status_code == 200
    assert f'value="{cast.second_handler.unit_id}"' in html
    assert "请三日内联系" in html
    assert card(cast.dispatcher, matter).stage == "accepted"


def test_it_finds_units_while_somebody_types_and_keeps_the_chosen(cast: Cast):
    query = {"field": "lead", "kind": "unit", "id": "x", "q_lead": "城市管理", "lead": str(cast.handler.unit_id)}
    html = page(signed_in("dispatcher").get("/m/units/", query))
    assert f'value="{cast.handler.unit_id}" checked' in html
    assert f'value="{cast.second_handler.unit_id}"' in html


def test_it_finds_regions_while_somebody_types(cast: Cast):
    html = page(
        signed_in("dispatcher").get(
            "/m/units/", {"field": "region", "kind": "region", "id": "x", "q_region": "世纪花园"}
        )
    )
    assert 'value="370303009006"' in html


def test_it_says_so_where_no_unit_has_the_name(cast: Cast):
    html = page(signed_in("dispatcher").get("/m/units/", {"field": "lead", "kind": "unit", "q_lead": "天文台"}))
    assert "没有找到名称里有“天文台”的" in html


def test_it_looks_for_units_for_staff_only(cast: Cast):
    assert Client().get("/m/units/", {"q_lead": "城市"}).status_code == 302
    assert Client().get("/m/ground/").status_code == 302


def test_it_tells_what_a_ground_is_for_and_the_lawful_channel(cast: Cast):
    html = page(signed_in("dispatcher").get("/m/ground/", {"ground": "refuse.litigation"}))
    assert "12368" in html
    assert "选这一条要另写说明" in html


def test_it_puts_a_reply_template_behind_what_was_typed(cast: Cast):
    matter = handed_to(cast.handler, cast.dispatcher, reported())
    form = {"find": "template:template.reply-done", "reply": "先说一句"}
    html = page(signed_in("handler").post(f"/m/{matter.number}/do/reply/", form))
    assert "先说一句\n\n您好！" in html
    assert "{unit}" not in html.split('name="reply"')[1].split("</textarea>")[0]


def test_it_sends_off_a_whole_transfer(cast: Cast):
    matter = handed_to(cast.handler, cast.dispatcher, reported())
    form = {"lead": cast.second_handler.unit_id, "co": [cast.handler.unit_id], "words": "属市容管理"}
    answer = signed_in("supervisor").post(f"/m/{matter.number}/do/transfer/", form)
    assert answer.status_code == 302
    shares = [(share.unit_name, share.part, share.is_open) for share in card(cast.supervisor, matter).shares]
    assert shares == [
        ("张店区住建局", "lead", False),
        ("张店区城管局", "lead", True),
        ("张店区住建局", "co", True),
    ]


def offered(html: str) -> set[int]:
    return {int(value) for value in re.findall(r'<input class="form-check-input" [^>]*value="(\d+)"', html)}


def found_for(part: str, html: str, field: str, words: str) -> set[int]:
    """Which units the picker of a page offers for some words, by the address that stands in the page."""
    box = re.search(rf'name="q_{field}".*?hx-get="([^"]+)"', html, re.S)
    assert box
    return offered(page(signed_in(part).get(f"{box[1]}&{urlencode({f'q_{field}': words})}")))


def test_it_offers_whom_the_step_takes_and_nobody_else(cast: Cast):
    matter = handed_to(cast.handler, cast.dispatcher, reported())
    html = page(signed_in("handler").get(f"/m/{matter.number}/"))
    box = html.split("/do/involve/", 1)[1]
    on = timezone.localdate()
    community = organisation.unit_by_id(cast.community_handler.unit_id or 0, on)
    assert community is not None
    assert found_for("handler", box, "co", community.name) == set(), "a department's duty isn't a community's"
    assert cast.second_handler.unit_id in found_for("handler", box, "co", "城市管理")
    assert cast.handler.unit_id not in found_for("handler", box, "co", "住房和城乡"), "it leads"
    for words in (community.name, "城市管理", "住房和城乡"):
        shown = found_for("handler", box, "co", words)
        units = organisation.units_within(cast.supervisor.ranges, on, text=words, limit=200)
        assert {unit.id for unit in units if takes(cast, matter, unit.id)} == shown, words


def takes(cast: Cast, matter: Reported, unit_id: int) -> bool:
    """Would the step itself take the unit? Nothing is kept of it."""
    try:
        with transaction.atomic():
            done(cast.handler, matter, "involve", co=[unit_id], words="请配合")
            transaction.set_rollback(True)
    except DomainError:
        return False
    return True


def test_it_offers_communities_for_what_is_no_departments_duty(cast: Cast):
    matter = reported()
    query = {"field": "co", "kind": "units", "process": "request", "do": "dispatch", "q_co": "世纪花园"}
    for category, is_offered in (("housing.property-service", False), ("", True)):
        html = page(signed_in("dispatcher").get("/m/units/", query | {"category": category}))
        assert bool(offered(html)) == is_offered, matter.number
    assert "不列村（社区）" in page(
        signed_in("dispatcher").get("/m/units/", query | {"category": "housing.property-service"})
    )
