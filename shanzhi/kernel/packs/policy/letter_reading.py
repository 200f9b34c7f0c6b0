"""Reading a letter: where its manifest is, whether every byte is what the writer would have written, who signed it.

A damaged file is read from both ends: the local headers from the front, the central directory from the back. Whichever
leads to a manifest is taken, and out of the manifest the whole file is computed anew and compared, byte by byte, so that
what differs has a name.
"""

import base64
import hashlib
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import IO

from shanzhi.core.text import msg
from shanzhi.kernel.journal.policy import Saying
from shanzhi.kernel.journal.policy.heads import trusted
from shanzhi.kernel.journal.policy.notes import NoteError, PublicKey, Signature, split_note
from shanzhi.kernel.packs.policy.letter_manifest import (
    FRONT,
    FRONT_BYTES,
    KINDS,
    MANIFEST,
    MANIFEST_MOST,
    SIGNATURE,
    SIGNATURE_MOST,
    LetterCut,
    LetterError,
    LetterNewer,
    Manifest,
    front,
    is_newer,
    newer,
    read_front,
    read_manifest,
    signed_text,
)
from shanzhi.kernel.packs.policy.letter_zip import (
    CRC_CENTRAL,
    CRC_LOCAL,
    LOCAL_BYTES,
    Limits,
    Placed,
    directory_entry,
    end_record,
    local_header,
    place,
    read_directory,
    walk,
    whole_bytes,
)

CHUNK = 1 << 20
FAULTS_MOST = 100
"""So many faults are named; of the rest only how many they are."""


@dataclass(slots=True)
class Found:
    """What reading has found so far."""

    manifest: Manifest
    raw: bytes
    note: bytes | None
    seen: list[Placed]
    places: dict[str, Placed] = field(default_factory=dict)
    signed_by: tuple[PublicKey, ...] = ()
    faults: list[Saying] = field(default_factory=list)
    open: list[Saying] = field(default_factory=list)
    more: int = 0

    def say(self, text: str, **params: object) -> None:
        """Add a fault."""
        if len(self.faults) < FAULTS_MOST:
            self.faults.append(Saying(text, params))
        else:
            self.more += 1


def chunks(file: IO[bytes], at: int, size: int) -> Iterator[bytes]:
    """`size` bytes from `at` on, piece by piece; fewer where the file ends."""
    file.seek(at)
    while size > 0 and (chunk := file.read(min(CHUNK, size))):
        size -= len(chunk)
        yield chunk


def read(file: IO[bytes], size: int, *, keys: Sequence[PublicKey], kind: str, limits: Limits) -> Found:
    """Everything about a letter; raises what `open_letter` raises."""
    found = _find(file, size)
    _check_length(found, file, size, limits)
    if _is_laid_out(found):
        _check_bytes(found, file, size, limits)
    else:
        _check_names(found)
        _check_contents(found, file)
    _check_signature(found, keys)
    _check_kind(found, kind)
    if found.more:
        found.faults.append(Saying(msg("另有 %(count)d 处不符，未逐一列出。"), {"count": found.more}))
    return found


# -- finding the manifest ------------------------------------------------------------------------------------------------


def _find(file: IO[bytes], size: int) -> Found:
    walked, stopped = walk(file, size)
    listed = read_directory(file, size) or []
    error: LetterError | None = None
    best: Found | None = None
    for seen in (listed, walked):
        try:
            found = _try(file, size, seen)
        except LetterError as unreadable:
            error = unreadable
            continue
        if found is not None and (best is None or _fits(found) > _fits(best)):
            best = found
    if best is None:
        raise _why(error, file, size, walked, stopped)
    return best


def _why(error: LetterError | None, file: IO[bytes], size: int, walked: list[Placed], stopped: int) -> LetterError:
    """Why no manifest can be read: what the front says comes first."""
    said = _front(file)
    if error is None or (said is not None and (is_newer(said[0]) or said[1] > size)):
        return _unreadable(file, size, walked, stopped)
    if isinstance(error, LetterNewer) and said is not None:
        return LetterError(msg("函件的清单 manifest.json 写的格式和文件开头的不同，被改过。请让发出方重新发送。"))
    return error


