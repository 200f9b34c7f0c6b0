"""Text helpers without a framework."""

import unicodedata


def msg(text: str) -> str:
    """Mark `text` as a message shown to people; the web layer translates it.

    Returns `text` unchanged. The Chinese sentence is the message id.
    """
    return text


# Zero-width and direction marks: invisible, and able to make a text read as another one.
_INVISIBLE = dict.fromkeys(
    (*range(0x200B, 0x200D), 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF)
)


def clean_text(text: str) -> str:
    """Text as it is stored: NFC, unix line ends, no control characters, no outer blanks.

    PostgreSQL refuses NUL, and invisible control characters in a message have no lawful use.
    """
    if not text:
        return ""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    if not text.isprintable():
        text = text.translate(_INVISIBLE)
        text = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cs", "Co"})
    return text.strip()


_EMPTY = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and signs that stand for nothing: fillers of Korean syllables, the braille cell without a dot."""


def is_read(text: str) -> bool:
    """Is there anything to read in a text, as it would be stored: a letter, a digit, a sign? Not in blanks and marks alone."""
    return any(c not in _EMPTY and unicodedata.category(c)[0] not in "ZCM" for c in clean_text(text))
