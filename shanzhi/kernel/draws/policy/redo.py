"""Doing a draw again from its file: what comes out, and in sentences everything that isn't as the file says. Pure."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from shanzhi.core.errors import DomainError
from shanzhi.core.text import msg
from shanzhi.kernel.draws.policy.announcement import (
    NONCE_BYTES,
    Announcement,
    Result,
    check_weights,
    commitment_of,
    draw,
    read_announcement,
    text_sha256,
)
from shanzhi.kernel.draws.policy.drawfile import DrawFile, proof_name
from shanzhi.kernel.draws.policy.frame import Item, frame_sha256, frame_text, read_frame, salt_of
from shanzhi.kernel.draws.policy.payloads import SUBJECT
from shanzhi.kernel.journal.policy import Checked, EntryFields, PublicKey, Saying, SignedHead, check, read_head

T = TypeVar("T")
NAMED_MOST = 10
"""Ids that a sentence names; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Redone:
    """What came of doing a draw again: the announcement and the result where they could be had, what is wrong, what the file
    can't say; `key_ids` signed the head, `head` is the one that was taken."""

    announcement: Announcement | None
    items: tuple[Item, ...]
    result: Result | None
    head: SignedHead | None
    keys: tuple[PublicKey, ...]
    faults: tuple[Saying, ...]
    open: tuple[Saying, ...]

    @property
    def is_same(self) -> bool:
        """Did everything come out as the file says, with nothing wrong?"""
        return not self.faults


class _Found:
    """Faults and open questions as they are found."""

    def __init__(self) -> None:
        self.faults: list[Saying] = []
        self.open: list[Saying] = []

    def fault(self, text: str, **params: object) -> None:
        self.faults.append(Saying(text, params))

    def leave_open(self, text: str, **params: object) -> None:
        self.open.append(Saying(text, params))


def redo(drawn: DrawFile, *, given: Sequence[PublicKey] = (), kept: Sequence[SignedHead] = ()) -> Redone:
    """Do a draw again; `given` are public keys and `kept` signed heads that are known from elsewhere."""
    found = _Found()
    announcement = _read(found, lambda: read_announcement(drawn.announcement))
    items = _read(found, lambda: read_frame(drawn.frame)) or ()
    if announcement is not None:
        _check_frame(drawn, announcement, items, found)
        _check_nonces(drawn, announcement, found)
    head, announced = _check_announced(drawn, announcement, given, kept, found)
    # The course is held to the keys of the announcement: later ones have to be joined to them by statements.
    checked = check(drawn.course, given=given or (announced.keys if announced else ()))
    for fault in checked.faults:
        found.fault(msg("经过的证明：%(said)s"), said=str(fault))
    if announcement is not None and not checked.faults:
        _check_course(drawn, announcement, head, [entry for _, entry in sorted(checked.entries, key=_leaf)], found)
    result = None
    if announcement is None or not items or head is None:
        found.fault(msg("缺少公告、名单或树头，没法重新抽取。"))
    else:
        result = _drawn_again(drawn, announcement, items, head, found)
    found.leave_open(msg("名单该不该是这些，文件证明不了：请看名单本身。"))
    return Redone(
        announcement,
        items,
        result,
        head,
        checked.keys,
        _once(found.faults),
        _once([*found.open, *(announced.open if announced else ()), *checked.open]),
    )


def _leaf(proved: tuple[int, EntryFields]) -> int:
    return proved[0]


def _once(sayings: Sequence[Saying]) -> tuple[Saying, ...]:
    return tuple({str(saying): saying for saying in sayings}.values())


def _read(found: _Found, read: Callable[[], T]) -> T | None:
    try:
        return read()
    except DomainError as error:
        found.fault(error.message, **error.params)
        return None


# -- frame and nonces ----------------------------------------------------------------------------------------------------


