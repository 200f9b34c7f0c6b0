"""Anybody drops a pack on the page and reads what is proved and what is wrong."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from shanzhi.kernel.packs.queries import apart
from shanzhi.kernel.packs.tests import by_hand

PATIENT = apart.Room(seconds=600)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def patience(settings: Any) -> None:
    """However much else the machine does."""
    settings.PACK_CHECK_SECONDS = 600


@pytest.fixture(scope="module")
def doctored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pack in which a rating was made better."""
    folder = tmp_path_factory.mktemp("doctored")
    made = by_hand.made(folder=folder, matters=30)
    nth = next(
        nth for nth, row in enumerate(made.facts["fact_rating"]) if row[made.column("fact_rating", "satisfied")] == 2
    )
    made.change("fact_rating", nth, "satisfied", 5)
    return made.write(folder / "doctored.pack")


def drop(client: Client, data: bytes, name: str = "zibo.pack") -> tuple[int, str]:
    """The page's answer to a file."""
    answer = client.post("/packs/check/", {"file": SimpleUploadedFile(name, data)})
    return answer.status_code, answer.content.decode()


def test_it_names_every_fault_with_what_to_do(client: Client, doctored: Path) -> None:
    status, page = drop(client, doctored.read_bytes())
    assert status == 200
    assert "不通过：淄博市（3703）2026-01—2026-03 的验收包" in page
    assert "satisfied 现在是 5，按留痕应当是 2。" in page
    assert "怎么办" in page
    assert "尚需另行核实" in page


def test_a_key_that_the_city_publishes_is_looked_at_too(client: Client, doctored: Path) -> None:
    def answer(keys: str) -> tuple[int, str]:
        file = SimpleUploadedFile("zibo.pack", doctored.read_bytes())
        given = client.post("/packs/check/", {"file": file, "keys": keys})
        return given.status_code, given.content.decode()

    status, page = answer("nonsense")
    assert (status, "公钥格式不正确。请从该市平台的" in page) == (422, True)
    _, page = answer(by_hand.KEY.public.text())
    assert ("取自文件本身" in page, "不是可信的密钥签的" in page) == (False, False)
    _, page = answer(by_hand.STRANGER.public.text())
    assert "不是可信的密钥签的" in page


def test_it_speaks_english_too(doctored: Path) -> None:
    english = Client(headers={"accept-language": "en"})
    _, page = drop(english, doctored.read_bytes())
    assert "Failed: pack of 淄博市 (3703), 2026-01—2026-03" in page
    assert "by the journal it should be 2" in page


def test_what_is_no_pack_is_said(client: Client) -> None:
    status, page = drop(client, b"no pack", "letter.txt")
    assert (status, "读不了：letter.txt" in page) == (200, True)
    assert client.post("/packs/check/").status_code == 422


def test_a_file_that_is_too_large_isn_t_read_at_all(client: Client) -> None:
    answer = client.post(
        "/packs/check/", b"x", content_type="multipart/form-data; boundary=x", CONTENT_LENGTH="900000000"
    )
    assert answer.status_code == 413
    assert "shanzhi pack verify" in answer.content.decode()


def test_one_is_checked_at_a_time(client: Client, doctored: Path) -> None:
    with apart._one:
        status, page = drop(client, doctored.read_bytes())
    assert (status, "另一个文件正在核对" in page) == (503, True)


def test_a_check_that_ends_without_a_word_says_so(tmp_path: Path, doctored: Path) -> None:
    with pytest.raises(apart.CheckFailed):
        apart.check_apart(tmp_path / "nothing.pack", "nothing.pack", PATIENT)
    # The next one isn't kept waiting.
    assert apart.check_apart(doctored, "doctored.pack", PATIENT).name == "doctored.pack"
