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
