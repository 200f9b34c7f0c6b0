"""HMAC_DRBG with SHA-256: NIST SP 800-90A Rev. 1, section 10.1.2. Pure; the same bits everywhere for the same inputs."""

import hmac
from hashlib import sha256

SEED_BYTES = 32
NONCE_BYTES = 16
"""The least: entropy of the security strength (256 bits), and a nonce of half of it (section 8.6.7)."""
REQUEST_MOST = 1 << 16
"""Bytes in one request: 2^19 bits (table 2)."""
REQUESTS_MOST = 1 << 48
"""Requests between reseeds (table 2)."""


def _mac(key: bytes, data: bytes) -> bytes:
    return hmac.digest(key, data, sha256)


class HmacDrbg:
    """A generator of bits that follow from its inputs alone."""

    __slots__ = ("_key", "_requests", "_value")

    def __init__(self, *, entropy: bytes, nonce: bytes, personalization: bytes = b"") -> None:
        """Instantiate (10.1.2.3).

        Raises:
            ValueError: less entropy or a shorter nonce than the standard asks for.
        """
        if len(entropy) < SEED_BYTES or len(nonce) < NONCE_BYTES:
            raise ValueError("entropy has at least 32 bytes, the nonce 16")
        self._key, self._value = b"\x00" * 32, b"\x01" * 32
        self._update(entropy + nonce + personalization)
        self._requests = 1

    def _update(self, given: bytes = b"") -> None:
        """HMAC_DRBG_Update (10.1.2.2)."""
        self._key = _mac(self._key, self._value + b"\x00" + given)
        self._value = _mac(self._key, self._value)
        if given:
            self._key = _mac(self._key, self._value + b"\x01" + given)
            self._value = _mac(self._key, self._value)

    def reseed(self, entropy: bytes, additional: bytes = b"") -> None:
        """Take in fresh entropy (10.1.2.4).

        Raises:
            ValueError: less entropy than the standard asks for.
        """
        if len(entropy) < SEED_BYTES:
            raise ValueError("entropy has at least 32 bytes")
        self._update(entropy + additional)
        self._requests = 1

    def generate(self, count: int, additional: bytes = b"") -> bytes:
        """The next `count` bytes (10.1.2.5).

        Raises:
            ValueError: more than one request may ask for, or the generator has to be reseeded first.
        """
        if not 0 <= count <= REQUEST_MOST or self._requests > REQUESTS_MOST:
            raise ValueError("at most 65,536 bytes a request, and 2^48 requests")
        if additional:
            self._update(additional)
        found = b""
        while len(found) < count:
            self._value = _mac(self._key, self._value)
            found += self._value
        self._update(additional)
        self._requests += 1
        return found[:count]
