"""A body that claims to be packed is never unpacked: a bomb stays as small as it was sent."""

import gzip
import json

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.mark.usefixtures("cast")
@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "identity"])
def test_it_reads_no_packed_body(client: Client, coding: str) -> None:
    bomb = gzip.compress(json.dumps({"body": "a" * 50_000_000}).encode(), mtime=0)
    assert len(bomb) < 100_000
    answer = client.post("/api/v1/reports", bomb, "application/json", headers={"Content-Encoding": coding})
    assert (answer.status_code, answer.json()["title"]) == (400, "unreadable")


@pytest.mark.usefixtures("cast")
def test_it_reads_no_packed_form(client: Client) -> None:
    packed = gzip.compress(b"do=report&key=x&body=" + b"a" * 5_000_000, mtime=0)
    answer = client.post("/report/", packed, "application/x-www-form-urlencoded", headers={"Content-Encoding": "gzip"})
    assert answer.status_code in {400, 422}
