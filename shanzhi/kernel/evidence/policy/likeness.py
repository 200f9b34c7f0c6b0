"""What looks or reads alike: a hash of a picture's gradients, and signatures of texts. Offered to people, never decided by."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from io import BytesIO
from itertools import pairwise

from PIL import Image

BITS = 64
PICTURE_MOST = 10
"""Pictures whose hashes differ in at most this many of 64 bits are shown as alike."""
PERMUTATIONS = 64
TEXT_LEAST = 0.6
"""Texts that share this part of their pairs of words, as estimated, are shown as alike."""
_PRIME = (1 << 31) - 1


@dataclass(frozen=True, slots=True)
class Marks:
    """What is known of a content: the words that it is found by (masked), the hash of a picture, the signature of a text."""

    words: tuple[str, ...]
    picture: int | None
    signature: tuple[int, ...]


def picture_hash(data: bytes) -> int | None:
    """The difference hash of a picture as a signed 64-bit number; None where it can't be opened.

    Source: N. Krawetz, "Kind of Like That" (2013): 9 × 8 grey pixels, a bit for each that is darker than its right neighbour.
    """
    try:
        with Image.open(BytesIO(data)) as opened:
            small = opened.convert("L").resize((9, 8), Image.Resampling.LANCZOS)
    except (OSError, ValueError, Image.DecompressionBombError):
        return None
    pixels = small.tobytes()
    value = 0
    for row in range(8):
        for column in range(8):
            at = row * 9 + column
            value = value << 1 | (pixels[at] < pixels[at + 1])
    return value - (1 << BITS) if value >= 1 << (BITS - 1) else value


def bits_between(one: int, other: int) -> int:
    """In how many bits two hashes differ, 0 to 64."""
    return ((one ^ other) & ((1 << BITS) - 1)).bit_count()


def text_signature(words: Sequence[str]) -> list[int]:
    """The MinHash signature of a text by its pairs of neighbouring words: 64 numbers of 31 bits; empty for fewer than three
    words, of which nothing can be said.

    Source: A. Broder, "On the resemblance and containment of documents" (1997).
    """
    if len(words) < 3:
        return []
    pairs = {f"{one}\x00{other}" for one, other in pairwise(words)}
    hashes = [int.from_bytes(blake2b(pair.encode(), digest_size=4).digest()) % _PRIME for pair in pairs]
    return [min((a * one + b) % _PRIME for one in hashes) for a, b in _FACTORS]


def share_alike(one: Collection[int], other: Collection[int]) -> float:
    """The estimated part of pairs of words that two texts have in common, 0 to 1; 0 where nothing is known of one."""
    if not one or len(one) != len(other):
        return 0.0
    return sum(a == b for a, b in zip(one, other, strict=True)) / len(one)


def _factors() -> tuple[tuple[int, int], ...]:
    """Fixed factors, so that signatures of different years can be compared."""
    digests = [blake2b(str(at).encode(), digest_size=8).digest() for at in range(PERMUTATIONS)]
    return tuple((int.from_bytes(one[:4]) % (_PRIME - 1) + 1, int.from_bytes(one[4:]) % _PRIME) for one in digests)


_FACTORS = _factors()
