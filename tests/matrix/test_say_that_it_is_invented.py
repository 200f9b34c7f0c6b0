"""A demo city says on every page that all of it is invented: to staff, to residents, to strangers, and where it fails."""

import re

import pytest
from django.http import HttpResponse
from django.template.loader import render_to_string

from shanzhi.ui.invented import INVENTED, invented_lines
from tests.matrix.machine import cells, forget_tries, send
from tests.matrix.routes import Route, known
from tests.matrix.world import World

PAGES = [route for route in known() if route.page.read and not route.is_api]
MARK = re.compile(rf'<aside class="ui-invented">{INVENTED}</aside>')


def _is_whole_page(answer: HttpResponse) -> bool:
    return (
        answer.get("Content-Type", "").startswith("text/html")
        and not answer.streaming
        and b"<!doctype html>" in answer.content[:40].lower()
    )


@pytest.mark.parametrize("route", PAGES, ids=lambda route: route.name)
def test_it_is_said_on_every_page(world: World, route: Route, settings) -> None:
    settings.DEMO_CITY = True
    forget_tries(world)
    silent, judged = [], 0
    for cell in cells(world, route, route.page.read):
        answer = send(cell, "GET")
        if not _is_whole_page(answer):
            continue
        judged += 1
        if len(MARK.findall(answer.content.decode())) != 1:
            silent.append(cell.named("GET"))
        # The page itself, or two that tell somebody that it isn't for them.
        if answer.status_code == 200 or judged == 2:
            break
    assert silent == []


@pytest.mark.parametrize("template", ["429.html", "500.html", "503.html"])
def test_it_is_said_where_something_fails(template: str, settings) -> None:
    assert MARK.search(render_to_string(template, {})) is None
    settings.DEMO_CITY = True
    assert MARK.search(render_to_string(template, {})) is not None


def test_it_is_said_first_in_what_a_file_tells_of_itself(settings) -> None:
    assert invented_lines() == ()
    settings.DEMO_CITY = True
    assert invented_lines() == (("演示", INVENTED),)
