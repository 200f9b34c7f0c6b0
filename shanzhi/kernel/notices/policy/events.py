"""Events, their readers, and the texts of notices."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

RETRY_MOST = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Happened:
    """One event as its readers get it."""

    id: int
    topic: str
    body: Mapping[str, Any]
    created_at: datetime


Reader = Callable[[Sequence[Happened], datetime], None]
_readers: dict[str, list[Reader]] = {}
_texts: dict[str, str] = {}


def on_event(topic: str, reader: Reader) -> None:
    """Let `reader` be called with batches of events of a topic, inside the worker's transaction.

    A batch that was told may be told again after a crash: a reader must come to the same result twice.
    """
    _readers.setdefault(topic, []).append(reader)


def readers_of(topic: str) -> Sequence[Reader]:
    """The readers of a topic, in the order in which they registered."""
    return _readers.get(topic, ())


def register_text(code: str, text: str) -> None:
    """Offer a notice's text: a message id with named places."""
    _texts[code] = text


def text_of(code: str) -> str:
    """The message id of a notice's text; the code itself where a newer program wrote it."""
    return _texts.get(code, code)


def retry_after(attempts: int) -> timedelta:
    """How long a failed event waits: 2, 4, 8 … seconds, an hour at most."""
    return min(timedelta(seconds=2 ** min(attempts, 12)), RETRY_MOST)
