"""Letters come in and go out: whole or not at all, and each once."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.core.files import File
from django.core.files.storage import storages
from django.db import DataError, IntegrityError, connection, transaction

from shanzhi.core.errors import DomainError
from shanzhi.core.leftovers import sweep
from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import Actor, check_may
from shanzhi.kernel.access.queries import roles
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal.policy import Author, Payload, Subject
from shanzhi.kernel.notices import operations as notices
from shanzhi.kernel.notices.policy import Happened
from shanzhi.kernel.packs.models import KeptLetter
from shanzhi.kernel.packs.payloads import LetterSent, LetterSettled, LetterTaken
from shanzhi.kernel.packs.policy.letter import Header, Letter, LetterWriter, open_letter
from shanzhi.kernel.packs.policy.letter_box import (
    FEATURE,
    TOPIC,
    Direction,
    LetterDamaged,
    LetterNotFound,
    LetterState,
    LetterTwice,
    LetterUnfit,
    reader_of,
    spellings,
)
from shanzhi.kernel.packs.queries.letters import STORE, file_name, is_believed, keys_of

CHUNK = 1 << 20
_LOCK = 370701
_ASIDE = ".out-"


@dataclass(frozen=True, slots=True)
class Taken:
    """A letter that is kept: its number, whether it came for the first time, whether its sender is known."""

    letter_id: int
    is_new: bool
    is_believed: bool


def letter_take_in(*, path: Path, actor: Actor | None, now: datetime) -> Taken:
    """Check a letter's every byte, keep it, and have it read in the background; the same letter twice is one.

    A letter of an unknown key is kept and not used. `actor` is None for the command line (worker).

    Raises:
        SignInNeeded, NotAllowed: the acting post has nothing to do with letters.
        LetterError: it can't be read; LetterDamaged: it isn't as it was sent. Nothing of it is kept.
        LetterTwice: another letter of this sender has its id.
    """
    if actor is not None:
        check_may(actor, roles().get(actor.role), FEATURE)
    letter = open_letter(path)
    if letter.faults:
        raise LetterDamaged(letter.faults)
    return _keep(letter, Direction.IN, actor, now)


@transaction.atomic
def _keep(letter: Letter, direction: Direction, actor: Actor | None, now: datetime) -> Taken:
    sha256 = _hash(letter.path)
    believed = direction is Direction.OUT or is_believed(letter)
    with connection.cursor() as cursor:
        # One after the other, so that the same letter handed in twice at once is one too.
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(current_schema()))", [_LOCK])
    there = KeptLetter.objects.filter(sha256=sha256).first()
    if there is not None:
        return Taken(there.pk, is_new=False, is_believed=believed)
    header = letter.header
    _check_once(header, direction)
    with letter.path.open("rb") as file:
        storages[STORE].save(file_name(sha256), File(file))
    row = KeptLetter(
        sha256=sha256,
        direction=direction,
        kind=header.kind,
        uid=header.uid,
        round=header.round,
        sender=header.sender,
        receiver=header.receiver,
        about=header.about,
        made_at=header.made_at,
        bytes=letter.path.stat().st_size,
        signed_by=[key.id for key in letter.signed_by],
        state=LetterState.KEPT,
        kept_at=now,
        by_post=actor.post_id if actor is not None else None,
    )
    row.save(force_insert=True)
    ids = tuple(row.signed_by)
    said: Payload = (
        LetterTaken(sha256, header.kind, header.uid, header.round, header.sender, ids)
        if direction is Direction.IN
        else LetterSent(sha256, header.kind, header.uid, header.round, header.receiver, ids)
    )
    _journal(row, said, actor, now)
    if direction is Direction.IN:
        notices.emit(topic=TOPIC, body={"letter": row.pk}, now=now)
    return Taken(row.pk, is_new=True, is_believed=believed)


def _check_once(header: Header, direction: Direction) -> None:
    """Is no other letter of this sender and id in use? One that isn't believed, or was refused, keeps nobody's place: whoever
    forges an id would keep the real letter out.

    Raises:
        LetterTwice: there is one.
    """
    others = KeptLetter.objects.filter(direction=direction, sender=header.sender, uid=header.uid)
    known = {key.id for key in keys_of(header.sender)}
    if any(
        direction is Direction.OUT or one.state == LetterState.READ or (known & set(one.signed_by))
        for one in others.exclude(state=LetterState.REFUSED)
    ):
        sentence = msg("%(sender)s 已经有一份编号为 %(uid)s 的函件，内容和这份不同。这份没有收下，请和发出方核对。")
        raise LetterTwice(sentence, sender=header.sender, uid=header.uid)


def letter_send_out(
    *, header: Header, fill: Callable[[LetterWriter], object], actor: Actor | None = None, now: datetime
) -> int:
    """Write a letter, sign it with the installation's key and keep it, to be fetched and carried; returns its number
    (worker).

    `header` needs no keys: they are the journal's. `fill` adds what the letter carries. The same header and members twice
    are one letter.

    Raises:
        LetterError: something can't stand in a letter.
        BadSigningKeys: the installation's keys can't be used.
    """
    signer = journal.note_signer(now=now)
    whole = replace(
        header,
        made_at=header.made_at.astimezone(UTC).replace(microsecond=0),
        keys=signer.keys,
        statements=signer.statements,
    )
    # Beside the store: a pack may be larger than the folder for small things.
    store = Path(storages[STORE].path("."))
    store.mkdir(parents=True, exist_ok=True)
    sweep(store, _ASIDE, now.timestamp())
    with TemporaryDirectory(prefix=_ASIDE, dir=store) as folder:
        path = Path(folder) / "letter"
        with LetterWriter(path, whole) as writer:
            fill(writer)
            writer.close(signer.sign)
        return _keep(open_letter(path), Direction.OUT, actor, now).letter_id


def letter_keep(*, path: Path, now: datetime) -> int:
    """Keep a letter that this installation has written and signed elsewhere (a pack), to be fetched and carried; returns its
    number (worker). The same letter twice is one.

    Raises:
        LetterDamaged: it isn't whole, or not signed as it says.
    """
    letter = open_letter(path)
    if letter.faults:
        raise LetterDamaged(letter.faults)
    return _keep(letter, Direction.OUT, None, now).letter_id


def letter_try_again(*, letter_id: int, actor: Actor, now: datetime) -> None:
    """Have a letter that waits read once more: the program or what it knows may have changed.

    Raises:
        SignInNeeded, NotAllowed: the acting post has nothing to do with letters.
        LetterNotFound: there is none of this number that waits.
    """
    check_may(actor, roles().get(actor.role), FEATURE)
    if not KeptLetter.objects.filter(pk=letter_id, direction=Direction.IN, state=LetterState.KEPT).exists():
        raise LetterNotFound(msg("没有找到这份待读的函件。请刷新页面。"))
    notices.emit(topic=TOPIC, body={"letter": letter_id}, now=now)


def letters_wait(*, sender: str, now: datetime) -> None:
    """Have all kept letters of a platform read: its keys are known now (worker)."""
    waiting = KeptLetter.objects.filter(sender__in=spellings(sender), direction=Direction.IN, state=LetterState.KEPT)
    notices.emit_many(topic=TOPIC, bodies=[{"letter": pk} for pk in waiting.values_list("pk", flat=True)], now=now)


def letters_read(events: Sequence[Happened], now: datetime) -> None:
    """Read letters that wait (the reader of TOPIC, in the worker's transaction)."""
    for event in events:
        letter_read(letter_id=int(event.body["letter"]), now=now)


@transaction.atomic
def letter_read(*, letter_id: int, now: datetime) -> None:
    """Let whoever reads letters of its kind take over a letter that waits; does nothing for one that was read or refused
    (worker)."""
    row = (
        KeptLetter.objects.select_for_update()
        .filter(pk=letter_id, direction=Direction.IN, state=LetterState.KEPT)
        .first()
    )
    if row is None:
        return
    try:
        letter = open_letter(Path(storages[STORE].path(file_name(row.sha256))))
    except FileNotFoundError:
        _wait(row, msg("函件的文件不在了。请重新收一次。"))
        return
    except DomainError as error:
        _settle(row, LetterState.REFUSED, error, now)
        return
    reader = reader_of(row.kind)
    if letter.faults:
        _settle(row, LetterState.REFUSED, LetterDamaged(letter.faults), now)
    elif not is_believed(letter):
        _wait(row, msg("没有登记这个平台的公钥，或签名的不是登记的公钥：函件先保存，不使用。登记后自动读取。"))
    elif reader is None:
        _wait(row, msg("本平台还不会读这一类函件：先保存，不使用。升级后请再读一次。"))
    elif KeptLetter.objects.filter(
        direction=Direction.IN, sender=row.sender, uid=row.uid, state=LetterState.READ
    ).exists():
        twice = msg("%(sender)s 已经有一份编号为 %(uid)s 的函件，内容和这份不同。这份没有收下，请和发出方核对。")
        _settle(row, LetterState.REFUSED, LetterTwice(twice, sender=row.sender, uid=row.uid), now)
    else:
        _hand_over(row, reader, now)


def _hand_over(row: KeptLetter, reader: Callable[[int, datetime], None], now: datetime) -> None:
    try:
        with transaction.atomic():
            reader(row.pk, now)
    except DomainError as error:
        _settle(row, LetterState.REFUSED, error, now)
    except (DataError, IntegrityError):
        # A text that is too long, a number that is too large: trying again would change nothing.
        unfit = msg("函件里有本平台存不下的内容（文字太长、数字太大或者编号重复），没有读入。请对方重新发出。")
        _settle(row, LetterState.REFUSED, LetterUnfit(unfit), now)
    else:
        _settle(row, LetterState.READ, None, now)


def _wait(row: KeptLetter, reason: str) -> None:
    row.reason, row.params = reason, {}
    row.save(update_fields=["reason", "params"])


def _settle(row: KeptLetter, state: LetterState, error: DomainError | None, now: datetime) -> None:
    row.state, row.settled_at, row.steps = state, now, row.steps + 1
    row.reason = error.message if error is not None else ""
    row.params = {name: _plain(value) for name, value in error.params.items()} if error is not None else {}
    row.save(update_fields=["state", "settled_at", "steps", "reason", "params"])
    _journal(row, LetterSettled(row.sha256, state), None, now)


def _plain(value: Any) -> str | int:
    """A sentence's part as it is kept: whole numbers stay such, for the form that the sentence gives them."""
    if isinstance(value, tuple):
        return "、".join(str(each) for each in value)
    return value if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _journal(row: KeptLetter, payload: Payload, actor: Actor | None, now: datetime) -> None:
    by_post = actor is not None and actor.is_post
    author = Author("post", actor.post_id, actor.unit_id) if actor is not None and by_post else Author("system")
    subject = Subject("letter", row.pk, row.steps, actor.region_code if actor is not None else "")
    journal.record(payload=payload, subject=subject, author=author, happened_at=now)


def _hash(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
