"""The one step that a city's lead takes next, or what the city waits for, and by when."""

from datetime import date

from django.urls import reverse
from django.utils.translation import gettext

from shanzhi.core.text import msg
from shanzhi.kernel.rounds.policy.states import State
from shanzhi.kernel.rounds.queries.shapes import Board
from shanzhi.modules.assessment.web.city_sent import progress_of, said_of
from shanzhi.modules.assessment.web.upper_next import by_day


def next_of(told: Board, on: date, *, leads: bool) -> dict[str, str] | None:
    """The one big step that the city's lead takes now; None where it is somebody else's turn."""
    state, pk = told.row.state, told.row.city_id
    until = by_day(told.calendar.until_on or told.calendar.self_until, on)
    if not leads:
        return None
    if state is State.INVITED:
        return {
            "url": reverse("assessment:move", args=[pk]),
            "do": "join",
            "label": gettext(msg("参加这一轮")),
            "text": gettext(msg("自愿参加。参加后先分工，再开始自评。自评%(by)s。")) % {"by": until},
        }
    if state in (State.JOINED, State.RETURNED):
        label = gettext(msg("开始自评")) if state is State.JOINED else gettext(msg("打开被退回的项目"))
        text = (
            gettext(msg("系统按指南从日常记录计算各项，不用填表。自评%(by)s。"))
            if state is State.JOINED
            else gettext(msg("只有被退回的项可以改，改后重新签批、上报。%(by)s。"))
        ) % {"by": until}
        return {"url": reverse("assessment:move", args=[pk]), "do": "begin", "label": label, "text": text}
    lacking = sum(one.duty is None for one in told.projects) + (told.head is None)
    if state is State.EVALUATING and lacking:
        text = gettext(msg("还有 %(count)s 处没有分工。定下负责单位和签批岗位，才能逐项核对、签批。自评%(by)s。")) % {
            "count": lacking,
            "by": until,
        }
        return {
            "url": "",
            "link": reverse("assessment:duties", args=[pk]),
            "label": gettext(msg("去分工")),
            "text": text,
        }
    if state is State.EVALUATING:
        return _to_finish(told, until)
    return _hand_out(told) if state is State.LOCKED else _waits(told, on)


def _waits(told: Board, on: date) -> dict[str, str] | None:
    """What the city waits for once it has handed in, and what it can do meanwhile."""
    state, days, pk = told.row.state, told.calendar, told.row.city_id
    texts = {
        State.SENT: (msg("已经送出，等组织方收下、核对。省级验收%(by)s。"), days.province_until),
        State.RECEIVED: (
            msg("省级正在逐项评分，%(by)s。评分和发现的问题随回执来；对评分有异议的可以提出。"),
            days.province_until,
        ),
        State.SCORED: (msg("省级都评了，等通过或者退回，%(by)s。对评分有异议的可以提出。"), days.province_until),
        State.THROUGH: (msg("通过了省级验收，等中央抽查，%(by)s。"), days.centre_until),
        State.SPOT_CHECKED: (msg("抽查完毕。对评分有异议的可以提出，异议%(by)s。"), days.objections_until),
    }
    if state not in texts:
        return None
    text, until = texts[state]
    sentence = gettext(text) % {"by": by_day(until, on)}
    if state is State.SENT:
        return {"url": "", "text": sentence}
    return {
        "url": "",
        "text": sentence,
        "link": reverse("assessment:findings", args=[pk]),
        "label": gettext(msg("看要整改的问题")),
    }


def _to_finish(told: Board, until: str) -> dict[str, str]:
    """What the others still owe, once everything has somebody who owes it."""
    if told.owed:
        text = gettext(msg("还差 %(count)s 项，由负责单位补上或者写明原因；再由签批岗位逐个项目签批。自评%(by)s。"))
    elif told.unsigned:
        text = gettext(msg("各项都完成了，还有 %(left)s 个项目等签批。自评%(by)s。"))
    else:
        text = gettext(msg("各项目都签批了，等签发岗位签发并锁定。自评%(by)s。"))
    return {"url": "", "text": text % {"count": told.owed, "left": len(told.unsigned), "by": until}}


def _hand_out(told: Board) -> dict[str, str]:
    """The steps from the lock to the organiser: build, carry, say so."""
    pk, build = told.row.city_id, told.build
    if build is None or build.state == "failed":
        text = gettext(msg("把锁定的自评、记录和留痕封存成一份能自证的文件，在后台生成。"))
        if build is not None:
            text = " ".join(said_of(build))
        return {
            "url": reverse("assessment:pack", args=[pk]),
            "do": "",
            "label": gettext(msg("生成验收包")),
            "text": text,
        }
    if build.state == "done":
        text = gettext(msg("在“收发”里下载验收包，送交组织方，再点“送出”。"))
        return {
            "url": reverse("assessment:send", args=[pk]),
            "do": "",
            "label": gettext(msg("送出")),
            "text": text,
            "before": reverse("assessment:sent", args=[pk]),
        }
    text = " ".join((gettext(msg("正在后台生成验收包，完成后这里自动更新。")), progress_of(build), *said_of(build)))
    return {"url": "", "do": "", "label": "", "text": text, "moves": "yes"}
