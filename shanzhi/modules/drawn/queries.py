"""Reads of the module: a file that somebody brings is done again, against this city's keys and heads; a side gets a nonce.
Nothing is kept."""

import secrets
from dataclasses import dataclass
from typing import Literal

from shanzhi.core.text import msg
from shanzhi.kernel.draws.policy import NONCE_BYTES, Redone, commitment_of, read_draw, redo
from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.journal.policy import PublicKey, Saying
from shanzhi.kernel.journal.queries import keys
from shanzhi.modules.drawn import policy

Verdict = Literal["same", "elsewhere", "different"]


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of it. same: as it says, under this city's keys and its first head; elsewhere: as it says, under keys that
    aren't this city's; different: `faults` say why."""

    verdict: Verdict
    redone: Redone
    faults: tuple[Saying, ...]
    open: tuple[Saying, ...]


@dataclass(frozen=True, slots=True)
class Fresh:
    """A nonce that nobody has yet, and the commitment to it; both 64 hexadecimal digits."""

    nonce: str
    commitment: str


def fresh_nonce() -> Fresh:
    """A nonce of the system's own randomness."""
    made = secrets.token_bytes(NONCE_BYTES)
    return Fresh(made.hex(), commitment_of(made))


def judge(data: bytes) -> Judged:
    """Do the draw of a file's bytes again; 2 queries at most.

    Raises:
        TooLargeToRedo, BadDrawFile: it can't be read.
    """
    policy.check_size(data)
    drawn = read_draw(data)
    ours = [PublicKey.read(row.text) for row in keys()]
    redone = redo(drawn)
    if redone.head is None or not redone.head.signers(ours):
        return Judged("different" if redone.faults else "elsewhere", redone, redone.faults, redone.open)
    redone = redo(drawn, given=ours)
    faults, still = list(redone.faults), list(redone.open)
    tree = redone.head.head.tree if redone.head else None
    if tree is not None and drawn.proof.trees:
        first = journal.head_covering(tree.epoch, drawn.proof.trees[0].entries[0].leaf + 1)
        if first is None or (first.size, first.root) != (tree.size, tree.root):
            faults.append(Saying(msg("用的不是本市公告之后的第一份树头。"), {}))
        else:
            # This city's own list of heads answers what the file alone leaves open.
            still = [saying for saying in still if "--head" not in saying.text]
    return Judged("different" if faults else "same", redone, tuple(faults), tuple(still))
