"""Someone sends a photo: it is kept without anything that tells of them, or refused with a sentence."""

import io
import struct
import zlib
from datetime import UTC, datetime

import pytest
from PIL import Image

from shanzhi.core.errors import DomainError
from shanzhi.kernel.files import policy
from shanzhi.kernel.files.cleaning import clean_picture
from shanzhi.kernel.files.policy import JPEG, PNG, WEBP, Place
from shanzhi.kernel.files.tests.pictures import SECRET, phone_exif, picture

NOW = datetime(2025, 11, 20, 1, 0, tzinfo=UTC)


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def refusal(data: bytes, media_type: str = JPEG) -> str:
    with pytest.raises(DomainError) as caught:
        clean_picture(data, media_type, now=NOW)
    return str(caught.value)


@pytest.mark.parametrize(("kind", "media_type"), [("JPEG", JPEG), ("PNG", PNG), ("WEBP", WEBP)])
def test_it_reads_place_and_time_and_keeps_nothing_but_the_picture(kind, media_type):
    sent = picture(kind, exif=phone_exif())
    assert SECRET in sent
    clean = clean_picture(sent, media_type, now=NOW)
    assert clean.place == Place(36.813, 118.055)
    assert clean.taken_at == datetime(2025, 11, 18, 6, 5, tzinfo=UTC)
    assert (clean.width, clean.height, opened(clean.data).format) == (60, 40, kind)
    assert SECRET not in clean.data
    assert dict(opened(clean.data).getexif()) == {}


def test_it_keeps_no_comment_no_xmp_and_nothing_that_hangs_on_behind():
    sent = picture("JPEG", comment=SECRET, xmp=b"<x>" + SECRET + b"</x>") + SECRET
    assert sent.count(SECRET) == 3
    clean = clean_picture(sent, JPEG, now=NOW)
    assert SECRET not in clean.data
    assert SECRET not in clean.preview


def test_it_keeps_no_text_of_a_png():
    text = b"Comment\0" + SECRET
    chunk = struct.pack(">I", len(text)) + b"tEXt" + text + struct.pack(">I", zlib.crc32(b"tEXt" + text))
    plain = picture("PNG")
    sent = plain[:33] + chunk + plain[33:]
    assert SECRET not in clean_picture(sent, PNG, now=NOW).data


def test_it_turns_a_picture_upright():
    clean = clean_picture(picture(exif=phone_exif(orientation=6)), JPEG, now=NOW)
    assert (clean.width, clean.height) == (40, 60)
    reds = opened(clean.data).getchannel("R").tobytes()
    assert (reds[40 * 10] > 200, reds[40 * 50] < 50) == (True, True)


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_it_takes_grey_and_print_colours(mode):
    out = io.BytesIO()
    Image.new(mode, (20, 20)).save(out, "JPEG", icc_profile=b"a profile of other colours")
    kept = opened(clean_picture(out.getvalue(), JPEG, now=NOW).data)
    assert (kept.mode, kept.size, "icc_profile" in kept.info) == ("RGB", (20, 20), False)


def test_it_keeps_the_colour_profile_of_a_phone():
    kept = opened(clean_picture(picture(icc_profile=b"Display P3"), JPEG, now=NOW).data)
    assert kept.info["icc_profile"] == b"Display P3"


def test_it_keeps_what_is_see_through():
    out = io.BytesIO()
    Image.new("RGBA", (20, 20), (255, 0, 0, 0)).save(out, "PNG")
    assert opened(clean_picture(out.getvalue(), PNG, now=NOW).data).getpixel((5, 5)) == (255, 0, 0, 0)


def test_it_brings_a_large_picture_down_and_makes_a_small_preview():
    clean = clean_picture(picture(size=(6000, 1500)), JPEG, now=NOW)
    assert (clean.width, clean.height, opened(clean.data).size) == (4096, 1024, (4096, 1024))
    assert (opened(clean.preview).format, opened(clean.preview).size) == ("WEBP", (480, 120))


def test_it_gives_the_same_bytes_for_the_same_picture():
    sent = picture(exif=phone_exif())
    assert clean_picture(sent, JPEG, now=NOW) == clean_picture(sent, JPEG, now=NOW)


def head_of_a_bomb(width: int, height: int) -> bytes:
    """A PNG of some bytes that says it is huge."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(("width", "height"), [(10_000, 6_001), (10_000, 10_000), (60_000, 60_000)])
def test_it_refuses_an_image_bomb_by_its_head(width, height):
    sentence = "照片的尺寸太大，最多 6000 万像素。请缩小照片或截图后再传。"
    assert refusal(head_of_a_bomb(width, height), PNG) == sentence


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("part", [0.05, 0.5, 0.9])
def test_it_refuses_a_picture_that_ends_too_early(kind, part):
    image = Image.effect_noise((300, 200), 90).convert("RGB")
    out = io.BytesIO()
    image.save(out, kind)
    sent = out.getvalue()[: int(len(out.getvalue()) * part)]
    assert refusal(sent, policy.media_type_of(sent)) == "照片没有传完整，打不开。请重新选择照片再上传。"


# Pillow says so in a warning, which a server only logs.
@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_it_takes_a_good_picture_whose_exif_is_damaged():
    sent = picture(exif=phone_exif())
    start = sent.index(b"Exif\0\0") + 10
    damaged = sent[:start] + b"\xff" * 40 + sent[start + 40 :]
    clean = clean_picture(damaged, JPEG, now=NOW)
    assert (clean.place, clean.taken_at, clean.width) == (None, None, 60)