def _check_frame(drawn: DrawFile, announcement: Announcement, items: Sequence[Item], found: _Found) -> None:
    if frame_sha256(drawn.frame) != announcement.frame:
        found.fault(
            msg("名单被改过：公告的名单散列是 %(said)s…，文件里的名单是 %(is)s…。"),
            said=announcement.frame[:16], **{"is": frame_sha256(drawn.frame)[:16]},
        )  # fmt: skip
    if not items:
        return
    if frame_text(items, salt_of(drawn.frame)) != drawn.frame:
        found.fault(msg("名单没有按规定写好：按分层和编号排，权重写成数字。"))
    _read(found, lambda: check_weights(announcement.method, items))
    _check_sizes(announcement, items, found)


def _check_sizes(announcement: Announcement, items: Sequence[Item], found: _Found) -> None:
    sizes = Counter(item.stratum for item in items)
    known = {stratum.code for stratum in announcement.strata}
    for code in sizes:
        if code not in known:
            found.fault(msg("名单里的分层“%(code)s”，公告没有说要抽。"), code=code)
    for stratum in announcement.strata:
        if sizes[stratum.code] != stratum.size:
            found.fault(
                msg("分层“%(code)s”：公告说有 %(said)d 个，名单里有 %(listed)d 个。"),
                code=stratum.code, said=stratum.size, listed=sizes[stratum.code],
            )  # fmt: skip


def _check_nonces(drawn: DrawFile, announcement: Announcement, found: _Found) -> None:
    if len(drawn.nonces) != len(announcement.sides):
        found.fault(
            msg("公告有 %(sides)d 方，文件里的随机数有 %(nonces)d 个。"),
            sides=len(announcement.sides), nonces=len(drawn.nonces),
        )  # fmt: skip
        return
    for side, nonce in zip(announcement.sides, drawn.nonces, strict=True):
        if nonce is not None and (len(nonce) != NONCE_BYTES or commitment_of(nonce) != side.commitment):
            found.fault(msg("“%(name)s”的随机数和它事先的承诺对不上，被换过。"), name=side.name)
        elif nonce is None:
            found.leave_open(msg("“%(name)s”没有按时出示随机数，按规则以它的承诺代替。"), name=side.name)


# -- the journal ---------------------------------------------------------------------------------------------------------


def _check_announced(
    drawn: DrawFile,
    announcement: Announcement | None,
    given: Sequence[PublicKey],
    kept: Sequence[SignedHead],
    found: _Found,
) -> tuple[SignedHead | None, Checked | None]:
    """The head that was taken, where it can be read; what is wrong with it and with the announcement under it is told."""
    if len(drawn.proof.trees) != 1 or len(drawn.proof.trees[0].entries) != 1:
        found.fault(msg("公告的证明应是一份树头和其下的一条留痕。"))
        return None, None
    tree = drawn.proof.trees[0]
    head = _read(found, lambda: read_head(tree.head))
    if head is None:
        return None, None
    state, leaf = head.head.tree, tree.entries[0].leaf
    if leaf >= state.size:
        found.fault(
            msg("树头比公告早：树头只到 %(size)d 条，公告是第 %(leaf)d 叶。抽取要用公告之后的树头。"),
            size=state.size, leaf=leaf,
        )  # fmt: skip
        return head, None
    checked = check(drawn.proof, given=given)
    for fault in checked.faults:
        found.fault(msg("公告的证明：%(said)s"), said=str(fault))
    for _, entry in checked.entries:
        _check_entry(drawn, announcement, entry, found)
    _check_first(head, leaf, kept, checked, found)
    return head, checked


def _check_entry(drawn: DrawFile, announcement: Announcement | None, entry: EntryFields, found: _Found) -> None:
    if entry.action != "draws.announce" or entry.subject_kind != SUBJECT or not isinstance(entry.payload, dict):
        found.fault(msg("台账里的这一条不是抽取公告。"))
    elif entry.payload.get("announcement") != text_sha256(drawn.announcement):
        found.fault(msg("公告被改过：台账里记的是另一份公告。"))
    elif announcement is not None and _is_of_another(drawn, announcement.number, entry):
        found.fault(msg("台账里记的是另一个编号的抽取。"))


