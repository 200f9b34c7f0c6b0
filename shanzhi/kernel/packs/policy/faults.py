"""What can be wrong with a pack, each as a sentence that names what and where, and what to do about it.

A sentence is a message id with places; `Fault.where` says the same for programs: member, table, matter, row, column, entry
(leaf), month, indicator, region, as far as the fault has them.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from shanzhi.core.text import msg
from shanzhi.kernel.facts.policy.months import month_text
from shanzhi.kernel.facts.policy.rows import Value, plain

FAULTS_MOST = 1000
"""Faults of a step that are told one by one; the rest are counted."""


class Step(StrEnum):
    """A step of the check, in their order."""

    LETTER = "letter"
    HEADS = "heads"
    TREE = "tree"
    CUTS = "cuts"
    FACTS = "facts"
    FOLD = "fold"
    FIGURES = "figures"
    VALUES = "values"
    EVIDENCE = "evidence"
    PARTS = "parts"


NAMES: Mapping[Step, str] = {
    Step.LETTER: msg("封装与签名"),
    Step.HEADS: msg("存证签名与公钥"),
    Step.TREE: msg("留痕存证链"),
    Step.CUTS: msg("每月封账"),
    Step.FACTS: msg("逐件事实"),
    Step.FOLD: msg("按留痕重做"),
    Step.FIGURES: msg("重算指标"),
    Step.VALUES: msg("填报与剔除"),
    Step.EVIDENCE: msg("佐证材料"),
    Step.PARTS: msg("评分、抽取等其他部分"),
}
TODO: Mapping[Step, str] = {
    Step.LETTER: msg("先向发出方重新要一份原文件再核对；仍然不符的，不要采用，书面退回。"),
    Step.HEADS: msg("用电话、公报等别的渠道，向该市核对公布的公钥和存证签名；对不上的，不要采用。"),
    Step.TREE: msg("包里的留痕和签过名的存证链不一致：请该市由原系统重新出包，并说明原因。"),
    Step.CUTS: msg("请该市说明封账后改动了什么，由原系统重新出包；不要用手工改过的文件。"),
    Step.FACTS: msg("对照该市台账里的这件事项核实；事实表被改过的，按弄虚作假的规定处理。"),
    Step.FOLD: msg("对照该市台账里的这件事项核实；事实表被改过的，按弄虚作假的规定处理。"),
    Step.FIGURES: msg("以重算的数为准，请该市更正后重新报送。"),
    Step.VALUES: msg("请该市补齐或更正这项填报的留痕，再重新报送。"),
    Step.EVIDENCE: msg("请该市补送缺少的材料；材料已依法销毁的，附销毁记录。"),
    Step.PARTS: msg("请该市和核对人对照这一部分的规则查明，再重新报送。"),
}
"""What to do next about faults of a step."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: in which step it was found, the sentence, what is named in it."""

    step: Step
    said: str
    where: Mapping[str, object]

    def sentence(self, translate: Callable[[str], str] = str) -> str:
        """The sentence for a person, translated by a gettext function."""
        text = translate(self.said)
        return filled(text, self.where)

    def __str__(self) -> str:
        return self.sentence()


@dataclass(frozen=True, slots=True)
class OpenPoint:
    """Something that the file can't say: no fault, but not proved either."""

    said: str
    where: Mapping[str, object]

    def sentence(self, translate: Callable[[str], str] = str) -> str:
        """The sentence for a person, translated by a gettext function."""
        text = translate(self.said)
        return filled(text, self.where)

    def __str__(self) -> str:
        return self.sentence()


_NUMBER = re.compile(r"(%\([a-z_]+\))[0-9]*d")


def filled(text: str, where: Mapping[str, object]) -> str:
    """A sentence with its parts; where a hostile file has nothing in the place of a number, the sentence says so."""
    if not where:
        return text
    try:
        return text % where
    except (TypeError, ValueError):
        return _NUMBER.sub(r"\1s", text) % where


def told(value: Value) -> str:
    """A value as a sentence has it: texts in quotes, all else after a blank."""
    if value is None:
        return " NULL"
    shown = plain(value)
    return f"“{shown[:80]}”" if isinstance(shown, str) else f" {shown}"


