"""The keeper's page for categories."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from shanzhi.core.periods import local_date
from shanzhi.kernel.matters.rulebook import categories, forget_kinds
from shanzhi.kernel.matters.tests.page_support import page, queries_of, signed_in
from tests.city import Cast

FEES = "housing.property-fees"


@pytest.fixture(autouse=True)
def rules() -> Iterator[None]:
    """What is decided here is undone with the transaction: nothing of it may stay in memory."""
    forget_kinds()
    yield
    forget_kinds()


def today(days: int = 0) -> str:
    """A day as a form gives it."""
    return (local_date(timezone.now()) + timedelta(days=days)).isoformat()


def seen(html: str) -> str:
    """The decision that a page shows."""
    found = re.search(r'name="seen" value="(\d+)"', html)
    assert found
    return found[1]


def test_it_renames_from_a_day_and_goes_back(cast: Cast) -> None:
    keeper = signed_in("keeper")
    shown = page(keeper.get(f"/keeper/categories/{FEES}/"))
    sent = {"do": "rename", "name": "物业费", "holds_from": today(), "seen": seen(shown)}
    assert keeper.post(f"/keeper/categories/{FEES}/", sent).status_code == 302
    assert categories().rules.categories[FEES].name == "物业费"
    again = keeper.post(f"/keeper/categories/{FEES}/", sent | {"name": "另一个人改的"})
    assert again.status_code == 409
    assert "刚刚有人改过这里" in page(again)
    assert 'value="另一个人改的"' in page(again), "what was typed is not lost"
    tree = page(keeper.get("/keeper/categories/"))
    back = {"do": "undo", "number": "0", "holds_from": today(), "seen": seen(tree)}
    assert keeper.post("/keeper/categories/", back).status_code == 302
    assert categories().rules.categories[FEES].name == "物业收费"


def test_what_it_gives_out_it_takes_back(cast: Cast) -> None:
    keeper = signed_in("keeper")
    given = keeper.get("/keeper/categories/file/csv/").getvalue()
    assert keeper.get("/keeper/categories/file/xlsx/").getvalue().startswith(b"PK")
    shown = page(keeper.get("/keeper/categories/"))
    text = given.decode("utf-8-sig").replace("物业收费", "物业费")
    for data, status in ((text.encode(), 302), (text.replace(FEES, "Bad Code").encode("gb18030"), 422)):
        shown = page(keeper.get("/keeper/categories/"))
        file = SimpleUploadedFile("categories.csv", data)
        sent = {"do": "upload", "holds_from": today(), "seen": seen(shown), "file": file}
        answer = keeper.post("/keeper/categories/", sent)
        assert answer.status_code == status
    assert "第 " in page(answer)
    assert "二级分类" in page(answer) or "一级分类" in page(answer)
    assert categories().rules.categories[FEES].name == "物业费"


@pytest.mark.parametrize("data", [b"PK\x03\x04", b"a,b\n1,2\n", b"\xff\xfe\x00", b"", b"x" * 2_000_001])
def test_it_takes_no_other_file(cast: Cast, data: bytes) -> None:
    keeper = signed_in("keeper")
    shown = page(keeper.get("/keeper/categories/"))
    sent = {
        "do": "upload",
        "holds_from": today(),
        "seen": seen(shown),
        "file": SimpleUploadedFile("x.csv", data, "text/csv"),
    }
    assert keeper.post("/keeper/categories/", sent).status_code in (413, 422)


def test_it_asks_the_database_as_often_whatever_there_is(cast: Cast) -> None:
    keeper = signed_in("keeper")
    assert queries_of(keeper, "/keeper/categories/") <= 12
    assert queries_of(keeper, "/keeper/processes/") <= 12


@pytest.mark.parametrize("address", ["/keeper/categories/", f"/keeper/categories/{FEES}/", "/keeper/processes/"])
def test_it_is_the_keepers_alone(cast: Cast, address: str) -> None:
    assert signed_in("dispatcher").get(address).status_code == 403
    assert signed_in("keeper").get("/keeper/categories/none.at-all/").status_code == 404
