"""Anybody does a draw again from its file, and whatever was changed in it is named in a sentence."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shanzhi.kernel.draws.policy import BadDrawFile, Item, read_draw, redo, tell, write_draw
from shanzhi.kernel.draws.policy.announcement import Announcement, BadAnnouncement, Stratum, draw, read_announcement
from shanzhi.kernel.draws.policy.drawfile import DrawFile
from shanzhi.kernel.draws.policy.frame import frame_sha256, frame_text, read_frame
from shanzhi.kernel.draws.tests.own_draw import BEFORE, ITEMS, KEY, NONCES, announced, own_draw
from shanzhi.kernel.journal.policy import read_head
from shanzhi.kernel.journal.policy.notes import SigningKey

ROOT = bytes(range(32))


def faults(drawn: DrawFile, **more: Any) -> list[str]:
    return [str(fault) for fault in redo(drawn, **more).faults]


def test_a_whole_file_comes_out_the_same():
    drawn, _ = own_draw()
    redone = redo(read_draw(write_draw(drawn)), given=[KEY.public])
    assert [str(fault) for fault in redone.faults] == []
    assert redone.result == drawn.result
    told = tell(redone)
    assert "● 甲县，抽 3 个：" in told
    assert told[-1] == "重新抽取的结果和文件一致。"


def test_the_seed_and_the_result_stay_what_they_were():
    """The forms never change for draws that are announced: these values were written down once."""
    drawn, _ = own_draw()
    assert announced().sha256 == "b7cae25002bdd1ef794d1b7925dda2ab85f6b24935e94211adc884299935b932"
    assert drawn.result.seed == "cdf0187046c9d22d5c472c0351dc72e19caddc763cec7dd34708d530176a9b49"
    assert drawn.result.drawn == (("A", ("A-03", "A-08", "A-04")), ("B", ("B-02", "B-09")))


@given(st.permutations(ITEMS))
def test_in_what_order_a_list_was_handed_in_counts_for_nothing(items: list[Item]):
    assert frame_text(items) == frame_text(ITEMS)
    assert draw(announced(), items, ROOT, NONCES) == draw(announced(), ITEMS, ROOT, NONCES)


@given(
    st.dictionaries(st.sampled_from("甲乙丙丁"), st.tuples(st.integers(1, 30), st.integers(1, 30)), min_size=1),
    st.sampled_from(["equal", "weighted"]),
    st.binary(min_size=32, max_size=32),
)
def test_each_stratum_gives_as_many_as_were_announced_and_each_once(sizes, method, nonce):
    items = [
        Item(f"{code}{at}", code, 1 if method == "equal" else at + 1)
        for code, (size, _) in sizes.items()
        for at in range(size)
    ]
    strata = tuple(Stratum(code, code, size, min(size, take)) for code, (size, take) in sorted(sizes.items()))
    result = draw(announced(method=method, strata=strata), items, ROOT, (nonce, None))
    by_id = {item.id: item.stratum for item in items}
    for stratum, (code, ids) in zip(strata, result.drawn, strict=True):
        assert code == stratum.code
        assert len(ids) == len(set(ids)) == stratum.take
        assert {by_id[id_] for id_ in ids} == {code}


def test_a_list_that_was_kept_back_can_not_be_found_by_guessing_it():
    salted = frame_text(ITEMS, "5a" * 32)
    assert salted == f"#{'5a' * 32}\n" + frame_text(ITEMS)
    assert read_frame(salted) == read_frame(frame_text(ITEMS))
    drawn, _ = own_draw(announcement=announced(frame=frame_sha256(salted)))
    assert faults(replace(drawn, frame=salted)) == []
    assert any("名单被改过" in fault for fault in faults(replace(drawn, frame=salted.replace("5a", "5b"))))


def test_every_input_moves_the_seed():
    said = announced()
    seeds = {
        draw(said, ITEMS, ROOT, NONCES).seed,
        draw(said, ITEMS, bytes(32), NONCES).seed,
        draw(said, ITEMS, ROOT, NONCES[::-1]).seed,
        draw(said, ITEMS, ROOT, (NONCES[0], None)).seed,
        draw(replace(said, number=8), ITEMS, ROOT, NONCES).seed,
    }
    assert len(seeds) == 5


# -- tampering -----------------------------------------------------------------------------------------------------------


def other_seed(drawn: DrawFile) -> DrawFile:
    said = read_announcement(drawn.announcement)
    return replace(drawn, result=draw(said, ITEMS, ROOT, NONCES))


def changed_frame(drawn: DrawFile) -> DrawFile:
    return replace(drawn, frame=frame_text([*ITEMS[:-1], replace(ITEMS[-1], label="别处")]))


def shorter_frame(drawn: DrawFile) -> DrawFile:
    return replace(drawn, frame=frame_text(ITEMS[:-1]))


def unsorted_frame(drawn: DrawFile) -> DrawFile:
    lines = drawn.frame.splitlines(keepends=True)
    return replace(drawn, frame="".join(lines[::-1]))


def negative_weight(drawn: DrawFile) -> DrawFile:
    return replace(drawn, frame=drawn.frame.replace("A-01\t1\t", "A-01\t-1\t"))


def other_nonce(drawn: DrawFile) -> DrawFile:
    return replace(drawn, nonces=(NONCES[0], b"\x0c" * 32))


def short_nonce(drawn: DrawFile) -> DrawFile:
    return replace(drawn, nonces=(NONCES[0], b"\x0b"))


def missing_nonce(drawn: DrawFile) -> DrawFile:
    return replace(drawn, nonces=NONCES[:1])


def forfeited_though_shown(drawn: DrawFile) -> DrawFile:
    return replace(drawn, nonces=(NONCES[0], None))


def changed_result(drawn: DrawFile) -> DrawFile:
    (code, ids), *rest = drawn.result.drawn
    other = next(item.id for item in ITEMS if item.stratum == code and item.id not in ids)
    return replace(drawn, result=replace(drawn.result, drawn=((code, (other, *ids[1:])), *rest)))


def changed_order(drawn: DrawFile) -> DrawFile:
    (code, ids), *rest = drawn.result.drawn
    return replace(drawn, result=replace(drawn.result, drawn=((code, ids[::-1]), *rest)))


def fewer_drawn(drawn: DrawFile) -> DrawFile:
    (code, ids), *rest = drawn.result.drawn
    return replace(drawn, result=replace(drawn.result, drawn=((code, ids[:-1]), *rest)))


def one_stratum_more(drawn: DrawFile) -> DrawFile:
    return replace(drawn, result=replace(drawn.result, drawn=(*drawn.result.drawn, ("C", ("C-1",)))))


def changed_number(drawn: DrawFile) -> DrawFile:
    said = announced(strata=(Stratum("A", "甲县", 10, 4), Stratum("B", "乙县", 10, 2)))
    return replace(drawn, announcement=said.text())


def unwritten_announcement(drawn: DrawFile) -> DrawFile:
    return replace(drawn, announcement=drawn.announcement.replace(":", ": ", 1))


def newer_announcement(drawn: DrawFile) -> DrawFile:
    return replace(drawn, announcement=drawn.announcement.replace("shanzhi-draw-1", "shanzhi-draw-2"))


def unsigned_head(drawn: DrawFile) -> DrawFile:
    tree = drawn.proof.trees[0]
    return replace(drawn, proof=replace(drawn.proof, trees=(replace(tree, head=tree.head.replace("2026", "2027")),)))


def changed_course(drawn: DrawFile) -> DrawFile:
    tree = drawn.course.trees[0]
    entry = replace(tree.entries[-1], entry=tree.entries[-1].entry.replace(b"draws.make", b"draws.show"))
    return replace(drawn, course=replace(drawn.course, trees=(replace(tree, entries=(*tree.entries[:-1], entry)),)))


def shortened_course(drawn: DrawFile) -> DrawFile:
    tree = drawn.course.trees[0]
    return replace(drawn, course=replace(drawn.course, trees=(replace(tree, entries=tree.entries[:-1]),)))


def swapped_proofs(drawn: DrawFile) -> DrawFile:
    return replace(drawn, proof=drawn.course)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (other_seed, "另用了一个种子"),
        (changed_frame, "名单被改过"),
        (shorter_frame, "分层“B”：公告说有 10 个，名单里有 9 个"),
        (unsorted_frame, "名单没有按规定写好"),
        (negative_weight, "“A-01”的权重是 -1"),
        (other_nonce, "“市”的随机数和它事先的承诺对不上"),
        (short_nonce, "“市”的随机数和它事先的承诺对不上"),
        (missing_nonce, "公告有 2 方，文件里的随机数有 1 个"),
        (forfeited_though_shown, "“市”按时出示了随机数，文件却说它没有"),
        (changed_result, "“甲县”该抽中而结果里没有"),
        (changed_result, "“甲县”没有抽中而结果里有：A-0"),
        (changed_result, "结果被改过：台账里记的是另一份结果"),
        (changed_order, "“甲县”抽中的次序和结果里的不一样"),
        (fewer_drawn, "“甲县”应抽 3 个，结果里有 2 个"),
        (one_stratum_more, "结果里多了分层“C”"),
        (changed_number, "公告被改过"),
        (changed_number, "“甲县”应抽 4 个，结果里有 3 个"),
        (unwritten_announcement, "公告的写法不对"),
        (newer_announcement, "公告的版本“shanzhi-draw-2”认不出来"),
        (unsigned_head, "公告的证明：第 1 纪元 6 条处的树头：签名对不上"),
        (changed_course, "经过的证明：叶"),
        (shortened_course, "经过不对"),
        (swapped_proofs, "公告的证明应是一份树头和其下的一条留痕"),
    ],
)
def test_each_tampering_is_named(change: Callable[[DrawFile], DrawFile], sentence: str):
    drawn, _ = own_draw()
    found = faults(read_draw(write_draw(change(drawn))))
    assert any(sentence in fault for fault in found), found
    assert tell(redo(change(drawn)))[-1] == "和文件不一致，这次抽取不能采信。"


def test_a_head_that_is_older_than_the_announcement_is_named():
    drawn, journal = own_draw()
    tree = drawn.proof.trees[0]
    older = replace(tree, head=journal.head(BEFORE).signed([KEY]))
    found = faults(replace(drawn, proof=replace(drawn.proof, trees=(older,))))
    assert "树头比公告早：树头只到 5 条，公告是第 5 叶。抽取要用公告之后的树头。" in found


def test_a_head_that_somebody_waited_for_is_named():
    """Whole in itself, and yet a head signed earlier had the announcement already: whoever kept that one finds it."""
    drawn, journal = own_draw(head_size=BEFORE + 3)
    assert faults(drawn) == []
    first = read_head(journal.head(BEFORE + 1).signed([KEY]))
    (found,) = faults(drawn, kept=[first])
    assert found == "用的不是公告后的第一份树头：6 条处的那份已经包含公告（第 5 叶）。"
    whole, _ = own_draw()
    assert faults(whole, kept=[first]) == []


def test_another_head_than_the_journal_tells_of_is_named():
    drawn, journal = own_draw()
    other = journal.proof([BEFORE], BEFORE + 2)
    said = read_announcement(drawn.announcement)
    result = draw(said, ITEMS, journal.head(BEFORE + 2).tree.root, NONCES)
    found = faults(replace(drawn, proof=other, result=result))
    assert "另用了一份树头：台账里记的是 6 条处的那份。" in found


def test_a_forfeit_before_its_time_is_named():
    late, _ = own_draw(nonces=(NONCES[0], None), made_after=61)
    assert faults(late) == []
    early, _ = own_draw(nonces=(NONCES[0], None), made_after=60)
    assert faults(early) == ["期限到 2026-03-02 03:01Z 为止，没有等到就算作没有出示。"]


def test_a_course_under_a_key_of_its_own_is_not_believed():
    drawn, _ = own_draw()
    forger = SigningKey(KEY.public.name, b"\x06" * 32)
    tree = drawn.course.trees[0]
    head = read_head(tree.head).head.signed([forger])
    forged = replace(drawn.course, keys=(forger.public.text(),), trees=(replace(tree, head=head),))
    assert any("签名对不上" in fault for fault in faults(replace(drawn, course=forged)))
    assert any("签名对不上" in fault for fault in faults(drawn, given=[forger.public]))


def test_more_to_draw_than_there_are_can_not_even_be_announced():
    said = announced(strata=(Stratum("A", "甲县", 10, 11), Stratum("B", "乙县", 10, 2)))
    with pytest.raises(BadAnnouncement, match="分层“A”要抽 11 个，名单里只有 10 个"):
        read_announcement(said.text())


@pytest.mark.parametrize(
    "said",
    [
        announced(turn=2),
        announced(turn=2, earlier=(3,)),
        announced(ground="nonsense"),
        announced(method="nicest"),
        announced(window=1),
        announced(strata=()),
        announced(sides=announced().sides[:1]),
        announced(sides=announced().sides[:1] * 2),
        announced(purpose=""),
        announced(subject="一\n二"),
    ],
)
def test_an_announcement_that_says_what_can_not_be_is_refused(said: Announcement):
    with pytest.raises(BadAnnouncement):
        read_announcement(said.text())


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "不是抽取文件"),
        (b"{", "不是抽取文件"),
        (b"[]", "不是抽取文件"),
        (b"\xff\xfe", "不是抽取文件"),
        (b'{"format": "shanzhi-draw-9"}', "版本“shanzhi-draw-9”"),
        (b'{"format": "shanzhi-draw-1"}', "内容残缺"),
        (b'{"format":' + b"[" * 900_000, "不是抽取文件"),
    ],
)
def test_it_says_why_a_file_can_not_be_read(data: bytes, sentence: str):
    with pytest.raises(BadDrawFile, match=sentence):
        read_draw(data)


def test_a_file_that_was_cut_short_is_refused():
    drawn, _ = own_draw()
    text = write_draw(drawn)
    for length in range(0, len(text) - 2, 97):
        with pytest.raises(BadDrawFile):
            read_draw(text[:length])


@pytest.mark.parametrize("part", ["keys", "statements", "links", "trees", "entries", "path", "signatures", "nonces"])
def test_it_does_not_compute_what_no_draw_has(part: str):
    drawn, _ = own_draw()
    said = json.loads(write_draw(drawn))
    proof = said["course"]
    tree = proof["trees"][0]
    if part == "keys":
        proof["keys"] *= 2000
    elif part in {"statements", "links"}:
        proof[part] = [tree["head"]] * 2000
    elif part == "trees":
        proof["trees"] = [tree] * 2000
    elif part == "entries":
        tree["entries"] *= 2000
    elif part == "path":
        tree["entries"][0]["path"] *= 2000
    elif part == "signatures":
        tree["head"] += (tree["head"].splitlines()[-1] + "\n") * 2000
    else:
        said["nonces"] *= 2000
    with pytest.raises(BadDrawFile, match="比一次抽取可能有的多"):
        read_draw(json.dumps(said))


@pytest.mark.parametrize("part", ["announcement", "frame", "nonces", "proof", "course", "result"])
@pytest.mark.parametrize("value", [None, 3, "x", [], {}, [[]], {"drawn": 1}, "\ud800"])
def test_it_breaks_on_no_hostile_content(part: str, value: object):
    drawn, _ = own_draw()
    said = json.loads(write_draw(drawn))
    said[part] = value
    try:
        assert not redo(read_draw(json.dumps(said))).is_same
    except BadDrawFile:
        return


def test_a_single_changed_digit_anywhere_is_found():
    """Every thirty-first character, where it is a letter or a digit."""
    drawn, _ = own_draw()
    text = json.dumps(json.loads(write_draw(drawn)), ensure_ascii=False)
    for at in range(20, len(text), 31):
        if text[at].isascii() and text[at].isalnum():
            other = text[:at] + ("0" if text[at] != "0" else "1") + text[at + 1 :]
            try:
                redone = redo(read_draw(other), given=[KEY.public])
            except BadDrawFile:
                continue
            assert not redone.is_same, (at, text[at - 30 : at + 10])


def test_times_of_the_announcement_are_whole_seconds():
    said = announced()
    assert read_announcement(said.text()) == said
    assert replace(said, announced_at=said.announced_at + timedelta(seconds=1)).sha256 != said.sha256
    assert frame_sha256(frame_text(ITEMS)) == said.frame