def _fault(step: Step, said: str, **where: object) -> Fault:
    return Fault(step, said, where)


# -- letter, members -----------------------------------------------------------------------------------------------------


def letter(sentence: str) -> Fault:
    """Something of the letter itself, as its reader says it."""
    return _fault(Step.LETTER, "%(sentence)s", sentence=sentence)


def member_missing(member: str) -> Fault:
    """A member that every pack has isn't there."""
    return _fault(Step.LETTER, msg("包里缺少 %(member)s。"), member=member)


def member_unreadable(member: str, reason: str) -> Fault:
    """A member's content isn't what it should be; what rests on it isn't checked."""
    words = msg("%(member)s 的格式不正确（%(reason)s），依据它的核对没有做。")
    return _fault(Step.LETTER, words, member=member, reason=reason)


def member_newer(member: str, reason: str) -> Fault:
    """A member has a form that only a newer program knows."""
    return _fault(Step.LETTER, msg("%(member)s：%(reason)s"), member=member, reason=reason)


def wrong_columns(member: str, is_: str, should: str) -> Fault:
    """A table has other columns than it should."""
    words = msg("%(member)s 的列不对：现在是 %(is)s，应当是 %(should)s。")
    return _fault(Step.LETTER, words, member=member, **{"is": is_, "should": should})


def too_many_rows(member: str, rows: int, most: int) -> Fault:
    """More rows than a check takes on."""
    words = msg("%(member)s 有 %(rows)s 行，超过核对的上限 %(most)s 行。")
    return _fault(Step.LETTER, words, member=member, rows=f"{rows:,}", most=f"{most:,}")


def not_a_pack(kind: str) -> Fault:
    """A letter of another kind."""
    return _fault(Step.LETTER, msg("这是一份函件，但不是验收包（它的种类是“%(kind)s”）。"), kind=kind)


def another_city(is_: str, should: str) -> Fault:
    """The pack of another city than was asked for."""
    words = msg("这是另一座城市（%(is)s）的包，要核对的是 %(should)s。")
    return _fault(Step.LETTER, words, **{"is": is_, "should": should})


def sender_differs(sender: str, city: str) -> Fault:
    """Whoever sent the letter isn't the city that the pack is about."""
    words = msg("函件由 %(sender)s 发出，round.json 说的却是 %(city)s 的包。")
    return _fault(Step.LETTER, words, member="round.json", sender=sender, city=city)


def another_round(is_: str, letter_says: str) -> Fault:
    """`round.json` and the letter's header name different rounds."""
    words = msg("函件是轮次“%(letter)s”的，round.json 说的却是轮次“%(is)s”。")
    return _fault(Step.LETTER, words, member="round.json", letter=letter_says, **{"is": is_})


def guideline_differs(is_: str, should: str) -> Fault:
    """The guideline isn't that which `round.json` names."""
    words = msg("guideline.toml 的 SHA-256 是 %(is)s，round.json 说的是 %(should)s：指标目录被换过。")
    return _fault(Step.LETTER, words, member="guideline.toml", **{"is": is_, "should": should})


# -- heads and keys ------------------------------------------------------------------------------------------------------


def key_unreadable(sentence: str) -> Fault:
    """A key or a statement can't be read, or its signature doesn't fit."""
    return _fault(Step.HEADS, msg("journal/heads.json：%(sentence)s"), member="journal/heads.json", sentence=sentence)


def head_unsigned(epoch: int, size: int, ids: str) -> Fault:
    """No key that is trusted has signed a head."""
    words = msg("第 %(epoch)d 段存证链到第 %(size)d 条留痕为止的签名，不是可信的密钥签的（标明的密钥是 %(ids)s）。")
    return _fault(Step.HEADS, words, member="journal/heads.json", epoch=epoch, size=size, ids=ids)


def head_misplaced(epoch: int, said: int) -> Fault:
    """A head stands under another epoch's number, or with another hash function."""
    words = msg("journal/heads.json 第 %(place)d 段处放的是第 %(epoch)d 段存证链的签名，或算法和它写的不同。")
    return _fault(Step.HEADS, words, member="journal/heads.json", epoch=epoch, place=said)


