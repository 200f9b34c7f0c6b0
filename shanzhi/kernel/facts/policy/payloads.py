"""What the journal keeps of facts: hashes, so that a figure's rows can be proved to be those of then.

Their subjects are `fact` (a matter's facts) and `fact_month`, not the matter: such an entry makes no facts of its own.
"""

from dataclasses import dataclass

from shanzhi.kernel.journal.policy import Payload, payload

MATTER_SUBJECT = "fact"
MONTH_SUBJECT = "fact_month"


@payload("facts.closed")
@dataclass(frozen=True, slots=True)
class FactsClosed(Payload):
    """A matter ended: the SHA-256 (hexadecimal) of its facts after its entry `steps`, in the canonical form `form`."""

    number: str
    steps: int
    form: str
    sha256: str


@payload("facts.cut")
@dataclass(frozen=True, slots=True)
class FactsCutFirst(Payload):
    """A month was cut: the root of a Merkle tree (RFC 9162, SHA-256) over the facts of all matters that were not over before it
    began, in the order of their ids. Each leaf is the SHA-256 of a matter's canonical form, as it was before the journal's
    leaf `leaf` of `epoch`."""

    month: int
    form: str
    epoch: int
    leaf: int
    matters: int
    root: str


@payload("facts.cut", 2)
@dataclass(frozen=True, slots=True)
class FactsCut(Payload):
    """As version 1, and beside it the SHA-256 (hexadecimal) of the canonical text of regions and units as of the cut: what
    formulas read and no matter's entries make."""

    month: int
    form: str
    epoch: int
    leaf: int
    matters: int
    root: str
    dimensions: str
