"""A draw file made without any database: a journal of few entries, a key of its own, and whatever a test wants to be wrong in it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from shanzhi.kernel.draws.policy.announcement import Announcement, Side, Stratum, commitment_of, draw, text_sha256
from shanzhi.kernel.draws.policy.drawfile import DrawFile
from shanzhi.kernel.draws.policy.frame import Item, frame_sha256, frame_text
from shanzhi.kernel.draws.policy.payloads import DrawAnnounced, DrawMade, DrawOpened, NonceShown
from shanzhi.kernel.journal.policy import EntryFields, Head, Payload, Proof, TreeState, canonical, encode
from shanzhi.kernel.journal.policy.notes import SigningKey
from shanzhi.kernel.journal.policy.proof import ProvedEntry, ProvedTree
from shanzhi.kernel.journal.policy.tree import hasher, inclusion_ranges, leaf_hash, root_of

AT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
KEY = SigningKey("own-draw", b"\x05" * 32)
SALT = b"\x01" * 16
NONCES = (b"\x0a" * 32, b"\x0b" * 32)
ITEMS = tuple(Item(f"{code}-{at:02d}", code, at, f"地点 {at}") for code in ("A", "B") for at in range(1, 11))
NUMBER = 7
BEFORE = 5
"""Entries of other things before the announcement: it is leaf 5."""


def announced(**changes: Any) -> Announcement:
    """Three of ten and two of ten, weighted."""
    said: dict[str, Any] = {
        "number": NUMBER,
        "purpose": "round-1:spot",
        "turn": 1,
        "earlier": (),
        "ground": "",
        "subject": "抽查现场",
        "method": "weighted",
        "frame": frame_sha256(frame_text(ITEMS)),
        "strata": (Stratum("A", "甲县", 10, 3), Stratum("B", "乙县", 10, 2)),
        "sides": (Side("省", commitment_of(NONCES[0])), Side("市", commitment_of(NONCES[1]))),
        "window": 60,
        "announced_at": AT,
    }
    return Announcement(**(said | changes))


@dataclass
class Journal:
    """A few entries, and heads signed over them."""

    leaves: list[bytes]
    entries: list[bytes]

    def add(self, payload: Payload, step: int, at: datetime) -> int:
        """An entry of the draw; returns its leaf."""
        fields = EntryFields(
            100 + len(self.leaves), 900 + len(self.leaves), at, at, payload.action, payload.version, "draw", NUMBER, step,
            "", "system", None, None, encode(payload),
        )  # fmt: skip
        entry = canonical(fields)
        self.entries.append(entry)
        self.leaves.append(leaf_hash(hasher("sha256"), SALT + entry))
        return len(self.leaves) - 1

    def head(self, size: int) -> Head:
        """The head over the first leaves."""
        root = root_of(hasher("sha256"), self.leaves[:size])
        return Head(KEY.public.name, TreeState(1, size, root), "sha256", AT + timedelta(minutes=size))

    def proof(self, leaves: list[int], size: int) -> Proof:
        """These leaves under the head of a size."""
        h = hasher("sha256")
        proved = tuple(
            ProvedEntry(
                leaf,
                SALT,
                self.entries[leaf],
                tuple(root_of(h, self.leaves[a:b]) for a, b in inclusion_ranges(leaf, size)),
            )
            for leaf in leaves
        )
        tree = ProvedTree(self.head(size).signed([KEY]), proved)
        return Proof("draw", NUMBER, f"draw-{NUMBER}", (KEY.public.text(),), (), (tree,))


def own_draw(
    *,
    announcement: Announcement | None = None,
    nonces: tuple[bytes | None, bytes | None] = NONCES,
    items: tuple[Item, ...] = ITEMS,
    head_size: int = BEFORE + 1,
    made_after: int = 30,
) -> tuple[DrawFile, Journal]:
    """A draw as a platform makes it, with what is given in place of what is right; and its journal."""
    said = announcement or announced()
    journal = Journal([bytes([n]) * 32 for n in range(BEFORE)], [b""] * BEFORE)
    payload = DrawAnnounced(NUMBER, said.purpose, said.turn, said.ground, said.sha256, said.frame, 20, 5, said.window)
    own = [journal.add(payload, 1, AT)]
    journal.leaves += [b"\x77" * 32, b"\x78" * 32]
    journal.entries += [b"", b""]
    tree = journal.head(head_size).tree
    assert nonces[0] is not None
    until = AT + timedelta(minutes=1 + said.window)
    opened = DrawOpened(NUMBER, 1, tree.size, tree.root.hex(), 0, nonces[0].hex(), until)
    own.append(journal.add(opened, 2, AT + timedelta(minutes=1)))
    if nonces[1] is not None:
        own.append(journal.add(NonceShown(NUMBER, 1, nonces[1].hex()), 3, AT + timedelta(minutes=2)))
    result = draw(said, items, tree.root, nonces)
    forfeited = tuple(place for place, nonce in enumerate(nonces) if nonce is None)
    made = DrawMade(NUMBER, text_sha256(result.text()), forfeited)
    own.append(journal.add(made, len(own) + 1, AT + timedelta(minutes=made_after)))
    course = journal.proof(own, len(journal.leaves))
    return DrawFile(said.text(), frame_text(items), nonces, journal.proof([own[0]], head_size), course, result), journal
