"""The canonical form is the same in Python and in SQL, whatever the session's settings, and never changes."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import orjson
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shanzhi.config import database
from shanzhi.kernel.journal.policy.canonical import CANONICAL_SQL, EntryFields, canonical, read
from tests.concurrency.committed import City, city

__all__ = ["city"]

ENTRY = EntryFields(
    42, 987654321, datetime(2026, 11, 22, 1, 20, 0, 500_000, tzinfo=UTC), datetime(2026, 11, 22, 1, 19, tzinfo=UTC),
    "matters.dispatch", 1, "matter", 7, 3, "370303", "post", 5, None,
    {"lead": 8, "co": [9, 10], "due_at": None, "limit": "5wd", "a": Decimal("0.50"), "原因": "换行\n“引号”\"\\\x7f"},
)  # fmt: skip
# Written down once. A change of these bytes would break every tree that a city has.
BYTES = (
    '["shanzhi-entry-1", 42, "987654321", "2026-11-22T01:20:00.5", "2026-11-22T01:19:00", "matters.dispatch", 1,'
    ' "matter", 7, 3, "370303", "post", 5, null, {"a": 0.50, "co": [9, 10], "lead": 8, "limit": "5wd", "due_at": null,'
    ' "原因": "换行\\n“引号”\\"\\\\\x7f"}]'
).encode()


def test_it_has_these_bytes_for_ever():
    assert canonical(ENTRY) == BYTES
    assert read(BYTES) == ENTRY


def test_it_does_not_mind_the_time_zone_of_a_time():
    east = timezone(timedelta(hours=8))
    fields = {name: getattr(ENTRY, name) for name in EntryFields.__slots__}
    moved = EntryFields(**(fields | {"recorded_at": ENTRY.recorded_at.astimezone(east)}))
    assert canonical(moved) == BYTES


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", BYTES[:-1], BYTES.replace(b"entry-1", b"entry-2"), b"[" + BYTES])
def test_it_reads_nothing_else(data):
    with pytest.raises(ValueError):
        read(data)


def test_it_refuses_what_has_lost_its_digits():
    fields = {name: getattr(ENTRY, name) for name in EntryFields.__slots__}
    with pytest.raises(TypeError, match="float"):
        canonical(EntryFields(**(fields | {"payload": {"share": 0.5}})))


texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20)
numbers = st.integers(-(2**70), 2**70) | st.decimals(allow_nan=False, allow_infinity=False, places=4)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
times = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))


def dumped(value: object) -> str:
    """JSON with every digit of a Decimal."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{dumped(key)}:{dumped(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(dumped, value)) + "]"
    return (
        str(value) if isinstance(value, Decimal | int) and not isinstance(value, bool) else orjson.dumps(value).decode()
    )


@pytest.fixture(scope="module")
def admin(city: City):
    with psycopg.connect(database.admin_url(city.installation)) as opened:
        yield opened
        opened.rollback()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.dictionaries(texts, values, max_size=6),
    times,
    times,
    texts,
    st.integers(1, 2**31 - 1),
    st.sampled_from(["UTC", "Asia/Shanghai", "America/St_Johns"]),
    st.sampled_from(["ISO, YMD", "SQL, DMY", "German"]),
)
def test_it_is_the_same_in_sql(admin, payload, recorded, happened, text, number, zone, style):
    fields = EntryFields(
        number,
        number * 5,
        recorded,
        happened,
        text,
        1,
        "matter",
        -number,
        number,
        text,
        "system",
        None,
        number,
        payload,
    )
    admin.execute("SELECT set_config('TimeZone', %s, true), set_config('DateStyle', %s, true)", [zone, style])
    row = admin.execute(
        f"SELECT {CANONICAL_SQL} FROM (SELECT %s::bigint AS id, %s::text::xid8 AS transaction_id,"
        " %s::timestamptz AS recorded_at, %s::timestamptz AS happened_at, %s::text AS action, 1::smallint AS version,"
        " 'matter'::text AS subject_kind, %s::bigint AS subject_id, %s::integer AS subject_step, %s::text AS scope_code,"
        " 'system'::text AS author_kind, NULL::bigint AS author_post_id, %s::bigint AS author_unit_id,"
        " %s::jsonb AS payload) AS e",
        [number, str(number * 5), recorded, happened, text, -number, number, text, number, dumped(payload)],
    ).fetchone()
    admin.rollback()
    assert row[0] == canonical(fields)
    assert canonical(read(row[0])) == row[0]
