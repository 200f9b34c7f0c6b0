"""What comes next about a round or one of its cities, for the acting post: a sentence each, by when, and where it is done."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from django.urls import reverse
from django.utils.translation import gettext

from shanzhi.core.dates import day_said
from shanzhi.core.text import msg
from shanzhi.kernel.rounds.policy.states import UNANSWERED, State, last_day
from shanzhi.kernel.rounds.policy.words import CENTRE, ORGANISE, SCORE, Stage
from shanzhi.kernel.rounds.queries.upper import Board, CityLine
from shanzhi.kernel.rounds.queries.upper_city import Desk, ItemLine, stage_now

May = Callable[[str], bool]
"""May the acting post use a feature?"""


@dataclass(frozen=True, slots=True)
class Next:
    """A sentence, and the link to where it is done: empty where there is nothing to press."""

    text: str
    url: str = ""
    label: str = ""


def by_day(day: date, on: date) -> str:
    """2026年12月20日截止，还有 27 天; today; or how many days ago it was."""
    said, left = day_said(day, gettext), (day - on).days
    if left == 0:
        return gettext(msg("今天（%(day)s）截止")) % {"day": said}
    text = msg("%(day)s截止，还有 %(count)s 天") if left > 0 else msg("%(day)s已经截止，过了 %(count)s 天")
    return gettext(text) % {"day": said, "count": abs(left)}


def next_of_round(found: Board, may: May, post_id: int | None, on: date) -> list[Next]:
    """What the acting post can do about a round, the most pressing first; what is waited for where there is nothing."""
    made: list[Next] = []
    if may(ORGANISE):
        made += _to_organise(found, on)
    if any(one.post_id == post_id and one.stage is Stage.PROVINCE for one in found.members):
        made += _to_score(found, on)
    if may(CENTRE):
        made += _to_check(found, on)
    if may(ORGANISE) or may(SCORE) or may(CENTRE):
        made += _to_decide(found, on)
    return made or list(_waiting(found, on))


def _cities(found: Board, *states: State) -> list[CityLine]:
    return [city for city in found.cities if city.state in states]


def _names(cities: list[CityLine]) -> str:
    return gettext(msg("、")).join(city.name for city in cities)


def _city(city: CityLine, more: str = "") -> str:
    return reverse("assessment:upper_city", args=[city.id]) + more


def _to_organise(found: Board, on: date) -> Iterator[Next]:
    row = found.round
    if not any(one.stage is Stage.PROVINCE for one in found.members):
        text = gettext(msg("省级验收组还没有人。至少要两个岗位：到现场核查的人不给同一项评分。"))
        yield Next(text, "#teams", gettext(msg("设验收组")))
    for city in _cities(found, State.SCORED):
        text = gettext(msg("%(city)s每一项都评了：通过省级验收，或者退回。%(by)s。"))
        yield Next(
            text % {"city": city.name, "by": by_day(row.province_until, on)}, _city(city), gettext(msg("看逐项评分"))
        )
    for city in _cities(found, State.RECEIVED):
        text = gettext(msg("%(city)s的验收包到了，验收组正在评分；每一项都评了以后，由您点“评分完毕”。%(by)s。"))
        yield Next(
            text % {"city": city.name, "by": by_day(row.province_until, on)}, _city(city), gettext(msg("看进展"))
        )
    if late := [city for city in _cities(found, *UNANSWERED) if on > _last_day(found, city)]:
        text = gettext(msg("%(cities)s到期没有上报。不再等的，写明理由让它退出本轮，别的城市照常往下走。"))
        yield Next(text % {"cities": _names(late)}, _city(late[0], "#out"), gettext(msg("去处理")))
    if invited := [city for city in _cities(found, State.INVITED) if city not in late]:
        text = gettext(msg("%(cities)s还没有上报。轮次文件送到城市，城市才能开始自评。自评%(by)s。"))
        given = {"cities": _names(invited), "by": by_day(row.self_until, on)}
        yield Next(text % given, "#letters", gettext(msg("看轮次文件")))


def _last_day(found: Board, city: CityLine) -> date:
    return last_day(city.state, found.round.self_until, found.round.province_until)


def _to_score(found: Board, on: date) -> Iterator[Next]:
    for city in _cities(found, State.RECEIVED):
        text = gettext(msg("给%(city)s评分：逐项看重算值和材料，和自评不一样的写明理由。%(by)s。"))
        given = {"city": city.name, "by": by_day(found.round.province_until, on)}
        yield Next(text % given, _city(city, "?only=open"), gettext(msg("去评分")))
    for city in _cities(found, State.RECEIVED, State.SCORED):
        if city.stale:
            text = gettext(msg("%(city)s有 %(count)s 项要换人重评：评过的人现在和这个城市有任职关系。"))
            given = {"city": city.name, "count": str(city.stale)}
            yield Next(text % given, _city(city, "?only=stale"), gettext(msg("看要重评的")))


def _to_check(found: Board, on: date) -> Iterator[Next]:
    if not found.is_ready_for_spot_check or not _cities(found, State.THROUGH, State.SPOT_CHECKED):
        return
    until = by_day(found.round.centre_until, on)
    if _cities(found, State.SPOT_CHECKED):
        text = gettext(msg("抽中的城市查完、异议决定以后，公布结果。%(by)s。"))
        yield Next(text % {"by": until}, "#publish", gettext(msg("去公布结果")))
    text = gettext(msg("城市都通过了省级验收：公开抽城市，到现场核查。%(by)s。"))
    yield Next(text % {"by": until}, reverse("assessment:upper_spot", args=[found.round.pk]), gettext(msg("去抽查")))


def _to_decide(found: Board, on: date) -> Iterator[Next]:
    for city in found.cities:
        if city.objections:
            text = gettext(msg("%(city)s提出了 %(count)s 件异议，由没有评过那一项的人决定。异议%(by)s。"))
            given = {
                "city": city.name,
                "count": str(city.objections),
                "by": by_day(found.round.objections_until, on),
            }
            yield Next(text % given, _city(city), gettext(msg("看异议")))


def _waiting(found: Board, on: date) -> Iterator[Next]:
    """What everybody waits for, where the acting post can do nothing itself."""
    row = found.round
    if awaited := _cities(found, *UNANSWERED):
        text = gettext(msg("现在没有待您办理的事。等%(cities)s自评上报，%(by)s。"))
        yield Next(text % {"cities": _names(awaited), "by": by_day(row.self_until, on)})
    elif scoring := _cities(found, State.RECEIVED, State.SCORED):
        text = gettext(msg("现在没有待您办理的事。省级正在验收%(cities)s，%(by)s。"))
        yield Next(text % {"cities": _names(scoring), "by": by_day(row.province_until, on)})
    elif _cities(found, State.THROUGH, State.SPOT_CHECKED):
        text = gettext(msg("现在没有待您办理的事。等中央抽查、公布结果，%(by)s。"))
        yield Next(text % {"by": by_day(row.centre_until, on)})
    elif _cities(found, State.FINAL):
        text = gettext(msg("结果已经公布。名单可以下载，最后一份回执写给了各城市。"))
        yield Next(text, "#results", gettext(msg("看结果名单")))


def next_of_city(found: Desk, on: date) -> Next:
    """What comes next about a city, and where; the buttons of its steps stand beside it."""
    city, row = found.city, found.city.round
    if found.state in UNANSWERED:
        return Next(_awaited(found, on))
    if found.state is State.RECEIVED:
        return _scoring(found, by_day(row.province_until, on))
    if found.state is State.SCORED:
        text = gettext(msg("每一项都评了。由验收组织员看一遍分数和理由：通过省级验收，或者退回。%(by)s。"))
        return Next(text % {"by": by_day(row.province_until, on)})
    if found.state is State.THROUGH:
        text = gettext(
            msg("等中央抽查。抽中的，现场核查以后由抽查员点“抽查完毕”；没有抽中的，公布时按省级的分定。%(by)s。")
        )
        url = reverse("assessment:upper_city_spot", args=[city.pk])
        return Next(text % {"by": by_day(row.centre_until, on)}, url, gettext(msg("看抽中了什么")))
    texts = {
        State.SPOT_CHECKED: msg("抽查完毕。异议都决定以后，在轮次页公布结果。"),
        State.FINAL: msg("结果已经公布，不再改。"),
        State.WITHDRAWN: msg("城市已经退出这一轮。"),
    }
    url = reverse("assessment:upper_board", args=[row.pk])
    return Next(gettext(texts[found.state]), url, gettext(msg("回到轮次"))) if found.state in texts else Next("")


def _awaited(found: Desk, on: date) -> str:
    city = found.city
    if found.state is State.RETURNED:
        text = gettext(msg("退回的项等城市改好、重新上报。%(by)s。"))
        return text % {"by": by_day(city.until_on or city.round.province_until, on)}
    text = gettext(msg("等城市自评上报。验收包到了、核对通过以后，各项出现在下面。自评%(by)s。"))
    return text % {"by": by_day(city.round.self_until, on)}


def _scoring(found: Desk, until: str) -> Next:
    lines = [one for one in found.lines if one.is_open]
    if not lines:
        return Next(gettext(msg("每一项都评了。由验收组织员点“评分完毕”。%(by)s。")) % {"by": until})
    given = {"count": str(len(lines)), "all": str(len(found.lines)), "by": until}
    if stage_now(found) is None:
        text = gettext(msg("省级验收组正在逐项评分，%(all)s 项里还有 %(count)s 项没有评。%(by)s。"))
        return Next(text % given)
    text = gettext(msg("待您逐项评分：%(all)s 项里还有 %(count)s 项没有评。%(by)s。"))
    return Next(text % given, _item(found, lines[0]), gettext(msg("评下一项")))


def _item(found: Desk, line: ItemLine) -> str:
    return reverse("assessment:upper_item", args=[found.city.pk, line.item.key])
