"""SM4-GCM by the standards' own vectors, and both algorithms side by side in one ring."""

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from shanzhi.kernel.vault.policy.ciphers import SM4GCM, make_cipher
from shanzhi.kernel.vault.policy.envelope import BadKeyRing, KeyRing, Tampered, UnknownEnvelope, key_of_head

# RFC 8998, appendix A.1.
KEY = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")
NONCE = bytes.fromhex("00001234567800000000ABCD")
HEADER = bytes.fromhex("FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2")
PLAIN = b"".join(bytes([byte]) * 8 for byte in bytes.fromhex("AABBCCDDEEFFEEAA"))
SEALED = bytes.fromhex(
    "17F399F08C67D5EE19D0DC9969C4BB7D5FD46FD3756489069157B282BB200735"
    "D82710CA5C22F0CCFA7CBF93D496AC15A56834CBCF98C397B4024A2691233B8D"
    "83DE3541E4C2B58177E065A9BF7B62EC"
)
RINGS = {
    cipher: KeyRing([("k1", bytes(range(32)))], bytes(range(64, 96)), cipher=cipher)
    for cipher in ("aes-256-gcm", "sm4-gcm")
}


def test_it_enciphers_a_block_as_gb_t_32907_says():
    running = Cipher(algorithms.SM4(KEY), modes.ECB()).encryptor()
    assert running.update(KEY).hex() == "681edf34d206965e86b3e94f536e4246"


def test_it_seals_and_opens_the_vector_of_rfc_8998():
    assert SM4GCM(KEY).encrypt(NONCE, PLAIN, HEADER) == SEALED
    assert SM4GCM(KEY).decrypt(NONCE, SEALED, HEADER) == PLAIN


@pytest.mark.parametrize("place", [0, 40, 63, 64, 79])
def test_it_refuses_a_changed_vector(place):
    changed = bytearray(SEALED)
    changed[place] ^= 1
    with pytest.raises(InvalidTag):
        SM4GCM(KEY).decrypt(NONCE, bytes(changed), HEADER)
    with pytest.raises(InvalidTag):
        SM4GCM(KEY).decrypt(NONCE, SEALED, HEADER[:-1])


def test_it_derives_a_key_of_its_own_from_the_ring():
    """SM4 takes 16 bytes: not the first half of the ring's key, which AES uses whole."""
    ring_key = KEY + bytes(16)
    assert make_cipher(2, ring_key).encrypt(NONCE, PLAIN, HEADER) != SEALED


@pytest.mark.parametrize("plain", [b"", b"x", "赵钱孙".encode(), bytes(5000)])
@pytest.mark.parametrize("cipher", RINGS)
def test_it_opens_what_either_algorithm_sealed(cipher, plain):
    blob = RINGS[cipher].seal(plain, context=b"c")
    assert [ring.open_sealed(blob, context=b"c") for ring in RINGS.values()] == [plain, plain]
    assert [ring.is_current(blob) for ring in RINGS.values()] == [name == cipher for name in RINGS]
    assert key_of_head(blob[:5]) == ("k1", 1 if cipher == "aes-256-gcm" else 2)
    assert len(blob) == 3 + 2 + 12 + len(plain) + 16


def test_it_refuses_a_blob_that_claims_the_other_algorithm():
    for ring in RINGS.values():
        blob = bytearray(ring.seal(b"x", context=b""))
        blob[1] = 3 - blob[1]
        with pytest.raises(Tampered):
            ring.open_sealed(bytes(blob), context=b"")


@pytest.mark.parametrize("cipher", ["", "SM4", "sm4", "aes", "none", "AES-256-GCM"])
def test_it_knows_no_other_cipher(cipher):
    with pytest.raises(BadKeyRing):
        KeyRing([("k1", bytes(32))], bytes(32), cipher=cipher)


@pytest.mark.parametrize("head", [b"", b"\x01", b"\x01\x03\x02k1", b"\x02\x01\x02k1"])
def test_it_reads_no_key_from_what_is_no_head(head):
    with pytest.raises(UnknownEnvelope):
        key_of_head(head)