def _try(file: IO[bytes], size: int, seen: list[Placed]) -> Found | None:
    """The manifest that these members lead to; None where there is none among them."""
    raw = _content(file, size, seen, MANIFEST, MANIFEST_MOST)
    if raw is None:
        return None
    return Found(read_manifest(raw), raw, _content(file, size, seen, SIGNATURE, SIGNATURE_MOST), seen)


def _content(file: IO[bytes], size: int, seen: list[Placed], name: str, most: int) -> bytes | None:
    at = next((each for each in reversed(seen) if each.name == name), None)
    if at is None or at.size > most or at.end > size:
        return None
    return b"".join(chunks(file, at.content_at, at.size))


def _fits(found: Found) -> tuple[bool, bool]:
    """How well members and manifest go together; the first list wins where both do equally."""
    return _is_laid_out(found), found.note is not None and signed_over(found.raw) in found.note.decode(errors="replace")


def signed_over(raw: bytes) -> str:
    """The text that has to be signed for a manifest."""
    return signed_text(raw, hashlib.sha256(raw).hexdigest())


def _names_and_sizes(found: Found) -> list[tuple[str, int]]:
    """The members as the manifest says, with the three that it doesn't name."""
    sizes = [(FRONT, FRONT_BYTES), *((each.name, each.bytes) for each in found.manifest.members)]
    return [*sizes, (MANIFEST, len(found.raw)), (SIGNATURE, len(found.note or b""))]


def _is_laid_out(found: Found) -> bool:
    """Are there exactly the members that the manifest names, in its order and of its sizes?"""
    return [(each.name, each.size) for each in found.seen] == _names_and_sizes(found)


def _front(file: IO[bytes]) -> tuple[str, int] | None:
    file.seek(LOCAL_BYTES + len(FRONT))
    return read_front(file.read(FRONT_BYTES))


def _unreadable(file: IO[bytes], size: int, walked: list[Placed], stopped: int) -> LetterError:
    """Why no manifest was found."""
    said = _front(file)
    file.seek(0)
    begin = file.read(4)
    if not begin:
        return LetterError(msg("这个文件是空的，不是函件。请重新拷贝。"))
    if said is None:
        is_zip = begin == b"PK\x03\x04"
        return LetterError(
            msg("这是一个压缩包，但不是函件：里面没有函件的清单。请选择由治理平台生成的函件文件。")
            if is_zip
            else msg("这个文件不是函件。请选择由治理平台生成的函件文件。")
        )
    if is_newer(said[0]):
        return newer(said[0])
    if said[1] > size:
        name = walked[-1].name if walked else FRONT
        sentence = msg(
            "这份函件不完整：应有 %(total)d 字节，只有 %(size)d 字节，少了 %(less)d 字节，断在“%(name)s”处。请重新拷贝。"
        )
        return LetterCut(sentence, size=size, total=said[1], less=said[1] - size, name=name)
    return LetterError(msg("这份函件损坏严重：从第 %(at)d 字节起读不下去，找不到清单。请重新拷贝。"), at=stopped + 1)


# -- comparing -----------------------------------------------------------------------------------------------------------


def _check_length(found: Found, file: IO[bytes], size: int, limits: Limits) -> None:
    """Is the file as long as what the manifest names makes it?"""
    total = whole_bytes(place(_names_and_sizes(found), limits), limits)
    said = _front(file)
    if found.note is None and said is not None:
        total = max(total, said[1])
    if size > total:
        found.say(
            msg("文件末尾从第 %(at)d 字节起多出 %(more)d 字节，不属于这份函件。"), at=total + 1, more=size - total
        )
    elif size < total:
        sentence = msg("文件不完整：应有 %(total)d 字节，只有 %(size)d 字节，少了 %(less)d 字节。请重新拷贝。")
        found.say(sentence, total=total, size=size, less=total - size)


