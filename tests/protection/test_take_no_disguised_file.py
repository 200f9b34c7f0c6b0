"""Whatever a file is called, at every door it is taken for what it is: nothing that a browser or an office program runs."""

import io
import re
import zipfile
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from shanzhi.kernel.access.models import Account
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.files.models import Attachment
from shanzhi.kernel.matters.tests.api_support import Caller
from shanzhi.modules.intake.tests.walk import BODY, do, follow_in, hidden, made, new_key, reporter
from tests.city import LOGINS, Cast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cast", "evidence_store")]


def zipped(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, b"0" * 100_000)
    return out.getvalue()


DISGUISED = {
    "workbook": zipped("[Content_Types].xml", "xl/workbook.xml", "xl/worksheets/sheet1.xml"),
    "zip bomb": zipped("a", "b", "../../escape"),
    "page": b"<!doctype html><script>alert(1)</script>",
    "drawing": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "xml with an entity": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "program": b"MZ\x90\0",
    "old office": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
}


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (32, 24), "red").save(out, "JPEG")
    return out.getvalue()


def by_report(cast: Cast, file: SimpleUploadedFile) -> int:
    return Client().post("/report/", {"key": new_key(), "body": BODY, "do": "report", "photos": [file]}).status_code


def by_adding(cast: Cast, file: SimpleUploadedFile) -> int:
    client, report = Client(), made()
    follow_in(client, report)
    page = client.get(f"/my/{report.number}/").content.decode()
    behind = f'action="/my/{report.number}/add/"'
    given = {name: hidden(page, name, behind) for name in ("key", "version")}
    return client.post(f"/my/{report.number}/add/", given | {"words": "补充", "photos": [file]}).status_code


def by_acting(cast: Cast, file: SimpleUploadedFile) -> int:
    report, client = made(), Client()
    do(cast.dispatcher, report.matter_id, "accept", category="housing.property-service")
    do(cast.dispatcher, report.matter_id, "dispatch", lead=cast.handler.unit_id)
    do(cast.handler, report.matter_id, "take")
    client.force_login(Account.objects.get(username=LOGINS["handler"]))
    return client.post(f"/m/{report.number}/do/reply/", {"reply": "已修好。", "files": [file]}).status_code


def by_a_resident_s_program(cast: Cast, file: SimpleUploadedFile) -> int:
    report = made()
    headers = {"Follow-Code": report.follow_code}
    return Client().post(f"/api/v1/reports/{report.number}/files", {"files": [file]}, headers=headers).status_code


def by_an_office_s_program(cast: Cast, file: SimpleUploadedFile) -> int:
    status: int = Caller(cast.dispatcher).send(made().number, [file]).status_code
    return status


DOORS = [by_report, by_adding, by_acting, by_a_resident_s_program, by_an_office_s_program]


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
@pytest.mark.parametrize("kind", DISGUISED)
def test_it_takes_nothing_by_its_name(cast: Cast, door: Callable[[Cast, SimpleUploadedFile], int], kind: str) -> None:
    assert door(cast, SimpleUploadedFile("photo.jpg", DISGUISED[kind], "image/jpeg")) == 422


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
def test_it_takes_a_picture_there(cast: Cast, door: Callable[[Cast, SimpleUploadedFile], int]) -> None:
    """Else the refusals prove nothing."""
    assert door(cast, SimpleUploadedFile("photo.jpg", picture(), "image/jpeg")) in {200, 201, 302}


def test_it_keeps_of_a_picture_that_is_a_page_too_the_picture_alone(cast: Cast, client: Client) -> None:
    both = picture() + DISGUISED["page"]
    report = made()
    follow_in(client, report)
    sent = SimpleUploadedFile("photo.html", both, "text/html")
    headers = {"Follow-Code": report.follow_code}
    assert client.post(f"/api/v1/reports/{report.number}/files", {"files": [sent]}, headers=headers).status_code == 200
    with acting(reporter(report)):
        kept = Attachment.objects.get()
    answer = client.get(f"/files/{kept.pk}/")
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert re.search(rb"<script|<!doctype", b"".join(answer.streaming_content)) is None
