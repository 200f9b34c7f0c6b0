"""What an operator is told while somebody speaks takes as many statements however much there is, and twelve at most."""

import uuid
from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE
from shanzhi.kernel.journal.policy import Author
from shanzhi.kernel.matters import operations as matters
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.kernel.organisation import operations as organisation
from shanzhi.kernel.organisation.policy.places import PlaceSaid
from shanzhi.modules.hotline import operations
from shanzhi.modules.hotline.policy import Words
from tests.city import Cast
from tests.desks import signed_in

pytestmark = pytest.mark.django_db

PHONE = "13812345678"
COMMUNITY, GRID = "370303009006", "370303009006001"
PROPERTY = "housing.property-service"
LAMPS, PUMP = "楼道路灯不亮", "地下室水泵坏了"
HERE = (36.8, 118.0)
NEAR, FAR = (36.8018, 118.0), (36.8045, 118.0)
"""Two hundred metres to the north, and five hundred."""


def place(cast: Cast, name: str, point: tuple[float, float], region: str = GRID) -> int:
    said = PlaceSaid(name, "compound", region, latitude=point[0], longitude=point[1])
    author = Author("post", cast.keeper.post_id, cast.keeper.unit_id)
    with acting(cast.keeper):
        return organisation.place_add(said=said, on=date(2024, 1, 1), now=timezone.now(), author=author, even_so=True)


def reported(title: str, *, at: int | None = None, region: str = GRID) -> str:
    new = NewReport(body=title, title=title, region_code=region, contact_phone=PHONE, place_id=at)
    with acting(ANYONE):
        return matters.report(new=new, actor=ANYONE, now=timezone.now()).number


def words(site: int, **more: str) -> Words:
    typed = {"phone": PHONE, "title": LAMPS, "body": "晚上看不见", "category": PROPERTY, "region": GRID}
    return Words(**(typed | {"site": str(site)} | more))


def kept(cast: Cast, typed: Words) -> uuid.UUID:
    ref = uuid.uuid4()
    with acting(cast.operator):
        operations.call_keep(ref=ref, words=typed, actor=cast.operator, now=timezone.now())
    return ref


def asked(client: Client, url: str, sent: dict[str, str] | None = None) -> tuple[int, int]:
    """How many statements of a page read (locks counted), and how many change something."""
    with CaptureQueriesContext(connection) as seen:
        answer = client.get(url) if sent is None else client.post(url, sent)
    assert answer.status_code == 200
    told = [query["sql"] for query in seen if "SAVEPOINT" not in query["sql"]]
    changes = [sql for sql in told if sql.startswith(("INSERT", "UPDATE", "DELETE"))]
    return len(told) - len(changes), len(changes)


@pytest.mark.parametrize("many", [1, 12])
def test_it_asks_as_often_however_much_there_is(cast: Cast, many: int):
    here, near = place(cast, "世纪花园", HERE), place(cast, "世纪广场", NEAR, COMMUNITY)
    for number in range(many):
        for region in (GRID, COMMUNITY):
            reported(f"{LAMPS}{number}", region=region)
        reported(f"{PUMP}{number}", at=here)
        reported(f"{PUMP}{number}", at=near)
    typed = words(here)
    ref, client = kept(cast, typed), signed_in("operator")
    url, sent = f"/desk/call/{ref}/", {name: getattr(typed, name) for name in Words.__slots__} | {"ref": str(ref)}
    # The first request notes when the session began, and reads what the process then knows.
    client.get(url)
    assert asked(client, url) == (11, 0)
    assert asked(client, "/desk/?new=1") == (6, 0)
    assert asked(client, "/desk/look/", sent) == (10, 1)
    assert asked(client, url, sent | {"do": "look"}) == (12, 1)
    # A number that is typed first is looked up once more: that is journaled.
    assert asked(client, "/desk/look/", sent | {"phone": "13912345678"}) == (10, 2)
    assert asked(client, "/desk/look/", sent | {"ref": str(uuid.uuid4())}) == (10, 3)


def test_it_tells_of_the_place_then_of_what_is_near_it_and_of_nothing_else(cast: Cast):
    here, near, far = place(cast, "甲小区", HERE), place(cast, "乙小区", NEAR), place(cast, "丙小区", FAR)
    own, beside = reported(PUMP, at=here), reported(PUMP, at=near)
    reported(PUMP, at=far)
    typed = Words(body="没有人管", site=str(here))
    with acting(cast.operator):
        found = operations.call_keep(ref=uuid.uuid4(), words=typed, actor=cast.operator, now=timezone.now())
    assert [row.number for row in found.like] == [own, beside]
    assert found.place is not None
    assert found.place.name == "甲小区"
