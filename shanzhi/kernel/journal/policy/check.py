"""Checking a proof: what it proves, what is wrong with it, what it can't say. Pure; needs nothing but the file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta, timezone

from shanzhi.core.text import msg
from shanzhi.kernel.journal.policy.canonical import SALT_BYTES, EntryFields
from shanzhi.kernel.journal.policy.canonical import read as read_entry
from shanzhi.kernel.journal.policy.heads import SignedHead, read_head, trusted
from shanzhi.kernel.journal.policy.notes import NoteError, PublicKey
from shanzhi.kernel.journal.policy.proof import Proof, ProvedEntry, ProvedTree
from shanzhi.kernel.journal.policy.tree import hasher, is_consistent, is_included, leaf_hash

CITY_TIME = timezone(timedelta(hours=8))
"""Times are told, and months cut, as clocks in the city show them."""


@dataclass(frozen=True, slots=True)
class Saying:
    """A sentence (a message id) with what is named in it."""

    text: str
    params: dict[str, object]

    def __str__(self) -> str:
        return self.text % self.params


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of checking: entries that are proved, with their leaf; heads that are signed; faults, open questions."""

    entries: tuple[tuple[int, EntryFields], ...]
    heads: tuple[SignedHead, ...]
    keys: tuple[PublicKey, ...]
    faults: tuple[Saying, ...]
    open: tuple[Saying, ...]
    unjoined: int = 0
    """How many heads kept elsewhere the file says nothing about."""

    @property
    def is_proved(self) -> bool:
        """Is everything in the file proved, and nothing wrong?"""
        return bool(self.entries) and not self.faults


def _say(text: str, **params: object) -> Saying:
    return Saying(text, params)


def check(proof: Proof, *, given: Sequence[PublicKey] = (), kept: Sequence[SignedHead] = ()) -> Checked:
    """Check a proof, against keys and heads kept elsewhere where they are given.

    Without `given` the file's own first key is taken: then the file is whole in itself, and whose it is stays open.
    """
    faults: list[Saying] = []
    still: list[Saying] = []
    keys = _keys(proof, given, faults, still)
    heads: list[SignedHead] = []
    entries: list[tuple[int, EntryFields]] = []
    for tree in proof.trees:
        head = _head(tree.head, keys, faults)
        if head is not None:
            heads.append(head)
            entries += _entries(proof, tree, head, faults)
    links = [head for note in proof.links if (head := _head(note, keys, faults)) is not None]
    _check_links(heads, links, faults, still)
    joined = [_check_kept(each, keys, proof.trees, heads, links, faults, still) for each in kept]
    if not entries:
        faults.append(_say(msg("文件里没有一条得到证明的留痕。")))
    _check_steps(entries, still)
    return Checked(tuple(entries), tuple(heads + links), keys, tuple(faults), tuple(still), joined.count(False))


def _keys(proof: Proof, given: Sequence[PublicKey], faults: list[Saying], still: list[Saying]) -> tuple[PublicKey, ...]:
    try:
        named = [PublicKey.read(text) for text in proof.keys]
        if not given:
            still.append(_say(msg("公钥取自文件本身。请与公布的公钥核对，或用 --key 给出。")))
        return trusted(given or named[:1], proof.statements)
    except NoteError as error:
        faults.append(_say("%(said)s", said=str(error)))
        return tuple(given)


def _head(note: str, keys: Sequence[PublicKey], faults: list[Saying]) -> SignedHead | None:
    try:
        head = read_head(note)
    except NoteError as error:
        faults.append(_say("%(said)s", said=str(error)))
        return None
    if not head.signers(keys):
        ids = "、".join(head.key_ids)
        tree = head.head.tree
        faults.append(
            _say(
                msg("第 %(epoch)d 纪元 %(size)d 条处的树头：签名对不上（签名标明的密钥是 %(ids)s）。"),
                epoch=tree.epoch, size=tree.size, ids=ids,
            )
        )  # fmt: skip
        return None
    return head


def _entries(
    proof: Proof, tree: ProvedTree, head: SignedHead, faults: list[Saying]
) -> Iterator[tuple[int, EntryFields]]:
    h = hasher(head.head.hash)
    state = head.head.tree
    for each in tree.entries:
        hashed = leaf_hash(h, each.salt + each.entry)
        fits = len(each.salt) == SALT_BYTES and is_included(
            h, leaf=each.leaf, size=state.size, hashed=hashed, path=each.path, root=state.root
        )
        entry = _entry(each)
        if not fits or entry is None:
            name = "" if entry is None else f"{entry.action}（{entry.id}）"
            faults.append(
                _say(msg("叶 %(leaf)d %(name)s：内容和签过名的树对不上，被改过。"), leaf=each.leaf, name=name)
            )
        elif (entry.subject_kind, entry.subject_id) != (proof.subject_kind, proof.subject_id):
            faults.append(_say(msg("叶 %(leaf)d 讲的是另一件事项。"), leaf=each.leaf))
        else:
            yield each.leaf, entry


def _entry(each: ProvedEntry) -> EntryFields | None:
    try:
        entry = read_entry(each.entry)
        # Whoever signs a file of their own may have put anything into it.
        told: tuple[object, ...] = (entry.id, entry.subject_id, entry.subject_step, entry.action)
        kinds = tuple(type(part) for part in told)
        return entry if kinds == (int, int, int, str) and entry.action.isascii() else None
    except (ValueError, TypeError, AttributeError, ArithmeticError, RecursionError):
        return None


