"""The copy that a reporter takes along: one ZIP with a text to read, the same as JSON, and the files."""

import json
import zipfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import PurePosixPath
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from django.utils.timezone import localtime
from django.utils.translation import gettext

from shanzhi.core.errors import DomainError
from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.files import queries as files
from shanzhi.kernel.files.queries import AttachmentRow
from shanzhi.kernel.matters import queries
from shanzhi.kernel.matters.policy.rights import part_name
from shanzhi.kernel.matters.queries import MatterCard, Reading, RightsState

IN_MEMORY = 2_000_000
CHUNK = 262_144
READINGS_PAGES = 40
"""A copy tells of at most a thousand readings."""


def zip_of(
    state: RightsState, sealed: dict[str, str], parts: Mapping[int, dict[str, str]], actor: Actor, now: datetime
) -> IO[bytes]:
    """The copy as an open file at its beginning: `sealed` is what `copy_own` opened, `parts` what `copy_parts` opened of
    what was split off it; the rest is read here."""
    card = queries.card(state.matter_id, actor=actor, now=now)
    own = _own_files(card)
    content = _content(card, sealed, actor, state, own, now)
    for part_id, opened in parts.items():
        part, place = queries.card(part_id, actor=actor, now=now), len(own)
        own += _own_files(part)
        content.setdefault(gettext(msg("拆分办理的各部分")), []).append(
            _content(part, opened, actor, state, own[place:], now, first_file=place + 1)
        )
    made: IO[bytes] = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - the answer closes it
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        name = f"{state.number}"
        archive.writestr(f"{name}.txt", "\ufeff" + _text(content))
        archive.writestr(f"{name}.json", json.dumps(content, ensure_ascii=False, indent=1))
        for place, row in enumerate(own, start=1):
            _add(archive, row, place)
    made.seek(0)
    return made


def _own_files(card: MatterCard) -> list[AttachmentRow]:
    return [row for row in card.attachments if row.purpose == "report"]


def _add(archive: zipfile.ZipFile, row: AttachmentRow, place: int) -> None:
    """One file; what the store can't give just now is told by a note in its place."""
    name = _file_name(row, place)
    try:
        opened = files.open_attachment(row.id)
    except DomainError as error:
        archive.writestr(f"{name}.txt", error.sentence(gettext))
        return
    with opened.file as source, archive.open(zipfile.ZipInfo(name), "w") as target:
        while chunk := source.read(CHUNK):
            target.write(chunk)


def _file_name(row: AttachmentRow, place: int) -> str:
    """A name that can't lead out of the folder into which somebody unpacks it."""
    return f"files/{place:02d}-{PurePosixPath(row.name.replace(chr(92), '/')).name}"


def _content(
    card: MatterCard, sealed: dict[str, str], actor: Actor, state: RightsState, own: list[AttachmentRow], now: datetime,
    *, first_file: int = 1,
) -> dict[str, Any]:  # fmt: skip
    """Everything that is kept of a matter, with labels that people read; of a part the consent is its whole's, `state`'s."""
    return {
        gettext(msg("事项")): {
            gettext(msg("编号")): card.number,
            gettext(msg("标题")): card.title,
            gettext(msg("内容")): card.body,
            gettext(msg("地点")): " ".join(part for part in (card.region_name, card.place) if part and part != "—"),
            gettext(msg("坐标")): f"{card.latitude}, {card.longitude}" if card.latitude is not None else "",
            gettext(msg("分类")): card.category_name if card.category else "",
            gettext(msg("来源")): gettext(card.channel_name),
            gettext(msg("反映时间")): _at(card.reported_at),
            gettext(msg("进度")): gettext(card.stage_name),
            gettext(msg("同意公开内容")): gettext(msg("是")) if state.public_consent else gettext(msg("否")),
        },
        gettext(msg("加密保存的内容")): {gettext(part_name(part)): text for part, text in sealed.items()},
        gettext(msg("经过")): [
            {
                gettext(msg("时间")): _at(entry.at),
                gettext(msg("做了什么")): gettext(entry.title),
                gettext(msg("谁")): gettext(entry.who) if entry.who else "",
                gettext(msg("文字")): "\n".join(text for text in (entry.words, entry.reply) if text),
            }
            for entry in card.timeline
        ],
        gettext(msg("您传的照片和附件")): [
            {gettext(msg("文件")): _file_name(row, place), "SHA-256": row.sha256}
            for place, row in enumerate(own, start=first_file)
        ],
        gettext(msg("谁看过")): _readings(actor, card.id),
        gettext(msg("保存期限和依据")): [
            {
                gettext(msg("内容")): gettext(part_name(piece.part)),
                gettext(msg("依据")): gettext(piece.article),
                gettext(msg("保存到")): piece.expires_on.isoformat(),
            }
            for piece in queries.kept(actor, matter_id=card.id)
        ],
        gettext(msg("副本生成于")): _at(now),
    }


def _readings(actor: Actor, matter_id: int) -> list[dict[str, str]]:
    rows: list[Reading] = []
    after: int | None = None
    for _ in range(READINGS_PAGES):
        page = queries.readings(actor, matter_id=matter_id, after=after)
        rows += page.rows
        after = page.after
        if after is None:
            break
    return [
        {
            gettext(msg("时间")): _at(row.at),
            gettext(msg("谁")): f"{row.unit_name} {gettext(row.post_title) if row.post_title else ''}".strip(),
            gettext(msg("内容")): gettext(msg("、")).join(gettext(part_name(part)) for part in row.parts),
            gettext(msg("原因")): gettext(row.reason),
        }
        for row in rows
    ]


def _at(at: datetime) -> str:
    return f"{localtime(at):%Y-%m-%d %H:%M}"


def _text(content: Any, depth: int = 0) -> str:
    """Labels and values under each other, for whoever opens it on a phone."""
    indent = "  " * depth
    if isinstance(content, dict):
        lines = []
        for name, value in content.items():
            if isinstance(value, (dict, list)):
                lines += [f"{indent}【{name}】" if depth == 0 else f"{indent}{name}", _text(value, depth + 1)]
            else:
                lines.append(f"{indent}{name}：{value}")
        return "\n".join(lines) + ("\n" if depth else "")
    if isinstance(content, list):
        return "\n".join(_text(item, depth) for item in content) or f"{indent}—"
    return f"{indent}{content}"
