"""A city's own processes: uploaded as drafts, let go live from a day, brought back by a later decision."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction

from shanzhi.core.errors import Conflict, InputError, TooLarge
from shanzhi.core.periods import local_date
from shanzhi.core.text import clean_text, msg
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal.policy import Subject
from shanzhi.kernel.matters.models import KindVersion
from shanzhi.kernel.matters.operations.golive import check_whole_city, decide, take_turn
from shanzhi.kernel.matters.operations.step import author_of
from shanzhi.kernel.matters.operations.stranding import StrandedGroup, stranded_groups
from shanzhi.kernel.matters.policy.golive import NOTE_MOST, NoSuchVersion, in_force, kind_subject
from shanzhi.kernel.matters.policy.payloads import ProcessLive, ProcessUploaded
from shanzhi.kernel.matters.policy.process import Kind, Problem
from shanzhi.kernel.matters.policy.process.loader import load_kind
from shanzhi.kernel.matters.rulebook import decisions_of, forget_kinds, kind_version

FILE_MOST = 1_000_000
"""Bytes of a process file: some ten thousand are usual."""
VERSION_MOST = 9999


class FaultyProcess(InputError):
    """The file isn't sound; `faults` says where and what to do. Nothing was stored."""

    code = "faulty-process"

    def __init__(self, faults: tuple[Problem, ...]) -> None:
        super().__init__(msg("文件里有 %(count)s 处要改，什么也没有保存。请按下面的提示改好再传。"), count=len(faults))
        self.faults = faults


class BadProcessFile(InputError):
    """The file can't be used as it is: no text, another kind's, a number too large."""

    code = "bad-process-file"


class ProcessTooLarge(TooLarge):
    """No process file is as large as this."""

    code = "process-too-large"


class VersionUsed(Conflict):
    """The version's number was used before."""

    code = "version-used"


class WouldStrand(Conflict):
    """Matters that are open couldn't go on under the version; `groups` says which."""

    code = "would-strand"

    def __init__(self, groups: tuple[StrandedGroup, ...]) -> None:
        super().__init__(
            msg(
                "按这一版，有 %(count)s 件未结事项走不下去，没有生效。请看清单，改好文件再传，或确认它们按原版本办完。"
            ),
            count=sum(group.count for group in groups),
        )
        self.groups = groups


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A draft that decides nothing yet."""

    code: str
    version: int


def read_process(data: bytes) -> Kind:
    """The kind that a file's bytes describe, proven sound.

    Raises:
        ProcessTooLarge, BadProcessFile: no process file at all.
        FaultyProcess: with every fault, its line and what to do.
    """
    if len(data) > FILE_MOST:
        raise ProcessTooLarge(msg("文件超过 1 MB，不像流程文件。请检查选的是不是这个文件。"))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BadProcessFile(msg("第 %(line)s 行不是 UTF-8 文本。请另存为 UTF-8 后再传。"), line=line) from error
    if "\0" in text:
        raise BadProcessFile(msg("这不是文本文件。请选择 .toml 流程文件。"))
    found = load_kind(text)
    if not isinstance(found, Kind):
        raise FaultyProcess(tuple(found))
    if len(found.code) > 40 or found.version > VERSION_MOST:
        raise BadProcessFile(msg("代码最多 40 个字母，版次最大 9999。请改好再传。"))
    return found


@transaction.atomic
def process_upload(*, data: bytes, expects: str = "", note: str = "", actor: Actor, now: datetime) -> Uploaded:
    """Keep a process file as a draft. `expects` is the code of the kind that it is meant for (empty: any, or a new one).

    Raises:
        ProcessTooLarge, BadProcessFile, FaultyProcess: as `read_process`; or it is another kind's file.
        VersionUsed: the kind has a version of this number.
        NotTheCitys: the post stands for less than the city.
    """
    check_whole_city(actor, now)
    kind = read_process(data)
    if expects and kind.code != expects:
        raise BadProcessFile(
            msg("这是“%(name)s”（%(code)s）的流程文件，不是这一类的。请到那一类的页面上传，或换一个文件。"),
            name=(kind.name,),
            code=kind.code,
        )
    note = clean_text(note)[:NOTE_MOST]
    try:
        with transaction.atomic():
            row = KindVersion.objects.create(
                code=kind.code,
                version=kind.version,
                source=data.decode("utf-8"),
                digest=kind.digest,
                loaded_at=now,
                note=note,
                post_id=actor.post_id,
            )
    except IntegrityError as error:
        raise VersionUsed(
            msg("“%(name)s”第 %(version)s 版已经有了，版次不能重复用。请把文件里的 version 改成没用过的数再传。"),
            name=(kind.name,),
            version=kind.version,
        ) from error
    forget_kinds()
    journal.record(
        payload=ProcessUploaded(kind=kind.code, kind_version=kind.version, digest=kind.digest),
        subject=Subject("process", row.pk, 1, actor.region_code),
        author=author_of(actor),
        happened_at=now,
    )
    return Uploaded(kind.code, kind.version)


@transaction.atomic
def process_go_live(
    *, code: str, version: int, holds_from: date, based_on: int, accepts: int = 0, actor: Actor, now: datetime
) -> int:
    """Let a version hold for what is reported from a day on; returns the decision's number. An older version is brought
    back in the same way.

    Matters that are open keep the version that they began with: their reporters were promised its steps and dates.
    `accepts` is how many of them the keeper has seen that couldn't go on under the new one, and lets end under theirs.

    Raises:
        NoSuchVersion: the kind has no such version.
        RulesMovedOn: another keeper has decided since `based_on`.
        BadDay: the day is past, or before one decided already.
        WouldStrand: more open matters than `accepts` couldn't go on under it.
        NotTheCitys: the post stands for less than the city.
    """
    check_whole_city(actor, now)
    row = KindVersion.objects.filter(code=code, version=version).first()
    if row is None:
        raise NoSuchVersion(msg("没有第 %(number)s 版。请刷新后再看。"), number=version)
    subject = kind_subject(code)
    last = take_turn(subject, based_on)
    groups = stranded_groups(kind_version(code, version), local_date(now))
    count = sum(group.count for group in groups)
    if count > accepts:
        raise WouldStrand(groups)
    before = in_force(decisions_of(subject), holds_from)
    number = decide(subject=subject, number=version, holds_from=holds_from, last=last, actor=actor, now=now)
    journal.record(
        payload=ProcessLive(
            kind=code,
            kind_version=version,
            was=before.number if before else 0,
            holds_from=holds_from,
            kept_on=count,
        ),
        subject=Subject("rules", number, 1, actor.region_code),
        author=author_of(actor),
        happened_at=now,
    )
    return number
