"""Somebody checks a pack without any database: what is sound passes, what was changed is named."""

import os
import random
import subprocess
import sys
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from shanzhi.kernel.facts.policy.rows import rows_text
from shanzhi.kernel.journal.policy import read_head
from shanzhi.kernel.packs.policy import contents
from shanzhi.kernel.packs.policy.checked import Checked, Verdict
from shanzhi.kernel.packs.policy.faults import Step
from shanzhi.kernel.packs.policy.letter import LetterError, open_letter
from shanzhi.kernel.packs.policy.telling import as_json, lines, paper
from shanzhi.kernel.packs.queries import checking
from shanzhi.kernel.packs.queries.checking import Asked, Limits
from shanzhi.kernel.packs.tests import by_hand
from shanzhi.kernel.packs.tests.by_hand import KEY, MADE_AT, STRANGER, Made

Doctor = Callable[[Made, Path], Any]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sound pack."""
    folder = tmp_path_factory.mktemp("sound")
    return by_hand.made(folder=folder).write(folder / "sound.pack")


_cities: list[Made] = []


def city(folder: Path) -> Made:
    """A small city of one's own: made once, copied for each."""
    if not _cities:
        _cities.append(by_hand.made(folder=folder, matters=30))
    return deepcopy(_cities[0])


def doctored(folder: Path, doctor: Doctor, **asked: Any) -> tuple[Checked, Any]:
    """The check of a pack that somebody changed before it was sealed, and what they changed."""
    made = city(folder)
    changed = doctor(made, folder)
    path = made.write(folder / "doctored.pack")
    return checking.check_pack(path, Asked(seed="a seed", **asked)), changed


def test_a_sound_pack_passes(sound: Path) -> None:
    found = checking.check_pack(sound, Asked((KEY.public,), seed="a seed", city="3703"))
    assert lines(found)[:2] == [
        "通过：淄博市（3703）2026-01—2026-03 的验收包",
        "包里的每一部分都核对过，没有发现不符。",
    ]
    assert (found.verdict, found.faults, found.open) == (Verdict.PASSED, [], [])
    assert found.done == list(Step)
    counts = found.counts
    assert counts["matters"] == counts["folded"] == 55
    assert (counts["months"], counts["typed"], counts["evidence_inside"]) == (3, 15, 1)
    assert counts["figures"] > 80
    assert counts["exclusions"] > 0


def test_all_of_it_may_be_folded_again(sound: Path) -> None:
    found = checking.check_pack(sound, Asked((KEY.public,), is_full=True))
    assert (found.verdict, found.counts["folded"]) == (Verdict.PASSED, 55)
    sampled = checking.check_pack(sound, Asked((KEY.public,), seed="a seed", sample=5))
    assert sampled.counts["folded"] >= 5
    assert sampled.counts["folded"] < 20


def test_whose_keys_they_are_stays_open_where_none_is_given(sound: Path) -> None:
    found = checking.check_pack(sound)
    assert found.verdict is Verdict.PASSED
    assert any(KEY.public.id in str(each) and "--key" in str(each) for each in found.open)
    with_another = checking.check_pack(sound, Asked((STRANGER.public,)))
    assert with_another.verdict is Verdict.FAILED
    assert {Step.LETTER, Step.HEADS} <= {fault.step for fault in with_another.faults}


# -- changed after it was sealed -----------------------------------------------------------------------------------------


def test_any_changed_byte_is_found_and_its_member_named(sound: Path, tmp_path: Path) -> None:
    data, draw = sound.read_bytes(), random.Random(20261123)
    names = {member.name for member in open_letter(sound).members} | {"manifest.json", "signature", "letter.txt"}
    for nth in range(40):
        at, bit = draw.randrange(len(data)), 1 << draw.randrange(8)
        damaged = tmp_path / "damaged.pack"
        damaged.write_bytes(data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :])
        try:
            said = [str(fault) for fault in open_letter(damaged).faults]
        except LetterError as error:
            said = [str(error)]
        assert said, f"byte {at}"
        if nth % 8 == 0:
            found = checking.check_pack(damaged)
            assert found.verdict is not Verdict.PASSED
            told = "\n".join(lines(found))
            assert said[0] in told
            assert any(name in told for name in names) or "字节" in told


