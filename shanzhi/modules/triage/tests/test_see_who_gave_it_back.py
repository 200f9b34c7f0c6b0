"""What came back to the desk says at the top who gave it back, why and how often, and what was ruled."""

import re

import pytest

from shanzhi.modules.triage.tests.desk_support import PROPERTY, done, reported, signed_in, url
from tests.city import Cast

pytestmark = pytest.mark.django_db


def top(html: str) -> str:
    """What stands above what was reported, as it is read."""
    above = html.split("<h2", 1)[1].split('<div class="ui-prose">', 1)[0]
    return re.sub(r"\s+", "", re.sub(r"<[^>]+>", " ", above))


def page(matter) -> str:
    return top(signed_in("dispatcher").get(url(matter)).content.decode())


def test_it_says_who_gave_it_back_why_and_how_often(cast: Cast):
    matter = reported(title="井盖")
    assert "退单" not in page(matter)
    done(cast.dispatcher, matter, "accept", category=PROPERTY)
    for times, (actor, unit, words) in enumerate(
        (
            (cast.handler, "张店区住建局", "三定规定第五条：不归我局"),
            (cast.second_handler, "张店区城管局", "井盖归产权单位"),
        ),
        1,
    ):
        done(cast.dispatcher, matter, "dispatch", lead=actor.unit_id)
        done(actor, matter, "hand_back", ground="return.not-our-duty", words=words)
        shown = page(matter)
        assert f"退单{times}次" in shown
        assert f"{unit}今天" in shown
        assert "理由：不属于本单位职责" in shown
        assert words in shown
    assert shown.index("井盖归产权单位") < shown.index("三定规定第五条"), "the newest first"


def test_it_shows_the_ruling(cast: Cast):
    matter = reported(title="井盖")
    done(cast.dispatcher, matter, "accept", category=PROPERTY)
    for actor in (cast.handler, cast.second_handler):
        done(cast.dispatcher, matter, "dispatch", lead=actor.unit_id)
        done(actor, matter, "hand_back", ground="return.not-our-duty", words="不归我局")
    done(cast.dispatcher, matter, "dispatch", lead=cast.handler.unit_id)
    done(cast.handler, matter, "ask_ruling", ground="return.not-our-duty", words="不归我局")
    done(cast.supervisor, matter, "rule", lead=cast.second_handler.unit_id, words="井盖属城管职责")
    shown = page(matter)
    assert "裁定改派" in shown
    assert "井盖属城管职责" in shown
    assert "由张店区城管局办理" in shown
