"""What a letter says of itself: its header, its members with size and hash, and the one way in which this is written.

A manifest is JSON in the canonical form of RFC 8785 (names in order, no blanks), so that what is signed has one spelling.
It is read by a scanner of our own and not by a JSON library: a hostile file of millions of brackets then costs nothing.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from shanzhi.core.errors import FileUnusable
from shanzhi.core.text import msg
from shanzhi.kernel.packs.policy.letter_zip import MEMBERS_MOST, NAME_MOST, check_moment

FORM = "shanzhi-letter-1"
_FAMILY = re.compile(r"shanzhi-letter-([1-9][0-9]{0,5})")
KINDS = ("round", "pack", "slip", "objection", "mended")
"""What letters are about: a round (down), a pack (up), a slip (down: return, results, final list), an objection (up)."""
FRONT, MANIFEST, SIGNATURE = "letter.txt", "manifest.json", "signature"
"""The three members that a letter itself brings: the first, the last but one, the last."""
MANIFEST_MOST = 16_000_000
SIGNATURE_MOST = 100_000
BYTES_MOST = 1 << 60
WORDS_MOST = 500
KEYS_MOST = 50

_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]*(?:/[a-z0-9][a-z0-9_.-]*)*")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,99}")
_HASH = re.compile(r"[0-9a-f]{64}")


class LetterError(FileUnusable):
    """A letter can't be written, or can't be read at all."""

    code = "letter-unusable"


class LetterNewer(LetterError):
    """It has a form that only a newer program knows."""

    code = "letter-newer"


class LetterCut(LetterError):
    """Its end is missing."""

    code = "letter-cut"


@dataclass(frozen=True, slots=True)
class Header:
    """What a letter is, from whom and to whom.

    `kind` is one of KINDS; `uid` is the letter's own; `round` the round's uid, or empty; `sender` and `receiver` are codes
    of platforms; `about` a line for people; `made_at` has whole seconds; `keys` are the sender's public keys as texts (the
    active one first) and `statements` the notes by which one names the next.
    """

    kind: str
    uid: str
    round: str
    sender: str
    receiver: str
    about: str
    made_at: datetime
    program: str
    keys: tuple[str, ...] = ()
    statements: tuple[str, ...] = ()

    def check(self) -> None:
        """Raises LetterError where something of it can't stand in a letter."""
        if self.wrong():
            raise LetterError(msg("函件的“%(part)s”一项写法不对。请核对后再试。"), part=self.wrong())

    def wrong(self) -> str:
        """What of it can't stand in a letter; empty where all can."""
        wrong = next(
            (
                name
                for name, text in (
                    ("kind", self.kind),
                    ("uid", self.uid),
                    ("round", self.round or "0"),
                    ("from", self.sender),
                    ("to", self.receiver),
                )
                if not _ID.fullmatch(text)
            ),
            "",
        )
        wrong = wrong or ("about" if len(self.about) > WORDS_MOST or len(self.program) > WORDS_MOST else "")
        wrong = wrong or ("keys" if max(len(self.keys), len(self.statements)) > KEYS_MOST else "")
        return wrong or ("made_at" if self.made_at.microsecond or not check_moment(self.made_at) else "")


@dataclass(frozen=True, slots=True)
class Member:
    """A file in a letter: name, bytes, SHA-256 in hex."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """Header and members, in the order in which they lie in the file."""

    header: Header
    members: tuple[Member, ...]

    def encode(self) -> bytes:
        """The one way in which it is written."""
        header = self.header
        said = {
            "about": header.about,
            "form": FORM,
            "from": header.sender,
            "keys": list(header.keys),
            "kind": header.kind,
            "made_at": moment_text(header.made_at),
            "members": [{"bytes": each.bytes, "name": each.name, "sha256": each.sha256} for each in self.members],
            "program": header.program,
            "round": header.round,
            "statements": list(header.statements),
            "to": header.receiver,
            "uid": header.uid,
        }
        return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def moment_text(moment: datetime) -> str:
    """A time as letters say it: UTC, whole seconds."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def front(total: int) -> bytes:
    """The first member's content: the form, and how long the whole file is."""
    return f"{FORM}\nbytes {total:020}\n".encode()


FRONT_BYTES = len(front(0))
_FRONT = re.compile(rb"(shanzhi-letter-[1-9][0-9]{0,5})\nbytes ([0-9]{20})\n")


def read_front(data: bytes) -> tuple[str, int] | None:
    """Form and length as a file's first member says, or None."""
    found = _FRONT.match(data)
    return (found[1].decode(), int(found[2])) if found else None


def is_newer(form: str) -> bool:
    """Is this a form of letters that this program doesn't know yet?"""
    found = _FAMILY.fullmatch(form)
    return found is not None and form != FORM


def newer(form: str) -> LetterNewer:
    """The error for such a form."""
    return LetterNewer(msg("这份函件的格式是“%(form)s”，比本平台认识的新。请升级本平台后再读。"), form=form)


def signed_text(manifest: bytes, digest: str) -> str:
    """The text that is signed: the form, and the manifest's length and SHA-256."""
    return f"{FORM}\nmanifest {len(manifest)} {digest}\n"