def _check_bytes(found: Found, file: IO[bytes], size: int, limits: Limits) -> None:
    """Compare headers with what the writer would have written, and each content with its hash."""
    moment = found.manifest.header.made_at
    placed = place(_names_and_sizes(found), limits)
    total = whole_bytes(placed, limits)
    hashes = {member.name: member.sha256 for member in found.manifest.members}
    summed: list[tuple[Placed, bool]] = []
    for where in placed:
        digest, crc, length = _hashed(file, where)
        each = replace(where, crc=crc)
        found.places[each.name] = each
        is_same = length == each.size and hashes.get(each.name, digest) == digest
        if not is_same:
            _say_content(found, each)
        if each.name == FRONT:
            is_same = _check_front(found, file, each, total)
        if each.header_at < size:
            wanted = local_header(each.name, each.size, each.crc, moment, limits)
            text = msg("“%(name)s”的文件头被改过：第 %(at)d 字节和清单对不上。")
            _compare(found, file, each.header_at, wanted, None if is_same else CRC_LOCAL, text, each.name)
        summed.append((each, is_same))
    _check_directory(found, file, size, summed, moment, limits)


def _hashed(file: IO[bytes], each: Placed) -> tuple[str, int, int]:
    digest, crc, length = hashlib.sha256(), 0, 0
    for chunk in chunks(file, each.content_at, each.size):
        digest.update(chunk)
        crc = zlib.crc32(chunk, crc)
        length += len(chunk)
    return digest.hexdigest(), crc, length


def _say_content(found: Found, each: Placed) -> None:
    sentence = msg("“%(name)s”的内容和清单的 SHA-256 不符，在文件的第 %(at)d 至 %(end)d 字节之间被改过。")
    found.say(sentence, name=each.name, at=each.content_at + 1, end=each.end)


def _check_front(found: Found, file: IO[bytes], each: Placed, total: int) -> bool:
    before = len(found.faults)
    text = msg("“%(name)s”的内容被改过：第 %(at)d 字节和清单对不上。")
    _compare(found, file, each.content_at, front(total), None, text, each.name)
    return len(found.faults) == before


def _compare(found: Found, file: IO[bytes], at: int, wanted: bytes, but: slice | None, text: str, name: str) -> None:
    """Say where the file differs from `wanted`; of `but` nothing can be said."""
    file.seek(at)
    given = file.read(len(wanted))
    if but is not None:
        given = given[: but.start] + wanted[but] + given[but.stop :] if len(given) >= but.stop else given
    # What is missing at the end is told of as the file's length.
    if given != wanted[: len(given)]:
        place_in = next(i for i, (one, other) in enumerate(zip(given, wanted, strict=False)) if one != other)
        found.say(text, name=name, at=at + place_in + 1)


def _check_directory(
    found: Found,
    file: IO[bytes],
    size: int,
    summed: list[tuple[Placed, bool]],
    moment: datetime,
    limits: Limits,
) -> None:
    begin = at = summed[-1][0].end
    text = msg("文件目录里“%(name)s”一行被改过：第 %(at)d 字节和清单对不上。")
    for each, is_same in summed:
        entry = directory_entry(each, moment, limits)
        if at < size:
            _compare(found, file, at, entry, None if is_same else CRC_CENTRAL, text, each.name)
        at += len(entry)
    if at < size:
        text = msg("文件的结尾记录被改过：第 %(at)d 字节和清单对不上。")
        _compare(found, file, at, end_record(len(summed), begin, at - begin, limits), None, text, "")


def _check_names(found: Found) -> None:
    """Say which members are missing, too many, twice, of another size or in another order."""
    wanted, given = _names_and_sizes(found), [(each.name, each.size) for each in found.seen]
    sizes, names = dict(wanted), [name for name, _ in given]
    for name in (name for name, times in Counter(names).items() if times > 1):
        found.say(msg("“%(name)s”在文件里出现了不止一次。"), name=name)
    for name, size in dict(given).items():
        if name not in sizes:
            found.say(msg("文件里有清单没有写的“%(name)s”。"), name=name)
        elif size != sizes[name]:
            sentence = msg("“%(name)s”在文件里有 %(size)d 字节，清单写的是 %(said)d 字节。")
            found.say(sentence, name=name, size=size, said=sizes[name])
    missing = [name for name, _ in wanted if name not in set(names)]
    for name in missing:
        found.say(msg("缺少清单里的“%(name)s”。"), name=name)
    if sorted(given) == sorted(wanted):
        name = next(one for (one, _), other in zip(wanted, names, strict=True) if one != other)
        found.say(msg("文件里各项的顺序和清单不同，从“%(name)s”起。"), name=name)


