"""A city with sealed entries that is really committed: heads of two weeks, a restore between two epochs."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from shanzhi.config import database
from shanzhi.config.installation import Installation
from shanzhi.kernel.journal import operations, queries
from shanzhi.kernel.journal.policy import write_proof
from shanzhi.kernel.journal.tests.sealing import NOW, fill, last_head
from tests.concurrency.committed import committed_city

AT_ONCE = timedelta(0)
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Sealed:
    """The city, the notes of its heads (early, late: a week apart), and a proof of nine entries under the late one."""

    installation: Installation
    early: str
    late: str
    proof: str


@contextmanager
def sealed_city(name: str) -> Iterator[Sealed]:
    """A copy of the standing city with 700 entries sealed in one week, and 900 more in the next."""
    with committed_city(name) as installation:
        with database.acting_as(installation, "worker"):
            fill(installation, 700)
            operations.seal(now=NOW, head_every=AT_ONCE)
            early = last_head().note
            fill(installation, 900, first=701)
            operations.seal(now=NOW + WEEK, head_every=AT_ONCE)
            proof = write_proof(queries.proof_of("probe", 7, number="20250901-000007"))
            made = Sealed(installation, early, last_head().note, proof)
        yield made


@pytest.fixture(scope="module")
def sealed(django_db_setup: None, django_db_blocker: Any) -> Iterator[Sealed]:
    with django_db_blocker.unblock(), sealed_city("seals") as made:
        yield made
