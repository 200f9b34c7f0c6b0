"""The way of an application through pages: opened by the city, answered by the community, seen on a phone, decided, withdrawn."""

import io
import re
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from zipfile import ZipFile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import load_workbook

from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.web import middleware
from shanzhi.kernel.files.tests.pictures import picture
from shanzhi.modules.drives.models import Application, Drive, Look, Title
from shanzhi.modules.drives.tests.support import UNTOLD, WORDS, admitted, granted, handed_in, opened, place, visited
from tests.city import NOW, Cast
from tests.desks import signed_in

pytestmark = pytest.mark.usefixtures("evidence_store")


@pytest.fixture(autouse=True)
def _then(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every request is asked when the standing city's day is."""
    monkeypatch.setattr(middleware, "timezone", SimpleNamespace(now=lambda: NOW))


def said(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def read(answer: Any) -> bytes:
    """A file that was sent, whole."""
    return b"".join(answer.streaming_content)


def only(cast: Cast, model: Any) -> Any:
    with acting(cast.supervisor):
        return model.objects.get()


def test_a_drive_is_opened_applied_to_and_decided_on_pages(cast: Cast) -> None:
    entry, garden = admitted(cast), place(cast)
    city, community, checker = signed_in("supervisor"), signed_in("community_handler"), signed_in("checker")
    form = said(city.get("/drives/new/"))
    assert "平安小区创建（市委平安办〔2025〕3号）" in form
    assert (form.count("（选填）"), "本市的创建标准（TOML 文件） （选填）" in form) == (1, True)
    sent = {
        "name": "2025年平安小区创建", "admission": entry, "sample": "safe_neighbourhood", "until_on": "2025-12-31",
        "months": "36", "decider": cast.supervisor.post_id,
    }  # fmt: skip
    wrong = city.post("/drives/new/", sent | {"admission": ""})
    assert (wrong.status_code, "不在村（社区）准入清单上" in said(wrong)) == (409, True)
    answer = city.post("/drives/new/", sent)
    drive = only(cast, Drive)
    assert (answer.status_code, answer["Location"]) == (302, f"/drives/{drive.pk}/")
    assert "示例标准" in said(city.get(answer["Location"]))

    assert "世纪花园小区" in said(community.get(f"/drives/{drive.pk}/"))
    begun = community.post(f"/drives/{drive.pk}/begin/", {"place": garden})
    here = begun["Location"]
    page = said(community.get(here))
    assert "最近 12 个月超期没有办结的事项不超过 0 件： 0 件 。由日常记录回答，不用填。" in page
    again = community.post(f"/drives/{drive.pk}/begin/", {"place": garden})
    assert (again.status_code, "已经申报过" in said(again)) == (409, True)
    early = community.post(f"{here}answers/", {"do": "send", "met_fire_lane": "yes"})
    assert (early.status_code, "还有 5 项没有回答" in said(early)) == (409, True)
    whole = {f"met_{code}": "yes" for code in (*WORDS, *UNTOLD)} | {"words_council": "每季度一次", "do": "send"}
    assert community.post(f"{here}answers/", whole).status_code == 302
    row = only(cast, Application)
    assert (row.state, row.typed) == ("applied", 7)
    assert "核查 （现在）" in said(city.get(here))

    assert "世纪花园小区" in said(checker.get("/drives/"))
    seen = {"item": "fire_lane", "found": "yes", "words": "畅通", "latitude": "36.8", "longitude": "118.05"}
    bare = checker.post(f"{here}visit/", {"item": "fire_lane"})
    assert (bare.status_code, "请选“符合”或者“不符合”。" in said(bare)) == (422, True)
    files = SimpleUploadedFile("IMG.jpg", picture(size=(60, 40)), "image/jpeg")
    assert checker.post(f"{here}visit/", seen | {"files": files}).status_code == 302
    for code in WORDS[1:]:
        checker.post(f"{here}visit/", {"item": code, "found": "yes", "words": "看过"})
    assert "都看过了" in said(checker.get(f"{here}visit/"))
    assert ("36.80000, 118.05000" in said(city.get(here)), "决定 （现在）" in said(city.get(here))) == (True, True)

    assert "授予" in said(city.get(here))
    assert city.post(f"{here}decide/", {"do": "grant"}).status_code == 302
    title = only(cast, Title)
    assert (title.state, title.until_on.isoformat()) == ("in_force", "2028-11-18")
    nobody = Client()
    listed = said(nobody.get("/drives/titles/?q=世纪&title=safe_neighbourhood&region=3703"))
    assert ("世纪花园小区" in listed, "马尚街道" in listed, "370303" in listed) == (True, True, False)
    assert "没有符合条件的称号" in said(nobody.get("/drives/titles/?q=没有这里"))


def test_the_papers_and_files_say_what_was_decided(cast: Cast) -> None:
    drive = opened(cast)
    granted(cast, drive, place(cast))
    pk = only(cast, Application).pk
    city = signed_in("supervisor")
    docx = read(city.get(f"/drives/applications/{pk}/paper/?format=docx"))
    with ZipFile(io.BytesIO(docx)) as paper:
        written = paper.read("word/document.xml").decode()
    assert "决定授予，自2025年11月18日起，至2027年11月18日止" in re.sub(r"<[^>]+>|\s", "", written)
    pdf = read(city.get(f"/drives/applications/{pk}/paper/?format=pdf"))
    assert pdf.startswith(b"%PDF-")
    assert city.get(f"/drives/applications/{pk}/paper/?format=odt").status_code == 422
    for path, cell in ((f"/drives/{drive}/file/", "世纪花园小区"), ("/drives/titles/file/", "世纪花园小区")):
        content = read(city.get(f"{path}?format=xlsx"))
        sheet = load_workbook(io.BytesIO(content)).worksheets[0]
        assert cell in [line[0].value for line in sheet.iter_rows()]
        assert read(city.get(f"{path}?format=csv")).decode("utf-8-sig").count(cell) == 1


def test_a_title_is_withdrawn_on_pages_after_the_holder_spoke(cast: Cast) -> None:
    granted(cast, opened(cast), place(cast))
    here = f"/drives/applications/{only(cast, Application).pk}/"
    city, community = signed_in("supervisor"), signed_in("community_handler")
    wrong = city.post(f"{here}hear/", {"ground": "checklist", "until_on": "2025-11-19"})
    assert (wrong.status_code, "至少给 7 天申辩。" in said(wrong)) == (422, True)
    until = (NOW + timedelta(days=8)).date().isoformat()
    assert city.post(f"{here}hear/", {"ground": "checklist", "words": "通道堵", "until_on": until}).status_code == 302
    assert "交出申辩" in said(community.get(here))
    assert community.post(f"{here}statement/", {"statement": "已清理"}).status_code == 302
    assert city.post(f"{here}heard/", {"do": "withdraw", "decision": "复查仍堵"}).status_code == 302
    twice = city.post(f"{here}heard/", {"do": "withdraw", "decision": "再撤"})
    assert (twice.status_code, "不用再撤销" in said(twice)) == (409, True)
    assert "世纪花园小区" not in said(Client().get("/drives/titles/"))
    assert "已撤销" in said(community.get(here))


def test_who_applies_visits_nothing_and_a_neighbour_finds_nothing(cast: Cast) -> None:
    pk = handed_in(cast, opened(cast), place(cast))
    here = f"/drives/applications/{pk}/"
    assert signed_in("community_handler").get(f"{here}visit/").status_code == 403
    assert signed_in("neighbour_handler").get(here).status_code == 404
    assert signed_in("dispatcher").get("/drives/").status_code == 403
    assert signed_in("community_handler").post(f"{here}step/").status_code == 302
    assert only(cast, Application).state == "withdrawn"


def test_a_checklist_with_a_typo_names_the_item(cast: Cast) -> None:
    entry, city = admitted(cast), signed_in("supervisor")
    text = b'x = 1\n[header]\nschema = 1\ncode = "a1"\n'
    sent = {
        "name": "创建", "admission": entry, "until_on": "2025-12-31", "months": "36", "decider": cast.supervisor.post_id,
        "file": SimpleUploadedFile("own.toml", text),
    }  # fmt: skip
    answer = city.post("/drives/new/", sent)
    assert (answer.status_code, "“own.toml”的 文件 里“x”认不得" in said(answer)) == (422, True)
    sample = read(city.get("/drives/samples/safe_school/")).decode()
    assert "sample = true" in sample
    with acting(cast.supervisor):
        assert (Drive.objects.count(), Look.objects.count()) == (0, 0)


def test_a_refusal_needs_a_reason_and_is_told(cast: Cast) -> None:
    pk = visited(cast, opened(cast), place(cast))
    here, city = f"/drives/applications/{pk}/", signed_in("supervisor")
    assert "请写理由" in said(city.post(f"{here}decide/", {"do": "refuse"}))
    assert city.post(f"{here}decide/", {"do": "refuse", "reason": "复查不符"}).status_code == 302
    assert "复查不符" in said(signed_in("community_handler").get(here))
