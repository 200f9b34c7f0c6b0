"""The vault seals, opens, refuses what was tampered with, finds by blind index and commits to texts."""

import base64
import hmac
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shanzhi.kernel.vault.policy import (
    BadKeyRing,
    KeyRing,
    Tampered,
    UnknownEnvelope,
    UnknownKey,
    VaultError,
    commit,
    new_keyring_text,
    new_salt,
)

OLD, NEW, INDEX = bytes(range(32)), bytes(range(32, 64)), bytes(range(64, 96))
RING = KeyRing([("k1", OLD)], INDEX)
ROTATED = KeyRing([("k2", NEW), ("k1", OLD)], INDEX)
texts = st.text(st.characters(codec="utf-8"), max_size=200)


def encode(key: bytes) -> str:
    """Base64 as in a key file."""
    return base64.b64encode(key).decode()


@given(st.binary(max_size=2000), st.binary(max_size=50))
def test_it_opens_what_it_sealed(plaintext: bytes, context: bytes) -> None:
    blob = RING.seal(plaintext, context=context)
    assert RING.open_sealed(blob, context=context) == plaintext
    assert RING.open_sealed(memoryview(blob), context=context) == plaintext
    assert len(blob) == 3 + 2 + 12 + len(plaintext) + 16


@given(st.binary(max_size=60), st.data())
def test_it_refuses_every_changed_byte(plaintext: bytes, data: st.DataObject) -> None:
    blob = bytearray(RING.seal(plaintext, context=b"contact/1"))
    place = data.draw(st.integers(0, len(blob) - 1))
    blob[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises((Tampered, UnknownKey, UnknownEnvelope)):
        RING.open_sealed(bytes(blob), context=b"contact/1")


@given(st.binary(max_size=60), st.data())
def test_it_refuses_every_cut(plaintext: bytes, data: st.DataObject) -> None:
    blob = RING.seal(plaintext, context=b"")
    with pytest.raises(VaultError):
        RING.open_sealed(blob[: data.draw(st.integers(0, len(blob) - 1))], context=b"")


@given(st.binary(max_size=100))
def test_it_refuses_noise(blob: bytes) -> None:
    with pytest.raises(VaultError):
        RING.open_sealed(blob, context=b"")


def test_it_refuses_an_envelope_moved_to_another_record() -> None:
    blob = RING.seal(b"13812345678", context=b"contact/1")
    with pytest.raises(Tampered, match="被改动过，或不属于这条记录"):
        RING.open_sealed(blob, context=b"contact/2")


def test_it_keeps_header_and_context_apart() -> None:
    blob = KeyRing([("k", OLD)], INDEX).seal(b"x", context=b"1/contact")
    moved = bytes((1, 1, 2)) + b"k1" + blob[4:]
    with pytest.raises(Tampered):
        KeyRing([("k1", OLD)], INDEX).open_sealed(moved, context=b"/contact")


def test_it_names_a_key_that_is_missing() -> None:
    blob = ROTATED.seal(b"x", context=b"")
    with pytest.raises(UnknownKey, match="没有“k2”号密钥"):
        RING.open_sealed(blob, context=b"")


def test_it_refuses_another_key_of_the_same_id() -> None:
    blob = RING.seal(b"x", context=b"")
    with pytest.raises(Tampered):
        KeyRing([("k1", NEW)], INDEX).open_sealed(blob, context=b"")


@pytest.mark.parametrize("head", [bytes((2, 1)), bytes((1, 3)), bytes((0, 1))])
def test_it_refuses_a_version_or_algorithm_that_it_does_not_know(head: bytes) -> None:
    blob = RING.seal(b"x", context=b"")
    with pytest.raises(UnknownEnvelope, match="格式认不出来"):
        RING.open_sealed(head + blob[2:], context=b"")


def test_it_seals_under_the_first_key_and_opens_under_all() -> None:
    old, new = RING.seal(b"old", context=b"c"), ROTATED.seal(b"new", context=b"c")
    assert (ROTATED.active_id, ROTATED.ids) == ("k2", ("k2", "k1"))
    assert ROTATED.open_sealed(old, context=b"c") == b"old"
    assert ROTATED.open_sealed(new, context=b"c") == b"new"
    assert new[:5] == bytes((1, 1, 2)) + b"k2"
    assert (ROTATED.is_current(old), ROTATED.is_current(new)) == (False, True)


def test_it_never_seals_the_same_way_twice() -> None:
    blobs = {RING.seal(b"same", context=b"c") for _ in range(1000)}
    assert len(blobs) == 1000
    assert len({blob[5:17] for blob in blobs}) == 1000


def test_it_finds_equal_values_by_blind_index_within_one_purpose() -> None:
    index = RING.blind_index("+8613812345678", "phone")
    assert len(index) == 32
    assert index == ROTATED.blind_index(b"+8613812345678", "phone")
    assert index != RING.blind_index("+8613812345679", "phone")
    assert index != RING.blind_index("+8613812345678", "id-card")
    assert index != KeyRing([("k1", OLD)], NEW).blind_index("+8613812345678", "phone")


def test_it_derives_the_keys_that_the_standards_give() -> None:
    # RFC 5869 by hand: extract with a zero salt, then one block of expand.
    def hkdf(info: bytes) -> bytes:
        extracted = hmac.digest(bytes(32), INDEX, "sha256")
        return hmac.digest(extracted, info + b"\x01", "sha256")

    assert RING.derive("follow-code") == hkdf(b"shanzhi/derive/v1/follow-code")
    assert RING.derive("follow-code") == ROTATED.derive("follow-code") != RING.derive("other")
    assert RING.blind_index("a", "p") == hmac.digest(hkdf(b"shanzhi/blind-index/v1/p"), b"a", "sha256")


@given(texts, texts)
def test_it_commits_to_one_text_only(one: str, other: str) -> None:
    salt = new_salt()
    assert commit(one, salt) == sha256(salt + one.encode()).digest()
    assert (commit(one, salt) == commit(other, salt)) is (one == other)
    assert commit(one, salt) != commit(one, new_salt())


def test_it_wants_a_whole_salt() -> None:
    assert len(new_salt()) == 16
    with pytest.raises(ValueError, match="16 bytes"):
        commit("x", b"short")


def test_it_makes_a_ring_that_it_can_read() -> None:
    text = new_keyring_text("2025-01")
    ring = KeyRing.load(text)
    assert ring.ids == ("2025-01",)
    assert KeyRing.load(text).open_sealed(ring.seal(b"x", context=b""), context=b"") == b"x"
    assert new_keyring_text() != new_keyring_text()


def test_it_reads_a_ring_with_comments_and_blank_lines() -> None:
    ring = KeyRing.load(f"# keys\n\n k2 : {encode(NEW)} \r\nindex:{encode(INDEX)}\nk1:{encode(OLD)}\n")
    assert ring.ids == ("k2", "k1")
    assert ring.derive("x") == ROTATED.derive("x")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "有且只有一行 index"),
        (f"k1:{encode(OLD)}", "有且只有一行 index"),
        (f"k1:{encode(OLD)}\nindex:{encode(INDEX)}\nindex:{encode(NEW)}", "有且只有一行 index"),
        (f"index:{encode(INDEX)}", "没有数据密钥"),
        (f"k1:{encode(OLD)}\nk1:{encode(NEW)}\nindex:{encode(INDEX)}", "“k1”出现了两次"),
        (f"k1:{encode(OLD[:31])}\nindex:{encode(INDEX)}", "“k1”的密钥不是 32 字节"),
        (f"k1:{encode(OLD)}\nindex:{encode(b'short')}", "“index”的密钥不是 32 字节"),
        (f"\nk1:***\nindex:{encode(INDEX)}", "第 2 行读不懂"),
        (f"k1:密钥\nindex:{encode(INDEX)}", "第 1 行读不懂"),
        (f"{'k' * 33}:{encode(OLD)}\nindex:{encode(INDEX)}", "不合规"),
        (f"钥:{encode(OLD)}\nindex:{encode(INDEX)}", "不合规"),
    ],
)
def test_it_says_what_is_wrong_with_a_ring_without_showing_keys(text: str, sentence: str) -> None:
    with pytest.raises(BadKeyRing, match=sentence) as caught:
        KeyRing.load(text)
    assert encode(OLD)[:8] not in str(caught.value)


@pytest.mark.parametrize("key_id", ["index", "", "a b", "k" * 33])
def test_it_refuses_an_impossible_id_for_a_new_ring(key_id: str) -> None:
    with pytest.raises(BadKeyRing):
        new_keyring_text(key_id)


def test_it_shows_no_key_in_logs() -> None:
    assert repr(ROTATED) == "<KeyRing k2, k1>"