def epoch_unlinked(epoch: int) -> Fault:
    """An epoch states another end of the one before than that one's head shows."""
    words = msg("第 %(epoch)d 段存证链写明的上一段，和包里上一段的签名对不上。")
    return _fault(Step.HEADS, words, member="journal/heads.json", epoch=epoch)


def log_differs(epoch: int, name: str, should: str) -> Fault:
    """A head is of another log."""
    words = msg("第 %(epoch)d 段存证链的签名属于另一本台账“%(name)s”，不是“%(should)s”。")
    return _fault(Step.HEADS, words, member="journal/heads.json", epoch=epoch, name=name, should=should)


# -- tree ----------------------------------------------------------------------------------------------------------------


def tile_missing(epoch: int, level: int, place: int) -> Fault:
    """A tile isn't there, or hasn't all its hashes."""
    words = msg("第 %(epoch)d 段存证链第 %(level)d 层第 %(place)d 块校验数据缺失，或不完整。")
    return _fault(Step.TREE, words, member="journal/tiles.parquet", epoch=epoch, level=level, place=place)


def tile_differs(epoch: int, level: int, place: int) -> Fault:
    """A tile's root isn't what the tile above says."""
    words = msg("第 %(epoch)d 段存证链第 %(level)d 层第 %(place)d 块校验数据，和它上一层的对不上。")
    return _fault(Step.TREE, words, member="journal/tiles.parquet", epoch=epoch, level=level, place=place)


def tile_extra(epoch: int, level: int, place: int) -> Fault:
    """A tile that no tree of this size has, or that stands twice."""
    words = msg("第 %(epoch)d 段存证链第 %(level)d 层第 %(place)d 块校验数据多余或重复。")
    return _fault(Step.TREE, words, member="journal/tiles.parquet", epoch=epoch, level=level, place=place)


def root_differs(epoch: int, size: int) -> Fault:
    """The root over the tiles isn't the head's."""
    words = msg("第 %(epoch)d 段存证链按校验数据重算，和签过名的（%(size)d 条）不同。")
    return _fault(Step.TREE, words, member="journal/tiles.parquet", epoch=epoch, size=size)


def leaves_differ(epoch: int, first: int, last: int, entries: str) -> Fault:
    """256 leaves don't make the hash that the tree has for them: one of them was changed."""
    words = msg(
        "第 %(epoch)d 段存证链编号 %(first)d 到 %(last)d 的留痕：重算的结果和签过名的不同，其中至少有一条被改过。"
        "包里在这一段的留痕：%(entries)s。"
    )
    return _fault(
        Step.TREE, words, member="journal/entries.parquet", epoch=epoch, first=first, last=last, entries=entries
    )


def leaf_missing(epoch: int, leaf: int) -> Fault:
    """Neither an entry nor a hash stands for a leaf that a tile needs."""
    words = msg("第 %(epoch)d 段存证链编号 %(leaf)d 处既没有留痕也没有指纹，这一处没法核对。")
    return _fault(Step.TREE, words, member="journal/leaves.parquet", epoch=epoch, leaf=leaf)


def leaf_twice(epoch: int, leaf: int) -> Fault:
    """A leaf stands twice, among entries or hashes, or in both."""
    words = msg("第 %(epoch)d 段存证链编号 %(leaf)d 的留痕在包里出现了不止一次。")
    return _fault(Step.TREE, words, member="journal/entries.parquet", epoch=epoch, leaf=leaf)


def leaf_misshapen(epoch: int, leaf: int) -> Fault:
    """An entry's salt, or a leaf's hash, hasn't the length that it must have: of it no tile can be made."""
    words = msg("第 %(epoch)d 段存证链编号 %(leaf)d 的留痕，附加码或指纹的长度不对，这一处没法核对：被改过。")
    return _fault(Step.TREE, words, member="journal/entries.parquet", epoch=epoch, leaf=leaf)


def entry_beyond(epoch: int, leaf: int) -> Fault:
    """An entry of no epoch of the pack, or behind its head."""
    words = msg("第 %(epoch)d 段存证链编号 %(leaf)d 的留痕不在任何签过名的范围之内，证明不了。")
    return _fault(Step.TREE, words, member="journal/entries.parquet", epoch=epoch, leaf=leaf)


