from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from shanzhi.ui import formats

CHINA = ZoneInfo("Asia/Shanghai")
NOW = datetime(2025, 11, 20, 15, 30, tzinfo=CHINA)


@pytest.mark.parametrize(
    ("at", "chinese", "english"),
    [
        (datetime(2025, 11, 20, 14, 5, tzinfo=CHINA), "今天 14:05", "Today 14:05"),
        (datetime(2025, 11, 19, 9, 12, tzinfo=CHINA), "昨天 09:12", "Yesterday 09:12"),
        (datetime(2025, 11, 21, 0, 0, tzinfo=CHINA), "明天 00:00", "Tomorrow 00:00"),
        (datetime(2025, 11, 18, 23, 59, tzinfo=CHINA), "11月18日", "18 Nov"),
        (datetime(2024, 11, 18, 9, 0, tzinfo=CHINA), "2024年11月18日", "18 Nov 2024"),
        (datetime(2025, 11, 19, 16, 30, tzinfo=UTC), "今天 00:30", "Today 00:30"),
    ],
)
def test_it_says_a_moment_as_people_do(at, chinese, english):
    assert formats.when_text(at, NOW) == chinese
    assert formats.when_text(at, NOW, "en") == english


def test_it_gives_the_exact_moment_for_titles():
    assert formats.exact_text(NOW) == "2025年11月20日 15:30"
    assert formats.exact_text(NOW, "en") == "20 Nov 2025 15:30"


@pytest.mark.parametrize(
    ("left", "chinese", "english"),
    [
        (timedelta(days=1, hours=4), "剩 1 天 4 小时", "1 day 4 hours left"),
        (timedelta(days=3, minutes=40), "剩 3 天", "3 days left"),
        (timedelta(hours=2, minutes=5), "剩 2 小时 5 分钟", "2 hours 5 minutes left"),
        (timedelta(minutes=40), "剩 40 分钟", "40 minutes left"),
        (timedelta(0), "剩不到 1 分钟", "less than a minute left"),
        (timedelta(days=-2, hours=-3), "超期 2 天", "2 days overdue"),
        (timedelta(hours=-3), "超期 3 小时", "3 hours overdue"),
        (timedelta(seconds=-20), "超期不到 1 分钟", "less than a minute overdue"),
    ],
)
def test_it_says_what_remains_until_a_deadline(left, chinese, english):
    assert formats.left_text(left) == chinese
    assert formats.left_text(left, "en") == english


def test_it_counts_days_of_the_clock_that_runs():
    left = timedelta(hours=12)
    assert formats.left_text(left, day_seconds=8 * 3_600, working=True) == "剩 1 天 4 小时（工作时间）"
    assert formats.left_text(left, "en", day_seconds=8 * 3_600, working=True) == "1 day 4 hours left (working time)"


@pytest.mark.parametrize(
    ("value", "chinese", "english"),
    [
        (0, "0", "0"),
        (1_234, "1,234", "1,234"),
        (9_999, "9,999", "9,999"),
        (10_000, "1 万", "10k"),
        (12_345, "1.2 万", "12.3k"),
        (-12_345, "-1.2 万", "-12.3k"),
        (12_345_678, "1,234.6 万", "12.3m"),
        (99_940_000, "9,994 万", "99.9m"),
        (99_999_999, "1 亿", "100m"),
        (123_456_789, "1.2 亿", "123.5m"),
        (3.5, "3.5", "3.5"),
        (Decimal("3.25"), "3.3", "3.3"),
    ],
)
def test_it_shortens_large_numbers(value, chinese, english):
    assert formats.number_text(value) == chinese
    assert formats.number_text(value, "en") == english


def test_it_gives_shares_with_their_base():
    assert formats.share_text(84, 96) == "87.5%，共 96 件"
    assert formats.share_text(1, 3, unit="人") == "33.3%，共 3 人"
    assert formats.share_text(9_000, 12_000) == "75.0%，共 1.2 万件"
    assert formats.share_text(84, 96, "en") == "87.5% of 96"


def test_it_gives_no_share_of_a_sample_that_is_too_small():
    assert formats.share_text(2, 5, minimum=30) == "样本不足"
    assert formats.share_text(0, 0) == "样本不足"
    assert formats.share_text(2, 5, "en", minimum=30) == "too few cases"


def test_it_caps_counts_and_reads_sizes():
    assert [formats.count_text(n) for n in (0, 25, 1_000, 1_001)] == ["0", "25", "1,000", "1,000+"]
    assert [formats.size_text(n) for n in (1, 840_000, 3_565_158, 10_485_760)] == ["1 KB", "820 KB", "3.4 MB", "10 MB"]
