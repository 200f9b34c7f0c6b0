"""Texts on their way in: masked for the tables, the original into the vault where masking hit, a commitment for the
journal."""

from dataclasses import dataclass
from datetime import date, datetime

from shanzhi.kernel.vault.operations import Keep
from shanzhi.kernel.vault.policy.envelope import commit
from shanzhi.kernel.vault.policy.masking import mask


@dataclass(frozen=True, slots=True)
class SafeText:
    """A text as it may be stored: masked; `sealed` commits to the original (hexadecimal)."""

    text: str
    original: str
    sealed: str

    @property
    def is_masked(self) -> bool:
        """Did masking hide anything?"""
        return self.text != self.original


def safe(original: str, salt: bytes) -> SafeText:
    """Mask a text and commit to it; an empty text commits to nothing."""
    if not original:
        return SafeText("", "", "")
    return SafeText(mask(original).text, original, commit(original, salt).hex())


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
