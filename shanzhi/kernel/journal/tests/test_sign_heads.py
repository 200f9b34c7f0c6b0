"""Heads are signed notes: the vectors of RFC 8032 and of signed-note, what is read, what is refused, how keys follow."""

import base64
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shanzhi.kernel.journal.policy.heads import (
    Head,
    TreeState,
    key_statement,
    read_head,
    read_statement,
    trusted,
)
from shanzhi.kernel.journal.policy.notes import (
    BadSigningKeys,
    NoteError,
    PublicKey,
    SigningKey,
    default_name,
    new_seed,
    read_seeds,
    sign_note,
    signers,
    split_note,
)

AT = datetime(2026, 11, 22, 1, 20, tzinfo=UTC)

# RFC 8032, section 7.1, tests 1 to 3: private key, public key, message, signature.
RFC8032 = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        "d25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
        "387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
        "4a7c15e9716ed28dc027beceea1ec40a",
    ),
]
# The example of golang.org/x/mod/sumdb/note, the format's origin: private key, public key, text, signature line.
PETER_SEED = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
PETER_LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


@pytest.mark.parametrize("seed, public, message, signature", RFC8032)
def test_it_signs_as_rfc_8032_does(seed, public, message, signature):
    key = SigningKey("rfc", bytes.fromhex(seed))
    assert key.public.raw.hex() == public
    text = bytes.fromhex(message)
    assert key.public.has_signed(text, bytes.fromhex(signature))
    assert not key.public.has_signed(text + b"x", bytes.fromhex(signature))
    if text.isascii():
        line = key.sign(text.decode())
        assert base64.b64decode(line.split(" ")[2])[4:].hex() == signature


def test_it_writes_notes_as_other_logs_do():
    key = SigningKey("PeterNeumann", PETER_SEED)
    assert key.public.text() == PETER
    assert PublicKey.read(PETER) == key.public
    note = sign_note(PETER_TEXT, [key])
    assert note == PETER_TEXT + "\n" + PETER_LINE
    assert signers(note, [key.public]) == (key.public,)
    assert split_note(note)[0] == PETER_TEXT


