"""The encrypted stream of a backup: written and read in constant memory, and nothing of it can be changed unseen.

    magic ‖ length of head (4 bytes) ‖ head (JSON) ‖ SHA-256 of head ‖ chunks

Each chunk is up to 64 KiB under AES-256-GCM with 16 bytes of tag. Its nonce is the chunk's number (11 bytes) and
whether it is the last (1 byte): the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár: Online Authenticated
Encryption and its Nonce-Reuse Misuse-Resistance, CRYPTO 2015), so that chunks can't be swapped, dropped, cut off
or added. The head's hash is authenticated with each chunk. The file's own random key is wrapped under a passphrase
(scrypt, RFC 7914) or for the holder of a key file (X25519, RFC 7748, with HKDF, RFC 5869).
"""

import base64
import binascii
import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from shanzhi.config.backup.errors import BackupError, Cut, Damaged, NewerBackup, NotABackup, WrongKey
from shanzhi.core.text import msg

MAGIC = b"SHANZHI BACKUP "
FORMAT = b"1\n"
CHUNK = 1 << 16
TAG = 16
KEY = 32
HEAD_MOST = 1 << 14
LEAST_PASSPHRASE = 12
SCRYPT_N, SCRYPT_R, SCRYPT_P = 1 << 17, 8, 1
# What a file may ask of whoever opens it: a forged head must not fill the memory.
SCRYPT_N_MOST, SCRYPT_R_MOST, SCRYPT_P_MOST = 1 << 20, 16, 4
PUBLIC, SECRET = "shanzhi-backup-public:", "shanzhi-backup-secret:"
_WRAP = b"shanzhi backup wrap 1"


class Lock(Protocol):
    """Wraps a file's key, so that who holds the other half can open it."""

    def wrap(self, file_key: bytes) -> dict[str, Any]:
        """What the head says of it."""


class Opener(Protocol):
    """Opens what a lock has wrapped."""

    def unwrap(self, said: dict[str, Any]) -> bytes:
        """The file's key; raises WrongKey."""