def _check_links(heads: list[SignedHead], links: list[SignedHead], faults: list[Saying], still: list[Saying]) -> None:
    """Every epoch states the tree that the one before ended with; the head of the proof is that tree, or an earlier one."""
    states = {head.head.tree.epoch: head.head.tree for head in heads}
    for link in sorted(links, key=lambda link: link.head.tree.epoch):
        previous = link.head.previous
        before = states.get(link.head.tree.epoch - 1)
        states.setdefault(link.head.tree.epoch, link.head.tree)
        if previous is None or before is None:
            continue
        if previous.size < before.size or (previous.size == before.size and previous.root != before.root):
            faults.append(
                _say(msg("第 %(epoch)d 纪元说的上一纪元，和这份文件里的树头对不上。"), epoch=link.head.tree.epoch)
            )
        elif previous.size > before.size:
            still.append(_say(msg("第 %(epoch)d 纪元的末尾不在文件里，只知道它后来又长了。"), epoch=before.epoch))
        if link.head.shown is not None:
            still.append(
                _say(
                    msg("第 %(epoch)d 纪元曾公布到 %(shown)d 条，恢复后只有 %(size)d 条。"),
                    epoch=previous.epoch, shown=link.head.shown.size, size=previous.size,
                )
            )  # fmt: skip


def _check_kept(
    kept: SignedHead,
    keys: Sequence[PublicKey],
    trees: Sequence[ProvedTree],
    heads: Sequence[SignedHead],
    links: Sequence[SignedHead],
    faults: list[Saying],
    still: list[Saying],
) -> bool:
    """Is the head that was kept elsewhere the one of the proof, or did it grow into it? False where nothing says so."""
    state = kept.head.tree
    named = {"epoch": state.epoch, "size": state.size}
    if not kept.signers(keys):
        faults.append(_say(msg("另存的树头（第 %(epoch)d 纪元 %(size)d 条）：签名对不上。"), **named))
        return True
    like = [head for head in (*heads, *links) if _is_like(head, kept)]
    if like:
        if any(head.head.tree != state for head in like):
            words = msg("另存的树头（第 %(epoch)d 纪元 %(size)d 条）和文件里的不同：历史被改写。")
            faults.append(_say(words, **named))
        return True
    verdict = _grew(kept, trees, heads)
    if verdict is None:
        words = msg("文件没有说明另存的树头（第 %(epoch)d 纪元 %(size)d 条）怎样长成文件里的树。请用它重新出具证明。")
        still.append(_say(words, **named))
    elif not verdict:
        faults.append(_say(msg("另存的树头（第 %(epoch)d 纪元 %(size)d 条）没有长成文件里的树：历史被改写。"), **named))
    return verdict is not None


def _is_like(head: SignedHead, kept: SignedHead) -> bool:
    """Do both show the same log, epoch and size?"""
    a, b = head.head, kept.head
    return (a.name, a.tree.epoch, a.tree.size) == (b.name, b.tree.epoch, b.tree.size)


def _grew(kept: SignedHead, trees: Sequence[ProvedTree], heads: Sequence[SignedHead]) -> bool | None:
    """Whether a proof says so; None where none is there."""
    notes = {head.note.strip(): head for head in heads}
    old = kept.head.tree
    for tree in trees:
        head = notes.get(tree.head.strip())
        if head is None or head.head.tree.epoch != old.epoch:
            continue
        new = head.head.tree
        for grown in tree.grown:
            if grown.size == old.size:
                return is_consistent(
                    hasher(head.head.hash),
                    old=old.size, old_root=old.root, new=new.size, new_root=new.root, path=grown.path,
                )  # fmt: skip
    return None


def _check_steps(entries: list[tuple[int, EntryFields]], still: list[Saying]) -> None:
    steps = sorted(entry.subject_step for _, entry in entries)
    if steps and steps != list(range(1, len(steps) + 1)):
        still.append(_say(msg("步骤编号不连续：文件没有包含全部步骤。")))


def tell(checked: Checked) -> list[str]:
    """What was checked as lines for a person: what is proved, what is wrong, what stays open."""
    lines = [
        f"● 叶 {leaf}：{_when(entry)}，{entry.action}，第 {entry.subject_step} 步" for leaf, entry in checked.entries
    ]
    lines += [f"■ {fault}" for fault in checked.faults]
    lines += [f"○ {saying}" for saying in checked.open]
    if not checked.is_proved:
        return [*lines, "证明不成立。"]
    head = max((head.head for head in checked.heads), key=lambda head: head.at)
    at = head.at.astimezone(CITY_TIME)
    ids = "、".join(dict.fromkeys(key_id for each in checked.heads for key_id in each.key_ids))
    return [
        *lines,
        f"证明成立：以上 {len(checked.entries)} 步，在 {at:%Y-%m-%d %H:%M:%S} 签名（密钥 {ids}）之前就已入账，此后一字未改。",
        "没有证明：所记的事是否属实；此后有没有新的步骤。",
    ]


def _when(entry: EntryFields) -> str:
    return f"{entry.recorded_at.astimezone(CITY_TIME):%Y-%m-%d %H:%M:%S} 入账"
