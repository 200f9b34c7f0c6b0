"""Signed notes and the keys that sign them: Ed25519 (RFC 8032) in the text form of the C2SP specification “signed-note”.

A note is a text whose last line ends, an empty line, and a line for each signature:

    — name base64(first 4 bytes of the key's hash ‖ signature)

A public key is written `name+hash+base64(0x01 ‖ 32 bytes)`, as programs for other transparency logs take it.
"""

import base64
import binascii
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from shanzhi.core.errors import DomainError
from shanzhi.core.text import msg

SEED_BYTES = 32
_ED25519 = b"\x01"
_DASH = "— "


class NoteError(DomainError):
    """A head, a statement or a key can't be read, or isn't what it says."""

    code = "bad-note"


class BadSigningKeys(DomainError):
    """The signing keys of the installation can't be used; never shows a key."""

    status = 500
    code = "bad-signing-keys"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that signs heads: the log's name, and 32 bytes."""

    name: str
    raw: bytes

    @property
    def id(self) -> str:
        """Eight hexadecimal digits: the first four bytes of the hash that stands with each signature."""
        return sha256(self.name.encode() + b"\n" + _ED25519 + self.raw).digest()[:4].hex()

    def text(self) -> str:
        """The key as one line."""
        return f"{self.name}+{self.id}+{base64.b64encode(_ED25519 + self.raw).decode()}"

    @classmethod
    def read(cls, text: str) -> "PublicKey":
        """The key of such a line.

        Raises:
            NoteError: it isn't one.
        """
        name, _, rest = text.strip().partition("+")
        key_id, _, encoded = rest.partition("+")
        try:
            raw = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            raw = b""
        key = cls(name, raw[1:])
        if not name or raw[:1] != _ED25519 or len(raw) != SEED_BYTES + 1 or key.id != key_id:
            raise NoteError(
                msg("公钥“%(text)s”格式不正确。应是“名称+编号+Base64”一整行，请核对有没有抄漏。"), text=text
            )
        return key

    def has_signed(self, text: bytes, signature: bytes) -> bool:
        """Is this the key's signature over the text?"""
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, text)
        except InvalidSignature:
            return False
        return True


class SigningKey:
    """A private key under the log's name."""

    __slots__ = ("_key", "public")

    def __init__(self, name: str, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = PublicKey(name, self._key.public_key().public_bytes_raw())

    def __repr__(self) -> str:
        """The public id only: a key never reaches a log."""
        return f"<SigningKey {self.public.id}>"

    def sign(self, text: str) -> str:
        """The signature line over a note's text."""
        signature = self._key.sign(text.encode())
        return f"{_DASH}{self.public.name} {base64.b64encode(bytes.fromhex(self.public.id) + signature).decode()}\n"


def new_seed() -> str:
    """A fresh private key, as a line of the installation's secrets."""
    return base64.b64encode(os.urandom(SEED_BYTES)).decode()


def read_seeds(text: str) -> tuple[bytes, ...]:
    """The private keys of the installation's secrets: one a line in Base64, the active one first.

    Raises:
        BadSigningKeys: a line can't be read, or there is none.
    """
    seeds = []
    for number, line in enumerate(text.split(), start=1):
        try:
            seed = base64.b64decode(line, validate=True)
        except (binascii.Error, ValueError):
            seed = b""
        if len(seed) != SEED_BYTES:
            raise BadSigningKeys(msg("签名密钥第 %(line)d 行读不懂。请用备份恢复密钥文件。"), line=number)
        seeds.append(seed)
    if not seeds:
        raise BadSigningKeys(msg("没有签名密钥。请用备份恢复密钥文件。"))
    return tuple(seeds)


def default_name(seed: bytes) -> str:
    """A name for a log whose keeper gave none: of its first key."""
    raw = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    return f"shanzhi-{sha256(raw).hexdigest()[:12]}"


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line of a note: the signer's name, the key's id, 64 bytes."""

    name: str
    key_id: str
    raw: bytes


def sign_note(text: str, keys: Iterable[SigningKey]) -> str:
    """The note: the text with the signature of each key."""
    return text + "\n" + "".join(key.sign(text) for key in keys)


def split_note(note: str) -> tuple[str, tuple[Signature, ...]]:
    """A note's text and signatures, none of them checked yet.

    Raises:
        NoteError: it has not the form of a signed note.
    """
    text, gap, lines = note.rpartition("\n\n")
    if not gap or not text or not lines.endswith("\n"):
        raise NoteError(msg("这不是一份带签名的树头或声明。请核对有没有抄漏，开头和末尾的行都要有。"))
    return text + "\n", tuple(_signature(line) for line in lines[:-1].split("\n"))


def _signature(line: str) -> Signature:
    name, gap, encoded = line.removeprefix(_DASH).partition(" ")
    try:
        raw = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if not line.startswith(_DASH) or not gap or not name or len(raw) != 68:
        raise NoteError(msg("签名行“%(line)s”读不懂。请核对有没有抄漏。"), line=line)
    return Signature(name, raw[:4].hex(), raw[4:])


def signers(note: str, keys: Sequence[PublicKey]) -> tuple[PublicKey, ...]:
    """Those of the keys whose signature stands under the note, and fits it.

    Raises:
        NoteError: it has not the form of a signed note.
    """
    text, signatures = split_note(note)
    return tuple(
        key
        for key in keys
        if any(s.name == key.name and s.key_id == key.id and key.has_signed(text.encode(), s.raw) for s in signatures)
    )
