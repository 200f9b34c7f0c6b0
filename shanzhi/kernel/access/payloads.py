"""What access writes into the journal. A shape that has been written never changes: register a new version."""

from dataclasses import dataclass

from shanzhi.kernel.journal.policy import Payload, payload


@payload("account.reset_factors")
@dataclass(frozen=True, slots=True)
class FactorsReset(Payload):
    """The second step was taken off an account whose device is lost: how many passkeys and apps there were."""

    factors: int
