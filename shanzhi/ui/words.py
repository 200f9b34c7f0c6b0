"""Words of the interface, for pages that say the same few hundreds of times over."""

from functools import lru_cache

from django.utils import translation


def gettext(text: str) -> str:
    """As Django's, which looks for the reader's language three times at each word and through every catalogue: words are
    remembered by language. For the program's own sentences alone, of which there are so many and no more."""
    return _said(translation.get_language(), text)


@lru_cache(maxsize=4096)
def _said(_language: str | None, text: str) -> str:
    return translation.gettext(text)
