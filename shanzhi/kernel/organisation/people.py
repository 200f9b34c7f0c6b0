"""Invented members of staff for demonstrations and tests. Pure and deterministic: the same seed, the same people."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Person:
    """An invented member of staff."""

    name: str
    work_number: str


def invent(
    count: int, *, seed: int, surnames: Sequence[str], given: Sequence[str], prefix: str = "G", first: int = 1
) -> Iterator[Person]:
    """`count` invented people, work numbers running from `first` (`G000001`, …).

    `surnames` come most frequent first and are drawn so that each is a little rarer than the one before, as in
    life; `given` holds given names of one or two signs. Names may repeat, work numbers don't.

    Raises:
        ValueError: an empty list.
    """
    if not surnames or not given:
        raise ValueError("surnames and given names must not be empty")
    # random.Random with an int seed gives the same series on every machine and Python version that we support.
    draw = random.Random(seed)  # noqa: S311 - invented names, nothing secret
    weights = [1 / (rank + 5) for rank in range(len(surnames))]
    for number in range(first, first + count):
        surname = draw.choices(surnames, weights)[0]
        yield Person(surname + draw.choice(given), f"{prefix}{number:06d}")
