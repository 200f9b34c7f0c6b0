"""The post that carries letters: brings a file, sees what became of it, asks for a platform to be entered."""

from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from shanzhi.config import database
from shanzhi.kernel.access import operations as access
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.notices import operations as notices
from shanzhi.kernel.packs.models import KeptLetter
from shanzhi.kernel.packs.policy import letter_box as box
from shanzhi.kernel.packs.tests.made import KEY, write
from tests.concurrency.committed import City, city
from tests.desks import signed_in

__all__ = ["city"]


def bring(client: Client, data: bytes) -> tuple[int, str]:
    answer = client.post("/letters/", {"file": SimpleUploadedFile("a.letter", data)}, follow=True)
    return answer.redirect_chain[-1][1] if answer.redirect_chain else answer.status_code, unescape(
        answer.content.decode()
    )


def work(city: City) -> None:
    with database.acting_as(city.installation, "worker"):
        access.signoff_run_due(now=timezone.now())
        while notices.tell_next(now=timezone.now()):
            pass


def test_they_bring_a_letter_and_see_what_becomes_of_it(city, tmp_path, monkeypatch):
    monkeypatch.setattr(box, "_readers", {"pack": lambda letter_id, now: None})
    keeper = signed_in("keeper")
    whole = write(tmp_path / "a", sender="4501").read_bytes()
    status, page = bring(keeper, whole[:-40])
    assert (status, "少了 40 字节" in page) == (422, True)
    status, page = bring(keeper, whole[:300] + bytes([whole[300] ^ 1]) + whole[301:])
    assert (status, page.count("“facts/fact_matter.parquet”"), "处需要改" in page) == (422, 1, False)
    status, page = bring(keeper, whole)
    assert (status, "还没有登记发出平台的公钥" in page, "2026年试评 · 淄博市" in page) == (302, True, True)
    assert "没有重复收下" in bring(keeper, whole)[1]
    work(city)
    page = unescape(keeper.get("/letters/").content.decode())
    assert ("待读取" in page, "登记后自动读取" in page, "再读一次" in page) == (True, True, True)
    asked = {"code": "4501", "name": "省平台", "keys": KEY.public.text(), "reason": "省厅公布"}
    assert keeper.post("/letters/peers/new/", {**asked, "keys": "nonsense"}).status_code == 422
    answer: Any = keeper.post("/letters/peers/new/", asked)
    number = int(answer.url.rstrip("/").rsplit("/", 1)[-1])
    officer = city.cast.security_officer
    with database.acting_as(city.installation, "app"), acting(officer):
        access.signoff_decide(signoff_id=number, approve=True, words="同意", actor=officer, now=timezone.now())
    work(city)
    assert "已转核对" in unescape(keeper.get("/letters/").content.decode())
    peers = unescape(keeper.get("/letters/peers/").content.decode())
    assert ("省平台（4501）" in peers, KEY.public.id in peers) == (True, True)
    with database.acting_as(city.installation, "worker"):
        pk = KeptLetter.objects.get(sender="4501").pk
    fetched: Any = keeper.get(f"/letters/{pk}/file/")
    assert (b"".join(fetched.streaming_content), fetched["Content-Type"]) == (whole, "application/zip")
    assert keeper.post("/letters/peers/withdraw/", {"code": "4501", "reason": "换钥"}).status_code == 302
    assert keeper.get("/letters/?way=out").status_code == 200


@pytest.mark.parametrize("url", ["/letters/", "/letters/peers/", "/letters/peers/new/", "/letters/1/file/"])
def test_others_are_told_that_it_is_not_theirs(city, url):
    assert signed_in("dispatcher").get(url).status_code == 403
