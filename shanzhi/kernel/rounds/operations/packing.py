"""A locked city's pack, built in the background and kept as a letter to be carried. Worker's role, in no transaction."""

import errno
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import psycopg
from django.core.files.storage import storages
from django.db import connection, transaction

from shanzhi.core.errors import DomainError
from shanzhi.core.leftovers import sweep
from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import SYSTEM
from shanzhi.kernel.draws import queries as draws
from shanzhi.kernel.evidence import queries as archive
from shanzhi.kernel.files import queries as files
from shanzhi.kernel.files.policy import FileMissing
from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.packs.operations.building import Asked, Built, build
from shanzhi.kernel.packs.operations.building_journal import NotSealed, check_covered, trees_now
from shanzhi.kernel.packs.operations.letters import letter_keep
from shanzhi.kernel.packs.policy.contents import Evidence, Part
from shanzhi.kernel.packs.queries import kept
from shanzhi.kernel.packs.queries.letters import STORE, letter
from shanzhi.kernel.rounds.book import ruler_of
from shanzhi.kernel.rounds.models import Build, Claim, RoundCity
from shanzhi.kernel.rounds.operations._common import locked_city, write
from shanzhi.kernel.rounds.operations._scores import last_scores
from shanzhi.kernel.rounds.operations.signing import locked_body
from shanzhi.kernel.rounds.payloads import PackBuilt
from shanzhi.kernel.rounds.policy.drawing import city_purpose, round_purpose
from shanzhi.kernel.rounds.policy.handed_in import MEMBER
from shanzhi.kernel.rounds.policy.items import hash_of, item_period
from shanzhi.kernel.rounds.policy.states import State
from shanzhi.kernel.rounds.policy.telling import Sentence, keep
from shanzhi.kernel.rounds.policy.words import Incomplete, StateMovedOn

Tick = Callable[[str, int], None]
LOCK_CLASS = 370702
"""First half of the advisory lock by which one worker builds one pack; the second is the row's number."""
EVERY_SECONDS = 1.0
_PREFIX = ".pack-"
ROOM_LEAST = 64_000_000
"""Bytes: a disk with less is full."""
LOCK_ACTION = "rounds.lock"
PRACTICE = "practice"


def packs_build(*, now: datetime, program: str) -> int:
    """Build the packs that wait, or that a dead worker left half built; returns how many are whole now."""
    rows = Build.objects.filter(state__in=["waiting", "running"]).order_by("pk").values_list("pk", flat=True)
    return sum(pack_build(build_id=pk, now=now, program=program) for pk in list(rows))


def pack_build(*, build_id: int, now: datetime, program: str, tick: Tick = lambda what, count: None) -> bool:
    """Build one pack, while nobody else builds it (the lock goes with the connection, so a dead worker leaves none); says
    whether it is whole now. What is in the way stays with it as a sentence; what isn't sealed yet is waited for."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK_CLASS, build_id])
        if not cursor.fetchone()[0]:
            return False
        try:
            return _build(build_id, now, program, tick)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK_CLASS, build_id])


def _build(build_id: int, now: datetime, program: str, tick: Tick) -> bool:
    Build.objects.filter(pk=build_id, state="waiting").update(state="running", part="", done=0, error="")
    asked = Build.objects.select_related("round_city__round").filter(pk=build_id, state="running").first()
    if asked is None:
        return False
    try:
        _make(asked, now, program, tick)
    except NotSealed:
        _leave(asked, "waiting", [(_SEALING, {})])
        return False
    except DomainError as error:
        _leave(asked, "failed", [(error.message, error.params)], now)
        return False
    except Exception as error:
        if _is_full(error):
            _leave(asked, "failed", [(_FULL, {})], now)
            return False
        _leave(asked, "failed", [(_BROKEN, {})], now)
        raise
    return True


_SEALING = msg("最近的留痕还没有封存，几秒后自动继续，不用再点。一直这样，请检查后台 shanzhi worker。")
"""What waits is built again by the background (`tasks.py`), whichever part of the journal isn't sealed yet."""


_BROKEN = msg("生成时出了错，没有生成。请再试一次；一直这样，请告诉系统管理员。")


_FULL = msg("磁盘写满了，没有生成验收包，也没有留下半个文件。请系统管理员腾出空间，再点“生成验收包”。")