def _check_contents(found: Found, file: IO[bytes]) -> None:
    """Hash those members that are there once and have the size that the manifest says."""
    at, end = {}, 0
    for each in sorted(found.seen, key=lambda each: each.header_at):
        # What lies over another would be read again and again.
        if each.header_at >= end:
            at[each.name], end = each, each.end
    for member in found.manifest.members:
        there = at.get(member.name)
        if there is None or there.size != member.bytes:
            continue
        if _hashed(file, there)[0] == member.sha256:
            found.places[member.name] = there
        else:
            _say_content(found, there)


# -- who it is from ------------------------------------------------------------------------------------------------------


def _check_signature(found: Found, given: Sequence[PublicKey]) -> None:
    if found.note is None:
        return
    try:
        note = found.note.decode()
        text, signatures = split_note(note)
    except (UnicodeDecodeError, NoteError):
        found.say(msg("“signature”读不懂，签名没有核对。请让发出方重新发送。"))
        return
    if text != signed_over(found.raw):
        found.say(msg("清单 manifest.json 和签名“signature”对不上：其中之一在签名之后被改过。"))
        return
    keys = _keys(found, given)
    good = [key for key in keys if any(_is_by(key, each, text) for each in signatures)]
    found.signed_by = tuple(good)
    for each in signatures:
        if not any(_is_by(key, each, text) for key in keys):
            _say_signer(found, each, keys)
    if text + "\n" + "".join(_line(each) for each in signatures) != note:
        found.say(msg("“signature”里签名行的写法不对，被改过。"))
    if good and not given:
        ids = "、".join(key.id for key in good)
        sentence = msg("签名和函件自带的公钥（%(ids)s）相符；这把公钥是不是发出方的，请用对方公布的公钥核对。")
        found.open.append(Saying(sentence, {"ids": ids}))


def _keys(found: Found, given: Sequence[PublicKey]) -> tuple[PublicKey, ...]:
    """The keys to believe: those given, and those that statements join to them; else those inside."""
    header = found.manifest.header
    try:
        return trusted(given or [PublicKey.read(key) for key in header.keys], header.statements)
    except NoteError as error:
        found.faults.append(Saying(error.message, error.params))
        return tuple(given)


def _is_by(key: PublicKey, signature: Signature, text: str) -> bool:
    same = signature.name == key.name and signature.key_id == key.id
    return same and key.has_signed(text.encode(), signature.raw)


def _line(signature: Signature) -> str:
    raw = bytes.fromhex(signature.key_id) + signature.raw
    return f"— {signature.name} {base64.b64encode(raw).decode()}\n"


def _say_signer(found: Found, signature: Signature, keys: Sequence[PublicKey]) -> None:
    params = {"name": signature.name, "id": signature.key_id}
    if any(key.name == signature.name and key.id == signature.key_id for key in keys):
        found.say(msg("“signature”里 %(name)s（密钥 %(id)s）的签名不成立：签名被改过。"), **params)
    else:
        found.say(
            msg("函件由 %(name)s（密钥 %(id)s）签名，本平台不认识这把密钥。请先按对方公布的公钥登记，再读这份函件。"),
            **params,
        )


def _check_kind(found: Found, wanted: str) -> None:
    kind = found.manifest.header.kind
    if kind not in KINDS:
        found.say(msg("这是一份“%(kind)s”类的函件，本平台不认识这一类。请升级本平台后再读。"), kind=kind)
    elif wanted and kind != wanted:
        found.say(msg("这是一份“%(kind)s”类的函件，这里要的是“%(wanted)s”。请选对文件。"), kind=kind, wanted=wanted)
