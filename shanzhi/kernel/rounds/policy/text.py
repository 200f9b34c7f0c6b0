"""A round as it travels: `round.json` with its guideline beside it. Pure.

Read whole or not at all: what is wrong is said with the field's name.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any
from uuid import UUID

from shanzhi.core.text import msg
from shanzhi.kernel.rounds.policy.items import round_period
from shanzhi.kernel.rounds.policy.plain import read_json
from shanzhi.kernel.rounds.policy.words import RoundKind, RoundUnreadable

FORM = "shanzhi-round-1"
MEMBER, GUIDELINE = "round.json", "guideline.toml"
"""The members of a round's letter."""
GUIDELINE_MOST = 5_000_000
"""Bytes of a guideline's file."""


@dataclass(frozen=True, slots=True)
class Guideline:
    """The catalogue of the ruler by which a round is judged: its whole text, and the SHA-256 of that (hexadecimal)."""

    code: str
    version: int
    text: str

    @property
    def sha256(self) -> str:
        """Of the text in UTF-8."""
        return sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days of a round, each the last on which the step can be taken."""

    opened_on: date
    self_until: date
    province_until: date
    centre_until: date
    objections_until: date

    @property
    def days(self) -> tuple[date, ...]:
        """In their order."""
        return (self.opened_on, self.self_until, self.province_until, self.centre_until, self.objections_until)


@dataclass(frozen=True, slots=True)
class Place:
    """A city or organiser: code of its region, and name."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class RoundText:
    """All that a city has to know of a round: months are `yyyymm`; `announced` are draws announced before they can be known,
    each as its own slice writes it."""

    uid: UUID
    name: str
    kind: RoundKind
    guideline: Guideline
    first: int
    last: int
    calendar: Calendar
    organiser: Place
    cities: tuple[Place, ...]
    announced: tuple[Mapping[str, Any], ...] = ()

    def city(self, code: str) -> Place | None:
        """The city of a code, if it is invited."""
        return next((one for one in self.cities if one.code == code), None)

    def to_json(self) -> bytes:
        """`round.json`: sorted keys, no spaces, UTF-8. The guideline's text travels beside it."""
        days = dict(zip(_DAYS, (day.isoformat() for day in self.calendar.days), strict=True))
        body = {
            "form": FORM,
            "uid": str(self.uid),
            "name": self.name,
            "kind": self.kind.value,
            "guideline": {
                "code": self.guideline.code,
                "version": self.guideline.version,
                "sha256": self.guideline.sha256,
            },
            "first": self.first,
            "last": self.last,
            "calendar": days,
            "organiser": {"code": self.organiser.code, "name": self.organiser.name},
            "cities": [{"code": one.code, "name": one.name} for one in self.cities],
            "announced": [dict(one) for one in self.announced],
        }
        return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


_DAYS = ("opened_on", "self_until", "province_until", "centre_until", "objections_until")


def read_round(body: bytes, guideline: bytes) -> RoundText:
    """A round out of its two members.

    Raises:
        RoundUnreadable: what is wrong, and where.
    """
    try:
        found, text = read_json(body), _decoded(guideline)
        if found["form"] != FORM:
            raise RoundUnreadable(
                msg("这份轮次文件是“%(form)s”，本平台读得懂“%(ours)s”。请升级平台，或请对方重新发出。"),
                form=str(found["form"])[:40],
                ours=FORM,
            )
        named = found["guideline"]
        made = RoundText(
            UUID(found["uid"]), str(found["name"]), RoundKind(found["kind"]),
            Guideline(str(named["code"]), int(named["version"]), text), int(found["first"]), int(found["last"]),
            Calendar(*(date.fromisoformat(found["calendar"][name]) for name in _DAYS)), _place(found["organiser"]),
            tuple(_place(one) for one in found["cities"]), tuple(dict(one) for one in found["announced"]),
        )  # fmt: skip
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise RoundUnreadable(msg("轮次文件读不懂：%(what)s。请对方重新发出。"), what=str(error)[:200]) from error
    if made.guideline.sha256 != named["sha256"]:
        raise RoundUnreadable(msg("指南和轮次文件说的不是同一份（SHA-256 不符）。请对方重新发出。"))
    check_round(made)
    return made


def _decoded(guideline: bytes) -> str:
    if len(guideline) > GUIDELINE_MOST:
        raise RoundUnreadable(msg("指南文件太大，最多 5 MB。"), fields={"guideline": msg("请换一个文件。")})
    return guideline.decode("utf-8")


def _place(found: Mapping[str, Any]) -> Place:
    return Place(str(found["code"]), str(found["name"]))


def check_round(text: RoundText) -> None:
    """Are period, calendar and cities such as a round can have?

    Raises:
        RoundUnreadable: says which isn't.
    """
    if not text.name.strip() or len(text.name) > NAME_MOST:
        raise RoundUnreadable(msg("轮次要有名称，最多 100 个字。"), fields={"name": msg("请填写名称。")})
    if not _is_month(text.first) or not _is_month(text.last) or text.first > text.last:
        raise RoundUnreadable(msg("评价期间不对：第一个月不能晚于最后一个月。"), fields={"first": msg("请核对期间。")})
    round_period(text.first, text.last)
    days = text.calendar.days
    if list(days) != sorted(days):
        raise RoundUnreadable(
            msg("日程不对：启动、自评、省级、抽查、异议各截止日要一个不早于一个。"),
            fields={"self_until": msg("请核对日程。")},
        )
    codes = [one.code for one in text.cities]
    if not codes or len(set(codes)) != len(codes) or not all(code.isascii() and code.isdigit() for code in codes):
        raise RoundUnreadable(
            msg("参评城市不对：至少一个，代码是数字，不能重复。"), fields={"cities": msg("请核对城市。")}
        )


NAME_MOST = 100


def _is_month(month: int) -> bool:
    return 1900 <= month // 100 < 3000 and 1 <= month % 100 <= 12