def _is_full(error: Exception) -> bool:
    """Had the disk no room? DuckDB says it in words of its own, so the disk is asked."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return True
    return shutil.disk_usage(storages[STORE].path(".")).free < ROOM_LEAST


def _leave(asked: Build, state: str, said: Iterable[Sentence], now: datetime | None = None) -> None:
    Build.objects.filter(pk=asked.pk).update(state=state, part="", error=keep(said), ended_at=now)


def _make(asked: Build, now: datetime, program: str, tick: Tick) -> None:
    row = asked.round_city
    _check(asked, row)
    body = locked_body(row, last_scores(row))
    if hash_of(body) != row.locked_sha256:
        raise Incomplete(msg("锁定的内容和台账里的校验码不符，没有生成验收包。请告诉系统管理员核对。"))
    _check_sealed(row)
    store = Path(storages[STORE].path("."))
    store.mkdir(parents=True, exist_ok=True)
    sweep(store, _PREFIX, now.timestamp())
    with TemporaryDirectory(prefix=_PREFIX, dir=store) as name, _progress(asked.pk, tick) as told:
        folder = Path(name)
        built = build(folder / "pack", _question(row, body, folder, program), now=now, tick=told)
        differing = _differing(row, built)
        with transaction.atomic():
            _keep(asked, built, differing, now)


def _check(asked: Build, row: RoundCity) -> None:
    if row.state != State.LOCKED or row.submission != asked.submission:
        raise StateMovedOn(msg("这一轮已经不在“已锁定”，没有生成验收包。请刷新页面，看看现在该做什么。"))


def _check_sealed(row: RoundCity) -> None:
    """Raises NotSealed where the entry that locked it isn't sealed, or no head covers it yet."""
    entries = journal.sealed_within("round_city", row.pk, row.pk, before=journal.sealed_end())
    locks = [entry.leaf for entry in entries if entry.action == LOCK_ACTION]
    if len(locks) < row.submission:
        raise NotSealed(_SEALING)
    check_covered(trees_now(), locks[-1])


# -- what it is asked for ------------------------------------------------------------------------------------------------


def _question(row: RoundCity, body: bytes, folder: Path, program: str) -> Asked:
    of, ruler = row.round, ruler_of(row.round)
    about = (round_purpose(of.uid), city_purpose(of.uid, row.city_code))
    drawn = [one.number for one in draws.draws_for(about) if one.state == "made"]
    papers = dict(_papers(row, folder))
    listed = [*_listed(row), *_practice(row, papers)]
    points = {key: one.points for key, one in last_scores(row).items() if one.points is not None}
    return Asked(
        of.first, of.last, guideline=of.guideline_text, round=str(of.uid), receiver=of.organiser_code,
        parts=(Part(MEMBER, body), *(Part(f"draws/{one}.json", draws.draw_file(one).encode()) for one in drawn)),
        evidence=listed, files=papers, subjects=(("round_city", row.pk), *(("draw", one) for one in drawn)),
        points={key: given for key, given in points.items() if key in ruler.items}, program=program,
    )  # fmt: skip


def _listed(row: RoundCity) -> Iterator[Evidence]:
    """What the archive has for the items: named by its hash, kept by the city."""
    ruler = ruler_of(row.round)
    first, last = ruler.period.begins_on, ruler.period.ends_on
    for one in archive.for_items(list(ruler.items), row.city_code, first, last):
        gone = "" if one.gone_at is None else _gone(one.keep_until)
        yield Evidence(one.sha256, one.size, one.type, one.title, one.keys, f"{one.source} {one.source_id}", gone=gone)


def _gone(until: date | None) -> str:
    return f"保管期满（{until}），已按规定销毁"


def _papers(row: RoundCity, folder: Path) -> Iterator[tuple[str, Path]]:
    """Practice papers of the claimed projects: they go along, each once."""
    claims = Claim.objects.filter(round_city=row, ended_at=None).values_list("pk", flat=True)
    for hashes in files.hashes_of_many("round_claim", list(claims)).values():
        for sha256 in hashes:
            yield sha256, _at_hand(sha256, folder)