def entry_unreadable(epoch: int, leaf: int) -> Fault:
    """An entry isn't in canonical form."""
    words = msg("第 %(epoch)d 段存证链编号 %(leaf)d 的留痕格式不正确。")
    return _fault(Step.TREE, words, member="journal/entries.parquet", epoch=epoch, leaf=leaf)


def entry_mislabelled(epoch: int, leaf: int, is_: str, should: str) -> Fault:
    """The columns beside an entry say another subject or step than the entry."""
    words = msg("第 %(epoch)d 段存证链编号 %(leaf)d 的留痕：旁边的列写的是 %(is)s，留痕本身说的是 %(should)s。")
    return _fault(
        Step.TREE,
        words,
        member="journal/entries.parquet",
        epoch=epoch,
        leaf=leaf,
        **{"is": is_, "should": should},
    )


# -- cuts ----------------------------------------------------------------------------------------------------------------


def cut_unproved(month: int) -> Fault:
    """A month's own entry isn't in the pack, or isn't proved."""
    words = msg("%(month)s 的封账：它的留痕不在包里，或没有得到证明。")
    return _fault(Step.CUTS, words, member="journal/entries.parquet", month=month_text(month))


def cut_told_otherwise(month: int, column: str, is_: object, should: object) -> Fault:
    """`round.json` says of a cut something else than its entry."""
    words = msg("%(month)s 的封账：round.json 的 %(column)s 是 %(is)s，留痕里是 %(should)s。")
    return _fault(
        Step.CUTS,
        words,
        member="round.json",
        month=month_text(month),
        column=column,
        **{"is": is_, "should": should},
    )


def cut_root_differs(month: int, matters: int, should: int) -> Fault:
    """The month's leaves don't make the journaled root."""
    words = msg(
        "%(month)s 的封账：%(member)s 里 %(matters)d 件事项的指纹重算后，和当时记入台账的（%(should)d 件）不同："
        "有指纹被改、增或删。"
    )
    return _fault(
        Step.CUTS, words, member=f"cuts/{month}.parquet", month=month_text(month), matters=matters, should=should
    )


def cut_unordered(month: int) -> Fault:
    """The rows of a month aren't in the order of the matters, or one stands twice."""
    words = msg("%(month)s 的封账：%(member)s 里的事项重复，或没有按编号排列。")
    return _fault(Step.CUTS, words, member=f"cuts/{month}.parquet", month=month_text(month))


def month_missing(month: int) -> Fault:
    """A month of the period has no cut."""
    words = msg("考核期里的 %(month)s 没有封账。")
    return _fault(Step.CUTS, words, member="round.json", month=month_text(month))


def dimensions_differ(month: int) -> Fault:
    """Regions and units aren't those of the last cut."""
    words = msg(
        "区划和单位（facts/fact_region.parquet、facts/fact_unit.parquet）和 %(month)s 封账时记入台账的不同：被改过。"
    )
    return _fault(Step.CUTS, words, member="facts/fact_region.parquet", month=month_text(month))


# -- facts ---------------------------------------------------------------------------------------------------------------


def matter_unproved(table: str, matter: int, number: str) -> Fault:
    """Rows of a matter that stands in no month's cut."""
    words = msg("%(member)s 里有事项 %(number)s（%(matter)d）的行，可它不在任何一个月的封账里：是加进来的。")
    return _fault(
        Step.FACTS, words, member=f"facts/{table}.parquet", table=table, matter=matter, number=number or str(matter)
    )


def matter_missing(matter: int, month: int) -> Fault:
    """A matter of a cut without its own row."""
    words = msg("事项 %(matter)d 在 %(month)s 的封账里，facts/fact_matter.parquet 里却没有它：被删掉了。")
    return _fault(
        Step.FACTS,
        words,
        member="facts/fact_matter.parquet",
        table="fact_matter",
        matter=matter,
        month=month_text(month),
    )