def _is_of_another(drawn: DrawFile, number: int, entry: EntryFields) -> bool:
    named = {(proof.subject_kind, proof.subject_id, proof.number) for proof in (drawn.proof, drawn.course)}
    return entry.payload.get("number") != number or named != {(SUBJECT, number, proof_name(number))}


def _check_first(head: SignedHead, leaf: int, kept: Sequence[SignedHead], checked: Checked, found: _Found) -> None:
    """Nobody may wait for a nicer head: one kept elsewhere that covers the announcement already tells."""
    here = head.head
    for other in kept:
        there = other.head
        if (there.name, there.tree.epoch) != (here.name, here.tree.epoch) or not other.signers(checked.keys):
            found.leave_open(msg("另存的树头不是同一台账、同一纪元的，没有用上。"))
        elif leaf < there.tree.size < here.tree.size:
            found.fault(
                msg("用的不是公告后的第一份树头：%(size)d 条处的那份已经包含公告（第 %(leaf)d 叶）。"),
                size=there.tree.size, leaf=leaf,
            )  # fmt: skip
    if not kept:
        found.leave_open(
            msg(
                "这份树头是不是公告之后的第一份，请到出具方公布的树头（“留痕封存”页）核对，或用 --head 给出另存的树头。"
            )
        )


# -- the course ----------------------------------------------------------------------------------------------------------


def _check_course(
    drawn: DrawFile,
    announcement: Announcement,
    head: SignedHead | None,
    entries: Sequence[EntryFields],
    found: _Found,
) -> None:
    """Announced, opened, shown, made: in this order, with what the file says."""
    said = [(entry.action.removeprefix("draws."), entry) for entry in entries if isinstance(entry.payload, dict)]
    steps = [step for step, _ in said if step != "publish"]
    if steps[:2] != ["announce", "open"] or steps[-1:] != ["make"] or set(steps[2:-1]) - {"show"}:
        found.fault(msg("经过不对：应先公告，再定树头并出示本方随机数，然后其他各方出示，最后抽取。"))
        return
    opened = next(entry for step, entry in said if step == "open")
    made = next(entry for step, entry in said if step == "make")
    if head is not None:
        tree = head.head.tree
        taken = (opened.payload.get("epoch"), opened.payload.get("size"), opened.payload.get("root"))
        if taken != (tree.epoch, tree.size, tree.root.hex()):
            found.fault(msg("另用了一份树头：台账里记的是 %(size)s 条处的那份。"), size=str(taken[1])[:20])
    _check_shown(drawn, announcement, [entry for step, entry in said if step in {"open", "show"}], found)
    if made.payload.get("result") != text_sha256(drawn.result.text()):
        found.fault(msg("结果被改过：台账里记的是另一份结果。"))
    _check_in_time(announcement, opened, made, found)


def _check_shown(drawn: DrawFile, announcement: Announcement, entries: Sequence[EntryFields], found: _Found) -> None:
    shown = {entry.payload.get("side"): entry.payload.get("nonce") for entry in entries}
    for at, (side, nonce) in enumerate(zip(announcement.sides, drawn.nonces, strict=False)):
        if nonce is None and at in shown:
            found.fault(msg("“%(name)s”按时出示了随机数，文件却说它没有。"), name=side.name)
        elif nonce is not None and shown.get(at) != nonce.hex():
            found.fault(msg("“%(name)s”的随机数和台账里记的不一样。"), name=side.name)


def _check_in_time(announcement: Announcement, opened: EntryFields, made: EntryFields, found: _Found) -> None:
    """A side forfeits at the end of its time, not before."""
    end = opened.happened_at + timedelta(minutes=announcement.window)
    if made.payload.get("forfeited") and made.happened_at < end:
        found.fault(msg("期限到 %(end)s 为止，没有等到就算作没有出示。"), end=_moment(end))


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}Z"


