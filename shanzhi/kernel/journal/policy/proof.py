"""Proof files: one subject's entries with everything that a stranger needs to check them, without any database.

A proof file is one JSON object in UTF-8, `"format": "shanzhi-proof-1"`; bytes are in Base64:

    subject     {kind, id, number}
    keys        public keys, one line each as `PublicKey.text()` writes them, the first one first
    statements  notes by which each key names the next
    trees       a list: {head: a signed note,
                         entries: [{leaf, salt, entry: the canonical form as text, path: [hashes]}],
                         grown: [{size, path: [hashes]}]}   proofs that an earlier tree grew into this head's
    links       heads of later epochs; each states the tree that the epoch before ended with
"""

import base64
import binascii
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from shanzhi.core.errors import DomainError
from shanzhi.core.text import msg

FORMAT = "shanzhi-proof-1"
SIZE_MOST = 64_000_000


class ProofError(DomainError):
    """A proof can't be made, or its file can't be read."""

    code = "bad-proof"


@dataclass(frozen=True, slots=True)
class ProvedEntry:
    """An entry in canonical form, with its leaf number, its salt and the path to the head's root."""

    leaf: int
    salt: bytes
    entry: bytes
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Grown:
    """That the tree of this size grew into the head's, by RFC 9162's consistency proof."""

    size: int
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class ProvedTree:
    """One epoch's part of a proof: a head as a signed note, entries under it, earlier trees that grew into it."""

    head: str
    entries: tuple[ProvedEntry, ...]
    grown: tuple[Grown, ...] = ()


@dataclass(frozen=True, slots=True)
class Proof:
    """What a proof file holds; nothing in it is checked yet."""

    subject_kind: str
    subject_id: int
    number: str
    keys: tuple[str, ...]
    statements: tuple[str, ...]
    trees: tuple[ProvedTree, ...]
    links: tuple[str, ...] = ()


def write(proof: Proof) -> str:
    """The proof as the text of a file."""
    said = {
        "format": FORMAT,
        "subject": {"kind": proof.subject_kind, "id": proof.subject_id, "number": proof.number},
        "keys": list(proof.keys),
        "statements": list(proof.statements),
        "trees": [
            {
                "head": tree.head,
                "entries": [
                    {"leaf": e.leaf, "salt": _text(e.salt), "entry": e.entry.decode(), "path": _texts(e.path)}
                    for e in tree.entries
                ],
                "grown": [{"size": grown.size, "path": _texts(grown.path)} for grown in tree.grown],
            }
            for tree in proof.trees
        ],
        "links": list(proof.links),
    }
    return json.dumps(said, ensure_ascii=False, indent=1) + "\n"


def read(text: str) -> Proof:
    """The proof of a file's text.

    Raises:
        ProofError: it is no proof file, one of a version that this program doesn't know, or too large.
    """
    if len(text) > SIZE_MOST:
        raise ProofError(msg("文件太大，不是证明文件。"))
    try:
        said = json.loads(text)
        version = said["format"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ProofError(msg("这不是证明文件，或者文件不完整。请重新取一份。")) from error
    if version != FORMAT:
        raise ProofError(msg("证明文件的版本“%(version)s”认不出来。请升级程序再核对。"), version=str(version)[:40])
    try:
        return _proof(said)
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error, RecursionError) as error:
        raise ProofError(msg("证明文件的内容残缺。请重新取一份。")) from error


def _proof(said: Any) -> Proof:
    subject = said["subject"]
    return Proof(
        _word(subject["kind"]),
        _whole(subject["id"]),
        _word(subject["number"]),
        tuple(_word(key) for key in said["keys"]),
        tuple(_word(note) for note in said["statements"]),
        tuple(
            ProvedTree(
                _word(tree["head"]),
                tuple(
                    ProvedEntry(_whole(e["leaf"]), _bytes(e["salt"]), e["entry"].encode(), _path(e["path"]))
                    for e in tree["entries"]
                ),
                tuple(Grown(_whole(grown["size"]), _path(grown["path"])) for grown in tree["grown"]),
            )
            for tree in said["trees"]
        ),
        tuple(_word(note) for note in said["links"]),
    )


def _word(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a text was expected")
    return value


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError("a whole number was expected")
    return value


def _bytes(value: object) -> bytes:
    return base64.b64decode(_word(value), validate=True)


def _path(values: list[object]) -> tuple[bytes, ...]:
    return tuple(_bytes(value) for value in values)


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _texts(values: Iterable[bytes]) -> list[str]:
    return [_text(value) for value in values]
