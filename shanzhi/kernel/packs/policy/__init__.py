"""The rules of letters and packs: how they are written and read, and what is wrong with one. Pure."""

from shanzhi.kernel.packs.policy.letter import Header, Letter, LetterError, LetterWriter, open_letter
from shanzhi.kernel.packs.policy.letter_box import FEATURE, on_letter

__all__ = ["FEATURE", "Header", "Letter", "LetterError", "LetterWriter", "on_letter", "open_letter"]
