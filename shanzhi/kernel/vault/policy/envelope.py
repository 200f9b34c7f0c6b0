"""Sealed envelopes: authenticated encryption under a key ring, blind indexes, and salted commitments.

Algorithms: AES-256-GCM or SM4-GCM (`policy.ciphers`; NIST SP 800-38D, random 96-bit nonces: change the active key before
2³² envelopes), HKDF-SHA-256 (RFC 5869), HMAC-SHA-256 (RFC 2104). A sealed envelope is

    version (1 byte) ‖ algorithm (1) ‖ length of key id (1) ‖ key id (ASCII) ‖ nonce (12) ‖ ciphertext with tag (16 more)

and everything before the nonce, followed by the caller's context, is authenticated with it.
"""

import base64
import binascii
import hmac
import os
import re
from collections.abc import Iterable
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shanzhi.core.errors import DomainError
from shanzhi.core.text import msg
from shanzhi.kernel.vault.policy.ciphers import CIPHER_NAMES, TAG_BYTES, Cipher, make_cipher

KEY_BYTES = 32
SALT_BYTES = 16
NONCE_BYTES = 12
INDEX_KEY_ID = "index"

_VERSION = 1
_ALGORITHMS = frozenset(CIPHER_NAMES.values())
_KEY_ID = re.compile(r"[A-Za-z0-9._-]{1,32}", re.ASCII)


class VaultError(DomainError):
    """The vault can't do what was asked; nobody but the keeper of the installation can mend it."""

    status = 500
    code = "vault"


class BadKeyRing(VaultError):
    """The key ring's text can't be used; names the line, never the key."""

    code = "bad-key-ring"


class UnknownKey(VaultError):
    """An envelope was sealed under a key that isn't in the ring."""

    code = "unknown-key"


class UnknownEnvelope(VaultError):
    """Not an envelope, or one of a version or algorithm that this program doesn't know."""

    code = "unknown-envelope"


class Tampered(VaultError):
    """An envelope, or the context that it was bound to, has been changed, or the key under this id is another one."""

    code = "tampered"


class KeyRing:
    """Data keys by id, the first of which is active (seals), and one index key from which all other keys are derived.

    The index key is apart, because blind indexes and follow codes must outlive a change of the data key.
    """

    __slots__ = ("_ciphers", "_derived", "_index_key", "_keys", "active_id", "algorithm")

    def __init__(self, keys: Iterable[tuple[str, bytes]], index_key: bytes, *, cipher: str = "aes-256-gcm") -> None:
        """`keys` are (id, 32 bytes), the active one first; `index_key` is 32 bytes; `cipher` seals (both open).

        Raises:
            BadKeyRing: no data key, an id twice or impossible, a key of another length, no such cipher.
        """
        if cipher not in CIPHER_NAMES:
            raise BadKeyRing(
                msg("没有“%(cipher)s”这种算法。SHANZHI_CIPHER 可以是 aes-256-gcm 或 sm4-gcm。"), cipher=cipher
            )
        self.algorithm = CIPHER_NAMES[cipher]
        self._keys: dict[str, bytes] = {}
        for key_id, key in keys:
            _check_key(key_id, key)
            if key_id == INDEX_KEY_ID or key_id in self._keys:
                raise BadKeyRing(msg("密钥环里“%(id)s”出现了两次。请只留一行。"), id=key_id)
            self._keys[key_id] = key
        if not self._keys:
            raise BadKeyRing(msg("密钥环里没有数据密钥。请用备份恢复密钥文件。"))
        _check_key(INDEX_KEY_ID, index_key)
        self._index_key = index_key
        self.active_id = next(iter(self._keys))
        self._ciphers: dict[tuple[int, str], Cipher] = {}
        self._derived: dict[bytes, bytes] = {}

    def __repr__(self) -> str:
        """Ids only: a key never reaches a log."""
        return f"<KeyRing {', '.join(self._keys)}>"

    @classmethod
    def load(cls, text: str, *, cipher: str = "aes-256-gcm") -> "KeyRing":
        """Read lines "id:base64", the active data key first, and one line "index:base64"; "#" begins a comment line.

        Raises:
            BadKeyRing: a line can't be read, no data key, no index key.
        """
        keys: list[tuple[str, bytes]] = []
        for number, line in enumerate(text.splitlines(), start=1):
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            key_id, _, encoded = line.strip().partition(":")
            try:
                keys.append((key_id.strip(), base64.b64decode(encoded.strip(), validate=True)))
            except (binascii.Error, ValueError) as error:
                raise BadKeyRing(msg("密钥环第 %(line)d 行读不懂。应是“编号:Base64”。"), line=number) from error
        index_keys = [key for key_id, key in keys if key_id == INDEX_KEY_ID]
        if len(index_keys) != 1:
            raise BadKeyRing(msg("密钥环应有且只有一行 index 密钥。请用备份恢复密钥文件。"))
        return cls([pair for pair in keys if pair[0] != INDEX_KEY_ID], index_keys[0], cipher=cipher)

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids of the data keys, the active one first."""
        return tuple(self._keys)

    @property
    def head(self) -> bytes:
        """How every envelope begins that is sealed now: version, algorithm, key id."""
        return bytes((_VERSION, self.algorithm, len(self.active_id))) + self.active_id.encode("ascii")

    def seal(self, plaintext: bytes, *, context: bytes) -> bytes:
        """An envelope of `plaintext` under the active key, bound to `context` (say, table and row: it isn't stored)."""
        header = self.head
        nonce = os.urandom(NONCE_BYTES)
        return header + nonce + self._cipher(self.algorithm, self.active_id).encrypt(nonce, plaintext, header + context)

    def open_sealed(self, blob: bytes | memoryview, *, context: bytes) -> bytes:
        """The plaintext of an envelope that was sealed with the same context.

        Raises:
            UnknownEnvelope: cut off, not an envelope, another version or algorithm.
            UnknownKey: its key isn't in the ring.
            Tampered: changed, moved to another context, or sealed under another key of the same id.
        """
        blob = bytes(blob)  # PostgreSQL's driver may hand over a memoryview.
        algorithm, key_id, size = _read_header(blob)
        if key_id not in self._keys:
            raise UnknownKey(msg("密钥环里没有“%(id)s”号密钥，这条加密内容打不开。请恢复该密钥后再试。"), id=key_id)
        nonce, sealed = blob[size : size + NONCE_BYTES], blob[size + NONCE_BYTES :]
        try:
            return self._cipher(algorithm, key_id).decrypt(nonce, sealed, blob[:size] + context)
        except InvalidTag as error:
            raise Tampered(msg("这条加密内容被改动过，或不属于这条记录，未予打开。请联系系统管理员核查。")) from error

    def is_current(self, blob: bytes | memoryview) -> bool:
        """Is the envelope sealed under the active key with the present algorithm? If not, a rotation seals it anew."""
        algorithm, key_id, _ = _read_header(bytes(blob))
        return (algorithm, key_id) == (self.algorithm, self.active_id)

    def blind_index(self, value: str | bytes, purpose: str) -> bytes:
        """32 bytes that are equal for equal values of one purpose and tell nothing else without the ring.

        The value must be in its normal form already (see `normalise_phone`). HMAC-SHA-256 under a key for the purpose.
        """
        data = value.encode() if isinstance(value, str) else value
        return hmac.digest(self._hkdf(b"shanzhi/blind-index/v1/" + purpose.encode()), data, "sha256")

    def derive(self, label: str) -> bytes:
        """A 32-byte key for another use (say, follow codes), the same for the same label as long as the index key lives."""
        return self._hkdf(b"shanzhi/derive/v1/" + label.encode())

    def _hkdf(self, info: bytes) -> bytes:
        key = self._derived.get(info)
        if key is None:
            hkdf = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info)
            key = self._derived[info] = hkdf.derive(self._index_key)
        return key

    def _cipher(self, algorithm: int, key_id: str) -> Cipher:
        cipher = self._ciphers.get((algorithm, key_id))
        if cipher is None:
            cipher = self._ciphers[algorithm, key_id] = make_cipher(algorithm, self._keys[key_id])
        return cipher