def matter_twice(matter: int, number: str, rows: int) -> Fault:
    """A matter with several rows of its own."""
    words = msg("事项 %(number)s（%(matter)d）在 facts/fact_matter.parquet 里有 %(rows)d 行，应当只有一行。")
    return _fault(
        Step.FACTS,
        words,
        member="facts/fact_matter.parquet",
        table="fact_matter",
        matter=matter,
        number=number,
        rows=rows,
    )


def matter_too_large(step: Step, matter: int) -> Fault:
    """A matter with more rows, or longer ones, than a check has memory for."""
    words = msg(
        "事项 %(matter)d 的行或留痕太多太长，超过核对的内存上限，没有核对。确有这么多的，用 --memory 放宽后再核对。"
    )
    return _fault(step, words, matter=matter)


def matter_differs(matter: int, number: str, month: int, is_: str, should: str) -> Fault:
    """A matter's facts don't have the hash of its last cut."""
    words = msg(
        "事项 %(number)s（%(matter)d）的事实被改过：现在的指纹是 %(is)s…，%(month)s 封账时是 %(should)s…。"
        "哪一行哪一列，见“按留痕重做”。"
    )
    return _fault(
        Step.FACTS,
        words,
        member="facts/fact_matter.parquet",
        matter=matter,
        number=number,
        month=month_text(month),
        **{"is": is_, "should": should},
    )


# -- folded again --------------------------------------------------------------------------------------------------------


def row_differs(*, table: str, matter: int, number: str, row: int, column: str, is_: Value, should: Value) -> Fault:
    """A column isn't what the matter's entries make it."""
    words = msg(
        "facts/%(table)s.parquet 里事项 %(number)s 的第 %(row)d 行：%(column)s 现在是%(is)s，按留痕应当是%(should)s。"
    )
    where = {"table": table, "matter": matter, "number": number, "row": row, "column": column}
    return Fault(
        Step.FOLD, words, {**where, "member": f"facts/{table}.parquet", "is": told(is_), "should": told(should)}
    )


def row_missing(table: str, matter: int, number: str, row: int) -> Fault:
    """A row that the matter's entries make isn't there."""
    words = msg("facts/%(table)s.parquet 里少了事项 %(number)s 的第 %(row)d 行，留痕里有它。")
    return _fault(Step.FOLD, words, member=f"facts/{table}.parquet", table=table, matter=matter, number=number, row=row)


def row_extra(table: str, matter: int, number: str, row: int) -> Fault:
    """A row that no entry makes."""
    words = msg("facts/%(table)s.parquet 里多出事项 %(number)s 的第 %(row)d 行，留痕里没有它。")
    return _fault(Step.FOLD, words, member=f"facts/{table}.parquet", table=table, matter=matter, number=number, row=row)


def entries_missing(matter: int, number: str, step: int) -> Fault:
    """A matter's entries aren't all there."""
    words = msg("事项 %(number)s（%(matter)d）的第 %(row)d 步留痕不在包里，做不出它的事实。")
    return _fault(
        Step.FOLD, words, member="journal/entries.parquet", matter=matter, number=number or str(matter), row=step
    )


def entry_unfoldable(matter: int, epoch: int, leaf: int, action: str) -> Fault:
    """An entry isn't in the shape of its action."""
    words = msg("第 %(epoch)d 段存证链编号 %(leaf)d 的留痕（事项 %(matter)d，%(action)s）和它的格式不符，折算不了。")
    return _fault(
        Step.FOLD, words, member="journal/entries.parquet", matter=matter, epoch=epoch, leaf=leaf, action=action
    )


def fold_differs(matter: int, number: str, month: int) -> Fault:
    """The facts that a matter's entries make don't have the hash of the cut, though they are the rows of the pack."""
    words = msg(
        "事项 %(number)s（%(matter)d）按留痕做出的事实，和 %(month)s 封账时的指纹不同：封账时的事实表就不是照留痕来的。"
    )
    return _fault(
        Step.FOLD, words, member=f"cuts/{month}.parquet", matter=matter, number=number, month=month_text(month)
    )


# -- figures -------------------------------------------------------------------------------------------------------------


