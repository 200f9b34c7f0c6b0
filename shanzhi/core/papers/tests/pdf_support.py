"""Reads back what a PDF of ours shows: its letters, page by page, through the glyphs of the fonts inside it."""

import re
import zlib

_OBJECT = re.compile(rb"(\d+) 0 obj\n(.*?)(?:\nendobj|\nstream\n)", re.S)
_NEXT = re.compile(rb"/(f\d+) [\d.]+ Tf|(/ActualText)?\(")
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|\r?\n|.)", re.S)
_SIGNS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def _found(pattern: bytes, where: bytes) -> re.Match[bytes]:
    found = re.search(pattern, where, re.S)
    assert found, pattern
    return found


class Pdf:
    """A PDF as the typesetter writes it: uncompressed objects, compressed streams, one CMap a font."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.objects = {int(found[1]): found for found in _OBJECT.finditer(data)}

    def _about(self, number: int) -> bytes:
        return self.objects[number][2]

    def _stream(self, number: int) -> bytes:
        found = self.objects[number]
        length = int(_found(rb"/Length (\d+)", found[2])[1])
        return zlib.decompress(self.data[found.end() : found.end() + length])

    def fonts(self) -> dict[int, dict[int, str]]:
        """Glyphs of each font in it, by the number of its object: what letter each stands for."""
        made = {}
        for number, found in self.objects.items():
            if link := re.search(rb"/ToUnicode (\d+) 0 R", found[2]):
                pairs = re.findall(rb"<([0-9A-F]{4})> <([0-9A-F]+)>", self._stream(int(link[1])))
                made[number] = {
                    int(glyph, 16): bytes.fromhex(said.decode()).decode("utf-16-be") for glyph, said in pairs
                }
        return made

    def font_names(self) -> set[str]:
        """Names of the fonts inside it, without the mark of a subset."""
        return {found.decode() for found in re.findall(rb"/BaseFont/[A-Z]{6}\+([\w-]+)", self.data)}

    def glyphs(self) -> list[list[tuple[int, str]]]:
        """Page by page each glyph that is shown, with its letter; glyph 0 is the box of what is missing."""
        fonts, pages = self.fonts(), []
        order = _found(rb"/Type/Pages/Count \d+/Kids\[([^\]]*)\]", self.data)[1]
        for page in re.findall(rb"(\d+) 0 R", order):
            about = self._about(int(page))
            named = _found(rb"/Font\s*<<(.*?)>>", self._resources(about))[1]
            by_name = {name: fonts[int(number)] for name, number in re.findall(rb"/(f\d+) (\d+) 0 R", named)}
            content = self._stream(int(_found(rb"/Contents (\d+) 0 R", about)[1]))
            pages.append(list(_shown(content, by_name)))
        return pages

    def _resources(self, about: bytes) -> bytes:
        link = re.search(rb"/Resources (\d+) 0 R", about)
        return self._about(int(link[1])) if link else about

    def text(self) -> str:
        """All letters in the order in which they are shown, without blanks."""
        return (
            "".join("".join(letter for _, letter in page) for page in self.glyphs())
            .replace(" ", "")
            .replace("\u00a0", "")
        )


def _shown(content: bytes, fonts: dict[bytes, dict[int, str]]):
    font: dict[int, str] = {}
    at = 0
    while found := _NEXT.search(content, at):
        if found[1]:
            font, at = fonts[found[1]], found.end()
            continue
        raw, at = _string(content, found.end())
        if found[2]:
            continue
        for place in range(0, len(raw), 2):
            glyph = int.from_bytes(raw[place : place + 2], "big")
            yield glyph, font.get(glyph, "")


def _string(content: bytes, at: int) -> tuple[bytes, int]:
    """A literal string from behind its bracket (ISO 32000-1, 7.3.4.2), brackets in pairs inside it; and where it ends."""
    made, depth = bytearray(), 1
    while True:
        sign = content[at : at + 1]
        if sign == b"\\":
            escape = _ESCAPE.match(content, at)
            assert escape
            made += _unescaped(escape[1])
            at = escape.end()
            continue
        depth += {b"(": 1, b")": -1}.get(sign, 0)
        at += 1
        if not depth:
            return bytes(made), at
        made += sign


def _unescaped(sign: bytes) -> bytes:
    if sign[:1].isdigit():
        return bytes([int(sign, 8) & 255])
    return _SIGNS.get(sign, b"" if sign in (b"\n", b"\r\n") else sign)