def _at_hand(sha256: str, folder: Path) -> Path:
    """A file on this machine's disk; one that lies elsewhere is fetched.

    Raises:
        Incomplete: the store has lost it.
    """
    path = files.path_of(sha256)
    if path is not None:
        return path
    path = folder / sha256
    try:
        with files.open_stored(sha256) as source, path.open("wb") as target:
            while chunk := source.read(1 << 20):
                target.write(chunk)
    except FileMissing as error:
        raise Incomplete(
            msg("一篇经验材料的文件取不到了（%(sha256)s…），没有生成验收包。请告诉系统管理员。"), sha256=sha256[:16]
        ) from error
    return path


def _practice(row: RoundCity, papers: dict[str, Path]) -> Iterator[Evidence]:
    guideline = ruler_of(row.round).guideline
    claims = dict(Claim.objects.filter(round_city=row, ended_at=None).values_list("pk", "project"))
    for pk, hashes in files.hashes_of_many("round_claim", list(claims)).items():
        title = f"{guideline.project(claims[pk]).name}：经验材料"
        for sha256 in dict.fromkeys(hashes):
            size = papers[sha256].stat().st_size
            yield Evidence(sha256, size, PRACTICE, title, (), f"claim {claims[pk]}", is_inside=True)


# -- what came of it -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Differs:
    """An item whose figure in the pack isn't the one that was locked."""

    name: str
    locked: tuple[int, int]
    told: tuple[int, int]

    def sentence(self) -> Sentence:
        """For people."""
        words = msg(
            "“%(item)s”锁定时是 %(locked)s，包内按封账后的记录重算是 %(told)s：锁定后还有晚到或更正的记录。锁定的分数不变，"
            "上级会看到两个数。"
        )
        return words, {"item": self.name, "locked": _shown(self.locked), "told": _shown(self.told)}


def _shown(pair: tuple[int, int]) -> str:
    return f"{pair[0]:,}/{pair[1]:,}" if pair[1] else f"{pair[0]:,}"


def _differing(row: RoundCity, built: Built) -> list[_Differs]:
    """The items whose figure in the pack isn't the locked one."""
    ruler, found = ruler_of(row.round), []
    with kept.kept_pack(built.path, kept.FIGURES) as pack:
        told = kept.city_figures(pack, ruler.period)
    for key, score in last_scores(row).items():
        indicator = ruler.items[key]
        if item_period(indicator, ruler.period).first < row.round.first:
            continue  # A quarter or year that was over before: its figures aren't in the pack.
        was, now = _pair(score.numerator, score.denominator), _pair(*told.get(key, (0, 0)))
        if was != now:
            found.append(_Differs(indicator.name, was, now))
    return found


def _pair(numerator: int | None, denominator: int | None) -> tuple[int, int]:
    return numerator or 0, denominator or 0


def _keep(asked: Build, built: Built, differing: list[_Differs], now: datetime) -> None:
    """The pack becomes a letter, its hash stands at the city's round and in the journal."""
    row = locked_city(asked.round_city_id)
    _check(asked, row)
    sent = letter(letter_keep(path=built.path, now=now))
    row.pack_sha256 = sent.sha256
    row.save(update_fields=["pack_sha256"])
    said = PackBuilt(
        str(row.round.uid), row.city_code, row.submission, sent.uid, sent.sha256, sent.bytes, len(differing)
    )
    write(row, said, SYSTEM, now)
    Build.objects.filter(pk=asked.pk).update(
        state="done", part="", sha256=sent.sha256, size=sent.bytes, letter_uid=UUID(sent.uid), ended_at=now,
        error=keep(one.sentence() for one in differing),
    )  # fmt: skip


# -- how far it is -------------------------------------------------------------------------------------------------------


@contextmanager
def _progress(build_id: int, further: Tick) -> Iterator[Tick]:
    """Writes down how far a pack has come, at most once a second: over a connection of its own, since several threads tell, and
    the build's own is inside a transaction that only reads."""
    opened: psycopg.Connection[Any] = connection.get_new_connection(connection.get_connection_params())
    lock, done, last = threading.Lock(), dict[str, int](), [0.0]

    def told(what: str, count: int) -> None:
        further(what, count)
        with lock:
            done[what] = done.get(what, 0) + count
            if time.monotonic() - last[0] < EVERY_SECONDS:
                return
            last[0] = time.monotonic()
            with suppress(psycopg.Error):
                opened.execute(
                    "UPDATE rounds_build SET part = %s, done = %s WHERE id = %s AND state = 'running'",
                    [what[:100], done[what], build_id],
                )

    try:
        opened.autocommit = True
        yield told
    finally:
        opened.close()
