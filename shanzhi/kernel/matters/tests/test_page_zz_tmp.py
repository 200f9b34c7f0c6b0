import pytest
from datetime import timedelta
from django.utils import timezone
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE, Actor
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.policy.report import NewReport
from tests.city import LOGINS, PASSWORD

pytestmark = pytest.mark.django_db


def report(body="世纪花园3号楼电梯坏了三天，老人上不了楼。我叫王小明，电话13812345678", **k):
    with acting(ANYONE):
        return operations.report(
            new=NewReport(body=body, region_code="370303009006", contact_phone="13812345678", **k),
            actor=ANYONE,
            now=timezone.now(),
        )


def login(client, part):
    r = client.post("/accounts/login/", {"login": LOGINS[part], "password": PASSWORD})
    assert r.status_code == 302, r.content.decode()[:500]


def test_smoke(cast, client, settings):
    m = report()
    login(client, "dispatcher")
    r = client.get(f"/m/{m.number}/")
    open("/tmp/desk/matter.html", "w").write(r.content.decode())
    assert r.status_code == 200
    r = client.get("/m/")
    assert r.status_code == 200
    assert m.number in r.content.decode()
    r = client.post(f"/m/{m.number}/do/accept/", {"version": 1, "category": "housing.property-service"})
    assert r.status_code == 302, r.content.decode()
    r = client.get(f"/m/{m.number}/")
    open("/tmp/desk/matter2.html", "w").write(r.content.decode())
