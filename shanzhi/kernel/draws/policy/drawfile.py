"""Draw files: one draw with everything that a stranger needs to do it again, without any database.

A draw file is one JSON object in UTF-8, `"format": "shanzhi-draw-1"`:

    announcement   its canonical text, as one string: what is hashed
    frame          the list of what may be drawn, as one string: lines of tab-divided parts
    nonces         one for each side in the announcement's order: hexadecimal, null where a side forfeited
    proof          a proof file (`shanzhi-proof-1`) of the announcement's entry in the journal, under the head that was taken
    course         a proof file of all entries of the draw, under a later head: what was done in which order
    result         {seed, drawn: [{stratum, ids}], forfeited: [names]}
"""

import json
from dataclasses import dataclass
from typing import Any

from shanzhi.core.errors import InputError
from shanzhi.core.text import msg
from shanzhi.kernel.draws.policy.announcement import FORM, NONCE_BYTES, SIDES_MOST, Result, word
from shanzhi.kernel.journal.policy import Proof, ProofError, read_proof, write_proof

SIZE_MOST = 512_000_000
"""Characters."""
_PARTS_MOST, _PATH_MOST, _NOTE_MOST, _LINES_MOST = 200, 64, 4000, 20


class BadDrawFile(InputError):
    """A file can't be read as a draw; says why."""

    code = "bad-draw-file"


@dataclass(frozen=True, slots=True)
class DrawFile:
    """What a draw file holds; nothing in it is checked yet. `announcement` and `frame` are texts."""

    announcement: str
    frame: str
    nonces: tuple[bytes | None, ...]
    proof: Proof
    course: Proof
    result: Result


def proof_name(number: int) -> str:
    """What the proofs in a draw's file are called."""
    return f"draw-{number}"


def write_draw(drawn: DrawFile) -> str:
    """The draw as the text of a file."""
    said = {
        "format": FORM,
        "announcement": drawn.announcement,
        "frame": drawn.frame,
        "nonces": [None if nonce is None else nonce.hex() for nonce in drawn.nonces],
        "proof": json.loads(write_proof(drawn.proof)),
        "course": json.loads(write_proof(drawn.course)),
        "result": json.loads(drawn.result.text()),
    }
    return json.dumps(said, ensure_ascii=False, indent=1) + "\n"


def read_draw(data: bytes | str) -> DrawFile:
    """The draw of a file's content.

    Raises:
        BadDrawFile: it is no draw file, one of a version that this program doesn't know, cut short, or too large.
    """
    if len(data) > SIZE_MOST:
        raise BadDrawFile(msg("文件太大，不是抽取文件。"))
    try:
        text = data if isinstance(data, str) else data.decode("utf-8-sig")
        said = json.loads(text)
        form = said["format"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadDrawFile(msg("这不是抽取文件，或者文件不完整。请重新取一份。")) from error
    if form != FORM:
        raise BadDrawFile(msg("抽取文件的版本“%(form)s”认不出来。请升级程序再核对。"), form=str(form)[:40])
    try:
        found = DrawFile(
            word(said["announcement"]),
            word(said["frame"]),
            tuple(None if nonce is None else _nonce(nonce) for nonce in said["nonces"]),
            read_proof(json.dumps(said["proof"])),
            read_proof(json.dumps(said["course"])),
            read_result(said["result"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, ProofError) as error:
        raise BadDrawFile(msg("抽取文件的内容残缺。请重新取一份。")) from error
    if len(found.nonces) > SIDES_MOST or not all(_is_within(proof) for proof in (found.proof, found.course)):
        raise BadDrawFile(msg("文件里的内容比一次抽取可能有的多得多，没有核对。请用取到的原文件。"))
    # Nothing stands in it that nobody checks, and nothing is written in another way.
    if json.loads(write_draw(found)) != said:
        raise BadDrawFile(msg("抽取文件里有多余或改写过的内容，未予采信。请重新取一份。"))
    return found


def _is_within(proof: Proof) -> bool:
    """Has it no more than a draw's proof can have? Each of these bounds how often something has to be computed."""
    notes = [*proof.statements, *proof.links, *(tree.head for tree in proof.trees)]
    entries = [entry for tree in proof.trees for entry in tree.entries]
    paths = [entry.path for entry in entries] + [grown.path for tree in proof.trees for grown in tree.grown]
    return (
        max(len(proof.keys), len(notes), len(entries), len(paths)) <= _PARTS_MOST
        and all(len(note) <= _NOTE_MOST and note.count("\n") <= _LINES_MOST for note in notes)
        and all(len(path) <= _PATH_MOST for path in paths)
    )


def _nonce(value: object) -> bytes:
    return nonce_of(word(value))


def nonce_of(text: str) -> bytes:
    """The nonce of a text in hexadecimal; its length is for the reader to check.

    Raises:
        ValueError: it isn't hexadecimal.
    """
    if len(text) > 4 * NONCE_BYTES:
        raise ValueError("a nonce has 64 digits")
    return bytes.fromhex(text)


def read_result(said: Any) -> Result:
    """The result of its JSON values.

    Raises:
        KeyError, TypeError, ValueError: it is none.
    """
    return Result(
        word(said["seed"]),
        tuple((word(each["stratum"]), tuple(word(id_) for id_ in each["ids"])) for each in said["drawn"]),
        tuple(word(name) for name in said["forfeited"]),
    )
