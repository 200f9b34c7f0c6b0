"""The two ciphers of an envelope: AES-256-GCM, and SM4-GCM where a city has to use commercial cryptography (商用密码).

AES-256-GCM: NIST SP 800-38D. SM4-GCM: GB/T 32907-2016 (SM4), GB/T 36624-2018 (GCM), RFC 8998. SM4 has 128-bit keys: its
key is derived from the ring's 32 bytes by HKDF (RFC 5869) over SM3 (GB/T 32905-2016), so that one ring serves both.
"""

from collections.abc import Mapping
from typing import Protocol

from cryptography.hazmat.primitives.ciphers import Cipher as Mode
from cryptography.hazmat.primitives.ciphers import algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SM3
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

AES_256_GCM, SM4_GCM = 1, 2
"""Algorithm ids in an envelope; an id is never used again."""
CIPHER_NAMES: Mapping[str, int] = {"aes-256-gcm": AES_256_GCM, "sm4-gcm": SM4_GCM}
"""Names of the setting SHANZHI_CIPHER → algorithm id."""

TAG_BYTES = 16
SM4_KEY_BYTES = 16
_SM4_LABEL = b"shanzhi/sm4-gcm/v1"


class Cipher(Protocol):
    """Authenticated encryption under one key."""

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """Ciphertext with its tag."""

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """Plaintext; raises InvalidTag."""


class SM4GCM:
    """SM4 in Galois/counter mode with a 128-bit key; the tag's 16 bytes follow the ciphertext."""

    __slots__ = ("_algorithm",)

    def __init__(self, key: bytes) -> None:
        """`key` has 16 bytes."""
        self._algorithm = algorithms.SM4(key)

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """Ciphertext with its tag."""
        running = Mode(self._algorithm, modes.GCM(nonce)).encryptor()
        running.authenticate_additional_data(associated_data or b"")
        return running.update(data) + running.finalize() + running.tag

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """Plaintext; raises InvalidTag."""
        running = Mode(self._algorithm, modes.GCM(nonce, data[-TAG_BYTES:])).decryptor()
        running.authenticate_additional_data(associated_data or b"")
        return running.update(data[:-TAG_BYTES]) + running.finalize()


def make_cipher(algorithm: int, key: bytes) -> Cipher:
    """The cipher of an algorithm id under a ring's 32-byte key."""
    if algorithm == AES_256_GCM:
        return AESGCM(key)
    return SM4GCM(HKDF(algorithm=SM3(), length=SM4_KEY_BYTES, salt=None, info=_SM4_LABEL).derive(key))
