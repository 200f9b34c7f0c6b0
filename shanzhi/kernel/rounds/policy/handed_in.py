"""What a city handed in: the `scores.json` of its pack, read whole or not at all; what changed since the last time. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from shanzhi.core.text import msg
from shanzhi.kernel.indicators.policy.definitions import Indicator, ScoringKind
from shanzhi.kernel.indicators.policy.values import State
from shanzhi.kernel.rounds.policy.items import FORM, ItemKind, kind_of
from shanzhi.kernel.rounds.policy.plain import read_json, read_points
from shanzhi.kernel.rounds.policy.words import WORDS_MOST, AnotherCitys, RoundUnreadable
from shanzhi.kernel.vault.policy.masking import mask

MEMBER = "scores.json"
NAMED_MOST = 5
TYPED_MOST = 100
"""Fields that an item can have been typed in; two are usual."""


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
        found = read_json(body)
        if found["form"] != FORM:
            raise RoundUnreadable(
                msg("这份自评是“%(form)s”，本平台读得懂“%(ours)s”。请升级平台，或请对方重新发出。"),
                form=str(found["form"])[:40],
                ours=FORM,
            )
        scores = tuple(_score(one) for one in found["scores"])
        claims = {str(one["project"]): tuple(map(str, one["papers"])) for one in found["claims"]}
        made = HandedIn(str(found["round"]), str(found["city"]), scores, claims)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RoundUnreadable(msg("自评读不懂：%(what)s。请对方重新发出。"), what=str(error)[:200]) from error
    _check_scores(made, known)
    return made


def _score(one: Mapping[str, Any]) -> SelfScore:
    points = one["points"]
    return SelfScore(
        str(one["key"]), str(one["project"]), State(one["value"]).value, _whole(one["numerator"]),
        _whole(one["denominator"]), None if points is None else read_points(points), read_points(one["most"]),
        bool(one.get("is_vetoed", False)), _typed(one["typed"]), _said(one["reason"]), _said(one["words"]),
    )  # fmt: skip


def _whole(found: Any) -> int | None:
    if found is not None and type(found) is not int:
        raise TypeError(f"{str(found)[:40]!r} is no whole number")
    return found


def _typed(found: Any) -> int:
    if type(found) is not int or not 0 <= found <= TYPED_MOST:
        raise ValueError(f"typed: {str(found)[:40]}")
    return found


def _said(found: Any) -> str:
    """Words of the city, masked once more: whatever its platform did, nobody's name or number is kept here."""
    return mask(str(found)).text[:WORDS_MOST]


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
        if one.points is not None and (
            one.most != item.scoring.most or one.points < min(item.scoring.least, Decimal(0))
        ):
            raise RoundUnreadable(
                msg(
                    "自评“%(item)s”写的是 %(points)s 分（满分 %(most)s 分），和指南的分值对不上。请对方改正后重新发出。"
                ),
                item=item.name,
                points=one.points,
                most=one.most,
            )
    lacking = tuple(item.name for item in known.values() if item.key not in keys and _is_owed(item))
    if lacking:
        raise RoundUnreadable(
            msg("自评里少了 %(count)s 项：%(items)s。材料没有收下，请对方补齐后重新发出。"),
            count=len(lacking),
            items=lacking[:NAMED_MOST],
        )


def _is_owed(item: Indicator) -> bool:
    """Is there a self-score of this item in every hand-in? What is assessed above has none."""
    return item.scoring.kind is not ScoringKind.NONE and kind_of(item) is not ItemKind.ASSESSED


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
