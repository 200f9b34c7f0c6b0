"""A resident reports a problem on the page."""

import io
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.access.web.middleware import followed
from shanzhi.kernel.matters import queries
from shanzhi.kernel.matters.models import Matter
from shanzhi.kernel.matters.queries import MatterCard
from shanzhi.modules.intake.tests.walk import BODY, PLACE, hidden, new_key, sign_in, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cast", "evidence_store")]


def picture(color: str = "red") -> SimpleUploadedFile:
    data = io.BytesIO()
    Image.new("RGB", (32, 24), color).save(data, "JPEG")
    return SimpleUploadedFile("IMG_1.jpg", data.getvalue(), "image/jpeg")


def send(client: Client, **fields: object):
    given = {"key": new_key(), "body": BODY, "do": "report", **fields}
    return client.post("/report/", {name: value for name, value in given.items() if value is not None})


def card_of(client: Client) -> MatterCard:
    """The one matter that the browser follows."""
    request = type("Request", (), {"COOKIES": {name: morsel.value for name, morsel in client.cookies.items()}})()
    actor = Actor(follow=followed(request))
    with acting(actor):
        matter = Matter.objects.get()
        return queries.card(matter.pk, actor=actor, now=matter.reported_at)


def test_it_takes_one_text_and_gives_number_and_code(client):
    response = send(client)
    assert (response.status_code, response["Location"]) == (302, "/done/")
    page = client.get("/done/")
    assert page["Cache-Control"] == "no-store"
    read = text_of(page.content.decode())
    number = re.search(r"事项编号(\d{8}-\d{6,})", read)
    code = re.search(r"查询码([0-9A-Z]{4}-[0-9A-Z]{4})", read)
    assert number
    assert code
    assert re.search(r"治理中心会在.*\d\d:\d\d前答复您是否受理。", read)
    card = card_of(client)
    assert (card.number, card.title, card.body) == (number[1], BODY.rstrip("。"), BODY)
    assert queries.hash_of_code(code[1]) != ""


def test_it_shows_the_code_again_on_a_reload_and_never_in_an_address(client):
    response = send(client)
    first, second = client.get("/done/").content.decode(), client.get("/done/").content.decode()
    assert re.findall(r'id="done-code">([^<]+)', first) == re.findall(r'id="done-code">([^<]+)', second)
    code = re.findall(r'id="done-code">([^<]+)', first)[0]
    assert code not in response["Location"]
    assert all(code not in morsel.value for morsel in client.cookies.values())
    assert client.cookies["receipt"]["path"] == "/done/"


def test_it_has_nothing_to_show_without_a_report(client):
    assert client.get("/done/")["Location"] == "/"
    for forged in ("x", "AAAA", "AAECAwQFBgcICQoLDA0ODw=="):
        client.cookies["receipt"] = forged
        assert client.get("/done/")["Location"] == "/"


def test_it_is_done_once_when_sent_twice(client):
    fields = {"key": new_key(), "contact_phone": "138 1234 5678"}
    send(client, **fields)
    first = client.get("/done/").content.decode()
    send(client, **fields)
    second = client.get("/done/").content.decode()
    assert re.findall(r'id="done-\w+">([^<]+)', first) == re.findall(r'id="done-\w+">([^<]+)', second)
    assert card_of(client).body == BODY


def test_it_asks_back_when_a_sent_form_comes_with_other_words(client):
    key = new_key()
    send(client, key=key)
    response = send(client, key=key, body="另一件事：路灯不亮。")
    assert response.status_code == 409
    page = response.content.decode()
    assert "这份表单已经提交过一次" in page
    assert "另一件事：路灯不亮。" in page
    assert hidden(page, "key") != key


def test_it_takes_place_contact_and_consent(client):
    response = send(
        client,
        region=PLACE,
        place_text="3号楼2单元",
        latitude="36.813100",
        longitude="118.048900",
        contact_name="王女士",
        contact_phone="０５３３—2345678",
        public_consent="on",
    )
    assert response.status_code == 302
    card = card_of(client)
    assert (card.region_code, card.place, card.has_contact) == (PLACE, "3号楼2单元", True)
    assert (card.latitude, card.longitude) == (36.8131, 118.0489)
    assert Matter.objects.filter(pk=card.id).values_list("public_consent", flat=True).first() in (True, None)


def test_it_hides_what_is_personal_in_the_text(client):
    send(client, body="我叫王小明，电话13812345678，楼道灯坏了。")
    assert "13812345678" not in card_of(client).body
    assert "138****5678" in card_of(client).body


