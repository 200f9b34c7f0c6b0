"""Someone hands in a file: its kind is told by its content, and what can't be taken in gets a sentence."""

import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shanzhi.core.errors import DomainError
from shanzhi.kernel.files import policy
from shanzhi.kernel.files.cleaning import clean_video
from shanzhi.kernel.files.policy import JPEG, MP4, PDF, PNG, WEBP, Place
from shanzhi.kernel.files.tests.pictures import SECRET, box, picture, video

NOW = datetime(2025, 11, 20, 1, 0, tzinfo=UTC)
HEIC = "这是 HEIC 格式的照片，暂时打不开。请在手机“设置—相机—格式”里选“兼容性最佳”，或把照片截图后再传。"
MOV = "这是 MOV 格式的视频，暂时打不开。请在手机“设置—相机—格式”里选“兼容性最佳”后重拍，或转成 MP4 再传。"
OTHER = "不支持这种文件。可以上传照片（JPG、PNG、WebP）、PDF 和 MP4 视频。"


def sentence_of(call, *arguments) -> tuple[int, str]:
    with pytest.raises(DomainError) as caught:
        call(*arguments)
    return caught.value.status, str(caught.value)


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (picture("JPEG"), JPEG),
        (picture("PNG"), PNG),
        (picture("WEBP"), WEBP),
        (b"%PDF-1.7\n...", PDF),
        (video(), MP4),
        (video(brand=b"mp42"), MP4),
    ],
)
def test_it_tells_the_kind_by_content(data, media_type):
    assert policy.media_type_of(data) == media_type


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (video(brand=b"heic"), HEIC),
        (video(brand=b"mif1"), HEIC),
        (video(brand=b"qt  "), MOV),
        (b"GIF89a....", OTHER),
        (b"MZ\x90\0", OTHER),
        (b"<html><script>", OTHER),
        (b"<svg xmlns=", OTHER),
        (b"PK\x03\x04", OTHER),
        (b"RIFF\0\0\0\0WAVE", OTHER),
        (b"x", OTHER),
    ],
)
def test_it_refuses_every_other_kind_and_says_what_to_do(data, sentence):
    assert sentence_of(policy.media_type_of, data) == (422, sentence)


def test_it_refuses_what_is_empty_or_over_20_megabytes():
    assert sentence_of(policy.check_size, 0) == (422, "这个文件是空的。请重新选择文件再上传。")
    assert sentence_of(policy.check_size, 20_000_001) == (
        413,
        "文件超过 20 MB，没有上传。请压缩后再传，视频请拍短一些。",
    )
    policy.check_size(20_000_000)


def test_it_takes_nine_files_in_one_step_and_no_tenth():
    policy.check_count(9)
    assert sentence_of(policy.check_count, 10) == (422, "一次最多上传 9 个文件，这次选了 10 个。请去掉几个再提交。")


@pytest.mark.parametrize(
    ("name", "media_type", "kept"),
    [
        ("张三家门口.jpg", JPEG, "照片.jpg"),
        ("IMG_0001.PNG", PNG, "照片.png"),
        ("me.mp4", MP4, "视频.mp4"),
        ("维修 合同.pdf", PDF, "维修 合同.pdf"),
        ("C:\\Users\\zhang\\维修合同.PDF", PDF, "维修合同.pdf"),
        ("../../etc/passwd", PDF, "passwd.pdf"),
        ("申请13800138000-37030219800101123X.pdf", PDF, "申请＊-＊.pdf"),
        ('a"b\r\nc<d>.pdf', PDF, "a b c d.pdf"),
        ("", PDF, "文件.pdf"),
        ("....pdf", PDF, "文件.pdf"),
        ("长" * 200 + ".pdf", PDF, "长" * 60 + ".pdf"),
    ],
)
def test_it_keeps_a_name_that_gives_nobody_away(name, media_type, kept):
    assert policy.name_kept(name, media_type) == kept


@pytest.mark.parametrize(
    ("exif", "place"),
    [
        (((36, 48, 46.8), "N", (118, 3, 18), "E"), Place(36.813, 118.055)),
        (((36, 48, 46.8), "S", (118, 3, 18), b"W\0"), Place(-36.813, -118.055)),
        (((36.5,), "N", (118.25,), "E"), Place(36.5, 118.25)),
        (((0, 0, 0), "N", (0, 0, 0), "E"), None),
        (((91, 0, 0), "N", (118, 0, 0), "E"), None),
        (((36, 0, 0), "N", (181, 0, 0), "E"), None),
        (((math.nan, 0, 0), "N", (118, 0, 0), "E"), None),
        (("a", "N", (118, 0, 0), "E"), None),
        (((), "N", (), "E"), None),
        ((None, None, None, None), None),
    ],
)
def test_it_reads_a_place_only_where_there_is_one(exif, place):
    assert policy.place_from_exif(*exif) == place


@pytest.mark.parametrize(
    ("original", "offset", "taken_at"),
    [
        ("2025:11:18 14:05:00", None, datetime(2025, 11, 18, 6, 5, tzinfo=UTC)),
        ("2025:11:18 14:05:00", "+09:00", datetime(2025, 11, 18, 5, 5, tzinfo=UTC)),
        ("2025:11:18 14:05:00", "-02:30", datetime(2025, 11, 18, 16, 35, tzinfo=UTC)),
        ("2025:11:18 14:05:00\0", "nonsense", datetime(2025, 11, 18, 6, 5, tzinfo=UTC)),
        ("2026:01:01 00:00:00", None, None),
        ("1970:01:01 00:00:00", None, None),
        ("0000:00:00 00:00:00", None, None),
        ("", None, None),
        (None, None, None),
    ],
)
def test_it_reads_a_time_only_where_it_can_be_true(original, offset, taken_at):
    assert policy.taken_from_exif(original, offset, NOW) == taken_at


def test_it_takes_place_and_owner_out_of_a_video_and_moves_nothing():
    sent = video()
    clean = clean_video(sent)
    assert (sent.count(SECRET), clean.count(SECRET), clean.count(b"+36.8130")) == (2, 0, 0)
    assert (len(clean), clean.index(b"frames")) == (len(sent), sent.index(b"frames"))
    assert clean_video(clean) == clean


@pytest.mark.parametrize(
    "data",
    [
        video()[:-3],
        video() + b"\0\0",
        box(b"ftyp", b"isom") + box(b"mdat", b"frames"),
        box(b"ftyp", b"isom") + b"\0\0\0\1moov" + b"\xff" * 8,
    ],
)
def test_it_refuses_a_video_whose_parts_do_not_fit(data):
    assert sentence_of(clean_video, data) == (422, "视频没有传完整，打不开。请重新选择视频再上传。")


@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF0000WEBP", b"0000ftypisom"]),
)
def test_it_answers_any_bytes_with_a_kind_or_a_sentence(data, head):
    try:
        answer = policy.media_type_of(head + data)
    except DomainError as error:
        answer = str(error)
    assert answer in {*policy.EXTENSIONS, HEIC, MOV, OTHER}