def _kek(secret: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(SHA256(), KEY, salt, info).derive(secret)


def _open(kek: bytes, wrapped: str, sentence: str) -> bytes:
    try:
        return AESGCM(kek).decrypt(bytes(12), bytes.fromhex(wrapped), _WRAP)
    except InvalidTag as error:
        raise WrongKey(sentence) from error


@dataclass(frozen=True, slots=True)
class Passphrase:
    """A passphrase of at least 12 characters; both locks and opens."""

    text: str

    def __post_init__(self) -> None:
        if len(self.text) < LEAST_PASSPHRASE:
            raise WrongKey(msg("备份口令至少要 12 个字符。请换一个更长的口令。"))

    def _kek(self, said: dict[str, Any]) -> bytes:
        n, r, p = int(said["n"]), int(said["r"]), int(said["p"])
        if n > SCRYPT_N_MOST or r > SCRYPT_R_MOST or p > SCRYPT_P_MOST:
            raise NotABackup(msg("备份文件的开头不合规，不能打开。请换一份备份。"))
        return Scrypt(bytes.fromhex(said["salt"]), KEY, n, r, p).derive(self.text.encode())

    def wrap(self, file_key: bytes) -> dict[str, Any]:
        """Wrap under a key that scrypt makes of the passphrase (128 MB, about a third of a second)."""
        said: dict[str, Any] = {"kind": "passphrase", "n": SCRYPT_N, "r": SCRYPT_R, "p": SCRYPT_P}
        said["salt"] = os.urandom(16).hex()
        return said | {"wrapped": AESGCM(self._kek(said)).encrypt(bytes(12), file_key, _WRAP).hex()}

    def unwrap(self, said: dict[str, Any]) -> bytes:
        """The file's key."""
        if said.get("kind") != "passphrase":
            raise WrongKey(msg("这份备份是用公钥加密的，口令打不开。请用 --key 给出私钥文件。"))
        return _open(self._kek(said), said["wrapped"], msg("备份口令不对。请核对口令，或换一份备份。"))


@dataclass(frozen=True, slots=True)
class Recipient:
    """A public key: locks only, so that the machine that makes backups can't read them."""

    public: bytes

    def wrap(self, file_key: bytes) -> dict[str, Any]:
        """Wrap for the holder of the private key."""
        mine = X25519PrivateKey.generate()
        ephemeral = mine.public_key().public_bytes_raw()
        shared = mine.exchange(X25519PublicKey.from_public_bytes(self.public))
        wrapped = AESGCM(_kek(shared, ephemeral + self.public, _WRAP)).encrypt(bytes(12), file_key, _WRAP)
        return {"kind": "recipient", "to": self.public.hex(), "ephemeral": ephemeral.hex(), "wrapped": wrapped.hex()}


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """The other half of a Recipient; opens only."""

    private: bytes

    @property
    def recipient(self) -> Recipient:
        """The public half."""
        return Recipient(X25519PrivateKey.from_private_bytes(self.private).public_key().public_bytes_raw())

    def unwrap(self, said: dict[str, Any]) -> bytes:
        """The file's key."""
        if said.get("kind") != "recipient":
            raise WrongKey(msg("这份备份是用口令加密的，私钥打不开。请给出备份口令。"))
        ephemeral = bytes.fromhex(said["ephemeral"])
        shared = X25519PrivateKey.from_private_bytes(self.private).exchange(
            X25519PublicKey.from_public_bytes(ephemeral)
        )
        kek = _kek(shared, ephemeral + self.recipient.public, _WRAP)
        return _open(kek, said["wrapped"], msg("私钥文件不是这份备份的。请换一个私钥文件，或换一份备份。"))


@dataclass(frozen=True, slots=True)
class FileKey:
    """The file's own key, known to the process that has just written it; lets it verify what it may not open later."""

    key: bytes

    def unwrap(self, said: dict[str, Any]) -> bytes:
        """The key itself."""
        return self.key


def make_key_files(path: Path) -> None:
    """Write a new private key to `path` (mode 0600) and its public half to `path`.pub.

    Raises:
        BackupError: one of them is there already.
    """
    beside = path.with_name(f"{path.name}.pub")
    if path.exists() or beside.exists():
        raise BackupError(msg("%(path)s 已经存在，没有覆盖。请换一个文件名。"), path=path)
    private = X25519PrivateKey.generate().private_bytes_raw()
    public = PrivateKey(private).recipient.public
    for file, mark, key, mode in ((path, SECRET, private, 0o600), (beside, PUBLIC, public, 0o644)):
        file.touch(mode=mode)
        file.write_text(f"{mark} {base64.b64encode(key).decode()}\n", encoding="ascii")


def _read_key(path: Path, mark: str) -> bytes:
    try:
        found, _, text = path.read_text(encoding="ascii").strip().partition(" ")
        key = base64.b64decode(text, validate=True)
    except (OSError, UnicodeDecodeError, binascii.Error) as error:
        raise WrongKey(msg("密钥文件 %(path)s 读不了。请核对路径和内容。"), path=path) from error
    if found != mark or len(key) != KEY:
        raise WrongKey(msg("%(path)s 不是所要的密钥文件。备份用公钥（.pub），恢复用私钥。"), path=path)
    return key


def read_recipient(path: Path) -> Recipient:
    """A public key file."""
    return Recipient(_read_key(path, PUBLIC))


def read_private(path: Path) -> PrivateKey:
    """A private key file."""
    return PrivateKey(_read_key(path, SECRET))


def _nonce(number: int, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\x01" if is_last else b"\x00")


class SealingWriter:
    """A file to write to; what arrives in `into` is sealed. `finish` writes the last chunk: without it the file is cut."""

    def __init__(self, into: BinaryIO, lock: Lock) -> None:
        self.file_key = os.urandom(KEY)
        salt = os.urandom(16)
        head = json.dumps({"chunk": CHUNK, "salt": salt.hex(), "lock": lock.wrap(self.file_key)}).encode()
        self._aad = hashlib.sha256(head).digest()
        self._cipher = AESGCM(_kek(self.file_key, salt, b"shanzhi backup payload 1"))
        self._into, self._number, self._rest, self._is_over = into, 0, bytearray(), False
        into.write(MAGIC + FORMAT + len(head).to_bytes(4, "big") + head + self._aad)

    def write(self, data: bytes) -> int:
        """Take `data`; whole chunks go on at once."""
        if self._is_over:
            return len(data)
        given, start = memoryview(data), 0
        # A full chunk waits for its successor: only then is it known not to be the last.
        while len(self._rest) + len(given) - start > CHUNK:
            take = CHUNK - len(self._rest)
            self._rest += given[start : start + take]
            start += take
            self._put(is_last=False)
        self._rest += given[start:]
        return len(data)

    def finish(self) -> None:
        """Write the last chunk."""
        self._put(is_last=True)
        self._is_over = True

    def abandon(self) -> None:
        """Take nothing more: what a layer above still holds goes nowhere, and the file stays cut."""
        self._is_over = True

    def _put(self, *, is_last: bool) -> None:
        self._into.write(self._cipher.encrypt(_nonce(self._number, is_last), bytes(self._rest), self._aad))
        self._number += 1
        self._rest.clear()


class SealedReader:
    """What was written, read again; every byte is checked before it is handed out.

    Raises:
        NotABackup, NewerBackup, WrongKey: on opening.
        Damaged, Cut: while reading.
    """

    def __init__(self, source: BinaryIO, opener: Opener) -> None:
        self._source = source
        head = self._head()
        self._aad = hashlib.sha256(head).digest()
        try:
            said = json.loads(head)
            salt, lock, self._size = bytes.fromhex(said["salt"]), dict(said["lock"]), int(said["chunk"])
            if not 0 < self._size <= 1 << 24:
                raise ValueError(self._size)
            file_key = opener.unwrap(lock)
        except (ValueError, KeyError, TypeError) as error:
            raise _no_head() from error
        self._cipher = AESGCM(_kek(file_key, salt, b"shanzhi backup payload 1"))
        self._number, self._ready, self._next = 0, b"", source.read(self._size + TAG)

    def _head(self) -> bytes:
        start = self._source.read(len(MAGIC) + len(FORMAT))
        if not start.startswith(MAGIC):
            raise NotABackup(msg("这不是善治的备份文件。请核对文件名。"))
        if start[len(MAGIC) :] != FORMAT:
            raise NewerBackup(msg("这份备份的格式这个版本读不懂。请用制作它的版本或更新的版本恢复。"))
        length = int.from_bytes(self._source.read(4), "big")
        if length > HEAD_MOST:
            raise _no_head()
        head, told = self._source.read(length), self._source.read(32)
        if len(head) < length or len(told) < 32 or hashlib.sha256(head).digest() != told:
            raise _no_head()
        return head

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes, fewer only at the end."""
        parts, wanted = [], size
        while wanted:
            if not self._ready:
                self._ready = self._chunk()
                if not self._ready:
                    break
            part = self._ready if wanted < 0 else self._ready[:wanted]
            self._ready = self._ready[len(part) :]
            parts.append(part)
            wanted -= len(part) if wanted > 0 else 0
        return b"".join(parts)

    def _chunk(self) -> bytes:
        if self._number < 0:
            return b""
        sealed, self._next = self._next, self._source.read(self._size + TAG)
        is_last = not self._next
        clear = self._try(sealed, is_last=is_last)
        if clear is None:
            raise self._fault(sealed, is_last=is_last)
        self._number = -1 if is_last else self._number + 1
        return clear

    def _try(self, sealed: bytes, *, is_last: bool) -> bytes | None:
        if len(sealed) < TAG:
            return None
        try:
            return self._cipher.decrypt(_nonce(self._number, is_last), sealed, self._aad)
        except InvalidTag:
            return None

    def _fault(self, sealed: bytes, *, is_last: bool) -> BackupError:
        at = f"{self._number * (self._size + TAG) / 1_000_000:.1f} MB"
        if is_last and (len(sealed) < self._size + TAG or self._try(sealed, is_last=False) is not None):
            return Cut(msg("备份文件不完整，在 %(at)s 处断了，或者最后一段被改过。请换一份备份。"), at=at)
        if not is_last and self._try(sealed, is_last=True) is not None:
            return Damaged(msg("备份文件的末尾之后多出了内容（%(at)s 处）。请换一份备份。"), at=at)
        return Damaged(msg("备份文件在 %(at)s 处被改过或损坏。请换一份备份。"), at=at)


def _no_head() -> BackupError:
    return NotABackup(msg("备份文件的开头被改过或损坏，不能打开。请换一份备份。"))
