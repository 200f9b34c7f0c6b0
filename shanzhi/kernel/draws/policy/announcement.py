"""The announcement of a draw, its seed, and what the seed draws: pure, one way from what is public to what is drawn.

An announcement is one JSON object in canonical form (keys sorted, no blanks, UTF-8); its SHA-256 stands in the journal before
anything can be known. The seed is the SHA-256 over lines, each ended by a line feed:

    shanzhi-draw-1
    <SHA-256 of the announcement, hexadecimal>
    <root of the first signed head that includes the announcement, hexadecimal>
    <nonce of the first side, hexadecimal>          one line for each side, in the announcement's order; of a side that
    <nonce of the second side>                      didn't show its nonce in time, the commitment

For each stratum an HMAC_DRBG of its own: entropy the seed, nonce the announcement's SHA-256, personalization
"shanzhi-draw-1 " and the stratum's code.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Literal

from shanzhi.core.errors import InputError
from shanzhi.core.text import msg
from shanzhi.kernel.draws.policy.drbg import HmacDrbg
from shanzhi.kernel.draws.policy.frame import CODE_MOST, LABEL_MOST, Item, is_plain, ordered
from shanzhi.kernel.draws.policy.sampling import draw_equal, draw_weighted

FORM = "shanzhi-draw-1"
NONCE_BYTES = 32
STRATA_MOST, SIDES_LEAST, SIDES_MOST = 10_000, 2, 5
WINDOW_LEAST, WINDOW_MOST = 10, 60 * 24 * 60
"""Minutes in which nonces are to be shown, from the opening on: ten minutes to sixty days."""
Method = Literal["equal", "weighted"]
METHODS: tuple[Method, ...] = ("equal", "weighted")
Ground = Literal["", "frame", "numbers", "side", "needless", "again"]
GROUNDS: Mapping[str, str] = {
    "frame": msg("名单有误"),
    "numbers": msg("数量或分层有误"),
    "side": msg("一方的承诺作废"),
    "needless": msg("不再需要"),
    "again": msg("按规则再抽一次"),
}
"""Why a draw is withdrawn, or announced again: a word of a list, never free text, since it is public."""


class BadAnnouncement(InputError):
    """A draw can't be announced so, or an announcement can't be read; says what is wrong."""

    code = "bad-announcement"


@dataclass(frozen=True, slots=True)
class Stratum:
    """A part of the frame that is drawn from by itself: how many there are (`size`), how many are taken."""

    code: str
    name: str
    size: int
    take: int


@dataclass(frozen=True, slots=True)
class Side:
    """Somebody who puts a nonce in: a unit's or a level's name, and the SHA-256 of 32 random bytes in hexadecimal."""

    name: str
    commitment: str


@dataclass(frozen=True, slots=True)
class Announcement:
    """What is fixed before anything can be known. `turn` counts the announcements for one purpose, `earlier` are the numbers
    of those before; `window` are the minutes for showing, from the opening on; `announced_at` has whole seconds."""

    number: int
    purpose: str
    turn: int
    earlier: tuple[int, ...]
    ground: Ground
    subject: str
    method: Method
    frame: str
    strata: tuple[Stratum, ...]
    sides: tuple[Side, ...]
    window: int
    announced_at: datetime

    def text(self) -> str:
        """The canonical text."""
        return canonical_json(
            {
                "form": FORM,
                "number": self.number,
                "purpose": self.purpose,
                "turn": self.turn,
                "earlier": list(self.earlier),
                "ground": self.ground,
                "subject": self.subject,
                "method": self.method,
                "frame": self.frame,
                "strata": [{"code": s.code, "name": s.name, "size": s.size, "take": s.take} for s in self.strata],
                "sides": [{"name": side.name, "commitment": side.commitment} for side in self.sides],
                "window": self.window,
                "announced_at": f"{self.announced_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            }
        )

    @property
    def sha256(self) -> str:
        """The hash of its text in hexadecimal."""
        return text_sha256(self.text())


@dataclass(frozen=True, slots=True)
class Result:
    """What was drawn: the seed, ids by stratum in the order in which they were drawn, names of sides that forfeited."""

    seed: str
    drawn: tuple[tuple[str, tuple[str, ...]], ...]
    forfeited: tuple[str, ...]

    def text(self) -> str:
        """The canonical text."""
        return canonical_json(
            {
                "seed": self.seed,
                "drawn": [{"stratum": code, "ids": list(ids)} for code, ids in self.drawn],
                "forfeited": list(self.forfeited),
            }
        )


def canonical_json(value: object) -> str:
    """JSON with sorted keys, without blanks, letters as they are."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def text_sha256(text: str) -> str:
    """The hash of a text's bytes in UTF-8, in hexadecimal."""
    return sha256(text.encode()).hexdigest()


