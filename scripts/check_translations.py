"""Every Chinese sentence in code and templates has an English one, with the same places to fill in.

Chinese is the message id (msg("…"), _("…"), gettext and its kin, {% translate %}, {% blocktranslate %}), so a page
is never empty; without this gate, though, an English page would speak Chinese here and there.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from django.conf import settings
from django.utils.translation.template import templatize

from scripts.gates import Finding, exit_with, files, is_test

PO = Path("shanzhi/locale/en/LC_MESSAGES/django.po")
KEYWORDS = {
    "msg": None,
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
PLACE = re.compile(r"%\((\w+)\)")


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence in the source: where it stands, its context and its id."""

    path: str
    line: int
    context: str | None
    id: str


def messages_in(path: Path, name: str) -> Iterator[Message]:
    """The sentences of one Python file or template."""
    code = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        # Django's own way to read a template: everything but the messages becomes X, so it reads as Python.
        # Indents go, because Python's reader minds them; the numbers of the lines stay.
        code = re.sub(r"(?m)^[ \t]+", "", templatize(code, origin=name))
    for line, ids, _comments, context in extract("python", BytesIO(code.encode()), keywords=KEYWORDS):
        first = ids[0] if isinstance(ids, tuple) else ids
        if first:
            yield Message(name, line, context, first)


def messages(root: Path) -> Iterator[Message]:
    """Every sentence under shanzhi/."""
    for path in files(root / "shanzhi", "*.py", "*.html", "*.txt"):
        inside = path.relative_to(root)
        if (
            not is_test(inside)
            and "migrations" not in inside.parts
            and (path.suffix == ".py" or "templates" in path.parts)
        ):
            yield from messages_in(path, inside.as_posix())


def breach(message: Message, catalog: Catalog) -> str | None:
    """What is wrong with a sentence's translation, or None."""
    entry = catalog.get(message.id, message.context)
    text = entry.string if entry is not None else ""
    forms = [text] if isinstance(text, str) else list(text)
    if entry is None or not all(forms):
        return f"no English for “{message.id}”"
    if entry.fuzzy:
        return f"the English of “{message.id}” is marked fuzzy; read it and take the mark off"
    wanted = set(PLACE.findall(message.id))
    if any(set(PLACE.findall(form)) - wanted for form in forms) or set(PLACE.findall(forms[-1])) != wanted:
        return f"the English of “{message.id}” has other places to fill in"
    return None


def check(root: Path) -> Iterator[Finding]:
    """Sentences without a sound English one."""
    if not settings.configured:
        settings.configure(USE_I18N=True)
    if not (root / PO).exists():
        yield Finding(PO.as_posix(), 0, "is not there")
        return
    with (root / PO).open("rb") as file:
        catalog = read_po(file, locale="en")
    yield from said_twice((root / PO).read_text(encoding="utf-8"))
    seen: set[tuple[str | None, str]] = set()
    said = set()
    for message in messages(root):
        said.add(message.id)
        words = breach(message, catalog)
        if words and (message.context, message.id) not in seen:
            seen.add((message.context, message.id))
            yield Finding(message.path, message.line, words)
    yield from unsaid(root, catalog, said)


_ENTRY = re.compile(r'^((?:msgctxt .*\n)?msgid (?:".*"\n)+)', re.MULTILINE)


def said_twice(text: str) -> Iterator[Finding]:
    """Sentences that have two entries: the later one would win, silently."""
    seen: set[str] = set()
    for found in _ENTRY.finditer(text):
        if found[1] in seen:
            line = text.count("\n", 0, found.start()) + 1
            yield Finding(PO.as_posix(), line, f"has a second entry for {found[1].strip()}; keep one")
        seen.add(found[1])


def unsaid(root: Path, catalog: Catalog, said: set[str]) -> Iterator[Finding]:
    """Entries for sentences that nobody says any more: neither `said`, nor data that code hands to gettext."""
    data = ""
    for entry in catalog:
        words = entry.id if isinstance(entry.id, str) else entry.id[0]
        if words and words not in said:
            data = data or "".join(
                path.read_text(encoding="utf-8") for path in files(root / "shanzhi", "*.toml", "*.py")
            )
            if words not in data:
                yield Finding(PO.as_posix(), entry.lineno or 0, f"nobody says “{words}” any more; take it out")


if __name__ == "__main__":
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)
    exit_with(check, "every sentence has its English")