def check_name(name: str) -> bool:
    """Can a member be called so? Small letters, digits, dots, dashes; folders by “/”; nothing that leads elsewhere."""
    return len(name) <= NAME_MOST and bool(_NAME.fullmatch(name)) and name not in (FRONT, MANIFEST, SIGNATURE)


def clashing(names: list[str]) -> str:
    """A name that stands twice, or is a file here and a folder there; empty where there is none."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    folders = {"/".join(parts[:i]) for name in names for parts in [name.split("/")] for i in range(1, len(parts))}
    return min(folders & seen, default="")


# -- reading -------------------------------------------------------------------------------------------------------------


class _Unreadable(Exception):
    """Where the scanner stopped: a place in the text."""


_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\["\\bfnrt]|\\u00[01][0-9a-f])*"')
_NUMBER = re.compile(r"0|[1-9][0-9]{0,17}")


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def expect(self, literal: str) -> None:
        for sign in literal:
            if self.text[self.at : self.at + 1] != sign:
                raise _Unreadable
            self.at += 1

    def string(self) -> str:
        found = _STRING.match(self.text, self.at)
        if found is None:
            raise _Unreadable
        self.at = found.end()
        return str(json.loads(found[0]))

    def number(self) -> int:
        found = _NUMBER.match(self.text, self.at)
        if found is None:
            raise _Unreadable
        self.at = found.end()
        return int(found[0])

    def listed(self, most: int) -> Iterator[int]:
        """Come back once for each element of a list, standing before it."""
        self.expect("[")
        count = 0
        while self.text[self.at : self.at + 1] != "]":
            if count:
                self.expect(",")
            if count >= most:
                raise _Unreadable
            yield count
            count += 1
        self.expect("]")

    def field(self, name: str) -> str:
        self.expect(f'"{name}":')
        begin = self.at
        found = self.string()
        self.expect(",")
        if name in ("from", "to", "kind") and not _ID.fullmatch(found):
            self.at = begin
            raise _Unreadable
        return found

    def member(self) -> Member:
        begin = self.at
        self.expect('{"bytes":')
        size = self.number()
        self.expect(',"name":')
        name = self.string()
        self.expect(',"sha256":')
        digest = self.string()
        self.expect("}")
        if not check_name(name) or not _HASH.fullmatch(digest):
            self.at = begin
            raise _Unreadable
        return Member(name, size, digest)

    def manifest(self) -> Manifest:
        self.expect("{")
        about = self.field("about")
        form_at = self.at + len('"form":')
        form = self.field("form")
        if is_newer(form):
            raise newer(form)
        if form != FORM:
            self.at = form_at
            raise _Unreadable
        sender = self.field("from")
        self.expect('"keys":')
        keys = tuple(self.string() for _ in self.listed(KEYS_MOST))
        self.expect(",")
        kind, made_at = self.field("kind"), self.moment()
        self.expect('"members":')
        members = tuple(self.member() for _ in self.listed(MEMBERS_MOST))
        self.expect(",")
        program, round_uid = self.field("program"), self.field("round")
        self.expect('"statements":')
        statements = tuple(self.string() for _ in self.listed(KEYS_MOST))
        self.expect(",")
        receiver = self.field("to")
        self.expect('"uid":')
        uid = self.string()
        self.expect("}")
        header = Header(kind, uid, round_uid, sender, receiver, about, made_at, program, keys, statements)
        return Manifest(header, members)

    def moment(self) -> datetime:
        begin = self.at
        text = self.field("made_at")
        try:
            return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        except ValueError:
            self.at = begin
            raise _Unreadable from None


def read_manifest(data: bytes) -> Manifest:
    """The manifest of such bytes, if they are written as manifests are.

    Raises:
        LetterNewer: it says that it has a newer form.
        LetterError: it can't be read; says at which of its bytes.
    """
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise _unreadable(error.start) from error
    scanner = _Scanner(text)
    try:
        manifest = scanner.manifest()
        if scanner.at != len(text):
            raise _Unreadable
        twice = clashing([member.name for member in manifest.members])
    except _Unreadable as error:
        raise _unreadable(len(text[: scanner.at].encode())) from error
    wrong = manifest.header.wrong()
    if wrong:
        sentence = msg("函件的清单 manifest.json 里“%(part)s”一项写法不对，文件可能被改过。请让发出方重新发送。")
        raise LetterError(sentence, part=wrong)
    if twice:
        raise LetterError(msg("函件的清单 manifest.json 把“%(name)s”写了两次。请让发出方重新发送。"), name=twice)
    if sum(member.bytes for member in manifest.members) > BYTES_MOST:
        raise LetterError(msg("函件的清单 manifest.json 写的大小不可能，文件被改过。请让发出方重新发送。"))
    again = manifest.encode()
    if again != data:
        pairs = enumerate(zip(again, data, strict=False))
        raise _unreadable(next((at for at, (written, given) in pairs if written != given), min(len(again), len(data))))
    return manifest


def _unreadable(at: int) -> LetterError:
    sentence = msg("函件的清单 manifest.json 从它的第 %(at)d 字节起读不懂，文件可能被改过。请让发出方重新发送。")
    return LetterError(sentence, at=at + 1)
