"""Pictures and videos as people send them, made here."""

import io
import struct

from PIL import ExifTags, Image
from PIL.TiffImagePlugin import IFDRational

SECRET = b"Zhang San, 13800138000"


def picture(
    kind: str = "JPEG", size: tuple[int, int] = (60, 40), *, exif: Image.Exif | None = None, **options
) -> bytes:
    """A picture, red on its left half and blue on its right."""
    image = Image.new("RGB", size, "blue")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    out = io.BytesIO()
    image.save(out, kind, **({"exif": exif} if exif else {}), **options)
    return out.getvalue()


def phone_exif(*, orientation: int = 1, taken: str = "2025:11:18 14:05:00", offset: str | None = None) -> Image.Exif:
    """EXIF as a phone writes it, with the place 36°48'46.8" N 118°3'18" E (Zhangdian, Zibo)."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Artist] = SECRET.decode()
    exif[ExifTags.Base.Model] = "Phone 9"
    inner = exif.get_ifd(ExifTags.IFD.Exif)
    inner[ExifTags.Base.DateTimeOriginal] = taken
    if offset:
        inner[ExifTags.Base.OffsetTimeOriginal] = offset
    where = exif.get_ifd(ExifTags.IFD.GPSInfo)
    where[ExifTags.GPS.GPSLatitudeRef] = "N"
    where[ExifTags.GPS.GPSLatitude] = (IFDRational(36), IFDRational(48), IFDRational(468, 10))
    where[ExifTags.GPS.GPSLongitudeRef] = "E"
    where[ExifTags.GPS.GPSLongitude] = (IFDRational(118), IFDRational(3), IFDRational(18))
    return exif


def box(kind: bytes, *content: bytes) -> bytes:
    """One box of an MP4."""
    body = b"".join(content)
    return struct.pack(">I4s", len(body) + 8, kind) + body


def video(*, brand: bytes = b"isom") -> bytes:
    """The frame of an MP4 with its owner and place written into it twice."""
    track = box(b"trak", box(b"tkhd", b"track"), box(b"meta", SECRET))
    film = box(b"moov", box(b"mvhd", b"head"), track, box(b"udta", box(b"\xa9xyz", b"+36.8130+118.0550/" + SECRET)))
    return box(b"ftyp", brand, b"\0\0\0\0") + film + box(b"mdat", b"frames")