def new_keyring_text(key_id: str = "k1") -> str:
    """The text of a fresh ring with one data key `key_id` and an index key, as `KeyRing.load` reads it.

    Raises:
        BadKeyRing: `key_id` is reserved or has other characters than letters, digits, ".", "_" and "-".
    """
    key = os.urandom(KEY_BYTES)
    _check_key(key_id, key)
    if key_id == INDEX_KEY_ID:
        raise BadKeyRing(msg("密钥编号不能是“index”，它留给索引密钥。请换一个编号。"))
    return (
        "# Keys of the vault. The first data key seals; older ones only open.\n"
        "# Losing this file loses the data: keep a copy apart.\n"
        f"{key_id}:{base64.b64encode(key).decode()}\n"
        f"{INDEX_KEY_ID}:{base64.b64encode(os.urandom(KEY_BYTES)).decode()}\n"
    )


def new_salt() -> bytes:
    """16 random bytes for `commit`; kept with the text, deleted with it."""
    return os.urandom(SALT_BYTES)


def commit(text: str, salt: bytes) -> bytes:
    """A commitment to `text` that tells nothing without the salt: SHA-256(salt ‖ text in UTF-8), 32 bytes.

    Raises:
        ValueError: the salt isn't 16 bytes (a fixed length keeps the two parts apart).
    """
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes")
    return sha256(salt + text.encode()).digest()


def record_context(subject_kind: str, subject_id: int, part: str) -> bytes:
    """What a sealed piece of the vault is bound to: moved to another subject or part it can't be opened."""
    return f"{subject_kind}:{subject_id}:{part}".encode()


def _check_key(key_id: str, key: bytes) -> None:
    if not _KEY_ID.fullmatch(key_id):
        raise BadKeyRing(msg("密钥编号“%(id)s”不合规。请用 32 位以内的字母、数字、点、横线。"), id=key_id)
    if len(key) != KEY_BYTES:
        raise BadKeyRing(msg("密钥环里“%(id)s”的密钥不是 32 字节。请用备份恢复密钥文件。"), id=key_id)


def key_of_head(head: bytes | memoryview) -> tuple[str, int]:
    """Key id and algorithm that the first bytes of an envelope name (as `KeyRing.head` is made).

    Raises:
        UnknownEnvelope: not the beginning of an envelope.
    """
    algorithm, key_id, _ = _read_header(bytes(head) + bytes(NONCE_BYTES + TAG_BYTES))
    return key_id, algorithm


def _read_header(blob: bytes) -> tuple[int, str, int]:
    """Algorithm, key id and size of the header."""
    start = 3
    size = start + blob[2] if len(blob) >= start else 0
    if not size or len(blob) < size + NONCE_BYTES + TAG_BYTES or blob[0] != _VERSION or blob[1] not in _ALGORITHMS:
        raise UnknownEnvelope(msg("这条加密内容的格式认不出来，未予打开。请确认程序版本，并联系系统管理员核查。"))
    return blob[1], blob[start:size].decode("ascii", "replace"), size