@pytest.mark.parametrize(
    "text",
    ["", "PeterNeumann", PETER[:-1], PETER[1:], PETER.replace("c74f20a3", "c74f20a4"), PETER.replace("ARpc", "ARpd"),
     PETER.replace("+ARpc", "+BRpc"), "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "名称+1+？"],
)  # fmt: skip
def test_it_refuses_a_public_key_with_anything_wrong_in_it(text):
    with pytest.raises(NoteError):
        PublicKey.read(text)


KEY, OTHER = SigningKey("log", b"\x01" * 32), SigningKey("log", b"\x02" * 32)
HEAD = Head(
    "log", TreeState(2, 1234, b"\x11" * 32), "sha256", AT, TreeState(1, 950, b"\x22" * 32), TreeState(1, 1000, b"\x33" * 32)
)  # fmt: skip


def test_it_writes_a_head_as_people_can_read_it():
    assert HEAD.text() == (
        "log/2\n1234\nERERERERERERERERERERERERERERERERERERERERERE=\nhash sha256\ntime 2026-11-22T01:20:00Z\n"
        "previous 1 950 IiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiI=\n"
        "shown 1 1000 MzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzM=\n"
    )


states = st.builds(TreeState, st.integers(1, 99), st.integers(0, 2**60), st.binary(min_size=32, max_size=32))
heads = st.builds(
    Head,
    st.from_regex(r"[A-Za-z0-9._:-]{1,40}", fullmatch=True),
    states,
    st.sampled_from(["sha256", "sm3"]),
    st.datetimes(datetime(1970, 1, 1), datetime(9999, 1, 1)).map(lambda at: at.replace(microsecond=0, tzinfo=UTC)),
    st.none() | states,
    st.none() | states,
)


@settings(deadline=None)
@given(heads)
def test_it_reads_every_head_that_it_writes(head):
    note = head.signed([KEY])
    found = read_head(note)
    assert found.head == head
    assert found.note == note
    assert found.key_ids == (KEY.public.id,)
    assert found.signers([OTHER.public]) == ()


def test_it_reads_a_head_that_was_copied_with_other_line_ends():
    note = HEAD.signed([KEY])
    for copied in (note.replace("\n", "\r\n"), "\n" + note + "\n\n"):
        assert read_head(copied).signers([KEY.public]) == (KEY.public,)


def test_it_finds_every_changed_byte_of_a_head():
    note = HEAD.signed([KEY]).encode()
    for at in range(len(note)):
        changed = note[:at] + bytes([note[at] ^ 1]) + note[at + 1 :]
        try:
            found = read_head(changed.decode()).signers([KEY.public])
        except (NoteError, UnicodeDecodeError):
            continue
        assert found == (), at


@pytest.mark.parametrize(
    "break_it",
    [
        lambda note: "",
        lambda note: note.split("\n\n")[0],
        lambda note: note.replace("log/2", "log"),
        lambda note: note.replace("log/2", "lo g/2"),
        lambda note: note.replace("1234", "01234"),
        lambda note: note.replace("1234", "-1"),
        lambda note: note.replace("sha256", "md5"),
        lambda note: note.replace("time 2026-11-22", "time 2026-11-31"),
        lambda note: note.replace("hash sha256\n", ""),
        lambda note: note.replace("hash sha256\n", "hash sha256\nhash sha256\n"),
        lambda note: note.replace("previous 1", "previous"),
        lambda note: note.replace("\n\n", "\nmore 1\n\n"),
        lambda note: note.replace("— log", "log"),
    ],
)
def test_it_refuses_what_is_not_written_as_heads_are(break_it):
    with pytest.raises(NoteError):
        read_head(break_it(HEAD.signed([KEY])))


def test_it_trusts_a_key_that_the_one_before_it_names():
    third = SigningKey("log", b"\x03" * 32)
    notes = [key_statement(old=KEY, new=OTHER, at=AT), key_statement(old=OTHER, new=third, at=AT)]
    assert read_statement(notes[0]) == (KEY.public, OTHER.public)
    everyone = {KEY.public, OTHER.public, third.public}
    for given_ in everyone:
        assert set(trusted([given_], notes)) == everyone
    assert trusted([KEY.public], []) == (KEY.public,)
    stranger = SigningKey("log", b"\x09" * 32)
    assert trusted([stranger.public], notes) == (stranger.public,)


def test_it_refuses_a_statement_that_only_one_of_both_has_signed():
    note = key_statement(old=KEY, new=OTHER, at=AT)
    text, _ = split_note(note)
    for alone in (KEY, OTHER):
        with pytest.raises(NoteError, match=OTHER.public.id):
            read_statement(sign_note(text, [alone]))
    with pytest.raises(NoteError):
        read_statement(HEAD.signed([KEY]))
    with pytest.raises(NoteError):
        trusted([KEY.public], [note.replace("time 2026", "time 2027")])


def test_it_reads_the_seeds_of_the_secrets():
    first, second = new_seed(), new_seed()
    assert read_seeds(f"{first}\n{second}") == (base64.b64decode(first), base64.b64decode(second))
    assert default_name(b"\x01" * 32) == default_name(b"\x01" * 32) != default_name(b"\x02" * 32)
    assert "AQEB" not in repr(KEY)


@pytest.mark.parametrize(
    "text", ["", "\n", "abc", base64.b64encode(b"x" * 31).decode(), base64.b64encode(bytes(32)).decode() + "\n?"]
)
def test_it_refuses_seeds_that_it_can_not_use_and_shows_none(text):
    with pytest.raises(BadSigningKeys) as caught:
        read_seeds(text)
    assert not text.strip() or text.split()[0] not in str(caught.value)


def test_it_signs_another_text_for_every_part_of_a_head():
    changed = [
        replace(HEAD, name="other"),
        replace(HEAD, hash="sm3"),
        replace(HEAD, previous=None),
        replace(HEAD, shown=None),
        replace(HEAD, tree=TreeState(2, 1235, HEAD.tree.root)),
    ]
    assert len({head.text() for head in (HEAD, *changed)}) == 6
