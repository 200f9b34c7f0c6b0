"""What a city handed in: the `scores.json` of its pack, read whole or not at all; what changed since the last time. Pure."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from shanzhi.core.text import msg
from shanzhi.kernel.indicators.policy.definitions import Indicator
from shanzhi.kernel.indicators.policy.values import State
from shanzhi.kernel.rounds.policy.words import WORDS_MOST, AnotherCitys, RoundUnreadable

FORM = "shanzhi-scores-1"
MEMBER = "scores.json"
NAMED_MOST = 5


@dataclass(frozen=True, slots=True)
class SelfScore:
    """An item as the city scored it; what it means is said at `rounds_score`."""

    key: str
    project: str
    value: str
    numerator: int | None
    denominator: int | None
    points: Decimal | None
    most: Decimal
    is_vetoed: bool
    typed: int
    reason: str
    words: str


@dataclass(frozen=True, slots=True)
class HandedIn:
    """A city's whole self-evaluation: scores in the file's order, claimed projects with the SHA-256 of their papers."""

    round: str
    city: str
    scores: tuple[SelfScore, ...]
    claims: Mapping[str, tuple[str, ...]]


def read_scores(body: bytes, items: Iterable[Indicator]) -> HandedIn:
    """A pack's `scores.json` against the guideline's items.

    Raises:
        RoundUnreadable: not this form, an item that isn't the guideline's or stands twice, points above the most; names which.
    """
    known = {item.key: item for item in items}
    try:
        found = json.loads(body)
        if found["form"] != FORM:
            raise RoundUnreadable(
                msg("这份自评是“%(form)s”，本平台读得懂“%(ours)s”。请升级平台，或请对方重新发出。"),
                form=str(found["form"])[:40],
                ours=FORM,
            )
        scores = tuple(_score(one) for one in found["scores"])
        claims = {str(one["project"]): tuple(map(str, one["papers"])) for one in found["claims"]}
        made = HandedIn(str(found["round"]), str(found["city"]), scores, claims)
    except (ValueError, KeyError, TypeError, InvalidOperation) as error:
        raise RoundUnreadable(msg("自评读不懂：%(what)s。请对方重新发出。"), what=str(error)[:200]) from error
    _check_scores(made, known)
    return made


def _score(one: Mapping[str, Any]) -> SelfScore:
    points = one["points"]
    return SelfScore(
        str(one["key"]), str(one["project"]), State(one["value"]).value, _whole(one["numerator"]),
        _whole(one["denominator"]), None if points is None else Decimal(points), Decimal(one["most"]),
        bool(one.get("is_vetoed", False)), int(one["typed"]), str(one["reason"])[:WORDS_MOST], str(one["words"])[:WORDS_MOST],
    )  # fmt: skip


def _whole(found: Any) -> int | None:
    return None if found is None else int(found)


def _check_scores(made: HandedIn, known: Mapping[str, Indicator]) -> None:
    keys = [one.key for one in made.scores]
    if len(set(keys)) != len(keys):
        raise RoundUnreadable(msg("自评里有一项出现了两次。请对方重新发出。"))
    for one in made.scores:
        item = known.get(one.key)
        if item is None or item.project != one.project:
            raise RoundUnreadable(msg("自评里的“%(key)s”不是这个轮次指南里的项目。请核对轮次。"), key=one.key)
        if one.points is not None and one.points > item.scoring.most:
            raise RoundUnreadable(
                msg("自评“%(item)s”是 %(points)s 分，超过了满分 %(most)s 分。材料没有收下，请对方改正后重新发出。"),
                item=item.name,
                points=one.points,
                most=item.scoring.most,
            )


def check_whose(made: HandedIn, round_uid: str, city_code: str, city: str) -> None:
    """Is it this round's and this city's?

    Raises:
        AnotherCitys: says whose it is.
    """
    if made.round != round_uid:
        raise AnotherCitys(msg("这份验收包是另一个轮次的，没有收下。请核对文件是不是发错了。"))
    if made.city != city_code:
        raise AnotherCitys(
            msg("这份验收包是 %(theirs)s 的，不是%(city)s（%(code)s）的，没有收下。请核对文件。"),
            theirs=made.city[:20],
            city=city,
            code=city_code,
        )


def changed(before: Mapping[str, SelfScore], now: Iterable[SelfScore]) -> tuple[SelfScore, ...]:
    """The items that differ from those handed in before: what a resubmission shows."""
    return tuple(one for one in now if before.get(one.key) != one)


def check_changed(changes: Iterable[SelfScore], returned: Collection[str], names: Mapping[str, str]) -> None:
    """Did only returned items change?

    Raises:
        RoundUnreadable: names the others.
    """
    others = tuple(names.get(one.key, one.key) for one in changes if one.key not in returned)
    if others:
        raise RoundUnreadable(
            msg("有没退回的项目变了：%(items)s。材料没有收下，请对方只改退回的项目。"), items=others[:NAMED_MOST]
        )