# -- drawing again -------------------------------------------------------------------------------------------------------


def _drawn_again(
    drawn: DrawFile, announcement: Announcement, items: Sequence[Item], head: SignedHead, found: _Found
) -> Result | None:
    try:
        result = draw(announcement, items, head.head.tree.root, drawn.nonces)
    except ValueError:
        found.fault(msg("按文件里的名单和随机数抽不成：数量对不上。"))
        return None
    if result.seed != drawn.result.seed:
        found.fault(
            msg("种子不对：重新算出的是 %(is)s…，文件里是 %(said)s…，另用了一个种子。"),
            said=drawn.result.seed[:16], **{"is": result.seed[:16]},
        )  # fmt: skip
    if result.forfeited != drawn.result.forfeited:
        found.fault(msg("没有按时出示随机数的各方，和文件里写的不一样。"))
    for fault in _differences(announcement, result, drawn.result):
        found.faults.append(fault)
    return result


def _differences(announcement: Announcement, ours: Result, theirs: Result) -> Iterator[Saying]:
    said: dict[str, tuple[str, ...]] = {}
    for code, ids in theirs.drawn:
        if code in said:
            yield Saying(msg("结果里分层“%(code)s”列了两次。"), {"code": code})
        said[code] = ids
    names = {stratum.code: stratum.name or stratum.code for stratum in announcement.strata}
    for code, ids in ours.drawn:
        yield from _differing(names[code], ids, said.pop(code, ()))
    for code in said:
        yield Saying(msg("结果里多了分层“%(code)s”。"), {"code": code})


def _differing(name: str, ids: Sequence[str], listed: Sequence[str]) -> Iterator[Saying]:
    if len(listed) != len(ids):
        yield Saying(
            msg("“%(name)s”应抽 %(take)d 个，结果里有 %(listed)d 个。"),
            {"name": name, "take": len(ids), "listed": len(listed)},
        )
    drawn, said = set(ids), set(listed)
    missing, extra = [id_ for id_ in ids if id_ not in said], [id_ for id_ in listed if id_ not in drawn]
    if missing:
        yield Saying(msg("“%(name)s”该抽中而结果里没有：%(ids)s。"), {"name": name, "ids": _named(missing)})
    if extra:
        yield Saying(msg("“%(name)s”没有抽中而结果里有：%(ids)s。"), {"name": name, "ids": _named(extra)})
    if not missing and not extra and tuple(listed) != tuple(ids):
        yield Saying(msg("“%(name)s”抽中的次序和结果里的不一样。"), {"name": name})


def _named(ids: Sequence[str]) -> str:
    rest = f" …（{len(ids)}）" if len(ids) > NAMED_MOST else ""
    return "、".join(ids[:NAMED_MOST]) + rest


def tell(redone: Redone) -> list[str]:
    """What came of it as lines for a person."""
    lines = []
    announcement, result = redone.announcement, redone.result
    if announcement is not None:
        lines.append(f"第 {announcement.number} 号抽取：{announcement.subject}（{announcement.purpose}）")
        if announcement.turn > 1:
            earlier = "、".join(f"第 {number} 号" for number in announcement.earlier)
            lines.append(f"同一用途的第 {announcement.turn} 次公告，之前是：{earlier}。")
    if announcement is not None and result is not None:
        labels = {item.id: item.label for item in redone.items}
        names = {stratum.code: stratum.name or stratum.code for stratum in announcement.strata}
        lines.append(f"种子 {result.seed}")
        for code, ids in result.drawn:
            lines.append(f"● {names[code]}，抽 {len(ids)} 个：")
            lines += [f"    {at}. {id_} {labels.get(id_, '')}".rstrip() for at, id_ in enumerate(ids, start=1)]
    lines += [f"■ {fault}" for fault in redone.faults]
    lines += [f"○ {saying}" for saying in redone.open]
    lines.append("重新抽取的结果和文件一致。" if redone.is_same else "和文件不一致，这次抽取不能采信。")
    return lines
