"""What may be handed in as evidence, told by content and never by name, and what is kept of it.

Sizes are bytes, picture sides pixels, places degrees in WGS84 (the datum of EXIF, CIPA DC-008 section 4.6.6).
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from io import BytesIO
from zipfile import BadZipFile, ZipFile

from shanzhi.core.errors import DomainError, InputError, NotFound, TooLarge
from shanzhi.core.periods import CITY_ZONE
from shanzhi.core.text import clean_text, msg

MAX_BYTES = 20_000_000
MAX_PIXELS = 60_000_000
MAX_FILES_A_STEP = 9
KEPT_SIDE = 4096
PREVIEW_SIDE = 480
NAME_LENGTH = 60

JPEG, PNG, WEBP, PDF, MP4 = "image/jpeg", "image/png", "image/webp", "application/pdf", "video/mp4"
PICTURES = frozenset({JPEG, PNG, WEBP})
EXTENSIONS = {JPEG: "jpg", PNG: "png", WEBP: "webp", PDF: "pdf", MP4: "mp4"}
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TXT = "text/plain"
OFFICE = {DOCX: "docx", XLSX: "xlsx", TXT: "txt"}
"""Papers that an office writes: taken in where it is asked for, for the archive alone."""
_ENDINGS = {**EXTENSIONS, **OFFICE}
SHOWN_IN_BROWSER = PICTURES
"""Types that a browser may show by itself; it is told to save all others."""

EVIDENCE, REPORT, REPLY = "evidence", "report", "reply"
PURPOSES = frozenset({EVIDENCE, REPORT, REPLY})

_HEIC_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis"})
_MP4_BRANDS = frozenset(
    {b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"3gp4", b"3gp5"}
)
_LONG_NUMBER = re.compile(r"\d{6,}[\dXx]?")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_UNSAFE_IN_NAMES = re.compile(r'[\\/:*?"<>|%\x00-\x1f]+')


class FileRefused(InputError):
    """A file that can't be taken in as it is."""

    code = "file-refused"


class FileTooLarge(TooLarge):
    """More bytes than are taken in."""

    code = "file-too-large"


class TooManyPixels(TooLarge):
    """A picture that is harmless as a file and fills the memory when it is opened."""

    code = "too-many-pixels"


class TooManyFiles(InputError):
    """More files in one step than are taken in."""

    code = "too-many-files"


class StoreUnavailable(DomainError):
    """The store can't be written for now: its disk is full, or read-only, or gone."""

    status = 503
    code = "store-unavailable"


class FileMissing(NotFound):
    """No such file, or not for this person."""

    code = "file-missing"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a picture was taken: degrees north and east in WGS84."""

    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that lies in the store under its hash; nothing refers to it until it is attached.

    `sha256` is 64 hex digits over the bytes as kept, `width` and `height` are those of the picture as kept.
    """

    sha256: str
    media_type: str
    size: int
    name: str
    width: int | None = None
    height: int | None = None
    place: Place | None = None
    taken_at: datetime | None = None


def check_size(size: int) -> None:
    """Raise for an empty file (FileRefused) or one over 20 MB (FileTooLarge)."""
    if size == 0:
        raise FileRefused(msg("这个文件是空的。请重新选择文件再上传。"))
    if size > MAX_BYTES:
        raise FileTooLarge(msg("文件超过 20 MB，没有上传。请压缩后再传，视频请拍短一些。"))


def check_count(count: int) -> None:
    """Raise TooManyFiles for more than nine files in one step."""
    if count > MAX_FILES_A_STEP:
        raise TooManyFiles(
            msg("一次最多上传 %(most)s 个文件，这次选了 %(count)s 个。请去掉几个再提交。"),
            most=MAX_FILES_A_STEP,
            count=count,
        )


def check_pixels(width: int, height: int) -> None:
    """Raise TooManyPixels for more than 60 million pixels; ask this of a picture's head, before it is decoded."""
    if width * height > MAX_PIXELS:
        raise too_many_pixels()


def too_many_pixels() -> DomainError:
    """The error for a picture with too many pixels."""
    return TooManyPixels(msg("照片的尺寸太大，最多 6000 万像素。请缩小照片或截图后再传。"))


def broken_picture() -> DomainError:
    """The error for a picture that ends too early or can't be decoded."""
    return FileRefused(msg("照片没有传完整，打不开。请重新选择照片再上传。"))


def broken_video() -> DomainError:
    """The error for a video whose parts don't fit together."""
    return FileRefused(msg("视频没有传完整，打不开。请重新选择视频再上传。"))


def storage_key(sha256: str) -> str:
    """Where a file lies in the store: two levels of folders, so that none gets too full."""
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"


def preview_key(sha256: str) -> str:
    """Where a picture's small preview lies."""
    return f"{storage_key(sha256)}.preview"


