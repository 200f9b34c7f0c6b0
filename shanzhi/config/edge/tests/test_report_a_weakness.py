"""Somebody who has found a weakness finds out where to say so."""

from datetime import datetime

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client, override_settings
from django.utils import timezone

from shanzhi.config.edge.weakness import GOOD_FOR, contact_of

pytestmark = pytest.mark.django_db
URL = "/.well-known/security.txt"


@override_settings(SECURITY_CONTACT="mailto:security@city.example")
def test_it_names_the_citys_own_contact(client: Client) -> None:
    before = timezone.now().replace(microsecond=0)
    answer = client.get(URL)
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    lines = dict(line.split(": ", 1) for line in answer.content.decode().splitlines())
    expires = datetime.fromisoformat(lines.pop("Expires"))
    assert lines == {"Contact": "mailto:security@city.example", "Preferred-Languages": "zh, en"}
    assert before <= expires - GOOD_FOR <= timezone.now()


@override_settings(SECURITY_CONTACT="")
def test_it_isnt_there_where_the_city_names_none(client: Client) -> None:
    assert client.get(URL).status_code == 404


def test_it_is_read_and_nothing_else(client: Client) -> None:
    assert client.post(URL).status_code == 405


@pytest.mark.parametrize("given", ["", "  ", "mailto:a@b.example", "tel:+86-533-12345", "https://city.example/report "])
def test_it_takes_an_address(given: str) -> None:
    assert contact_of(given) == given.strip()


@pytest.mark.parametrize("given", ["a@b.example", "http://b.example", "javascript:x", "mailto:a\nPolicy: x", "tel:1 2"])
def test_it_stops_at_a_setting_that_is_none(given: str) -> None:
    with pytest.raises(ImproperlyConfigured):
        contact_of(given)
