"""Bits to integers, integers to what is drawn: nothing is favoured, and the order of a list is the only thing that counts.

Integers come by rejection: the fewest bits that hold n - 1, drawn again where they are n or more. Without weights a partial
Fisher-Yates shuffle (Knuth, The Art of Computer Programming, volume 2, section 3.4.2, algorithm P); with weights one after the
other, each time by weights among those that are left.
"""

from collections.abc import Sequence

from shanzhi.kernel.draws.policy.drbg import HmacDrbg


def below(drbg: HmacDrbg, n: int) -> int:
    """A whole number from 0 to n - 1, each as likely as the other.

    Asks for the fewest whole bytes that hold n - 1, reads them as one number, highest byte first, keeps its lowest bits
    (as many as n - 1 has), and asks again while that is n or more. For n = 1 nothing is asked for.

    Raises:
        ValueError: n is below 1.
    """
    if n < 1:
        raise ValueError("there is no whole number below 1")
    bits = (n - 1).bit_length()
    if bits == 0:
        return 0
    while True:
        found = int.from_bytes(drbg.generate((bits + 7) // 8)) & ((1 << bits) - 1)
        if found < n:
            return found


def draw_equal(drbg: HmacDrbg, size: int, take: int) -> list[int]:
    """`take` of the places 0 … size - 1, each once, in the order in which they are drawn.

    Raises:
        ValueError: there aren't as many.
    """
    if not 0 <= take <= size:
        raise ValueError(f"{take} can't be drawn from {size}")
    places = list(range(size))
    for at in range(take):
        found = at + below(drbg, size - at)
        places[at], places[found] = places[found], places[at]
    return places[:take]


def draw_weighted(drbg: HmacDrbg, weights: Sequence[int], take: int) -> list[int]:
    """`take` of the places of `weights`, each once: each time place i with the chance of its weight among those left.

    A number r below the sum of what is left falls to the first place at which the running sum is above r.

    Raises:
        ValueError: there aren't as many, or a weight is below 1.
    """
    if not 0 <= take <= len(weights) or any(weight < 1 for weight in weights):
        raise ValueError(f"{take} can't be drawn from {len(weights)} with these weights")
    sums = _Sums(weights)
    found = []
    for _ in range(take):
        place = sums.place_of(below(drbg, sums.total))
        sums.drop(place)
        found.append(place)
    return found


class _Sums:
    """Running sums of weights that are taken away one by one (a Fenwick tree): each step takes log n."""

    __slots__ = ("_tree", "_weights", "total")

    def __init__(self, weights: Sequence[int]) -> None:
        self._weights = list(weights)
        self.total = sum(weights)
        self._tree = [0, *weights]
        for at in range(1, len(self._tree)):
            above = at + (at & -at)
            if above < len(self._tree):
                self._tree[above] += self._tree[at]

    def place_of(self, number: int) -> int:
        """The first place at which the running sum is above the number."""
        at, step = 0, 1 << (len(self._tree) - 1).bit_length()
        while step:
            if at + step < len(self._tree) and self._tree[at + step] <= number:
                at += step
                number -= self._tree[at]
            step >>= 1
        return at

    def drop(self, place: int) -> None:
        """Take a place away."""
        weight, self._weights[place] = self._weights[place], 0
        self.total -= weight
        at = place + 1
        while at < len(self._tree):
            self._tree[at] -= weight
            at += at & -at