def office_type_of(data: bytes) -> str | None:
    """The type of an office's paper: DOCX or XLSX without macros, or plain text; None for anything else."""
    if data.startswith(b"PK\x03\x04"):
        try:
            with ZipFile(BytesIO(data)) as packed:
                names = frozenset(packed.namelist())
        except (BadZipFile, ValueError):
            return None
        if any(name.lower().endswith("vbaproject.bin") for name in names):
            return None
        return DOCX if "word/document.xml" in names else XLSX if "xl/workbook.xml" in names else None
    return TXT if _is_text(data) else None


def _is_text(data: bytes) -> bool:
    """UTF-8, or the Chinese encoding of older offices; without a null character."""
    if b"\x00" in data:
        return False
    for name in ("utf-8", "gb18030"):
        try:
            return _CONTROL.search(data.decode(name)) is None
        except UnicodeDecodeError:
            continue
    return False


def media_type_of(data: bytes) -> str:
    """The media type that the content itself shows.

    Raises:
        FileRefused: another type, or one that browsers here can't show (HEIC, QuickTime); says what to do.
    """
    brand = data[8:12] if data[4:8] == b"ftyp" else b""
    if data.startswith(b"\xff\xd8\xff"):
        return JPEG
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return WEBP
    if data.startswith(b"%PDF-"):
        return PDF
    if brand in _MP4_BRANDS:
        return MP4
    raise _refusal(brand)


def _refusal(brand: bytes) -> DomainError:
    if brand in _HEIC_BRANDS:
        return FileRefused(
            msg("这是 HEIC 格式的照片，暂时打不开。请在手机“设置—相机—格式”里选“兼容性最佳”，或把照片截图后再传。")
        )
    if brand == b"qt  ":
        return FileRefused(
            msg("这是 MOV 格式的视频，暂时打不开。请在手机“设置—相机—格式”里选“兼容性最佳”后重拍，或转成 MP4 再传。")
        )
    return FileRefused(msg("不支持这种文件。可以上传照片（JPG、PNG、WebP）、PDF 和 MP4 视频。"))


def name_kept(name: str, media_type: str) -> str:
    """The name under which a file is offered.

    A picture's or video's own name says nothing to a reader and may say something about its owner, so they get a
    common one. A paper keeps its name, cleaned, with long numbers (phone, identity card) taken out.
    """
    ending = _ENDINGS[media_type]
    if media_type in PICTURES:
        return f"照片.{ending}"
    if media_type == MP4:
        return f"视频.{ending}"
    stem = clean_text(name.replace("\\", "/").rpartition("/")[2]).replace("\n", " ")
    stem = re.sub(rf"\.{ending}$", "", stem, flags=re.IGNORECASE)
    stem = _LONG_NUMBER.sub("＊", _UNSAFE_IN_NAMES.sub(" ", stem)).strip(" .")[:NAME_LENGTH].strip()
    return f"{stem or '文件'}.{ending}"


def _degrees(parts: Sequence[object], reference: object, negative: str, limit: float) -> float | None:
    numbers = [float(part) for part in parts]  # type: ignore[arg-type]  # EXIF rationals; anything else raises
    degrees = sum(number / 60**power for power, number in enumerate(numbers[:3]))
    if isinstance(reference, bytes):
        reference = reference.decode("ascii", "replace")
    signed = -degrees if str(reference).strip("\0 ").upper() == negative else degrees
    return signed if math.isfinite(signed) and abs(signed) <= limit else None


def place_from_exif(lat: object, lat_ref: object, lon: object, lon_ref: object) -> Place | None:
    """The place in a picture's EXIF (degrees, minutes, seconds and N/S, E/W), or None where it makes no sense.

    0° N 0° E is what many cameras write when they have no fix, so it is no place.
    """
    if not isinstance(lat, Sequence) or not isinstance(lon, Sequence) or not lat or not lon:
        return None
    try:
        north, east = _degrees(lat, lat_ref, "S", 90), _degrees(lon, lon_ref, "W", 180)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    if north is None or east is None or (abs(north) < 1e-6 and abs(east) < 1e-6):
        return None
    return Place(round(north, 6), round(east, 6))


def taken_from_exif(original: object, offset: object, now: datetime) -> datetime | None:
    """When a picture was taken ("2025:11:18 14:05:00"), aware; without an offset it is the city's time.

    None where it can't be read, is before 2000 or after `now`: a camera whose clock was never set proves nothing.
    """
    try:
        moment = datetime.strptime(str(original).strip("\0 "), "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007 the zone is set below
    except ValueError:
        return None
    match = re.fullmatch(r"([+-])(\d\d):(\d\d)", str(offset or "").strip("\0 "))
    zone: timezone | None = None
    if match and int(match[2]) <= 14 and int(match[3]) < 60:
        minutes = timedelta(hours=int(match[2]), minutes=int(match[3]))
        zone = timezone(minutes if match[1] == "+" else -minutes)
    moment = moment.replace(tzinfo=zone or CITY_ZONE)
    return moment if moment.year >= 2000 and moment <= now + timedelta(hours=1) else None
