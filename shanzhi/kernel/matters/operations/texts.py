"""What the vault keeps of texts on their way in, and until when."""

from datetime import date, datetime

from shanzhi.kernel.matters.policy.texts import SafeText, safe
from shanzhi.kernel.vault.operations import Keep

__all__ = ["SafeText", "expiry", "originals", "safe"]


def originals(matter_id: int, parts: dict[str, SafeText]) -> list[Keep]:
    """What the vault has to keep of these parts: only what masking changed."""
    return [
        Keep("matter", matter_id, "original", part, text.original, "duty")
        for part, text in parts.items()
        if text.is_masked
    ]


def expiry(now: datetime, retention_months: int) -> date:
    """Until when personal data of a matter is kept, counted from now (a job extends it while the matter is open)."""
    months = now.year * 12 + now.month - 1 + retention_months
    return date(months // 12, months % 12 + 1, 1)
