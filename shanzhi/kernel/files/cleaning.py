"""Taking out of pictures and videos what the sender didn't mean to send: place, camera, owner, thumbnails, comments."""

import io
import struct
import zlib
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from threading import BoundedSemaphore

from PIL import ExifTags, Image, ImageOps

from shanzhi.core.errors import DomainError
from shanzhi.kernel.files import policy
from shanzhi.kernel.files.policy import JPEG, PNG, WEBP, Place

# What Pillow raises on bytes that aren't the picture they begin as.
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, TypeError, struct.error, zlib.error, IndexError, OverflowError)
_FORMATS = {JPEG: "JPEG", PNG: "PNG", WEBP: "WEBP"}
# A large picture takes some hundred megabytes while it is open: one at a time in a process.
_ONE_AT_A_TIME = BoundedSemaphore(1)


@dataclass(frozen=True, slots=True)
class CleanPicture:
    """A picture as it is kept: bytes without anything but the picture, its small preview, and what was read before."""

    data: bytes
    preview: bytes
    width: int
    height: int
    place: Place | None
    taken_at: datetime | None


def clean_picture(data: bytes, media_type: str, *, now: datetime) -> CleanPicture:
    """Decode a picture, turn it upright, bring it to at most 4096 px a side and encode it anew without metadata.

    Raises:
        TooManyPixels: over 60 million pixels; found in the head, before any memory is spent.
        FileRefused: can't be decoded to its end.
    """
    with _ONE_AT_A_TIME:
        try:
            with Image.open(io.BytesIO(data), formats=[_FORMATS[media_type]]) as picture:
                policy.check_pixels(*picture.size)
                place, taken_at = _read_exif(picture, now)
                upright = _upright(picture)
            kept = _encode(upright, media_type)
            width, height = upright.size
            upright.thumbnail((policy.PREVIEW_SIDE, policy.PREVIEW_SIDE))
            preview = _encode(upright, WEBP)
        except DomainError:
            raise
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise policy.too_many_pixels() from error
        except _BROKEN as error:
            raise policy.broken_picture() from error
    return CleanPicture(kept, preview, width, height, place, taken_at)


def _read_exif(picture: Image.Image, now: datetime) -> tuple[Place | None, datetime | None]:
    try:
        exif = picture.getexif()
        where = exif.get_ifd(ExifTags.IFD.GPSInfo)
        how = exif.get_ifd(ExifTags.IFD.Exif)
    except (*_BROKEN, KeyError):  # damaged EXIF is no reason to refuse a good picture
        return None, None
    gps, base = ExifTags.GPS, ExifTags.Base
    place = policy.place_from_exif(
        where.get(gps.GPSLatitude),
        where.get(gps.GPSLatitudeRef),
        where.get(gps.GPSLongitude),
        where.get(gps.GPSLongitudeRef),
    )
    return place, policy.taken_from_exif(how.get(base.DateTimeOriginal), how.get(base.OffsetTimeOriginal), now)


def _upright(picture: Image.Image) -> Image.Image:
    """The bare picture, made small before it is copied or turned: a large one costs memory once only."""
    picture.draft("RGB", _draft_size(*picture.size))
    # A profile for other colours (print, grey) says nothing about the red, green and blue that are kept.
    profile = picture.info.get("icc_profile") if picture.mode in {"RGB", "RGBA", "P"} else None
    mode = "RGBA" if "A" in picture.getbands() or "transparency" in picture.info else "RGB"
    bare = picture if picture.mode == mode else picture.convert(mode)
    bare.thumbnail((policy.KEPT_SIDE, policy.KEPT_SIDE))
    with suppress(*_BROKEN, KeyError):  # damaged EXIF again: it is shown as it lies
        ImageOps.exif_transpose(bare, in_place=True)
    # A plain image, so that nothing of the file hangs on it: comments, XMP and texts are in `info`. The colour profile
    # alone stays, or phone pictures turn pale.
    bare = bare.crop((0, 0, *bare.size))
    bare.info = {"icc_profile": profile} if profile else {}
    return bare


def _draft_size(width: int, height: int) -> tuple[int, int]:
    """The size at which a JPEG is decoded: a half or a quarter straight away, as long as three quarters of what is kept
    are there. A picture of 48 megapixels then takes the memory of one of 12."""
    factor = 1
    while max(width, height) >= factor * 2 * policy.KEPT_SIDE * 3 // 4:
        factor *= 2
    return width // factor, height // factor


def _encode(picture: Image.Image, media_type: str) -> bytes:
    out = io.BytesIO()
    profile = picture.info.get("icc_profile")
    if media_type == JPEG:
        flat = picture if picture.mode == "RGB" else picture.convert("RGB")
        flat.save(out, "JPEG", quality=87, optimize=True, progressive=True, icc_profile=profile)
    elif media_type == PNG:
        picture.save(out, "PNG", icc_profile=profile)
    else:
        picture.save(out, "WEBP", quality=80, method=3, icc_profile=profile or b"")
    return out.getvalue()


# ISO/IEC 14496-12: boxes that hold other boxes, and those that hold texts about the recording (place, device, owner).
_CONTAINERS = frozenset({b"moov", b"trak", b"moof", b"traf"})
_ABOUT = frozenset({b"udta", b"meta", b"uuid"})
_HEAD = 8


def clean_video(data: bytes) -> bytes:
    """An MP4 with its descriptive boxes turned into zeroed free space: same length, so no table of offsets changes.

    Raises:
        FileRefused: the boxes don't fit into the file, or there is no film in it.
    """
    out = bytearray(data)
    found = _blank(out, 0, len(out))
    if not {b"moov", b"mdat"} <= found:
        raise policy.broken_video()
    return bytes(out)


def _box(data: bytearray, start: int, end: int) -> tuple[bytes, int, int]:
    """Kind, length of the head and whole length of the box at `start`."""
    if end - start < _HEAD:
        raise policy.broken_video()
    size, kind = struct.unpack_from(">I4s", data, start)
    head = _HEAD
    if size == 1 and end - start >= 2 * _HEAD:
        size, head = struct.unpack_from(">Q", data, start + _HEAD)[0], 2 * _HEAD
    elif size == 0:
        size = end - start
    if size < head or start + size > end:
        raise policy.broken_video()
    return kind, head, size


def _blank(data: bytearray, start: int, end: int) -> set[bytes]:
    """Blank the descriptive boxes between two offsets; returns the kinds of boxes met at this level."""
    found: set[bytes] = set()
    while start < end:
        kind, head, size = _box(data, start, end)
        if kind in _CONTAINERS:
            _blank(data, start + head, start + size)
        elif kind in _ABOUT:
            data[start + 4 : start + _HEAD] = b"free"
            data[start + head : start + size] = bytes(size - head)
        found.add(kind)
        start += size
    return found
