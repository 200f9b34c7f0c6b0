"""The generator gives NIST's known answers; what is drawn from it favours nothing and takes each thing once."""

from itertools import accumulate, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shanzhi.kernel.draws.policy.drbg import REQUEST_MOST, HmacDrbg
from shanzhi.kernel.draws.policy.sampling import below, draw_equal, draw_weighted
from shanzhi.kernel.draws.tests.nist import KNOWN, Known


def drbg(seed: int) -> HmacDrbg:
    return HmacDrbg(entropy=seed.to_bytes(32), nonce=b"\x00" * 16)


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.group)
def test_it_gives_the_known_answers(known: Known):
    made = HmacDrbg(
        entropy=bytes.fromhex(known.entropy),
        nonce=bytes.fromhex(known.nonce),
        personalization=bytes.fromhex(known.personalization),
    )
    reseeds = [(bytes.fromhex(entropy), bytes.fromhex(more)) for entropy, more in known.reseeds]
    returned = b""
    for at, more in enumerate(known.additional):
        if known.group == "pr_true" or (known.group == "pr_false" and at == 0):
            made.reseed(*reseeds[at])
        returned = made.generate(128, bytes.fromhex(more))
    assert returned.hex() == known.returned


def test_it_refuses_what_the_standard_refuses():
    with pytest.raises(ValueError):
        HmacDrbg(entropy=b"\x00" * 31, nonce=b"\x00" * 16)
    with pytest.raises(ValueError):
        HmacDrbg(entropy=b"\x00" * 32, nonce=b"\x00" * 15)
    with pytest.raises(ValueError):
        drbg(1).reseed(b"")
    with pytest.raises(ValueError):
        drbg(1).generate(REQUEST_MOST + 1)


@given(st.integers(0, 2**64), st.integers(1, 2**70))
def test_it_stays_below(seed: int, n: int):
    assert 0 <= below(drbg(seed), n) < n


@given(st.integers(0, 2**64), st.integers(0, 60), st.data())
def test_it_takes_each_once_and_as_many_as_are_wanted(seed: int, size: int, data: st.DataObject):
    take = data.draw(st.integers(0, size))
    weights = data.draw(st.lists(st.integers(1, 10**12), min_size=size, max_size=size))
    for drawn in (draw_equal(drbg(seed), size, take), draw_weighted(drbg(seed), weights, take)):
        assert len(drawn) == take == len(set(drawn))
        assert set(drawn) <= set(range(size))


@given(st.integers(0, 2**64), st.lists(st.integers(1, 9), min_size=1, max_size=40))
def test_it_finds_the_place_that_counting_finds(seed: int, weights: list[int]):
    """The tree of sums against the definition: the first place at which the running sum is above the number."""
    left, numbers = dict(enumerate(weights)), drbg(seed)
    expected = []
    for _ in weights:
        number = below(numbers, sum(left.values()))
        running = zip(left, accumulate(left.values()), strict=True)
        expected.append(next(place for place, upto in running if upto > number))
        del left[expected[-1]]
    assert draw_weighted(drbg(seed), weights, len(weights)) == expected


def test_it_refuses_more_than_there_are_and_weights_below_one():
    with pytest.raises(ValueError):
        draw_equal(drbg(1), 3, 4)
    with pytest.raises(ValueError):
        draw_weighted(drbg(1), [1, 1], 3)
    for weight in (0, -1):
        with pytest.raises(ValueError):
            draw_weighted(drbg(1), [1, weight], 1)
    with pytest.raises(ValueError):
        below(drbg(1), 0)


def chi_squared(counts: list[int], expected: list[float]) -> float:
    return sum((count - wanted) ** 2 / wanted for count, wanted in zip(counts, expected, strict=True))


def test_each_number_is_as_likely_as_the_other():
    """10 values, 9 degrees of freedom: above 27.9 in one of a thousand fair draws; the seed is fixed."""
    numbers, counts = drbg(2026), [0] * 10
    for _ in range(20_000):
        counts[below(numbers, 10)] += 1
    assert chi_squared(counts, [2000.0] * 10) < 27.9


def test_each_order_is_as_likely_as_the_other():
    """All 60 ordered triples of five: 59 degrees of freedom, above 98.3 in one of a thousand."""
    numbers = drbg(7)
    found: dict[tuple[int, ...], int] = dict.fromkeys(permutations(range(5), 3), 0)
    for _ in range(12_000):
        found[tuple(draw_equal(numbers, 5, 3))] += 1
    assert chi_squared(list(found.values()), [200.0] * 60) < 98.3


def test_weights_say_how_likely():
    """First and second of (1, 2, 3, 4), drawn one after the other: 11 degrees of freedom, above 31.3 in one of a thousand."""
    numbers, weights, rounds = drbg(11), [1, 2, 3, 4], 20_000
    found: dict[tuple[int, ...], int] = dict.fromkeys(permutations(range(4), 2), 0)
    for _ in range(rounds):
        found[tuple(draw_weighted(numbers, weights, 2))] += 1
    expected = [rounds * weights[a] / 10 * weights[b] / (10 - weights[a]) for a, b in found]
    assert chi_squared(list(found.values()), expected) < 31.3
