"""The result of a check told to people: lines of text, a paper, or JSON for programs."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from shanzhi.core.papers.model import Block, Column, Document, Heading, Paragraph, Table
from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.facts.policy.months import month_text
from shanzhi.kernel.packs.policy.checked import About, Checked, Verdict
from shanzhi.kernel.packs.policy.faults import NAMES, TODO, Fault, OpenPoint, Step

Translate = Callable[[str], str]
VERDICTS: dict[Verdict, str] = {
    Verdict.PASSED: msg("通过"),
    Verdict.FAILED: msg("不通过"),
    Verdict.UNREADABLE: msg("读不了"),
}
MEANINGS: dict[Verdict, str] = {
    Verdict.PASSED: msg("包里的每一部分都核对过，没有发现不符。"),
    Verdict.FAILED: msg("有不符的地方，逐条列在下面。查明之前，不要采用包里的数。"),
    Verdict.UNREADABLE: msg("这个文件没法核对。请向发出方重新要一份原文件。"),
}
SHOWN_MOST = 200
"""Faults of a step that lines and papers show; JSON has all that were noted."""
# step → sentences about what was looked at, each with the counts that it names; those without their count aren't said
_LOOKED_AT: dict[Step, tuple[tuple[str, tuple[str, ...]], ...]] = {
    Step.LETTER: ((msg("文件 %(bytes)s 字节、%(members)s 项内容，逐字节和清单、签名核对。"), ("bytes", "members")),),
    Step.HEADS: ((msg("存证签名 %(heads)s 份：签名、公钥和各段的衔接。"), ("heads",)),),
    Step.TREE: (
        (msg("留痕存证链（默克尔树）的校验数据 %(tiles)s 块，一直重算到签名处。"), ("tiles",)),
        (msg("其中 %(leaves)s 条由留痕和指纹算起。"), ("leaves",)),
    ),
    Step.CUTS: (
        (
            msg("%(months)s 个月的封账：由 %(cut_leaves)s 件次事项的指纹重算，和台账里记的比对。"),
            ("months", "cut_leaves"),
        ),
        (msg("区划 %(regions)s 个、单位 %(units)s 个，和封账时的指纹比对。"), ("regions", "units")),
    ),
    Step.FACTS: ((msg("%(matters)s 件事项的 %(rows)s 行事实，逐件和封账时的指纹比对。"), ("matters", "rows")),),
    Step.FOLD: (
        (msg("%(folded)s 件事项按 %(folded_entries)s 条留痕从头重做，逐行逐列比对。"), ("folded", "folded_entries")),
    ),
    Step.FIGURES: ((msg("%(figures)s 个指标数按公式从事实重算。"), ("figures",)),),
    Step.VALUES: (
        (msg("%(values)s 个填报数按 %(typed)s 次填报的留痕重算。"), ("values", "typed")),
        (msg("%(exclusions)s 次剔除，和决定的留痕比对。"), ("exclusions",)),
    ),
    Step.EVIDENCE: (
        (msg("佐证 %(evidence)s 份，和清单比对。"), ("evidence",)),
        (msg("其中 %(evidence_inside)s 份随包，和指纹比对。"), ("evidence_inside",)),
    ),
    Step.PARTS: ((msg("其他部分 %(parts)s 项，按各自的规则核对。"), ("parts",)),),
}


def headline(found: Checked, translate: Translate = str) -> str:
    """The whole in one line: what came out, of which pack."""
    about = found.about
    if about is None:
        return translate(msg("%(verdict)s：%(file)s")) % {
            "verdict": translate(VERDICTS[found.verdict]),
            "file": found.name,
        }
    period = (
        month_text(about.first) if about.first == about.last else f"{month_text(about.first)}—{month_text(about.last)}"
    )
    return translate(msg("%(verdict)s：%(city)s（%(code)s）%(period)s 的验收包")) % {
        "verdict": translate(VERDICTS[found.verdict]),
        "city": about.city_name,
        "code": about.city,
        "period": period if about.first else "",
    }


def looked_at(found: Checked, step: Step, translate: Translate = str) -> list[str]:
    """What was looked at in a step, as sentences."""
    said = []
    for words, names in _LOOKED_AT[step]:
        if any(found.counts.get(name) for name in names):
            said.append(translate(words) % {name: f"{found.counts.get(name, 0):,}" for name in names})
    return said


def how(found: Checked, translate: Translate = str) -> str:
    """How the sample was drawn, so that somebody else can do the same."""
    if found.is_full:
        return translate(msg("全部事项都按留痕重做过（--full）。"))
    words = translate(
        msg("抽样重做的种子是 %(seed)s，抽 %(sample)d 件；用同一种子可以再核对一次，用 --full 重做全部。")
    )
    return words % {"seed": found.seed, "sample": found.sample}


def lines(found: Checked, translate: Translate = str) -> list[str]:
    """The result as lines of plain text: the verdict first, then what was looked at, then each fault with what to do, then
    what stays open."""
    told = [headline(found, translate), translate(MEANINGS[found.verdict])]
    if found.unreadable:
        return [*told, f"■ {found.unreadable}"]
    told += ["", translate(msg("核对了什么"))]
    for step in Step:
        mark = "●" if step in found.done and not found.of_step(step) else "■"
        said = " ".join(looked_at(found, step, translate)) or translate(msg("包里没有这一部分的内容。"))
        told.append(f"{mark} {translate(NAMES[step])}：{said}")
    told.append(how(found, translate))
    for step, some in _by_step(found):
        told += ["", translate(msg("不符：%(step)s")) % {"step": translate(NAMES[step])}]
        told += [f"■ {fault.sentence(translate)}" for fault in some[:SHOWN_MOST]]
        told += [f"  {each}" for each in _rest(found, step, some, translate)]
        told.append(translate(msg("怎么办：%(todo)s")) % {"todo": translate(TODO[step])})
    if found.open:
        told += ["", translate(msg("尚需另行核实"))]
        told += [f"○ {each.sentence(translate)}" for each in found.open]
    return told


def _by_step(found: Checked) -> Iterator[tuple[Step, Sequence[Fault]]]:
    for step in Step:
        some = found.of_step(step)
        if some:
            yield step, some


def _rest(found: Checked, step: Step, some: Sequence[Fault], translate: Translate) -> list[str]:
    rest = len(some) - SHOWN_MOST + found.more.get(step, 0) if len(some) > SHOWN_MOST else found.more.get(step, 0)
    return [translate(msg("……另有 %(count)s 处，没有逐一列出。")) % {"count": f"{rest:,}"}] if rest else []


def as_json(found: Checked) -> dict[str, Any]:
    """The result for programs: names stay as they are, whatever the language of the sentences."""
    about = found.about
    return {
        "form": "shanzhi-pack-check-1",
        "verdict": found.verdict.value,
        "file": found.name,
        "pack": None
        if about is None
        else {
            "uid": about.uid,
            "city": about.city,
            "city_name": about.city_name,
            "round": about.round,
            "first": about.first,
            "last": about.last,
            "guideline": about.guideline,
            "made_at": about.made_at.isoformat() if about.made_at else None,
            "keys": list(about.keys),
        },
        "unreadable": found.unreadable,
        "seed": found.seed,
        "sample": found.sample,
        "full": found.is_full,
        "counts": dict(found.counts),
        "steps": {
            step.value: {
                "done": step in found.done,
                "seconds": round(found.seconds.get(step, 0), 3),
                "faults": len(found.of_step(step)) + found.more.get(step, 0),
            }
            for step in Step
        },
        "faults": [
            {"step": fault.step.value, "said": fault.sentence(), "text": fault.said, "where": dict(fault.where)}
            for fault in found.faults
        ],
        "open": [{"said": each.sentence(), "text": each.said, "where": dict(each.where)} for each in found.open],
    }


def paper(found: Checked, *, now: datetime, issuer: str = "", translate: Translate = str) -> Document:
    """The result as a paper that can be filed, in DOCX or PDF (`core.papers`)."""
    blocks: list[Block] = [Paragraph(headline(found, translate) + "。"), Paragraph(translate(MEANINGS[found.verdict]))]
    if found.unreadable:
        blocks.append(Paragraph(found.unreadable))
    else:
        blocks += _looked_at_blocks(found, translate)
        blocks += _fault_blocks(found, translate)
    if found.open:
        blocks.append(Heading(translate(msg("尚需另行核实"))))
        blocks += [Paragraph(each.sentence(translate)) for each in found.open]
    return Document(
        title=translate(msg("验收包核对报告")),
        issuer=issuer or translate(msg("核对人（签字）：")),
        dated=local_date(now),
        made_at=now,
        blocks=tuple(blocks),
        subtitle=found.name,
    )


def _looked_at_blocks(found: Checked, translate: Translate) -> list[Block]:
    columns = (
        Column(translate(msg("步骤")), width=2),
        Column(translate(msg("核对了什么")), width=5),
        Column(translate(msg("不符")), width=1),
    )
    rows = tuple(
        (
            translate(NAMES[step]),
            "".join(looked_at(found, step, translate)) or translate(msg("包里没有这一部分的内容。")),
            f"{len(found.of_step(step)) + found.more.get(step, 0):,}"
            if step in found.done
            else translate(msg("没做完")),
        )
        for step in Step
    )
    blocks: list[Block] = [Heading(translate(msg("核对了什么")))]
    blocks += [Table(translate(msg("各步结果")), columns, rows), Paragraph(how(found, translate))]
    keys = "、".join(found.about.keys) if found.about else ""
    return [*blocks, Paragraph(translate(msg("签名的密钥：%(keys)s。")) % {"keys": keys})] if keys else blocks


def _fault_blocks(found: Checked, translate: Translate) -> list[Block]:
    blocks: list[Block] = []
    for step, some in _by_step(found):
        blocks.append(Heading(translate(msg("不符：%(step)s")) % {"step": translate(NAMES[step])}))
        blocks += [Paragraph(fault.sentence(translate)) for fault in some[:SHOWN_MOST]]
        blocks += [Paragraph(each) for each in _rest(found, step, some, translate)]
        blocks.append(Paragraph(translate(TODO[step]), lead=translate(msg("怎么办"))))
    return blocks


def from_json(said: dict[str, Any]) -> Checked:
    """The result that `as_json` told; times of steps aside.

    Raises:
        KeyError, TypeError, ValueError: it isn't one.
    """
    found = Checked(said["seed"], said["sample"], said["full"], said["file"], counts=dict(said["counts"]))
    found.unreadable = said["unreadable"]
    found.faults = [Fault(Step(each["step"]), each["text"], each["where"]) for each in said["faults"]]
    found.open = [OpenPoint(each["text"], each["where"]) for each in said["open"]]
    for name, each in said["steps"].items():
        step = Step(name)
        if each["done"]:
            found.done.append(step)
        rest = each["faults"] - len(found.of_step(step))
        if rest:
            found.more[step] = rest
    pack = said["pack"]
    if pack is not None:
        told = {name: pack[name] for name in ("uid", "city", "city_name", "round", "first", "last", "guideline")}
        made_at = datetime.fromisoformat(pack["made_at"]) if pack["made_at"] else None
        found.about = About(**told, made_at=made_at, keys=tuple(pack["keys"]))
    return found
