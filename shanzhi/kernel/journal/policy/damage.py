"""What a verification found: each damage by its place, as a sentence. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shanzhi.core.text import msg
from shanzhi.kernel.journal.policy.check import CITY_TIME, Saying

What = Literal[
    "entry-changed", "entry-missing", "entry-inserted", "leaf-missing", "order", "tile", "rewritten", "head-signature",
    "head-content", "head-root", "tail", "key", "epoch", "kept",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Damage:
    """One thing that isn't as it was sealed. Places that don't apply are None; `leaf` is the first one concerned."""

    what: What
    said: Saying
    epoch: int | None = None
    leaf: int | None = None
    entry: int | None = None
    month: str | None = None

    def __str__(self) -> str:
        return str(self.said)


def month_of(at: datetime) -> str:
    """A time's month in the city, 2026-11."""
    return f"{at.astimezone(CITY_TIME):%Y-%m}"


_ENTRY = {
    "entry-changed": msg("第 %(id)d 号留痕（叶 %(leaf)d，%(month)s）：内容被改过，和封存时不同。"),
    "entry-missing": msg("第 %(id)d 号留痕（叶 %(leaf)d，%(month)s）：记录不见了。"),
    "order": msg("第 %(id)d 号留痕（叶 %(leaf)d，%(month)s）：次序和事务编号不符，被调换过。"),
}


def of_entry(what: What, *, epoch: int, leaf: int, entry: int, at: datetime) -> Damage:
    """An entry that changed, is missing, or stands in another place: by its number, leaf and month."""
    month = month_of(at)
    return Damage(what, Saying(_ENTRY[what], {"id": entry, "leaf": leaf, "month": month}), epoch, leaf, entry, month)


def entry_inserted(*, entry: int, at: datetime, transaction: int, is_past: bool) -> Damage:
    """An entry without leaf that can't be waiting for one."""
    past = msg("第 %(id)d 号留痕（%(month)s，事务 %(transaction)d）：没有封存，次序却在已封存的之前，是后来塞进去的。")
    future = msg("第 %(id)d 号留痕（%(month)s，事务 %(transaction)d）：事务编号还没有发生过，不是正常写入的。")
    month = month_of(at)
    said = Saying(past if is_past else future, {"id": entry, "month": month, "transaction": transaction})
    return Damage("entry-inserted", said, entry=entry, month=month)


def leaves_missing(*, epoch: int, first: int, last: int) -> Damage:
    """Leaf numbers that aren't there."""
    words = msg("第 %(epoch)d 纪元叶 %(first)d 至 %(last)d：叶表里不见了。")
    return Damage("leaf-missing", Saying(words, {"epoch": epoch, "first": first, "last": last}), epoch, first)


def tile_changed(*, epoch: int, level: int, place: int, at: int) -> Damage:
    """A tile's hash that differs from what the entries give, while those fit what was signed."""
    words = msg(
        "第 %(epoch)d 纪元树瓦 %(level)d/%(place)d 第 %(at)d 格（叶 %(leaf)d 起）：被改过。留痕本身和签过名的一致。"
    )
    leaf = (place * 256 + at) << (8 * level)
    said = Saying(words, {"epoch": epoch, "level": level, "place": place, "at": at, "leaf": leaf})
    return Damage("tile", said, epoch, leaf)


def tile_short(*, epoch: int, level: int, place: int, have: int, want: int) -> Damage:
    """A tile that is missing, or holds fewer hashes than the tree needs."""
    words = msg("第 %(epoch)d 纪元树瓦 %(level)d/%(place)d：应有 %(want)d 格，现有 %(have)d 格。")
    said = Saying(words, {"epoch": epoch, "level": level, "place": place, "want": want, "have": have})
    return Damage("tile", said, epoch, (place * 256 + have) << (8 * level))


def rewritten(*, epoch: int, first: int, last: int) -> Damage:
    """Entries and tiles that were changed together, and don't fit what stands above them."""
    words = msg("第 %(epoch)d 纪元叶 %(first)d 至 %(last)d：留痕和树瓦被一起改写，和签过名的树不符。")
    return Damage("rewritten", Saying(words, {"epoch": epoch, "first": first, "last": last}), epoch, first)


_HEAD = {
    "head-signature": msg("第 %(id)d 号树头（第 %(epoch)d 纪元 %(size)d 条，%(month)s）：签名被改过，内容没有变。"),
    "head-content": msg("第 %(id)d 号树头（第 %(epoch)d 纪元 %(size)d 条，%(month)s）：内容被改过，和签名对不上。"),
    "tail": msg("第 %(id)d 号树头（第 %(epoch)d 纪元 %(size)d 条，%(month)s）：台账只剩 %(have)d 条，末尾被截去。"),
    "head-root": msg(
        "第 %(id)d 号树头（第 %(epoch)d 纪元 %(size)d 条，%(month)s）：和台账算出的不同，"
        "叶 %(first)d 至 %(last)d 里有被改写的。"
    ),
}


def of_head(what: What, *, number: int, epoch: int, size: int, at: datetime, have: int = 0, first: int = 0) -> Damage:
    """A stored head that changed, or that the tree doesn't fit: `first` is the size up to which an earlier head fits."""
    month = month_of(at)
    said = {
        "id": number, "epoch": epoch, "size": size, "month": month, "have": have, "first": first, "last": size - 1,
    }  # fmt: skip
    leaf = {"tail": have, "head-root": first}.get(what)
    return Damage(what, Saying(_HEAD[what], said), epoch, leaf, None, month)


def of_key(key_id: str) -> Damage:
    """A public key that isn't the one of its id, or whose statement doesn't fit."""
    words = msg("公钥 %(id)s：内容或换钥声明被改过。")
    return Damage("key", Saying(words, {"id": key_id}))


def of_epoch(epoch: int) -> Damage:
    """An epoch that says something else of the one before than what is there, or differs from its heads."""
    words = msg("第 %(epoch)d 纪元：它说的上一纪元和库里的不符，或纪元表被改过。")
    return Damage("epoch", Saying(words, {"epoch": epoch}), epoch)


def kept_tail(*, epoch: int, size: int, have: int) -> Damage:
    """A head kept elsewhere tells of more than is there."""
    words = msg("另存的树头说第 %(epoch)d 纪元有 %(size)d 条，现在只有 %(have)d 条：叶 %(have)d 至 %(last)d 被截去。")
    said = Saying(words, {"epoch": epoch, "size": size, "have": have, "last": size - 1})
    return Damage("tail", said, epoch, have)


def kept_differs(*, epoch: int, size: int) -> Damage:
    """A head kept elsewhere, and the tree at its size is another one."""
    words = msg("另存的树头（第 %(epoch)d 纪元 %(size)d 条）和台账算出的不同：这之前的历史被改写过。")
    return Damage("kept", Saying(words, {"epoch": epoch, "size": size}), epoch)


def kept_foreign(*, epoch: int, size: int) -> Damage:
    """A head kept elsewhere that none of the known keys has signed, or of a log or epoch that isn't here."""
    words = msg("另存的树头（第 %(epoch)d 纪元 %(size)d 条）：不是这本台账的，或签名对不上。")
    return Damage("kept", Saying(words, {"epoch": epoch, "size": size}), epoch)
