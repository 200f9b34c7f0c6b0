"""The tree of RFC 9162: the public vectors of other logs, and every proof of trees of any size."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shanzhi.kernel.journal.policy.tiles import (
    TILE_BYTES,
    consistency,
    consistency_places,
    edge_places,
    grow,
    inclusion,
    inclusion_places,
    places,
    root,
    root_ranges,
)
from shanzhi.kernel.journal.policy.tree import (
    HASHES,
    UnknownHash,
    empty_root,
    hasher,
    is_consistent,
    is_included,
    leaf_hash,
    node_hash,
    root_of,
)

SHA256, SM3 = hasher("sha256"), hasher("sm3")

# The reference vectors of Certificate Transparency (RFC 6962), as transparency-dev/merkle has them in
# proof/verify_test.go: eight leaves, the roots of the trees of 1 to 8 of them, inclusion and consistency proofs.
LEAVES = [bytes.fromhex(text) for text in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
)]  # fmt: skip
ROOTS = """
e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d
fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125
aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77
d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7
4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4
76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef
ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c
5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328
""".split()
A = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
B = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
C = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
D = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
E = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
F = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
G = "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f"
INCLUSIONS = [
    (0, 1, []),
    (0, 8, [A, B, C]),
    (5, 8, [D, E, ROOTS[4]]),
    (2, 3, [ROOTS[2]]),
    (1, 5, [ROOTS[1], B, D]),
]
CONSISTENCIES = [
    (1, 1, []),
    (1, 8, [A, B, C]),
    (6, 8, [F, E, ROOTS[4]]),
    (2, 5, [B, D]),
    (6, 7, [F, G, ROOTS[4]]),
]


def leaves_of(h, data):
    return [leaf_hash(h, each) for each in data]


def tree_of(h, hashes, steps=None):
    """Tiles of a tree that grew in steps of these sizes (the rest at once), as sealing does it."""
    tiles: dict = {}
    size = 0
    for step in [*(steps or []), len(hashes)]:
        more = hashes[size : size + step]
        edge = {place: tiles[place] for place in edge_places(size)}
        tiles |= grow(h, size, edge, more)
        size += len(more)
    assert size == len(hashes)
    return tiles


TILES = tree_of(SHA256, leaves_of(SHA256, LEAVES))


@pytest.mark.parametrize("size", range(9))
def test_it_has_the_roots_of_the_public_vectors(size):
    hashes = leaves_of(SHA256, LEAVES[:size])
    assert root_of(SHA256, hashes).hex() == ROOTS[size]
    assert root(SHA256, size, TILES).hex() == ROOTS[size]


@pytest.mark.parametrize("leaf, size, path", INCLUSIONS)
def test_it_proves_leaves_as_the_public_vectors_do(leaf, size, path):
    found = inclusion(SHA256, leaf, size, TILES)
    assert [each.hex() for each in found] == path
    hashed, above = leaf_hash(SHA256, LEAVES[leaf]), bytes.fromhex(ROOTS[size])
    assert is_included(SHA256, leaf=leaf, size=size, hashed=hashed, path=found, root=above)


@pytest.mark.parametrize("old, new, path", CONSISTENCIES)
def test_it_proves_growth_as_the_public_vectors_do(old, new, path):
    found = consistency(SHA256, old, new, TILES)
    assert [each.hex() for each in found] == path
    before, after = bytes.fromhex(ROOTS[old]), bytes.fromhex(ROOTS[new])
    assert is_consistent(SHA256, old=old, old_root=before, new=new, new_root=after, path=found)


def test_it_hashes_by_sm3_as_the_standard_does():
    """GB/T 32905-2016, appendix A: both examples."""
    assert SM3(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert SM3(b"abcd" * 16).hex() == "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"


def test_it_keeps_leaves_and_nodes_apart():
    left, right = leaf_hash(SHA256, b"a"), leaf_hash(SHA256, b"b")
    assert leaf_hash(SHA256, left + right) != node_hash(SHA256, left, right)


def test_it_refuses_a_hash_function_that_it_does_not_know():
    with pytest.raises(UnknownHash, match="md5"):
        hasher("md5")


sizes = st.integers(1, 700)


def some(count):
    return [leaf_hash(SHA256, number.to_bytes(4, "big")) for number in range(count)]


ALL = some(70_000)
BIG = tree_of(SHA256, ALL)


@settings(deadline=None)
@given(st.lists(st.integers(1, 400), max_size=6), sizes)
def test_it_grows_to_the_same_tiles_in_any_steps(steps, size):
    hashes = ALL[: sum(steps) + size]
    tiles = tree_of(SHA256, hashes, steps)
    assert tiles == tree_of(SHA256, hashes)
    assert root(SHA256, len(hashes), tiles) == root_of(SHA256, hashes)


@settings(deadline=None)
@given(st.data(), st.sampled_from(sorted(HASHES)))
def test_it_proves_every_leaf_of_every_size(data, name):
    h = hasher(name)
    size = data.draw(st.integers(1, 300))
    leaf = data.draw(st.integers(0, size - 1))
    hashes = leaves_of(h, [number.to_bytes(4, "big") for number in range(size)])
    tiles, top = tree_of(h, hashes), root_of(h, hashes)
    path = inclusion(h, leaf, size, tiles)
    assert is_included(h, leaf=leaf, size=size, hashed=hashes[leaf], path=path, root=top)


@settings(deadline=None)
@given(st.data())
def test_it_proves_any_growth_of_a_large_tree(data):
    new = data.draw(st.integers(1, len(ALL)))
    old = data.draw(st.integers(0, new))
    path = consistency(SHA256, old, new, BIG)
    before, after = root(SHA256, old, BIG), root(SHA256, new, BIG)
    assert is_consistent(SHA256, old=old, old_root=before, new=new, new_root=after, path=path)
    if 0 < old < new:
        other = root(SHA256, old - 1, BIG)
        assert not is_consistent(SHA256, old=old, old_root=other, new=new, new_root=after, path=path)
        assert not is_consistent(SHA256, old=old, old_root=before, new=new, new_root=other, path=path)
        assert not is_consistent(SHA256, old=old, old_root=before, new=new, new_root=after, path=path[:-1])


@settings(deadline=None)
@given(st.data())
def test_it_refuses_every_proof_that_is_not_exact(data):
    size = data.draw(st.integers(2, len(ALL)))
    leaf = data.draw(st.integers(0, size - 1))
    path, top, hashed = inclusion(SHA256, leaf, size, BIG), root(SHA256, size, BIG), ALL[leaf]
    assert is_included(SHA256, leaf=leaf, size=size, hashed=hashed, path=path, root=top)
    at = data.draw(st.integers(0, len(path) - 1))
    bent = bytes([path[at][0] ^ 8]) + path[at][1:]
    for wrong in (
        {"path": (*path[:at], bent, *path[at + 1 :])},
        {"path": path[:-1]},
        {"path": path[1:]},
        {"path": (*path, top)},
        {"path": (top, *path)},
        {"path": (*path, b"")},
        {"leaf": leaf - 1},
        {"leaf": leaf ^ 2},
        {"size": size * 2},
        {"size": leaf},
        {"hashed": top},
        {"root": empty_root(SHA256)},
    ):
        given_ = {"leaf": leaf, "size": size, "hashed": hashed, "path": path, "root": top} | wrong
        assert not is_included(SHA256, **given_), wrong


@settings(deadline=None)
@given(st.data())
def test_it_reads_at_most_two_tiles_of_each_level(data):
    size = data.draw(st.integers(1, 10**12))
    leaf = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(0, size))
    for wanted in (inclusion_places(leaf, size), consistency_places(old, size), places(root_ranges(size))):
        levels = [level for level, _ in wanted]
        assert max((levels.count(level) for level in levels), default=0) <= 2
        assert len(wanted) <= 10


def test_it_keeps_tiles_of_256_hashes():
    full = [place for place, tile in BIG.items() if len(tile) == TILE_BYTES]
    assert len(full) == 70_000 // 256 + 1
    assert sorted(place for place, tile in BIG.items() if len(tile) < TILE_BYTES) == edge_places(70_000)


@pytest.mark.parametrize("leaf, size", [(0, 0), (1, 1), (-1, 5), (5, 5)])
def test_it_has_no_proof_of_what_is_not_there(leaf, size):
    with pytest.raises(ValueError):
        inclusion(SHA256, leaf, size, TILES)


def test_it_has_no_proof_of_shrinking():
    with pytest.raises(ValueError):
        consistency(SHA256, 5, 4, TILES)
