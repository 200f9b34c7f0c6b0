"""A request that is too large is refused by its length, before anything of it is read."""

from typing import Any

import pytest
from django.test import Client

from shanzhi.config.edge.bodies import BODY_MOST, most_of
from shanzhi.kernel.packs.policy.letter_box import LETTER_MOST

pytestmark = pytest.mark.django_db


def send(path: str, length: int | str) -> Any:
    """What is answered to a request that says it is so long."""
    return Client().post(path, b"x", content_type="multipart/form-data; boundary=x", CONTENT_LENGTH=str(length))


@pytest.mark.parametrize("path", ["/draws/redo/", "/letters/", "/report/", "/nowhere/"])
def test_a_stranger_fills_no_disk(path: str) -> None:
    answer = send(path, BODY_MOST + 1)
    assert (answer.status_code, "250 MB" in answer.content.decode()) == (413, True)


def test_programs_get_the_same_as_json() -> None:
    answer = send("/api/v1/reports", BODY_MOST + 1)
    assert (answer.status_code, answer.json()["status"]) == (413, 413)


@pytest.mark.parametrize("length", ["-1", "1e9", "9" * 40, "１"])
def test_a_length_that_is_none_is_refused(length: str) -> None:
    assert send("/draws/redo/", length).status_code == 413


def test_letters_may_be_large_for_posts() -> None:
    assert most_of("/letters/", is_post=True) > LETTER_MOST > most_of("/letters/", is_post=False) == BODY_MOST
