"""What this slice offers to those below it: payloads are registered as they are read."""

from shanzhi.kernel.rounds import payloads  # noqa: F401


def offer() -> None:
    """Fill the registries; once, when Django's apps are ready."""
