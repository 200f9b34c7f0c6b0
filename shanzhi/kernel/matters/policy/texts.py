"""Texts on their way in: masked for the tables, with a commitment to the original for the journal. Pure."""

from dataclasses import dataclass

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


NOTHING = SafeText("", "", "")


def safe(original: str, salt: bytes) -> SafeText:
    """Mask a text and commit to it; an empty text commits to nothing."""
    if not original:
        return NOTHING
    return SafeText(mask(original).text, original, commit(original, salt).hex())
