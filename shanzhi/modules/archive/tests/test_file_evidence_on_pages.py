"""Somebody files evidence, is shown what is there already, refers to it, opens it with a reason, and sees what is lacking."""

import io
import re
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import load_workbook

from shanzhi.kernel.access.web import middleware
from shanzhi.kernel.evidence.models import Evidence
from shanzhi.kernel.evidence.tests.made import TITLE, document, region, seen
from shanzhi.kernel.evidence.tests.test_tell_what_is_alike import NOTICE, scene
from shanzhi.kernel.files.tests.pictures import phone_exif, picture
from tests.city import Cast
from tests.desks import signed_in

pytestmark = pytest.mark.usefixtures("evidence_store")
DOCX_NAME = "纪要.docx"
TOWNSHIP, COMMUNITY = "370303009", "370303009006"
LATER = datetime(2025, 12, 3, 2, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every request is asked on 3 December 2025."""
    monkeypatch.setattr(middleware, "timezone", SimpleNamespace(now=lambda: LATER))


@pytest.fixture
def keeper(cast: Cast) -> Client:
    """The city's keeper in a browser."""
    return signed_in("keeper")


def said(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def sent(data: bytes, name: str = DOCX_NAME) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def send(client: Client, data: bytes | None, name: str = DOCX_NAME, **given: Any) -> Any:
    fields = {
        "title": TITLE,
        "type": "minute",
        "project": "self_government",
        "region": str(region(COMMUNITY)),
        "key": "council_cover",
    }
    return client.post("/evidence/new/", fields | ({"file": sent(data, name)} if data is not None else {}) | given)


def only(cast: Cast) -> Evidence:
    return seen(cast.keeper, Evidence.objects.get)


def test_a_paper_is_filed_and_found_by_its_words(cast: Cast, keeper: Client) -> None:
    answer = send(keeper, document(NOTICE))
    made = only(cast)
    assert (answer.status_code, answer["Location"]) == (302, f"/evidence/{made.pk}/?filed=1")
    page = said(keeper.get(f"/evidence/{made.pk}/"))
    for words in (TITLE, "会议纪要", "市域社会治理", "世纪花园", "到2055年12月31日", made.sha256[:8], "议事会"):
        assert words in page, words
    assert TITLE in said(keeper.get("/evidence/?q=加装电梯 决议"))
    assert "没有符合条件的材料" in said(keeper.get("/evidence/?q=加装电梯&year=2024"))
    assert TITLE in said(
        keeper.get("/evidence/?key=council_cover&type=minute&project=self_government&year=2025&state=there")
    )


def test_a_photo_tells_its_place_and_time(cast: Cast, keeper: Client) -> None:
    send(keeper, picture(exif=phone_exif(taken="2025:11:18 14:05:00")), "IMG.jpg", title="议事会现场", type="photo")
    made = only(cast)
    page = said(keeper.get(f"/evidence/{made.pk}/"))
    assert "36.81300, 118.05500" in page
    assert "2025年11月18日" in page


@pytest.mark.parametrize(
    ("data", "name", "given", "words", "status"),
    [
        (None, "", {}, "请选择一个文件，或者拍一张照片", 422),
        (b"x" * 20_000_001, "a.txt", {}, "文件超过 20 MB", 413),
        (b"MZ\x00\x01", "a.exe", {}, "不支持这种文件", 422),
        (b"%PDF-1.4\n", "a.pdf", {"title": " "}, "请写标题，120 字以内", 422),
        (b"%PDF-1.4\n", "a.pdf", {"arose_on": "2026-01-01"}, "形成日期在今天以后", 422),
        (b"%PDF-1.4\n", "a.pdf", {"region": "0"}, "请另选区域", 422),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    cast: Cast, keeper: Client, data: bytes | None, name: str, given: dict[str, str], words: str, status: int
) -> None:
    answer = send(keeper, data, name, **given)
    page = answer.content.decode()
    assert (answer.status_code, words in page) == (status, True)
    assert given.get("title", TITLE).strip() in page
    assert seen(cast.keeper, Evidence.objects.count) == 0


def test_the_same_is_offered_and_not_stored_twice(cast: Cast, keeper: Client) -> None:
    send(keeper, document(NOTICE), key="")
    made = only(cast)
    answer = send(keeper, seen(cast.keeper, lambda: _content(made.sha256)), title="又一份")
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "已有，直接引用" in page
    assert f"/evidence/{made.pk}/use/" in page
    assert seen(cast.keeper, Evidence.objects.count) == 1
    referred = keeper.post(f"/evidence/{made.pk}/use/", {"key": "council_cover", "place": COMMUNITY})
    assert referred["Location"] == f"/evidence/{made.pk}/"
    assert "议事会" in said(keeper.get(f"/evidence/{made.pk}/"))


def _content(sha256: str) -> bytes:
    from shanzhi.kernel.files.queries import open_stored  # noqa: PLC0415 - the store of this test, once it is set

    with open_stored(sha256) as opened:
        return opened.read()


@pytest.mark.parametrize(
    ("first", "second", "name"),
    [
        (scene(3), scene(3, (320, 240), 60), "a.jpg"),
        (document(NOTICE), document(NOTICE.replace("二十三人", "二十四人")), DOCX_NAME),
    ],
)
def test_what_is_alike_is_shown_and_left_to_whoever_files(
    cast: Cast, keeper: Client, first: bytes, second: bytes, name: str
) -> None:
    send(keeper, first, name)
    answer = send(keeper, second, name, title="另一次的材料")
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "有相似的材料" in page
    assert TITLE in page
    kept = re.findall(r'name="kept" value="([^"]+)"', page)
    again = send(keeper, None, title="另一次的材料", kept=kept[0], sure="1")
    assert again.status_code == 302
    assert seen(cast.keeper, Evidence.objects.count) == 2


def test_a_reason_opens_it_and_is_shown(cast: Cast, keeper: Client) -> None:
    send(keeper, document(NOTICE))
    made = only(cast)
    assert keeper.post(f"/evidence/{made.pk}/open/", {}).status_code == 422
    opened = keeper.post(f"/evidence/{made.pk}/open/", {"why": "score"})
    assert opened["Location"] == f"/files/{made.attachment_id}/"
    page = said(keeper.get(f"/evidence/{made.pk}/"))
    assert "评分" in page
    assert cast.keeper.post_title in page
    file: Any = keeper.get(opened["Location"])
    assert b"".join(file.streaming_content) == seen(cast.keeper, lambda: _content(made.sha256))
    file.close()


def test_its_entry_is_put_right(cast: Cast, keeper: Client) -> None:
    send(keeper, document(NOTICE))
    made = only(cast)
    wrong = keeper.post(f"/evidence/{made.pk}/describe/", {"title": "", "type": "minute", "project": "system"})
    assert (wrong.status_code, "请写标题" in said(wrong)) == (422, True)
    right = {"title": "新的标题", "type": "decision", "project": "system"}
    assert keeper.post(f"/evidence/{made.pk}/describe/", right).status_code == 302
    page = said(keeper.get(f"/evidence/{made.pk}/"))
    assert "新的标题" in page
    assert "更正目录" in page


def test_strangers_and_colleagues_without_the_right(cast: Cast, keeper: Client) -> None:
    send(keeper, document(NOTICE))
    made = only(cast)
    assert signed_in("auditor").get("/evidence/").status_code == 403
    assert signed_in("neighbour_handler").get(f"/evidence/{made.pk}/").status_code == 404
    assert TITLE not in said(signed_in("neighbour_handler").get("/evidence/?q=加装电梯"))
    assert signed_in("checker").get("/evidence/new/").status_code == 403


def test_what_is_lacking_says_who_owes_it_since_when(cast: Cast, keeper: Client) -> None:
    address = f"/evidence/completeness/?region={region('370303')}"
    page = said(keeper.get(f"{address}&year=2025&only=all"))
    for words in ("示例指标", "综治中心", "办理记录，自动归集", "志愿服务队登记表", "还没到期"):
        assert words in page, words
    past = said(keeper.get(f"{address}&year=2024"))
    assert "不缺材料" in past
    detail = keeper.get(f"{address}&year=2025&key=volunteer_team")
    assert detail.status_code == 200
    assert keeper.get(f"{address}&year=2030").status_code == 422
    assert keeper.get("/evidence/completeness/?region=999999999").status_code == 404


def test_both_lists_are_taken_along(cast: Cast, keeper: Client) -> None:
    send(keeper, document(NOTICE))
    for url, words in (("/evidence/file/", TITLE), ("/evidence/completeness/file/", "期间")):
        answer: Any = keeper.get(f"{url}?format=xlsx")
        sheet = load_workbook(io.BytesIO(b"".join(answer.streaming_content))).worksheets[0]
        assert words in [cell for row in sheet.iter_rows(values_only=True) for cell in row]
        assert keeper.get(f"{url}?format=pdf").status_code == 422
