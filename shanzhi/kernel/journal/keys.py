"""The keys that sign heads, from the installation's secrets; read anew each time, so that a rotation needs no restart."""

from django.conf import settings

from shanzhi.kernel.journal.policy.notes import SigningKey, default_name, read_seeds


def signing_keys(name: str) -> tuple[SigningKey, ...]:
    """The installation's signing keys under a log's name, the active one first.

    Raises:
        BadSigningKeys: the secrets hold none that can be used.
    """
    return tuple(SigningKey(name, seed) for seed in read_seeds(settings.INSTALLATION.signing()))


def log_name() -> str:
    """The name of this installation's log, for its first epoch: as the keeper set it, or made of the first key."""
    return settings.JOURNAL_NAME or default_name(read_seeds(settings.INSTALLATION.signing())[-1])
