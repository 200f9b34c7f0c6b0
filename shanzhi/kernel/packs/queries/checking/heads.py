"""Heads and keys: who has signed which tree, and how epochs and keys follow one on another."""

from collections.abc import Sequence
from dataclasses import dataclass

from shanzhi.core.text import msg
from shanzhi.kernel.journal.policy import NoteError, PublicKey, SignedHead, read_head, trusted
from shanzhi.kernel.packs.policy import faults
from shanzhi.kernel.packs.policy.checked import Checked
from shanzhi.kernel.packs.queries.checking.opened import Opened


@dataclass(frozen=True, slots=True)
class Signed:
    """Heads that a trusted key has signed, by epoch, and the ids of those keys."""

    heads: dict[int, SignedHead]
    keys: tuple[str, ...]


def check_heads(opened: Opened, given: Sequence[PublicKey], found: Checked) -> Signed:
    """Each epoch's head against the keys that are given (or the file's own first one), and against the one before."""
    if opened.heads is None:
        return Signed({}, ())
    keys = _keys(opened, given, found)
    heads: dict[int, SignedHead] = {}
    used: list[str] = []
    for told in opened.heads.epochs:
        try:
            head = read_head(told.head)
        except NoteError as error:
            found.add([faults.key_unreadable(str(error))])
            continue
        tree = head.head.tree
        if tree.epoch != told.number or head.head.hash != told.hash:
            found.add([faults.head_misplaced(tree.epoch, told.number)])
            continue
        signers = head.signers(keys)
        if not signers:
            found.add([faults.head_unsigned(tree.epoch, tree.size, "、".join(head.key_ids))])
            continue
        used += [key.id for key in signers if key.id not in used]
        heads[tree.epoch] = head
    _check_links(heads, found)
    found.count("heads", len(heads))
    return Signed(heads, tuple(used))


def _keys(opened: Opened, given: Sequence[PublicKey], found: Checked) -> tuple[PublicKey, ...]:
    texts = opened.heads.keys if opened.heads else ()
    statements = opened.heads.statements if opened.heads else ()
    try:
        own = [PublicKey.read(text) for text in texts]
        if not given:
            ids = "、".join(key.id for key in own[:1])
            found.leave_open(
                msg(
                    "公钥（%(ids)s）取自文件本身：文件自身一致，是谁的公钥没有证明。请与该市公布的公钥核对，或用 --key 给出。"
                ),
                ids=ids,
            )
        return trusted(given or own[:1], statements)
    except NoteError as error:
        found.add([faults.key_unreadable(str(error))])
        return tuple(given)


def _check_links(heads: dict[int, SignedHead], found: Checked) -> None:
    """Every epoch states the tree that the one before ended with, which is that of its last head."""
    names = {head.head.name for head in heads.values()}
    first = heads[min(heads)].head.name if heads else ""
    if len(names) > 1:
        found.add(
            faults.log_differs(epoch, head.head.name, first) for epoch, head in heads.items() if head.head.name != first
        )
    for epoch, head in sorted(heads.items()):
        before, previous = heads.get(epoch - 1), head.head.previous
        if before is None:
            continue
        tree = before.head.tree
        if previous is None or previous.size < tree.size or (previous.size == tree.size and previous.root != tree.root):
            found.add([faults.epoch_unlinked(epoch)])
        elif previous.size > tree.size:
            found.leave_open(msg("第 %(epoch)d 段存证链的末尾不在文件里，只知道它后来又增加了。"), epoch=epoch - 1)
        if head.head.shown is not None and previous is not None:
            found.leave_open(
                msg("第 %(epoch)d 段存证链曾公布到 %(shown)d 条，恢复后只有 %(size)d 条。"),
                epoch=epoch - 1,
                shown=head.head.shown.size,
                size=previous.size,
            )