def test_one_that_was_cut_short_says_where(sound: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.pack"
    cut.write_bytes(sound.read_bytes()[:50_000])
    found = checking.check_pack(cut)
    assert found.verdict is Verdict.UNREADABLE
    assert lines(found)[0] == "读不了：cut.pack"
    assert "50000" in found.unreadable


def test_one_of_a_newer_form_says_that_a_newer_program_is_needed(sound: Path, tmp_path: Path) -> None:
    newer = tmp_path / "newer.pack"
    newer.write_bytes(sound.read_bytes().replace(b"shanzhi-letter-1", b"shanzhi-letter-2"))
    found = checking.check_pack(newer)
    assert found.verdict is Verdict.UNREADABLE
    assert "shanzhi-letter-2" in found.unreadable
    assert "升级" in found.unreadable


def test_what_isn_t_there_or_no_pack_is_said(tmp_path: Path) -> None:
    assert checking.check_pack(tmp_path / "nothing.pack").verdict is Verdict.UNREADABLE
    text = tmp_path / "text.pack"
    text.write_text("no pack")
    assert checking.check_pack(text).verdict is Verdict.UNREADABLE


# -- doctored before it was sealed ---------------------------------------------------------------------------------------


def rate_better(made: Made, folder: Path) -> tuple[int, str]:
    nth = next(
        nth for nth, row in enumerate(made.facts["fact_rating"]) if row[made.column("fact_rating", "satisfied")] == 2
    )
    pk = made.change("fact_rating", nth, "satisfied", 5)
    made.count_again(folder / "again")
    return pk, f"N-{pk:05}"


def test_a_doctored_row_is_named_by_matter_column_and_both_values(tmp_path: Path) -> None:
    found, (pk, number) = doctored(tmp_path, rate_better, sample=0)
    assert found.verdict is Verdict.FAILED
    assert [(fault.step, fault.where["matter"]) for fault in found.faults] == [(Step.FACTS, pk), (Step.FOLD, pk)]
    assert str(found.faults[1]) == (
        f"facts/fact_rating.parquet 里事项 {number} 的第 1 行：satisfied 现在是 5，按留痕应当是 2。"
    )
    told = lines(found)
    assert "不符：按留痕重做" in told
    assert any(line.startswith("怎么办：") for line in told)


def test_a_row_that_was_added_is_named(tmp_path: Path) -> None:
    def add(made: Made, _folder: Path) -> int:
        row = list(made.facts["fact_rating"][0])
        row[made.column("fact_rating", "verdict")] = 2
        made.facts["fact_rating"].insert(1, tuple(row))
        return int(row[0])

    found, pk = doctored(tmp_path, add, sample=0)
    assert f"fact_rating.parquet 里多出事项 N-{pk:05} 的第 2 行" in str(found.of_step(Step.FOLD)[0])


def test_a_matter_that_was_taken_out_is_named(tmp_path: Path) -> None:
    def take_out(made: Made, folder: Path) -> int:
        pk = int(made.facts["fact_matter"][3][0])
        for name in made.facts:
            if name not in ("fact_region", "fact_unit"):
                made.facts[name] = [row for row in made.facts[name] if row[0] != pk]
        made.count_again(folder / "again")
        return pk

    found, pk = doctored(tmp_path, take_out)
    assert f"事项 {pk} 在 2026-" in str(found.of_step(Step.FACTS)[0])
    assert "被删掉了" in str(found.of_step(Step.FACTS)[0])


def test_a_matter_that_was_taken_out_of_its_cut_too_is_named_by_month(tmp_path: Path) -> None:
    def take_out(made: Made, _folder: Path) -> int:
        pk = made.cuts[202602][1][0]
        made.cuts = {month: [row for row in rows if row[0] != pk] for month, rows in made.cuts.items()}
        for name in made.facts:
            if name not in ("fact_region", "fact_unit"):
                made.facts[name] = [row for row in made.facts[name] if row[0] != pk]
        return pk

    found, _ = doctored(tmp_path, take_out)
    said = [str(fault) for fault in found.of_step(Step.CUTS)]
    assert any(each.startswith("2026-02 的封账：cuts/202602.parquet") for each in said)


def test_a_matter_that_was_made_up_is_named(tmp_path: Path) -> None:
    def make_up(made: Made, _folder: Path) -> None:
        row = list(made.facts["fact_matter"][0])
        row[0], row[1] = 999, "N-00999"
        made.facts["fact_matter"].append(tuple(row))

    found, _ = doctored(tmp_path, make_up)
    assert "事项 N-00999（999）" in str(found.of_step(Step.FACTS)[0])


def test_two_rows_that_were_written_into_one_are_found(tmp_path: Path) -> None:
    def merge(made: Made, _folder: Path) -> int:
        """One row whose text holds the end of the first and the beginning of the second: the same bytes, one row fewer."""
        rows = made.facts["fact_step"]
        nth = next(nth for nth, row in enumerate(rows) if row[0] == rows[nth + 1][0] == rows[nth + 2][0])
        first, second, at = rows[nth], rows[nth + 1], made.column("fact_step", "ground")
        begin = rows_text([first[:at]])[1:-1] + ', "'
        both, end = rows_text([first, second])[1:-1], '", ' + rows_text([second[at + 1 :]])[1:-1]
        assert both.startswith(begin)
        assert both.endswith(end)
        rows[nth : nth + 2] = [(*first[:at], both[len(begin) : -len(end)], *second[at + 1 :])]
        return int(first[0])

    found, pk = doctored(tmp_path, merge, sample=0)
    assert (found.verdict, found.faults[0].where["matter"]) == (Verdict.FAILED, pk)


def test_rows_that_lie_in_another_order_say_the_same(tmp_path: Path) -> None:
    def turn(made: Made, _folder: Path) -> None:
        rows = made.facts["fact_step"]
        made.facts["fact_step"] = [row for row in rows if row[0] % 2] + [row for row in rows if not row[0] % 2]

    found, _ = doctored(tmp_path, turn, sample=0)
    assert (found.verdict, found.faults) == (Verdict.PASSED, [])


def test_a_matter_that_is_there_twice_is_named(tmp_path: Path) -> None:
    found, pk = doctored(tmp_path, lambda made, _: made.facts["fact_matter"].append(made.facts["fact_matter"][-1]))
    assert any("有 2 行，应当只有一行" in str(fault) for fault in found.of_step(Step.FACTS)), pk


def test_a_figure_that_doesn_t_follow_is_named_with_region_month_and_both_values(tmp_path: Path) -> None:
    def improve(made: Made, _folder: Path) -> tuple[Any, ...]:
        nth = next(nth for nth, row in enumerate(made.observations) if row[0] == "satisfaction_rate" and row[2] == 1)
        row = list(made.observations[nth])
        row[5] += 1
        made.observations[nth] = tuple(row)
        return tuple(row)

    found, row = doctored(tmp_path, improve)
    assert [str(fault) for fault in found.faults] == [
        f"指标“满意率”（satisfaction_rate），淄博市（1），{row[3] // 100}-{row[3] % 100:02}："
        f"包里是 {row[5]} / {row[6]}，按事实重算是 {row[5] - 1} / {row[6]}。"
    ]


def test_a_typed_in_figure_that_isn_t_what_was_typed_is_named(tmp_path: Path) -> None:
    def improve(made: Made, _folder: Path) -> None:
        nth = next(nth for nth, row in enumerate(made.observations) if row[0] == "covenant_review" and row[2] == 11)
        row = list(made.observations[nth])
        row[5] = 7
        made.observations[nth] = tuple(row)

    found, _ = doctored(tmp_path, improve)
    assert [fault.step for fault in found.faults] == [Step.VALUES]
    assert "11镇（11）" in str(found.faults[0])


def test_a_changed_entry_is_named_by_its_leaf(tmp_path: Path) -> None:
    def improve(made: Made, _folder: Path) -> int:
        nth = next(nth for nth, row in enumerate(made.entries) if row[2] == "figure")
        row = list(made.entries[nth])
        row[6] = str(row[6]).replace('"denominator": 2', '"denominator": 1')
        made.entries[nth] = tuple(row)
        return int(row[1])

    found, leaf = doctored(tmp_path, improve)
    (fault,) = found.of_step(Step.TREE)
    assert int(str(fault.where["first"])) <= leaf <= int(str(fault.where["last"]))
    assert f"{leaf}（figure" in str(fault) or "…" in str(fault)
    assert any("没有得到证明" in str(each) for each in found.of_step(Step.VALUES))


def test_an_entry_that_was_left_out_is_named_by_matter_and_step(tmp_path: Path) -> None:
    def leave_out(made: Made, _folder: Path) -> int:
        nth = next(nth for nth, row in enumerate(made.entries) if row[2] == "matter" and row[4] == 2)
        pk = int(made.entries[nth][3])
        made.leaves.append((1, made.entries[nth][1], b"\x00" * 32))
        del made.entries[nth]
        return pk

    found, pk = doctored(tmp_path, leave_out)
    assert found.verdict is Verdict.FAILED
    assert found.of_step(Step.TREE)
    assert any(fault.where.get("matter") == pk for fault in found.of_step(Step.FOLD))


def test_a_changed_tile_is_named(tmp_path: Path) -> None:
    def change(made: Made, _folder: Path) -> None:
        epoch, level, place, data = made.tiles[0]
        made.tiles[0] = (epoch, level, place, bytes(32) + data[32:])

    found, _ = doctored(tmp_path, change)
    assert "journal/tiles.parquet" in {fault.where.get("member") for fault in found.of_step(Step.TREE)}


def test_a_changed_leaf_is_named(tmp_path: Path) -> None:
    def change(made: Made, _folder: Path) -> int:
        epoch, leaf, _ = made.leaves[0]
        made.leaves[0] = (epoch, leaf, bytes(32))
        return leaf

    found, leaf = doctored(tmp_path, change)
    (fault,) = found.of_step(Step.TREE)
    assert int(str(fault.where["first"])) <= leaf <= int(str(fault.where["last"]))


def test_a_head_that_another_key_signed_is_named(tmp_path: Path) -> None:
    def sign(made: Made, _folder: Path) -> None:
        told = made.heads.epochs[0]
        head = read_head(told.head).head
        made.heads = replace(made.heads, epochs=(replace(told, head=head.signed((STRANGER,))),))

    found, _ = doctored(tmp_path, sign)
    assert f"标明的密钥是 {STRANGER.public.id}" in str(found.of_step(Step.HEADS)[0])
    assert Step.FACTS in found.done


def test_another_city_s_pack_is_named(sound: Path) -> None:
    found = checking.check_pack(sound, Asked((KEY.public,), city="3702"))
    assert [str(fault) for fault in found.faults] == ["这是另一座城市（淄博市 3703）的包，要核对的是 3702。"]


def test_regions_that_were_changed_are_named(tmp_path: Path) -> None:
    def rename(made: Made, _folder: Path) -> None:
        row = list(made.facts["fact_region"][5])
        row[5] = "另一个镇"
        made.facts["fact_region"][5] = tuple(row)

    found, _ = doctored(tmp_path, rename)
    assert "区划和单位" in str(found.of_step(Step.CUTS)[0])


def test_a_pack_of_the_older_cuts_says_that_regions_are_unproved(tmp_path: Path) -> None:
    path = by_hand.made(folder=tmp_path, matters=20, version=1).write(tmp_path / "older.pack")
    found = checking.check_pack(path, Asked((KEY.public,)))
    assert found.verdict is Verdict.PASSED
    assert any("区划和单位没有得到证明" in str(each) for each in found.open)


def test_another_guideline_is_named(tmp_path: Path) -> None:
    def swap(made: Made, _folder: Path) -> None:
        made.guideline = made.guideline.replace("satisfied >= 4", "satisfied >= 3")

    found, _ = doctored(tmp_path, swap)
    assert "指标目录被换过" in str(found.of_step(Step.LETTER)[0])
    assert found.of_step(Step.FIGURES)


def test_missing_evidence_is_named(tmp_path: Path) -> None:
    def lose(made: Made, _folder: Path) -> None:
        del made.members[contents.evidence_file(by_hand.PAPER_SHA256)]

    found, _ = doctored(tmp_path, lose)
    assert [str(fault) for fault in found.faults] == [
        f"佐证“备案清单”（value 1）说是随包的，包里却没有 evidence/{by_hand.PAPER_SHA256}。"
    ]


def test_evidence_that_was_deleted_by_law_stays_open(tmp_path: Path) -> None:
    def delete(made: Made, _folder: Path) -> None:
        made.evidence = [replace(made.evidence[0], is_inside=False, gone="保存期满，已销毁")]
        made.members = {}

    found, _ = doctored(tmp_path, delete)
    assert found.verdict is Verdict.PASSED
    assert any("备案清单" in str(each) and "保存期满" in str(each) for each in found.open)


def test_a_paper_that_a_value_names_and_nobody_listed_stays_open(tmp_path: Path) -> None:
    def forget(made: Made, _folder: Path) -> None:
        made.evidence, made.members = [], {}

    found, _ = doctored(tmp_path, forget)
    assert found.verdict is Verdict.PASSED
    assert any("covenant_review" in str(each) and "evidence.json 里没有它" in str(each) for each in found.open)


def test_a_part_is_judged_by_the_check_that_is_given_for_it(tmp_path: Path) -> None:
    made = city(tmp_path)
    made.members |= {"scores.json": b"{}", "draws/1.json": b"[]", "notes.txt": b"x"}
    path = made.write(tmp_path / "parts.pack")
    checks = {
        "scores.json": lambda *_: ["第 3 项超过满分。"],
        "draws/": lambda name, data, _: [] if data == b"[]" else [name],
    }
    found = checking.check_pack(path, Asked((KEY.public,), checks=checks))
    assert [str(fault) for fault in found.faults] == ["scores.json：第 3 项超过满分。"]
    assert any("notes.txt" in str(each) for each in found.open)


# -- hostile files -------------------------------------------------------------------------------------------------------


def test_a_table_of_other_columns_is_named_and_the_check_goes_on(tmp_path: Path) -> None:
    def swap(made: Made, folder: Path) -> None:
        by_hand.write_parquet(folder / "t.parquet", (("a", "BIGINT"),), [(1,)])
        made.members["facts/fact_clock.parquet"] = (folder / "t.parquet").read_bytes()
        made.members["journal/tiles.parquet"] = b"PAR1 is not enough"

    found, _ = doctored(tmp_path, swap)
    members = {fault.where["member"] for fault in found.of_step(Step.LETTER)}
    assert members == {"facts/fact_clock.parquet", "journal/tiles.parquet"}
    assert Step.HEADS in found.done
    assert {Step.TREE, Step.FACTS, Step.FOLD} <= {step for step in Step if step not in found.done}


def test_a_table_that_grows_without_end_is_refused(tmp_path: Path) -> None:
    def grow(made: Made, folder: Path) -> None:
        with duckdb.connect() as db:
            db.execute(
                f"COPY (SELECT 1::INTEGER AS epoch, 1 AS level, range AS place, repeat('x', 8000)::BLOB AS hashes FROM range(400000))"
                f" TO '{folder / 'bomb.parquet'}' (FORMAT parquet, COMPRESSION zstd)"
            )
        made.members["journal/tiles.parquet"] = (folder / "bomb.parquet").read_bytes()

    found, _ = doctored(tmp_path, grow, limits=Limits(rows_most=100_000))
    assert "400,000 行" in str(found.of_step(Step.LETTER)[0])
    assert found.verdict is Verdict.FAILED


def test_a_check_that_takes_too_long_is_stopped_and_says_so(sound: Path) -> None:
    found = checking.check_pack(sound, Asked((KEY.public,), limits=Limits(seconds=0.001)))
    assert found.verdict is Verdict.FAILED
    assert len(found.done) < len(Step)


# -- as a command --------------------------------------------------------------------------------------------------------

_RUN = """
import sys
sys.addaudithook(lambda event, _: (_ for _ in ()).throw(RuntimeError(event)) if event in ("socket.connect", "socket.bind") else None)
sys.argv = ["shanzhi", *sys.argv[1:]]
from shanzhi.config.cli import main
code = main()
from django.conf import settings
assert not settings.configured
sys.exit(code)
"""


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    """The command in an environment that knows of no home, no database and no settings, and may open no connection."""
    environment = {
        "PATH": os.defpath,
        "PYTHONPATH": os.pathsep.join(sys.path),
        "HOME": "/nonexistent",
        "LANG": "C.UTF-8",
    }
    command = [sys.executable, "-c", _RUN, "pack", *map(str, arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd="/")


def test_the_command_needs_no_database_no_settings_and_no_home(sound: Path, tmp_path: Path) -> None:
    said = run("verify", sound, "--key", KEY.public.text(), "--seed", "a seed", "--report", tmp_path / "report.docx")
    assert (said.returncode, said.stdout.splitlines()[0]) == (0, "通过：淄博市（3703）2026-01—2026-03 的验收包"), (
        said.stderr
    )
    assert (tmp_path / "report.docx").read_bytes()[:2] == b"PK"


def test_the_command_s_exit_code_is_2_where_nothing_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "text.pack").write_text("no pack")
    said = run("verify", tmp_path / "text.pack", "--json")
    assert (said.returncode, '"verdict": "unreadable"' in said.stdout) == (2, True), said.stderr


# -- told and compared ---------------------------------------------------------------------------------------------------


def test_a_paper_tells_the_same(tmp_path: Path) -> None:
    found, (pk, number) = doctored(tmp_path, rate_better)
    made = paper(found, now=MADE_AT)
    assert made.title == "验收包核对报告"
    assert any(number in str(block) for block in made.blocks)
    said = as_json(found)
    assert (said["verdict"], said["steps"]["facts"]["faults"]) == ("failed", 1)
    assert said["faults"][0]["where"]["matter"] == pk


def test_a_pack_that_was_sent_again_is_compared_with_the_one_before(sound: Path, tmp_path: Path) -> None:
    again = by_hand.made(folder=tmp_path)
    nth = next(nth for nth, row in enumerate(again.observations) if row[0] == "covenant_review" and row[2] == 11)
    row = list(again.observations[nth])
    row[5] += 1
    again.observations[nth] = tuple(row)
    again.evidence.append(replace(again.evidence[0], sha256="ab" * 32, title="补送的清单", is_inside=False))
    changes = checking.compare(sound, again.write(tmp_path / "again.pack"))
    assert [(each.key, each.region_id, each.month, each.after) for each in changes.figures] == [
        ("covenant_review", 11, row[3], (row[5], row[6]))
    ]
    assert [(each.title, each.change) for each in changes.evidence] == [("补送的清单", "added")]
    assert (changes.items, changes.matters, changes.members) == (
        ("covenant_review",), 0, ("evidence.json", "observations.parquet"),
    )  # fmt: skip
    assert checking.compare(sound, sound).is_same
