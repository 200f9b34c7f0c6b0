"""Letters that are kept, and the platforms whose letters are believed: states, words, and who reads which kind. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shanzhi.core.errors import Conflict, InputError, NotFound
from shanzhi.core.text import clean_text, msg
from shanzhi.kernel.journal.policy import NoteError, PublicKey, Saying
from shanzhi.kernel.packs.policy.letter_manifest import KEYS_MOST, LetterError

FEATURE = "letters"
"""The feature of roles.toml that letters and peers need."""
TOPIC = "packs.letter"
"""The event that a letter waits to be read."""
ENTER, WITHDRAW = "packs.peer_enter", "packs.peer_withdraw"
"""The kinds of sign-off by which a platform is entered and withdrawn."""
LETTER_MOST = 4_000_000_000
"""The largest letter that a page takes, in bytes; a larger one comes by the command line."""
NAME_MOST, CODE_MOST = 100, 100


class Direction(StrEnum):
    """Which way a letter goes."""

    IN = "in"
    OUT = "out"


class LetterState(StrEnum):
    """Where a letter that came in stands; one that goes out stays `kept`.

    `kept` is also a letter whose sender isn't known, or whose kind nobody here reads yet: `reason` says so, and it is
    tried again when that changes. Moves: kept → read, kept → refused.
    """

    KEPT = "kept"
    READ = "read"
    REFUSED = "refused"


class LetterDamaged(LetterError):
    """A letter that isn't as it was sent; nothing of it was kept. `faults` are its faults."""

    code = "letter-damaged"

    def __init__(self, faults: tuple[Saying, ...]) -> None:
        sentence = msg("这份函件有 %(count)d 处不符，没有收下。第一处：%(first)s")
        super().__init__(sentence, count=len(faults), first=str(faults[0]))
        self.faults = faults


class LetterUnfit(LetterError):
    """A letter whose content can't be kept here."""

    code = "letter-unfit"


class LetterNotFound(NotFound):
    """No such letter, or its file is gone."""

    code = "letter-not-found"


class LetterTwice(Conflict):
    """Another letter of the same sender has the same id."""

    code = "letter-twice"


class PeerUnusable(InputError):
    """What was said of a platform can't be used; says where."""

    code = "peer-unusable"


def spellings(code: str) -> tuple[str, ...]:
    """How a platform's code may be written: a division's with its two or four digits, or filled up to six (3703, 370300)."""
    if not (code.isascii() and code.isdigit() and len(code) in (2, 4, 6)):
        return (code,)
    short = code.removesuffix("0000") if code.endswith("0000") else code.removesuffix("00") if len(code) == 6 else code
    return tuple(dict.fromkeys((code, short, code.ljust(6, "0"))))


Reader = Callable[[int, datetime], None]
_readers: dict[str, Reader] = {}


def on_letter(kind: str, reader: Reader) -> None:
    """Let `reader(letter_id, now)` take over letters of a kind; called in `AppConfig.ready`, one reader a kind.

    It runs in the worker, once for each letter whose sender is known, in one transaction that also writes that it was
    read. What it raises as a DomainError refuses the letter with that sentence, and nothing of it stays; any other error
    leaves the letter kept, and it is tried again.
    """
    _readers[kind] = reader


def reader_of(kind: str) -> Reader | None:
    """Who takes over letters of this kind; None where nobody does."""
    return _readers.get(kind)


@dataclass(frozen=True, slots=True)
class PeerGiven:
    """A platform as somebody says it: its code, its name, its public keys."""

    code: str
    name: str
    keys: tuple[PublicKey, ...]

    def texts(self) -> list[str]:
        """The keys as lines."""
        return [key.text() for key in self.keys]


def read_peer(*, code: str, name: str, keys: str) -> PeerGiven:
    """A platform out of what was typed: one key a line.

    Raises:
        PeerUnusable: a field can't be used; says which and why.
    """
    wrong: dict[str, str] = {}
    code, name = clean_text(code), clean_text(name)
    if not code or len(code) > CODE_MOST or not code.isascii() or not code.replace("-", "").replace(".", "").isalnum():
        wrong["code"] = msg("请填写平台代码，例如行政区划代码 3703。")
    if not name or len(name) > NAME_MOST:
        wrong["name"] = msg("请填写平台名称，不超过 100 字。")
    found: list[PublicKey] = []
    try:
        found = [PublicKey.read(line) for line in keys.splitlines() if line.strip()]
    except NoteError:
        wrong["keys"] = msg("公钥格式不正确。请从对方的“留痕封存”页整行复制，每行一把。")
    if not found and "keys" not in wrong:
        wrong["keys"] = msg("请至少填写一把公钥。")
    if len(found) > KEYS_MOST:
        wrong["keys"] = msg("公钥太多。只填现用的，换过的由对方的换钥声明证明。")
    if wrong:
        raise PeerUnusable(msg("平台还没有登记，请按提示补全。"), fields=wrong)
    return PeerGiven(code, name, tuple(dict.fromkeys(found)))