def commitment_of(nonce: bytes) -> str:
    """The commitment to a nonce: its SHA-256 in hexadecimal."""
    return sha256(nonce).hexdigest()


def secret_context(draw_id: int) -> bytes:
    """What our own sealed nonce is bound to."""
    return f"draw {draw_id}".encode()


# -- reading -------------------------------------------------------------------------------------------------------------


def read_announcement(text: str) -> Announcement:
    """The announcement of a text.

    Raises:
        BadAnnouncement: it is none, of another version, not in canonical form, or says what can't be.
    """
    try:
        said = json.loads(text)
        if said["form"] != FORM:
            raise BadAnnouncement(msg("公告的版本“%(form)s”认不出来。请升级程序再核对。"), form=str(said["form"])[:40])
        found = _announcement(said)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadAnnouncement(msg("公告读不懂，或者不完整。")) from error
    check_announcement(found)
    if found.text() != text:
        raise BadAnnouncement(msg("公告的写法不对，未予采信：不是原样的文本。"))
    return found


def _announcement(said: Any) -> Announcement:
    return Announcement(
        whole(said["number"]),
        word(said["purpose"]),
        whole(said["turn"]),
        tuple(whole(number) for number in said["earlier"]),
        word(said["ground"]),  # type: ignore[arg-type]  # checked with the rest
        word(said["subject"]),
        word(said["method"]),  # type: ignore[arg-type]  # checked with the rest
        word(said["frame"]),
        tuple(Stratum(word(s["code"]), word(s["name"]), whole(s["size"]), whole(s["take"])) for s in said["strata"]),
        tuple(Side(word(side["name"]), word(side["commitment"])) for side in said["sides"]),
        whole(said["window"]),
        datetime.strptime(said["announced_at"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC),
    )


def word(value: object) -> str:
    """A text of JSON.

    Raises:
        TypeError, ValueError: it is none.
    """
    if not isinstance(value, str):
        raise TypeError("a text was expected")
    # Half a surrogate pair can be written in JSON and nowhere else: a UnicodeEncodeError is a ValueError.
    value.encode()
    return value


def whole(value: object) -> int:
    """A whole number of JSON, from 0 on.

    Raises:
        TypeError: it is none.
    """
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError("a whole number was expected")
    return value


def is_hash(text: str) -> bool:
    """Is it 32 bytes in lower-case hexadecimal?"""
    return len(text) == 64 and all(digit in "0123456789abcdef" for digit in text)


# -- checking ------------------------------------------------------------------------------------------------------------


def check_announcement(found: Announcement) -> None:
    """Raises BadAnnouncement where it says what can't be."""
    if found.method not in METHODS:
        raise BadAnnouncement(msg("抽取方法只有等概率和按权重两种。"))
    if found.turn < 1 or found.turn != len(found.earlier) + 1 or (found.turn > 1) != bool(found.ground):
        raise BadAnnouncement(msg("同一用途第几次公告、之前是哪几次、为什么再抽，说得不一致。"))
    if found.ground and found.ground not in GROUNDS:
        raise BadAnnouncement(msg("再抽的理由不在清单里。"))
    if not found.purpose or not is_plain(found.purpose, CODE_MOST):
        raise BadAnnouncement(msg("请写明用途，不超过 100 个字。"))
    if not found.subject or not is_plain(found.subject, LABEL_MOST):
        raise BadAnnouncement(msg("请写明抽什么，不超过 200 个字。"))
    if not WINDOW_LEAST <= found.window <= WINDOW_MOST:
        raise BadAnnouncement(msg("出示随机数的期限是 10 分钟到 60 天。"))
    _check_strata(found.strata)
    _check_sides(found.sides)


def _check_strata(strata: Sequence[Stratum]) -> None:
    if not 1 <= len(strata) <= STRATA_MOST or len({stratum.code for stratum in strata}) != len(strata):
        raise BadAnnouncement(msg("分层要有 1 到 10,000 个，每个只列一次。"))
    for stratum in strata:
        if not is_plain(stratum.code, CODE_MOST) or not is_plain(stratum.name, LABEL_MOST):
            raise BadAnnouncement(msg("分层“%(code)s”的编号或名称太长，或含制表符、换行。"), code=stratum.code[:40])
        if stratum.take < 1:
            raise BadAnnouncement(msg("分层“%(code)s”至少抽 1 个。不抽的分层请不要列入。"), code=stratum.code)
        if stratum.take > stratum.size:
            raise BadAnnouncement(
                msg("分层“%(code)s”要抽 %(take)d 个，名单里只有 %(size)d 个。"),
                code=stratum.code, take=stratum.take, size=stratum.size,
            )  # fmt: skip


def _check_sides(sides: Sequence[Side]) -> None:
    if not SIDES_LEAST <= len(sides) <= SIDES_MOST:
        raise BadAnnouncement(msg("随机数由 2 到 5 方各出一个：只有一方的，谁都不能放心。"))
    for side in sides:
        if not side.name or not is_plain(side.name, CODE_MOST) or not is_hash(side.commitment):
            raise BadAnnouncement(
                msg(
                    "“%(name)s”的承诺格式不正确：应是 64 位十六进制小写字母和数字，可以在“随机抽取”的“生成随机数”页得出。"
                ),
                name=side.name[:40],
            )
    if len({side.name for side in sides}) != len(sides) or len({side.commitment for side in sides}) != len(sides):
        raise BadAnnouncement(msg("两方的名称或承诺相同。每一方要有自己的名称和自己的随机数。"))


def strata_of(items: Sequence[Item], wanted: Sequence[tuple[str, str, int]]) -> tuple[Stratum, ...]:
    """Strata with their sizes, in the order of their codes, from a frame and (code, name, how many to take).

    Raises:
        BadAnnouncement: something is listed in a stratum that isn't wanted.
    """
    sizes: dict[str, int] = {}
    for item in items:
        sizes[item.stratum] = sizes.get(item.stratum, 0) + 1
    for code in sizes:
        if code not in {each[0] for each in wanted}:
            raise BadAnnouncement(msg("名单里有分层“%(code)s”，没有说要抽几个。"), code=code)
    found = [Stratum(code, name, sizes.get(code, 0), take) for code, name, take in wanted]
    return tuple(sorted(found, key=lambda stratum: stratum.code.encode()))


def check_weights(method: Method, items: Sequence[Item]) -> None:
    """Raises BadAnnouncement where a draw without weights has weights other than 1."""
    odd = next((item for item in items if item.weight != 1), None) if method == "equal" else None
    if odd is not None:
        raise BadAnnouncement(msg("等概率抽取时权重都是 1，“%(id)s”却是 %(weight)d。"), id=odd.id, weight=odd.weight)


# -- drawing -------------------------------------------------------------------------------------------------------------


def seed_of(announcement: Announcement, root: bytes, nonces: Sequence[bytes | None]) -> bytes:
    """The seed: `nonces` in the order of the sides, none for one that was forfeited. 32 bytes.

    Raises:
        ValueError: not one for each side.
    """
    lines = [FORM, announcement.sha256, root.hex()]
    for side, nonce in zip(announcement.sides, nonces, strict=True):
        lines.append(side.commitment if nonce is None else nonce.hex())
    return sha256("".join(f"{line}\n" for line in lines).encode()).digest()


def draw(announcement: Announcement, items: Sequence[Item], root: bytes, nonces: Sequence[bytes | None]) -> Result:
    """Draw: the same result for the same inputs, in whatever order `items` come.

    Raises:
        ValueError: not a nonce or none for each side, or a stratum has fewer than are to be taken.
    """
    seed = seed_of(announcement, root, nonces)
    by_stratum: dict[str, list[Item]] = {}
    for item in ordered(items):
        by_stratum.setdefault(item.stratum, []).append(item)
    drawn = []
    for stratum in announcement.strata:
        among = by_stratum.get(stratum.code, [])
        drbg = HmacDrbg(
            entropy=seed,
            nonce=bytes.fromhex(announcement.sha256),
            personalization=f"{FORM} {stratum.code}".encode(),
        )
        if announcement.method == "weighted":
            places = draw_weighted(drbg, [item.weight for item in among], stratum.take)
        else:
            places = draw_equal(drbg, len(among), stratum.take)
        drawn.append((stratum.code, tuple(among[place].id for place in places)))
    forfeited = [side.name for side, nonce in zip(announcement.sides, nonces, strict=True) if nonce is None]
    return Result(seed.hex(), tuple(drawn), tuple(forfeited))