def test_it_takes_photos(client):
    assert send(client, photos=[picture("red"), picture("blue")]).status_code == 302
    card = card_of(client)
    assert [(row.media_type, row.shown_to_reporter) for row in card.attachments] == [("image/jpeg", True)] * 2
    response = client.get(f"/files/{card.attachments[0].id}/preview/")
    assert b"".join(response.streaming_content)[8:12] == b"WEBP"
    assert Client().get(f"/files/{card.attachments[0].id}/preview/").status_code == 404


@pytest.mark.parametrize(
    ("fields", "said", "status"),
    [
        ({"body": ""}, "请写清楚什么事、在哪里。", 422),
        ({"body": " \n\t "}, "请写清楚什么事、在哪里。", 422),
        ({"body": "长" * 100_000}, "最多20000字，现在是100000字", 422),
        ({"place_text": "长" * 300}, "最多200字，现在是300字", 422),
        ({"contact_phone": "12345"}, "手机号应是11位，“12345”有5位", 422),
        ({"contact_phone": "不告诉"}, "不是电话号码", 422),
        ({"latitude": "118.05", "longitude": "36.8"}, "这个坐标不在国内", 422),
        ({"latitude": "36.8"}, "经度和纬度要一起填", 422),
        ({"latitude": "nan", "longitude": "inf"}, "这个坐标不能用", 422),
        ({"region": "999999999999"}, "没有代码为999999999999的区域", 422),
        ({"region": "街道"}, "区域", 422),
        ({"region": "370306100200", "area": "370303"}, "不在所选的县区、镇街里", 422),
    ],
)
def test_it_says_what_is_wrong_and_loses_nothing(client, fields, said, status):
    typed = {"contact_name": "王女士", "body": BODY, "public_consent": "on", **fields}
    response = send(client, **typed)
    page = response.content.decode()
    assert response.status_code == status
    assert said in text_of(page)
    assert 'id="error-summary"' in page
    assert 'value="王女士"' in page
    assert re.search(r'name="public_consent"[^>]*checked', page)
    if typed["body"].strip():
        assert typed["body"] in page
    with acting(Actor()):
        assert Matter.objects.count() == 0


def test_it_answers_a_text_beyond_all_measure_with_a_sentence(client):
    assert send(client, body="长" * 1_000_000).status_code in (400, 413)


@pytest.mark.parametrize(
    ("upload", "said"),
    [
        (SimpleUploadedFile("恶意.exe", b"MZ" + b"0" * 99), "不支持这种文件"),
        (SimpleUploadedFile("空.jpg", b""), "空的"),
        (SimpleUploadedFile("假.jpg", b"<script>alert(1)</script>"), "不支持这种文件"),
        (SimpleUploadedFile("断.jpg", b"\xff\xd8\xff" + b"0" * 50), "照片"),
        (SimpleUploadedFile("大.pdf", b"%PDF-" + b"0" * 20_000_001), "超过20MB"),
    ],
)
def test_it_names_the_file_that_it_can_not_take_and_keeps_the_others(client, upload, said):
    upload.seek(0)
    response = send(client, photos=[upload, picture()])
    page = response.content.decode()
    assert response.status_code == 422
    assert said in text_of(page)
    kept = re.findall(r'name="kept" value="([^"]+)"', page)
    assert len(kept) == 1
    assert send(client, kept=kept).status_code == 302
    assert [row.media_type for row in card_of(client).attachments] == ["image/jpeg"]


def test_it_keeps_photos_while_something_else_is_mended(client):
    page = send(client, body="", photos=[picture()]).content.decode()
    kept = re.findall(r'name="kept" value="([^"]+)"', page)
    send(client, kept=kept, photos=[picture("blue")])
    assert len(card_of(client).attachments) == 2


def test_it_takes_nine_files_and_no_more(client):
    ten = [SimpleUploadedFile(f"{n}.pdf", b"%PDF-1.4 " + str(n).encode()) for n in range(10)]
    response = send(client, photos=ten)
    assert response.status_code == 422
    assert "一次最多上传9个文件，这次选了10个" in text_of(response.content.decode())


def test_it_leaves_out_files_that_nobody_stored(client):
    assert send(client, kept=["forged", "a:b:c"]).status_code == 302
    assert card_of(client).attachments == ()


def test_it_lets_staff_type_a_report_in(client, cast):
    sign_in(client, "dispatcher")
    assert send(client).status_code == 302
    card = card_of(client)
    assert [entry.who for entry in card.timeline] == ["市综治中心"]
    assert client.get(f"/my/{card.number}/").status_code == 200


def test_it_needs_few_queries(client, django_assert_num_queries):
    client.get("/report/")
    with django_assert_num_queries(4):
        client.get("/report/")


def test_settings_keep_the_receipt_to_encrypted_lines_where_there_are_any(client, settings):
    settings.SESSION_COOKIE_SECURE = True
    send(client)
    assert client.cookies["receipt"]["secure"] is True