def figure_differs(
    *, key: str, name: str, region: int, region_name: str, period: str, is_: str, should: str, step: Step = Step.FIGURES
) -> Fault:
    """A figure isn't what the facts, or the entries of what was typed in, make it."""
    words = {
        Step.FIGURES: msg(
            "指标“%(name)s”（%(indicator)s），%(region_name)s（%(region)d），%(month)s："
            "包里是 %(is)s，按事实重算是 %(should)s。"
        ),
        Step.VALUES: msg(
            "指标“%(name)s”（%(indicator)s），%(region_name)s（%(region)d），%(month)s："
            "包里是 %(is)s，按填报的留痕是 %(should)s。"
        ),
    }[step]
    return Fault(
        step,
        words,
        {
            "member": "observations.parquet",
            "indicator": key,
            "name": name,
            "region": region,
            "region_name": region_name,
            "month": period,
            "is": is_,
            "should": should,
        },
    )


def figure_unknown(key: str, period: str, rows: int) -> Fault:
    """Figures of an indicator that the guideline doesn't have."""
    words = msg("observations.parquet 里有 %(rows)d 行指标“%(indicator)s”%(month)s的数，指标目录里没有这个指标。")
    return _fault(Step.FIGURES, words, member="observations.parquet", indicator=key, month=period, rows=rows)


def figure_twice(key: str, period: str, rows: int) -> Fault:
    """Figures that stand twice."""
    words = msg("observations.parquet 里指标“%(indicator)s”%(month)s的数有 %(rows)d 个区域出现了不止一次。")
    return _fault(Step.FIGURES, words, member="observations.parquet", indicator=key, month=period, rows=rows)


def value_unproved(key: str, region: int, period: str, epoch: int, leaf: int) -> Fault:
    """The entry of a typed-in value isn't proved."""
    words = msg(
        "指标“%(indicator)s”区域 %(region)d %(month)s 的填报：它的留痕（第 %(epoch)d 段存证链编号 %(leaf)d）没有得到证明。"
    )
    return _fault(
        Step.VALUES,
        words,
        member="journal/entries.parquet",
        indicator=key,
        region=region,
        month=period,
        epoch=epoch,
        leaf=leaf,
    )


def value_gap(key: str, region: int, period: str, number: int) -> Fault:
    """Of several values typed one after another one is missing."""
    words = msg("指标“%(indicator)s”区域 %(region)d %(month)s 的第 %(number)d 次填报不在包里，后来的更正却在。")
    return _fault(
        Step.VALUES,
        words,
        member="journal/entries.parquet",
        indicator=key,
        region=region,
        month=period,
        number=number,
    )


def exclusion_unsaid(matter: int, number: str, row: int, key: str, month: int) -> Fault:
    """A matter is left out of an indicator without an entry that says so."""
    words = msg("事项 %(number)s 从指标“%(indicator)s”%(month)s 剔除（第 %(row)d 行），留痕里没有这个决定。")
    return _fault(
        Step.VALUES,
        words,
        member="facts/fact_exclusion.parquet",
        matter=matter,
        number=number,
        row=row,
        indicator=key,
        month=month_text(month),
    )


# -- evidence, parts -----------------------------------------------------------------------------------------------------


def evidence_missing(sha256: str, title: str, lies: str) -> Fault:
    """A piece that should go along isn't in the pack."""
    words = msg("佐证“%(title)s”（%(lies)s）说是随包的，包里却没有 %(member)s。")
    return _fault(Step.EVIDENCE, words, member=f"evidence/{sha256}", title=title, lies=lies)


def evidence_differs(member: str, found: str) -> Fault:
    """A piece has another content than its name says."""
    words = msg("%(member)s 的内容和它的名称不符（SHA-256 是 %(found)s）。")
    return _fault(Step.EVIDENCE, words, member=member, found=found)


def evidence_unlisted(member: str) -> Fault:
    """A piece that no list names."""
    return _fault(Step.EVIDENCE, msg("%(member)s 在包里，evidence.json 里却没有它。"), member=member)


def part(member: str, sentence: str) -> Fault:
    """What the check of a further part found, in its own sentence."""
    return _fault(Step.PARTS, msg("%(member)s：%(sentence)s"), member=member, sentence=sentence)


def cut_short(step: Step, reason: str) -> Fault:
    """A step couldn't be carried to its end."""
    return _fault(step, msg("这一步没有做完：%(reason)s"), reason=reason)
