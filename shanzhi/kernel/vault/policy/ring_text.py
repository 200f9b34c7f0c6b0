"""Changes of a key ring's text, line by line: comments stay, and no key is ever written anywhere else."""

import base64
import os

from shanzhi.core.errors import Conflict
from shanzhi.core.text import msg
from shanzhi.kernel.vault.policy.envelope import INDEX_KEY_ID, KEY_BYTES, KeyRing


class KeyStep(Conflict):
    """A step of the key ring that can't be taken now: the key is there already, active, or not there."""

    code = "key-step"


def with_key(text: str, key_id: str) -> str:
    """The ring with one more data key, fresh, which opens and doesn't seal yet.

    Raises:
        KeyStep: there is a key of this id.
        BadKeyRing: an impossible id, or the text isn't a ring.
    """
    if key_id in KeyRing.load(text).ids or key_id == INDEX_KEY_ID:
        raise KeyStep(msg("密钥环里已有“%(id)s”。请换一个编号。"), id=key_id)
    fresh = f"{key_id}:{base64.b64encode(os.urandom(KEY_BYTES)).decode()}"
    lines = text.splitlines()
    last = max(place for place, line in enumerate(lines) if _id_of(line))
    return _whole([*lines[: last + 1], fresh, *lines[last + 1 :]])


def with_active(text: str, key_id: str) -> str:
    """The ring whose first data key, the one that seals, is `key_id`.

    Raises:
        KeyStep: there is no key of this id.
    """
    lines = text.splitlines()
    place = _place_of(lines, key_id)
    first = next(number for number, line in enumerate(lines) if _id_of(line) not in {"", INDEX_KEY_ID})
    line = lines.pop(place)
    lines.insert(min(first, place), line)
    return _whole(lines)


def without_key(text: str, key_id: str) -> str:
    """The ring without a data key that seals no longer.

    Raises:
        KeyStep: there is no key of this id, or it is the one that seals.
    """
    if KeyRing.load(text).active_id == key_id:
        raise KeyStep(msg("“%(id)s”正在使用，不能退役。请先启用另一把密钥。"), id=key_id)
    lines = text.splitlines()
    del lines[_place_of(lines, key_id)]
    return _whole(lines)


def _place_of(lines: list[str], key_id: str) -> int:
    for place, line in enumerate(lines):
        if _id_of(line) == key_id != INDEX_KEY_ID:
            return place
    raise KeyStep(msg("密钥环里没有“%(id)s”。请核对编号，或先增加这把密钥。"), id=key_id)


def _id_of(line: str) -> str:
    """The key id of a line; empty for a comment."""
    return "" if line.lstrip().startswith("#") else line.partition(":")[0].strip()


def _whole(lines: list[str]) -> str:
    text = "\n".join(lines) + "\n"
    KeyRing.load(text)  # What is written can be read.
    return text
